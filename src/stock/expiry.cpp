// SPDX-License-Identifier: BSD-3-Clause
// What happens to connections and waiters when a time limit is over.
#include "stock.h"

namespace QNetPool {

// So that the pool's thread usually does it, and continuations run there.
static constexpr std::chrono::milliseconds AlarmGrace(250);

static QString ms(Stock::Clock::duration duration)
{
    return QString::number(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

std::vector<Stock::Leak> Stock::expire(Clock::time_point now)
{
    std::vector<Leak> leaks;
    std::vector<ClosingHandle> closing;
    Lock lock(m_mutex);
    const Late late = takeLate(now);
    while (const std::optional<TimeLimits::Due> due = TimeLimits::next(m_store, m_policy)) {
        if (due->when > now)
            break;
        carryOut(*due, now, closing, leaks);
    }
    wake(); // for the next deadline
    lock.unlock();

    for (ClosingHandle &connection : closing)
        connection.close();
    late.fail(now);
    return leaks;
}

Stock::Late Stock::takeLate(Clock::time_point now)
{
    Late late{{}, m_queue.count(), m_lastError};
    late.waiters = m_queue.takeExpired(now);
    m_totals.timedOut += qint64(late.waiters.size());
    for (const std::shared_ptr<Waiter> &waiter : late.waiters)
        noteDeparture(*waiter);
    return late;
}

void Stock::Late::fail(Clock::time_point now, const QString &advice) const
{
    for (const std::shared_ptr<Waiter> &waiter : waiters) {
        QString message = QStringLiteral("no connection within %1 ms, %2 waiting").arg(ms(now - waiter->since)).arg(waited);
        if (!lastError.isEmpty())
            message += QStringLiteral("; last error: ") + lastError;
        waiter->fail(Pool::Error::AcquireTimeout, message + advice);
    }
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
    const Clock::time_point now = Clock::now();
    m_alarmAt = Clock::time_point::max();
    const Late late = takeLate(now - AlarmGrace);
    if (const std::optional<Clock::time_point> deadline = m_queue.nextDeadline())
        setAlarm(*deadline);
    lock.unlock();
    late.fail(now,
              QStringLiteral(
                      "; the pool's thread has not run its event loop meanwhile: waitForConnection() is the way to block in "
                      "the pool's own thread"));
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
