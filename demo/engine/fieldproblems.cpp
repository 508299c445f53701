// SPDX-License-Identifier: BSD-3-Clause
#include "fields.h"

#include "fieldtext.h"

#include <QtNetwork/QSslKey>
#include <QtNetwork/QSslSocket>

using namespace QNetPool;

namespace Demo {

namespace {

void addTlsProblems(const QSslConfiguration &tls, bool allowTls12, FieldProblems &problems)
{
    if (!QSslSocket::supportsSsl())
        problems.emplace(QStringLiteral("sslConfiguration"), FieldInfo::tr("TLS is asked for, but Qt has no TLS backend"));
    switch (tls.protocol()) {
    case QSsl::UnknownProtocol: // of a null configuration
    case QSsl::SecureProtocols:
    case QSsl::TlsV1_3:
    case QSsl::TlsV1_3OrLater:
        return;
    case QSsl::TlsV1_2:
    case QSsl::TlsV1_2OrLater:
        if (!allowTls12)
            problems.emplace(QStringLiteral("allowTls12"),
                             FieldInfo::tr("the TLS configuration needs it: it asks for TLS 1.2"));
        return;
    default:
        problems.emplace(QStringLiteral("sslConfiguration"),
                         FieldInfo::tr("it asks for a protocol older than TLS 1.2, or DTLS"));
    }
}

// Whether lists that a program has put there would be taken from a text, too.
template<typename Configuration, typename Value>
void addListProblem(const Configuration &configuration, Value Configuration::*member, const char *name,
                    FieldProblems &problems)
{
    const FieldInfo unlimited{.name = name, .label = name, .description = name, .group = FieldGroup::Peer};
    Value ignored;
    const QString cause = readText(toText(configuration.*member, unlimited), ignored, unlimited);
    if (!cause.isEmpty())
        problems.emplace(QLatin1String(name), cause);
}

void addPeerProblems(const ClientPool::Configuration &configuration, FieldProblems &problems)
{
    if (configuration.dialer) {
        if (configuration.tlsMode == TlsMode::Verified && configuration.host.isEmpty() && configuration.peerName.isEmpty())
            problems.emplace(QStringLiteral("peerName"), FieldInfo::tr("without a host, it is needed to verify the peer"));
        return;
    }
    if (configuration.host.isEmpty())
        problems.emplace(QStringLiteral("host"), FieldInfo::tr("it is empty"));
    if (configuration.port == 0)
        problems.emplace(QStringLiteral("port"), FieldInfo::tr("nothing can be reached on port 0"));
}

} // namespace

FieldProblems problemsOf(const ClientPool::Configuration &configuration)
{
    FieldProblems problems;
    addPeerProblems(configuration, problems);
    if (configuration.minimumCapacity > configuration.maximumCapacity)
        problems.emplace(QStringLiteral("minimumCapacity"),
                         FieldInfo::tr("%1 is more than the maximum capacity, which is %2")
                                 .arg(configuration.minimumCapacity)
                                 .arg(configuration.maximumCapacity));
    if (configuration.minimumInterval > configuration.maximumInterval)
        problems.emplace(QStringLiteral("minimumInterval"),
                         FieldInfo::tr("%1 ms is more than the maximum interval, which is %2 ms")
                                 .arg(configuration.minimumInterval.count())
                                 .arg(configuration.maximumInterval.count()));
    addListProblem(configuration, &ClientPool::Configuration::pinnedFingerprints, "pinnedFingerprints", problems);
    if (configuration.tlsMode != TlsMode::None)
        addTlsProblems(configuration.sslConfiguration, configuration.allowTls12, problems);
    return problems;
}

FieldProblems problemsOf(const ServerPool::Configuration &configuration)
{
    FieldProblems problems;
    addListProblem(configuration, &ServerPool::Configuration::allowedPeers, "allowedPeers", problems);
    const QSslConfiguration &tls = configuration.sslConfiguration;
    if (tls.isNull())
        return problems;
    if (tls.localCertificateChain().isEmpty() || tls.privateKey().isNull())
        problems.emplace(QStringLiteral("sslConfiguration"), FieldInfo::tr("it lacks a certificate or a private key"));
    addTlsProblems(tls, configuration.allowTls12, problems);
    return problems;
}

} // namespace Demo
