// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "policy.h"
#include "store.h"

#include <optional>

namespace QNetPool {

// What time alone does to connections. Decides, and carries nothing out; the time is passed in.
namespace TimeLimits {

using TimePoint = Entry::TimePoint;

enum class Verdict { IdleTooLong, LivedTooLong, Unclaimed, Leak };

struct Due
{
    TimePoint when;
    Entry *entry;
    Verdict verdict;
};

// Never, where the time is too long for a clock.
TimePoint after(TimePoint begin, std::chrono::milliseconds time);

// What happens next if nobody does anything; nothing if nothing ever does.
std::optional<Due> next(const Store &store, const Policy &policy);

// Whether an idle connection may not go out any more, though nobody came to close it yet.
bool isSpent(const Entry &entry, const Policy &policy, TimePoint now);

// Whether an idle connection has to be validated before it goes out.
bool isStale(const Entry &entry, const Policy &policy, TimePoint now);

// When a connection that is set up now has lived too long. Each one gets its own share of the spread, so that a stock that
// was filled at once does not end at once. random: from 0 up to, not including, 1.
TimePoint endOfLife(const Policy &policy, TimePoint now, double random);

} // namespace TimeLimits

} // namespace QNetPool
