// SPDX-License-Identifier: BSD-3-Clause
#include "preparedclient.h"

#include "setup/tls.h"
#include "sizing/sizing.h"

#include <QtNetwork/qsslcertificate.h>
#include <QtNetwork/qsslkey.h>

namespace QNetPool {

PreparedClient::PreparedClient(const ClientPool::Configuration &requested)
{
    ClientPool::Configuration &configuration = plan->configuration;
    configuration = requested;
    changes = clampSizing(configuration.sizing);
    clampTime(configuration.connectTimeout, "connectTimeout", changes);
    prepareCommon(configuration, *this);
    policy.host = requested.host;
    policy.sizing = configuration.sizing;
    policy.maximumIdle = configuration.sizing.maximumCapacity;
    policy.dropUnexpectedBytes = requested.dropUnexpectedBytes && requested.connectionMode == ConnectionMode::Single;

    plan->address = QHostAddress(requested.host);
    plan->resolver = std::make_shared<Resolver>(requested.host);
    if (requested.tls.mode == TlsMode::SelfSigned) {
        for (const QByteArray &text : requested.tls.pinnedFingerprints)
            plan->pins << parseFingerprint(text);
    }

    if (requested.host.isEmpty() && !requested.dialer)
        problems << QStringLiteral("there is neither a host nor a dialer");
    if (requested.port == 0 && !requested.dialer)
        problems << (requested.host.isEmpty() ? QStringLiteral("the port is 0")
                                              : QStringLiteral("the port of host %1 is 0").arg(requested.host));
    addSizingProblems(requested.sizing);
    if (requested.tls.mode != TlsMode::None)
        addTlsProblems(requested);
    if (requested.tls.mode != TlsMode::None && problems.isEmpty())
        plan->tls = clientTls(requested.tls.configuration, requested.tls.mode, requested.tls.allowTls12);
}

void PreparedClient::addSizingProblems(const ClientPool::Sizing &requested)
{
    checkEnumerator(requested.rule, "sizing.rule", problems);
    const double share = requested.waitProbability;
    if (!(share > 0 && share < 1))
        problems << QStringLiteral("sizing.waitProbability is %1: it has to be above 0 and below 1").arg(share);
    else if (requested.rule == ClientPool::Rule::Stepwise && share != ClientPool::Sizing().waitProbability)
        problems << QStringLiteral("sizing.waitProbability is %1, which has an effect in Rule::Predictive only").arg(share);
}

void PreparedClient::addTlsProblems(const ClientPool::Configuration &requested)
{
    checkEnumerator(requested.tls.mode, "tls.mode", problems);
    if (const std::optional<QString> missing = tlsUnavailableReason())
        problems << QStringLiteral("TLS to %1 is requested, but %2").arg(plan->target(), *missing);
    problems << tlsWeaknesses(requested.tls.configuration, requested.tls.allowTls12);
    const bool hasCertificate = !requested.tls.configuration.localCertificate().isNull();
    if (hasCertificate == requested.tls.configuration.privateKey().isNull())
        problems << QStringLiteral("tls.configuration has a %1, but lacks a %2")
                            .arg(hasCertificate ? QLatin1String("client certificate") : QLatin1String("private key"),
                                 hasCertificate ? QLatin1String("private key") : QLatin1String("client certificate"));
    if (requested.tls.mode == TlsMode::Verified && requested.host.isEmpty() && requested.tls.peerName.isEmpty())
        problems << QStringLiteral("TlsMode::Verified needs a tls.peerName, or a host, to verify");
    for (qsizetype i = 0; i < plan->pins.size(); ++i) {
        if (plan->pins.at(i).isEmpty())
            problems << QStringLiteral("the pinned fingerprint \"%1\" is not a SHA-256 fingerprint of 64 hexadecimal digits")
                                .arg(QString::fromLatin1(requested.tls.pinnedFingerprints.at(i)));
    }
}

} // namespace QNetPool
