// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>

namespace QNetPool {

// Notices from readings of timeAsleep(), which may be too low, that the host has been suspended.
class SleepDetector
{
public:
    static constexpr std::chrono::seconds Shortest{1}; // several that are shorter count together

    explicit SleepDetector(std::chrono::nanoseconds asleep = {}) noexcept : m_asleep(asleep) { }

    bool hasSlept(std::chrono::nanoseconds asleep) noexcept // since it was last true
    {
        if (asleep - m_asleep < Shortest)
            return false;
        m_asleep = asleep;
        return true;
    }

private:
    std::chrono::nanoseconds m_asleep;
};

} // namespace QNetPool
