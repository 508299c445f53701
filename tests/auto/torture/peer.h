// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "certificates.h"
#include "systemcalls.h"
#include "worker.h"

#include <QNetPool/ConnectionId>

#include <QtCore/QRandomGenerator>
#include <QtCore/QTimer>
#include <QtNetwork/QTcpServer>

#include <atomic>
#include <set>

// How both ends are set up.
struct Setting
{
    bool isServer = false; // the pool under test is a ServerPool
    bool isTls = false;
    QNetPool::ConnectionMode mode = QNetPool::ConnectionMode::Multi;
    int capacity = 4;
    int setupThreads = 0;
    QStringList allowedPeers{};

    bool namesConnections() const { return mode == QNetPool::ConnectionMode::Multi; }
};
Q_DECLARE_METATYPE(Setting)

// The other ends: plain Qt sockets that send back what they get.
class OtherEnds final : public QTcpServer
{
public:
    explicit OtherEnds(const Setting &setting) : m_setting(setting) { }
    ~OtherEnds() override { closeAll(); }
    void keepConnected(quint16 port, int count); // 0: no longer
    void closeAll();
    std::atomic<int> live{0}; // connections that are set up
    std::atomic<int> open{0}; // sockets

protected:
    void incomingConnection(qintptr descriptor) override;

private:
    QTcpSocket *make();
    void dial();
    void securedAsServer(QTcpSocket *socket);
    void securedAsClient(QTcpSocket *socket);
    void talk(QTcpSocket *socket);
    void drop(QTcpSocket *socket);

    const Setting m_setting;
    const QSslConfiguration m_tls = Certificates::showing(QStringLiteral("self-signed"));
    std::set<QTcpSocket *> m_all;
    std::set<QTcpSocket *> m_live;
    quint16 m_port = 0;
    int m_count = 0;
};

inline QTcpSocket *OtherEnds::make()
{
    QTcpSocket *socket = m_setting.isTls ? new QSslSocket : new QTcpSocket;
    m_all.insert(socket);
    ++open;
    connect(socket, &QTcpSocket::disconnected, this, [this, socket] { drop(socket); });
    connect(socket, &QTcpSocket::errorOccurred, this, [this, socket] { drop(socket); });
    return socket;
}

inline void OtherEnds::incomingConnection(qintptr descriptor)
{
    QTcpSocket *socket = make();
    if (!socket->setSocketDescriptor(descriptor))
        qFatal("the peer cannot use its descriptor");
    auto *tls = qobject_cast<QSslSocket *>(socket);
    if (!tls)
        return securedAsServer(socket);
    tls->setSslConfiguration(m_tls);
    connect(tls, &QSslSocket::encrypted, this, [this, tls] { securedAsServer(tls); });
    tls->startServerEncryption();
}

inline void OtherEnds::keepConnected(quint16 port, int count)
{
    m_port = port;
    m_count = count;
    while (int(m_all.size()) < m_count)
        dial();
}

inline void OtherEnds::dial()
{
    QTcpSocket *socket = make();
    if (auto *tls = qobject_cast<QSslSocket *>(socket)) {
        tls->setPeerVerifyMode(QSslSocket::VerifyNone);
        connect(tls, &QSslSocket::encrypted, this, [this, tls] { securedAsClient(tls); });
        tls->connectToHostEncrypted(QStringLiteral("127.0.0.1"), m_port);
    } else {
        connect(socket, &QTcpSocket::connected, this, [this, socket] { securedAsClient(socket); });
        socket->connectToHost(QHostAddress::LocalHost, m_port);
    }
}

inline void OtherEnds::securedAsServer(QTcpSocket *socket)
{
    if (m_setting.namesConnections())
        socket->write(QByteArray::number(QRandomGenerator::global()->generate() | 1U << 31, 16));
    talk(socket);
}

inline void OtherEnds::securedAsClient(QTcpSocket *socket)
{
    if (!m_setting.namesConnections())
        return talk(socket);
    connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
        if (m_live.contains(socket) || socket->bytesAvailable() < QNetPool::ConnectionId::Size)
            return;
        socket->read(QNetPool::ConnectionId::Size);
        talk(socket);
    });
}

inline void OtherEnds::talk(QTcpSocket *socket)
{
    m_live.insert(socket);
    live = int(m_live.size());
    const auto echo = [socket] { socket->write(socket->readAll()); };
    connect(socket, &QTcpSocket::readyRead, this, echo);
    echo();
}

inline void OtherEnds::drop(QTcpSocket *socket)
{
    if (m_all.erase(socket) == 0)
        return;
    m_live.erase(socket);
    live = int(m_live.size());
    socket->disconnect(this);
    socket->abort();
    --open; // not before its descriptor is closed
    socket->deleteLater();
    if (int(m_all.size()) < m_count)
        QTimer::singleShot(1, this, [this] { keepConnected(m_port, m_count); });
}

// Not without a last word.
inline void OtherEnds::closeAll()
{
    for (QTcpSocket *socket : std::set(m_all)) {
        if (m_live.contains(socket)) {
            socket->write("good bye");
            socket->flush();
        }
        socket->disconnectFromHost();
        drop(socket);
    }
}

// The thread in which they live, whose system calls are left alone.
class Peer
{
public:
    explicit Peer(const Setting &setting)
    {
        m_worker.run([this, &setting] {
            SystemCalls::ignoreThisThread();
            m_ends = std::make_unique<OtherEnds>(setting);
            if (!setting.isServer && !m_ends->listen(QHostAddress::LocalHost))
                qFatal("the peer cannot listen");
        });
    }
    ~Peer()
    {
        m_worker.run([this] { m_ends.reset(); });
    }
    quint16 port() const { return m_ends->serverPort(); }
    int live() const { return m_ends->live; }
    int open() const { return m_ends->open; }
    void keepConnected(quint16 port, int count)
    {
        m_worker.run([&] { m_ends->keepConnected(port, count); });
    }
    void closeAll()
    {
        m_worker.run([this] { m_ends->closeAll(); });
    }

private:
    Q_DISABLE_COPY_MOVE(Peer)
    Worker m_worker;
    std::unique_ptr<OtherEnds> m_ends;
};
