// SPDX-License-Identifier: BSD-3-Clause
// What happens to connections and waiters when a time limit is over.
#include "stock.h"

namespace QNetPool {

static QString ms(Stock::Clock::duration duration)
{
    return QString::number(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

std::vector<Stock::Leak> Stock::expire(Clock::time_point now)
{
    std::vector<Leak> leaks;
    std::vector<ClosingHandle> closing;
    Lock lock(m_mutex);
    const int waited = m_queue.count();
    const std::vector<std::shared_ptr<Waiter>> late = m_queue.takeExpired(now);
    m_totals.timedOut += qint64(late.size());
    for (const std::shared_ptr<Waiter> &waiter : late)
        noteDeparture(*waiter);
    const QString lastError = m_lastError;
    while (const std::optional<TimeLimits::Due> due = TimeLimits::next(m_store, m_policy)) {
        if (due->when > now)
            break;
        carryOut(*due, now, closing, leaks);
    }
    wake(); // for the next deadline
    lock.unlock();

    for (ClosingHandle &connection : closing)
        connection.close();
    for (const std::shared_ptr<Waiter> &waiter : late) {
        QString message = QStringLiteral("no connection within %1 ms, %2 waiting").arg(ms(now - waiter->since)).arg(waited);
        if (!lastError.isEmpty())
            message += QStringLiteral("; last error: ") + lastError;
        waiter->fail(Pool::Error::AcquireTimeout, message);
    }
    return leaks;
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
