// SPDX-License-Identifier: BSD-3-Clause
#include "certificateproblem.h"

#include "setup/tls.h"
#include "system/printable.h"

#include <QtCore/qdatetime.h>
#include <QtCore/qregularexpression.h>
#include <QtNetwork/qsslcertificate.h>
#include <QtNetwork/qsslcertificateextension.h>
#include <QtNetwork/qsslconfiguration.h>
#include <QtNetwork/qsslerror.h>
#include <QtNetwork/qsslkey.h>

#include <algorithm>

namespace QNetPool {

namespace {

QString subjectOf(const QSslCertificate &certificate)
{
    const QStringList names = certificate.subjectInfo(QSslCertificate::CommonName)
            + certificate.subjectAlternativeNames().values(QSsl::DnsEntry);
    return names.isEmpty() ? QStringLiteral("a peer without a name") : quoted(names.first());
}

QString issuerOf(const QSslCertificate &certificate)
{
    const QStringList names =
            certificate.issuerInfo(QSslCertificate::CommonName) + certificate.issuerInfo(QSslCertificate::Organization);
    return names.isEmpty() ? QStringLiteral("an authority without a name") : quoted(names.first());
}

// Which authorities an issuer was looked for in.
QString authoritiesOf(const QSslConfiguration &configuration)
{
    if (usesSystemAuthorities(configuration))
        return QStringLiteral("the system's authorities: setCaCertificates() of tls.configuration sets others");
    if (configuration.caCertificates().isEmpty())
        return QStringLiteral("the authorities of tls.configuration, which has none: could their file be read?");
    return QStringLiteral("the authorities of tls.configuration, which has %1").arg(configuration.caCertificates().size());
}

// Empty: neither is.
QString weaknessOf(const QSslCertificate &certificate)
{
    constexpr int leastBits = 2048;
    const QSslKey key = certificate.publicKey();
    if ((key.algorithm() == QSsl::Rsa || key.algorithm() == QSsl::Dsa) && key.length() < leastBits)
        return QStringLiteral("has a key of %1 bits, which is too weak").arg(key.length());
    static const QRegularExpression weakDigest(QStringLiteral("Signature Algorithm: (\\S*(?:sha1|md5)\\S*)"),
                                               QRegularExpression::CaseInsensitiveOption);
    const QRegularExpressionMatch match = weakDigest.match(certificate.toText()); // Qt has no other word for it
    const bool isItsOwnIssuer = certificate.isSelfSigned(); // whose signature says nothing
    return match.hasMatch() && !isItsOwnIssuer
            ? QStringLiteral("is signed with %1, which is too weak").arg(match.captured(1))
            : QString();
}

bool hasNameConstraints(const QSslCertificate &certificate)
{
    const auto extensions = certificate.extensions();
    return std::any_of(extensions.begin(), extensions.end(), [](const QSslCertificateExtension &extension) {
        return extension.oid() == QLatin1String("2.5.29.30");
    });
}

// What the peer sent, and the authority behind it, as far as it is known here.
QList<QSslCertificate> chainOf(const QSslConfiguration &configuration)
{
    QList<QSslCertificate> chain = configuration.peerCertificateChain();
    if (chain.isEmpty())
        return chain;
    const QStringList issuer = chain.last().issuerInfo(QSslCertificate::CommonName);
    for (const QSslCertificate &authority : configuration.caCertificates()) {
        if (authority.subjectInfo(QSslCertificate::CommonName) == issuer)
            chain << authority;
    }
    return chain;
}

// Qt has one code for all that it does not know.
QString unnamedProblem(const QSslConfiguration &configuration)
{
    const QList<QSslCertificate> chain = chainOf(configuration);
    for (const QSslCertificate &certificate : chain) {
        if (const QString weakness = weaknessOf(certificate); !weakness.isEmpty())
            return QStringLiteral("the certificate of %1 %2").arg(subjectOf(certificate), weakness);
    }
    const QString refusal =
            QStringLiteral("the certificate of %1 is refused").arg(subjectOf(configuration.peerCertificate()));
    for (const QSslCertificate &certificate : chain) {
        if (hasNameConstraints(certificate))
            return refusal
                    + QStringLiteral(": perhaps the name constraints of %1 do not allow it").arg(subjectOf(certificate));
    }
    return refusal + QStringLiteral("; `openssl verify` may say why");
}

} // namespace

QString certificateProblem(const QSslError &error, const QSslConfiguration &configuration)
{
    const QSslCertificate certificate = error.certificate();
    switch (error.error()) {
    case QSslError::CertificateExpired:
        return QStringLiteral("the certificate of %1 expired on %2")
                .arg(subjectOf(certificate), certificate.expiryDate().toUTC().toString(Qt::ISODate));
    case QSslError::CertificateNotYetValid:
        return QStringLiteral("the certificate of %1 is not valid before %2: is this host's clock right?")
                .arg(subjectOf(certificate), certificate.effectiveDate().toUTC().toString(Qt::ISODate));
    case QSslError::SelfSignedCertificate:
    case QSslError::SelfSignedCertificateInChain:
    case QSslError::UnableToGetIssuerCertificate:
    case QSslError::UnableToGetLocalIssuerCertificate:
    case QSslError::UnableToVerifyFirstCertificate:
    case QSslError::CertificateUntrusted:
        if (certificate.isSelfSigned())
            return QStringLiteral("the certificate of %1 is self-signed, and not among %2")
                    .arg(subjectOf(certificate), authoritiesOf(configuration));
        return QStringLiteral("the certificate of %1 was issued by %2, which is not among %3")
                .arg(subjectOf(certificate), issuerOf(certificate), authoritiesOf(configuration));
    case QSslError::UnspecifiedError:
        return unnamedProblem(configuration);
    default:
        return error.errorString();
    }
}

} // namespace QNetPool
