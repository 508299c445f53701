// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "loglinear.h"

#include <array>
#include <chrono>

namespace QNetPool {

// How often numbers occurred, in which what is past counts for less: by a factor of e after each memory.
// Adding is O(1) and allocates nothing. A plain value: the time is passed in, and never runs backwards.
class DecayingHistogram
{
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit DecayingHistogram(std::chrono::seconds memory) noexcept : m_memory(memory) { }

    void add(TimePoint now, int number) noexcept;
    void addUnknown(TimePoint now) noexcept; // counts in the total alone

    // Of now. Buckets of numbers are visited from the greatest down.
    double total(TimePoint now) noexcept { return m_total / weight(now); }
    double count(std::size_t bucket, TimePoint now) noexcept { return m_counts[bucket] / weight(now); }
    std::size_t top() const noexcept { return m_top; }

    using Buckets = LogLinearBuckets<27>; // up to 2^31
    void clear() noexcept { *this = DecayingHistogram(m_memory); }

private:
    // Of what is added now: it grows, in place of all counts that would have to shrink.
    double weight(TimePoint now) noexcept { return now < m_renewal ? m_weight : renewWeight(now); }
    double renewWeight(TimePoint now) noexcept;

    std::chrono::seconds m_memory;
    TimePoint m_start{}; // when the weight was 1
    TimePoint m_renewal{}; // when it is computed anew
    double m_weight = 1;
    double m_total = 0;
    std::size_t m_top = 0; // the greatest bucket in use
    std::array<double, Buckets::Count> m_counts{};
};

} // namespace QNetPool
