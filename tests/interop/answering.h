// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pools.h"
#include "program.h"

#include <list>

// Takes each connection of a server pool for as long as it lasts, and answers each request, which ends with the terminator.
class Answering : public QObject
{
public:
    using Answer = std::function<QByteArray(const QByteArray &request)>;

    Answering(ServerPool &pool, const QByteArray &terminator, Answer answer)
        : m_terminator(terminator), m_answer(std::move(answer))
    {
        connect(&pool, &Pool::connectionAvailable, this, [this, &pool](ConnectionId id) {
            if (Connection connection = pool.take(id))
                serve(std::move(connection));
        });
    }

    bool closesAfterAnswers = false;

private:
    void serve(Connection connection)
    {
        QTcpSocket *socket = connection.socket();
        m_connections.push_back(std::move(connection));
        const auto drop = [this, i = std::prev(m_connections.end())] { m_connections.erase(i); };
        connect(socket, &QTcpSocket::readyRead, this, [this, socket] { answer(socket); });
        connect(socket, &QTcpSocket::disconnected, this, drop, Qt::QueuedConnection);
        answer(socket);
    }

    void answer(QTcpSocket *socket)
    {
        for (;;) {
            const qsizetype end = socket->peek(socket->bytesAvailable()).indexOf(m_terminator);
            if (end < 0)
                return;
            socket->write(m_answer(socket->read(end + m_terminator.size())));
            if (closesAfterAnswers)
                socket->disconnectFromHost();
        }
    }

    const QByteArray m_terminator;
    const Answer m_answer;
    std::list<Connection> m_connections;
};

inline ServerPool::Configuration tlsServer(ConnectionMode mode = ConnectionMode::Single)
{
    ServerPool::Configuration configuration;
    configuration.connectionMode = mode;
    configuration.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    return configuration;
}
