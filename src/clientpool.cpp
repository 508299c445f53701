// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/clientpool.h>

#include "pool_p.h"
#include "preparedclient.h"
#include "sizing/cycle.h"

#include <QtCore/qrandom.h>

/*!
    \class QNetPool::ClientPool
    \inmodule QNetPool
    \brief Dials connections ahead of need, and adapts how many and how often.

    \code
    QNetPool::ClientPool pool({ .host = "example.com", .port = 8080 });
    QObject::connect(&pool, &QNetPool::Pool::errorOccurred, [](auto, const QString &message) { qWarning() << message; });
    pool.start();
    pool.acquire().then(this, &Client::use); // a Connection, which is yours until it ends
    \endcode

    A running pool works in cycles: it adjusts the interval, fills the stock to capacity(), adjusts the capacity, and sleeps
    for the interval. Under 20 % idle connections at the start of a cycle shorten the interval by 100 ms, over 80 % lengthen
    it by as much. A cycle that created under 20 % of the capacity lowers the capacity by one, over 80 % raises it by one.
    Both stay within the limits of Configuration::sizing.

    A cycle in which every dial failed begins an outage (State::Degraded): the pauses double, with jitter, up to
    maximumBackoff, until one dial succeeds. For waiters the pool dials at once, between cycles, but not faster than the
    backoff allows. checkStock() does not wait for the end of the pause.

    \sa ServerPool
*/

/*!
    \class QNetPool::ClientPool::Sizing
    \inmodule QNetPool
    \brief How many connections are kept ready, and how fast they are dialled.
*/

/*!
    \class QNetPool::ClientPool::Tls
    \inmodule QNetPool
    \brief Whether and how connections are encrypted.
*/

/*!
    \class QNetPool::ClientPool::Configuration
    \inmodule QNetPool
    \brief Everything that a client pool can be told. Only host and port are required.

    The headers describe each field, with its unit, default and limits.
*/

namespace QNetPool {

class ClientPoolPrivate final : public PoolPrivate
{
public:
    explicit ClientPoolPrivate(ClientPool::Configuration requested);

    bool start();
    bool apply(const ClientPool::Configuration &requested);

    ClientPool::Configuration configuration;

private:
    bool isStill(quint64 run) const { return isRunning() && this->run() == run; }
    void stopNewSetups() override;
    void retryNow() override;
    void roomOrWaitersChanged(int unserved) override;
    void use(const PreparedClient &prepared);
    void beginRound();
    void advance();
    bool dial(); // false: maximumConnections is reached
    void setupFinished(Entry *entry, SetupOutcome outcome) override;
    bool admit(Entry *entry, SetupOutcome outcome);
    void sleep(milliseconds pause);
    void publish();

    Cycle m_cycle;
    std::shared_ptr<const DialPlan> m_plan;
    int m_minimumCapacity = 1;
    bool m_isExhausted = false; // out of descriptors or memory, and no setup has succeeded since
    QTimer m_pause; // until the next round
    bool m_isRetryDue = false; // retry without a pause if the running round fails
};

ClientPoolPrivate::ClientPoolPrivate(ClientPool::Configuration requested)
    : PoolPrivate(&clientLog), configuration(std::move(requested)), m_pause(this)
{
    m_pause.setSingleShot(true);
    connect(&m_pause, &QTimer::timeout, this, &ClientPoolPrivate::beginRound);
}

void ClientPoolPrivate::use(const PreparedClient &prepared)
{
    m_plan = prepared.plan;
    const Sizing &sizing = m_plan->configuration.sizing;
    const int most = prepared.policy.limits.maximumConnections;
    m_minimumCapacity = most > 0 ? std::min(sizing.minimumCapacity, most) : sizing.minimumCapacity;
    setPolicy(prepared);
    setups.setThreads(m_plan->configuration.setupThreads);
    followNetwork(m_plan->configuration.checkOnNetworkChange);
    m_cycle.setLimits(sizing);
    publish();
}

bool ClientPoolPrivate::start()
{
    const QPointer<ClientPoolPrivate> alive(this); // here and below: a slot may delete or close the pool
    if (!finishStopping())
        return false;
    if (isRunning())
        return true;
    const PreparedClient prepared(configuration);
    if (refuses(prepared) || !open(prepared))
        return false;
    const quint64 thisRun = run();
    m_cycle = Cycle(prepared.plan->configuration.sizing);
    m_isRetryDue = false;
    m_pause.start(0); // from the event loop, so that signals connected after start() are not missed
    setState(Pool::State::Starting);
    if (!alive || !isStill(thisRun))
        return false;
    use(prepared);
    return alive && isStill(thisRun);
}

bool ClientPoolPrivate::apply(const ClientPool::Configuration &requested)
{
    const QPointer<ClientPoolPrivate> alive(this);
    if (!finishStopping())
        return false;
    if (isRunning()) {
        const PreparedClient prepared(requested);
        if (refuses(prepared))
            return false;
        use(prepared);
        if (!alive)
            return true;
        if (m_pause.isActive() && m_pause.remainingTimeAsDuration() > m_cycle.interval())
            sleep(m_cycle.interval());
    }
    configuration = requested;
    return true;
}

void ClientPoolPrivate::stopNewSetups()
{
    m_pause.stop();
}

void ClientPoolPrivate::retryNow()
{
    if (!isRunning())
        return;
    m_plan->resolver->forget();
    if (!m_pause.isActive())
        m_isRetryDue = true;
    else if (m_cycle.isOutage() || stock->idleCount() < m_cycle.capacity())
        m_pause.start(0);
}

void ClientPoolPrivate::roomOrWaitersChanged(int unserved)
{
    if (!unserved || !isRunning())
        return;
    m_cycle.demand(unserved);
    advance();
}

void ClientPoolPrivate::beginRound()
{
    const QPointer<ClientPoolPrivate> alive(this);
    m_cycle.begin(stock->idleCount(), stock->unservedWaiterCount());
    publish();
    if (alive)
        advance();
}

void ClientPoolPrivate::advance()
{
    const QPointer<ClientPoolPrivate> alive(this);
    while (alive && isRunning() && m_cycle.dialsWanted() > 0) {
        if (!dial())
            m_cycle.forgo();
    }
    if (!alive || !isRunning() || !m_cycle.isOver())
        return;
    if (const std::optional<milliseconds> pause = m_cycle.end(QRandomGenerator::global()->generateDouble()))
        sleep(*pause);
    publish();
}

bool ClientPoolPrivate::dial()
{
    Entry *entry = stock->addPending();
    if (!entry)
        return false;
    m_cycle.launched();
    qCDebug(clientLog).noquote() << "dialling" << m_plan->target();
    setups.run(entry, SetupRunner::Client{m_plan});
    return true;
}

void ClientPoolPrivate::setupFinished(Entry *entry, SetupOutcome outcome)
{
    const QPointer<ClientPoolPrivate> alive(this);
    const quint64 thisRun = run();
    const bool isCreated = admit(entry, std::move(outcome));
    if (!alive || !isStill(thisRun))
        return; // or a slot has restarted it, and this dial is of the former run
    m_cycle.finished(isCreated);
    publish();
    if (alive)
        advance();
}

// Whether the peer provided a usable connection, even if it is surplus by now.
bool ClientPoolPrivate::admit(Entry *entry, SetupOutcome outcome)
{
    if (!outcome.isConnected()) {
        stock->abandon(entry);
        const bool isExhausted = outcome.error == Pool::Error::ResourcesExhausted;
        if (!isExhausted || !std::exchange(m_isExhausted, true)) // reported once an outage
            report(outcome.error, outcome.message);
        return false;
    }
    const bool wasExhausted = std::exchange(m_isExhausted, false);
    const ConnectionId id = outcome.id;
    const Stock::Admission admission = admitToStock(entry, std::move(outcome));
    if (admission == Stock::Admission::Unwatched) {
        m_isExhausted = true;
        if (!wasExhausted)
            report(Pool::Error::ResourcesExhausted, notWatched());
        return false;
    }
    if (admission != Stock::Admission::IdInUse)
        return true;
    report(Pool::Error::HandshakeFailed,
           QStringLiteral("%1 sent the connection ID %2, which is in use: the new connection is closed")
                   .arg(m_plan->target(), id.toString()));
    return false;
}

void ClientPoolPrivate::sleep(milliseconds pause)
{
    if (std::exchange(m_isRetryDue, false) && m_cycle.isOutage())
        pause = milliseconds(0);
    m_pause.start(std::min(pause, milliseconds(std::chrono::hours(24)))); // the limit of a timer
}

// Derives capacity, interval and state from the cycle and the stock.
void ClientPoolPrivate::publish()
{
    const QPointer<ClientPoolPrivate> alive(this);
    setCapacity(m_cycle.capacity());
    if (alive)
        setInterval(m_cycle.interval());
    if (!alive || !isRunning())
        return;
    if (m_cycle.isOutage())
        return setState(Pool::State::Degraded);
    if (state == Pool::State::Ready || stock->idleCount() + stock->leasedCount() < m_minimumCapacity)
        return;
    setState(Pool::State::Ready);
    if (alive)
        Q_EMIT q->ready();
}

// --- ClientPool --------------------------------------------------------------------------------------------------------

/*! Constructs a pool with \a parent that has no host yet: see setConfiguration(). It lives in the calling thread. */
ClientPool::ClientPool(QObject *parent) : ClientPool(Configuration(), parent) { }

/*!
    Constructs a pool with \a configuration and \a parent. Nothing is checked or dialled before start(). It lives in the
    calling thread.
*/
ClientPool::ClientPool(const Configuration &configuration, QObject *parent)
    : Pool(std::make_unique<ClientPoolPrivate>(configuration), parent)
{
}

/*! Destroys the pool: see ~Pool(). In the pool's thread. */
ClientPool::~ClientPool() = default;

/*! Returns the configuration as it was set, unclamped. In the pool's thread. */
ClientPool::Configuration ClientPool::configuration() const
{
    return static_cast<ClientPoolPrivate *>(d.get())->configuration;
}

/*!
    Returns what start() would refuse \a configuration for: a sentence for each problem, which names the field and the cause;
    empty if the configuration can work. From any thread.
*/
QStringList ClientPool::problems(const Configuration &configuration)
{
    return PreparedClient(configuration).problems;
}

/*!
    Replaces the configuration, and returns whether it did. A running pool applies limits at once, and the peer and TLS from
    the next dial on; call flush() to replace idle connections. While the pool runs, a \a configuration that cannot work
    changes nothing: errorOccurred() is emitted with Error::InvalidConfiguration, and this returns false. In the pool's
    thread.
*/
bool ClientPool::setConfiguration(const Configuration &configuration)
{
    return static_cast<ClientPoolPrivate *>(d.get())->apply(configuration);
}

/*!
    Starts the pool, which begins to dial once the event loop runs, and returns whether it runs now; true if it ran already.
    On failure errorOccurred() is emitted: Error::InvalidConfiguration if the configuration cannot work,
    Error::ResourcesExhausted if the system has no descriptor to watch connections. In the pool's thread, which needs an
    event loop.
*/
bool ClientPool::start()
{
    return static_cast<ClientPoolPrivate *>(d.get())->start();
}

} // namespace QNetPool
