// SPDX-License-Identifier: BSD-3-Clause
#include "tlssummary.h"

#include "fieldinfo.h"

#include <QtNetwork/QSslCertificate>
#include <QtNetwork/QSslKey>

namespace Demo {

static QString protocolOf(const QSslConfiguration &tls)
{
    switch (tls.protocol()) {
    case QSsl::TlsV1_2:
        return QStringLiteral("TLS 1.2");
    case QSsl::TlsV1_2OrLater:
        return FieldInfo::tr("TLS 1.2 or later");
    case QSsl::TlsV1_3:
        return QStringLiteral("TLS 1.3");
    case QSsl::SecureProtocols: // the pools take TLS 1.3 at least for it
    case QSsl::TlsV1_3OrLater:
        return FieldInfo::tr("TLS 1.3 or later");
    default:
        return FieldInfo::tr("another protocol");
    }
}

QString tlsSummary(const QSslConfiguration &tls, bool isClient)
{
    if (tls.isNull())
        return isClient ? FieldInfo::tr("Qt's default") : FieldInfo::tr("none");
    QStringList parts{protocolOf(tls)};
    const auto certificates = int(tls.localCertificateChain().size());
    parts << (certificates ? FieldInfo::tr("certificates: %1").arg(certificates) : FieldInfo::tr("no certificate"));
    if (certificates && tls.privateKey().isNull())
        parts << FieldInfo::tr("no private key");
    parts << FieldInfo::tr("authorities: %1").arg(tls.caCertificates().size());
    if (!isClient && tls.peerVerifyMode() == QSslSocket::VerifyPeer)
        parts << FieldInfo::tr("client certificates required");
    return parts.join(QLatin1String(", "));
}

} // namespace Demo
