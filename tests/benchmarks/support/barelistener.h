// SPDX-License-Identifier: BSD-3-Clause
// Bare descriptors at either end of loopback: nothing can hold a connection for less.
#pragma once

#include <QtCore/QSocketNotifier>

#include <cerrno>
#include <cstring>
#include <functional>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

// The address of loopback for the n-th connection to a port. Between two addresses, Linux soon finds a port for the first 14,000
// connections (those with an even number), and takes 30 times as long for each one after.
inline quint32 loopback(int nth = 0)
{
    return INADDR_LOOPBACK + quint32(nth / 8000);
}

// Accepts all that come, from the event loop on; what is accepted is the callee's to keep and to close.
class BareListener
{
public:
    using Accepted = std::function<void(int descriptor, quint16 peerPort)>;

    explicit BareListener(Accepted accepted) : m_accepted(std::move(accepted))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_ANY); // see loopback()
        socklen_t size = sizeof address;
        auto *const any = reinterpret_cast<sockaddr *>(&address);
        if (::bind(m_listener, any, size) || ::listen(m_listener, 4096) || ::getsockname(m_listener, any, &size))
            qFatal("cannot listen");
        m_port = ntohs(address.sin_port);
        QObject::connect(&m_notifier, &QSocketNotifier::activated, &m_notifier, [this] { acceptAll(); });
    }

    ~BareListener() { ::close(m_listener); }

    quint16 port() const { return m_port; }

private:
    Q_DISABLE_COPY_MOVE(BareListener)

    void acceptAll()
    {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        for (int one; (one = ::accept4(m_listener, reinterpret_cast<sockaddr *>(&address), &size, SOCK_CLOEXEC)) >= 0;)
            m_accepted(one, ntohs(address.sin_port));
        if (errno != EAGAIN)
            qFatal("cannot accept: %s", std::strerror(errno));
    }

    const Accepted m_accepted;
    const int m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    QSocketNotifier m_notifier{m_listener, QSocketNotifier::Read};
    quint16 m_port = 0;
};

// The n-th connected descriptor; fatal if it cannot be had.
inline int connectBare(quint16 port, int nth = 0)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(loopback(nth));
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(descriptor, reinterpret_cast<sockaddr *>(&address), sizeof address))
        qFatal("cannot connect: %s", std::strerror(errno));
    return descriptor;
}
