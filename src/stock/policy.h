// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/pool.h>

namespace QNetPool {

// What a pool's configuration says about connections that are set up.
struct Policy
{
    QString host; // that sockets are to name as their peer
    int maximumIdle = 1; // never 0
    Reuse reuse = Reuse::OldestFirst;
    bool dropUnexpectedBytes = false;
    Pool::Limits limits; // within their ranges
    Pool::Hooks hooks;
};

} // namespace QNetPool
