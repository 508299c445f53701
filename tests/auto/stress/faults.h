// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "echo.h"
#include "loop.h"
#include "user.h"

// The threads in which the two pools and the echo live.
struct Loops
{
    std::unique_ptr<Loop> client = std::make_unique<Loop>(QStringLiteral("client"));
    std::unique_ptr<Loop> server = std::make_unique<Loop>(QStringLiteral("server"));
    std::unique_ptr<Loop> echo = std::make_unique<Loop>(QStringLiteral("echo"));
};

// Breaks what it can: connections, calls that wait, and the pools themselves.
class Faults final : public User
{
public:
    Faults(Scene &scene, Loops &loops, Echo &echo, quint64 seed)
        : User(scene, "the fault thread", seed), m_loops(loops), m_echo(echo)
    {
    }
    void run();

private:
    // A TLS connection takes longer to make: it is not to be killed before anyone had it.
    std::chrono::milliseconds pause() { return m_dice.upTo(m_scene.setting.isTls ? 60ms : 20ms); }
    void act();
    void kill();
    void killIdle();
    void flush();
    void countErrors();
    void restartServer();
    void restartClient();
    void restart(Pool &pool, Loop &loop, std::chrono::milliseconds longestPause, const std::function<bool()> &start);
    void reconfigure();

    Loops &m_loops;
    Echo &m_echo;
};

inline void Faults::run()
{
    while (!m_scene.stop.waitFor(pause())) {
        m_scene.gate.pass();
        act();
    }
    m_scene.cancelBox.cancelAll();
    m_doing = "has ended";
}

inline void Faults::act()
{
    m_scene.cancelBox.cancelAll();
    const int choice = m_dice.below(200);
    if (choice < 120)
        kill();
    else if (choice < 150)
        killIdle();
    else if (choice < 160)
        reconfigure();
    else if (choice < 163 && m_scene.setting.restarts)
        restartServer();
    else if (choice < 166 && m_scene.setting.restarts)
        restartClient();
    else if (choice < 172)
        flush();
    else if (choice < 180)
        countErrors();
}

inline void Faults::kill()
{
    const auto way = Kill(m_dice.below(KillCount));
    m_loops.echo->post([this, way] { m_echo.kill(way); });
}

// A connection that the echo has not taken yet, or has given back.
inline void Faults::killIdle()
{
    m_doing = "take() at the server";
    Connection connection = m_scene.server->take();
    if (!connection)
        return;
    ++m_scene.serverCalls;
    Held held(std::move(connection), m_scene.serverHolders, m_name);
    if (m_dice.chance(50))
        held.socket()->abort();
    else if (m_dice.chance(50))
        held.giveBack();
}

inline void Faults::flush()
{
    m_doing = "flush()";
    tally().count(Event::Flush);
    m_dice.chance(60) ? m_scene.client->flush() : m_scene.server->flush();
}

inline void Faults::countErrors()
{
    m_scene.client->resetErrorCount();
    m_scene.server->addError();
}

inline void Faults::restartServer()
{
    m_doing = "restarting the server";
    tally().count(Event::ServerRestart);
    restart(*m_scene.server, *m_loops.server, 30ms,
            [this] { return m_scene.server->listen(QHostAddress::LocalHost, m_scene.port); });
}

inline void Faults::restartClient()
{
    m_doing = "restarting the client";
    tally().count(Event::ClientRestart);
    restart(*m_scene.client, *m_loops.client, 10ms, [this] { return m_scene.client->start(); });
}

inline void Faults::restart(Pool &pool, Loop &loop, std::chrono::milliseconds longestPause,
                            const std::function<bool()> &start)
{
    if (m_dice.chance(50))
        pool.close();
    else
        loop.post([&pool] { pool.close(); });
    m_scene.stop.waitFor(m_dice.upTo(longestPause));
    loop.run([this, &start] {
        if (!start())
            complain(QLatin1String(m_doing) + QStringLiteral(" has failed"));
    });
}

// maximumConnections stays, so that it can be checked at any moment.
inline void Faults::reconfigure()
{
    m_doing = "setConfiguration()";
    tally().count(Event::Reconfiguration);
    ClientPool::Configuration wish = m_scene.clientWish();
    wish.sizing.minimumCapacity = 1 + m_dice.below(8);
    wish.sizing.maximumCapacity = wish.sizing.minimumCapacity + m_dice.below(8);
    wish.limits.maximumWaiters = 2 + m_dice.below(8);
    wish.limits.idleTimeout = m_dice.upTo(200ms);
    wish.limits.maximumLifetime = m_dice.upTo(2s);
    wish.limits.leakThreshold = m_dice.upTo(40ms);
    wish.limits.unclaimedTimeout = m_dice.upTo(400ms);
    wish.hooks.validateAfter = m_dice.upTo(20ms);
    if (m_scene.setting.setupThreads > 0)
        wish.setupThreads = m_dice.below(4);
    if (m_dice.chance(30))
        wish.hooks.validator = nullptr;
    if (m_dice.chance(30))
        wish.hooks.resetter = nullptr;
    if (m_dice.chance(20))
        wish.reuse = m_dice.chance(50) ? Reuse::OldestFirst : Reuse::NewestFirst;
    m_loops.client->run([this, &wish] {
        if (!m_scene.client->setConfiguration(wish))
            complain(QStringLiteral("a configuration that can work was refused"));
    });
}
