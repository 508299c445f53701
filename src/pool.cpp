// SPDX-License-Identifier: BSD-3-Clause
#include "pool_p.h"

#include <QtCore/qmetaobject.h>
#include <QtCore/qthread.h>
#include <QtNetwork/qtcpsocket.h>

/*!
    \class QNetPool::Pool
    \inmodule QNetPool
    \brief What ClientPool and ServerPool have in common: a stock of ready connections, and the ways to take one.

    Idle connections belong to no thread: they cost the event loop nothing, any thread may take one, and one whose peer goes
    away is closed at once (connectionLost()), so that a connection whose end has reached this host is never handed out.

    Functions that are marked "From any thread" may be called while the pool closes; the destructor waits for calls that have
    begun. None may begin while it runs: as with any object, the caller sees to that. Signals are emitted in the pool's
    thread, which needs an event loop. A slot may run one of its own, with a message box for instance: the pool goes on
    meanwhile. The pool may be moved to another thread while it is stopped. It may be destroyed after the application object.

    A process with a pool may fork() only to call exec(), as QProcess does: its child has the pool without the pool's threads,
    and both would use the same connections. On Linux a child that ends without exec() does not disturb the parent's pool, but
    with TLS it closes its connections if it destroys or closes the pool.

    \sa ClientPool, ServerPool
*/

/*!
    \enum QNetPool::Pool::State
    What a pool is doing. The header describes each value.
*/

/*!
    \enum QNetPool::Pool::CloseReason
    Why a connection has left the pool. The header describes each value.
*/

/*!
    \enum QNetPool::Pool::Error
    What errorOccurred() and PoolException report. The header describes each value.
*/

/*!
    \typedef QNetPool::Pool::Hook
    A function of the application that a pool calls with a connection's socket; see Hooks.
*/

/*!
    \class QNetPool::Pool::Tcp
    \inmodule QNetPool
    \brief Options of each connection's TCP.
*/

/*!
    \class QNetPool::Pool::Limits
    \inmodule QNetPool
    \brief How many connections and waiters there may be, and how long a connection may last.
*/

/*!
    \class QNetPool::Pool::Hooks
    \inmodule QNetPool
    \brief Functions of the application that are run on connections.
*/

/*!
    \fn void QNetPool::Pool::ready()
    Emitted when a client has reached minimumCapacity connections, at first and again after each outage, and when a server
    begins to listen. In the pool's thread.
*/

/*!
    \fn void QNetPool::Pool::connectionAvailable(QNetPool::ConnectionId id)
    Emitted after connection \a id became idle, because it is new or was given back. It may have been taken again meanwhile.
    In the pool's thread.
*/

/*!
    \fn void QNetPool::Pool::connectionLost(QNetPool::ConnectionId id)
    Emitted after idle connection \a id was lost: its peer closed it, or the network failed. If the peer had sent bytes
    before, take(ConnectionId) still returns the connection for unclaimedTimeout. Not emitted for connections that the pool
    closes by itself, because of a limit or in flush(). In the pool's thread.
*/

/*!
    \fn void QNetPool::Pool::connectionClosed(QNetPool::ConnectionId id, QNetPool::Pool::CloseReason reason)
    Emitted after connection \a id, which was set up, has left the pool, whatever the \a reason: idle, unclaimed or leased. So
    who keeps something by ID knows when to drop it. Where the peer closed an idle connection, connectionLost() comes first.
    Not emitted by the destructor, nor for setups that fail. In the pool's thread.
*/

/*!
    \fn void QNetPool::Pool::errorOccurred(QNetPool::Pool::Error error, const QString &message)
    Emitted when something failed. \a message is a sentence that names the peer and the cause, with escapes for what is not
    printable in what others have said. A running pool continues and retries by itself. Errors that a peer can cause at will
    are limited, in both pools: within a second, ten of a kind are reported one by one, the others together at its end, or
    when the pool stops; errorCount() counts each at once. In the pool's thread.
*/

/*!
    \fn void QNetPool::Pool::stateChanged(QNetPool::Pool::State state)
    Emitted when state() has changed to \a state, also from within start(), listen() or close(). In the pool's thread.
*/

/*!
    \fn void QNetPool::Pool::capacityChanged(int capacity)
    Emitted when capacity() has changed to \a capacity. In the pool's thread.
*/

/*!
    \fn void QNetPool::Pool::intervalChanged(std::chrono::milliseconds interval)
    Emitted when interval() has changed to \a interval. In the pool's thread.
*/

/*!
    \fn void QNetPool::Pool::idleCountChanged(int idleCount)
    Emitted from the event loop after idleCount() has changed; changes since the last turn are reported together, as the
    \a idleCount that they led to. In the pool's thread.
*/

/*!
    \fn void QNetPool::Pool::errorCountChanged(int errorCount)
    Emitted when errorCount() has changed to \a errorCount; from the event loop if another thread has changed it. In the
    pool's thread.
*/

/*!
    \variable QNetPool::Pool::DefaultTimeout
    The default timeout of acquire(), waitForConnection() and drain(): 30 s.
*/

namespace QNetPool {

Pool::Pool(std::unique_ptr<PoolPrivate> dd, QObject *parent) : QObject(parent), d(std::move(dd))
{
    d->attach(this);
}

/*!
    Destroys the pool as close() closes it, and waits for calls of other threads that have begun; no call may begin any more,
    so tell other threads to stop, or call close() and wait for them, before. Leases remain valid; their connections are
    closed when they end. In the pool's thread.
*/
Pool::~Pool()
{
    d->tearDown();
}

/*!
    \property QNetPool::Pool::state
    What the pool is doing. Readable from any thread.
*/
Pool::State Pool::state() const noexcept
{
    return ApiCall(d.get())->state;
}

/*!
    \fn bool QNetPool::Pool::isReady() const
    Returns whether state() is State::Ready. From any thread.
*/

/*!
    \property QNetPool::Pool::idleCount
    The number of connections in the stock. Readable from any thread.
*/
int Pool::idleCount() const
{
    return ApiCall(d.get())->stock->idleCount();
}

/*! Returns the number of connections that are leased, or are with the validator or the resetter. From any thread. */
int Pool::leasedCount() const
{
    return ApiCall(d.get())->stock->leasedCount();
}

/*! Returns the number of connections that are being set up. From any thread. */
int Pool::pendingCount() const
{
    return ApiCall(d.get())->stock->pendingCount();
}

/*! Returns the number of acquire() and waitForConnection() calls in the wait queue. From any thread. */
int Pool::waiterCount() const
{
    return ApiCall(d.get())->stock->waiterCount();
}

/*!
    \property QNetPool::Pool::capacity
    How many idle connections a client aims at, between minimumCapacity and maximumCapacity (see ClientPool::Rule), or a
    server holds at most, its maximumCapacity. 0 before the first start. Readable from any thread.
*/
int Pool::capacity() const noexcept
{
    return ApiCall(d.get())->capacity;
}

/*!
    \property QNetPool::Pool::interval
    A client's present pause between two cycles: in an outage, that of the backoff. 0 before the first start, and for a
    server. Readable from any thread.
*/
std::chrono::milliseconds Pool::interval() const noexcept
{
    return ApiCall(d.get())->interval;
}

/*!
    \property QNetPool::Pool::errorCount
    The number of errors since construction or the last resetErrorCount(): those of errorOccurred(), with the ones that it
    reports together, and those of addError(). Readable and resettable from any thread.
*/
int Pool::errorCount() const noexcept
{
    return ApiCall(d.get())->errorCount;
}

/*! Counts an error of the application, such as one in a dialer. errorOccurred() is not emitted. From any thread. */
void Pool::addError()
{
    ApiCall(d.get())->countError();
}

/*! Sets errorCount() to 0. From any thread. */
void Pool::resetErrorCount()
{
    const ApiCall call(d.get());
    if (call->errorCount.exchange(0) != 0)
        call->emitErrorCountChanged(0);
}

/*! Returns a consistent snapshot of the pool's numbers. From any thread. */
PoolStatistics Pool::statistics() const
{
    const ApiCall call(d.get());
    PoolStatistics statistics = call->stock->statistics();
    statistics.capacity = call->capacity;
    statistics.errors = call->errorCount;
    statistics.peersRefused = call->peersRefused;
    return statistics;
}

/*!
    Returns a consistent snapshot of every connection, pending ones included, for a monitor. The order of connections that
    remain does not change from call to call. Takes time in proportion to their number, some 70 µs for 5,000, while other
    calls into the pool wait. From any thread.
*/
QList<ConnectionInfo> Pool::connections() const
{
    return ApiCall(d.get())->stock->connections();
}

/*!
    Returns an idle connection, or an empty Connection if there is none; never waits. Configuration::reuse decides which one.
    A connection that has to be validated is passed over, and its validation is started if there is no other. The lease is
    the caller's. From any thread. A pool that is not running has no connection; one that was never started, or whose thread
    does not run its event loop, says so in the log, once.
*/
Connection Pool::take()
{
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    return stock->take();
}

/*!
    \overload
    Returns connection \a id if it is idle, or if its peer has closed it and left bytes that are unclaimed; else, and for a
    null ID, an empty Connection. If it has to be validated, the validation is started, and connectionAvailable() follows if
    it succeeds.
*/
Connection Pool::take(ConnectionId id)
{
    if (id.isNull())
        return {};
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    return stock->take(id);
}

/*!
    Returns a future of a connection: finished at once if one is idle, else once it is this caller's turn. Waiters are served
    in the order of their calls, with new connections and with ones that are given back; a client dials for them.

    \code
    pool.acquire().then(this, [this](QNetPool::Connection connection) {
        m_connection = std::move(connection); // until its answer is read, and then giveBack()
        connect(m_connection.socket(), &QTcpSocket::readyRead, this, &Client::read);
        m_connection->write("PING\r\n");
    }).onFailed(this, [](const QNetPool::PoolException &failure) { qWarning() << failure.message(); });
    \endcode

    The future fails with a PoolException: Error::AcquireTimeout after \a timeout (negative: never), with a message that says
    what the pool was doing, Error::TooManyWaiters at once if there are maximumWaiters, Error::Closed at once if the pool is
    not running, or when it is closed. Canceling the future removes the call from the wait queue.

    The lease is the future's until QFuture::takeResult() or a continuation takes it; if neither does, the connection is
    given back when the last copy of the future is destroyed.

    From any thread. A continuation without a context runs in whatever thread provides the connection; in a GUI give it one,
    as above: it then runs in the context's thread, where socket() is to be used, and not at all once the context is
    destroyed. The calling thread needs no event loop. The timeout is kept even if the pool's thread is blocked, a quarter of
    a second late and in a thread of its own. In the pool's thread, do not wait for the future: what would serve it runs
    there. waitForConnection() is the way to block in it.

    \note In Qt 6.4, a continuation that is attached by QFuture::then() at the moment when another thread finishes the future
    may run twice and crash, with any QFuture. Where several threads use a pool, a QFutureWatcher is safe.
*/
QFuture<Connection> Pool::acquire(std::chrono::milliseconds timeout)
{
    return acquire(ConnectionId(), timeout);
}

/*!
    \overload
    Waits for connection \a id, which the other end may have announced before it arrives, for \a timeout at most (negative:
    without limit). A null \a id stands for any.
*/
QFuture<Connection> Pool::acquire(ConnectionId id, std::chrono::milliseconds timeout)
{
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    const auto waiter = std::make_shared<FutureWaiter>(id, timeout);
    QFuture<Connection> future = waiter->future();
    stock->join(waiter);
    return future;
}

/*!
    Blocks until it is this caller's turn, for \a timeout at most (negative: without limit), and returns the connection; an
    empty Connection after the timeout, if there are maximumWaiters, and if the pool is not running or is closed meanwhile.
    \a reason is a sentence about that then, unless it is null: for a timeout, what the pool was doing.
    The lease is the caller's. From any thread; in the pool's thread, events other than user input are processed meanwhile.
*/
Connection Pool::waitForConnection(std::chrono::milliseconds timeout, QString *reason)
{
    if (thread() == QThread::currentThread())
        return waitInEventLoop(acquire(timeout), reason);
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock; // the pool may be destroyed meanwhile
    const auto waiter = std::make_shared<BlockingWaiter>();
    stock->join(waiter);
    QString why;
    Connection connection = waiter->wait(
            timeout, [&] { return stock->leave(waiter->number, Stock::Departure::TimedOut, reason ? &why : nullptr); });
    if (reason && !connection)
        *reason = why.isEmpty() ? waiter->failure() : why;
    return connection;
}

/*!
    Adds the connected \a socket to the pool, with \a id or, if that is null, with a random ID, which the other end does not
    know and connectionAvailable() tells. Returns whether the pool accepted it: it is idle then, or was leased to a waiter.

    It is not accepted if it is in a pool already, this one or another, from which Connection::detach() takes it; if it is not
    fit for use (see Connection::giveBack()), if \a id is in use, if the stock is full and nobody waits, if there are
    maximumConnections, if it lives in another thread than the calling one, or if the pool is not running. \a reason is a
    sentence about that then, unless it is null. errorOccurred() is not emitted.

    Nor is it accepted if the pool would not have set it up so. With TLS, it has to be encrypted, with a version that the pool
    allows; if the pool verifies its peers, the socket's peerVerifyMode() has to demand that, too, with the same certificate
    authorities, and without errors that were ignored. A client's peer has to have a certificate for the host or peerName, and
    one that is pinned if some are; a server's has to be among allowedPeers, with less than maximumConnectionsPerPeer. That
    counts as well for a socket that was detached before setConfiguration(). \a reason is what a setup says of such a peer. A
    pool without TLS takes encrypted sockets, too.

    The pool owns an accepted \a socket: its parent and its signal connections are removed, and the pointer must not be used
    any more. One that is not accepted remains the caller's; if it is not fit for use, its parent and connections may have
    been removed.

    From any thread. This must not be called from a slot that is connected to the socket.
*/
bool Pool::put(ConnectionId id, QTcpSocket *socket, QString *reason)
{
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    return stock->put(id, socket, reason);
}

/*!
    Closes all idle and unclaimed connections. Leases and waiters are not affected; a client that runs dials new connections
    in its next cycle. From any thread.
*/
void Pool::flush()
{
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    stock->flush();
}

/*!
    Checks all idle connections, as after a change of the network: closes those whose local address this host has lost, and
    has the others validated before they are leased, whatever validateAfter is. A client in an outage, or with fewer idle
    connections than capacity(), dials at once, with a new lookup of the host. Leases are not affected.

    A running pool does this by itself after a suspend of the host, before it hands out the next connection (on Linux, macOS
    and Windows), and if Configuration::checkOnNetworkChange is set. From any thread. No effect unless the pool runs.
*/
void Pool::checkStock()
{
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    stock->revalidateAll(&isOnThisHost);
}

/*!
    Stops the pool: it does not dial or accept any more, waiters fail with Error::Closed, and idle connections are closed.
    Leases remain valid; their connections are closed when they end. The pool can be started again. From any thread; if it is
    another one than the pool's, dialling and accepting end and stateChanged() is emitted once the pool's event loop runs.
*/
void Pool::close()
{
    if (thread() == QThread::currentThread())
        return d->close();
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    stock->shut(QStringLiteral("the pool was closed"));
}

/*!
    Stops the pool as close() does, but in State::Draining until all leases have ended, for \a timeout at most (negative:
    without limit), and in State::Stopped from then on. Meanwhile nothing is leased, and connections that are given back are
    closed. Returns at once; stateChanged() is emitted at the end. close() ends it early, as does starting the pool again.
    From any thread, as close().
*/
void Pool::drain(std::chrono::milliseconds timeout)
{
    if (thread() == QThread::currentThread())
        return d->drain(timeout);
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    stock->shut(QStringLiteral("the pool is draining"), drainDeadline(timeout));
}

/*! \reimp */
void Pool::connectNotify(const QMetaMethod &)
{
    updateReceivers();
}

/*! \reimp */
void Pool::disconnectNotify(const QMetaMethod &)
{
    // Queued, as Qt may hold the lock that isSignalConnected() takes.
    QMetaObject::invokeMethod(this, &Pool::updateReceivers, Qt::QueuedConnection);
}

void Pool::updateReceivers()
{
    static const QMetaMethod available = QMetaMethod::fromSignal(&Pool::connectionAvailable);
    static const QMetaMethod closed = QMetaMethod::fromSignal(&Pool::connectionClosed);
    static const QMetaMethod idleCount = QMetaMethod::fromSignal(&Pool::idleCountChanged);
    d->stock->setReceivers({isSignalConnected(available), isSignalConnected(closed), isSignalConnected(idleCount)});
}

} // namespace QNetPool
