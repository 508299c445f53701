// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/clientpool.h>

#include <optional>

namespace QNetPool {

// The part of a configuration that the stock needs, clamped.
struct Policy
{
    QString host; // becomes the peerName() of sockets
    int maximumIdle = 1; // 1 or more
    Reuse reuse = Reuse::OldestFirst;
    bool dropUnexpectedBytes = false;
    Pool::Limits limits;
    Pool::Hooks hooks;
    std::optional<ClientPool::Sizing> sizing; // of a client pool
};

} // namespace QNetPool
