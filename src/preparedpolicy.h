// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "checks.h"
#include "stock/policy.h"

#include <qnetpool/global.h>

#include <QtCore/qstringlist.h>

#include <algorithm>

namespace QNetPool {

// What a configuration comes to, as far as both pools have it in common; or why it cannot work.
struct PreparedPolicy
{
    Policy policy;
    Checks::Plan checks;
    int setupThreads = 0;
    bool checkOnNetworkChange = true;
    QStringList changes; // what was put right
    QString refusal;
};

// Both pools' configurations have these fields in common. Each sentence in changes tells what was put right.

inline void putRightTime(std::chrono::milliseconds &time, const char *name, QStringList &changes)
{
    if (time.count() > 0)
        return;
    changes << QStringLiteral("%1 is %2 ms, out of range: it becomes 1000 ms").arg(QLatin1String(name)).arg(time.count());
    time = std::chrono::milliseconds(1000);
}

template<typename Configuration> Policy policyOf(const Configuration &wish, QStringList &changes)
{
    Policy policy;
    policy.maximumIdle = std::max(1, wish.maximumCapacity);
    policy.maximumConnections = wish.maximumConnections;
    policy.maximumWaiters = wish.maximumWaiters;
    policy.idleTimeout = wish.idleTimeout;
    policy.maximumLifetime = wish.maximumLifetime;
    policy.lifetimeSpread = wish.lifetimeSpread > 0 ? std::min(wish.lifetimeSpread, 1.0) : 0; // NaN becomes 0, too
    policy.leakThreshold = wish.leakThreshold;
    policy.unclaimedTimeout = wish.unclaimedTimeout;
    policy.hasValidator = bool(wish.validator);
    policy.validateAfter = wish.validateAfter;
    policy.hasResetter = bool(wish.resetter);
    policy.reuse = wish.reuse;
    if (policy.lifetimeSpread != wish.lifetimeSpread)
        changes << QStringLiteral("lifetimeSpread is %1, out of range: it becomes %2")
                           .arg(wish.lifetimeSpread)
                           .arg(policy.lifetimeSpread);
    return policy;
}

template<typename Configuration> int setupThreadsOf(const Configuration &wish, QStringList &changes)
{
    const int threads = std::clamp(wish.setupThreads, 0, 64);
    if (threads != wish.setupThreads)
        changes << QStringLiteral("setupThreads is %1, out of range: it becomes %2").arg(wish.setupThreads).arg(threads);
    return threads;
}

template<typename Configuration> std::chrono::milliseconds userTimeoutOf(const Configuration &wish, QStringList &changes)
{
    using std::chrono::milliseconds;
    const milliseconds time = std::clamp<milliseconds>(wish.userTimeout, milliseconds(0), std::chrono::hours(24));
    if (time != wish.userTimeout)
        changes << QStringLiteral("userTimeout is %1 ms, out of range: it becomes %2 ms")
                           .arg(wish.userTimeout.count())
                           .arg(time.count());
    return time;
}

template<typename Configuration> Checks::Plan checksOf(const Configuration &wish, QStringList &changes)
{
    Checks::Plan plan{wish.validator, wish.resetter, wish.validationTimeout};
    putRightTime(plan.timeout, "validationTimeout", changes);
    return plan;
}

} // namespace QNetPool
