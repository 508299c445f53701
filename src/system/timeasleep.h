// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>

namespace QNetPool {

// How long this host has been suspended since it was booted, or less if the thread is interrupted meanwhile, but never more.
// Zero where the system does not tell. now: set to the present time, which is a part of the answer on Linux, so that who needs
// both reads two clocks, not three.
std::chrono::nanoseconds timeAsleep(std::chrono::steady_clock::time_point *now) noexcept;

} // namespace QNetPool
