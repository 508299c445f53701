// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

#include <array>

namespace QNetPool {

// Where a connection is in its life.
enum class Stage : quint8 {
    Free, // the record is not in use
    Pending, // being set up
    Idle, // in the stock
    Stale, // idle for so long that it has to be validated before it is leased
    Unchecked, // waits for the validator or the resetter
    Checked, // with the validator or the resetter, in the pool's thread
    Leased, // out with a holder
    Overdue, // leased for longer than leakThreshold, and reported
    Unclaimed, // the peer sent bytes and closed: only take(id) returns it
};
inline constexpr std::size_t StageCount = std::size_t(Stage::Unclaimed) + 1;

// A set of stages, as a value.
struct StageSet
{
    constexpr StageSet(std::initializer_list<Stage> stages) noexcept
    {
        for (const Stage stage : stages)
            bits = quint16(bits | 1u << unsigned(stage));
    }
    constexpr bool contains(Stage stage) const noexcept { return bits >> unsigned(stage) & 1u; }

    quint16 bits = 0;
};

// A connection's life.
//
//                          ┌──────────── given back ────────────┐
//                          v                                    │
//   Free ──> Pending ──> Idle ────────────── taken ─────────> Leased ──> Overdue
//              set up      │ └──> Stale ───── taken ──────────> │           │
//                          │        │                           │           │
//                          │  v to be validated        v used: to be reset  │
//                          v        v                           v           v
//                        Unchecked ───────────> Checked ──> Idle, or the next Leased
//
//   Overdue is given back as Leased is. With a waiter, Pending, Checked, Leased and Overdue become the next Leased at once,
//   or Unchecked if it has to be validated first: with validateAfter 0, and while all checks fail. Then, one at a time of what
//   would become Idle becomes Unchecked, too.
//   If the peer sent bytes and closed, any stage but Unchecked and Free becomes Unclaimed, which take(id) makes Leased.
//   Whatever becomes Leased for a caller has passed Stock::lastLook(), but for last words that are asked for by ID.
//   Every stage may become Free: closed with a reason, detached, or abandoned.
inline constexpr std::array<StageSet, StageCount> NextStages{{
        /* Free      */ {Stage::Pending},
        /* Pending   */ {Stage::Free, Stage::Idle, Stage::Unchecked, Stage::Leased, Stage::Unclaimed},
        /* Idle      */ {Stage::Free, Stage::Stale, Stage::Unchecked, Stage::Leased, Stage::Unclaimed},
        /* Stale     */ {Stage::Free, Stage::Unchecked, Stage::Leased, Stage::Unclaimed},
        /* Unchecked */ {Stage::Free, Stage::Checked},
        /* Checked   */ {Stage::Free, Stage::Idle, Stage::Unchecked, Stage::Leased, Stage::Unclaimed},
        /* Leased    */ {Stage::Free, Stage::Idle, Stage::Unchecked, Stage::Leased, Stage::Overdue, Stage::Unclaimed},
        /* Overdue   */ {Stage::Free, Stage::Idle, Stage::Unchecked, Stage::Leased, Stage::Unclaimed},
        /* Unclaimed */ {Stage::Free, Stage::Leased},
}};

constexpr bool mayFollow(Stage stage, Stage next) noexcept
{
    return NextStages[std::size_t(stage)].contains(next);
}

} // namespace QNetPool
