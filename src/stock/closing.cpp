// SPDX-License-Identifier: BSD-3-Clause
// How connections are closed: each with its reason, and without the lock.
#include "stock.h"

#include "lease/socketguard.h"

namespace QNetPool {

void Stock::closeEntry(Entry *entry, CloseReason reason, Lock &lock)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // the entry may hold the last reference
    ClosingHandle closing = startClosing(entry, reason);
    wake();
    lock.unlock();
    closing.close();
}

void Stock::closeSpent(Entry *entry, Lock &lock)
{
    closeEntry(entry, entry->endOfLife <= Clock::now() ? CloseReason::LivedTooLong : CloseReason::IdleTooLong, lock);
}

// Counts and removes it; the caller closes the handle without the lock.
ClosingHandle Stock::startClosing(Entry *entry, CloseReason reason)
{
    struct Cause
    {
        const char *text;
        qint64 PoolStatistics::*total;
    };
    static constexpr Cause causes[] = {{"is closed: it died while idle", &PoolStatistics::diedIdle},
                                       {"is closed: it was idle too long", &PoolStatistics::idleTooLong},
                                       {"is closed: it has lived too long", &PoolStatistics::livedTooLong},
                                       {"is closed: it failed its check", &PoolStatistics::failedCheck},
                                       {"is closed: it was given back unfit for reuse", &PoolStatistics::closedDirty},
                                       {"is closed: it is out of step", &PoolStatistics::outOfStep},
                                       {"is closed: it was discarded", &PoolStatistics::discarded},
                                       {"is closed: the pool was flushed or closed", &PoolStatistics::flushed},
                                       {"is closed: the stock is full", &PoolStatistics::stockFull}};
    static_assert(std::size(causes) == std::size_t(CloseReason::StockFull) + 1);
    const Cause &cause = causes[std::size_t(reason)];
    m_mutex.note(entry->id, cause.text);
    ++(m_totals.*cause.total);
    notify(EventType::Closed, entry->id, reason);
    if (entry->stage == Stage::Idle || entry->stage == Stage::Stale)
        m_watcher->remove(entry->descriptor);
    if (reason != CloseReason::Flushed)
        noteEnd(entry);
    if (m_demand && reason == CloseReason::IdleTooLong)
        m_demand->idledOut();
    if (m_demand && !entry->wasUsed && (reason == CloseReason::DiedIdle || reason == CloseReason::LivedTooLong))
        m_demand->endedUnused();
    if (m_demand && reason == CloseReason::StockFull)
        m_demand->foundNoRoom();
    return removeEntry(entry);
}

ClosingHandle Stock::removeEntry(Entry *entry)
{
    ClosingHandle closing{entry->socket, Descriptor(entry->isBare ? entry->descriptor : -1)};
    if (entry->guard)
        entry->guard->unbind();
    m_store.remove(entry);
    return closing;
}

// All that are in no thread.
std::vector<ClosingHandle> Stock::startClosingAll()
{
    std::vector<ClosingHandle> closing;
    closing.reserve(std::size_t(m_store.idle()));
    for (Stage stage : {Stage::Idle, Stage::Stale, Stage::Unchecked, Stage::Unclaimed}) {
        while (Entry *entry = firstFree(stage))
            closing.push_back(startClosing(entry, CloseReason::Flushed));
    }
    if (m_inspected)
        m_inspected->epoch = NoEpoch; // closed after that
    for (Entry *entry = m_store.first(Stage::Checked); entry; entry = entry->next) {
        if (!entry->isReturning) // idle but for its validator: closed when that has finished
            entry->epoch = NoEpoch;
    }
    return closing;
}

// Idle ones that a policy with lower limits does not allow, the oldest first.
std::vector<ClosingHandle> Stock::startClosingExcess()
{
    std::vector<ClosingHandle> closing;
    int excess = std::max(m_store.idle() - m_policy.maximumIdle, -room());
    for (Stage stage : {Stage::Stale, Stage::Idle}) {
        for (Entry *entry = firstFree(stage); entry && excess > 0; entry = firstFree(stage), --excess)
            closing.push_back(startClosing(entry, CloseReason::Flushed));
    }
    return closing;
}

void Stock::flush()
{
    Lock lock(m_mutex);
    std::vector<ClosingHandle> closing = startClosingAll();
    wake();
    lock.unlock();
    for (ClosingHandle &connection : closing)
        connection.close();
}

void Stock::renew()
{
    Lock lock(m_mutex);
    ++m_epoch;
    m_hasSeenAlert = false;
    m_failedChecks = 0;
    std::vector<ClosingHandle> closing = startClosingAll();
    wake();
    lock.unlock();
    for (ClosingHandle &connection : closing)
        connection.close();
}

void Stock::recheckPeers()
{
    std::vector<ClosingHandle> closing;
    Lock lock(m_mutex);
    ++m_rules;
    for (Stage stage : {Stage::Idle, Stage::Stale, Stage::Unchecked, Stage::Unclaimed}) {
        for (Entry *entry = m_store.first(stage); entry;) {
            Entry *const candidate = std::exchange(entry, entry->next);
            if (isPeerAllowed(candidate))
                continue;
            if (candidate == m_inspected)
                m_inspected->epoch = NoEpoch; // closed after that
            else
                closing.push_back(startClosing(candidate, CloseReason::Flushed));
        }
    }
    wake();
    lock.unlock();
    for (ClosingHandle &connection : closing)
        connection.close();
}

bool Stock::mayBeAllowed(Entry *entry) const
{
    if (m_policy.allowsPeer && !m_policy.allowsPeer(entry->descriptor))
        return false;
    entry->rules = m_rules;
    return true;
}

void Stock::shut(const QString &reason, std::optional<Clock::time_point> drainUntil)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // a continuation may delete the pool
    Lock lock(m_mutex);
    const bool isClosed = !m_isOpen && !m_drainUntil;
    m_isOpen = false;
    m_drainUntil = isClosed ? std::nullopt : drainUntil;
    ++m_epoch;
    const std::vector<std::shared_ptr<Waiter>> waiters = m_queue.takeAll();
    m_totals.abandoned += qint64(waiters.size());
    std::vector<ClosingHandle> closing = startClosingAll();
    wake();
    lock.unlock();

    for (ClosingHandle &connection : closing)
        connection.close();
    for (const std::shared_ptr<Waiter> &waiter : waiters)
        waiter->fail(Pool::Error::Closed, reason);
}

} // namespace QNetPool
