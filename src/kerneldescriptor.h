// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qtcpsocket.h>

namespace QNetPool {

// The socket's descriptor in the system; -1 if there is none. Behind a SOCKS 5 proxy, socketDescriptor() is a number of Qt's
// own, and the connection is that of a socket inside.
inline qintptr kernelDescriptor(const QTcpSocket &socket)
{
    const QObjectList descendants = socket.findChildren<QObject *>();
    for (const QObject *object : descendants) {
        if (object->inherits("QSocks5SocketEngine")) {
            const auto *inner = object->findChild<QTcpSocket *>();
            return inner ? inner->socketDescriptor() : -1;
        }
    }
    return socket.socketDescriptor();
}

} // namespace QNetPool
