// SPDX-License-Identifier: BSD-3-Clause
#include "errorratelimiter.h"

namespace QNetPool {

bool ErrorRateLimiter::admits(Pool::Error error, const QString &message, Clock::time_point now)
{
    if (now >= m_windowEnds) {
        m_windowEnds = now + Window;
        for (Kind &kind : m_kinds)
            kind.told = 0;
    }
    Kind &kind = m_kinds[error];
    if (kind.told < ToldOneByOne) {
        ++kind.told;
        return true;
    }
    ++kind.withheld;
    kind.last = message;
    return false;
}

std::vector<ErrorRateLimiter::Withheld> ErrorRateLimiter::takeWithheld()
{
    std::vector<Withheld> result;
    for (auto kind = m_kinds.begin(); kind != m_kinds.end(); ++kind) {
        if (const int count = std::exchange(kind->withheld, 0))
            result.push_back({kind.key(), count, std::exchange(kind->last, {})});
    }
    return result;
}

} // namespace QNetPool
