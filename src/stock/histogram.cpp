// SPDX-License-Identifier: BSD-3-Clause
#include "histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace QNetPool {

int Histogram::bucketOf(quint64 time) noexcept
{
    if (time < Steps)
        return int(time);
    const int power = std::min(int(std::bit_width(time)) - 1 - StepBits, Powers - 1);
    return (power + 1) * Steps + int(std::min<quint64>((time >> power) - Steps, Steps - 1));
}

quint64 Histogram::endOf(int bucket) noexcept
{
    if (bucket < Steps)
        return quint64(bucket);
    const int power = bucket / Steps - 1;
    return (quint64(bucket % Steps + Steps + 1) << power) - 1;
}

void Histogram::record(std::chrono::nanoseconds time) noexcept
{
    time = std::max(time, std::chrono::nanoseconds(0));
    ++m_buckets[std::size_t(bucketOf(quint64(time.count())))];
    ++m_count;
    m_sum += time;
    m_maximum = std::max(m_maximum, time);
}

std::chrono::nanoseconds Histogram::percentile(double share) const noexcept
{
    const auto rank = quint64(std::ceil(share * double(m_count)));
    quint64 seen = 0;
    for (std::size_t i = 0; i + 1 < m_buckets.size(); ++i) {
        seen += m_buckets[i];
        if (seen >= rank)
            return std::min(std::chrono::nanoseconds(endOf(int(i))), m_maximum);
    }
    return m_maximum;
}

DurationStatistics Histogram::summary() const noexcept
{
    DurationStatistics summary;
    if (m_count == 0)
        return summary;
    summary.count = m_count;
    summary.sum = m_sum;
    summary.maximum = m_maximum;
    summary.p50 = percentile(0.5);
    summary.p90 = percentile(0.9);
    summary.p99 = percentile(0.99);
    summary.p999 = percentile(0.999);
    return summary;
}

} // namespace QNetPool
