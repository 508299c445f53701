// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/global.h>

#include <QtCore/qstring.h>

#include <chrono>

namespace QNetPool {

// What a pool's configuration says about connections that are set up. 0 stands for no limit.
struct Policy
{
    QString host; // that sockets are to name as their peer
    using milliseconds = std::chrono::milliseconds;

    int maximumIdle = 1; // never 0
    int maximumConnections = 0;
    int maximumWaiters = 0;
    milliseconds idleTimeout{};
    milliseconds maximumLifetime{};
    double lifetimeSpread = 0; // 0 to 1
    milliseconds leakThreshold{};
    milliseconds unclaimedTimeout{}; // 0: none are kept
    bool hasValidator = false;
    milliseconds validateAfter{};
    bool hasResetter = false;
    Reuse reuse = Reuse::OldestFirst;
    bool dropUnexpectedBytes = false;
};

} // namespace QNetPool
