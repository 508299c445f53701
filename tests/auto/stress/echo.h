// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "dice.h"
#include "follow.h"
#include "scene.h"

#ifdef Q_OS_UNIX
#include <sys/socket.h>
#endif

// How the server's end of a connection goes wrong.
enum class Kill { Abort, HalfClose, Farewell, Discard, Detach, DetachAndPut };
constexpr int KillCount = int(Kill::DetachAndPut) + 1;

// Takes every connection that becomes idle at the server, and sends back what comes in; some it gives back between two
// exchanges, and takes them again. In a thread of its own.
class Echo final : public QObject
{
public:
    Echo(Scene &scene, quint64 seed) : m_scene(scene), m_dice(seed)
    {
        // Posted by hand: what Qt itself queues for a signal, ThreadSanitizer cannot follow.
        const auto tell = [this](ConnectionId id) {
            QMetaObject::invokeMethod(
                    this, [this, id] { welcome(id); }, Qt::QueuedConnection);
        };
        connect(scene.server.get(), &Pool::connectionAvailable, this, tell, Qt::DirectConnection);
    }
    void kill(Kill way);

private:
    void welcome(ConnectionId id);
    void takeAtOnce(ConnectionId id);
    void begin(Connection connection);
    void echo(ConnectionId id);
    void drop(ConnectionId id) { m_talks.erase(id.toByteArray()); }
    void halfClose(const Held &held);
    void end(Held held, Kill way);

    Scene &m_scene;
    Dice m_dice;
    std::map<QByteArray, Held> m_talks;
};

inline void Echo::welcome(ConnectionId id)
{
    if (!m_dice.chance(20))
        return takeAtOnce(id);
    ++m_scene.serverCalls;
    follow(this, m_scene.server->acquire(id, 20ms), [this, id](QFuture<Connection> ended) {
        try {
            begin(ended.takeResult());
        } catch (const PoolException &) {
            takeAtOnce(id);
        }
    });
}

inline void Echo::takeAtOnce(ConnectionId id)
{
    Connection connection = m_scene.server->take(id);
    m_scene.serverCalls += bool(connection);
    begin(std::move(connection));
}

inline void Echo::begin(Connection connection)
{
    if (!connection)
        return; // it has gone again, or somebody else has it
    const ConnectionId id = connection.id();
    Held &held = m_talks[id.toByteArray()];
    held = Held(std::move(connection), m_scene.serverHolders, "the echo");
    QTcpSocket *socket = held.socket();
    connect(socket, &QTcpSocket::readyRead, this, [this, id] { echo(id); });
    connect(socket, &QTcpSocket::disconnected, this, [this, id] { drop(id); });
    if (socket->state() != QAbstractSocket::ConnectedState)
        drop(id); // these were its last words
}

inline void Echo::echo(ConnectionId id)
{
    const auto talk = m_talks.find(id.toByteArray());
    if (talk == m_talks.end())
        return;
    QTcpSocket *socket = talk->second.socket();
    socket->write(socket->readAll());
    if (m_dice.below(200) > 0)
        return;
    m_scene.tally.count(Event::ServerGaveBack);
    drop(id);
}

inline void Echo::kill(Kill way)
{
    if (m_talks.empty())
        return;
    const auto victim = std::next(m_talks.begin(), m_dice.below(int(m_talks.size())));
    if (way == Kill::HalfClose)
        return halfClose(victim->second);
    Held held = std::move(victim->second);
    m_talks.erase(victim);
    held.socket()->disconnect(this);
    end(std::move(held), way);
}

// The client closes in its turn, and then this end does.
inline void Echo::halfClose(const Held &held)
{
    m_scene.tally.count(Event::HalfClose);
#ifdef Q_OS_UNIX
    ::shutdown(int(held.socket()->socketDescriptor()), SHUT_WR);
#else
    held.socket()->disconnectFromHost();
#endif
}

inline void Echo::end(Held held, Kill way)
{
    QTcpSocket *socket = held.socket();
    switch (way) {
    case Kill::Abort:
        m_scene.tally.count(Event::Abort);
        socket->abort();
        return;
    case Kill::Farewell:
        m_scene.tally.count(Event::FarewellSent);
        socket->write(farewell());
        socket->flush();
        held.discard();
        return;
    case Kill::Detach:
        m_scene.tally.count(Event::ServerDetached);
        held.detach();
        return;
    case Kill::DetachAndPut: {
        m_scene.tally.count(Event::ServerDetached);
        const ConnectionId id = held.id();
        std::unique_ptr<QTcpSocket> detached = held.detach();
        if (m_scene.server->put(id, detached.get()))
            detached.release();
        return;
    }
    case Kill::HalfClose:
    case Kill::Discard:
        held.discard();
    }
}
