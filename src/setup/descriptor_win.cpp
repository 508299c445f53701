// SPDX-License-Identifier: BSD-3-Clause
#include "descriptor.h"

#include <mstcpip.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include <algorithm>

namespace QNetPool {

QHostAddress peerAddress(qintptr descriptor)
{
    sockaddr_storage address{};
    int size = sizeof address;
    if (::getpeername(SOCKET(descriptor), reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return {};
    return QHostAddress(reinterpret_cast<const sockaddr *>(&address));
}

bool setKeepAlive(qintptr descriptor, std::chrono::milliseconds period)
{
    tcp_keepalive wish{};
    wish.onoff = period.count() > 0;
    wish.keepalivetime = wish.keepaliveinterval = ULONG(std::clamp<qint64>(period.count(), 1000, 32767000));
    DWORD written = 0;
    return ::WSAIoctl(SOCKET(descriptor), SIO_KEEPALIVE_VALS, &wish, sizeof wish, nullptr, 0, &written, nullptr, nullptr)
            == 0;
}

Acceptance acceptConnection(qintptr listening)
{
    const SOCKET descriptor = ::accept(SOCKET(listening), nullptr, nullptr);
    if (descriptor != INVALID_SOCKET)
        return {Acceptance::Accepted, qintptr(descriptor), {}};
    const int error = ::WSAGetLastError();
    switch (error) {
    case WSAEWOULDBLOCK:
        return {};
    case WSAECONNRESET:
        return {Acceptance::PeerLeft, -1, {}};
    case WSAEMFILE:
    case WSAENOBUFS:
        return {Acceptance::Exhausted, -1, qt_error_string(error)};
    default:
        return {Acceptance::Failed, -1, qt_error_string(error)};
    }
}

void closeDescriptor(qintptr descriptor)
{
    ::closesocket(SOCKET(descriptor));
}

} // namespace QNetPool
