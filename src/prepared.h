// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stock/policy.h"

#include <QtCore/qstringlist.h>

namespace QNetPool {

// A configuration, checked and clamped: what both pools have in common.
struct Prepared
{
    Policy policy;
    QStringList changes; // a sentence for each value that was clamped
    QStringList problems; // a sentence for each reason to refuse it
};

// Clamp values out of range, and add a sentence for each.
void clampTime(std::chrono::milliseconds &time, const char *name, QStringList &changes); // 0 or less becomes 1 s
void clampTcp(Pool::Tcp &tcp, QStringList &changes);
void clampLimits(Pool::Limits &limits, QStringList &changes);
void clampSetupThreads(int &threads, QStringList &changes);

// The fields that both pools' configurations have, clamped.
template<typename Configuration> void prepareCommon(Configuration &configuration, Prepared &result)
{
    clampTime(configuration.handshakeTimeout, "handshakeTimeout", result.changes);
    clampTcp(configuration.tcp, result.changes);
    clampLimits(configuration.limits, result.changes);
    clampTime(configuration.hooks.timeout, "hooks.timeout", result.changes);
    clampSetupThreads(configuration.setupThreads, result.changes);
    result.policy.reuse = configuration.reuse;
    result.policy.limits = configuration.limits;
    result.policy.hooks = configuration.hooks;
}

} // namespace QNetPool
