// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/global.h>

#include <QtNetwork/qsslconfiguration.h>

#include <optional>

QT_FORWARD_DECLARE_CLASS(QSslSocket)

namespace QNetPool {

// The rules of TLS in a pool: 1.3 at least, who is verified and how.

// Whether this Qt can do it; otherwise a sentence that says what is missing.
std::optional<QString> whyNoTls();

QSslConfiguration clientTls(QSslConfiguration wish, TlsMode mode);
QSslConfiguration serverTls(QSslConfiguration wish);

// A SHA-256 fingerprint as 32 bytes, from 64 hexadecimal digits, with or without colons, or from the bytes; empty if it is neither.
QByteArray parseFingerprint(const QByteArray &text);

// Whether the peer's certificate is one of those pinned; true if none is.
bool matchesPin(const QSslSocket &socket, const QList<QByteArray> &pins);
QByteArray peerFingerprint(const QSslSocket &socket); // for a message: hexadecimal digits

} // namespace QNetPool
