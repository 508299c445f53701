// SPDX-License-Identifier: BSD-3-Clause
// How a connection is leased: which one, and whether it is healthy.
#include "stock.h"

#include "lease/threadmailbox.h"

namespace QNetPool {

Connection Stock::take(ConnectionId id)
{
    ThreadMailbox::carryOutPending();
    Lock lock(m_mutex);
    if (Entry *entry = checkOut(id, lock)) {
        if (entry->isPaused) // it was idle
            noteTaken(entry);
        return lend(entry, &PoolStatistics::fromStock, holderName());
    }
    warnIfNotAtWork(lock);
    if (!m_isOpen || !id.isNull())
        return {};
    if (Entry *stale = firstFree(Stage::Stale))
        requestCheck(stale);
    return {};
}

// Returns a healthy connection in Stage::Leased, or null; with the lock held either way.
Entry *Stock::checkOut(ConnectionId id, Lock &lock)
{
    const Clock::time_point now = revalidateIfSlept(lock);
    for (;;) {
        Entry *entry = m_isOpen ? pick(id, now) : nullptr;
        if (!entry) {
            if (m_isOpen && awaitInspection(id, lock))
                continue;
            return nullptr;
        }
        if (entry->stage == Stage::Unclaimed) {
            m_store.move(entry, Stage::Leased, now);
            return entry;
        }
        m_watcher->pause(entry->descriptor);
        entry->isPaused = true;
        const bool isSpent = TimeLimits::isSpent(*entry, m_policy, now);
        m_store.move(entry, Stage::Leased, now);
        if (isSpent) {
            closeSpent(entry, lock);
            lock.lock();
            continue;
        }
        const Verdict verdict = lastLook(entry, lock);
        if (verdict == Verdict::MayGo || (verdict == Verdict::HasLastWords && !id.isNull()))
            return entry;
        if (verdict == Verdict::HasLastWords)
            retire(entry, Finding::ClosedWithBytes, CloseReason::DiedIdle, lock);
    }
}

// The last look at a connection that goes to a caller, whichever way: from the stock, or straight from its setup, its check
// or its last holder to a waiter. It is in Stage::Leased, and the lock is held before and after, but not meanwhile.
Stock::Verdict Stock::lastLook(Entry *entry, Lock &lock)
{
    lock.unlock();
    const Finding seen = inspect(entry);
    lock.lock();
    if (!isCurrent(entry) || !isUsable(seen)) {
        retire(entry, seen, CloseReason::DiedIdle, lock);
        return Verdict::IsGone;
    }
    if (seen == Finding::Quiet && mustBeValidated(entry, true)) {
        validate(entry);
        return Verdict::IsUnvalidated;
    }
    return seen == Finding::ClosedWithBytes ? Verdict::HasLastWords : Verdict::MayGo;
}

// Returns the next connection to lease. Null if there is none, or if the one with the ID has to be validated, which is
// requested.
Entry *Stock::pick(ConnectionId id, Clock::time_point now)
{
    if (id.isNull()) {
        for (Entry *oldest; (oldest = firstFree(Stage::Idle)) && isStale(oldest, now);)
            m_store.moveAsItIs(oldest, Stage::Stale);
        // A spent one is picked to be closed; and if the validator was removed, none needs validation.
        if (Entry *stale = firstFree(Stage::Stale);
            stale && (!m_policy.hooks.validator || TimeLimits::isSpent(*stale, m_policy, now)))
            return stale;
        return nextToLease();
    }
    Entry *entry = m_store.find(id);
    if (!entry || entry->stage == Stage::Unclaimed)
        return entry;
    if (entry == m_inspected || (entry->stage != Stage::Idle && entry->stage != Stage::Stale))
        return nullptr;
    if (!isStale(entry, now) || TimeLimits::isSpent(*entry, m_policy, now))
        return entry;
    requestCheck(entry);
    return nullptr;
}

// way: the total that it counts for.
Connection Stock::lend(Entry *entry, qint64 PoolStatistics::*way, QString holder)
{
    m_mutex.note(entry->id, "is leased");
    entry->owner = shared_from_this();
    entry->isReturning = entry->isValidated = false;
    entry->wasUsed = true;
    entry->returned = {};
    entry->controlTraffic = 0;
    entry->holder.swap(holder);
    ++m_totals.taken;
    ++(m_totals.*way);
    idleCountChanged();
    if (m_watchesLeaks)
        scheduleExpiry(TimeLimits::after(entry->since, m_policy.limits.leakThreshold));
    return Connection(entry);
}

} // namespace QNetPool
