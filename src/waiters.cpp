// SPDX-License-Identifier: BSD-3-Clause
#include "waiters.h"

#include <qnetpool/poolexception.h>

#include <QtCore/qeventloop.h>
#include <QtCore/qfuturewatcher.h>

namespace QNetPool {

FutureWaiter::FutureWaiter(ConnectionId id, std::chrono::milliseconds timeout)
{
    wanted = id;
    since = std::chrono::steady_clock::now();
    if (timeout.count() >= 0 && timeout < std::chrono::hours(24 * 365))
        deadline = since + timeout;
    m_promise.reportStarted();
}

FutureWaiter::~FutureWaiter()
{
    if (m_isFinished)
        return;
    m_promise.cancel(); // it has left the wait queue unserved
    m_promise.reportFinished();
}

bool FutureWaiter::serve(Connection &connection)
{
    m_isFinished = true;
    const bool isWanted = m_promise.reportAndMoveResult(std::move(connection)); // leaves the connection if canceled
    m_promise.reportFinished();
    return isWanted;
}

void FutureWaiter::fail(Pool::Error error, const QString &message)
{
    m_isFinished = true;
    m_promise.reportException(PoolException(error, message));
    m_promise.reportFinished();
}

BlockingWaiter::BlockingWaiter()
{
    since = std::chrono::steady_clock::now();
}

bool BlockingWaiter::serve(Connection &connection)
{
    const std::lock_guard lock(m_mutex);
    m_connection = std::move(connection);
    m_isDone = true;
    m_changed.notify_one();
    return true;
}

void BlockingWaiter::fail(Pool::Error, const QString &message)
{
    const std::lock_guard lock(m_mutex);
    m_failure = message;
    m_isDone = true;
    m_changed.notify_one();
}

Connection BlockingWaiter::wait(std::chrono::milliseconds timeout, const std::function<bool()> &leave)
{
    std::unique_lock lock(m_mutex);
    const auto isDone = [this] { return m_isDone; };
    if (timeout.count() < 0 || timeout > std::chrono::hours(24 * 365)) {
        m_changed.wait(lock, isDone);
    } else if (!m_changed.wait_for(lock, timeout, isDone)) {
        lock.unlock();
        const bool hasLeft = leave();
        lock.lock();
        if (!hasLeft)
            m_changed.wait(lock, isDone);
    }
    return std::move(m_connection);
}

QString BlockingWaiter::failure() const
{
    const std::lock_guard lock(m_mutex);
    return m_failure;
}

Connection waitInEventLoop(QFuture<Connection> future, QString *reason)
{
    if (!future.isFinished()) {
        QEventLoop loop;
        QFutureWatcher<Connection> watcher;
        QObject::connect(&watcher, &QFutureWatcherBase::finished, &loop, &QEventLoop::quit);
        watcher.setFuture(future);
        loop.exec(QEventLoop::ExcludeUserInputEvents);
        if (!future.isFinished()) { // the application quits, and every nested loop with it
            future.cancel();
            if (reason)
                *reason = QStringLiteral("the event loop was ended meanwhile");
            return {};
        }
    }
    try {
        return future.takeResult();
    } catch (const PoolException &failure) {
        if (reason)
            *reason = failure.message();
        return {};
    }
}

} // namespace QNetPool
