// SPDX-License-Identifier: BSD-3-Clause
#include "preparedserver.h"

#include "setup/tls.h"
#include "system/descriptor.h"
#include "system/kerneldescriptor.h"

#include <QtNetwork/qsslcertificate.h>
#include <QtNetwork/qsslkey.h>
#include <QtNetwork/qsslsocket.h>

#include <limits>

namespace QNetPool {

PreparedServer::PreparedServer(const ServerPool::Configuration &requested)
{
    ServerPool::Configuration &configuration = plan->configuration;
    configuration = requested;
    prepareCommon(configuration, *this);
    constexpr int most = std::numeric_limits<int>::max();
    clampNumber(configuration.maximumCapacity, 1, most, "maximumCapacity", changes);
    clampNumber(configuration.maximumPendingHandshakes, 0, most, "maximumPendingHandshakes", changes);
    clampNumber(configuration.maximumPendingPerPeer, 0, most, "maximumPendingPerPeer", changes);
    clampNumber(configuration.maximumConnectionsPerPeer, 0, most, "maximumConnectionsPerPeer", changes);
    clampNumber(configuration.listenBacklog, 1, most, "listenBacklog", changes);
    policy.maximumIdle = configuration.maximumCapacity;
    policy.maximumPerPeer = configuration.maximumConnectionsPerPeer;
    policy.networkOf = [](qintptr descriptor) { return QNetPool::networkOf(unmapped(peerAddress(descriptor))); };

    QString offender;
    for (const QString &peer : requested.allowedPeers) {
        if (!PeerFilter::fromStrings({peer}, &offender))
            problems
                    << QStringLiteral("%1 among the allowed peers is neither an address nor a subnet").arg(quoted(offender));
    }
    if (const std::optional<PeerFilter> allowed = PeerFilter::fromStrings(requested.allowedPeers, &offender))
        filter = *allowed;
    if (!requested.allowedPeers.isEmpty())
        policy.allowsPeer = [peers = filter](qintptr descriptor) { return peers.allows(unmapped(peerAddress(descriptor))); };
    addTlsProblems(requested.tls);
    if (requested.tls.enabled && problems.isEmpty()) {
        plan->tls = serverTls(requested.tls.configuration, requested.tls.allowTls12);
        if (const QString reason = unusableReason(plan->tls); !reason.isEmpty())
            problems << reason;
    }
    policy.putProblem = [peers = filter, isEncrypted = requested.tls.enabled, rules = plan->tls](const QTcpSocket &socket) {
        const QHostAddress peer = unmapped(peerAddress(kernelDescriptor(socket)));
        if (!peers.allows(peer))
            return PeerFilter::refusalOf(peer);
        return isEncrypted ? tlsProblem(qobject_cast<const QSslSocket *>(&socket), rules) : QString();
    };
}

void PreparedServer::addTlsProblems(const ServerPool::Tls &tls)
{
    if (!tls.enabled) {
        if (!tls.configuration.isNull())
            problems << QStringLiteral("tls.configuration has no effect unless tls.enabled is set");
        if (tls.allowTls12)
            problems << QStringLiteral("tls.allowTls12 has no effect unless tls.enabled is set");
        return;
    }
    if (const std::optional<QString> missing = tlsUnavailableReason())
        problems << QStringLiteral("TLS is requested, but ") + *missing;
    else if (tls.configuration.localCertificate().isNull() || tls.configuration.privateKey().isNull())
        problems << QStringLiteral("TLS is requested, but tls.configuration lacks a certificate or a private key");
    else if (!belongTogether(tls.configuration.localCertificate(), tls.configuration.privateKey()))
        problems << QStringLiteral("the private key of tls.configuration is not that of its certificate");
    if (tls.configuration.peerVerifyMode() == QSslSocket::AutoVerifyPeer && namesAuthorities(tls.configuration))
        problems << QStringLiteral("tls.configuration has certificate authorities, but does not ask clients for a "
                                   "certificate: setPeerVerifyMode(QSslSocket::VerifyPeer) requires one");
    if (tls.configuration.ocspStaplingEnabled())
        problems << QStringLiteral("tls.configuration has setOcspStaplingEnabled(true), which is for clients: Qt staples "
                                   "nothing at a server");
    problems << tlsWeaknesses(tls.configuration, tls.allowTls12);
}

} // namespace QNetPool
