// SPDX-License-Identifier: BSD-3-Clause
#include "meter.h"

#include <algorithm>

using QNetPool::ConnectionId;

namespace Demo {

void Meter::concluded(bool isGood)
{
    const std::lock_guard lock(m_mutex);
    ++(isGood ? m_exchanges : m_failed);
}

void Meter::waited(std::chrono::nanoseconds time)
{
    constexpr std::size_t most = 100000; // where nobody asks
    const std::lock_guard lock(m_mutex);
    if (m_waits.size() < most)
        m_waits.push_back(time);
}

void Meter::transferred(ConnectionId id, qint64 bytes)
{
    const std::lock_guard lock(m_mutex);
    m_traffic[id].bytes += bytes;
}

void Meter::exchanged(ConnectionId id)
{
    const std::lock_guard lock(m_mutex);
    ++m_traffic[id].exchanges;
}

qint64 Meter::exchanges() const
{
    const std::lock_guard lock(m_mutex);
    return m_exchanges;
}

qint64 Meter::failed() const
{
    const std::lock_guard lock(m_mutex);
    return m_failed;
}

static std::chrono::nanoseconds percentile(std::vector<std::chrono::nanoseconds> &times, double share)
{
    const auto place = times.begin() + qsizetype(share * double(times.size() - 1));
    std::nth_element(times.begin(), place, times.end());
    return *place;
}

Waits Meter::takeWaits()
{
    std::vector<std::chrono::nanoseconds> times;
    {
        const std::lock_guard lock(m_mutex);
        times.swap(m_waits);
    }
    if (times.empty())
        return {};
    return {int(times.size()), percentile(times, 0.5), percentile(times, 0.99)};
}

QHash<ConnectionId, Traffic> Meter::traffic() const
{
    const std::lock_guard lock(m_mutex);
    return m_traffic;
}

void Meter::keepOnly(const QSet<ConnectionId> &present)
{
    const std::lock_guard lock(m_mutex);
    m_traffic.removeIf([&present](auto it) { return !present.contains(it.key()); });
}

} // namespace Demo
