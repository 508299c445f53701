// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/global.h>

#include <QtCore/qstringlist.h>
#include <QtNetwork/qsslconfiguration.h>

#include <optional>

QT_FORWARD_DECLARE_CLASS(QSslCertificate)
QT_FORWARD_DECLARE_CLASS(QSslKey)
QT_FORWARD_DECLARE_CLASS(QSslSocket)

namespace QNetPool {

// The rules of TLS in a pool: TLS 1.3 or later, unless 1.2 is allowed explicitly; who is verified and how.

// What this Qt lacks for TLS; nothing if it lacks nothing.
std::optional<QString> tlsUnavailableReason();

// A sentence for each reason to refuse a configuration: it asks for too old a protocol (Qt's default, which includes TLS 1.2,
// does not ask for it), also by an option of the backend, or a certificate but for the local one is null.
QStringList tlsWeaknesses(const QSslConfiguration &requested, bool allowTls12);

// Whether it looks for issuers among the system's authorities, which Qt loads as they are needed, unless some, or none, are
// set.
bool usesSystemAuthorities(const QSslConfiguration &configuration);

// A sentence if Qt's TLS backend cannot use this configuration of clientTls() or serverTls(); empty if it can, or if that
// cannot be known before a peer is there.
QString unusableReason(QSslConfiguration effective);

// Whether it names certificate authorities, which Qt's default configuration does not name.
bool namesAuthorities(const QSslConfiguration &configuration);

// Whether the private key is the certificate's; true as well if it cannot be told.
bool belongTogether(const QSslCertificate &certificate, const QSslKey &privateKey);

QSslConfiguration clientTls(QSslConfiguration requested, TlsMode mode, bool allowTls12);
QSslConfiguration serverTls(QSslConfiguration requested, bool allowTls12);

// The name without a final dot, which is written in no certificate and not sent as SNI.
QString nameToVerify(QString name);

// Whether the certificate is for the peer as RFC 9525 has it: by a subject alternative name of the peer's kind, host name or
// address; a common name does not count. In addition to what Qt verifies, which also lets other names pass.
bool isFor(const QSslCertificate &certificate, const QString &name);
QString refusalOf(const QSslCertificate &certificate, const QString &name); // a sentence if it is not

// Returns the 32 bytes of a SHA-256 fingerprint given as 64 hexadecimal digits, with or without colons between bytes, or as
// bytes; else an empty array.
QByteArray parseFingerprint(const QByteArray &text);

// Whether the peer's certificate is pinned; true if pins is empty.
bool matchesPin(const QSslSocket &socket, const QList<QByteArray> &pins);
QByteArray peerFingerprint(const QSslSocket &socket); // for messages, as hexadecimal digits

// After a handshake: why a client's peer is refused that Qt has let pass; empty: it is not. Without a name, none is verified.
QString peerProblem(const QSslSocket &socket, const QString &name, const QList<QByteArray> &pins);

// Why no handshake with this effective configuration would have led to what the application has set up, as far as its socket
// tells; empty: one could have. Null: it is no QSslSocket.
QString tlsProblem(const QSslSocket *socket, const QSslConfiguration &rules);

} // namespace QNetPool
