// SPDX-License-Identifier: BSD-3-Clause
// What a good Qt developer writes without a pool: sockets in a list, in one thread.
#pragma once

#include "ends.h"

#include <QtNetwork/QSslSocket>
#include <QtNetwork/QTcpServer>

inline QSslConfiguration naiveServerTls()
{
    QSslConfiguration configuration = Certificates::showing(QStringLiteral("server"));
    configuration.setProtocol(QSsl::TlsV1_3OrLater);
    return configuration;
}

inline QSslConfiguration naiveClientTls()
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setProtocol(QSsl::TlsV1_3OrLater);
    configuration.setPeerVerifyMode(QSslSocket::VerifyNone);
    return configuration;
}

class NaiveServer final : public QTcpServer
{
public:
    NaiveServer(Transport transport, const QHostAddress &address) : m_transport(transport)
    {
        if (transport == Transport::Tls)
            m_tls = naiveServerTls();
        setListenBacklogSize(1024); // as the pool: the default, 50, is less than 64 dials at once
        if (!listen(address))
            qFatal("cannot listen: %s", qPrintable(errorString()));
    }

    const QList<QTcpSocket *> &sockets() const { return m_sockets; } // that are ready

private:
    void incomingConnection(qintptr descriptor) override
    {
        if (m_transport == Transport::Tcp) {
            auto *socket = new QTcpSocket(this);
            socket->setSocketDescriptor(descriptor);
            m_sockets << socket;
            return;
        }
        auto *socket = new QSslSocket(this);
        socket->setSocketDescriptor(descriptor);
        socket->setSslConfiguration(m_tls);
        connect(socket, &QSslSocket::encrypted, this, [this, socket] { m_sockets << socket; });
        socket->startServerEncryption();
    }

    const Transport m_transport;
    QSslConfiguration m_tls;
    QList<QTcpSocket *> m_sockets;
};

class NaiveClient final : public QObject
{
public:
    NaiveClient(Transport transport, const QHostAddress &address, quint16 port, int connections)
        : m_transport(transport), m_host(address.toString()), m_port(port), m_left(connections)
    {
        if (transport == Transport::Tls)
            m_tls = naiveClientTls();
    }

    void start()
    {
        constexpr int atOnce = 64; // as the pool
        for (int i = 0; i < atOnce; ++i)
            dial();
    }

    const QList<QTcpSocket *> &sockets() const { return m_sockets; } // that are ready
    void whenReady(std::function<void(QTcpSocket *)> act) { m_whenReady = std::move(act); }

private:
    void dial()
    {
        if (m_left == 0)
            return;
        --m_left;
        if (m_transport == Transport::Tcp) {
            auto *socket = new QTcpSocket(this);
            connect(socket, &QTcpSocket::connected, this, [this, socket] { add(socket); });
            socket->connectToHost(m_host, m_port);
        } else {
            auto *socket = new QSslSocket(this);
            socket->setSslConfiguration(m_tls);
            connect(socket, &QSslSocket::encrypted, this, [this, socket] { add(socket); });
            socket->connectToHostEncrypted(m_host, m_port);
        }
    }

    void add(QTcpSocket *socket)
    {
        m_sockets << socket;
        if (m_whenReady)
            m_whenReady(socket);
        dial();
    }

    const Transport m_transport;
    const QString m_host;
    const quint16 m_port;
    int m_left; // to be dialled
    std::function<void(QTcpSocket *)> m_whenReady;
    QSslConfiguration m_tls;
    QList<QTcpSocket *> m_sockets;
};
