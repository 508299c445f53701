// SPDX-License-Identifier: BSD-3-Clause
// What happens to connections and waiters when a time limit is over.
#include "stock.h"

namespace QNetPool {

// So that the pool's thread usually does it, and continuations run there.
static constexpr std::chrono::milliseconds AlarmGrace(250);

std::vector<Stock::Leak> Stock::expire(Clock::time_point now)
{
    std::vector<Leak> leaks;
    std::vector<ClosingHandle> closing;
    Lock lock(m_mutex);
    while (const std::optional<TimeLimits::Due> due = TimeLimits::next(m_store, m_policy)) {
        if (due->when > now)
            break;
        carryOut(*due, now, closing, leaks);
    }
    wake(); // for the next deadline
    lock.unlock();

    for (ClosingHandle &connection : closing)
        connection.close();
    failExpired(now);
    return leaks;
}

// A timeout has to be kept even if the pool's thread is blocked, most likely by waiting for the very future that it is to
// serve.
void Stock::setAlarm(Clock::time_point deadline)
{
    if (deadline == Clock::time_point::max() || deadline + AlarmGrace >= m_alarmAt)
        return;
    if (!m_alarm)
        m_alarm = Alarm::shared();
    if (!m_alarm)
        return;
    m_alarmAt = deadline + AlarmGrace;
    m_alarm->callAt(m_alarmAt, [weak = weak_from_this()] {
        if (const std::shared_ptr<Stock> self = weak.lock())
            self->failLateWaiters();
    });
}

void Stock::failLateWaiters()
{
    Lock lock(m_mutex);
    m_alarmAt = Clock::time_point::max();
    lock.unlock();
    failExpired(Clock::now() - AlarmGrace, true);
    lock.lock();
    if (const std::optional<Clock::time_point> deadline = m_queue.nextDeadline())
        setAlarm(*deadline);
}

// One by one, as a continuation may run an event loop, in which the others must not wait.
void Stock::failExpired(Clock::time_point now, bool isBlocked)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // a continuation may delete the pool
    Lock lock(m_mutex);
    const int waited = m_queue.count();
    while (std::shared_ptr<Waiter> late = m_queue.takeExpired(now)) {
        ++m_totals.timedOut;
        noteDeparture(*late);
        wake(); // for the next deadline
        const QString why = whyNoneCame(*late, waited, now, isBlocked);
        lock.unlock();
        late->fail(Pool::Error::AcquireTimeout, why);
        late.reset();
        lock.lock();
    }
}

void Stock::carryOut(const TimeLimits::Due &due, Clock::time_point now, std::vector<ClosingHandle> &closing,
                     std::vector<Leak> &leaks)
{
    Entry *entry = due.entry;
    switch (due.verdict) {
    case TimeLimits::Verdict::Leak:
        leaks.push_back(
                {entry->id, std::chrono::duration_cast<std::chrono::milliseconds>(now - entry->since), entry->holder});
        m_store.moveAsItIs(entry, Stage::Overdue);
        return;
    case TimeLimits::Verdict::Unclaimed:
        closing.push_back(startClosing(entry, CloseReason::DiedIdle));
        return;
    case TimeLimits::Verdict::IdleTooLong:
        closing.push_back(startClosing(entry, CloseReason::IdleTooLong));
        return;
    case TimeLimits::Verdict::LivedTooLong:
        m_store.clearEndOfLife(entry);
        if (entry->stage == Stage::Idle || entry->stage == Stage::Stale)
            closing.push_back(startClosing(entry, CloseReason::LivedTooLong));
        return; // a leased one is closed when it is given back
    }
}

} // namespace QNetPool
