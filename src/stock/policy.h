// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/peernetwork.h"

#include <qnetpool/clientpool.h>

#include <functional>
#include <optional>

namespace QNetPool {

// The part of a configuration that the stock needs, clamped.
struct Policy
{
    QString host; // becomes the peerName() of sockets
    std::function<bool(qintptr descriptor)> allowsPeer; // of a server pool that does not allow every peer
    // Why no setup would have admitted what the application has set up; empty: one could have. Null: there is nothing to ask.
    std::function<QString(const QTcpSocket &socket)> putProblem;
    std::function<PeerNetwork(qintptr descriptor)> networkOf; // of a server pool: whose connection it is
    int maximumPerPeer = 0; // of those that put() adds, 0: any number
    int maximumIdle = 1; // 1 or more
    Reuse reuse = Reuse::OldestFirst;
    bool keepsStep = false; // a lease that ends while an answer may be due is closed, unless its holder vouches for it
    bool dropUnexpectedBytes = false;
    Pool::Limits limits;
    Pool::Hooks hooks;
    std::optional<ClientPool::Sizing> sizing; // of a client pool
};

} // namespace QNetPool
