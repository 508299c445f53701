// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stock/policy.h"
#include "system/printable.h"

#include <QtCore/qmetaobject.h>
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
void clampNumber(int &number, int least, int most, const char *name, QStringList &changes);
void clampTcp(Pool::Tcp &tcp, QStringList &changes);
void clampLimits(Pool::Limits &limits, QStringList &changes);
void clampHooks(Pool::Hooks &hooks, QStringList &changes);

// Adds a problem if no enumerator has this value: one that was cast from a number may be none.
template<typename Enum> void checkEnumerator(Enum value, const char *name, QStringList &problems)
{
    const QMetaEnum known = QMetaEnum::fromType<Enum>();
    if (!known.valueToKey(int(value)))
        problems << QStringLiteral("%1 is %2, which is no value of %3::%4")
                            .arg(QLatin1String(name))
                            .arg(int(value))
                            .arg(QLatin1String(known.scope()), QLatin1String(known.enumName()));
}

// The fields that both pools' configurations have, checked and clamped.
template<typename Configuration> void prepareCommon(Configuration &configuration, Prepared &result)
{
    checkEnumerator(configuration.connectionMode, "connectionMode", result.problems);
    checkEnumerator(configuration.idFormat, "idFormat", result.problems);
    checkEnumerator(configuration.reuse, "reuse", result.problems);
    if (configuration.connectionMode == ConnectionMode::Single && configuration.idFormat == IdFormat::Binary)
        result.problems << QStringLiteral("idFormat has no effect in ConnectionMode::Single, in which no ID is sent");
    clampTime(configuration.handshakeTimeout, "handshakeTimeout", result.changes);
    clampTcp(configuration.tcp, result.changes);
    clampLimits(configuration.limits, result.changes);
    clampHooks(configuration.hooks, result.changes);
    clampNumber(configuration.setupThreads, 0, 64, "setupThreads", result.changes);
    result.policy.reuse = configuration.reuse;
    result.policy.limits = configuration.limits;
    result.policy.hooks = configuration.hooks;
}

} // namespace QNetPool
