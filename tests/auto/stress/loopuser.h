// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "follow.h"
#include "user.h"

#include <QtCore/QThread>
#include <QtCore/QTimer>

// A user with an event loop: several things at once in one thread, each by signals and continuations.
class LoopUser final : public QObject, public User
{
public:
    LoopUser(Scene &scene, const QByteArray &name, quint64 seed);
    void begin();

private:
    class Exchange;
    static constexpr int Chains = 3;

    void next(); // the next step of one chain of actions
    void nextInTheLoop();
    void nextAfterAWhile() { QTimer::singleShot(m_dice.upTo(5ms), this, &LoopUser::next); }
    void use(Held held);
    void useInOneTurn(Held held);
    void useIfServed(Held held);
    void askAndFollow();
    void maybeCancel(const Ask &asked);
    void finish(Held held); // an exchange has gone well
    void lost(ConnectionId id);

    int m_chains = Chains;
};

// One exchange by signals.
class LoopUser::Exchange final : public QObject
{
public:
    Exchange(LoopUser &user, Held held)
        : QObject(&user), m_user(user), m_held(std::move(held)), m_answer(user.m_dice.payload(user.m_name))
    {
    }
    void begin();

protected:
    void timerEvent(QTimerEvent *) override;

private:
    void read();
    void over(bool isWell);

    LoopUser &m_user;
    Held m_held;
    Answer m_answer;
    bool m_isOver = false;
};

inline void LoopUser::Exchange::begin()
{
    QTcpSocket *socket = m_held.socket();
    connect(socket, &QTcpSocket::readyRead, this, &Exchange::read);
    connect(socket, &QTcpSocket::disconnected, this, [this] {
        read();
        over(false);
    });
    startTimer(ExchangeLimit);
    socket->write(m_answer.sent());
    if (socket->state() != QAbstractSocket::ConnectedState)
        over(false);
}

inline void LoopUser::Exchange::timerEvent(QTimerEvent *)
{
    if (!m_isOver)
        m_user.noAnswer(m_held.id());
    over(false);
}

inline void LoopUser::Exchange::read()
{
    if (m_isOver)
        return;
    if (!m_answer.add(m_held.socket()->readAll())) {
        m_user.wrongBytes(m_held.id());
        over(false);
    } else if (m_answer.isComplete() || m_answer.hasFarewell()) {
        over(!m_answer.hasFarewell());
    }
}

inline void LoopUser::Exchange::over(bool isWell)
{
    if (std::exchange(m_isOver, true))
        return;
    m_user.countExchange(m_answer, isWell);
    m_held.socket()->disconnect(this);
    deleteLater();
    if (isWell)
        return m_user.finish(std::move(m_held));
    m_user.endBroken(std::move(m_held));
    m_user.nextInTheLoop();
}

inline LoopUser::LoopUser(Scene &scene, const QByteArray &name, quint64 seed) : User(scene, name, seed)
{
    const auto tell = [this](ConnectionId id) { // by hand, as Echo does
        QMetaObject::invokeMethod(
                this, [this, id] { lost(id); }, Qt::QueuedConnection);
    };
    connect(scene.client.get(), &Pool::connectionLost, this, tell, Qt::DirectConnection);
}

inline void LoopUser::begin()
{
    for (int i = 0; i < Chains; ++i)
        nextInTheLoop();
}

inline void LoopUser::nextInTheLoop()
{
    m_doing = "its event loop";
    QMetaObject::invokeMethod(this, &LoopUser::next, Qt::QueuedConnection);
}

inline void LoopUser::next()
{
    if (m_scene.stop.isSet()) {
        if (--m_chains == 0) {
            m_doing = "has ended";
            thread()->quit();
        }
        return;
    }
    if (m_scene.gate.isClosed())
        return nextAfterAWhile();
    if (m_dice.chance(3))
        m_scene.checkNumbers();
    if (m_dice.chance(10))
        endOneOfOthers();
    if (m_dice.chance(60))
        askAndFollow();
    else
        useIfServed(m_dice.chance(20) ? takeRecent() : take());
}

inline void LoopUser::useIfServed(Held held)
{
    if (held)
        use(std::move(held));
    else
        nextAfterAWhile();
}

inline void LoopUser::use(Held held)
{
    if (m_dice.chance(10))
        return useInOneTurn(std::move(held));
    if (m_dice.chance(3)) {
        leaveToOthers(std::move(held), false);
        return nextInTheLoop();
    }
    auto *exchange = new Exchange(*this, std::move(held));
    exchange->begin();
}

// Takes and gives back without returning to the event loop.
inline void LoopUser::useInOneTurn(Held held)
{
    for (int i = 0; held && i < 5; ++i) {
        tally().count(Event::GivenBackUnused);
        if (m_dice.chance(90))
            held.socket();
        held.giveBack();
        held = take();
    }
    held.giveBack();
    nextInTheLoop();
}

inline void LoopUser::askAndFollow()
{
    const Ask asked = ask();
    follow(this, asked.future, [this, number = asked.number](QFuture<Connection> ended) {
        useIfServed(resultOf({number, std::move(ended)}, Event::Served));
    });
    if (m_dice.chance(3))
        m_scene.cancelBox.add(asked.future);
    maybeCancel(asked);
}

// Not once it has ended: Qt (6.4) then goes through continuations that are no more.
inline void LoopUser::maybeCancel(const Ask &asked)
{
    const auto cancel = [this, asked] {
        if (m_scene.asks.isOpen(asked.number))
            QFuture<Connection>(asked.future).cancel();
    };
    if (m_dice.chance(5))
        cancel();
    else if (m_dice.chance(5))
        QTimer::singleShot(m_dice.upTo(5ms), this, cancel);
}

// In a slot of the socket's.
inline void LoopUser::finish(Held held)
{
    if (m_dice.chance(10)) {
        leaveToOthers(std::move(held), false);
    } else if (m_dice.chance(60)) {
        m_recent = held.id();
        tally().count(Event::GivenBack);
        held.giveBack();
    } else {
        const auto later = std::make_shared<Held>(std::move(held));
        QMetaObject::invokeMethod(
                this, [this, later] { end(std::move(*later)); }, Qt::QueuedConnection);
    }
    nextInTheLoop();
}

// A connection that died while idle may have left a farewell. It is for the first who asks.
inline void LoopUser::lost(ConnectionId id)
{
    if (m_scene.setting.mode == ConnectionMode::Single || !m_dice.chance(50))
        return;
    Connection connection = client().take(id);
    if (!connection)
        return;
    ++m_scene.calls;
    const Held held = record(std::move(connection));
    if (m_dice.chance(20))
        return; // unread
    Answer answer;
    if (answer.add(held.socket()->readAll()))
        tally().count(Event::LastWords);
    else
        complain(QStringLiteral("the last words on %1 are not a farewell").arg(id.toString()));
}
