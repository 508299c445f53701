// SPDX-License-Identifier: BSD-3-Clause
#include "preparedserver.h"

#include "setup/tls.h"

#include <QtNetwork/qsslcertificate.h>
#include <QtNetwork/qsslkey.h>

namespace QNetPool {

PreparedServer::PreparedServer(const ServerPool::Configuration &requested)
{
    ServerPool::Configuration &configuration = plan->configuration;
    configuration = requested;
    prepareCommon(configuration, *this);
    if (requested.maximumCapacity < 1)
        changes << QStringLiteral("maximumCapacity is %1, out of range: it becomes 1").arg(requested.maximumCapacity);
    policy.maximumIdle = configuration.maximumCapacity = std::max(1, requested.maximumCapacity);
    configuration.listenBacklog = std::max(1, requested.listenBacklog);

    QString offender;
    for (const QString &peer : requested.allowedPeers) {
        if (!PeerFilter::fromStrings({peer}, &offender))
            problems
                    << QStringLiteral("%1 among the allowed peers is neither an address nor a subnet").arg(quoted(offender));
    }
    if (const std::optional<PeerFilter> allowed = PeerFilter::fromStrings(requested.allowedPeers, &offender))
        filter = *allowed;
    addTlsProblems(requested.tls);
    if (requested.tls.enabled && problems.isEmpty())
        plan->tls = serverTls(requested.tls.configuration, requested.tls.allowTls12);
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
    problems << tlsWeaknesses(tls.configuration, tls.allowTls12);
}

} // namespace QNetPool
