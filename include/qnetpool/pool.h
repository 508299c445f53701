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

QT_BEGIN_NAMESPACE
// Qt's own takes a future whose result was taken for one that has not finished: the promise behind a continuation that
// returned a Connection then runs the next continuation a second time, without a result, and crashes (seen with Qt 6.4).
// With this one, such a future stays finished and valid, and its result can be taken once.
template<> inline QNetPool::Connection QFutureInterface<QNetPool::Connection>::takeResult()
{
    Q_ASSERT(isValid());
    waitForResult(-1);
    Q_ASSERT(!hasException());
    const QMutexLocker<QMutex> locker{&mutex()};
    const QtPrivate::ResultIteratorBase first = resultStoreBase().resultAt(0);
    QNetPool::Connection taken;
    if (first != resultStoreBase().end()) // else it was taken before
        taken = std::move(const_cast<QNetPool::Connection &>(first.value<QNetPool::Connection>()));
    return taken;
}
QT_END_NAMESPACE

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
    enum class State {
        Stopped, // not started, or closed
        Starting, // a client that has not reached minimumCapacity yet
        Ready, // a client has reached minimumCapacity; a server listens, or has been given a connection
        // A client's last round of attempts failed, and it retries with growing pauses; a server cannot accept; or, of
        // either, the last three checks by the validator or the resetter failed, and none has passed since: new and returned
        // connections are validated then before they are leased, whatever validateAfter is.
        Degraded,
        Draining, // drain() was called, and leases are still out
    };
    Q_ENUM(State)

    enum class Error {
        // The configuration cannot work; the pool does not start, or keeps the configuration that it has.
        InvalidConfiguration,
        // The address cannot be listened on: it is in use, for instance.
        ListenFailed,
        // A connection could not be accepted.
        AcceptFailed,
        // Out of descriptors or memory: reported once an outage; accepting and dialling resume by themselves. Or a server
        // has reached its limit of connections or handshakes and turned a peer away.
        ResourcesExhausted,
        // A peer was turned away: it is not allowed, has reached its limit of connections or pending handshakes, or too many
        // of its handshakes have failed in this second.
        PeerRejected,
        // The host is unknown, refuses the connection, or does not answer in time.
        ConnectFailed,
        // The TLS handshake failed: one end refused the other's certificate, for instance.
        TlsFailed,
        // The peer closed the connection before the ID was exchanged, or sent something else.
        HandshakeFailed,
        // The TLS handshake or the exchange of the ID took too long.
        HandshakeTimeout,
        // An acquire() got no connection within its timeout.
        AcquireTimeout,
        // An acquire() was refused: maximumWaiters are waiting already.
        TooManyWaiters,
        // An acquire() failed: the pool is not running, or was closed meanwhile.
        Closed,
        // A lease has been held for longer than leakThreshold; reported once a lease.
        LeakSuspected,
        // A function that has to be called in the pool's thread, with a QCoreApplication, was called elsewhere.
        WrongThread,
        // A connection is closed, as its validator or resetter said no, failed or took too long.
        CheckFailed,
    };
    Q_ENUM(Error)

    // Why a connection has left the pool; PoolStatistics has a total for each.
    enum class CloseReason {
        // Its peer closed it while it was idle, or the network failed.
        DiedIdle,
        // It was idle for limits.idleTimeout.
        IdleTooLong,
        // It has lived for limits.maximumLifetime.
        LivedTooLong,
        // The validator or the resetter said no, failed or took too long.
        FailedCheck,
        // It was given back not connected, with bytes unread or unsent (with TLS, the beginning of a record is unread, too),
        // or not restorable.
        Dirty,
        // Of a client in ConnectionMode::Single: an answer may have been due when the lease ended by itself, or bytes came
        // while it was idle.
        OutOfStep,
        // Its holder has discarded it, or deleted the socket.
        Discarded,
        // flush(), close() or setConfiguration() was called.
        Flushed,
        // As many are idle as maximumCapacity allows.
        StockFull,
        // Its holder has detached it, and owns it now.
        Detached,
    };
    Q_ENUM(CloseReason)

    // The options that both pools share. Values out of range are clamped where they are used, with a warning in the log;
    // configuration() returns them as set.

    // Options of each connection's TCP.
    struct Tcp
    {
        // How long a connection may be silent before TCP probes it, and the time between two of the three probes.
        // Rounded up to full seconds. Default: 30 s. Clamped to 0 to 32767 s. 0 disables this.
        std::chrono::milliseconds keepAlivePeriod{30000};
        // How long sent bytes may stay unacknowledged, or unsent because the peer does not read, before TCP gives up the
        // connection, so that a dead path is noticed with data in flight, too. Default: 60 s. Clamped to 0 to 24 h. 0 leaves
        // it to the system. Supported on Linux, and in full seconds on macOS and Windows; ignored elsewhere. On Linux it
        // counts from the first retransmission, seconds after the bytes on a slow path, and replaces the third keep-alive
        // probe: a silent connection is given up when a probe is due, the last one was not answered, and this time has
        // passed since the last sign of life.
        std::chrono::milliseconds userTimeout{60000};
    };

    // How many connections and waiters there may be, and how long a connection may last.
    struct Limits
    {
        // The largest number of connections: idle, leased and pending together. Unclaimed ones, whose peer has left, make
        // room: the oldest is closed for a new connection. At the limit a client does not dial, so that waiters get what is
        // given back; a server turns further peers away. Default: 0. Clamped to 0 or more. 0 = no limit.
        int maximumConnections = 0;
        // The largest number of acquire() and waitForConnection() calls that wait; further ones fail with
        // Error::TooManyWaiters. Default: 0. Clamped to 0 or more. 0 = no limit.
        int maximumWaiters = 0;
        // How long a connection may be idle before it is closed: set it below the time after which the peer or a firewall
        // closes it. A client replaces it when somebody takes a connection, and until then keeps one ready; with
        // Rule::Stepwise, in its next cycle. Default: 0. Clamped to 0 or more. 0 = no limit.
        std::chrono::milliseconds idleTimeout{0};
        // How long a connection may live: then it is closed if it is idle, else when it is given back. A new value applies
        // to connections that are set up from then on. Default: 0. Clamped to 0 or more. 0 = no limit.
        std::chrono::milliseconds maximumLifetime{0};
        // The largest share of maximumLifetime by which each connection's life is shortened at random, so that connections
        // set up together do not end together. Default: 0.1. Clamped to 0 to 1. 0 disables this.
        double lifetimeSpread = 0.1;
        // A lease that is held for longer is reported once, with Error::LeakSuspected: its ID, its age, the thread that
        // holds it. Nothing else happens to it. Default: 0. Clamped to 0 or more. 0 disables this.
        std::chrono::milliseconds leakThreshold{0};
        // How long a connection that its peer closed after sending bytes is kept for take(id), at most: it makes room when
        // maximumConnections is reached or descriptors run out. Default: 30 s. Clamped to 0 or more. 0 disables this: it is
        // closed at once.
        std::chrono::milliseconds unclaimedTimeout{30000};
    };

    // A function of the application that the pool calls with a connection's socket, in the pool's thread. The socket remains
    // the pool's: it must not be deleted, nor used once the future has finished. It buffers 64 KiB at a time: reading them
    // makes room for more, of which readyRead() tells. A result of true keeps the connection; false, an exception, a canceled
    // future, or none finished within Hooks::timeout (it is canceled then) closes it, with Error::CheckFailed.
    using Hook = std::function<QFuture<bool>(QTcpSocket *socket)>;

    // Functions of the application that are run on connections.
    struct Hooks
    {
        // Asks the peer whether a connection still works, before one that was idle for longer than validateAfter is leased.
        // It must leave nothing unread in the socket. If the connection fails, callers get another one. take() does not wait
        // for a validator: it starts it and passes the connection over. A connection with unread bytes, which are its
        // holder's, is leased without. Default: none.
        Hook validator{};
        // How long a connection may be idle and still be leased without validation. Default: 1 s. Clamped to 0 or more. 0
        // validates always, also a new or returned connection that goes straight to a waiter; take() then returns an empty
        // Connection.
        std::chrono::milliseconds validateAfter{1000};
        // Run on each connection that is given back after its socket was used, before it is idle again: to roll back a
        // transaction or log out, for instance. Default: none.
        Hook resetter{};
        // The time for each of them. Default: 5 s. Clamped: 0 or less becomes 1 s.
        std::chrono::milliseconds timeout{5000};
    };

    // Of acquire(), waitForConnection() and drain().
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
    Connection waitForConnection(std::chrono::milliseconds timeout = DefaultTimeout, QString *reason = nullptr);
    bool put(ConnectionId id, QTcpSocket *socket, QString *reason = nullptr);

public Q_SLOTS:
    void flush();
    void checkStock();
    void close();
    void drain(std::chrono::milliseconds timeout = DefaultTimeout);

Q_SIGNALS:
    void ready();
    void connectionAvailable(QNetPool::ConnectionId id);
    void connectionLost(QNetPool::ConnectionId id);
    void connectionClosed(QNetPool::ConnectionId id, QNetPool::Pool::CloseReason reason);
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
