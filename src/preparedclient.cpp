// SPDX-License-Identifier: BSD-3-Clause
#include "preparedclient.h"

#include "setup/tls.h"
#include "sizing/sizing.h"

#include <QtCore/qurl.h>
#include <QtNetwork/qsslcertificate.h>
#include <QtNetwork/qsslkey.h>
#include <QtNetwork/qsslsocket.h>

#include <algorithm>

namespace QNetPool {

namespace {

// Whether the text can be looked up or is an address. QHostInfo refuses what has no ASCII form; QHostAddress ignores white
// space.
bool isHost(const QString &text)
{
    const auto isForeign = [](QChar c) { return c.isSpace() || c.category() == QChar::Other_Control; };
    return std::none_of(text.begin(), text.end(), isForeign)
            && (!QHostAddress(text).isNull() || !QUrl::toAce(text).isEmpty());
}

QString noHost(const char *name, const QString &text)
{
    return QStringLiteral("%1 is %2: it has to be a host name or an address, without scheme, port or brackets")
            .arg(QLatin1String(name), quoted(text));
}

} // namespace

PreparedClient::PreparedClient(const ClientPool::Configuration &requested, const std::shared_ptr<const DialPlan> &former)
{
    ClientPool::Configuration &configuration = plan->configuration;
    configuration = requested;
    changes = clampSizing(configuration.sizing);
    const milliseconds backoff = requested.sizing.maximumBackoff;
    // The default goes with any maximumInterval.
    if (configuration.sizing.maximumBackoff != backoff && backoff != ClientPool::Sizing().maximumBackoff)
        changes << QStringLiteral("sizing.maximumBackoff is %1 ms, less than sizing.maximumInterval: it becomes %2 ms")
                           .arg(backoff.count())
                           .arg(configuration.sizing.maximumBackoff.count());
    clampTime(configuration.connectTimeout, "connectTimeout", changes);
    prepareCommon(configuration, *this);
    policy.host = requested.host;
    policy.sizing = configuration.sizing;
    policy.maximumIdle = configuration.sizing.maximumCapacity;
    policy.keepsStep = requested.connectionMode == ConnectionMode::Single;
    policy.dropUnexpectedBytes = requested.dropUnexpectedBytes && policy.keepsStep;

    plan->address = QHostAddress(requested.host);
    plan->resolver = former ? former->resolver->next(requested.host) : std::make_shared<Resolver>(requested.host);
    for (const QByteArray &text : requested.tls.pinnedFingerprints)
        plan->pins << parseFingerprint(text);

    addPeerProblems(requested);
    addSizingProblems(requested.sizing);
    if (requested.tls.mode == TlsMode::None)
        addPlainTcpProblems(requested.tls);
    else
        addTlsProblems(requested);
    addPinProblems(requested.tls.pinnedFingerprints);
    if (requested.tls.mode != TlsMode::None && problems.isEmpty())
        useTls(requested.tls);
}

void PreparedClient::useTls(const ClientPool::Tls &requested)
{
    plan->tls = clientTls(requested.configuration, requested.mode, requested.allowTls12);
    if (const QString reason = unusableReason(plan->tls); !reason.isEmpty())
        problems << reason;
    const QString name = requested.mode == TlsMode::Verified ? plan->verifiedName() : QString();
    policy.putProblem = [rules = plan->tls, name, pins = plan->pins](const QTcpSocket &socket) {
        const auto *tls = qobject_cast<const QSslSocket *>(&socket);
        const QString problem = tlsProblem(tls, rules);
        return problem.isEmpty() ? peerProblem(*tls, name, pins) : problem;
    };
}

void PreparedClient::addPeerProblems(const ClientPool::Configuration &requested)
{
    const QString &peerName = requested.tls.peerName;
    const bool isDialled = !requested.dialer; // else it is a word for messages, unless it is verified
    const bool isVerified = requested.tls.mode == TlsMode::Verified && peerName.isEmpty();
    const bool isUsable = isHost(requested.host);
    if (requested.host.isEmpty() && isDialled)
        problems << QStringLiteral("there is neither a host nor a dialer");
    else if (!requested.host.isEmpty() && !isUsable && (isDialled || isVerified))
        problems << noHost("host", requested.host);
    if (requested.port == 0 && isDialled)
        problems << (isUsable ? QStringLiteral("the port of host %1 is 0").arg(printable(requested.host))
                              : QStringLiteral("the port is 0"));
    if (requested.tls.mode != TlsMode::None && !peerName.isEmpty() && !isHost(peerName))
        problems << noHost("tls.peerName", peerName);
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

// Who sets one of these expects TLS.
void PreparedClient::addPlainTcpProblems(const ClientPool::Tls &requested)
{
    const auto refuseIf = [this](bool isSet, const char *name) {
        if (isSet)
            problems << QStringLiteral("tls.%1 has no effect unless tls.mode is set, to TlsMode::Verified for instance: "
                                       "nothing would be encrypted")
                                .arg(QLatin1String(name));
    };
    refuseIf(!requested.peerName.isEmpty(), "peerName");
    refuseIf(!requested.configuration.isNull(), "configuration");
    refuseIf(requested.allowTls12, "allowTls12");
    refuseIf(!requested.pinnedFingerprints.isEmpty(), "pinnedFingerprints");
}

void PreparedClient::addTlsProblems(const ClientPool::Configuration &requested)
{
    checkEnumerator(requested.tls.mode, "tls.mode", problems);
    if (const std::optional<QString> missing = tlsUnavailableReason())
        problems << QStringLiteral("TLS to %1 is requested, but %2")
                            .arg(isHost(requested.host) ? printable(plan->target()) : quoted(plan->target()), *missing);
    problems << tlsWeaknesses(requested.tls.configuration, requested.tls.allowTls12);
    const bool hasCertificate = !requested.tls.configuration.localCertificate().isNull();
    if (hasCertificate == requested.tls.configuration.privateKey().isNull())
        problems << QStringLiteral("tls.configuration has a %1, but lacks a %2")
                            .arg(hasCertificate ? QLatin1String("client certificate") : QLatin1String("private key"),
                                 hasCertificate ? QLatin1String("private key") : QLatin1String("client certificate"));
    else if (hasCertificate
             && !belongTogether(requested.tls.configuration.localCertificate(), requested.tls.configuration.privateKey()))
        problems << QStringLiteral("the private key of tls.configuration is not that of its certificate");
    if (requested.tls.mode == TlsMode::Verified && requested.host.isEmpty() && requested.tls.peerName.isEmpty())
        problems << QStringLiteral("TlsMode::Verified needs a tls.peerName, or a host, to verify");
}

void PreparedClient::addPinProblems(const QList<QByteArray> &requested)
{
    for (qsizetype i = 0; i < plan->pins.size(); ++i) {
        if (plan->pins.at(i).isEmpty())
            problems << QStringLiteral(
                                "the pinned fingerprint %1 is not a SHA-256 fingerprint, which is 64 hexadecimal digits, "
                                "with or without colons between bytes, or 32 raw bytes")
                                .arg(quoted(QString::fromLatin1(requested.at(i))));
    }
}

} // namespace QNetPool
