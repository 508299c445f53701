// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pools.h"

inline QString text(const PoolStatistics &n)
{
    const std::pair<const char *, qint64> parts[] = {
            {"idle", n.idle},
            {"leased", n.leased},
            {"pending", n.pending},
            {"waiters", n.waiters},
            {"unclaimed", n.unclaimed},
            {"created", n.created},
            {"detached", n.detached},
            {"closed", n.closed()},
            {"died idle", n.diedIdle},
            {"idle too long", n.idleTooLong},
            {"lived too long", n.livedTooLong},
            {"failed its check", n.failedCheck},
            {"dirty", n.closedDirty},
            {"out of step", n.outOfStep},
            {"discarded", n.discarded},
            {"flushed", n.flushed},
            {"stock full", n.stockFull},
            {"taken", n.taken},
            {"from stock", n.fromStock},
            {"had to wait", n.hadToWait},
            {"queued", n.queued},
            {"timed out", n.timedOut},
            {"cancelled", n.cancelled},
            {"abandoned", n.abandoned},
            {"refused", n.refused},
    };
    QStringList texts;
    for (const auto &[name, number] : parts)
        texts << QStringLiteral("%1 %2").arg(QLatin1String(name)).arg(number);
    return texts.join(QStringLiteral(", "));
}

// What does not hold in this snapshot. Empty: all does.
inline QString whatIsWrong(const PoolStatistics &n, int maximumConnections)
{
    if (n.created != n.closed() + n.idle + n.leased + n.unclaimed + n.detached)
        return QStringLiteral("connections are lost or made up");
    if (n.taken != n.fromStock + n.hadToWait)
        return QStringLiteral("those who got a connection do not add up");
    if (n.queued != n.hadToWait + n.timedOut + n.cancelled + n.abandoned + n.waiters)
        return QStringLiteral("those who waited do not add up");
    if (std::min({n.idle, n.leased, n.pending, n.waiters, n.unclaimed}) < 0)
        return QStringLiteral("a number is negative");
    if (n.idle + n.leased + n.unclaimed + n.pending > maximumConnections)
        return QStringLiteral("there are more than %1 connections").arg(maximumConnections);
    return {};
}
