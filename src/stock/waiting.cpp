// SPDX-License-Identifier: BSD-3-Clause
// The wait queue: a connection that was set up, checked or given back goes to the first waiter for it, else into the stock.
#include "stock.h"

#include "lease/threadmailbox.h"
#include "recursionlimiter.h"

#include <algorithm>

namespace QNetPool {

void Stock::join(std::shared_ptr<Waiter> waiter)
{
    ThreadMailbox::carryOutPending();
    Lock lock(m_mutex);
    waiter->holder = holderName();
    if (Entry *entry = checkOut(waiter->wanted, lock)) {
        if (entry->isPaused) // it was idle
            noteTaken(entry);
        Connection connection = lend(entry, &PoolStatistics::fromStock, waiter->holder);
        m_acquireTimes.record(Clock::now() - waiter->since);
        lock.unlock();
        waiter->serve(connection); // if it was cancelled, the lease gives itself back
        return;
    }
    if (!m_isOpen) {
        ++m_totals.refused;
        const QString why = notRunning();
        warnIfNotAtWork(lock);
        lock.unlock();
        return waiter->fail(Pool::Error::Closed, why);
    }
    std::vector<std::shared_ptr<Waiter>> gone; // destroyed after the lock is released
    if (m_policy.limits.maximumWaiters > 0 && m_queue.count() >= m_policy.limits.maximumWaiters) {
        gone = m_queue.takeCancelled(); // which the pool's event loop has not removed yet
        for (const std::shared_ptr<Waiter> &cancelled : gone)
            noteDeparture(*cancelled);
        m_totals.cancelled += qint64(gone.size());
    }
    if (m_policy.limits.maximumWaiters > 0 && m_queue.count() >= m_policy.limits.maximumWaiters) {
        const int maximum = m_policy.limits.maximumWaiters;
        ++m_totals.refused;
        lock.unlock();
        return waiter->fail(Pool::Error::TooManyWaiters,
                            QStringLiteral("%1 are waiting already, as many as limits.maximumWaiters allows").arg(maximum));
    }
    ++m_totals.queued;
    if (m_demand && waiter->wanted.isNull())
        m_demand->taken(Clock::now(), currentLevel(), true);
    m_newWaiters.push_back(waiter);
    setAlarm(waiter->deadline);
    m_queue.join(std::move(waiter));
    requestChecksForWaiters();
    wake(); // for its deadline, and to dial for it
    lock.unlock();
}

bool Stock::leave(quint64 number, Departure departure, QString *reason)
{
    std::shared_ptr<Waiter> left; // destroyed after the lock is released
    const Lock lock(m_mutex);
    left = m_queue.leave(number);
    if (!left)
        return false;
    noteDeparture(*left);
    if (reason) {
        // Not lock(), which could leave the last reference here.
        const auto isIt = [&left](const std::weak_ptr<Waiter> &one) {
            return !one.owner_before(left) && !left.owner_before(one);
        };
        const bool isBlocked = std::any_of(m_newWaiters.begin(), m_newWaiters.end(), isIt);
        *reason = whyNoneCame(*left, m_queue.count() + 1, Clock::now(), isBlocked);
    }
    ++(departure == Departure::TimedOut ? m_totals.timedOut : m_totals.cancelled);
    return true;
}

// The caller owns the entry, and its socket is in no thread. It goes to the first waiter for it, else into the stock. If it
// is not admitted, it was closed.
Stock::Admission Stock::offer(Entry *entry, Clock::time_point now, Lock &lock)
{
    const bool isReturned = entry->stage == Stage::Leased || entry->stage == Stage::Overdue || entry->isReturning;
    if (m_queue.count() && RecursionLimiter::mustDefer()) {
        offerLater(entry, isReturned);
        return Admission::Admitted;
    }
    return offerNow(entry, isReturned, now, lock);
}

// The entry counts as leased until then.
void Stock::offerLater(Entry *entry, bool isReturned)
{
    if (entry->stage != Stage::Leased)
        m_store.move(entry, Stage::Leased, Clock::now());
    RecursionLimiter::defer([self = shared_from_this(), entry, isReturned] {
        Lock lock(self->m_mutex);
        self->offerNow(entry, isReturned, Clock::now(), lock);
    });
}

Stock::Admission Stock::offerNow(Entry *entry, bool isReturned, Clock::time_point now, Lock &lock)
{
    bool hasEnded = entry->descriptor < 0; // closed with bytes unread: only for waiters for its ID
    const auto isWanted = [&] { return m_queue.hasFor(entry->id) || (!hasEnded && m_queue.countForAny() > 0); };
    while (isCurrent(entry) && entry->endOfLife > now && isWanted()) {
        if (entry->stage != Stage::Leased)
            m_store.move(entry, Stage::Leased, now); // owned, and counted as leased, without the lock
        const Verdict verdict = lastLook(entry, lock);
        if (verdict == Verdict::IsGone)
            return Admission::Closed;
        if (verdict == Verdict::IsUnvalidated) {
            noteGivenBack(entry, isReturned, now);
            return Admission::Admitted;
        }
        hasEnded = verdict == Verdict::HasLastWords;
        std::shared_ptr<Waiter> waiter = hasEnded ? m_queue.nextFor(entry->id) : m_queue.next(entry->id);
        if (!waiter)
            continue; // it has left meanwhile
        if (waiter->isCancelled()) { // the pool's event loop has not removed it yet
            ++m_totals.cancelled;
            noteDeparture(*waiter);
            lock.unlock(); // its destructor may run a continuation
            waiter.reset();
            lock.lock();
            continue;
        }
        if (serve(std::move(waiter), entry, lock)) {
            noteGivenBack(entry, isReturned, now);
            return Admission::Admitted;
        }
    }
    if (hasEnded) {
        retire(entry, Finding::ClosedWithBytes, CloseReason::DiedIdle, lock);
    } else if (!isCurrent(entry)) {
        closeEntry(entry, CloseReason::Flushed, lock);
    } else if (entry->endOfLife <= now) {
        closeEntry(entry, CloseReason::LivedTooLong, lock);
    } else if (m_store.idle() >= m_policy.maximumIdle) {
        closeEntry(entry, CloseReason::StockFull, lock);
    } else if (mustBeValidated(entry, false)) {
        validate(entry);
        noteGivenBack(entry, isReturned, now);
        return Admission::Admitted;
    } else if (!addToStock(entry, now)) {
        closeEntry(entry, CloseReason::Dirty, lock); // unwatched, its end would never be noticed
        return Admission::Unwatched;
    } else {
        noteGivenBack(entry, isReturned, now);
        return Admission::Admitted;
    }
    return Admission::Full;
}

// False: the waiter was cancelled meanwhile, and the entry is still the caller's.
bool Stock::serve(std::shared_ptr<Waiter> waiter, Entry *entry, Lock &lock)
{
    m_store.move(entry, Stage::Leased, Clock::now());
    if (!waiter->wanted.isNull()) // the others counted when they came
        noteTaken(entry);
    Connection connection = lend(entry, &PoolStatistics::hadToWait, waiter->holder);
    lock.unlock();
    const Clock::duration waited = Clock::now() - waiter->since;
    bool isServed = false;
    {
        const RecursionLimiter serving;
        isServed = waiter->serve(connection);
        waiter.reset(); // without the lock: it may hold the last reference to a lease that was not taken
    }
    lock.lock();
    if (isServed) {
        m_acquireTimes.record(waited);
        return true;
    }
    connection.m_lease = nullptr; // it still counts as taken: totals never decrease
    return false;
}

bool Stock::addToStock(Entry *entry, Clock::time_point now)
{
    // Under the lock, as another thread may take it once it is idle, and must find it watched.
    const Watcher::Event event = entry->hasBytes ? Watcher::Event::HangUp : Watcher::Event::Bytes;
    const bool isWatched = std::exchange(entry->isPaused, false)
            ? m_watcher->change(entry->descriptor, entry->token(), event)
            : m_watcher->watch(entry->descriptor, entry->token(), event);
    if (!isWatched)
        return false;
    m_store.move(entry, Stage::Idle, now);
    entry->isReturning = entry->isValidated = false;
    entry->holder.clear();
    entry->owner.reset();
    notify(EventType::Available, entry->id);
    idleCountChanged();
    if (m_policy.limits.idleTimeout.count() > 0)
        scheduleExpiry(TimeLimits::after(now, m_policy.limits.idleTimeout));
    return true;
}

} // namespace QNetPool
