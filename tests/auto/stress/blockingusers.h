// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "user.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QThread>

#include <thread>

// A user without event loop.
class BlockingUser : public User
{
public:
    using User::User;
    virtual void run();

protected:
    Held wait();
    bool exchange(const Held &held); // false: do not use it any more

private:
    void act();
    Held waitForAsked();
    bool isWorthWaiting(const Held &held, const QElapsedTimer &timer);
    void use(Held held);
    void leaveUnread(Held held);
};

inline void BlockingUser::run()
{
    while (!m_scene.stop.isSet()) {
        m_scene.gate.pass();
        act();
        if (m_dice.chance(3))
            m_scene.checkNumbers();
    }
    m_doing = "has ended";
}

inline void BlockingUser::act()
{
    Held held;
    const int choice = m_dice.below(100);
    if (choice < 25)
        held = take();
    else if (choice < 30)
        held = takeRecent();
    else if (choice < 60)
        held = wait();
    else if (choice < 90)
        held = waitForAsked();
    else
        endOneOfOthers();
    if (held)
        use(std::move(held));
    else
        m_scene.stop.waitFor(m_dice.upTo(5ms)); // not to turn in circles while there is none
}

inline Held BlockingUser::wait()
{
    m_doing = "waitForConnection()";
    tally().count(Event::Wait);
    ++m_scene.calls;
    Connection connection = client().waitForConnection(patience());
    tally().count(connection ? Event::ServedWithoutEventLoop : Event::NotServed);
    return connection ? record(std::move(connection)) : Held();
}

inline Held BlockingUser::waitForAsked()
{
    m_doing = "acquire()";
    Ask asked = ask();
    if (m_dice.chance(10))
        m_scene.cancelBox.add(asked.future);
    else if (m_dice.chance(10))
        asked.future.cancel();
    return resultOf(std::move(asked), Event::ServedWithoutEventLoop);
}

inline bool BlockingUser::exchange(const Held &held)
{
    m_doing = "an exchange";
    QTcpSocket *socket = held.socket();
    Answer answer(m_dice.payload(m_name));
    socket->write(answer.sent());
    QElapsedTimer timer;
    timer.start();
    while (!answer.isComplete() && !answer.hasFarewell()) {
        const bool isReady = socket->waitForReadyRead(std::max(1, int(ExchangeLimit.count() - timer.elapsed())));
        if (!answer.add(socket->readAll())) {
            wrongBytes(held.id());
            return false;
        }
        if (!isReady && !answer.isComplete() && !isWorthWaiting(held, timer)) {
            countExchange(answer, false);
            return false;
        }
    }
    const bool isWell = !answer.hasFarewell();
    countExchange(answer, isWell);
    return isWell;
}

inline bool BlockingUser::isWorthWaiting(const Held &held, const QElapsedTimer &timer)
{
    const QTcpSocket *socket = held.socket();
    if (socket->state() != QAbstractSocket::ConnectedState)
        return false;
    if (!timer.hasExpired(ExchangeLimit.count()))
        return socket->error() == QAbstractSocket::SocketTimeoutError;
    noAnswer(held.id());
    return false;
}

// Bytes that are still in the socket must not reach the next holder.
inline void BlockingUser::leaveUnread(Held held)
{
    QTcpSocket *socket = held.socket();
    socket->write(m_dice.payload(m_name));
    if (socket->waitForReadyRead(int(ExchangeLimit.count())) && socket->bytesAvailable() > 0) {
        tally().count(Event::GivenBackDirty);
        held.giveBack();
    } else {
        held.discard(); // it broke, and the answer might come later
    }
}

inline void BlockingUser::use(Held held)
{
    if (m_dice.chance(5)) {
        tally().count(Event::GivenBackUnused);
        return held.giveBack();
    }
    if (m_dice.chance(3))
        return leaveToOthers(std::move(held), false); // not used: it is in no thread, and may end in any
    const int times = 1 + m_dice.below(3);
    for (int i = 0; i < times; ++i) {
        if (!exchange(held))
            return endBroken(std::move(held));
    }
    if (m_dice.chance(2))
        leaveUnread(std::move(held));
    else
        end(std::move(held));
}

// Its many short-lived threads use a connection and leave it to others to end the lease, while they end themselves.
class PassingUser final : public BlockingUser
{
public:
    using BlockingUser::BlockingUser;
    void run() override;

private:
    void live();
};

inline void PassingUser::run()
{
    while (!m_scene.stop.isSet()) {
        m_scene.gate.pass();
        if (m_dice.chance(50)) {
            std::thread([this] { live(); }).join();
        } else {
            const std::unique_ptr<QThread> thread(QThread::create([this] { live(); }));
            thread->start();
            thread->wait();
        }
        if (m_dice.chance(40))
            endOneOfOthers();
    }
    m_doing = "has ended";
}

inline void PassingUser::live()
{
    Held held = wait();
    if (!held || !exchange(held))
        return held.discard();
    if (m_dice.chance(70))
        leaveToOthers(std::move(held), true);
    else
        end(std::move(held));
}
