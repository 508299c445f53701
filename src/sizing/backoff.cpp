// SPDX-License-Identifier: BSD-3-Clause
#include "backoff.h"

#include <algorithm>

namespace QNetPool {

milliseconds Backoff::afterFailure(milliseconds base, milliseconds maximum, double random)
{
    const milliseconds before = m_last == milliseconds::zero() ? base : m_last;
    m_last = before > maximum / 2 ? maximum : before * 2; // compared in this way, nothing overflows
    const auto shorter = milliseconds(std::chrono::milliseconds::rep(double(m_last.count()) * random / 4));
    return std::max(m_last - shorter, milliseconds(1));
}

} // namespace QNetPool
