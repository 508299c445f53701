// SPDX-License-Identifier: BSD-3-Clause
#include "snapshot.h"

namespace Demo {

// By hand, as QJsonObject would sort the keys by the alphabet.
QString toJson(const Snapshot &snapshot, const QString &more)
{
    return QStringLiteral(R"({"exchanges":%1,"failed":%2,"created":%3,"lost":%4,)"
                          R"("errors":%5,"idle":%6,"capacity":%7,"interval_ms":%8%9})")
            .arg(snapshot.exchanges)
            .arg(snapshot.failed)
            .arg(snapshot.pool.created)
            .arg(snapshot.pool.diedIdle)
            .arg(snapshot.errors)
            .arg(snapshot.pool.idle)
            .arg(snapshot.pool.capacity)
            .arg(snapshot.interval.count())
            .arg(more.isEmpty() ? more : QLatin1Char(',') + more);
}

} // namespace Demo
