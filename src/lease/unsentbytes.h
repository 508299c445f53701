// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qtcpsocket.h>
#if QT_CONFIG(ssl)
#include <QtNetwork/qsslsocket.h>
#endif

namespace QNetPool {

// How many bytes were written and have not reached the kernel yet, TLS handshake messages included.
inline qint64 unsentBytes(const QTcpSocket &socket)
{
    qint64 bytes = socket.bytesToWrite();
#if QT_CONFIG(ssl)
    if (const auto *tls = qobject_cast<const QSslSocket *>(&socket))
        bytes += tls->encryptedBytesToWrite();
#endif
    return bytes;
}

} // namespace QNetPool
