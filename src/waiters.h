// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stock/waitqueue.h"

#include <QtCore/qfuture.h>

#include <condition_variable>
#include <functional>
#include <mutex>

namespace QNetPool {

// Behind acquire().
class FutureWaiter final : public Waiter
{
public:
    FutureWaiter(ConnectionId id, std::chrono::milliseconds timeout); // negative: without end
    ~FutureWaiter() override;
    QFuture<Connection> future() { return m_promise.future(); }

    bool serve(Connection &connection) override;
    void fail(Pool::Error error, const QString &message) override;
    bool isCancelled() const override { return m_promise.isCanceled(); }

private:
    // Not a QPromise: when a continuation has taken the result (Qt 6.4 at least), the destructor of that one finds a state
    // that is not Finished any more and runs the continuation a second time.
    QFutureInterface<Connection> m_promise;
    bool m_isFinished = false;
};

// Behind waitForConnection() outside of the pool's thread. It keeps the time itself, so that it ends in time even where the
// pool's thread is busy.
class BlockingWaiter final : public Waiter
{
public:
    BlockingWaiter();
    // leave: takes this waiter out of line; false if it is being served or failed at this moment.
    Connection wait(std::chrono::milliseconds timeout, const std::function<bool()> &leave);

    bool serve(Connection &connection) override;
    void fail(Pool::Error error, const QString &message) override;

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    Connection m_connection;
    bool m_isDone = false;
};

// Behind waitForConnection() in the pool's thread.
Connection waitInEventLoop(QFuture<Connection> future);

} // namespace QNetPool
