// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/Pool>

namespace Demo {

// The numbers of a run at one moment: of the client's pool if it has one, else of the server's.
struct Snapshot
{
    QNetPool::Pool::State state = QNetPool::Pool::State::Stopped;
    QNetPool::PoolStatistics pool;
    std::chrono::milliseconds interval{};
    int errors = 0; // of both ends
    qint64 exchanges = 0; // that went well
    qint64 failed = 0;
    qint64 taken = 0; // at the end where exchanges begin, which waits for connections
    qint64 hadToWait = 0; // of these
};

double setupMilliseconds(const Snapshot &snapshot); // the smoothed mean; 0: unknown

// Of the connections that were taken since, the share that had to be waited for.
double waitShare(const Snapshot &now, const Snapshot &before = {});

// The last line of a run, for programs to read. More members of the object may follow, such as "frames":1.
QString toJson(const Snapshot &snapshot, const QString &more = {});

} // namespace Demo
