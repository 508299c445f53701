// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "scene.h"

#include <array>

// The rows of the stress test and of the soak.
struct Row
{
    const char *name;
    double share; // of the time
    Setting setting;
};
constexpr std::array<Row, 3> Rows{{
        {"TCP, the server names connections, validated and reset",
         0.4,
         {ConnectionMode::Multi, false, true, Reuse::OldestFirst, 12, 0}},
        {"TCP, the client names connections, one setup thread",
         0.3,
         {ConnectionMode::Single, false, false, Reuse::NewestFirst, 20, 1}},
        {"TLS, two setup threads", 0.3, {ConnectionMode::Multi, true, true, Reuse::OldestFirst, 12, 2}},
}};
