// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qhostaddress.h>
#include <QtNetwork/qnetworkinterface.h>

#include <algorithm>
#ifdef Q_OS_WIN
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netinet/in.h>
#include <sys/socket.h>
#endif

namespace QNetPool {

// Converts an address and port for system calls. Returns the size; 0 if it is neither IPv4 nor IPv6.
inline int toSystem(const QHostAddress &address, quint16 port, sockaddr_storage *result)
{
    if (address.protocol() == QAbstractSocket::IPv4Protocol) {
        auto *v4 = reinterpret_cast<sockaddr_in *>(result);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        v4->sin_addr.s_addr = htonl(address.toIPv4Address());
        return sizeof *v4;
    }
    if (address.protocol() == QAbstractSocket::IPv6Protocol) {
        auto *v6 = reinterpret_cast<sockaddr_in6 *>(result);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        const Q_IPV6ADDR bytes = address.toIPv6Address();
        std::copy_n(bytes.c, sizeof bytes.c, v6->sin6_addr.s6_addr);
        bool isNumber = false;
        const uint scope = address.scopeId().toUInt(&isNumber);
        v6->sin6_scope_id = isNumber ? scope : uint(QNetworkInterface::interfaceIndexFromName(address.scopeId()));
        return sizeof *v6;
    }
    return 0;
}

} // namespace QNetPool
