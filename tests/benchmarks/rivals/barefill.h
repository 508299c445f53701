// SPDX-License-Identifier: BSD-3-Clause
// Both ends of many connections, set up by epoll and OpenSSL alone, in one thread.
#pragma once

#include "baresocket.h"
#include "baretls.h"
#include "ends.h"

#include <sys/epoll.h>

#include <array>
#include <deque>

class BareFill
{
public:
    BareFill(Transport transport, quint32 address, int connections)
        : m_transport(transport), m_address(address), m_connections(connections), m_left(connections)
    {
        if (transport == Transport::Tls) {
            m_clientContext = Bare::clientContext();
            m_serverContext = Bare::serverContext();
        }
        watch(m_listening, nullptr, EPOLLIN);
    }

    void run()
    {
        constexpr int atOnce = 64; // as the pool
        for (int i = 0; i < atOnce; ++i)
            dial();
        std::array<epoll_event, 128> events;
        while (m_ready < 2 * m_connections) {
            const int count = epoll_wait(m_epoll.get(), events.data(), int(events.size()), 60000);
            Bare::check(count > 0, "epoll_wait");
            for (int i = 0; i < count; ++i) {
                if (events[i].data.ptr)
                    advance(*static_cast<End *>(events[i].data.ptr));
                else
                    accept();
            }
        }
    }

private:
    struct End
    {
        Descriptor descriptor;
        bool isClient = false;
        Bare::TlsSession session = {};
        bool isReady = false;
    };

    void dial()
    {
        if (m_left == 0)
            return;
        --m_left;
        begin({Bare::dial(m_address, m_port, SOCK_NONBLOCK), true});
    }

    void accept()
    {
        for (Descriptor accepted = Bare::acceptFrom(m_listening); accepted.get() >= 0;) {
            begin({std::move(accepted)});
            accepted = Bare::acceptFrom(m_listening);
        }
    }

    void begin(End fresh)
    {
        End &end = m_ends.emplace_back(std::move(fresh));
        if (m_transport == Transport::Tls)
            end.session = Bare::session(end.isClient ? m_clientContext : m_serverContext, end.descriptor.get());
        watch(end.descriptor, &end, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }

    void advance(End &end)
    {
        if (end.isReady || (end.session && Bare::wantsMore(end.session, SSL_do_handshake(end.session.get()))))
            return;
        end.isReady = true;
        ++m_ready;
        if (end.isClient)
            dial();
    }

    void watch(const Descriptor &descriptor, End *end, quint32 events)
    {
        epoll_event event{};
        event.events = events;
        event.data.ptr = end;
        Bare::check(epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, descriptor.get(), &event) == 0, "epoll_ctl");
    }

    const Transport m_transport;
    const quint32 m_address;
    const int m_connections;
    const Descriptor m_listening = Bare::listenOn(m_address);
    const quint16 m_port = Bare::portOf(m_listening);
    const Descriptor m_epoll{epoll_create1(EPOLL_CLOEXEC)};
    Bare::TlsContext m_clientContext;
    Bare::TlsContext m_serverContext;
    std::deque<End> m_ends;
    int m_left; // to be dialled
    int m_ready = 0; // ends of both kinds
};
