// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "dice.h"
#include "scene.h"

// One of the threads that use the client pool.
class User
{
public:
    User(Scene &scene, const QByteArray &name, quint64 seed) : m_scene(scene), m_dice(seed), m_name(name) { }
    virtual ~User() = default;

    // For the watchdog.
    QString report() const { return QStringLiteral("%1: %2").arg(QString::fromLatin1(m_name), QLatin1String(m_doing)); }

protected:
    struct Ask
    {
        quint64 number = 0;
        QFuture<Connection> future;
    };

    ClientPool &client() { return *m_scene.client; }
    Tally &tally() { return m_scene.tally; }
    Held take() { return taken(client().take()); }
    Held takeRecent();
    Held taken(Connection connection);
    Ask ask();
    Held resultOf(Ask ask, Event served);
    Held record(Connection connection) { return Held(std::move(connection), m_scene.holders, m_name); }
    std::chrono::milliseconds patience() { return m_dice.chance(10) ? 0ms : m_dice.upTo(60ms); }
    void leaveToOthers(Held held, bool isThreadGone) { m_scene.mailbox.post(std::move(held), isThreadGone); }
    void endOneOfOthers();
    void putBack(ConnectionId id, std::unique_ptr<QTcpSocket> socket);
    void end(Held held);
    void endBroken(Held held);
    void countExchange(const Answer &answer, bool isWell);
    void wrongBytes(ConnectionId id);
    void noAnswer(ConnectionId id);
    void complain(const QString &what) { m_scene.findings.add(QString::fromLatin1(m_name) + QStringLiteral(": ") + what); }

    Scene &m_scene;
    Dice m_dice;
    const QByteArray m_name;
    std::atomic<const char *> m_doing{"nothing yet"};
    ConnectionId m_recent; // one that this user had
};

// By its ID, which is rare where the client itself makes the IDs.
inline Held User::takeRecent()
{
    if (m_scene.setting.mode == ConnectionMode::Single && !m_dice.chance(3))
        return take();
    return taken(client().take(m_recent));
}

inline Held User::taken(Connection connection)
{
    tally().count(connection ? Event::Take : Event::NothingToTake);
    if (!connection)
        return {};
    ++m_scene.calls;
    return record(std::move(connection));
}

inline User::Ask User::ask()
{
    tally().count(Event::Acquire);
    ++m_scene.calls;
    const quint64 number = m_scene.asks.begin();
    const bool isById = m_dice.chance(5) && m_scene.setting.mode == ConnectionMode::Multi;
    return {number, isById ? client().acquire(m_recent, patience()) : client().acquire(patience())};
}

inline Held User::resultOf(Ask ask, Event served)
{
    Held held;
    Event outcome = Event::Cancelled; // perhaps after it was served: then the lease goes home with the future
    try {
        ask.future.waitForFinished();
        if (!ask.future.isCanceled()) {
            held = record(ask.future.takeResult());
            outcome = served;
        }
    } catch (const PoolException &) {
        outcome = Event::NotServed;
    }
    m_scene.asks.end(ask.number);
    tally().count(outcome);
    return held;
}

inline void User::endOneOfOthers()
{
    Mailbox::Letter letter = m_scene.mailbox.take();
    if (!letter.lease)
        return;
    tally().count(letter.isThreadGone ? Event::EndedAfterItsThread : Event::EndedElsewhere);
    if (m_dice.chance(20))
        letter.lease.discard();
    else
        letter.lease.giveBack();
}

inline void User::putBack(ConnectionId id, std::unique_ptr<QTcpSocket> socket)
{
    tally().count(Event::Detached);
    if (!socket || m_dice.chance(30))
        return;
    if (!client().put(m_dice.chance(50) ? id : ConnectionId(), socket.get()))
        return;
    socket.release();
    tally().count(Event::PutBack);
}

// The socket is in no thread or in this one, and nothing of it is on the call stack.
inline void User::end(Held held)
{
    m_recent = held.id();
    if (m_dice.chance(80)) {
        tally().count(Event::GivenBack);
        held.giveBack();
    } else if (m_dice.chance(40)) {
        tally().count(Event::Discarded);
        held.discard();
    } else {
        const ConnectionId id = held.id();
        putBack(id, held.detach());
    }
}

// It is closed either way.
inline void User::endBroken(Held held)
{
    if (m_dice.chance(50))
        held.giveBack();
    else
        held.discard();
}

inline void User::countExchange(const Answer &answer, bool isWell)
{
    tally().count(isWell ? Event::Exchange : answer.hasFarewell() ? Event::Farewell : Event::BrokenExchange);
    tally().count(Event::Byte, isWell ? answer.sent().size() : 0);
}

inline void User::wrongBytes(ConnectionId id)
{
    complain(QStringLiteral("other bytes than were sent came back on %1").arg(id.toString()));
}

inline void User::noAnswer(ConnectionId id)
{
    complain(QStringLiteral("no answer on %1, and it is still connected").arg(id.toString()));
}
