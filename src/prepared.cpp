// SPDX-License-Identifier: BSD-3-Clause
#include "prepared.h"

#include <QtCore/qdebug.h>

#include <algorithm>

namespace QNetPool {

using std::chrono::milliseconds;

QString quoted(const QString &text)
{
    QString result;
    QDebug(&result).nospace() << text;
    return result;
}

void clampTime(milliseconds &time, const char *name, QStringList &changes)
{
    if (time.count() > 0)
        return;
    changes << QStringLiteral("%1 is %2 ms, out of range: it becomes 1000 ms").arg(QLatin1String(name)).arg(time.count());
    time = milliseconds(1000);
}

void clampTcp(Pool::Tcp &tcp, QStringList &changes)
{
    const milliseconds time = std::clamp<milliseconds>(tcp.userTimeout, milliseconds(0), std::chrono::hours(24));
    if (time == tcp.userTimeout)
        return;
    changes << QStringLiteral("tcp.userTimeout is %1 ms, out of range: it becomes %2 ms")
                       .arg(tcp.userTimeout.count())
                       .arg(time.count());
    tcp.userTimeout = time;
}

void clampLimits(Pool::Limits &limits, QStringList &changes)
{
    const double spread = limits.lifetimeSpread > 0 ? std::min(limits.lifetimeSpread, 1.0) : 0; // NaN becomes 0, too
    if (spread == limits.lifetimeSpread)
        return;
    changes << QStringLiteral("limits.lifetimeSpread is %1, out of range: it becomes %2")
                       .arg(limits.lifetimeSpread)
                       .arg(spread);
    limits.lifetimeSpread = spread;
}

void clampSetupThreads(int &threads, QStringList &changes)
{
    const int clamped = std::clamp(threads, 0, 64);
    if (clamped == threads)
        return;
    changes << QStringLiteral("setupThreads is %1, out of range: it becomes %2").arg(threads).arg(clamped);
    threads = clamped;
}

} // namespace QNetPool
