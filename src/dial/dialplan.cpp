// SPDX-License-Identifier: BSD-3-Clause
#include "dialplan.h"

#include "setup/tls.h"

namespace QNetPool {

namespace {

struct SharedDialer
{
    std::shared_ptr<const Dialer> dialer;
    void operator()(QTcpSocket *socket) const { (*dialer)(socket); }
};

bool isSame(const Dialer &one, const Dialer &other)
{
    const auto *a = one.target<SharedDialer>();
    const auto *b = other.target<SharedDialer>();
    return a && b ? a->dialer == b->dialer : !one && !other;
}

} // namespace

Dialer recognizable(const Dialer &dialer)
{
    return !dialer || dialer.target<SharedDialer>() ? dialer : SharedDialer{std::make_shared<const Dialer>(dialer)};
}

QString DialPlan::target() const
{
    const QString &host = configuration.host;
    if (host.isEmpty())
        return QStringLiteral("the dialer's peer");
    return configuration.port ? endpointText(host, configuration.port) : host;
}

QString DialPlan::verifiedName() const
{
    return nameToVerify(configuration.tls.peerName.isEmpty() ? configuration.host : configuration.tls.peerName);
}

bool DialPlan::hasPeerOf(const DialPlan &other) const
{
    const ClientPool::Configuration &a = configuration;
    const ClientPool::Configuration &b = other.configuration;
    return a.host == b.host && a.port == b.port && isSame(a.dialer, b.dialer) && a.connectionMode == b.connectionMode
            && a.idFormat == b.idFormat && a.tls.mode == b.tls.mode && a.tls.peerName == b.tls.peerName && tls == other.tls
            && pins == other.pins;
}

QString connectedToItself()
{
    return QStringLiteral("nothing listens there, and TCP has connected to itself");
}

QString endpointText(const QString &host, quint16 port)
{
    return (host.contains(u':') ? QStringLiteral("[%1]:%2") : QStringLiteral("%1:%2")).arg(host, QString::number(port));
}

} // namespace QNetPool
