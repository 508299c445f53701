// SPDX-License-Identifier: BSD-3-Clause
#include "decayinghistogram.h"

#include <cmath>

namespace QNetPool {

void DecayingHistogram::add(TimePoint now, int number) noexcept
{
    const std::size_t bucket = Buckets::bucketOf(quint64(std::max(number, 0)));
    const double added = weight(now);
    m_counts[bucket] += added;
    m_total += added;
    m_top = std::max(m_top, bucket);
}

void DecayingHistogram::addUnknown(TimePoint now) noexcept
{
    m_total += weight(now);
}

double DecayingHistogram::renewWeight(TimePoint now) noexcept
{
    // A weight that is 1/64 too small for a while is good enough, and spares an exponential each time.
    m_renewal = now + std::chrono::duration_cast<TimePoint::duration>(m_memory) / 64;
    const double age = std::chrono::duration<double>(now - m_start) / m_memory;
    if (age < 20)
        return m_weight = std::exp(age);
    for (double &count : m_counts) // long before a weight overflows
        count *= std::exp(-age);
    m_total *= std::exp(-age);
    m_start = now;
    return m_weight = 1;
}

} // namespace QNetPool
