// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "lease/lease.h"
#include "stage.h"

#include <QtCore/qstring.h>

#include <chrono>

namespace QNetPool {

// Why a connection was closed; PoolStatistics has a total for each.
enum class CloseReason : quint8 { DiedIdle, IdleTooLong, LivedTooLong, FailedCheck, Dirty, Discarded, Flushed, StockFull };

// One connection's record in the store, which alone changes it, under the stock's lock.
struct Entry : Lease
{
    using TimePoint = std::chrono::steady_clock::time_point;

    Stage stage = Stage::Free;
    quint32 slot = 0;
    quint32 generation = 0; // told apart from the slot's earlier tenants
    Entry *previous = nullptr;
    Entry *next = nullptr;
    quint64 epoch = 0; // the run of the pool that set it up: what is of an earlier run is closed when it comes back
    TimePoint born; // when its setup began
    TimePoint since; // when the stage began; of a stale one, when it became idle
    TimePoint endOfLife = TimePoint::max();
    QString holder; // the thread that has it, for the report of a leak

    bool isPaused = false; // in the watcher
    bool isReturning = false; // unchecked or checked on its way back: the resetter's

    quint64 token() const noexcept { return quint64(generation) << 32 | slot; }
};

} // namespace QNetPool
