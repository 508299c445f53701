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
    FutureWaiter(ConnectionId id, std::chrono::milliseconds timeout); // negative: never times out
    ~FutureWaiter() override;
    QFuture<Connection> future() { return m_promise.future(); }

    bool serve(Connection &connection) override;
    void fail(Pool::Error error, const QString &message) override;
    bool isCancelled() const override { return m_promise.isCanceled(); }

private:
    // Not a QPromise: once a continuation has taken the result, QPromise's destructor finds the future not finished, and
    // runs the continuation a second time (seen with Qt 6.4).
    QFutureInterface<Connection> m_promise;
    bool m_isFinished = false;
};

// Behind waitForConnection() outside of the pool's thread. It keeps its own timeout, which must hold even while the pool's
// thread is busy.
class BlockingWaiter final : public Waiter
{
public:
    BlockingWaiter();
    // leave: removes this waiter from the wait queue; false if it is being served or failed at this moment.
    Connection wait(std::chrono::milliseconds timeout, const std::function<bool()> &leave);
    QString failure() const; // after wait(): why fail() was called, if it was

    bool serve(Connection &connection) override;
    void fail(Pool::Error error, const QString &message) override;

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    Connection m_connection;
    QString m_failure;
    bool m_isDone = false;
};

// Behind waitForConnection() in the pool's thread. reason: unless null, why there is none.
Connection waitInEventLoop(QFuture<Connection> future, QString *reason);

} // namespace QNetPool
