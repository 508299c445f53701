// SPDX-License-Identifier: BSD-3-Clause
#include "timelimits.h"

#include <algorithm>

namespace QNetPool::TimeLimits {

namespace {

// Longer times could overflow a clock that counts nanoseconds: they are treated as never.
constexpr std::chrono::milliseconds century = std::chrono::hours(24 * 365 * 100);

void consider(std::optional<Due> &earliest, TimePoint when, Entry *entry, Verdict verdict)
{
    if (when != TimePoint::max() && (!earliest || when < earliest->when))
        earliest = Due{when, entry, verdict};
}

} // namespace

TimePoint after(TimePoint begin, std::chrono::milliseconds time)
{
    return time > century ? TimePoint::max() : begin + time;
}

std::optional<Due> next(const Store &store, const Policy &policy)
{
    std::optional<Due> earliest;
    if (Entry *oldest = store.first(Stage::Unclaimed)) {
        // At once if there are more than maximumIdle, since each holds a descriptor.
        const bool isTooMany = store.count(Stage::Unclaimed) > policy.maximumIdle;
        consider(earliest, isTooMany ? TimePoint() : after(oldest->since, policy.limits.unclaimedTimeout), oldest,
                 Verdict::Unclaimed);
    }
    if (Entry *oldest = store.firstEnd())
        consider(earliest, oldest->endOfLife, oldest, Verdict::LivedTooLong);
    if (policy.limits.idleTimeout.count() > 0) {
        for (Stage stage : {Stage::Stale, Stage::Idle}) {
            if (Entry *oldest = store.first(stage))
                consider(earliest, after(oldest->since, policy.limits.idleTimeout), oldest, Verdict::IdleTooLong);
        }
    }
    if (Entry *oldest = store.first(Stage::Leased); oldest && policy.limits.leakThreshold.count() > 0)
        consider(earliest, after(oldest->since, policy.limits.leakThreshold), oldest, Verdict::Leak);
    return earliest;
}

bool isSpent(const Entry &entry, const Policy &policy, TimePoint now)
{
    return entry.endOfLife <= now
            || (policy.limits.idleTimeout.count() > 0 && after(entry.since, policy.limits.idleTimeout) <= now);
}

bool isStale(const Entry &entry, const Policy &policy, TimePoint now)
{
    return policy.hooks.validator
            && (policy.hooks.validateAfter.count() <= 0 || after(entry.since, policy.hooks.validateAfter) < now);
}

TimePoint endOfLife(const Policy &policy, TimePoint now, double random)
{
    if (policy.limits.maximumLifetime.count() <= 0 || policy.limits.maximumLifetime > century)
        return TimePoint::max();
    const double share = 1 - std::clamp(policy.limits.lifetimeSpread, 0.0, 1.0) * random;
    return now + std::chrono::duration_cast<TimePoint::duration>(policy.limits.maximumLifetime * share);
}

} // namespace QNetPool::TimeLimits
