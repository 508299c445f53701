// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/serverpool.h>

#include "descriptor.h"
#include "pool_p.h"
#include "setup/listener.h"
#include "setup/peerfilter.h"
#include "setup/tls.h"

#include <QtCore/qpointer.h>
#include <QtNetwork/qsslkey.h>

/*!
    \class QNetPool::ServerPool
    \inmodule QNetPool
    \brief Accepts, checks and names connections, and keeps them until the application asks for one.

    \code
    QNetPool::ServerPool pool;
    QObject::connect(&pool, &QNetPool::Pool::connectionAvailable, [&pool](QNetPool::ConnectionId id) { … });
    pool.listen(QHostAddress::Any, 8080);
    \endcode

    A peer that is not among Configuration::allowedPeers is turned away before anything is made for it. TLS handshakes run side
    by side, each with a deadline, so a silent client delays nobody.
*/

namespace QNetPool {

namespace {

struct Prepared : PreparedPolicy
{
    PeerFilter filter;
    std::shared_ptr<WelcomePlan> plan = std::make_shared<WelcomePlan>();
    int backlog = 0;
};

Prepared prepare(const ServerPool::Configuration &wish)
{
    Prepared result;
    result.policy = policyOf(wish, result.changes);
    result.checks = checksOf(wish, result.changes);
    result.setupThreads = setupThreadsOf(wish, result.changes);
    result.checkOnNetworkChange = wish.checkOnNetworkChange;
    if (wish.maximumCapacity < 1)
        result.changes << QStringLiteral("maximumCapacity is %1, out of range: it becomes 1").arg(wish.maximumCapacity);
    result.backlog = std::max(1, wish.listenBacklog);
    WelcomePlan &plan = *result.plan;
    plan.mode = wish.connectionMode;
    plan.format = wish.idFormat;
    plan.handshakeTimeout = wish.handshakeTimeout;
    plan.keepAlivePeriod = wish.keepAlivePeriod;
    plan.userTimeout = userTimeoutOf(wish, result.changes);
    putRightTime(plan.handshakeTimeout, "handshakeTimeout", result.changes);

    QString offender;
    if (const std::optional<PeerFilter> filter = PeerFilter::fromStrings(wish.allowedPeers, &offender))
        result.filter = *filter;
    else
        result.refusal = QStringLiteral("\"%1\" among the allowed peers is neither an address nor a subnet").arg(offender);
    if (wish.sslConfiguration.isNull() || !result.refusal.isEmpty())
        return result;
    if (const std::optional<QString> missing = whyNoTls())
        result.refusal = QStringLiteral("TLS is asked for, but ") + *missing;
    else if (wish.sslConfiguration.localCertificateChain().isEmpty() || wish.sslConfiguration.privateKey().isNull())
        result.refusal = QStringLiteral("TLS is asked for, but the sslConfiguration lacks a certificate or a private key");
    else
        plan.tls = serverTls(wish.sslConfiguration);
    plan.isEncrypted = true;
    return result;
}

} // namespace

class ServerPoolPrivate final : public PoolPrivate
{
public:
    explicit ServerPoolPrivate(ServerPool::Configuration wish);

    bool apply(const ServerPool::Configuration &wish);
    bool listen(const QHostAddress &address, quint16 port);
    bool listen(qintptr descriptor);
    bool addConnection(qintptr descriptor);

    ServerPool::Configuration configuration;
    Listener listener;

private:
    void stopSetup() override;
    void use(const Prepared &prepared);
    bool ensureRunning();
    bool listen(const QString &where, const std::function<bool()> &bind);
    QString whereItListens() const { return endpointText(listener.address().toString(), listener.port()); }
    bool accepted(qintptr descriptor); // false: turned away
    void setUp(Entry *entry, SetupOutcome outcome) override;

    Prepared m_use;
};

ServerPoolPrivate::ServerPoolPrivate(ServerPool::Configuration wish)
    : PoolPrivate(&serverLog), configuration(std::move(wish)),
      listener([this](qintptr descriptor) { accepted(descriptor); },
               [this](bool isExhausted, const QString &cause) {
                   const QPointer<ServerPoolPrivate> alive(this);
                   setState(Pool::State::Degraded);
                   if (alive)
                       report(isExhausted ? Pool::Error::ResourcesExhausted : Pool::Error::AcceptFailed,
                              QStringLiteral("cannot accept on %1: %2").arg(whereItListens(), cause));
               },
               [this] { setState(Pool::State::Ready); }, this)
{
}

void ServerPoolPrivate::use(const Prepared &prepared)
{
    m_use = prepared;
    setPolicy(prepared);
    setCapacity(prepared.policy.maximumIdle);
}

bool ServerPoolPrivate::apply(const ServerPool::Configuration &wish)
{
    const QPointer<ServerPoolPrivate> alive(this); // here and below: a slot may delete the pool, or close it
    if (!settle())
        return false;
    if (isRunning()) {
        const Prepared prepared = prepare(wish);
        if (refuses(prepared))
            return false;
        use(prepared);
    }
    if (alive)
        configuration = wish;
    return true;
}

// Whether this very run goes on.
bool ServerPoolPrivate::ensureRunning()
{
    const QPointer<ServerPoolPrivate> alive(this);
    if (!settle())
        return false;
    if (isRunning())
        return true;
    const Prepared prepared = prepare(configuration);
    if (refuses(prepared) || !open(prepared))
        return false;
    const quint64 thisRun = run();
    use(prepared);
    return alive && isRunning() && run() == thisRun;
}

bool ServerPoolPrivate::listen(const QHostAddress &address, quint16 port)
{
    return listen(endpointText(address.toString(), port), [&] { return listener.listen(address, port, m_use.backlog); });
}

bool ServerPoolPrivate::listen(qintptr descriptor)
{
    return listen(QStringLiteral("descriptor %1").arg(descriptor), [&] { return listener.listen(descriptor); });
}

bool ServerPoolPrivate::listen(const QString &where, const std::function<bool()> &bind)
{
    const QPointer<ServerPoolPrivate> alive(this);
    if (!settle())
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
        if (!wasRunning) // with connections of addConnection(), it goes on
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

bool ServerPoolPrivate::addConnection(qintptr descriptor)
{
    const QPointer<ServerPoolPrivate> alive(this);
    if (ensureRunning() && alive)
        setState(Pool::State::Ready);
    if (!alive || !isRunning()) {
        closeDescriptor(descriptor);
        return false;
    }
    return accepted(descriptor);
}

void ServerPoolPrivate::stopSetup()
{
    listener.close();
}

bool ServerPoolPrivate::accepted(qintptr descriptor)
{
    // Nothing is made for a peer before it is known that it may stay.
    const QHostAddress peer = unmapped(peerAddress(descriptor));
    if (!m_use.filter.allows(peer)) {
        closeDescriptor(descriptor);
        report(Pool::Error::PeerRejected, QStringLiteral("the peer %1 is not allowed").arg(peer.toString()));
        return false;
    }
    const bool isFull = stock->idleCount() + stock->pendingCount() >= m_use.policy.maximumIdle && !stock->unservedCount();
    Entry *entry = isFull ? nullptr : stock->expectNamed();
    if (!entry) {
        closeDescriptor(descriptor);
        report(Pool::Error::ResourcesExhausted,
               QStringLiteral("the connection from %1 is closed: the pool has %2 connections, as many as it may")
                       .arg(peer.toString())
                       .arg(isFull ? m_use.policy.maximumIdle : m_use.policy.maximumConnections));
        return false;
    }
    qCDebug(serverLog).noquote() << entry->id << "is for" << peer.toString();
    setups.run(entry, SetupRunner::Server{m_use.plan, entry->id, peer, Descriptor(descriptor)});
    return true;
}

void ServerPoolPrivate::setUp(Entry *entry, SetupOutcome outcome)
{
    if (outcome.isConnected()) {
        admitted(entry, std::move(outcome));
    } else {
        stock->abandon(entry);
        report(outcome.error, outcome.message);
    }
}

// --- ServerPool --------------------------------------------------------------------------------------------------------

/*! Constructs a pool that speaks plain TCP with everybody: see setConfiguration(). */
ServerPool::ServerPool(QObject *parent) : ServerPool(Configuration(), parent) { }

/*! Constructs a pool with a \a configuration. Nothing is accepted before listen() or addConnection(). */
ServerPool::ServerPool(const Configuration &configuration, QObject *parent)
    : Pool(std::make_unique<ServerPoolPrivate>(configuration), parent)
{
}

ServerPool::~ServerPool() = default;

/*! Returns the configuration as it was given: what is out of range is put right in its use only. In the pool's thread. */
ServerPool::Configuration ServerPool::configuration() const
{
    return static_cast<ServerPoolPrivate *>(d.get())->configuration;
}

/*!
    Replaces the configuration. A running pool uses it for the next connection on. While it runs, a \a configuration that cannot
    work is refused with Error::InvalidConfiguration and changes nothing: the return value tells. In the pool's thread.
*/
bool ServerPool::setConfiguration(const Configuration &configuration)
{
    return static_cast<ServerPoolPrivate *>(d.get())->apply(configuration);
}

/*!
    Listens on \a address and \a port (0: one that is free, see serverPort()) and returns whether it could; if not,
    errorOccurred() tells why: Error::InvalidConfiguration or Error::ListenFailed. In the pool's thread.
*/
bool ServerPool::listen(const QHostAddress &address, quint16 port)
{
    return static_cast<ServerPoolPrivate *>(d.get())->listen(address, port);
}

/*!
    \overload
    Listens on a socket that is bound and listening already, from the system's service manager, say. The pool owns the
    \a descriptor if it returns true.
*/
bool ServerPool::listen(qintptr descriptor)
{
    return static_cast<ServerPoolPrivate *>(d.get())->listen(descriptor);
}

/*!
    Takes in an accepted connection, for an application that has a QTcpServer of its own: call it from
    QTcpServer::incomingConnection(). It is checked, secured and named as one that the pool accepted itself. The pool owns the
    \a descriptor either way. False if the peer was turned away at once. Runs the pool if it is stopped. In the pool's thread.
*/
bool ServerPool::addConnection(qintptr descriptor)
{
    return static_cast<ServerPoolPrivate *>(d.get())->addConnection(descriptor);
}

/*! Returns the address that is listened on; a null address if none is. In the pool's thread. */
QHostAddress ServerPool::serverAddress() const
{
    return static_cast<ServerPoolPrivate *>(d.get())->listener.address();
}

/*! Returns the port that is listened on; 0 if none is. In the pool's thread. */
quint16 ServerPool::serverPort() const
{
    return static_cast<ServerPoolPrivate *>(d.get())->listener.port();
}

} // namespace QNetPool
