// SPDX-License-Identifier: BSD-3-Clause
// What happens to a connection when its lease ends, in the holder's thread.
#include "stock.h"

#include "system/printable.h"
#include "system/threadname.h"

namespace QNetPool {

// Whether the next holder may read an answer to the last one.
static bool isOutOfStep(Condition condition, LeaseEnd end)
{
    return end == LeaseEnd::Unwinding || (end == LeaseEnd::ByItself && condition == Condition::AwaitsAnswer);
}

void Stock::takeBack(Lease *lease, Condition condition, LeaseEnd end)
{
    auto *const entry = static_cast<Entry *>(lease);
    qCDebug(m_log) << entry->id << "is given back";
    const Finding seen = condition == Condition::Untouched ? inspect(entry) : Finding::Quiet;
    Lock lock(m_mutex);
    const Clock::time_point now = Clock::now();
    endLease(entry, now);
    if (m_policy.keepsStep && condition == Condition::AwaitsAnswer && end == LeaseEnd::GivenBack)
        sayThatItBelieves(entry, lock);
    if (condition == Condition::Unfit) {
        noteUnreadAlert(entry);
        closeEntry(entry, CloseReason::Dirty, lock);
    } else if (condition == Condition::Deleted) {
        closeEntry(entry, CloseReason::Discarded, lock);
    } else if (m_policy.keepsStep && isOutOfStep(condition, end)) {
        closeEntry(entry, CloseReason::OutOfStep, lock);
    } else if (condition != Condition::Untouched && m_policy.hooks.resetter && isCurrent(entry)) {
        entry->isReturning = true;
        entry->owner.reset();
        m_store.move(entry, Stage::Unchecked, now);
        wake();
    } else {
        offerOrRetire(entry, seen, CloseReason::Dirty, now, lock);
    }
}

// Once a pool: for a protocol in which nobody answers, such as syslog's, that is as it should be.
void Stock::sayThatItBelieves(const Entry *entry, Lock &lock)
{
    if (std::exchange(m_hasSaidItBelieves, true))
        return;
    lock.unlock();
    qCInfo(m_log)
            << "giveBack() has kept connection" << entry->id
            << "on which nothing has arrived since the last bytes that were written: it is believed. If an answer may be "
               "due, let the lease end by itself, or call discard()";
    lock.lock();
}

void Stock::discard(Lease *lease)
{
    auto *const entry = static_cast<Entry *>(lease);
    Lock lock(m_mutex);
    endLease(entry, Clock::now());
    noteUnreadAlert(entry);
    closeEntry(entry, CloseReason::Discarded, lock);
}

void Stock::detach(Lease *lease, bool hasSocket)
{
    auto *const entry = static_cast<Entry *>(lease);
    const Lock lock(m_mutex);
    m_mutex.note(entry->id, "is detached");
    endLease(entry, Clock::now());
    notify(EventType::Closed, entry->id, hasSocket ? CloseReason::Detached : CloseReason::Discarded);
    m_store.remove(entry);
    ++(hasSocket ? m_totals.detached : m_totals.discarded);
    wake();
}

void Stock::endLease(const Entry *entry, Clock::time_point now)
{
    m_leaseTimes.record(now - entry->since);
}

QString Stock::noteFirstUse(Lease *lease)
{
    const Lock lock(m_mutex);
    static_cast<Entry *>(lease)->holder = holderName();
    return static_cast<Entry *>(lease)->host;
}

// The first thread to use the socket becomes its holder, even if another one has leased it.
void Stock::noteUse(Lease *lease)
{
    if (!m_watchesLeaks)
        return;
    const Lock lock(m_mutex);
    static_cast<Entry *>(lease)->holder = holderName();
}

void Stock::warnOfOtherThread(const Lease *lease, const QString &home) const
{
    qCWarning(m_log).noquote() << QStringLiteral(
                                          "connection %1: socket() was called in %2, but the socket lives in %3, where it "
                                          "was called first, and has to be used there only")
                                          .arg(printable(lease->id), currentThreadName(), home);
}

QString Stock::holderName() const
{
    return m_watchesLeaks ? currentThreadName() : QString(); // used only in a leak's report
}

} // namespace QNetPool
