// SPDX-License-Identifier: BSD-3-Clause
#include "pool_p.h"

#include <QtCore/qmetaobject.h>
#include <QtCore/qthread.h>
#include <QtNetwork/qtcpsocket.h>

/*!
    \class QNetPool::Pool
    \inmodule QNetPool
    \brief What ClientPool and ServerPool have in common: a stock of ready connections, and the ways to take one.

    Idle connections belong to no thread: they cost the event loop nothing, any thread may take one, and one that dies is
    dropped at once (connectionLost()), so that a connection whose end has reached this host is never handed out.

    take(), acquire(), waitForConnection(), put(), flush(), checkStock(), close() and everything that returns a number may be
    called from any thread, also while the pool closes; the destructor lets calls that have begun come to their end. Signals are
    emitted in the pool's thread, which needs an event loop. The pool may be moved to another thread while it is stopped.
*/

/*!
    \enum QNetPool::Pool::State
    \value Stopped Not started, or closed.
    \value Starting Started; there were never minimumCapacity connections yet.
    \value Ready A client has had minimumCapacity connections; a server listens.
    \value Degraded A client's last attempts created nothing, and it tries again with growing pauses; a server cannot accept.
    \value Draining drain() was called, and waits for leases to end.
*/

/*!
    \enum QNetPool::Pool::Error
    \value InvalidConfiguration The configuration cannot work. The pool does not start.
    \value ListenFailed The address cannot be listened on, because another program does, say.
    \value AcceptFailed A connection could not be accepted.
    \value ResourcesExhausted Out of descriptors or memory: told once an outage, after which accepting and dialling go on by
    themselves. Or a server has as many connections, or handshakes, as it may, and turned one away.
    \value PeerRejected A peer that is not among the allowed ones, or has too many handshakes going on, was turned away.
    \value ConnectFailed The host is unknown, refuses, or does not answer in time.
    \value TlsFailed The TLS handshake failed: a certificate was refused by either end, say.
    \value HandshakeFailed The peer closed the connection, or sent something else, where an ID should have come or gone.
    \value HandshakeTimeout The TLS handshake or the ID took too long.
    \value AcquireTimeout No connection within the time.
    \value TooManyWaiters maximumWaiters wait already.
    \value Closed The pool is not running, or was closed while one waited.
    \value LeakSuspected A lease is held for longer than leakThreshold; told once a lease.
*/

/*!
    \fn void QNetPool::Pool::ready()
    A client's connections first reached minimumCapacity, or did so again after an outage; a server listens.
*/

/*!
    \fn void QNetPool::Pool::connectionAvailable(QNetPool::ConnectionId id)
    Connection \a id became idle: it is new, or was given back. Someone else may have taken it already.
*/

/*!
    \fn void QNetPool::Pool::connectionLost(QNetPool::ConnectionId id)
    Connection \a id died while it was idle. If its peer had sent bytes before it closed, take(ConnectionId) still delivers them
    for unclaimedTimeout.
*/

/*!
    \fn void QNetPool::Pool::errorOccurred(QNetPool::Pool::Error error, const QString &message)
    Something failed; \a message names the peer and the cause. A running pool goes on and tries again by itself. Of what a
    server's peers can cause at will, ten of a kind within a second are told one by one, and the others together at its end.
*/

namespace QNetPool {

Pool::Pool(std::unique_ptr<PoolPrivate> dd, QObject *parent) : QObject(parent), d(std::move(dd))
{
    d->attach(this);
}

/*!
    Closes the pool. Leases that are out stay valid and close what they hold when they end.
*/
Pool::~Pool()
{
    d->tearDown();
}

/*! Returns what the pool is doing. From any thread. */
Pool::State Pool::state() const noexcept
{
    return ApiCall(d.get())->state;
}

/*! \fn bool QNetPool::Pool::isReady() const
    True in State::Ready. From any thread. */

/*! Returns the number of connections in the stock. From any thread. */
int Pool::idleCount() const
{
    return ApiCall(d.get())->stock->idleCount();
}

/*! Returns the number of connections that are out with the application. From any thread. */
int Pool::leasedCount() const
{
    return ApiCall(d.get())->stock->leasedCount();
}

/*! Returns the number of connections that are being set up. From any thread. */
int Pool::pendingCount() const
{
    return ApiCall(d.get())->stock->pendingCount();
}

/*! Returns the number of acquire() and waitForConnection() calls that wait. From any thread. */
int Pool::waiterCount() const
{
    return ApiCall(d.get())->stock->waiterCount();
}

/*!
    Returns how many idle connections the pool aims at: a client's adapts between minimumCapacity and maximumCapacity, a
    server's is its maximumCapacity. From any thread.
*/
int Pool::capacity() const noexcept
{
    return ApiCall(d.get())->capacity;
}

/*!
    Returns a client's pause between two cycles that is now in force: in an outage, the one that the backoff made. 0 for a
    server. From any thread.
*/
std::chrono::milliseconds Pool::interval() const noexcept
{
    return ApiCall(d.get())->interval;
}

/*! Returns the number of errors since construction or resetErrorCount(): reported ones and addError(). From any thread. */
int Pool::errorCount() const noexcept
{
    return ApiCall(d.get())->errorCount;
}

/*! Counts an error of the application's own: one that a dialer met, say. From any thread. */
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

/*! Returns all numbers of one moment. From any thread. */
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
    Returns every connection of the pool, those that are being set up included, at one moment: to look at, in a monitor say. A
    connection keeps its place among the others for as long as it is there. Takes time in proportion to their number, during which
    nobody is served: some 70 µs for 5,000. From any thread.
*/
QList<ConnectionInfo> Pool::connections() const
{
    return ApiCall(d.get())->stock->connections();
}

/*!
    Returns an idle connection, or none if there is none: a call that never waits. Which one, Configuration::reuse says.
    One that has to be validated is passed over, and its validation started. From any thread.
*/
Connection Pool::take()
{
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    return stock->take();
}

/*!
    Returns connection \a id if it is idle, or closed by its peer with bytes not yet claimed; none otherwise, and none for a
    null ID. If it has to be validated, this starts it, and connectionAvailable() follows. From any thread.
*/
Connection Pool::take(ConnectionId id)
{
    if (id.isNull())
        return {};
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    return stock->take(id);
}

/*!
    Returns a future that holds a connection at once, or as soon as it is this caller's turn. Those who wait are served in the
    order of their calls, from any thread, with new connections and with those given back; a client dials for them.

    The future fails with a PoolException: AcquireTimeout after \a timeout (negative: never), TooManyWaiters at once, Closed
    when the pool stops. Canceling it leaves the line. A result that nobody takes goes back into the pool with the future.

    Continuations run in the thread that serves, unless they are given a context.

    \note QFuture::then(), attached at the very moment at which another thread serves, runs the continuation twice in Qt 6.4, and
    crashes: with every QFuture, not only with this one. Where several threads use a pool, a QFutureWatcher is safe.
*/
QFuture<Connection> Pool::acquire(std::chrono::milliseconds timeout)
{
    return acquire(ConnectionId(), timeout);
}

/*!
    \overload
    Waits for connection \a id: the other end may announce it before it is here. A null \a id stands for any.
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
    Blocks until it is this caller's turn, for \a timeout at most (negative: as long as it takes), and returns the connection;
    none after the timeout, and when the pool is not running or too many wait. In the pool's own thread, events other than
    user input are processed meanwhile. From any thread.
*/
Connection Pool::waitForConnection(std::chrono::milliseconds timeout)
{
    if (thread() == QThread::currentThread())
        return waitInEventLoop(acquire(timeout));
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock; // the pool may be destroyed meanwhile
    const auto waiter = std::make_shared<BlockingWaiter>();
    stock->join(waiter);
    return waiter->wait(timeout, [&] { return stock->leave(waiter->number, Stock::Departure::TimedOut); });
}

/*!
    Brings \a socket into the pool under \a id, or under a random ID if that is null, and returns whether it is there now.
    It is closed if it is not fit for use (as in Connection::giveBack()), if \a id is in use, if the stock is full or there are
    maximumConnections, and if the pool is not running.

    The pool takes ownership either way. \a socket must live in the calling thread, and this must not be called in a slot of its
    own. From any thread.
*/
bool Pool::put(ConnectionId id, QTcpSocket *socket)
{
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    return stock->put(id, socket);
}

/*! Closes all idle connections. Leases and those who wait are not touched. From any thread. */
void Pool::flush()
{
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    stock->flush();
}

/*!
    Looks at all idle connections now, because the network may be another one: closes those whose local address this host has
    no more, and has each of the others validated before it goes out, whatever validateAfter says. A client whose peer cannot
    be reached tries again at once, with a new lookup of the host. Leases are not touched; a stopped pool does nothing.

    A running pool calls this by itself if Configuration::checkOnNetworkChange says so. From any thread.
*/
void Pool::checkStock()
{
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    stock->revalidateAll(&isOnThisHost);
}

/*!
    Stops the pool: nothing is dialled or accepted any more, those who wait fail with Error::Closed, idle connections are
    closed. Leases stay valid and close what they hold when they end. From any thread; another thread's call has its full
    effect when the pool's event loop runs. The pool can be started again.
*/
void Pool::close()
{
    if (thread() == QThread::currentThread())
        return d->close();
    const std::shared_ptr<Stock> stock = ApiCall(d.get())->stock;
    stock->shut(QStringLiteral("the pool was closed"));
}

/*!
    Stops the pool as close() does, but waits for the leases that are out, in State::Draining, for \a timeout at most (negative:
    as long as it takes), before it is State::Stopped. Nothing is handed out meanwhile, and what comes back is closed. Returns at
    once; stateChanged() tells. close() ends it early, and so does starting the pool again. From any thread, as close().
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
    // Later, as Qt may hold the lock that isSignalConnected() takes.
    QMetaObject::invokeMethod(this, &Pool::updateReceivers, Qt::QueuedConnection);
}

void Pool::updateReceivers()
{
    static const QMetaMethod available = QMetaMethod::fromSignal(&Pool::connectionAvailable);
    static const QMetaMethod idleCount = QMetaMethod::fromSignal(&Pool::idleCountChanged);
    d->stock->setHasReceivers(isSignalConnected(available), isSignalConnected(idleCount));
}

} // namespace QNetPool
