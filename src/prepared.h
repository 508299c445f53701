// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "checks.h"
#include "stock/policy.h"

#include <qnetpool/global.h>

#include <QtCore/qstringlist.h>

#include <algorithm>

namespace QNetPool {

// What a configuration comes to, as far as both pools have it in common; or why it cannot work.
struct PreparedCommon
{
    Policy policy;
    Checks::Plan checks;
    int setupThreads = 0;
    bool checkOnNetworkChange = true;
    QStringList changes; // what was put right
    QString refusal;
};

// Both pools' configurations have these fields in common. Each sentence in changes tells what was put right.

inline void clampTime(std::chrono::milliseconds &time, const char *name, QStringList &changes)
{
    if (time.count() > 0)
        return;
    changes << QStringLiteral("%1 is %2 ms, out of range: it becomes 1000 ms").arg(QLatin1String(name)).arg(time.count());
    time = std::chrono::milliseconds(1000);
}

template<typename Configuration> Policy policyOf(const Configuration &requested, QStringList &changes)
{
    Policy policy;
    policy.maximumIdle = std::max(1, requested.maximumCapacity);
    policy.maximumConnections = requested.maximumConnections;
    policy.maximumWaiters = requested.maximumWaiters;
    policy.idleTimeout = requested.idleTimeout;
    policy.maximumLifetime = requested.maximumLifetime;
    policy.lifetimeSpread = requested.lifetimeSpread > 0 ? std::min(requested.lifetimeSpread, 1.0) : 0; // NaN becomes 0, too
    policy.leakThreshold = requested.leakThreshold;
    policy.unclaimedTimeout = requested.unclaimedTimeout;
    policy.hasValidator = bool(requested.validator);
    policy.validateAfter = requested.validateAfter;
    policy.hasResetter = bool(requested.resetter);
    policy.reuse = requested.reuse;
    if (policy.lifetimeSpread != requested.lifetimeSpread)
        changes << QStringLiteral("lifetimeSpread is %1, out of range: it becomes %2")
                           .arg(requested.lifetimeSpread)
                           .arg(policy.lifetimeSpread);
    return policy;
}

template<typename Configuration> int setupThreadsOf(const Configuration &requested, QStringList &changes)
{
    const int threads = std::clamp(requested.setupThreads, 0, 64);
    if (threads != requested.setupThreads)
        changes << QStringLiteral("setupThreads is %1, out of range: it becomes %2")
                           .arg(requested.setupThreads)
                           .arg(threads);
    return threads;
}

template<typename Configuration>
std::chrono::milliseconds userTimeoutOf(const Configuration &requested, QStringList &changes)
{
    using std::chrono::milliseconds;
    const milliseconds time = std::clamp<milliseconds>(requested.userTimeout, milliseconds(0), std::chrono::hours(24));
    if (time != requested.userTimeout)
        changes << QStringLiteral("userTimeout is %1 ms, out of range: it becomes %2 ms")
                           .arg(requested.userTimeout.count())
                           .arg(time.count());
    return time;
}

template<typename Configuration> Checks::Plan checksOf(const Configuration &requested, QStringList &changes)
{
    Checks::Plan plan{requested.validator, requested.resetter, requested.validationTimeout};
    clampTime(plan.timeout, "validationTimeout", changes);
    return plan;
}

} // namespace QNetPool
