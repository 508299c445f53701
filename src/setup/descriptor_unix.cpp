// SPDX-License-Identifier: BSD-3-Clause
#include "descriptor.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace QNetPool {

namespace {

bool setOption(qintptr descriptor, int level, int option, int value)
{
    return ::setsockopt(int(descriptor), level, option, &value, sizeof value) == 0;
}

} // namespace

QHostAddress peerAddress(qintptr descriptor)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getpeername(int(descriptor), reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return {};
    return QHostAddress(reinterpret_cast<const sockaddr *>(&address));
}

bool setKeepAlive(qintptr descriptor, std::chrono::milliseconds period)
{
    if (period.count() <= 0)
        return setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 0);
    // Linux refuses more than 32767 s.
    const auto seconds = int(std::min<qint64>(std::chrono::ceil<std::chrono::seconds>(period).count(), 32767));
#ifdef TCP_KEEPIDLE
    const bool idle = setOption(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
#else
    const bool idle = setOption(descriptor, IPPROTO_TCP, TCP_KEEPALIVE, seconds);
#endif
    return idle && setOption(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, seconds)
            && setOption(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3) && setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
}

Acceptance acceptConnection(qintptr listening)
{
    int descriptor;
    do {
#ifdef SOCK_CLOEXEC
        descriptor = ::accept4(int(listening), nullptr, nullptr, SOCK_CLOEXEC);
#else
        descriptor = ::accept(int(listening), nullptr, nullptr);
#endif
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor >= 0) {
#ifndef SOCK_CLOEXEC
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
#endif
        return {Acceptance::Accepted, descriptor, {}};
    }
    switch (errno) {
    case EAGAIN:
#if EAGAIN != EWOULDBLOCK
    case EWOULDBLOCK:
#endif
        return {};
    case ECONNABORTED:
    case EPROTO:
        return {Acceptance::PeerLeft, -1, {}};
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return {Acceptance::Exhausted, -1, qt_error_string(errno)};
    default:
        return {Acceptance::Failed, -1, qt_error_string(errno)};
    }
}

void closeDescriptor(qintptr descriptor)
{
    ::close(int(descriptor));
}

} // namespace QNetPool
