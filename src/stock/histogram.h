// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "sizing/loglinear.h"

#include <qnetpool/poolstatistics.h>

#include <array>

namespace QNetPool {

// A distribution of durations: count, sum and maximum are exact, percentiles at most 1/16 too high.
// A plain value of some KiB; recording is O(1) and allocates nothing.
class Histogram
{
public:
    void record(std::chrono::nanoseconds time) noexcept;
    DurationStatistics summary() const noexcept;

private:
    using Buckets = LogLinearBuckets<59>; // up to 2^63 ns, the longest duration

    std::chrono::nanoseconds percentile(double share) const noexcept;

    std::array<quint64, Buckets::Count> m_buckets{};
    qint64 m_count = 0;
    std::chrono::nanoseconds m_sum{};
    std::chrono::nanoseconds m_maximum{};
};

} // namespace QNetPool
