// SPDX-License-Identifier: BSD-3-Clause
#pragma once

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
    // Sixteen buckets for each power of two: their width is in proportion to the time.
    static constexpr int StepBits = 4;
    static constexpr int Steps = 1 << StepBits;
    static constexpr int Powers = 59; // up to 2^63 ns, the longest duration

    static int bucketOf(quint64 time) noexcept;
    static quint64 endOf(int bucket) noexcept; // the longest time in it
    std::chrono::nanoseconds percentile(double share) const noexcept;

    std::array<quint64, std::size_t(Powers + 1) * Steps> m_buckets{};
    qint64 m_count = 0;
    std::chrono::nanoseconds m_sum{};
    std::chrono::nanoseconds m_maximum{};
};

} // namespace QNetPool
