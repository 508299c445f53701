// SPDX-License-Identifier: BSD-3-Clause
#include "loopback.h"

#include "insist.h"

#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

sockaddr_in loopbackAt(quint16 port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

quint16 portBy(int (*ask)(int, sockaddr *, socklen_t *), int descriptor)
{
    sockaddr_in address{};
    socklen_t size = sizeof address;
    const bool isKnown = ask(descriptor, reinterpret_cast<sockaddr *>(&address), &size) == 0;
    return isKnown && address.sin_family == AF_INET ? ntohs(address.sin_port) : quint16(0);
}

} // namespace

quint16 localPort(int descriptor)
{
    return portBy(getsockname, descriptor);
}

quint16 peerPort(int descriptor)
{
    return portBy(getpeername, descriptor);
}

Loopback::Loopback() : m_descriptor(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
{
    const sockaddr_in address = loopbackAt(0);
    const bool isBound = bind(m_descriptor, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
    insist(isBound && listen(m_descriptor, 64) == 0, "there is a loopback interface");
    m_port = localPort(m_descriptor);
}

std::optional<int> Loopback::accept()
{
    const int descriptor = accept4(m_descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return descriptor < 0 ? std::nullopt : std::optional(descriptor);
}

Ends Loopback::connectedTcp()
{
    const int pool = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopbackAt(m_port);
    insist(connect(pool, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0, "loopback can be connected to");
    pollfd incoming{m_descriptor, POLLIN, 0};
    while (poll(&incoming, 1, 1000) > 0) {
        const std::optional<int> peer = accept();
        if (peer && peerPort(*peer) == localPort(pool))
            return {pool, *peer};
        if (peer)
            close(*peer); // of an earlier input, which did not wait for it
    }
    insist(false, "what is connected can be accepted");
    return {};
}

Ends Loopback::connectedUnix()
{
    std::array<int, 2> ends{};
    insist(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0, "there are socket pairs");
    return {ends[0], ends[1]};
}

int countDescriptors()
{
    std::array<pollfd, 256> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i].fd = int(i);
    poll(all.data(), all.size(), 0);
    int count = 0;
    for (const pollfd &one : all)
        count += !(one.revents & POLLNVAL);
    return count;
}
