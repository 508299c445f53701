// SPDX-License-Identifier: BSD-3-Clause
// IPv4 sockets without Qt, for the rivals that show what the system itself takes.
#pragma once

#include <QtCore/QtGlobal>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

class Descriptor
{
public:
    explicit Descriptor(int descriptor = -1) : m_descriptor(descriptor) { }
    Descriptor(Descriptor &&other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) { }
    Descriptor &operator=(Descriptor &&other) noexcept
    {
        std::swap(m_descriptor, other.m_descriptor);
        return *this;
    }
    ~Descriptor()
    {
        if (m_descriptor >= 0)
            close(m_descriptor);
    }

    int get() const { return m_descriptor; }
    int release() { return std::exchange(m_descriptor, -1); }

private:
    Q_DISABLE_COPY(Descriptor)
    int m_descriptor;
};

namespace Bare {

inline void check(bool isDone, const char *what)
{
    if (!isDone)
        qFatal("%s: %s", what, std::strerror(errno));
}

inline sockaddr_in endpoint(quint32 address, quint16 port)
{
    sockaddr_in endpoint{};
    endpoint.sin_family = AF_INET;
    endpoint.sin_addr.s_addr = htonl(address);
    endpoint.sin_port = htons(port);
    return endpoint;
}

inline Descriptor listenOn(quint32 address)
{
    Descriptor descriptor(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const sockaddr_in local = endpoint(address, 0);
    check(bind(descriptor.get(), reinterpret_cast<const sockaddr *>(&local), sizeof local) == 0, "bind");
    check(listen(descriptor.get(), 1024) == 0, "listen");
    return descriptor;
}

inline quint16 portOf(const Descriptor &listening)
{
    sockaddr_in local{};
    socklen_t size = sizeof local;
    check(getsockname(listening.get(), reinterpret_cast<sockaddr *>(&local), &size) == 0, "getsockname");
    return ntohs(local.sin_port);
}

inline void sendWithoutDelay(const Descriptor &descriptor)
{
    const int on = 1;
    setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// flags: SOCK_NONBLOCK, or 0 to wait until it is connected.
inline Descriptor dial(quint32 address, quint16 port, int flags)
{
    Descriptor descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    const sockaddr_in peer = endpoint(address, port);
    const int result = connect(descriptor.get(), reinterpret_cast<const sockaddr *>(&peer), sizeof peer);
    check(result == 0 || errno == EINPROGRESS, "connect");
    sendWithoutDelay(descriptor);
    return descriptor;
}

// -1 if nobody is there.
inline Descriptor acceptFrom(const Descriptor &listening)
{
    Descriptor descriptor(accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    check(descriptor.get() >= 0 || errno == EAGAIN, "accept4");
    if (descriptor.get() >= 0)
        sendWithoutDelay(descriptor);
    return descriptor;
}

} // namespace Bare
