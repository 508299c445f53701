// SPDX-License-Identifier: BSD-3-Clause
// Those who wait for a connection, and what comes to them: what is set up, checked or given back is for the first of them, else
// for the stock.
#include "stock.h"

#include "lease/threadmailbox.h"
#include "recursionlimiter.h"

namespace QNetPool {

void Stock::join(std::shared_ptr<Waiter> waiter)
{
    ThreadMailbox::carryOutPending();
    Lock lock(m_mutex);
    waiter->holder = holderName();
    if (Entry *entry = checkOut(waiter->wanted, lock)) {
        Connection connection = lend(entry, &PoolStatistics::fromStock, waiter->holder);
        m_acquireTimes.record(Clock::now() - waiter->since);
        lock.unlock();
        waiter->serve(connection); // else the lease gives itself back
        return;
    }
    if (!m_isOpen) {
        ++m_totals.refused;
        lock.unlock();
        return waiter->fail(Pool::Error::Closed, QStringLiteral("the pool is not running"));
    }
    std::vector<std::shared_ptr<Waiter>> gone; // destroyed after the lock is released
    if (m_policy.limits.maximumWaiters > 0 && m_queue.count() >= m_policy.limits.maximumWaiters) {
        gone = m_queue.takeCancelled(); // of whom the pool's event loop has not told yet
        m_totals.cancelled += qint64(gone.size());
    }
    if (m_policy.limits.maximumWaiters > 0 && m_queue.count() >= m_policy.limits.maximumWaiters) {
        const int waiting = m_queue.count();
        ++m_totals.refused;
        lock.unlock();
        return waiter->fail(Pool::Error::TooManyWaiters, QStringLiteral("%1 are waiting already").arg(waiting));
    }
    ++m_totals.queued;
    m_newWaiters.push_back(waiter);
    m_queue.join(std::move(waiter));
    requestChecksForWaiters();
    wake(); // for its deadline, and for the connection that it needs
    lock.unlock();
}

bool Stock::leave(quint64 number, Departure departure)
{
    std::shared_ptr<Waiter> left; // destroyed after the lock is released
    const Lock lock(m_mutex);
    left = m_queue.leave(number);
    if (!left)
        return false;
    ++(departure == Departure::TimedOut ? m_totals.timedOut : m_totals.cancelled);
    return true;
}

// The caller owns the entry, and its socket is in no thread. To the first who waits for it, else into the stock. If it
// is not admitted, it was closed.
Stock::Admission Stock::offer(Entry *entry, Lock &lock)
{
    const bool isReturned = entry->stage == Stage::Leased || entry->stage == Stage::Overdue || entry->isReturning;
    if (RecursionLimiter::isTooDeep() && m_queue.count()) {
        offerLater(entry, isReturned);
        return Admission::Admitted;
    }
    return offerNow(entry, isReturned, lock);
}

// Until then it counts as leased.
void Stock::offerLater(Entry *entry, bool isReturned)
{
    m_store.move(entry, Stage::Leased, Clock::now());
    RecursionLimiter::defer([self = shared_from_this(), entry, isReturned] {
        Lock lock(self->m_mutex);
        self->offerNow(entry, isReturned, lock);
    });
}

Stock::Admission Stock::offerNow(Entry *entry, bool isReturned, Lock &lock)
{
    const Clock::time_point now = Clock::now();
    const bool hasEnded = entry->descriptor < 0; // while it was set up, and its last words are only for who knows its name
    while (isCurrent(entry) && entry->endOfLife > now) {
        std::shared_ptr<Waiter> waiter = hasEnded ? m_queue.nextFor(entry->id) : m_queue.next(entry->id);
        if (!waiter)
            break;
        if (waiter->isCancelled()) { // and the pool's event loop has not told yet
            ++m_totals.cancelled;
            if (entry->stage != Stage::Leased)
                m_store.move(entry, Stage::Leased, now); // ours, and counted, while others look
            lock.unlock(); // its end may run a continuation
            waiter.reset();
            lock.lock();
            continue;
        }
        if (serve(std::move(waiter), entry, lock)) {
            m_totals.givenBack += isReturned;
            return Admission::Admitted;
        }
    }
    if (!isCurrent(entry)) {
        closeEntry(entry, CloseReason::Flushed, lock);
    } else if (entry->endOfLife <= now) {
        closeEntry(entry, CloseReason::LivedTooLong, lock);
    } else if (hasEnded) {
        offerOrClose(entry, Finding::ClosedWithBytes, CloseReason::DiedIdle, lock);
    } else if (m_store.idle() >= m_policy.maximumIdle) {
        closeEntry(entry, CloseReason::StockFull, lock);
    } else if (!addToStock(entry, now)) {
        closeEntry(entry, CloseReason::Dirty, lock); // it could not be known to live
        return Admission::Unwatched;
    } else {
        m_totals.givenBack += isReturned;
        return Admission::Admitted;
    }
    return Admission::Full;
}

// False: it was cancelled at the very moment, and the entry is still the caller's.
bool Stock::serve(std::shared_ptr<Waiter> waiter, Entry *entry, Lock &lock)
{
    m_store.move(entry, Stage::Leased, Clock::now());
    Connection connection = lend(entry, &PoolStatistics::hadToWait, waiter->holder);
    lock.unlock();
    const Clock::duration waited = Clock::now() - waiter->since;
    bool isServed = false;
    {
        const RecursionLimiter serving;
        isServed = waiter->serve(connection);
        waiter.reset(); // without the lock: it may be the last that holds a lease which nobody took
    }
    lock.lock();
    if (isServed) {
        m_acquireTimes.record(waited);
        return true;
    }
    connection.m_lease = nullptr; // it counts as taken all the same, so that no total ever falls
    return false;
}

bool Stock::addToStock(Entry *entry, Clock::time_point now)
{
    // Under the lock: once it is in the line, another thread may take it and must find it watched.
    const Watcher::Event event = entry->hasBytes ? Watcher::Event::HangUp : Watcher::Event::Bytes;
    const bool isWatched = std::exchange(entry->isPaused, false)
            ? m_watcher->change(entry->descriptor, entry->token(), event)
            : m_watcher->watch(entry->descriptor, entry->token(), event);
    if (!isWatched)
        return false;
    m_store.move(entry, Stage::Idle, now);
    entry->isReturning = false;
    entry->holder.clear();
    entry->owner.reset();
    notify(EventType::Available, entry->id);
    idleCountChanged();
    if (m_policy.limits.idleTimeout.count() > 0)
        scheduleExpiry(TimeLimits::after(now, m_policy.limits.idleTimeout));
    return true;
}

} // namespace QNetPool
