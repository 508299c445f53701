// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "program.h"

// Programs that once failed, shrunk, each by what was wrong. All but the last did with version 0.1.0.
struct Found
{
    const char *name;
    Program program;
};

inline std::vector<Found> foundPrograms()
{
    return {
            {"answers cross",
             {{.isSingle = true, .capacity = 1, .answersLate = true},
              {{.act = Act::Start},
               {.act = Act::Serve},
               {.act = Act::Request, .how = int(Reading::None)},
               {.act = Act::End, .isQuick = true},
               {.act = Act::Take, .isQuick = true},
               {.act = Act::Request}}}},
            {"a waiter gets a connection whose peer has gone",
             {{.isSingle = true},
              {{.act = Act::Start},
               {.act = Act::PeersAre, .how = int(Manner::EndAtOnce)},
               {.act = Act::Flush, .isQuick = true},
               {.act = Act::Acquire, .number = 100, .isQuick = true},
               {.act = Act::Busy, .number = 20},
               {.act = Act::Collect}}}},
            {"a connection to the old peer goes out",
             {{},
              {{.act = Act::Start},
               {.act = Act::Configure, .how = int(Variant::B)},
               {.act = Act::Wait, .number = 100},
               {.act = Act::Collect}}}},
            {"a connection without TLS goes out after it was asked for",
             {{}, {{.act = Act::Start}, {.act = Act::Configure, .how = int(Variant::Encrypted)}, {.act = Act::Take}}}},
            {"two continuations of acquire() crash",
             {{}, {{.act = Act::Start, .isQuick = true}, {.act = Act::AcquireInChain, .number = 100}}}},
            {"the pool's thread waits for a future for ever",
             {{},
              {{.act = Act::Start},
               {.act = Act::PeersAre, .how = int(Manner::Away)},
               {.act = Act::Flush},
               {.act = Act::Result}}}},
            {"take() crashes in a thread without a descriptor for its event loop",
             {{.isSingle = true},
              {{.act = Act::Start},
               {.act = Act::Serve},
               {.act = Act::End, .how = int(Ending::GiveBack)},
               {.act = Act::Exhaust, .number = 1},
               {.act = Act::Take, .where = Where::Fresh}}}},
            {"last words keep others out",
             {{.maximumConnections = 1},
              {{.act = Act::Start}, {.act = Act::Kill, .how = int(Killing::Farewell), .number = 1}, {.act = Act::Serve}}}},
            {"nobody is served while a slot runs an event loop",
             {{.capacity = 1},
              {{.act = Act::NestIn}, {.act = Act::Start}, {.act = Act::Serve}, {.act = Act::Serve, .slot = 1}}}},
            {"an event loop in a slot of start() crashes",
             {{}, {{.act = Act::NestIn, .how = int(Signal::StateChanged)}, {.act = Act::Start}}}},
            {"setConfiguration() in another thread crashes",
             {{}, {{.act = Act::Start}, {.act = Act::Configure, .where = Where::Fresh}}}},
            {"a message handler that calls the pool hangs",
             {{.isServer = true, .isSingle = true, .logsIntoPool = true},
              {{.act = Act::Start}, {.act = Act::Connect, .number = 1}, {.act = Act::Busy, .number = 2}}}},
            {"put() deletes a socket that it refuses",
             {{},
              {{.act = Act::Start},
               {.act = Act::Serve, .where = Where::Fresh},
               {.act = Act::Kill, .number = 4},
               {.act = Act::End, .where = Where::Fresh, .how = int(Ending::DetachAndPut)}}}},
            {"the last descriptor goes while a setup thread begins",
             {{.setupThreads = 2}, {{.act = Act::Start, .isQuick = true}, {.act = Act::Exhaust, .number = 1}}}},
            {"last words of a former configuration go out",
             {{.variant = int(Variant::Encrypted)},
              {{.act = Act::Start},
               {.act = Act::Serve},
               {.act = Act::Kill, .how = int(Killing::Farewell), .number = 2},
               {.act = Act::Configure},
               {.act = Act::TakeId, .slot = 1}}}},
    };
}
