// SPDX-License-Identifier: BSD-3-Clause
#include "timeasleep.h"

#include <QtCore/qt_windows.h>

namespace QNetPool {

std::chrono::nanoseconds timeAsleep(std::chrono::steady_clock::time_point *now) noexcept
{
    *now = std::chrono::steady_clock::now();
    const std::chrono::milliseconds withSleep(GetTickCount64());
    ULONGLONG ticks = 0; // of 100 ns
    QueryUnbiasedInterruptTime(&ticks);
    return withSleep - std::chrono::duration<long long, std::ratio<1, 10'000'000>>(ticks);
}

} // namespace QNetPool
