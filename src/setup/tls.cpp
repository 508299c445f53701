// SPDX-License-Identifier: BSD-3-Clause
#include "tls.h"

#include "certificateproblem.h"
#include "system/printable.h"

#include <QtCore/qcryptographichash.h>
#include <QtCore/qurl.h>
#include <QtNetwork/qhostaddress.h>
#include <QtNetwork/qsslcertificate.h>
#include <QtNetwork/qsslcipher.h>
#include <QtNetwork/qsslellipticcurve.h>
#include <QtNetwork/qsslkey.h>
#include <QtNetwork/qsslsocket.h>

#include <algorithm>

namespace QNetPool {

namespace {

QByteArray digestOf(const QSslSocket &socket)
{
    return socket.peerCertificate().digest(QCryptographicHash::Sha256);
}

// Compares in constant time.
bool isSame(const QByteArray &one, const QByteArray &other)
{
    if (one.size() != other.size())
        return false;
    uchar difference = 0;
    for (qsizetype i = 0; i < one.size(); ++i)
        difference = uchar(difference | (one[i] ^ other[i]));
    return difference == 0;
}

QSsl::SslProtocol protocolFor(QSsl::SslProtocol requested, bool allowTls12)
{
    if (!allowTls12 || requested == QSsl::TlsV1_3 || requested == QSsl::TlsV1_3OrLater)
        return QSsl::TlsV1_3OrLater;
    return requested == QSsl::TlsV1_2 ? QSsl::TlsV1_2 : QSsl::TlsV1_2OrLater;
}

bool isStrong(const QSslCipher &cipher, bool allowTls12)
{
    return cipher.protocol() == QSsl::TlsV1_3 || (allowTls12 && cipher.protocol() == QSsl::TlsV1_2);
}

// Removes ciphers of older versions, which would be decoded again for each connection.
void dropOlderVersions(QSslConfiguration &configuration, bool allowTls12)
{
    configuration.setProtocol(protocolFor(configuration.protocol(), allowTls12));
    QList<QSslCipher> ciphers = configuration.ciphers();
    if (ciphers.isEmpty())
        ciphers = QSslConfiguration::defaultConfiguration().ciphers();
    ciphers.removeIf([allowTls12](const QSslCipher &cipher) { return !isStrong(cipher, allowTls12); });
    configuration.setCiphers(ciphers);
}

// Else OpenSSL offers finite fields, too, of which a server computes the slowest for any client that asks for it. Not every
// backend knows them.
void nameGroups(QSslConfiguration &configuration)
{
    if (!configuration.ellipticCurves().isEmpty())
        return;
    QList<QSslEllipticCurve> curves;
    for (const QLatin1String name :
         {QLatin1String("X25519"), QLatin1String("prime256v1"), QLatin1String("secp384r1"), QLatin1String("secp521r1")}) {
        if (const QSslEllipticCurve curve = QSslEllipticCurve::fromShortName(name); curve.isValid())
            curves << curve;
    }
    configuration.setEllipticCurves(curves);
}

// Whose local certificate may be null: it is asked for elsewhere.
bool hasNullCertificate(const QSslConfiguration &configuration)
{
    const QList<QSslCertificate> all = configuration.localCertificateChain().mid(1) + configuration.caCertificates();
    return std::any_of(all.begin(), all.end(), [](const QSslCertificate &certificate) { return certificate.isNull(); });
}

bool isAllowed(QSsl::SslProtocol spoken, QSsl::SslProtocol effective)
{
    return (spoken == QSsl::TlsV1_3 && effective != QSsl::TlsV1_2)
            || (spoken == QSsl::TlsV1_2 && effective != QSsl::TlsV1_3OrLater);
}

bool hasVerifiedPeer(const QSslSocket &socket)
{
    const QSslSocket::PeerVerifyMode mode = socket.peerVerifyMode();
    return mode == QSslSocket::VerifyPeer
            || (mode == QSslSocket::AutoVerifyPeer && socket.mode() == QSslSocket::SslClientMode);
}

// But for its name, which is verified elsewhere.
QStringList certificateProblems(const QSslSocket &socket)
{
    QStringList problems;
    const QList<QSslError> errors = socket.sslHandshakeErrors(); // which the application has ignored
    for (const QSslError &error : errors) {
        if (error.error() != QSslError::HostNameMismatch)
            problems << certificateProblem(error, socket.sslConfiguration());
    }
    problems.removeDuplicates();
    return problems;
}

} // namespace

std::optional<QString> tlsUnavailableReason()
{
    if (!QSslSocket::supportsSsl())
        return QStringLiteral("this Qt has no TLS backend that can be used (built for %1, found: %2)")
                .arg(QSslSocket::sslLibraryBuildVersionString(), QSslSocket::availableBackends().join(QLatin1String(", ")));
    if (!QSslSocket::isProtocolSupported(QSsl::TlsV1_3OrLater))
        return QStringLiteral("the TLS backend %1 does not support TLS 1.3").arg(QSslSocket::activeBackend());
    return std::nullopt;
}

QStringList tlsWeaknesses(const QSslConfiguration &requested, bool allowTls12)
{
    QStringList weaknesses;
    const QList<QSslCipher> ciphers = requested.ciphers();
    const auto isAllowed = [allowTls12](const QSslCipher &cipher) { return isStrong(cipher, allowTls12); };
    if (!ciphers.isEmpty() && std::none_of(ciphers.begin(), ciphers.end(), isAllowed))
        weaknesses << QStringLiteral("tls.configuration names no cipher of TLS 1.3");
    if (hasNullCertificate(requested))
        weaknesses << QStringLiteral("tls.configuration has a null certificate: could its file be read?");
    const QList<QByteArray> options = requested.backendConfiguration().keys();
    for (const QByteArray &option : options) { // which overrides protocol()
        if (option.compare("MinProtocol", Qt::CaseInsensitive) == 0
            || option.compare("MaxProtocol", Qt::CaseInsensitive) == 0)
            weaknesses << QStringLiteral(
                                  "tls.configuration has the backend option %1: its setProtocol(), and tls.allowTls12, "
                                  "say which versions are used")
                                  .arg(QLatin1String(option));
    }
    switch (requested.protocol()) {
    case QSsl::UnknownProtocol: // of a null configuration
    case QSsl::SecureProtocols:
    case QSsl::TlsV1_3:
    case QSsl::TlsV1_3OrLater:
        break;
    case QSsl::TlsV1_2:
    case QSsl::TlsV1_2OrLater:
        if (!allowTls12)
            weaknesses << QStringLiteral(
                    "tls.configuration asks for TLS 1.2, which is refused unless tls.allowTls12 is set");
        break;
    default:
        weaknesses << QStringLiteral("tls.configuration asks for a protocol older than TLS 1.2, or for DTLS");
    }
    return weaknesses;
}

bool usesSystemAuthorities(const QSslConfiguration &configuration)
{
    QSslConfiguration withThemSet = configuration;
    withThemSet.setCaCertificates(configuration.caCertificates());
    return withThemSet != configuration;
}

// Qt decodes certificates, ciphers and the backend's options only when a handshake begins, and fails that, whoever the peer
// is. So one is begun, with nobody; as a server, which has nothing to send before its peer has said something.
QString unusableReason(QSslConfiguration effective)
{
    if (QSslSocket::activeBackend() != QLatin1String("openssl"))
        return {};
    QSslSocket socket;
    QString reason;
    QObject::connect(&socket, &QAbstractSocket::errorOccurred, &socket, [&] {
        if (reason.isEmpty())
            reason = QStringLiteral("tls.configuration cannot be used: %1").arg(printable(socket.errorString()));
    });
    effective.setOcspStaplingEnabled(false); // which a client may
    socket.setSslConfiguration(effective);
    socket.setSocketDescriptor(-1);
    socket.startServerEncryption();
    if (reason.isEmpty() || effective.backendConfiguration().isEmpty())
        return reason;
    return reason + QStringLiteral("; setBackendConfigurationOption() takes what OpenSSL's SSL_CONF_cmd() knows");
}

bool namesAuthorities(const QSslConfiguration &configuration)
{
    const QList<QSslCertificate> named = configuration.caCertificates();
    return !named.isEmpty() && named != QSslConfiguration::defaultConfiguration().caCertificates();
}

// Qt has no function for it. The DER of a private key contains its public key: the end of RSA's modulus and the exponent, or
// the point of an elliptic curve, which may be left out there, or be compressed in either.
bool belongTogether(const QSslCertificate &certificate, const QSslKey &privateKey)
{
    const QSslKey publicKey = certificate.publicKey();
    const QSsl::KeyAlgorithm algorithm = publicKey.algorithm();
    if (publicKey.isNull() || algorithm == QSsl::Opaque || privateKey.algorithm() == QSsl::Opaque)
        return true;
    if (algorithm != privateKey.algorithm())
        return false;
    const bool isEc = algorithm == QSsl::Ec;
    const qsizetype size = (publicKey.length() + 7) / 8; // bytes of the modulus, or of a coordinate
    const qsizetype count = isEc ? 1 + 2 * size : size;
    const QByteArray known = publicKey.toDer();
    const QByteArray secret = privateKey.toDer();
    if ((!isEc && algorithm != QSsl::Rsa) || known.size() < count || secret.size() < size + count)
        return true;
    constexpr char uncompressed = 4;
    const QByteArray end = known.last(count);
    return (isEc && end.front() != uncompressed) || secret.contains(end);
}

QSslConfiguration clientTls(QSslConfiguration requested, TlsMode mode, bool allowTls12)
{
    if (requested.isNull())
        requested = QSslConfiguration::defaultConfiguration();
    dropOlderVersions(requested, allowTls12);
    nameGroups(requested);
    requested.setPeerVerifyMode(mode == TlsMode::Verified ? QSslSocket::VerifyPeer : QSslSocket::VerifyNone);
    return requested;
}

QSslConfiguration serverTls(QSslConfiguration requested, bool allowTls12)
{
    dropOlderVersions(requested, allowTls12);
    nameGroups(requested);
    if (requested.peerVerifyMode() == QSslSocket::AutoVerifyPeer) // which asks for a certificate that nobody looks at
        requested.setPeerVerifyMode(QSslSocket::VerifyNone);
    return requested;
}

QString nameToVerify(QString name)
{
    if (name.endsWith(u'.'))
        name.chop(1);
    return name;
}

bool isFor(const QSslCertificate &certificate, const QString &name)
{
    const auto names = certificate.subjectAlternativeNames();
    if (const QHostAddress address(name); !address.isNull()) {
        const QStringList addresses = names.values(QSsl::IpAddressEntry);
        return std::any_of(addresses.begin(), addresses.end(),
                           [&address](const QString &one) { return QHostAddress(one) == address; });
    }
    const QString wanted = QString::fromLatin1(QUrl::toAce(name));
    const QStringList hosts = names.values(QSsl::DnsEntry);
    return std::any_of(hosts.begin(), hosts.end(), [&wanted](const QString &host) {
        if (!host.startsWith(QLatin1String("*.")))
            return QString::fromLatin1(QUrl::toAce(host)) == wanted;
        const qsizetype dot = wanted.indexOf(u'.'); // the asterisk is for one label, and for all of it
        return dot > 0 && wanted.mid(dot) == QString::fromLatin1(QUrl::toAce(host.mid(2))).prepend(u'.');
    });
}

QString refusalOf(const QSslCertificate &certificate, const QString &name)
{
    constexpr qsizetype most = 5; // enough to see whose it is
    const auto names = certificate.subjectAlternativeNames();
    QStringList all;
    for (const QString &host : names.values(QSsl::DnsEntry))
        all << QStringLiteral("the host name ") + quoted(host);
    for (const QString &address : names.values(QSsl::IpAddressEntry))
        all << QStringLiteral("the address ") + printable(address);
    std::sort(all.begin(), all.end());
    if (all.size() > most)
        all = all.mid(0, most) << QStringLiteral("others");
    const QString peer = QHostAddress(name).isNull() ? QStringLiteral("the host name ") + quoted(name)
                                                     : QStringLiteral("the address ") + name;
    if (all.isEmpty())
        return QStringLiteral("the certificate is not for %1: it has no subject alternative name, and a common name does "
                              "not count")
                .arg(peer);
    return QStringLiteral("the certificate is not for %1, but for %2").arg(peer, all.join(QLatin1String(", ")));
}

QByteArray parseFingerprint(const QByteArray &text)
{
    constexpr qsizetype size = 32;
    // 32 hexadecimal digits are an MD5 fingerprint.
    if (text.size() == size && QByteArray::fromHex(text).toHex() != text.toLower())
        return text;
    QByteArray digits = text.toLower();
    for (qsizetype i = 2; i < 2 * size && i < digits.size(); i += 2) {
        if (digits.at(i) == ':')
            digits.remove(i, 1);
    }
    const QByteArray bytes = QByteArray::fromHex(digits); // which passes over what is no digit
    return bytes.size() == size && bytes.toHex() == digits ? bytes : QByteArray();
}

bool matchesPin(const QSslSocket &socket, const QList<QByteArray> &pins)
{
    if (pins.isEmpty())
        return true;
    const QByteArray digest = digestOf(socket);
    bool matches = false;
    for (const QByteArray &pin : pins)
        matches |= isSame(digest, pin);
    return matches && !socket.peerCertificate().isNull();
}

QByteArray peerFingerprint(const QSslSocket &socket)
{
    return digestOf(socket).toHex();
}

QString peerProblem(const QSslSocket &socket, const QString &name, const QList<QByteArray> &pins)
{
    if (!name.isEmpty() && !isFor(socket.peerCertificate(), name))
        return refusalOf(socket.peerCertificate(), name);
    if (matchesPin(socket, pins))
        return {};
    return QStringLiteral("the certificate with the SHA-256 fingerprint %1 is not pinned")
            .arg(QLatin1String(peerFingerprint(socket)));
}

QString tlsProblem(const QSslSocket *socket, const QSslConfiguration &rules)
{
    if (!socket || !socket->isEncrypted())
        return QStringLiteral("the socket is not encrypted, as the pool's connections are");
    if (!isAllowed(socket->sessionProtocol(), rules.protocol()))
        return QStringLiteral("the socket speaks another version of TLS than the pool allows; tls.allowTls12 is for who "
                              "speaks nothing newer than TLS 1.2");
    if (rules.peerVerifyMode() != QSslSocket::VerifyPeer)
        return {};
    if (!hasVerifiedPeer(*socket))
        return QStringLiteral("the socket's peer was not verified: its peerVerifyMode() does not demand that");
    if (const QStringList problems = certificateProblems(*socket); !problems.isEmpty())
        return problems.join(QLatin1String("; "));
    if (socket->peerCertificate().isNull())
        return QStringLiteral("the socket's peer has shown no certificate");
    const QSslConfiguration used = socket->sslConfiguration();
    if (used.caCertificates() == rules.caCertificates() && usesSystemAuthorities(used) == usesSystemAuthorities(rules))
        return {};
    return QStringLiteral(
            "the socket's peer was verified with other authorities than those of tls.configuration: both need the same "
            "setCaCertificates()");
}

} // namespace QNetPool
