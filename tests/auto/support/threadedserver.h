// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "worker.h"

#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>

#include <functional>

// A server in a thread of its own, which handles each connection there.
class ThreadedServer
{
public:
    explicit ThreadedServer(const std::function<void(QTcpSocket *)> &handle)
    {
        m_worker.run([this, handle] {
            m_server = new QTcpServer;
            m_server->setListenBacklogSize(1000);
            QObject::connect(m_server, &QTcpServer::newConnection, m_server, [this, handle] {
                while (QTcpSocket *socket = m_server->nextPendingConnection()) {
                    QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
                    handle(socket);
                }
            });
            m_server->listen(QHostAddress::LocalHost);
            m_port = m_server->serverPort();
        });
    }
    ~ThreadedServer()
    {
        m_worker.run([this] { delete m_server; });
    }
    quint16 port() const { return m_port; }

private:
    QTcpServer *m_server = nullptr;
    quint16 m_port = 0;
    Worker m_worker;
};
