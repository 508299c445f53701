// SPDX-License-Identifier: BSD-3-Clause
// In a process of its own: sends back what it gets, by epoll and OpenSSL alone, so that it costs all rivals alike little.
#pragma once

#include "baresocket.h"
#include "baretls.h"
#include "ends.h"

#include <sys/epoll.h>

#include <array>
#include <unordered_map>

class EchoServer
{
public:
    explicit EchoServer(Transport transport) : m_transport(transport)
    {
        watch(m_listening.get());
        watch(fileno(stdin));
    }

    // Until the parent ends.
    int serve()
    {
        tell(QByteArray::number(Bare::portOf(m_listening)));
        std::array<epoll_event, 128> events;
        while (true) {
            const int count = epoll_wait(m_epoll.get(), events.data(), int(events.size()), -1);
            for (int i = 0; i < count; ++i) {
                const int descriptor = events[i].data.fd;
                if (descriptor == fileno(stdin))
                    return 0;
                if (descriptor == m_listening.get())
                    accept();
                else
                    echo(descriptor);
            }
        }
    }

private:
    struct Peer
    {
        explicit Peer(Descriptor accepted) : descriptor(std::move(accepted)) { }
        Descriptor descriptor;
        Bare::TlsSession session;
    };

    void accept()
    {
        Descriptor accepted = Bare::acceptFrom(m_listening);
        if (accepted.get() < 0)
            return;
        const int descriptor = accepted.get();
        Peer &peer = m_peers.try_emplace(descriptor, std::move(accepted)).first->second;
        if (m_transport == Transport::Tls)
            peer.session = Bare::session(m_context, descriptor);
        watch(descriptor);
    }

    void echo(int descriptor)
    {
        SSL *session = m_peers.at(descriptor).session.get();
        char bytes[4096];
        const auto count = session ? SSL_read(session, bytes, sizeof bytes) : recv(descriptor, bytes, sizeof bytes, 0);
        if (count > 0 && session)
            SSL_write(session, bytes, int(count));
        else if (count > 0)
            send(descriptor, bytes, std::size_t(count), MSG_NOSIGNAL);
        else if (!session || SSL_get_error(session, int(count)) != SSL_ERROR_WANT_READ)
            m_peers.erase(descriptor); // it has left
    }

    void watch(int descriptor) const
    {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = descriptor;
        Bare::check(epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
    }

    const Transport m_transport;
    const Descriptor m_listening = Bare::listenOn(INADDR_LOOPBACK);
    const Descriptor m_epoll{epoll_create1(EPOLL_CLOEXEC)};
    const Bare::TlsContext m_context = Bare::serverContext();
    std::unordered_map<int, Peer> m_peers;
};
