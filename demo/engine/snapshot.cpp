// SPDX-License-Identifier: BSD-3-Clause
#include "snapshot.h"

namespace Demo {

double setupMilliseconds(const Snapshot &snapshot)
{
    return std::chrono::duration<double, std::milli>(snapshot.pool.setupTime).count();
}

double waitShare(const Snapshot &now, const Snapshot &before)
{
    const qint64 taken = now.taken - before.taken;
    return taken > 0 ? double(now.hadToWait - before.hadToWait) / double(taken) : 0;
}

// By hand, as QJsonObject would sort the keys by the alphabet.
QString toJson(const Snapshot &snapshot, const QString &more)
{
    return QStringLiteral(R"({"exchanges":%1,"failed":%2,"created":%3,"lost":%4,)"
                          R"("errors":%5,"idle":%6,"capacity":%7,"interval_ms":%8,)"
                          R"("target":%9,"setup_ms":%10,"wait_share":%11%12})")
            .arg(snapshot.exchanges)
            .arg(snapshot.failed)
            .arg(snapshot.pool.created)
            .arg(snapshot.pool.diedIdle)
            .arg(snapshot.errors)
            .arg(snapshot.pool.idle)
            .arg(snapshot.pool.capacity)
            .arg(snapshot.interval.count())
            .arg(snapshot.pool.target)
            .arg(setupMilliseconds(snapshot), 0, 'f', 3)
            .arg(waitShare(snapshot), 0, 'f', 4)
            .arg(more.isEmpty() ? more : QLatin1Char(',') + more);
}

} // namespace Demo
