// SPDX-License-Identifier: BSD-3-Clause
#include "tls.h"

#include <QtCore/qcryptographichash.h>
#include <QtNetwork/qsslcertificate.h>
#include <QtNetwork/qsslcipher.h>
#include <QtNetwork/qsslsocket.h>

namespace QNetPool {

namespace {

QByteArray digestOf(const QSslSocket &socket)
{
    return socket.peerCertificate().digest(QCryptographicHash::Sha256);
}

// In a time that does not depend on where they differ.
bool isSame(const QByteArray &one, const QByteArray &other)
{
    if (one.size() != other.size())
        return false;
    uchar difference = 0;
    for (qsizetype i = 0; i < one.size(); ++i)
        difference = uchar(difference | (one[i] ^ other[i]));
    return difference == 0;
}

// 1.3 at least, so the ciphers of older versions would only be decoded again for each connection. (If there are no others, the
// handshake is to fail and to say why.)
void dropOlderVersions(QSslConfiguration &configuration)
{
    configuration.setProtocol(QSsl::TlsV1_3OrLater);
    QList<QSslCipher> ciphers = configuration.ciphers();
    if (ciphers.isEmpty())
        ciphers = QSslConfiguration::defaultConfiguration().ciphers();
    ciphers.removeIf([](const QSslCipher &cipher) { return cipher.protocol() != QSsl::TlsV1_3; });
    if (!ciphers.isEmpty())
        configuration.setCiphers(ciphers);
}

} // namespace

std::optional<QString> whyNoTls()
{
    if (!QSslSocket::supportsSsl())
        return QStringLiteral("this Qt has no TLS backend that can be used (%1 was built for, found: %2)")
                .arg(QSslSocket::sslLibraryBuildVersionString(), QSslSocket::availableBackends().join(QLatin1String(", ")));
    if (!QSslSocket::isProtocolSupported(QSsl::TlsV1_3OrLater))
        return QStringLiteral("the TLS backend %1 has no TLS 1.3").arg(QSslSocket::activeBackend());
    return std::nullopt;
}

QSslConfiguration clientTls(QSslConfiguration wish, TlsMode mode)
{
    if (wish.isNull())
        wish = QSslConfiguration::defaultConfiguration();
    dropOlderVersions(wish);
    wish.setPeerVerifyMode(mode == TlsMode::Verified ? QSslSocket::VerifyPeer : QSslSocket::VerifyNone);
    return wish;
}

QSslConfiguration serverTls(QSslConfiguration wish)
{
    dropOlderVersions(wish);
    return wish;
}

QByteArray parseFingerprint(const QByteArray &text)
{
    constexpr qsizetype size = 32;
    // As many hexadecimal digits are the fingerprint of another algorithm, MD5.
    if (text.size() == size && QByteArray::fromHex(text).toHex() != text.toLower())
        return text;
    QByteArray digits = text.trimmed();
    digits.replace(':', QByteArrayView());
    const QByteArray bytes = QByteArray::fromHex(digits);
    return bytes.size() == size && digits.size() == 2 * size && bytes.toHex() == digits.toLower() ? bytes : QByteArray();
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

} // namespace QNetPool
