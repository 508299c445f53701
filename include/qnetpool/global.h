// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_GLOBAL_H
#define QNETPOOL_GLOBAL_H

#include <QtCore/qcompilerdetection.h>
#include <QtCore/qobjectdefs.h>
#include <QtCore/qtconfigmacros.h>

#if defined(QNETPOOL_STATIC)
#define QNETPOOL_EXPORT
#elif defined(QNETPOOL_LIBRARY)
#define QNETPOOL_EXPORT Q_DECL_EXPORT
#else
#define QNETPOOL_EXPORT Q_DECL_IMPORT
#endif

namespace QNetPool {
Q_NAMESPACE_EXPORT(QNETPOOL_EXPORT)

// How a client pool secures its connections. With TLS 1.3 or later, unless allowTls12 is set.
enum class TlsMode {
    None = 0, // plain TCP
    SelfSigned = 1, // encrypted; the peer is verified by pinned fingerprints, or not at all if there are none
    Verified = 2, // encrypted; the certificate chain and the peer's name are verified
};
Q_ENUM_NS(TlsMode)

// Which end names a connection.
enum class ConnectionMode {
    Multi, // the server: it sends the ID as the first bytes, and both ends know the connection by it
    Single, // each end for itself: nothing is sent or read, so that the peer can speak any protocol
};
Q_ENUM_NS(ConnectionMode)

// How a server writes the ID in ConnectionMode::Multi.
enum class IdFormat {
    Hex, // 8 bytes: the lower-case hexadecimal digits of 4 random bytes
    Binary, // the 4 random bytes; the ID's text is their hexadecimal digits
};
Q_ENUM_NS(IdFormat)

// Which idle connection is leased next.
enum class Reuse {
    OldestFirst, // the one that has been idle longest: all are used evenly, and none is silent for long
    NewestFirst, // the one that became idle last: a few are kept busy, and idleTimeout can close the rest
};
Q_ENUM_NS(Reuse)

} // namespace QNetPool

#endif
