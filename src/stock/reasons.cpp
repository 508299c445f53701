// SPDX-License-Identifier: BSD-3-Clause
// Why a caller gets no connection, in sentences.
#include "stock.h"

#include "system/printable.h"

#include <cmath>

namespace QNetPool {

static QString textOf(Stock::Clock::duration duration)
{
    const qint64 ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return ms < 1000 ? QStringLiteral("%1 ms").arg(ms) : QStringLiteral("%1 s").arg(std::floor(double(ms) / 100) / 10);
}

static QString stepOf(const Entry *pending)
{
    switch (SetupStep(pending->progress.loadRelaxed())) {
    case SetupStep::Connect:
        return QStringLiteral("connecting");
    case SetupStep::Encrypt:
        return QStringLiteral("in its TLS handshake");
    case SetupStep::ReadId:
        return QStringLiteral("waiting for the ID");
    case SetupStep::SendId:
    case SetupStep::Done:
        break;
    }
    return QStringLiteral("about to be ready");
}

QLatin1String Stock::starter() const
{
    return m_log == &serverLog ? QLatin1String("listen()") : QLatin1String("start()");
}

QString Stock::notRunning() const
{
    const QString sentence = QStringLiteral("the pool is not running: ");
    if (m_opened != Clock::time_point{})
        return sentence + (m_drainUntil ? QLatin1String("it is draining") : QLatin1String("it was closed"));
    return sentence + (m_lastError.isEmpty() ? QStringLiteral("call %1 first").arg(starter()) : m_lastError);
}

QString Stock::loopHasNotRun() const
{
    return QStringLiteral("the event loop of the pool's thread has not run since %1: run it, or call waitForConnection() in "
                          "that thread")
            .arg(starter());
}

// Once a pool, for who looks at nothing but an empty Connection. Not just after the start, when many a thread is still busy.
void Stock::warnIfNotAtWork(Lock &lock)
{
    constexpr std::chrono::seconds patience(1);
    const bool wasStarted = m_opened != Clock::time_point{};
    const bool isIdle = m_isOpen && !m_hasLoopRun && Clock::now() - m_opened > patience;
    if ((wasStarted && !isIdle) || std::exchange(m_hasWarned, true))
        return;
    const QString why = wasStarted ? loopHasNotRun() : notRunning();
    lock.unlock();
    qCWarning(m_log).noquote() << "a connection was asked for, and there is none:" << why;
    lock.lock();
}

// What the pool is doing for those who wait for any connection.
QStringList Stock::activity() const
{
    const Clock::time_point now = Clock::now();
    QStringList parts;
    const int pending = m_store.count(Stage::Pending);
    const Entry *oldest = m_store.first(Stage::Pending);
    const int checked = m_store.count(Stage::Unchecked) + m_store.count(Stage::Checked);
    const int leased = m_store.leased() - checked;
    if (oldest)
        parts << QStringLiteral("%1 being set up, %2%3, for %4")
                         .arg(QString::number(pending), pending > 1 ? QLatin1String("the oldest ") : QLatin1String(),
                              stepOf(oldest), textOf(now - oldest->born));
    else if (room() <= 0)
        parts << QStringLiteral("there are as many as limits.maximumConnections allows, %1")
                         .arg(m_policy.limits.maximumConnections);
    else if (m_isRetryPaused)
        parts << QStringLiteral("none being set up until the pause after failed attempts is over");
    else if (m_demand)
        parts << QStringLiteral("none being set up");
    else if (leased + checked == 0)
        parts << QStringLiteral("no peer is connected");
    if (leased > 0)
        parts << QStringLiteral("%1 leased").arg(leased);
    if (checked > 0)
        parts << QStringLiteral("%1 being checked").arg(checked);
    return parts;
}

QStringList Stock::whereabouts(ConnectionId id) const
{
    const Clock::time_point now = Clock::now();
    const Entry *entry = m_store.find(id);
    switch (entry ? entry->stage : Stage::Free) {
    case Stage::Pending:
        return {QStringLiteral("it is being set up, %1, for %2").arg(stepOf(entry), textOf(now - entry->born))};
    case Stage::Leased:
    case Stage::Overdue:
        return {QStringLiteral("it is leased, for %1").arg(textOf(now - entry->since))};
    case Stage::Unchecked:
    case Stage::Checked:
        return {QStringLiteral("it is being checked")};
    default:
        return QStringList{QStringLiteral("there is none of that ID")} + activity();
    }
}

// isBlocked: the pool's thread, which should have done it, has left it to another one.
QString Stock::whyNoneCame(const Waiter &waiter, int waiting, Clock::time_point now, bool isBlocked) const
{
    const bool isForAny = waiter.wanted.isNull();
    QString sentence = QStringLiteral("no connection %1within %2, %3 waiting: %4")
                               .arg(isForAny ? QString() : printable(waiter.wanted) + u' ', textOf(now - waiter.since),
                                    QString::number(waiting),
                                    (isForAny ? activity() : whereabouts(waiter.wanted)).join(QLatin1String(", ")));
    if (!m_lastError.isEmpty())
        sentence += QStringLiteral("; last error: ") + m_lastError;
    if (!m_hasLoopRun)
        sentence += QStringLiteral("; ") + loopHasNotRun();
    else if (isBlocked)
        sentence +=
                QStringLiteral("; the pool's thread has not run its event loop meanwhile: waitForConnection() is the way to "
                               "block in the pool's own thread");
    return sentence;
}

} // namespace QNetPool
