// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>

namespace QNetPool {

using std::chrono::milliseconds;

// How long to wait after failures in a row: twice the base, then twice that, up to the maximum. Each wait is shortened by
// up to a quarter, so that many clients of one server do not come back at the same moment; it grows all the
// same, until it is near the maximum.
class Backoff
{
public:
    // random: from 0 up to, not including, 1.
    milliseconds afterFailure(milliseconds base, milliseconds maximum, double random);
    void reset() noexcept { m_last = milliseconds::zero(); }

private:
    milliseconds m_last{}; // before the jitter; zero: the last attempt succeeded
};

} // namespace QNetPool
