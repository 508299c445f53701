// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_POOL_H
#define QNETPOOL_POOL_H

#include <qnetpool/connection.h>
#include <qnetpool/connectioninfo.h>
#include <qnetpool/poolstatistics.h>

#include <QtCore/qfuture.h>
#include <QtCore/qlist.h>
#include <QtCore/qobject.h>

#include <chrono>
#include <memory>

namespace QNetPool {

class PoolPrivate;

class QNETPOOL_EXPORT Pool : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QNetPool::Pool::State state READ state NOTIFY stateChanged)
    Q_PROPERTY(int idleCount READ idleCount NOTIFY idleCountChanged)
    Q_PROPERTY(int capacity READ capacity NOTIFY capacityChanged)
    Q_PROPERTY(std::chrono::milliseconds interval READ interval NOTIFY intervalChanged)
    Q_PROPERTY(int errorCount READ errorCount RESET resetErrorCount NOTIFY errorCountChanged)

public:
    enum class State { Stopped, Starting, Ready, Degraded, Draining };
    Q_ENUM(State)

    enum class Error {
        InvalidConfiguration,
        ListenFailed,
        AcceptFailed,
        ResourcesExhausted,
        PeerRejected,
        ConnectFailed,
        TlsFailed,
        HandshakeFailed,
        HandshakeTimeout,
        AcquireTimeout,
        TooManyWaiters,
        Closed,
        LeakSuspected,
    };
    Q_ENUM(Error)

    static constexpr std::chrono::milliseconds DefaultTimeout{30000};

    ~Pool() override;

    State state() const noexcept;
    bool isReady() const noexcept { return state() == State::Ready; }
    int idleCount() const;
    int leasedCount() const;
    int pendingCount() const;
    int waiterCount() const;
    int capacity() const noexcept;
    std::chrono::milliseconds interval() const noexcept;
    int errorCount() const noexcept;
    void addError();
    void resetErrorCount();
    PoolStatistics statistics() const;
    QList<ConnectionInfo> connections() const;

    Connection take();
    Connection take(ConnectionId id);
    QFuture<Connection> acquire(std::chrono::milliseconds timeout = DefaultTimeout);
    QFuture<Connection> acquire(ConnectionId id, std::chrono::milliseconds timeout = DefaultTimeout);
    Connection waitForConnection(std::chrono::milliseconds timeout = DefaultTimeout);
    bool put(ConnectionId id, QTcpSocket *socket);

public Q_SLOTS:
    void flush();
    void checkStock();
    void close();
    void drain(std::chrono::milliseconds timeout = DefaultTimeout);

Q_SIGNALS:
    void ready();
    void connectionAvailable(QNetPool::ConnectionId id);
    void connectionLost(QNetPool::ConnectionId id);
    void errorOccurred(QNetPool::Pool::Error error, const QString &message);
    void stateChanged(QNetPool::Pool::State state);
    void capacityChanged(int capacity);
    void intervalChanged(std::chrono::milliseconds interval);
    void idleCountChanged(int idleCount);
    void errorCountChanged(int errorCount);

protected:
    Pool(std::unique_ptr<PoolPrivate> dd, QObject *parent);
    void connectNotify(const QMetaMethod &signal) override;
    void disconnectNotify(const QMetaMethod &signal) override;

    std::unique_ptr<PoolPrivate> d;

private:
    void countAudience();
    Q_DISABLE_COPY_MOVE(Pool)
    friend class PoolPrivate;
};

} // namespace QNetPool

#endif
