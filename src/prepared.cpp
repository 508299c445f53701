// SPDX-License-Identifier: BSD-3-Clause
#include "prepared.h"

#include <algorithm>
#include <limits>

namespace QNetPool {

using std::chrono::milliseconds;

namespace {

void becomes(milliseconds &time, milliseconds clamped, const char *name, QStringList &changes)
{
    if (clamped == time)
        return;
    changes << QStringLiteral("%1 is %2 ms, out of range: it becomes %3 ms")
                       .arg(QLatin1String(name))
                       .arg(time.count())
                       .arg(clamped.count());
    time = clamped;
}

void clampToRange(milliseconds &time, milliseconds most, const char *name, QStringList &changes)
{
    becomes(time, std::clamp(time, milliseconds(0), most), name, changes);
}

} // namespace

void clampTime(milliseconds &time, const char *name, QStringList &changes)
{
    becomes(time, time.count() > 0 ? time : milliseconds(1000), name, changes);
}

void clampNumber(int &number, int least, int most, const char *name, QStringList &changes)
{
    const int clamped = std::clamp(number, least, most);
    if (clamped == number)
        return;
    changes << QStringLiteral("%1 is %2, out of range: it becomes %3").arg(QLatin1String(name)).arg(number).arg(clamped);
    number = clamped;
}

void clampTcp(Pool::Tcp &tcp, QStringList &changes)
{
    clampToRange(tcp.keepAlivePeriod, std::chrono::seconds(32767), "tcp.keepAlivePeriod", changes); // Linux takes no more
    clampToRange(tcp.userTimeout, std::chrono::hours(24), "tcp.userTimeout", changes);
}

void clampLimits(Pool::Limits &limits, QStringList &changes)
{
    constexpr int most = std::numeric_limits<int>::max();
    clampNumber(limits.maximumConnections, 0, most, "limits.maximumConnections", changes);
    clampNumber(limits.maximumWaiters, 0, most, "limits.maximumWaiters", changes);
    clampToRange(limits.idleTimeout, milliseconds::max(), "limits.idleTimeout", changes);
    clampToRange(limits.maximumLifetime, milliseconds::max(), "limits.maximumLifetime", changes);
    clampToRange(limits.leakThreshold, milliseconds::max(), "limits.leakThreshold", changes);
    clampToRange(limits.unclaimedTimeout, milliseconds::max(), "limits.unclaimedTimeout", changes);
    const double spread = limits.lifetimeSpread > 0 ? std::min(limits.lifetimeSpread, 1.0) : 0; // NaN becomes 0, too
    if (spread == limits.lifetimeSpread)
        return;
    changes << QStringLiteral("limits.lifetimeSpread is %1, out of range: it becomes %2")
                       .arg(limits.lifetimeSpread)
                       .arg(spread);
    limits.lifetimeSpread = spread;
}

void clampHooks(Pool::Hooks &hooks, QStringList &changes)
{
    clampToRange(hooks.validateAfter, milliseconds::max(), "hooks.validateAfter", changes);
    clampTime(hooks.timeout, "hooks.timeout", changes);
}

} // namespace QNetPool
