// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/global.h>

#include <QtNetwork/qsslconfiguration.h>

#include <optional>

QT_FORWARD_DECLARE_CLASS(QSslSocket)

namespace QNetPool {

// The rules of TLS in a pool: 1.3 at least, unless 1.2 is allowed by name; who is verified and how.

// Whether this Qt can do it; otherwise a sentence that says what is missing.
std::optional<QString> tlsUnavailableReason();

// Why a configuration is refused that asks for less than it may; nothing if it does not. Qt's default, which has TLS 1.2, is no
// requested for it.
std::optional<QString> tlsWeakness(const QSslConfiguration &requested, bool allowTls12);

QSslConfiguration clientTls(QSslConfiguration requested, TlsMode mode, bool allowTls12);
QSslConfiguration serverTls(QSslConfiguration requested, bool allowTls12);

// A SHA-256 fingerprint as 32 bytes, from 64 hexadecimal digits, with or without colons, or from the bytes; empty if it is neither.
QByteArray parseFingerprint(const QByteArray &text);

// Whether the peer's certificate is one of those pinned; true if none is.
bool matchesPin(const QSslSocket &socket, const QList<QByteArray> &pins);
QByteArray peerFingerprint(const QSslSocket &socket); // for a message: hexadecimal digits

} // namespace QNetPool
