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
#include <functional>
#include <memory>

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

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

    // The options that both pools share. Out-of-range values are clamped, with a warning in the log. A running pool takes new
    // ones with setConfiguration().

    // What TCP does on each connection.
    struct Tcp
    {
        // How long a connection may be silent before TCP probes it, and the time between two of the three probes.
        // Rounded up to seconds. Default: 30 s. 0 disables keep-alive.
        std::chrono::milliseconds keepAlivePeriod{30000};
        // How long sent bytes may stay unacknowledged, or unsent because the peer does not read, before TCP gives the connection
        // up: a dead path is noticed with data in flight, too. 0 to 24 h; default: 60 s. 0 leaves it to the system. On Linux, on
        // macOS and Windows in full seconds, and nowhere else.
        // On Linux it also takes the place of the third probe of keepAlivePeriod: a silent connection is given up when a
        // probe is due, the one before was not answered, and this time has passed since the last sign of life. There it counts
        // from the first retransmission, which on a slow path comes seconds after the bytes.
        std::chrono::milliseconds userTimeout{60000};
    };

    // How many connections and waiters there may be, and how long each may last.
    struct Limits
    {
        // How many connections the pool may have at most: idle, leased, unclaimed and pending together. At the limit, a client
        // does not dial and those who wait are served with what is given back; a server turns the next peer away. Default: 0,
        // no limit.
        int maximumConnections = 0;
        // How many acquire() and waitForConnection() calls may wait at most; one more fails with TooManyWaiters. Default: 0, no
        // limit.
        int maximumWaiters = 0;
        // How long a connection may be idle before it is closed: set it below the time after which the peer or a firewall closes
        // it. A client dials another one when its stock gets low. Default: 0, no limit.
        std::chrono::milliseconds idleTimeout{0};
        // How long a connection may live: an idle one is closed then, a leased one when it is given back. A new value holds for
        // connections that are set up from then on. Default: 0, no limit.
        std::chrono::milliseconds maximumLifetime{0};
        // The share of maximumLifetime by which each connection's life is shortened at random, at most, so that a stock that
        // was filled at once does not end at once. 0 to 1; default: 0.1.
        double lifetimeSpread = 0.1;
        // A lease that is held for longer is reported once, with Error::LeakSuspected: its ID, its age, the thread that has
        // it. Nothing else happens to it. Default: 0, which disables the report.
        std::chrono::milliseconds leakThreshold{0};
        // How long the last bytes of a connection that its peer has closed wait for take(id). Default: 30 s. 0 disables this:
        // such a connection is closed at once.
        std::chrono::milliseconds unclaimedTimeout{30000};
    };

    // Code of the application's that the pool runs on a connection, in the pool's thread and with the connection's socket, which
    // it must neither delete nor keep. The future's result is true if the connection may go on. False, an exception, a canceled
    // future, or none within the timeout (then it is canceled) closes the connection.
    using Hook = std::function<QFuture<bool>(QTcpSocket *socket)>;

    struct Hooks
    {
        // Asks the peer whether a connection still serves, before one goes out that was idle for longer than validateAfter.
        // The socket must be left with nothing unread. If the answer is no, the next connection is tried, and the caller knows
        // nothing of it. take() never waits for it: it starts it, and passes over the connection. Default: none.
        Hook validator{};
        // Up to this time of idleness a connection goes out without being validated. Default: 1 s. 0 validates always; take()
        // then returns an empty Connection.
        std::chrono::milliseconds validateAfter{1000};
        // Run on each connection whose socket was used, when it is given back: to end a transaction or a login, say. The
        // connection is idle when the result is true. Default: none.
        Hook resetter{};
        // Time for each of them. More than 0, smaller values become 1 s; default: 5 s.
        std::chrono::milliseconds timeout{5000};
    };

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
    void updateReceivers();
    Q_DISABLE_COPY_MOVE(Pool)
    friend class PoolPrivate;
};

} // namespace QNetPool

#endif
