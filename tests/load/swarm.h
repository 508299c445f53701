// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "../auto/support/descriptors.h"
#include "../benchmarks/support/otherend.h"

#include <QtNetwork/QHostAddress>
#include <QtNetwork/QSslSocket>
#include <QtNetwork/QTcpServer>

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

// Attackers, in a process of their own, over bare sockets: keeps so many connections open, from many addresses, and opens each
// anew when the server has closed it.
class Swarm
{
public:
    struct Plan
    {
        int count = 0;
        quint32 network = 0; // the first address is the next
        int addresses = 1;
        QByteArray firstWords; // sent once it is connected
        std::chrono::milliseconds pause{}; // before a connection is opened again
    };

    // Until the parent ends; each line of its is answered with how many have been opened so far: the first of each before any
    // is opened again.
    static int run(const Plan &plan, quint16 port)
    {
        if (!allowDescriptors(plan.count + 100))
            qFatal("%d descriptors are needed", plan.count);
        Swarm swarm(plan, port);
        return swarm.work();
    }

    // Of a client that means it.
    static QByteArray clientHello()
    {
        QTcpServer listener;
        listener.listen(QHostAddress(QHostAddress::LocalHost));
        QSslSocket client;
        client.connectToHostEncrypted(QStringLiteral("127.0.0.1"), listener.serverPort());
        if (!client.waitForConnected() || !listener.waitForNewConnection(10000))
            qFatal("no hello");
        client.flush();
        QTcpSocket *heard = listener.nextPendingConnection();
        if (!heard->waitForReadyRead(10000))
            qFatal("no hello");
        return heard->readAll();
    }

private:
    using Clock = std::chrono::steady_clock;

    Swarm(const Plan &plan, quint16 port)
        : m_plan(plan), m_port(port), m_epoll(epoll_create1(EPOLL_CLOEXEC)), m_sockets(std::size_t(plan.count), -1)
    {
        for (int i = 0; i < plan.count; ++i)
            m_closed.push_back({i, Clock::now()});
        watch(STDIN_FILENO, EPOLL_CTL_ADD, EPOLLIN, parent);
    }

    int work()
    {
        std::array<epoll_event, 256> events;
        for (;;) {
            openDue();
            const int count = epoll_wait(m_epoll, events.data(), int(events.size()), m_closed.empty() ? -1 : 1);
            for (int i = 0; i < count; ++i) {
                const epoll_event &event = events[std::size_t(i)];
                if (event.data.u64 != parent)
                    happened(int(event.data.u64), event.events);
                else if (!answer())
                    return 0;
            }
        }
    }

    bool answer() const
    {
        char line[64];
        if (!std::fgets(line, sizeof line, stdin))
            return false;
        tell(QByteArray::number(m_opened));
        return true;
    }

    void openDue()
    {
        const Clock::time_point now = Clock::now();
        std::size_t done = 0;
        while (done < m_closed.size() && done < 200 && m_closed[done].second <= now)
            open(m_closed[done++].first);
        m_closed.erase(m_closed.begin(), m_closed.begin() + std::ptrdiff_t(done));
    }

    void open(int slot)
    {
        const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (descriptor < 0)
            qFatal("no socket: %s", qPrintable(qt_error_string()));
        const int yes = 1;
        setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        const linger now{1, 0}; // no port is kept for those that are over
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        sockaddr_in from = address(m_plan.network + 1 + quint32(slot % m_plan.addresses), 0);
        sockaddr_in to = address(INADDR_LOOPBACK, m_port);
        m_sockets[std::size_t(slot)] = descriptor;
        ++m_opened;
        if (bind(descriptor, reinterpret_cast<sockaddr *>(&from), sizeof from) != 0
            || (connect(descriptor, reinterpret_cast<sockaddr *>(&to), sizeof to) != 0 && errno != EINPROGRESS))
            return close(slot);
        watch(descriptor, EPOLL_CTL_ADD, EPOLLOUT | EPOLLRDHUP, quint64(slot));
    }

    void happened(int slot, quint32 events)
    {
        const int descriptor = m_sockets[std::size_t(slot)];
        if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP))
            return close(slot);
        if (!m_plan.firstWords.isEmpty())
            std::ignore =
                    send(descriptor, m_plan.firstWords.constData(), std::size_t(m_plan.firstWords.size()), MSG_NOSIGNAL);
        watch(descriptor, EPOLL_CTL_MOD, EPOLLRDHUP, quint64(slot));
    }

    void close(int slot)
    {
        ::close(std::exchange(m_sockets[std::size_t(slot)], -1));
        m_closed.push_back({slot, Clock::now() + m_plan.pause});
    }

    void watch(int descriptor, int operation, quint32 events, quint64 slot)
    {
        epoll_event event{};
        event.events = events;
        event.data.u64 = slot;
        epoll_ctl(m_epoll, operation, descriptor, &event);
    }

    static sockaddr_in address(quint32 host, quint16 port)
    {
        sockaddr_in result{};
        result.sin_family = AF_INET;
        result.sin_addr.s_addr = htonl(host);
        result.sin_port = htons(port);
        return result;
    }

    static constexpr quint64 parent = ~quint64(0);

    const Plan m_plan;
    const quint16 m_port;
    const int m_epoll;
    std::vector<int> m_sockets;
    std::vector<std::pair<int, Clock::time_point>> m_closed; // which slot, and when it is opened again: in that order
    qint64 m_opened = 0;
};
