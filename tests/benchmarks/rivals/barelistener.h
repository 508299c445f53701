// SPDX-License-Identifier: BSD-3-Clause
// The other end of thousands of connections, without Qt's sockets.
#pragma once

#include "baresocket.h"

#include <QtCore/QSocketNotifier>

#include <functional>

// The address of loopback for the n-th connection to a port. Between two addresses, Linux soon finds a port for the first 14,000
// connections (those with an even number), and takes 30 times as long for each one after.
inline quint32 loopback(int nth = 0)
{
    return INADDR_LOOPBACK + quint32(nth / 8000);
}

// Accepts all that come to any address of loopback, from the event loop on; they block.
class BareListener
{
public:
    using Accepted = std::function<void(Descriptor descriptor, quint16 peerPort)>;

    explicit BareListener(Accepted accepted) : m_accepted(std::move(accepted))
    {
        QObject::connect(&m_notifier, &QSocketNotifier::activated, &m_notifier, [this] { acceptAll(); });
    }

    quint16 port() const { return Bare::portOf(m_listening); }

private:
    void acceptAll()
    {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        const auto next = [&] {
            return accept4(m_listening.get(), reinterpret_cast<sockaddr *>(&peer), &size, SOCK_CLOEXEC);
        };
        for (int accepted; (accepted = next()) >= 0;)
            m_accepted(Descriptor(accepted), ntohs(peer.sin_port));
        Bare::check(errno == EAGAIN, "accept4");
    }

    const Accepted m_accepted;
    const Descriptor m_listening = Bare::listenOn(INADDR_ANY);
    QSocketNotifier m_notifier{m_listening.get(), QSocketNotifier::Read};
};
