// SPDX-License-Identifier: BSD-3-Clause
#include "timeasleep.h"

#include <time.h>

namespace QNetPool {

std::chrono::nanoseconds timeAsleep(std::chrono::steady_clock::time_point *now) noexcept
{
    timespec withSleep{};
    ::clock_gettime(CLOCK_BOOTTIME, &withSleep);
    *now = std::chrono::steady_clock::now(); // CLOCK_MONOTONIC
    return std::chrono::seconds(withSleep.tv_sec) + std::chrono::nanoseconds(withSleep.tv_nsec) - now->time_since_epoch();
}

} // namespace QNetPool
