// SPDX-License-Identifier: BSD-3-Clause
#include "timeasleep.h"

#include <cstdint>
#include <time.h>

namespace QNetPool {

std::chrono::nanoseconds timeAsleep(std::chrono::steady_clock::time_point *now) noexcept
{
    *now = std::chrono::steady_clock::now();
    const auto withSleep = int64_t(::clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW));
    return std::chrono::nanoseconds(withSleep - int64_t(::clock_gettime_nsec_np(CLOCK_UPTIME_RAW)));
}

} // namespace QNetPool
