// SPDX-License-Identifier: BSD-3-Clause
// In a process of its own: servers whose setup takes a while, as across a network or where each connection costs a login.
#pragma once

#include "baresocket.h"
#include "baretls.h"
#include "ends.h"

#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>

#include <sys/epoll.h>

#include <array>
#include <deque>
#include <unordered_map>

// Sends each client its ID so long after the connect or the TLS handshake, and reads nothing; by epoll and OpenSSL alone, so
// that it takes little from those that are measured.
class SlowServer
{
public:
    SlowServer(Transport transport, Clock::duration delay) : m_transport(transport), m_delay(delay)
    {
        watch(m_listening.get(), Listening);
        watch(fileno(stdin), Parent);
    }

    // Until the parent ends.
    int serve()
    {
        tell(QByteArray::number(Bare::portOf(m_listening)));
        std::array<epoll_event, 128> events;
        while (true) {
            const int count = epoll_wait(m_epoll.get(), events.data(), int(events.size()), sendDue());
            for (int i = 0; i < count; ++i) {
                const quint32 number = events[i].data.u32;
                if (number == Parent)
                    return 0;
                if (number == Listening)
                    accept();
                else
                    advance(number);
            }
        }
    }

private:
    enum Watched : quint32 { Listening, Parent, FirstPeer };

    struct Peer
    {
        Descriptor descriptor;
        Bare::TlsSession session = {};
        bool isEncrypted = false;
    };

    struct Due
    {
        Clock::time_point time;
        quint32 number = 0;
    };

    void accept()
    {
        for (Descriptor accepted = Bare::acceptFrom(m_listening); accepted.get() >= 0;
             accepted = Bare::acceptFrom(m_listening)) {
            const quint32 number = m_nextNumber++;
            watch(accepted.get(), number);
            Peer &peer = m_peers.try_emplace(number, Peer{std::move(accepted)}).first->second;
            if (m_transport == Transport::Tls)
                peer.session = Bare::session(m_context, peer.descriptor.get());
            else
                m_due.push_back({Clock::now() + m_delay, number});
        }
    }

    void advance(quint32 number)
    {
        Peer &peer = m_peers.at(number);
        if (peer.session && !peer.isEncrypted) {
            const int result = SSL_do_handshake(peer.session.get());
            peer.isEncrypted = result > 0;
            if (peer.isEncrypted)
                m_due.push_back({Clock::now() + m_delay, number});
            else if (SSL_get_error(peer.session.get(), result) != SSL_ERROR_WANT_READ)
                m_peers.erase(number);
            return;
        }
        char bytes[4096]; // at most the end of TLS comes
        const auto count = recv(peer.descriptor.get(), bytes, sizeof bytes, 0);
        if (count == 0 || (count < 0 && errno != EAGAIN))
            m_peers.erase(number); // it has left
    }

    // Returns the milliseconds until the next one is due; -1: none is.
    int sendDue()
    {
        for (; !m_due.empty(); m_due.pop_front()) {
            const Clock::duration left = m_due.front().time - Clock::now();
            if (left > 0ms)
                return int(std::chrono::ceil<std::chrono::milliseconds>(left).count());
            if (const auto at = m_peers.find(m_due.front().number); at != m_peers.end())
                send(at->second, at->first);
        }
        return -1;
    }

    static void send(const Peer &peer, quint32 number)
    {
        char id[9];
        std::snprintf(id, sizeof id, "%08x", number);
        if (peer.session)
            SSL_write(peer.session.get(), id, 8);
        else
            ::send(peer.descriptor.get(), id, 8, MSG_NOSIGNAL);
    }

    void watch(int descriptor, quint32 number) const
    {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u32 = number;
        Bare::check(epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
    }

    const Transport m_transport;
    const Clock::duration m_delay;
    const Descriptor m_listening = Bare::listenOn(INADDR_LOOPBACK);
    const Descriptor m_epoll{epoll_create1(EPOLL_CLOEXEC)};
    const Bare::TlsContext m_context = Bare::serverContext();
    quint32 m_nextNumber = FirstPeer; // which is the ID as well
    std::unordered_map<quint32, Peer> m_peers;
    std::deque<Due> m_due;
};

// Connects each client to another server on loopback, so long after it has come. Neither end gets the other any earlier.
class SlowRelay final : public QTcpServer
{
public:
    SlowRelay(quint16 port, std::chrono::milliseconds delay) : m_port(port), m_delay(delay)
    {
        setListenBacklogSize(1024);
        if (!listen(QHostAddress::LocalHost))
            qFatal("cannot listen: %s", qPrintable(errorString()));
    }

private:
    void incomingConnection(qintptr descriptor) override
    {
        auto *client = new QTcpSocket(this);
        client->setSocketDescriptor(descriptor);
        auto *server = new QTcpSocket(client);
        forward(client, server);
        forward(server, client);
        connect(client, &QTcpSocket::disconnected, client, &QObject::deleteLater);
        QTimer::singleShot(m_delay, Qt::PreciseTimer, server,
                           [this, server] { server->connectToHost(QHostAddress(QHostAddress::LocalHost), m_port); });
    }

    static void forward(QTcpSocket *from, QTcpSocket *to)
    {
        connect(from, &QTcpSocket::readyRead, to, [from, to] { to->write(from->readAll()); });
        connect(from, &QTcpSocket::disconnected, to, [to] { to->disconnectFromHost(); });
    }

    const quint16 m_port;
    const std::chrono::milliseconds m_delay;
};
