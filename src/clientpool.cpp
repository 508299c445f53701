// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/clientpool.h>

#include "pool_p.h"
#include "preparedclient.h"
#include "sizing/cycle.h"

#include <QtCore/qrandom.h>

/*!
    \class QNetPool::ClientPool
    \inmodule QNetPool
    \brief Dials connections ahead of need, adapting how fast and how many.

    \code
    QNetPool::ClientPool pool({ .host = "example.com", .port = 8080 });
    QObject::connect(&pool, &QNetPool::Pool::ready, [&pool] { pool.take()->write("hello"); });
    pool.start();
    \endcode

    A running pool works in cycles: it adjusts the interval, fills the stock to capacity(), adjusts the capacity, and sleeps for
    the interval. Few idle connections at the start of a cycle (under 20 % of the capacity) shorten the interval by 100 ms, many
    (over 80 %) lengthen it. A cycle that had to create under 20 % of the capacity lowers it by one, over 80 % raises it by one.
    Both stay within the limits of the Configuration.

    A cycle that creates nothing though it tried starts an outage (State::Degraded): the pauses double, with jitter, up to
    maximumBackoff, until one attempt succeeds. Callers of acquire() and waitForConnection() are dialled for at once, outside
    of cycles, but not faster than the backoff allows. checkStock() does not wait for it.
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
    bool dial(); // false: the pool has as many connections as it may have
    void setupFinished(Entry *entry, SetupOutcome outcome) override;
    bool admit(Entry *entry, SetupOutcome outcome);
    void sleep(milliseconds pause);
    void publish();

    Cycle m_cycle;
    std::shared_ptr<const DialPlan> m_plan;
    int m_minimumCapacity = 1;
    bool m_isExhausted = false; // out of descriptors or memory, and nothing was set up since
    QTimer m_pause; // until the next round
    bool m_isRetryDue = false; // if the round that runs fails
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
    const QPointer<ClientPoolPrivate> alive(this); // here and below: a slot may delete the pool, or close it
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
    m_pause.start(0); // so that a start() in a constructor or before the connect()s loses no signal
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
        return; // or a slot has started it again: this dial is not of that run
    m_cycle.finished(isCreated);
    publish();
    if (alive)
        advance();
}

// Whether the peer gave a connection that could be kept, even one that is surplus by now.
bool ClientPoolPrivate::admit(Entry *entry, SetupOutcome outcome)
{
    if (!outcome.isConnected()) {
        stock->abandon(entry);
        const bool isExhausted = outcome.error == Pool::Error::ResourcesExhausted;
        if (!isExhausted || !std::exchange(m_isExhausted, true)) // told once an outage
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
           QStringLiteral("%1 sent the connection ID %2, which is in use: the newcomer is closed")
                   .arg(m_plan->target(), id.toString()));
    return false;
}

void ClientPoolPrivate::sleep(milliseconds pause)
{
    if (std::exchange(m_isRetryDue, false) && m_cycle.isOutage())
        pause = milliseconds(0);
    m_pause.start(std::min(pause, milliseconds(std::chrono::hours(24)))); // a timer has its limits
}

// The numbers and the state, as they follow from the cycle and the stock.
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

/*! Constructs a pool that has no host yet: see setConfiguration(). */
ClientPool::ClientPool(QObject *parent) : ClientPool(Configuration(), parent) { }

/*! Constructs a pool with a \a configuration. Nothing is dialled before start(). */
ClientPool::ClientPool(const Configuration &configuration, QObject *parent)
    : Pool(std::make_unique<ClientPoolPrivate>(configuration), parent)
{
}

ClientPool::~ClientPool() = default;

/*! Returns the configuration as it was given: what is out of range is put right in its use only. In the pool's thread. */
ClientPool::Configuration ClientPool::configuration() const
{
    return static_cast<ClientPoolPrivate *>(d.get())->configuration;
}

QStringList ClientPool::problems(const Configuration &configuration)
{
    return PreparedClient(configuration).problems;
}

/*!
    Replaces the configuration. A running pool uses it from now on, for limits at once and for the peer with the next
    connection; flush() exchanges those that are idle. While it runs, a \a configuration that cannot work is refused with
    Error::InvalidConfiguration and changes nothing: the return value tells. In the pool's thread.
*/
bool ClientPool::setConfiguration(const Configuration &configuration)
{
    return static_cast<ClientPoolPrivate *>(d.get())->apply(configuration);
}

/*!
    Starts to fill the stock, from the event loop on; returns at once. False, with an errorOccurred(), if the configuration
    cannot work. Does nothing if the pool runs. In the pool's thread.
*/
bool ClientPool::start()
{
    return static_cast<ClientPoolPrivate *>(d.get())->start();
}

} // namespace QNetPool
