// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "asks.h"
#include "gate.h"
#include "numbers.h"
#include "ping.h"
#include "registry.h"
#include "tally.h"

// An answer that takes longer than this, from a peer that runs, is lost.
constexpr std::chrono::milliseconds ExchangeLimit = 20s;

constexpr int ServerMaximum = 40; // connections

// How one row is set up.
struct Setting
{
    ConnectionMode mode;
    bool isTls;
    bool hasChecks;
    Reuse reuse;
    int maximumConnections;
    int setupThreads; // of both ends
    bool restarts = true; // the pools are closed and started again
};

// The stage of one row: both pools, and what the threads share. The pools are configured small and short-lived, so that
// every limit is met.
struct Scene
{
    explicit Scene(const Setting &chosen) : setting(chosen) { }

    ClientPool::Configuration clientWish();
    ServerPool::Configuration serverWish() const;
    void checkNumbers();

    const Setting setting;
    StopSignal stop;
    Gate gate{stop};
    Findings findings{stop};
    Tally tally;
    Holders holders{findings};
    Holders serverHolders{findings};
    Mailbox mailbox;
    Asks asks{findings};
    CancelBox cancelBox;
    // Calls that each pool must have counted once: those of acquire() and waitForConnection(), and of take() that got
    // something.
    std::atomic<qint64> calls{0};
    std::atomic<qint64> serverCalls{0};
    std::unique_ptr<ClientPool> client;
    std::unique_ptr<ServerPool> server;
    quint16 port = 0;

private:
    void checkNumbersOf(const Pool &pool, const char *name, int maximumConnections);
};

inline void Scene::checkNumbers()
{
    checkNumbersOf(*client, "client", setting.maximumConnections);
    checkNumbersOf(*server, "server", ServerMaximum);
}

inline void Scene::checkNumbersOf(const Pool &pool, const char *name, int maximumConnections)
{
    const PoolStatistics numbers = pool.statistics();
    const QString wrong = whatIsWrong(numbers, maximumConnections);
    if (!wrong.isEmpty())
        findings.add(QStringLiteral("%1: %2: %3").arg(QLatin1String(name), wrong, text(numbers)));
    tally.count(Event::Check);
}

inline ClientPool::Configuration Scene::clientWish()
{
    ClientPool::Configuration wish = clientOf(port, 4);
    wish.sizing.maximumCapacity = 8;
    wish.sizing.minimumInterval = 10ms;
    wish.sizing.maximumInterval = 50ms;
    wish.sizing.maximumBackoff = 100ms;
    wish.sizing.maximumPending = 6;
    wish.limits.maximumConnections = setting.maximumConnections;
    wish.setupThreads = setting.setupThreads;
    wish.limits.maximumWaiters = 6;
    wish.limits.idleTimeout = 100ms;
    wish.limits.maximumLifetime = 1s;
    wish.limits.lifetimeSpread = 0.5;
    wish.limits.leakThreshold = 20ms;
    wish.limits.unclaimedTimeout = 200ms;
    wish.connectionMode = setting.mode;
    wish.reuse = setting.reuse;
    wish.dropUnexpectedBytes = setting.mode == ConnectionMode::Single;
    wish.tls.mode = setting.isTls ? TlsMode::SelfSigned : TlsMode::None;
    if (!setting.hasChecks)
        return wish;
    wish.hooks.validateAfter = 1ms;
    wish.hooks.timeout = 500ms;
    wish.hooks.validator = [this](QTcpSocket *socket) {
        tally.count(Event::Validation);
        return ping(socket, "still there?");
    };
    wish.hooks.resetter = [this](QTcpSocket *socket) {
        tally.count(Event::Reset);
        return ping(socket, "forget all");
    };
    return wish;
}

inline ServerPool::Configuration Scene::serverWish() const
{
    ServerPool::Configuration wish;
    wish.connectionMode = setting.mode;
    wish.limits.maximumConnections = ServerMaximum;
    wish.setupThreads = setting.setupThreads;
    wish.limits.maximumWaiters = 3;
    wish.limits.maximumLifetime = 3s;
    wish.limits.leakThreshold = 500ms;
    wish.limits.unclaimedTimeout = 100ms;
    if (setting.isTls)
        wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    return wish;
}
