// SPDX-License-Identifier: BSD-3-Clause
#include "timeasleep.h"

namespace QNetPool {

std::chrono::nanoseconds timeAsleep(std::chrono::steady_clock::time_point *now) noexcept
{
    *now = std::chrono::steady_clock::now();
    return {};
}

} // namespace QNetPool
