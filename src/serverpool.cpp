// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/serverpool.h>

#include "accept/listener.h"
#include "accept/pendinghandshakes.h"
#include "pool_p.h"
#include "preparedserver.h"
#include "system/descriptor.h"
#include "system/helddescriptors.h"
#include "system/peerbudget.h"

#include <QtCore/qpointer.h>

#include <optional>

/*!
    \class QNetPool::ServerPool
    \inmodule QNetPool
    \brief Accepts, checks and names connections, and keeps them until the application asks for one.

    \code
    QNetPool::ServerPool pool;
    QObject::connect(&pool, &QNetPool::Pool::connectionAvailable, [&pool](QNetPool::ConnectionId id) { … });
    pool.listen(QHostAddress::Any, 8080);
    \endcode

    A peer that is not among Configuration::allowedPeers, has too many pending handshakes, or had too many that failed in this
    second, is turned away before any object is created for it. TLS handshakes run concurrently, with a deadline and a limit
    to their number, so that silent clients delay nobody for long. Of errors that peers can cause at will, the first ten of a
    kind within a second are reported one by one, the others together at its end.

    \sa ClientPool
*/

/*!
    \class QNetPool::ServerPool::Tls
    \inmodule QNetPool
    \brief Whether and how connections are encrypted.
*/

/*!
    \class QNetPool::ServerPool::Configuration
    \inmodule QNetPool
    \brief Everything that a server pool can be told. Nothing is required.

    The headers describe each field, with its unit, default and limits.
*/

namespace QNetPool {

class ServerPoolPrivate final : public PoolPrivate
{
public:
    explicit ServerPoolPrivate(ServerPool::Configuration requested);

    bool apply(const ServerPool::Configuration &requested);
    bool listen(const QHostAddress &address, quint16 port);
    bool listen(qintptr descriptor);
    bool addConnection(qintptr descriptor);

    ServerPool::Configuration configuration;
    Listener listener;

private:
    void stopNewSetups() override;
    void stockChanged() override { updateState(); }
    void updateState();
    void use(const PreparedServer &prepared);
    bool ensureRunning();
    bool listen(const QString &where, const std::function<bool()> &bind);
    QString whereItListens() const { return endpointText(listener.address().toString(), listener.port()); }
    struct Refusal
    {
        Pool::Error error;
        QString message;
    };
    bool acceptPeer(Descriptor descriptor, const QHostAddress &address); // false: turned away
    std::optional<Refusal> refusalOf(const QHostAddress &peer, PeerNetwork network) const;
    std::optional<Refusal> handshakeRefusalOf(const QHostAddress &peer, PeerNetwork network) const;
    QString whyNoMoreHandshakes() const;
    static Refusal noRoomFor(const QHostAddress &peer, int most, QLatin1String limit);
    void cannotAccept(bool isExhausted, const QString &cause);
    bool turnAway(Descriptor descriptor, const Refusal &refusal);
    void setupFinished(Entry *entry, SetupOutcome outcome) override;

    PreparedServer m_prepared;
    PendingHandshakes m_handshakes;
};

ServerPoolPrivate::ServerPoolPrivate(ServerPool::Configuration requested)
    : PoolPrivate(&serverLog), configuration(std::move(requested)),
      listener([this](qintptr descriptor, const QHostAddress &peer) { acceptPeer(Descriptor(descriptor), peer); },
               [this](bool isExhausted, const QString &cause) { cannotAccept(isExhausted, cause); },
               [this] { updateState(); }, [this] { return stock->closeOldestUnclaimed(); }, this)
{
}

void ServerPoolPrivate::use(const PreparedServer &prepared)
{
    const PreparedServer former = std::exchange(m_prepared, prepared);
    const ServerPool::Configuration &used = prepared.plan->configuration;
    setPolicy(prepared);
    if (!former.plan->isLike(*prepared.plan))
        stock->renew();
    else if (former.plan->configuration.allowedPeers != used.allowedPeers)
        stock->recheckPeers();
    setups.setThreads(used.setupThreads);
    followNetwork(used.checkOnNetworkChange);
    m_handshakes.setLimits(used.maximumPendingHandshakes, used.maximumPendingPerPeer);
    if (!m_handshakes.isFull())
        listener.resumeAccepting();
    setCapacity(prepared.policy.maximumIdle);
}

bool ServerPoolPrivate::apply(const ServerPool::Configuration &requested)
{
    if (!isCalledInItsThread(QLatin1String("setConfiguration()")))
        return false;
    const QPointer<ServerPoolPrivate> alive(this); // here and below: a slot may delete or close the pool
    if (!finishStopping())
        return false;
    if (isRunning()) {
        const PreparedServer prepared(requested);
        if (refuses(prepared))
            return false;
        use(prepared);
    }
    if (alive)
        configuration = requested;
    return true;
}

// Starts the pool if it does not run. False: it failed, or a slot has ended this run.
bool ServerPoolPrivate::ensureRunning()
{
    const QPointer<ServerPoolPrivate> alive(this);
    if (!finishStopping())
        return false;
    if (isRunning())
        return true;
    const PreparedServer prepared(configuration);
    if (refuses(prepared) || !open(prepared))
        return false;
    const quint64 thisRun = run();
    use(prepared);
    return alive && isRunning() && run() == thisRun;
}

bool ServerPoolPrivate::listen(const QHostAddress &address, quint16 port)
{
    return listen(endpointText(address.toString(), port),
                  [&] { return listener.listen(address, port, m_prepared.plan->configuration.listenBacklog); });
}

bool ServerPoolPrivate::listen(qintptr descriptor)
{
    return listen(QStringLiteral("descriptor %1").arg(descriptor), [&] { return listener.listen(descriptor); });
}

bool ServerPoolPrivate::listen(const QString &where, const std::function<bool()> &bind)
{
    if (!canRunHere(QLatin1String("listen()")))
        return false;
    const QPointer<ServerPoolPrivate> alive(this);
    if (!finishStopping())
        return false;
    const bool wasRunning = isRunning();
    if (listener.isListening()) {
        report(Pool::Error::ListenFailed,
               QStringLiteral("cannot listen on %1: the pool listens on %2 already").arg(where, whereItListens()));
        return false;
    }
    if (!ensureRunning())
        return false;
    if (!bind()) {
        const QString cause = listener.errorString();
        if (!wasRunning) // else it has connections of addConnection()
            close();
        if (alive)
            report(Pool::Error::ListenFailed, QStringLiteral("cannot listen on %1: %2").arg(where, cause));
        return false;
    }
    qCDebug(serverLog).noquote() << "listening on" << where;
    setState(Pool::State::Ready);
    if (alive && listener.isListening())
        Q_EMIT q->ready();
    return alive && listener.isListening();
}

// What an application may pass in place of an accepted connection; empty: it is one.
static QString descriptorProblem(qintptr descriptor, const QHostAddress &peer, bool isHeld)
{
    if (isHeld)
        return QStringLiteral("it is in a pool already: call detach() of its Connection first");
    if (!isTcpSocket(descriptor))
        return QStringLiteral("it is no TCP socket");
    if (isListening(descriptor))
        return QStringLiteral("it is a socket that listens, which is for listen()");
    return peer.isNull() ? QStringLiteral("it is not connected, or was reset by its peer") : QString();
}

bool ServerPoolPrivate::addConnection(qintptr descriptor)
{
    const bool isHeld = !HeldDescriptors::add(descriptor);
    Descriptor owned(isHeld ? -1 : descriptor);
    if (!canRunHere(QLatin1String("addConnection()")))
        return false;
    const QPointer<ServerPoolPrivate> alive(this);
    if (!finishStopping() || state == Pool::State::Draining)
        return false;
    const QHostAddress peer = peerAddress(descriptor);
    if (const QString problem = descriptorProblem(descriptor, peer, isHeld); !problem.isEmpty()) {
        reportPeer(Pool::Error::AcceptFailed, QStringLiteral("cannot add descriptor %1: %2").arg(descriptor).arg(problem));
        return false;
    }
    setCloseOnExec(descriptor);
    if (ensureRunning() && alive)
        setState(Pool::State::Ready);
    if (!alive || !isRunning())
        return false;
    return acceptPeer(std::move(owned), peer);
}

void ServerPoolPrivate::stopNewSetups()
{
    listener.close();
    m_handshakes.clear();
}

// With a peer that has its share of them.
QString ServerPoolPrivate::whyNoMoreHandshakes() const
{
    const ServerPool::Configuration &used = m_prepared.plan->configuration;
    if (m_handshakes.share() == used.maximumPendingPerPeer)
        return QStringLiteral("as many as maximumPendingPerPeer allows");
    return QStringLiteral("its share of maximumPendingHandshakes while %1 of %2 are pending")
            .arg(m_handshakes.count())
            .arg(used.maximumPendingHandshakes);
}

bool ServerPoolPrivate::acceptPeer(Descriptor descriptor, const QHostAddress &address)
{
    const QHostAddress peer = unmapped(address);
    const PeerNetwork network = networkOf(peer);
    if (const std::optional<Refusal> refusal = refusalOf(peer, network))
        return turnAway(std::move(descriptor), *refusal);
    if (stock->idleCount() + stock->pendingCount() >= m_prepared.policy.maximumIdle && !stock->unservedWaiterCount())
        return turnAway(std::move(descriptor),
                        noRoomFor(peer, m_prepared.policy.maximumIdle, QLatin1String("maximumCapacity")));
    Entry *entry = stock->addPendingNamed(network);
    if (!entry)
        return turnAway(
                std::move(descriptor),
                noRoomFor(peer, m_prepared.policy.limits.maximumConnections, QLatin1String("limits.maximumConnections")));
    qCDebug(serverLog).noquote() << entry->id << "is assigned to" << peer.toString();
    if (m_prepared.plan->isEncrypted()) {
        m_handshakes.begin(entry, network);
        if (m_handshakes.isFull())
            listener.pauseAccepting();
    }
    setups.run(entry,
               SetupRunner::Server{m_prepared.plan, entry->id, peer,
                                   m_handshakes.deadline(m_prepared.plan->configuration.handshakeTimeout),
                                   std::move(descriptor)});
    return true;
}

// Before any object is created for the peer.
std::optional<ServerPoolPrivate::Refusal> ServerPoolPrivate::refusalOf(const QHostAddress &peer, PeerNetwork network) const
{
    if (!m_prepared.filter.allows(peer))
        return Refusal{Pool::Error::PeerRejected, PeerFilter::refusalOf(peer)};
    const int most = m_prepared.plan->configuration.maximumConnectionsPerPeer;
    if (most > 0 && stock->countOf(network) >= most)
        return Refusal{Pool::Error::PeerRejected,
                       QStringLiteral("the peer %1 has %2 connections, as many as maximumConnectionsPerPeer allows")
                               .arg(peer.toString(), QString::number(most))};
    return m_prepared.plan->isEncrypted() ? handshakeRefusalOf(peer, network) : std::nullopt;
}

std::optional<ServerPoolPrivate::Refusal> ServerPoolPrivate::handshakeRefusalOf(const QHostAddress &peer,
                                                                                PeerNetwork network) const
{
    if (m_handshakes.failsTooOften(network, PendingHandshakes::Clock::now()))
        return Refusal{Pool::Error::PeerRejected,
                       QStringLiteral("the peer %1 is turned away for the rest of a second: within it, %2 more of its TLS "
                                      "handshakes have failed than succeeded, and their errors say why")
                               .arg(peer.toString(), QString::number(PeerBudget::FailedHandshakes))};
    if (!m_handshakes.allows(network))
        return Refusal{Pool::Error::PeerRejected,
                       QStringLiteral("the peer %1 has %2 handshakes going on, %3")
                               .arg(peer.toString(), QString::number(m_handshakes.count(network)), whyNoMoreHandshakes())};
    if (m_handshakes.isFull()) // the listener is paused then, but addConnection() is not
        return Refusal{
                Pool::Error::ResourcesExhausted,
                QStringLiteral("the connection from %1 is closed: %2 handshakes are going on, as many as "
                               "maximumPendingHandshakes allows")
                        .arg(peer.toString(), QString::number(m_prepared.plan->configuration.maximumPendingHandshakes))};
    return std::nullopt;
}

ServerPoolPrivate::Refusal ServerPoolPrivate::noRoomFor(const QHostAddress &peer, int most, QLatin1String limit)
{
    return {Pool::Error::ResourcesExhausted,
            QStringLiteral("the connection from %1 is closed: the pool has %2 connections, as many as %3 allows")
                    .arg(peer.toString(), QString::number(most), limit)};
}

// Between Ready and Degraded.
void ServerPoolPrivate::updateState()
{
    if (isRunning() && (state == Pool::State::Ready || state == Pool::State::Degraded))
        setState(listener.isFailing() || stock->doChecksFail() ? Pool::State::Degraded : Pool::State::Ready);
}

void ServerPoolPrivate::cannotAccept(bool isExhausted, const QString &cause)
{
    const QPointer<ServerPoolPrivate> alive(this);
    setState(Pool::State::Degraded);
    if (alive)
        reportPeer(isExhausted ? Pool::Error::ResourcesExhausted : Pool::Error::AcceptFailed,
                   QStringLiteral("cannot accept on %1: %2").arg(whereItListens(), cause));
}

bool ServerPoolPrivate::turnAway(Descriptor descriptor, const Refusal &refusal)
{
    descriptor = {};
    ++peersRefused;
    reportPeer(refusal.error, refusal.message);
    return false;
}

void ServerPoolPrivate::setupFinished(Entry *entry, SetupOutcome outcome)
{
    m_handshakes.end(entry, !outcome.isConnected(), PendingHandshakes::Clock::now());
    if (!m_handshakes.isFull())
        listener.resumeAccepting();
    if (outcome.isConnected()) {
        if (admitToStock(entry, std::move(outcome)) == Stock::Admission::Unwatched)
            reportPeer(Pool::Error::ResourcesExhausted, notWatched());
    } else {
        stock->abandon(entry);
        reportPeer(outcome.error, outcome.message);
    }
}

// --- ServerPool --------------------------------------------------------------------------------------------------------

/*!
    Constructs a pool with \a parent and the default configuration: plain TCP, and any peer is allowed. It lives in the
    calling thread.
*/
ServerPool::ServerPool(QObject *parent) : ServerPool(Configuration(), parent) { }

/*!
    Constructs a pool with \a configuration and \a parent. Nothing is checked or accepted before listen() or addConnection().
    It lives in the calling thread.
*/
ServerPool::ServerPool(const Configuration &configuration, QObject *parent)
    : Pool(std::make_unique<ServerPoolPrivate>(configuration), parent)
{
}

/*! Destroys the pool: see ~Pool(). In the pool's thread. */
ServerPool::~ServerPool() = default;

/*! Returns the configuration as it was set, unclamped. In the pool's thread. */
ServerPool::Configuration ServerPool::configuration() const
{
    return static_cast<ServerPoolPrivate *>(d.get())->configuration;
}

/*!
    Returns what listen() would refuse \a configuration for: a sentence for each problem, which names the field and the
    cause; empty if the configuration can work. From any thread.
*/
QStringList ServerPool::problems(const Configuration &configuration)
{
    return PreparedServer(configuration).problems;
}

/*!
    Replaces the configuration, and returns whether it did. A running pool applies it at once, but for TCP options, which new
    connections get, and listenBacklog, which needs another listen(). With other TLS, another connection mode or ID format,
    it closes idle and unclaimed ones, those being set up once they are, and leased ones when they are given back; with other
    allowedPeers, those of peers that are not allowed any more. While the pool runs, a \a configuration that cannot work
    changes nothing: errorOccurred() is emitted with Error::InvalidConfiguration, and this returns false. A stopped pool takes
    any: listen() and addConnection() check it, and problems() does so beforehand. In the pool's thread; in another one it
    changes nothing: errorOccurred() is emitted with Error::WrongThread, and this returns false.
*/
bool ServerPool::setConfiguration(const Configuration &configuration)
{
    return static_cast<ServerPoolPrivate *>(d.get())->apply(configuration);
}

/*!
    Starts the pool and listens on \a address and \a port (0: a free one, see serverPort()) of this host, whatever proxy the
    application uses. Returns whether it listens now.
    On failure errorOccurred() is emitted: Error::InvalidConfiguration if the configuration cannot work, Error::ListenFailed
    if the address cannot be listened on or the pool listens already, Error::ResourcesExhausted if the system has no
    descriptor to watch connections, Error::WrongThread if this is not the pool's thread or there is no QCoreApplication. A
    pool that drains ends that, and starts. In the pool's thread, which needs an event loop.
*/
bool ServerPool::listen(const QHostAddress &address, quint16 port)
{
    return static_cast<ServerPoolPrivate *>(d.get())->listen(address, port);
}

/*!
    \fn bool QNetPool::ServerPool::listen(QHostAddress::SpecialAddress address, quint16 port)
    \overload
    Listens on the special \a address and \a port.
*/

/*!
    \overload
    Listens on a TCP socket \a descriptor that is bound and listening already, such as one from the system's service manager;
    others are refused with Error::ListenFailed. The pool owns the descriptor if this returns true.
*/
bool ServerPool::listen(qintptr descriptor)
{
    return static_cast<ServerPoolPrivate *>(d.get())->listen(descriptor);
}

/*!
    Adds an accepted connection, for an application that has a QTcpServer of its own, to be called from
    QTcpServer::incomingConnection(). It is checked, encrypted and named like one that the pool accepts. Returns whether its
    setup has begun; false if the peer was turned away, \a descriptor is no connected TCP socket, or the pool drains or cannot
    start.
    errorOccurred() reports why, as for listen() and for accepted peers, but for a pool that drains.

    The pool owns \a descriptor, also if this returns false: it is closed then, unless it is that of a connection in a pool,
    which is not touched. In the pool's thread. Starts the pool if it does not run.
*/
bool ServerPool::addConnection(qintptr descriptor)
{
    return static_cast<ServerPoolPrivate *>(d.get())->addConnection(descriptor);
}

/*! Returns the address that the pool listens on; a null address if it does not listen. In the pool's thread. */
QHostAddress ServerPool::serverAddress() const
{
    return static_cast<ServerPoolPrivate *>(d.get())->listener.address();
}

/*! Returns the port that the pool listens on; 0 if it does not listen. In the pool's thread. */
quint16 ServerPool::serverPort() const
{
    return static_cast<ServerPoolPrivate *>(d.get())->listener.port();
}

} // namespace QNetPool
