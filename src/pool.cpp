// SPDX-License-Identifier: BSD-3-Clause
#include "pool_p.h"

#include "system/networkchange.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qpointer.h>
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

static Stock::Clock::time_point drainDeadline(std::chrono::milliseconds timeout)
{
    if (timeout.count() < 0)
        return Stock::Clock::time_point::max();
    return TimeLimits::after(Stock::Clock::now(), timeout);
}

// --- PoolPrivate -------------------------------------------------------------------------------------------------------

PoolPrivate::PoolPrivate(LogCategory category)
    : setups([this](Entry *entry, SetupOutcome outcome) { setUp(entry, std::move(outcome)); }, this), log(category),
      stock(std::make_shared<Stock>(category)), m_checks(stock), m_expiry(this)
{
    m_checks.setParent(this); // moves with the pool
    m_expiry.setSingleShot(true);
    connect(&m_expiry, &QTimer::timeout, this, &PoolPrivate::expire);
}

PoolPrivate::~PoolPrivate() = default;

void PoolPrivate::leave()
{
    stock->leavePool();
    abandonSetups();
    m_checks.stop();
    while (visitors > 0)
        QThread::yieldCurrentThread();
}

void PoolPrivate::attach(Pool *pool)
{
    q = pool;
    setParent(pool);
}

bool PoolPrivate::refuses(const PreparedCommon &prepared)
{
    if (prepared.refusal.isEmpty())
        return false;
    report(Pool::Error::InvalidConfiguration, QStringLiteral("the configuration cannot work: ") + prepared.refusal);
    return true;
}

bool PoolPrivate::open(const PreparedCommon &prepared)
{
    const QPointer<PoolPrivate> alive(this);
    closeHere(); // it may be draining
    if (!alive || m_isRunning)
        return false; // a slot has deleted it, or started it
    auto watcher = Watcher::create(this, [this](quint64 token) { stock->handleActivity(token); });
    if (!watcher) {
        report(Pool::Error::ResourcesExhausted,
               QStringLiteral("idle connections cannot be watched: %1").arg(qt_error_string()));
        return false;
    }
    m_isRunning = true;
    ++m_run;
    m_checks.setPlan(prepared.checks);
    // It cannot run without its thread, and whoever destroys it then is another one, which must find no timer and no notifier.
    connect(thread(), &QThread::finished, this, &PoolPrivate::close, Qt::DirectConnection);
    stock->open(prepared.policy, std::move(watcher),
                [this] { QCoreApplication::postEvent(this, new QEvent(QEvent::User)); });
    return true;
}

void PoolPrivate::setPolicy(const PreparedCommon &prepared)
{
    for (const QString &change : prepared.changes)
        qCWarning(log).noquote() << change;
    m_checks.setPlan(prepared.checks);
    setups.setThreads(prepared.setupThreads);
    stock->setPolicy(prepared.policy);
    followNetwork(prepared.checkOnNetworkChange);
}

void PoolPrivate::followNetwork(bool follow)
{
    NetworkChange &network = NetworkChange::instance();
    if (!follow) {
        disconnect(&network, nullptr, this, nullptr);
        return;
    }
    connect(&network, &NetworkChange::happened, this, &PoolPrivate::checkStock, Qt::UniqueConnection);
    network.listen();
}

void PoolPrivate::checkStock()
{
    stock->revalidateAll(&isOnThisHost);
}

void PoolPrivate::abandonSetups()
{
    for (Entry *entry : setups.abandonAll())
        stock->abandon(entry);
    setups.stop();
}

Stock::Admission PoolPrivate::admitted(Entry *entry, SetupOutcome outcome)
{
    const Stock::SetupTimes times{outcome.connectTime, outcome.handshakeTime};
    if (outcome.socket)
        return stock->admit(entry, outcome.id, std::move(outcome.socket), times);
    return stock->admit(entry, outcome.id, std::move(outcome.descriptor), times);
}

QString PoolPrivate::notWatched()
{
    return QStringLiteral(
            "a new connection is closed: the system has no memory left to watch it, or allows no more watches");
}

bool PoolPrivate::event(QEvent *event)
{
    if (event->type() != QEvent::User)
        return QObject::event(event);
    deliverNotifications();
    return true;
}

void PoolPrivate::deliverNotifications()
{
    const QPointer<PoolPrivate> alive(this); // a slot may delete the pool
    const Stock::Notifications notifications = stock->takeNotifications();
    if (!finishStopping()) // after the notifications was taken: what happens from now on will be told again
        return;
    for (const std::weak_ptr<Waiter> &newcomer : notifications.newcomers) {
        if (const auto waiter = std::dynamic_pointer_cast<FutureWaiter>(newcomer.lock()))
            watchForCancel(waiter);
    }
    armExpiry(
            notifications
                    .deadline); // before any slot runs, which may run an event loop, in which there are newer notifications
    if (notifications.hasIdleChanged) // first, as it is out of date once a slot has run an event loop
        Q_EMIT q->idleCountChanged(notifications.idle);
    if (!alive)
        return;
    for (const auto &[kind, id] : notifications.events) {
        if (kind == Stock::Notifications::Kind::Available)
            Q_EMIT q->connectionAvailable(id);
        else
            Q_EMIT q->connectionLost(id);
        if (!alive)
            return;
    }
    m_checks.begin();
    if (alive && notifications.isRetryDue)
        retryNow();
    if (alive)
        roomOrWaitersChanged(notifications.unserved);
}

void PoolPrivate::armExpiry(std::optional<Stock::Clock::time_point> deadline)
{
    if (!deadline)
        return m_expiry.stop();
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(*deadline - Stock::Clock::now());
    const milliseconds wait = std::clamp(left, milliseconds(0), milliseconds(std::chrono::hours(24)));
    // One that fires too early asks again: with many takes a second, that is cheaper than to set it anew for each.
    if (!m_expiry.isActive() || m_expiry.remainingTimeAsDuration() > wait)
        m_expiry.start(wait);
}

void PoolPrivate::expire()
{
    const QPointer<PoolPrivate> alive(this);
    const std::vector<Stock::Leak> leaks = stock->expire(Stock::Clock::now());
    for (const Stock::Leak &leak : leaks) {
        if (!alive)
            return;
        const QString message = QStringLiteral("connection %1 has been leased for %2 ms, by %3")
                                        .arg(leak.id.toString(), QString::number(leak.age.count()),
                                             leak.holder.isEmpty() ? QStringLiteral("an unknown thread") : leak.holder);
        qCWarning(log).noquote() << message;
        countError();
        if (alive)
            Q_EMIT q->errorOccurred(Pool::Error::LeakSuspected, message);
    }
}

void PoolPrivate::retryNow() { }

void PoolPrivate::roomOrWaitersChanged(int) { }

void PoolPrivate::close()
{
    const QPointer<PoolPrivate> alive(this); // a continuation of one who waited may delete the pool, or start it again
    const quint64 thisRun = m_run;
    stock->shut(QStringLiteral("the pool was closed"));
    if (alive && m_run == thisRun)
        closeHere();
}

void PoolPrivate::drain(std::chrono::milliseconds timeout)
{
    const QPointer<PoolPrivate> alive(this); // as above
    const quint64 thisRun = m_run;
    stock->shut(QStringLiteral("the pool is draining"), drainDeadline(timeout));
    if (alive && m_run == thisRun)
        finishStopping();
}

bool PoolPrivate::isRunning() const
{
    return m_isRunning && stock->isOpen();
}

bool PoolPrivate::finishStopping()
{
    const QPointer<PoolPrivate> alive(this);
    if (m_isRunning && !stock->isOpen()) {
        if (stock->isDraining())
            drainHere();
        else
            closeHere();
    }
    return alive;
}

// Once the last lease has ended, or the time is over, there are notifications, and it is closed.
void PoolPrivate::drainHere()
{
    if (state == Pool::State::Draining)
        return;
    const QPointer<PoolPrivate> alive(this);
    const quint64 thisRun = m_run;
    stopSetup();
    abandonSetups();
    if (alive && m_run == thisRun) // else a slot that a dialer has connected has deleted it, or started it again
        setState(Pool::State::Draining);
}

void PoolPrivate::closeHere()
{
    if (!m_isRunning)
        return;
    const QPointer<PoolPrivate> alive(this); // a validator's future may run code that deletes the pool, or starts it again
    const quint64 thisRun = m_run;
    m_isRunning = false;
    disconnect(thread(), nullptr, this, nullptr);
    followNetwork(false);
    stopSetup();
    abandonSetups();
    if (!alive || m_run != thisRun)
        return; // here a slot that a dialer has connected
    stock->stopWatching();
    m_expiry.stop();
    m_checks.stop();
    if (alive && m_run == thisRun)
        setState(Pool::State::Stopped);
}

void PoolPrivate::report(Pool::Error error, const QString &message)
{
    qCDebug(log).noquote() << QMetaEnum::fromType<Pool::Error>().valueToKey(int(error)) << "-" << message;
    stock->setLastError(message);
    const QPointer<PoolPrivate> alive(this);
    countError();
    if (alive)
        Q_EMIT q->errorOccurred(error, message);
}

void PoolPrivate::setState(Pool::State value)
{
    if (state.exchange(value) == value)
        return;
    qCDebug(log).noquote() << "state" << QMetaEnum::fromType<Pool::State>().valueToKey(int(value));
    Q_EMIT q->stateChanged(value);
}

void PoolPrivate::setCapacity(int value)
{
    if (capacity.exchange(value) != value)
        Q_EMIT q->capacityChanged(value);
}

void PoolPrivate::setInterval(std::chrono::milliseconds value)
{
    if (interval.exchange(value) != value)
        Q_EMIT q->intervalChanged(value);
}

void PoolPrivate::countError()
{
    tellErrorCount(++errorCount);
}

void PoolPrivate::tellErrorCount(int value)
{
    if (thread() == QThread::currentThread())
        Q_EMIT q->errorCountChanged(value);
    else
        QMetaObject::invokeMethod(
                q, [this] { Q_EMIT q->errorCountChanged(errorCount); }, Qt::QueuedConnection);
}

// A canceled future tells its watchers only, and those live in a thread with an event loop.
void PoolPrivate::watchForCancel(const std::shared_ptr<FutureWaiter> &waiter)
{
    if (m_cancelWatches.size() >= m_sweepAt) {
        std::erase_if(m_cancelWatches, [](const CancelWatch &watch) { return watch.waiter.expired(); });
        m_sweepAt = 2 * m_cancelWatches.size() + 16; // so that a sweep costs O(1) a waiter
    }
    auto watcher = std::make_unique<QFutureWatcher<Connection>>(this);
    connect(watcher.get(), &QFutureWatcherBase::canceled, this,
            [this, number = waiter->number] { stock->leave(number, Stock::Departure::Cancelled); });
    // At once, since it shares the result: one that nobody takes is to go home with the caller's future. (The sweep is for
    // results that were taken while this line was on its way: such a future never tells that it has finished.)
    connect(watcher.get(), &QFutureWatcherBase::finished, this, [this, finished = watcher.get()] {
        std::erase_if(m_cancelWatches, [finished](CancelWatch &watch) {
            const bool isIt = watch.watcher.get() == finished;
            if (isIt)
                watch.watcher.release()->deleteLater();
            return isIt;
        });
    });
    watcher->setFuture(waiter->future());
    m_cancelWatches.push_back({waiter, std::move(watcher)});
}

// --- Pool --------------------------------------------------------------------------------------------------------------

Pool::Pool(std::unique_ptr<PoolPrivate> dd, QObject *parent) : QObject(parent), d(std::move(dd))
{
    d->attach(this);
}

/*!
    Closes the pool. Leases that are out stay valid and close what they hold when they end.
*/
Pool::~Pool()
{
    d->leave();
}

/*! Returns what the pool is doing. From any thread. */
Pool::State Pool::state() const noexcept
{
    return Visit(d.get())->state;
}

/*! \fn bool QNetPool::Pool::isReady() const
    True in State::Ready. From any thread. */

/*! Returns the number of connections in the stock. From any thread. */
int Pool::idleCount() const
{
    return Visit(d.get())->stock->idleCount();
}

/*! Returns the number of connections that are out with the application. From any thread. */
int Pool::leasedCount() const
{
    return Visit(d.get())->stock->leasedCount();
}

/*! Returns the number of connections that are being set up. From any thread. */
int Pool::pendingCount() const
{
    return Visit(d.get())->stock->pendingCount();
}

/*! Returns the number of acquire() and waitForConnection() calls that wait. From any thread. */
int Pool::waiterCount() const
{
    return Visit(d.get())->stock->waiterCount();
}

/*!
    Returns how many idle connections the pool aims at: a client's adapts between minimumCapacity and maximumCapacity, a
    server's is its maximumCapacity. From any thread.
*/
int Pool::capacity() const noexcept
{
    return Visit(d.get())->capacity;
}

/*!
    Returns a client's pause between two cycles that is now in force: in an outage, the one that the backoff made. 0 for a
    server. From any thread.
*/
std::chrono::milliseconds Pool::interval() const noexcept
{
    return Visit(d.get())->interval;
}

/*! Returns the number of errors since construction or resetErrorCount(): reported ones and addError(). From any thread. */
int Pool::errorCount() const noexcept
{
    return Visit(d.get())->errorCount;
}

/*! Counts an error of the application's own: one that a dialer met, say. From any thread. */
void Pool::addError()
{
    Visit(d.get())->countError();
}

/*! Sets errorCount() to 0. From any thread. */
void Pool::resetErrorCount()
{
    const Visit visit(d.get());
    if (visit->errorCount.exchange(0) != 0)
        visit->tellErrorCount(0);
}

/*! Returns all numbers of one moment. From any thread. */
PoolStatistics Pool::statistics() const
{
    const Visit visit(d.get());
    PoolStatistics statistics = visit->stock->statistics();
    statistics.capacity = visit->capacity;
    statistics.errors = visit->errorCount;
    statistics.peersRefused = visit->peersRefused;
    return statistics;
}

/*!
    Returns every connection of the pool, those that are being set up included, at one moment: to look at, in a monitor say. A
    connection keeps its place among the others for as long as it is there. Takes time in proportion to their number, during which
    nobody is served: some 70 µs for 5,000. From any thread.
*/
QList<ConnectionInfo> Pool::connections() const
{
    return Visit(d.get())->stock->connections();
}

/*!
    Returns an idle connection, or none if there is none: a call that never waits. Which one, Configuration::reuse says.
    One that has to be validated is passed over, and its validation started. From any thread.
*/
Connection Pool::take()
{
    const std::shared_ptr<Stock> stock = Visit(d.get())->stock;
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
    const std::shared_ptr<Stock> stock = Visit(d.get())->stock;
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
    const std::shared_ptr<Stock> stock = Visit(d.get())->stock;
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
    const std::shared_ptr<Stock> stock = Visit(d.get())->stock; // the pool may be destroyed meanwhile
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
    const std::shared_ptr<Stock> stock = Visit(d.get())->stock;
    return stock->put(id, socket);
}

/*! Closes all idle connections. Leases and those who wait are not touched. From any thread. */
void Pool::flush()
{
    const std::shared_ptr<Stock> stock = Visit(d.get())->stock;
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
    const std::shared_ptr<Stock> stock = Visit(d.get())->stock;
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
    const std::shared_ptr<Stock> stock = Visit(d.get())->stock;
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
    const std::shared_ptr<Stock> stock = Visit(d.get())->stock;
    stock->shut(QStringLiteral("the pool is draining"), drainDeadline(timeout));
}

/*! \reimp */
void Pool::connectNotify(const QMetaMethod &)
{
    countAudience();
}

/*! \reimp */
void Pool::disconnectNotify(const QMetaMethod &)
{
    // Later, as Qt may hold the lock that isSignalConnected() takes.
    QMetaObject::invokeMethod(this, &Pool::countAudience, Qt::QueuedConnection);
}

void Pool::countAudience()
{
    static const QMetaMethod available = QMetaMethod::fromSignal(&Pool::connectionAvailable);
    static const QMetaMethod idleCount = QMetaMethod::fromSignal(&Pool::idleCountChanged);
    d->stock->setAudience(isSignalConnected(available), isSignalConnected(idleCount));
}

} // namespace QNetPool
