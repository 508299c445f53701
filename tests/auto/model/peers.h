// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "certificates.h"
#include "loop.h"
#include "model.h"

#include <QtCore/QTimer>
#include <QtNetwork/QTcpServer>

#include <atomic>
#include <linux/sockios.h>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

// Moments, in the order in which threads ask for them.
inline Moment nextMoment()
{
    static std::atomic<Moment> last{0};
    return ++last;
}

// Read once, while there are descriptors.
inline const QSslConfiguration &certificate()
{
    static const QSslConfiguration shown = Certificates::showing(QStringLiteral("self-signed"));
    return shown;
}

// The other end of one connection, and what is known of it. Any thread reads it.
struct End
{
    int peer = 0;
    bool isSilent = false;
    std::atomic<Moment> ended{Never};
    std::atomic<Moment> unasked{Never};
    std::atomic<bool> isPut{false}; // by the program: what it leads to, and whether it is in step, is the program's word
};

// The other ends of a pool's connections, in a thread of their own: three listeners for a client, one of them for TLS, or the
// clients of a server. They answer each line with the same line and the peer's number.
class Peers
{
public:
    explicit Peers(const Setting &setting);
    ~Peers();

    quint16 port(int peer) const { return m_ports[std::size_t(peer)]; }
    void connectTo(quint16 port, int count, bool isEncrypted);
    void behave(Manner manner);
    void holdAnswers(bool hold);
    void kill(int count, Killing way);
    void resume(); // there are descriptors again
    std::shared_ptr<End> find(quint16 clientPort); // null: none, not even after a while
    int endedByPeers() const { return m_endedByPeers; }

private:
    class Listener;
    struct Talk
    {
        std::shared_ptr<End> end;
        bool isReady = false; // TLS and the ID are done
        QByteArray heldBack;
    };

    void listen(int peer);
    QTcpSocket *add(int peer);
    void welcome(int peer, qintptr descriptor);
    void begin(QTcpSocket *socket, int peer, quint16 clientPort);
    void setUp(QTcpSocket *socket);
    void answer(QTcpSocket *socket);
    void release(QTcpSocket *socket);
    void end(QTcpSocket *socket, Killing way);
    void forget(QTcpSocket *socket);
    static bool hasArrived(QTcpSocket *socket);

    const bool m_areClients;
    const bool m_nameConnections; // an ID precedes what is said: from these listeners, or to these clients
    const bool m_answersLate;
    std::array<quint16, 3> m_ports{};
    std::atomic<int> m_endedByPeers{0};
    std::mutex m_mutex;
    std::map<quint16, std::shared_ptr<End>> m_ends; // by the client's port
    Loop m_thread{QStringLiteral("peers")};
    // Of that thread.
    std::array<Listener *, 3> m_listeners{};
    std::vector<QTcpSocket *> m_sockets; // the oldest first
    std::map<QTcpSocket *, Talk> m_talks;
    Manner m_manner{};
    bool m_holdsAnswers = false;
};

class Peers::Listener final : public QTcpServer
{
public:
    Listener(Peers &peers, int peer) : m_peers(peers), m_peer(peer) { }

private:
    void incomingConnection(qintptr descriptor) override { m_peers.welcome(m_peer, descriptor); }

    Peers &m_peers;
    const int m_peer;
};

inline Peers::Peers(const Setting &setting)
    : m_areClients(setting.isServer), m_nameConnections(!setting.isSingle), m_answersLate(setting.answersLate)
{
    certificate();
    m_thread.run([this] {
        for (int peer = 0; peer < 3 && !m_areClients; ++peer)
            listen(peer);
    });
}

inline Peers::~Peers()
{
    m_thread.run([this] {
        for (Listener *listener : m_listeners)
            delete listener;
        for (QTcpSocket *socket : std::exchange(m_sockets, {})) {
            socket->disconnect();
            delete socket;
        }
    });
}

inline void Peers::listen(int peer)
{
    auto listener = std::make_unique<Listener>(*this, peer);
    quint16 &port = m_ports[std::size_t(peer)];
    const bool isListening = listener->listen(QHostAddress::LocalHost, port);
    if (!isListening && port > 0 && listener->serverError() == QAbstractSocket::SocketResourceError)
        return; // until resume()
    if (!isListening)
        qFatal("cannot listen: %s", qPrintable(listener->errorString()));
    port = listener->serverPort();
    // After a failure it pauses, and again whenever nobody is left to be accepted, as it reports its first error for ever.
    QObject::connect(listener.get(), &QTcpServer::acceptError, listener.get(),
                     [server = listener.get()] { QTimer::singleShot(5, server, [server] { server->resumeAccepting(); }); });
    m_listeners[std::size_t(peer)] = listener.release();
}

inline QTcpSocket *Peers::add(int peer)
{
    auto *socket = peer == 2 ? new QSslSocket : new QTcpSocket;
    m_sockets.push_back(socket);
    QObject::connect(socket, &QTcpSocket::disconnected, socket, [this, socket] { forget(socket); });
    return socket;
}

inline void Peers::welcome(int peer, qintptr descriptor)
{
    QTcpSocket *socket = add(peer);
    if (!socket->setSocketDescriptor(descriptor)) {
        ::close(int(descriptor));
        return forget(socket);
    }
    begin(socket, peer, socket->peerPort());
    if (m_manner == Manner::Silent)
        return;
    if (peer < 2) { // not at once: all that wait to be accepted are, first
        QMetaObject::invokeMethod(
                socket, [this, socket] { setUp(socket); }, Qt::QueuedConnection);
        return;
    }
    auto *tls = static_cast<QSslSocket *>(socket);
    QObject::connect(tls, &QSslSocket::encrypted, tls, [this, tls] { setUp(tls); });
    tls->setSslConfiguration(certificate());
    tls->startServerEncryption();
}

inline void Peers::connectTo(quint16 port, int count, bool isEncrypted)
{
    m_thread.run([=, this] {
        for (int i = 0; i < count && m_manner != Manner::Away; ++i) {
            const int peer = isEncrypted ? 2 : 0;
            QTcpSocket *socket = add(peer);
            socket->connectToHost(QHostAddress::LocalHost, port);
            if (!socket->waitForConnected(1000)) {
                forget(socket);
                continue;
            }
            begin(socket, peer, socket->localPort());
            if (m_manner == Manner::Silent)
                continue;
            if (!isEncrypted) {
                setUp(socket);
                continue;
            }
            auto *tls = static_cast<QSslSocket *>(socket);
            tls->setPeerVerifyMode(QSslSocket::VerifyNone);
            QObject::connect(tls, &QSslSocket::encrypted, tls, [this, tls] { setUp(tls); });
            tls->startClientEncryption();
        }
    });
}

inline void Peers::begin(QTcpSocket *socket, int peer, quint16 clientPort)
{
    const auto end = std::make_shared<End>();
    end->peer = peer;
    end->isSilent = m_manner == Manner::Silent;
    m_talks[socket].end = end;
    const std::lock_guard lock(m_mutex);
    m_ends[clientPort] = end;
}

// TCP and TLS are done. A client waits for the ID.
inline void Peers::setUp(QTcpSocket *socket)
{
    Talk &talk = m_talks[socket];
    if (m_nameConnections && m_areClients && socket->bytesAvailable() < 8) {
        QObject::connect(
                socket, &QTcpSocket::readyRead, socket, [this, socket] { setUp(socket); }, Qt::SingleShotConnection);
        return;
    }
    if (m_nameConnections && m_areClients)
        socket->read(8);
    if (m_nameConnections && !m_areClients) {
        socket->write(QByteArray::number(0x10000000 + nextMoment(), 16));
        socket->flush();
    }
    talk.isReady = true;
    if (m_manner == Manner::EndAtOnce)
        return end(socket, Killing::Fin);
    QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket] { answer(socket); });
    answer(socket);
}

inline void Peers::answer(QTcpSocket *socket)
{
    Talk &talk = m_talks[socket];
    while (socket->canReadLine()) {
        const QByteArray line = socket->readLine().chopped(1);
        const bool isPing = line == "ping";
        talk.heldBack += (isPing ? line : line + ' ' + QByteArray::number(talk.end->peer)) + '\n';
    }
    if (!m_holdsAnswers && m_answersLate)
        QTimer::singleShot(3, socket, [this, socket] { release(socket); });
    else
        release(socket);
}

inline void Peers::release(QTcpSocket *socket)
{
    if (m_holdsAnswers)
        return;
    socket->write(std::exchange(m_talks[socket].heldBack, {}));
    socket->flush();
}

inline void Peers::behave(Manner manner)
{
    m_thread.run([=, this] {
        const bool wasAway = std::exchange(m_manner, manner) == Manner::Away;
        if (m_areClients || wasAway == (manner == Manner::Away))
            return;
        for (int peer = 0; peer < 3; ++peer) {
            delete std::exchange(m_listeners[std::size_t(peer)], nullptr);
            if (wasAway)
                listen(peer);
        }
    });
}

inline void Peers::resume()
{
    m_thread.run([this] {
        for (int peer = 0; peer < 3 && !m_areClients && m_manner != Manner::Away; ++peer) {
            if (!m_listeners[std::size_t(peer)])
                listen(peer);
        }
    });
}

inline void Peers::holdAnswers(bool hold)
{
    m_thread.run([=, this] {
        m_holdsAnswers = hold;
        for (QTcpSocket *socket : std::vector(m_sockets)) {
            if (!hold && m_talks[socket].isReady)
                answer(socket);
        }
    });
}

inline void Peers::kill(int count, Killing way)
{
    m_thread.run([=, this] {
        int left = count;
        for (QTcpSocket *socket : std::vector(m_sockets)) {
            const Talk &talk = m_talks[socket];
            if (left > 0 && talk.isReady && talk.end->ended == Never && left-- > 0)
                end(socket, way);
        }
    });
}

inline void Peers::end(QTcpSocket *socket, Killing way)
{
    const std::shared_ptr<End> end = m_talks[socket].end;
    if (way == Killing::Reset) {
        const linger none{1, 0};
        ::setsockopt(int(socket->socketDescriptor()), SOL_SOCKET, SO_LINGER, &none, sizeof none);
        return socket->abort(); // when it arrives, nobody tells
    }
    if (way != Killing::Fin) {
        socket->write("unasked\n");
        socket->flush();
        if (end->unasked == Never && hasArrived(socket))
            end->unasked = nextMoment();
    }
    if (way == Killing::Unasked)
        return;
    socket->disconnect(socket); // it answers no more
    QObject::connect(socket, &QTcpSocket::disconnected, socket, [this, socket] { forget(socket); });
    ::shutdown(int(socket->socketDescriptor()), SHUT_WR);
    if (hasArrived(socket)) {
        end->ended = nextMoment();
        ++m_endedByPeers;
    }
}

// Whether all that was sent, and the FIN, has been acknowledged by the other end's kernel: there it can be seen.
inline bool Peers::hasArrived(QTcpSocket *socket)
{
    const auto descriptor = int(socket->socketDescriptor());
    for (int i = 0; i < 500; ++i) {
        tcp_info info{};
        socklen_t size = sizeof info;
        int outstanding = 0;
        if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0
            || ::ioctl(descriptor, SIOCOUTQ, &outstanding) != 0)
            return false;
        if (info.tcpi_state != TCP_ESTABLISHED && info.tcpi_state != TCP_FIN_WAIT1)
            return info.tcpi_state == TCP_FIN_WAIT2;
        if (outstanding == 0 && info.tcpi_state == TCP_ESTABLISHED)
            return true;
        QThread::usleep(100);
    }
    return false;
}

inline void Peers::forget(QTcpSocket *socket)
{
    std::erase(m_sockets, socket);
    m_talks.erase(socket);
    socket->disconnect();
    socket->deleteLater();
}

inline std::shared_ptr<End> Peers::find(quint16 clientPort)
{
    for (int i = 0; i < 1000; ++i) {
        {
            const std::lock_guard lock(m_mutex);
            if (const auto end = m_ends.find(clientPort); end != m_ends.end())
                return end->second;
        }
        QThread::msleep(1); // it has not been accepted yet
    }
    return nullptr;
}
