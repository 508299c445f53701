// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>

namespace QNetPool {

using std::chrono::milliseconds;

// How long to wait after consecutive failures: twice the base, then twice that, up to the maximum. Jitter shortens each wait
// by up to a quarter, so that many clients of a server do not reconnect at the same moment.
class Backoff
{
public:
    // random: in [0, 1).
    milliseconds afterFailure(milliseconds base, milliseconds maximum, double random);
    void reset() noexcept { m_last = milliseconds::zero(); }

private:
    milliseconds m_last{}; // before jitter; zero after a success
};

} // namespace QNetPool
