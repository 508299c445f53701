// SPDX-License-Identifier: BSD-3-Clause
#include "histogram.h"

#include <algorithm>
#include <cmath>

namespace QNetPool {

void Histogram::record(std::chrono::nanoseconds time) noexcept
{
    time = std::max(time, std::chrono::nanoseconds(0));
    ++m_buckets[Buckets::bucketOf(quint64(time.count()))];
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
            return std::min(std::chrono::nanoseconds(Buckets::endOf(i)), m_maximum);
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
