// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "peers.h"
#include "ping.h"
#include "pools.h"
#include "readyfuture.h"

#include <stdexcept>

// What the hooks of a program's pool do at present.
struct Hooks
{
    std::atomic<Checking> validator{};
    std::atomic<Checking> resetter{};
    std::atomic<Dialing> dialer{};
};

constexpr int MaximumPending = 8;

inline Pool::Hook hookThatDoes(std::shared_ptr<Hooks> hooks, std::atomic<Checking> Hooks::*which)
{
    return [hooks, which](QTcpSocket *socket) -> QFuture<bool> {
        QFutureInterface<bool> open;
        switch ((*hooks).*which) {
        case Checking::Ping:
            return ping(socket, "ping\n");
        case Checking::Throw:
            throw std::runtime_error("a hook that throws");
        case Checking::Hang:
            open.reportStarted();
            return open.future();
        case Checking::Cancel:
            open.reportStarted();
            open.cancel();
            open.reportFinished();
            return open.future();
        case Checking::Pass:
        case Checking::Fail:
            break;
        }
        return readyFuture((*hooks).*which == Checking::Pass);
    };
}

template<typename Configuration>
void wishLimits(Configuration &wish, const Setting &setting, const std::shared_ptr<Hooks> &hooks)
{
    wish.connectionMode = setting.isSingle ? ConnectionMode::Single : ConnectionMode::Multi;
    wish.limits.maximumConnections = setting.maximumConnections;
    wish.limits.maximumWaiters = setting.maximumWaiters;
    wish.handshakeTimeout = 300ms;
    if (setting.hasValidator)
        wish.hooks.validator = hookThatDoes(hooks, &Hooks::validator);
    if (setting.hasResetter)
        wish.hooks.resetter = hookThatDoes(hooks, &Hooks::resetter);
    wish.hooks.validateAfter = setting.validatesAlways ? 0ms : 20ms;
    wish.hooks.timeout = 100ms;
}

inline ClientPool::Configuration clientWish(const Setting &setting, Variant variant, int setupThreads, const Peers &peers,
                                            const std::shared_ptr<Hooks> &hooks)
{
    const quint16 port = peers.port(Model::peerOf(false, variant));
    ClientPool::Configuration wish = clientOf(port, setting.capacity);
    wishLimits(wish, setting, hooks);
    wish.sizing.maximumBackoff = 100ms;
    wish.sizing.maximumPending = MaximumPending;
    wish.setupThreads = setupThreads;
    wish.connectTimeout = 300ms;
    if (variant == Variant::Encrypted)
        wish.tls.mode = TlsMode::SelfSigned;
    if (variant != Variant::Special)
        return wish;
    wish.dialer = [hooks, port](QTcpSocket *socket) {
        const Dialing how = hooks->dialer;
        if (how == Dialing::Throw)
            throw std::runtime_error("a dialer that throws");
        if (how != Dialing::Nothing)
            socket->connectToHost(QHostAddress::LocalHost, port);
        if (how == Dialing::HandOverConnected)
            socket->waitForConnected(1000);
    };
    return wish;
}

inline ServerPool::Configuration serverWish(const Setting &setting, Variant variant, int setupThreads,
                                            const std::shared_ptr<Hooks> &hooks)
{
    ServerPool::Configuration wish;
    wishLimits(wish, setting, hooks);
    wish.setupThreads = setupThreads;
    if (variant == Variant::Encrypted)
        wish.tls = {.enabled = true, .configuration = certificate()};
    else if (variant != Variant::A)
        wish.allowedPeers =
                QStringList{variant == Variant::B ? QStringLiteral("127.0.0.1") : QStringLiteral("192.0.2.0/24")};
    return wish;
}
