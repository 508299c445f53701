// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qtcpsocket.h>

namespace QNetPool {

// The engine of a socket, or of the plain socket inside a QSslSocket; null while there is none.
inline QObject *socketEngine(const QObject &socket)
{
    for (QObject *child : socket.children()) {
        if (child->inherits("QAbstractSocketEngine"))
            return child;
        if (child->inherits("QTcpSocket")) {
            if (QObject *engine = socketEngine(*child))
                return engine;
        }
    }
    return nullptr;
}

// The socket's descriptor in the system; -1 if there is none. Behind a SOCKS 5 proxy, socketDescriptor() is a number made up
// by Qt, and the connection is that of an inner socket.
inline qintptr kernelDescriptor(const QTcpSocket &socket)
{
    const QObject *engine = socketEngine(socket);
    if (engine && engine->inherits("QSocks5SocketEngine")) {
        const auto *inner = engine->findChild<QTcpSocket *>();
        return inner ? inner->QAbstractSocket::socketDescriptor() : -1;
    }
    return socket.QAbstractSocket::socketDescriptor();
}

} // namespace QNetPool
