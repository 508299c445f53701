// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qtcpsocket.h>

namespace QNetPool {

// The engine of a connection through a SOCKS 5 proxy, in the socket or in the plain socket of a QSslSocket; null for others.
inline const QObject *socks5Engine(const QObject &socket)
{
    for (const QObject *child : socket.children()) {
        if (child->inherits("QSocks5SocketEngine"))
            return child;
        if (child->inherits("QTcpSocket")) {
            if (const QObject *engine = socks5Engine(*child))
                return engine;
        }
    }
    return nullptr;
}

// The socket's descriptor in the system; -1 if there is none. Behind a SOCKS 5 proxy, socketDescriptor() is a number of Qt's
// own, and the connection is that of a socket inside.
inline qintptr kernelDescriptor(const QTcpSocket &socket)
{
    if (const QObject *engine = socks5Engine(socket)) {
        const auto *inner = engine->findChild<QTcpSocket *>();
        return inner ? inner->QAbstractSocket::socketDescriptor() : -1;
    }
    return socket.QAbstractSocket::socketDescriptor();
}

} // namespace QNetPool
