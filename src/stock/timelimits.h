// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "policy.h"
#include "store.h"

#include <optional>

namespace QNetPool {

// Decides which time limits of connections have expired, and only that: the caller acts, and passes the time in.
namespace TimeLimits {

using TimePoint = Entry::TimePoint;

enum class Verdict { IdleTooLong, LivedTooLong, Unclaimed, Leak };

struct Due
{
    TimePoint when;
    Entry *entry;
    Verdict verdict;
};

// TimePoint::max() if the time is too long for a clock.
TimePoint after(TimePoint begin, std::chrono::milliseconds time);

// The limit that expires next.
std::optional<Due> next(const Store &store, const Policy &policy);

// Whether an idle connection is past a limit but not closed yet.
bool isSpent(const Entry &entry, const Policy &policy, TimePoint now);

// Whether an idle connection has to be validated before it is leased.
bool isStale(const Entry &entry, const Policy &policy, TimePoint now);

// When the life of a connection that is set up now ends: maximumLifetime, shortened by a random share of lifetimeSpread.
// random: in [0, 1).
TimePoint endOfLife(const Policy &policy, TimePoint now, double random);

} // namespace TimeLimits

} // namespace QNetPool
