// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/clientpool.h>

#include "pool_p.h"
#include "preparedclient.h"
#include "sizing/cycle.h"
#include "stock/recursionlimiter.h"

#include <QtCore/qrandom.h>

#include <deque>

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

    With Rule::Predictive a running pool measures how fast connections are taken and how long a setup lasts, and keeps as many
    ready as that takes: at most Sizing::waitProbability of the calls are to wait. What is missing is dialled at once.

    Under either rule it also works in cycles: it adjusts the interval, fills the stock to capacity(), and sleeps for the
    interval. Under 20 % idle connections at the start of a cycle shorten the interval by 100 ms, over 80 % lengthen it by as
    much. With Rule::Stepwise, a cycle that created under 20 % of the capacity lowers the capacity by one, over 80 % raises it
    by one. Both stay within the limits of Configuration::sizing.

    A round of dials in which every one failed (in Rule::Predictive: more than one, once one has succeeded) begins an outage
    (State::Degraded): the pauses double, with jitter, up to maximumBackoff, until one dial succeeds. So it does if most of
    the youngest connections were closed by the peer, or failed the validator, within a second of their setup, unused; then a
    connection has to last for so long before others follow. For waiters the pool dials at once, between cycles, but not
    faster than the backoff allows. checkStock() does not wait for the end of the pause, and another peer that
    setConfiguration() sets does not have to.

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
    bool apply(ClientPool::Configuration requested);

    ClientPool::Configuration configuration;

private:
    bool isStill(quint64 run) const { return isRunning() && this->run() == run; }
    void stopNewSetups() override;
    void retryNow() override;
    void diedUnused(const Stock::UnusedEnd &end) override;
    void stockChanged() override;
    void use(const PreparedClient &prepared);
    void beginAfresh();
    void beginRound();
    void advance();
    void dialOn();
    void count(bool isCreated);
    bool isNewlyExhausted();
    void proveOld();
    void tell(const Stock::UnusedEnd &end);
    static QString sentenceOf(const Stock::UnusedEnd &end); // without the peer
    void warnIfHeldBack();
    bool dial(); // false: maximumConnections is reached
    void setupFinished(Entry *entry, SetupOutcome outcome) override;
    // A slot or a continuation may run an event loop, in which the cycle goes on: so each counts before any of them runs.
    void failed(Entry *entry, const SetupOutcome &outcome);
    void admit(Entry *entry, SetupOutcome outcome);
    void sleep(milliseconds pause);
    void watchLateness();
    void publish();

    static constexpr int DialsATurn = 128; // of the event loop, which has other events, too
    static constexpr milliseconds Probation{1000}; // who closes a connection unused within that time has not accepted it

    // Between the first rounds with two peers; minimumInterval if that is shorter.
    static constexpr milliseconds LongestFloor{1000};

    Cycle m_cycle;
    std::shared_ptr<const DialPlan> m_plan;
    quint32 m_peer = 0; // incremented with another peer: see Entry::peer
    std::deque<Stock::Clock::time_point> m_unproved; // when connections were set up, within the probation
    int m_minimumCapacity = 1;
    int m_dialsLeft = DialsATurn;
    QTimer m_nextTurn;
    bool m_isExhausted = false; // out of descriptors or memory, and so has each round been since
    bool m_isRoundExhausted = false; // a setup of this round was out of them
    bool m_hasRoundCreated = false; // a setup of this round has succeeded
    QTimer m_pause; // until the next round
    QTimer m_lateness; // until something takes too long to be counted on
    Stock::Clock::time_point m_lateAt{}; // when that ends
    bool m_isRetryDue = false; // retry without a pause if the running round fails
    bool m_hasBegun = false; // the first round with this peer
    Stock::Clock::time_point m_nextStart{}; // with another peer: not earlier
    int m_roundsHeldBack = 0; // consecutive ones that maximumPending held back
    bool m_wasHeldBack = false; // the log has said so
};

ClientPoolPrivate::ClientPoolPrivate(ClientPool::Configuration requested)
    : PoolPrivate(&clientLog), configuration(std::move(requested)), m_nextTurn(this), m_pause(this), m_lateness(this)
{
    configuration.dialer = recognizable(configuration.dialer);
    m_pause.setSingleShot(true);
    connect(&m_pause, &QTimer::timeout, this, &ClientPoolPrivate::beginRound);
    m_lateness.setSingleShot(true);
    connect(&m_lateness, &QTimer::timeout, this, &ClientPoolPrivate::advance);
    m_nextTurn.setSingleShot(true);
    connect(&m_nextTurn, &QTimer::timeout, this, &ClientPoolPrivate::dialOn);
}

void ClientPoolPrivate::use(const PreparedClient &prepared)
{
    const QPointer<ClientPoolPrivate> alive(this);
    const bool isFormerPeer = m_plan && !m_plan->hasPeerOf(*prepared.plan);
    m_plan = prepared.plan;
    setPolicy(prepared); // first: what put() adds for the new peer is held to its rules
    if (isFormerPeer)
        beginAfresh();
    if (!alive || m_plan != prepared.plan)
        return; // a slot that a dialer has connected has deleted the pool, or set another configuration
    const Sizing &sizing = m_plan->configuration.sizing;
    const int most = prepared.policy.limits.maximumConnections;
    m_minimumCapacity = most > 0 ? std::min(sizing.minimumCapacity, most) : sizing.minimumCapacity;
    setups.setThreads(m_plan->configuration.setupThreads);
    followNetwork(m_plan->configuration.checkOnNetworkChange);
    m_cycle.setLimits(sizing);
    publish();
}

bool ClientPoolPrivate::start()
{
    if (!canRunHere(QLatin1String("start()")))
        return false;
    const QPointer<ClientPoolPrivate> alive(this); // here and below: a slot may delete or close the pool
    if (!finishStopping())
        return false;
    if (isRunning())
        return true;
    const PreparedClient prepared(configuration, m_plan);
    if (refuses(prepared) || !open(prepared))
        return false;
    const quint64 thisRun = run();
    m_cycle = Cycle(prepared.plan->configuration.sizing);
    m_plan = prepared.plan; // a slot may run an event loop
    m_unproved.clear();
    m_roundsHeldBack = 0;
    m_isRetryDue = m_hasBegun = m_isExhausted = m_isRoundExhausted = m_hasRoundCreated = false;
    m_pause.start(0); // from the event loop, so that signals connected after start() are not missed
    setState(Pool::State::Starting);
    if (!alive || !isStill(thisRun))
        return false;
    use(prepared);
    return alive && isStill(thisRun);
}

bool ClientPoolPrivate::apply(ClientPool::Configuration requested)
{
    if (!isCalledInItsThread(QLatin1String("setConfiguration()")))
        return false;
    requested.dialer = recognizable(requested.dialer);
    const QPointer<ClientPoolPrivate> alive(this);
    if (!finishStopping())
        return false;
    if (isRunning()) {
        const PreparedClient prepared(requested, m_plan);
        if (refuses(prepared))
            return false;
        use(prepared);
        if (!alive || m_plan != prepared.plan)
            return true; // a slot that a dialer has connected has deleted the pool, or set another configuration
        if (m_pause.isActive() && m_pause.remainingTimeAsDuration() > m_cycle.interval())
            sleep(m_cycle.interval());
    }
    configuration = requested;
    return true;
}

void ClientPoolPrivate::stopNewSetups()
{
    m_pause.stop();
    m_lateness.stop();
    m_nextTurn.stop();
    m_dialsLeft = DialsATurn;
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

// What the former peer has done says nothing of another one. At once, but not again and again: a slot of errorOccurred() may
// go from one dead peer to the next.
void ClientPoolPrivate::beginAfresh()
{
    ++m_peer;
    stock->renew();
    m_cycle.beginAfresh();
    m_unproved.clear();
    m_hasBegun = false;
    const milliseconds left = std::chrono::ceil<milliseconds>(m_nextStart - Stock::Clock::now());
    m_pause.start(std::max(left, milliseconds(0)));
    if (stock->pendingCount() > 0)
        abandonSetups(); // which ends the setup threads, too
}

void ClientPoolPrivate::diedUnused(const Stock::UnusedEnd &end)
{
    if (isRunning() && end.peer == m_peer && end.age < Probation && !m_unproved.empty())
        tell(end);
}

void ClientPoolPrivate::stockChanged()
{
    if (isRunning())
        advance();
}

// Of a connection that was set up in vain. Of many that end at the same time, the first is told, and the one that makes an
// outage of it.
void ClientPoolPrivate::tell(const Stock::UnusedEnd &end)
{
    m_unproved.pop_front();
    const bool isFirst = !m_cycle.hasDoubts();
    const std::optional<milliseconds> pause = m_cycle.died(QRandomGenerator::global()->generateDouble());
    if (pause || (m_cycle.isOutage() && m_unproved.empty()))
        sleep(m_cycle.interval());
    if (end.isToldAlready || (!isFirst && !pause))
        return;
    reportPeer(end.isTlsError ? Pool::Error::TlsFailed : Pool::Error::ConnectFailed, m_plan->target() + sentenceOf(end));
}

QString ClientPoolPrivate::sentenceOf(const Stock::UnusedEnd &end)
{
    const qint64 age = std::chrono::duration_cast<milliseconds>(end.age).count();
    if (end.isUnasked)
        return QStringLiteral(
                       " sent bytes unasked %1 ms after a connection was set up (%2), and dropUnexpectedBytes closes it: "
                       "if the server speaks first, set that to false")
                .arg(QString::number(age), end.cause);
    const QString message = QStringLiteral(" closed a connection %1 ms after it was set up, before it was used").arg(age);
    return end.cause.isEmpty() ? message : message + QStringLiteral(": ") + end.cause;
}

void ClientPoolPrivate::proveOld()
{
    const Stock::Clock::time_point old = Stock::Clock::now() - Probation;
    for (; !m_unproved.empty() && m_unproved.front() <= old; m_unproved.pop_front())
        m_cycle.proved();
}

void ClientPoolPrivate::beginRound()
{
    if (!std::exchange(m_hasBegun, true))
        m_nextStart = Stock::Clock::now() + std::min(m_plan->configuration.sizing.minimumInterval, LongestFloor);
    const QPointer<ClientPoolPrivate> alive(this);
    stock->revalidateIfSlept();
    if (!alive)
        return;
    proveOld();
    warnIfHeldBack();
    m_cycle.begin(stock->level());
    advance();
}

// Dials what is wanted now, and ends the round if that was all.
void ClientPoolPrivate::advance()
{
    const QPointer<ClientPoolPrivate> alive(this);
    if (!m_hasBegun)
        return publish();
    proveOld();
    for (bool isEnded = true, hasRoom = true; isEnded && hasRoom;) {
        m_cycle.demand(stock->level());
        while (m_cycle.dialsWanted() > 0) {
            if (m_dialsLeft == 0)
                return publish(); // dialOn() follows
            hasRoom = dial();
            if (!alive || !isRunning())
                return;
            if (!hasRoom)
                m_cycle.forgo();
        }
        isEnded = m_cycle.isOver();
        if (!isEnded)
            break;
        const bool wasRoundExhausted = std::exchange(m_isRoundExhausted, false);
        if (std::exchange(m_hasRoundCreated, false) && !wasRoundExhausted)
            m_isExhausted = false;
        if (const std::optional<milliseconds> pause = m_cycle.end(QRandomGenerator::global()->generateDouble()))
            sleep(*pause);
    }
    watchLateness();
    publish();
}

// A timer that ends early does no harm, so it is not started again for each dial.
void ClientPoolPrivate::watchLateness()
{
    const Stock::Clock::time_point next = stock->nextLate();
    if (next == Stock::Clock::time_point::max() || (m_lateness.isActive() && m_lateAt <= next))
        return;
    m_lateAt = next;
    m_lateness.start(std::chrono::ceil<milliseconds>(next - Stock::Clock::now()));
}

void ClientPoolPrivate::dialOn()
{
    m_dialsLeft = DialsATurn;
    advance();
}

bool ClientPoolPrivate::dial()
{
    Entry *entry = stock->addPending();
    if (!entry)
        return false;
    entry->peer = m_peer;
    m_cycle.launched();
    if (--m_dialsLeft == 0)
        m_nextTurn.start(0);
    qCDebug(clientLog).noquote() << "dialling" << m_plan->target();
    setups.run(entry, SetupRunner::Client{m_plan});
    return true;
}

void ClientPoolPrivate::setupFinished(Entry *entry, SetupOutcome outcome)
{
    const QPointer<ClientPoolPrivate> alive(this);
    const quint64 thisRun = run();
    if (outcome.isConnected())
        admit(entry, std::move(outcome));
    else
        failed(entry, outcome);
    if (!alive || !isStill(thisRun))
        return;
    publish();
    if (alive)
        advance();
}

void ClientPoolPrivate::count(bool isCreated)
{
    m_cycle.finished(isCreated);
    m_hasRoundCreated |= isCreated;
    if (isCreated)
        m_unproved.push_back(Stock::Clock::now());
}

// It is told once an outage. Others of the round may succeed after that, with what they had got before.
bool ClientPoolPrivate::isNewlyExhausted()
{
    m_isRoundExhausted = true;
    return !std::exchange(m_isExhausted, true);
}

void ClientPoolPrivate::failed(Entry *entry, const SetupOutcome &outcome)
{
    const bool isExhausted = outcome.error == Pool::Error::ResourcesExhausted;
    if (isExhausted && stock->closeOldestUnclaimed())
        return setups.run(entry, SetupRunner::Client{m_plan});
    const bool isInVain = stock->isOvertaken(entry);
    stock->abandon(entry);
    if (isInVain)
        m_cycle.finishedInVain();
    else
        count(false);
    if (!isExhausted || isNewlyExhausted())
        reportPeer(outcome.error, outcome.message);
}

// It counts as created if the peer provided a usable connection, even if it is surplus by now.
void ClientPoolPrivate::admit(Entry *entry, SetupOutcome outcome)
{
    const QPointer<ClientPoolPrivate> alive(this);
    const ConnectionId id = outcome.id;
    Stock::Admission admission;
    {
        const RecursionLimiter::Hold untilItIsCounted;
        admission = admitToStock(entry, std::move(outcome));
        count(admission != Stock::Admission::Unwatched && admission != Stock::Admission::IdInUse);
    }
    if (!alive)
        return;
    if (admission == Stock::Admission::Unwatched && isNewlyExhausted())
        report(Pool::Error::ResourcesExhausted, notWatched());
    else if (admission == Stock::Admission::IdInUse)
        reportPeer(Pool::Error::HandshakeFailed,
                   QStringLiteral("%1 sent the connection ID %2, which is in use: the new connection is closed")
                           .arg(m_plan->target(), printable(id)));
}

void ClientPoolPrivate::sleep(milliseconds pause)
{
    if (std::exchange(m_isRetryDue, false) && m_cycle.isOutage())
        pause = milliseconds(0);
    if (m_cycle.isOutage() && !m_unproved.empty()) // the outage may end then; a timer may be early
        pause = std::min(pause, Probation + Probation / 10);
    m_pause.start(std::min(pause, milliseconds(std::chrono::hours(24)))); // the limit of a timer
}

// Once: two rounds one after the other are no passing rush.
void ClientPoolPrivate::warnIfHeldBack()
{
    const std::chrono::duration<double> setup = stock->meanSetupTime();
    const bool isHeldBack = m_cycle.isHeldBack() && stock->unservedWaiterCount() > 0 && setup.count() > 0;
    m_roundsHeldBack = isHeldBack ? m_roundsHeldBack + 1 : 0;
    if (m_roundsHeldBack != 2 || std::exchange(m_wasHeldBack, true))
        return;
    const int pending = m_plan->configuration.sizing.maximumPending;
    qCWarning(clientLog).noquote()
            << QStringLiteral(
                       "%1: callers wait, since sizing.maximumPending allows %2 setups at a time, and one takes %3 ms: "
                       "that is at most %4 connections a second")
                       .arg(m_plan->target(), QString::number(pending), QString::number(setup.count() * 1000, 'f', 1),
                            QString::number(pending / setup.count(), 'f', 0));
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
    if (m_cycle.isOutage() || stock->doChecksFail())
        return setState(Pool::State::Degraded);
    if (state == Pool::State::Ready || !m_hasBegun || stock->idleCount() + stock->leasedCount() < m_minimumCapacity)
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
    Replaces the configuration, and returns whether it did. A running pool applies it at once. With another host, port, dialer
    (any but the one that configuration() returns, as two cannot be compared), TLS, connection mode or ID format, it closes
    idle and unclaimed connections, abandons dials, and closes leased connections when they are given back: none of the former
    peer is leased any more. With other TCP options, call flush() to replace idle connections. While the pool runs, a \a
    configuration that cannot work changes nothing: errorOccurred() is emitted with Error::InvalidConfiguration, and this
    returns false. A stopped pool takes any: start() checks it, and problems() does so beforehand. In the pool's thread; in
    another one it changes nothing: errorOccurred() is emitted with Error::WrongThread, and this returns false.
*/
bool ClientPool::setConfiguration(const Configuration &configuration)
{
    return static_cast<ClientPoolPrivate *>(d.get())->apply(configuration);
}

/*!
    Starts the pool, which begins to dial once the event loop runs, and returns whether it runs now; true if it ran already.
    On failure errorOccurred() is emitted: Error::InvalidConfiguration if the configuration cannot work,
    Error::ResourcesExhausted if the system has no descriptor to watch connections, Error::WrongThread if this is not the
    pool's thread or there is no QCoreApplication. A pool that drains ends that, and starts. In the pool's thread, which needs
    an event loop.
*/
bool ClientPool::start()
{
    return static_cast<ClientPoolPrivate *>(d.get())->start();
}

} // namespace QNetPool
