// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/ClientPool>

#include <QtCore/QLoggingCategory>

#include <cstdio>
#include <mutex>

// A message handler that calls the pool from wherever it logs, as one may that shows the pool's numbers beside each message. It
// writes what is fatal, and nothing else.
namespace LogIntoPool {

inline std::mutex mutex;
inline const QNetPool::Pool *pool = nullptr;

inline void handle(QtMsgType type, const QMessageLogContext &, const QString &message)
{
    thread_local bool isInside = false;
    if (type == QtFatalMsg) {
        std::fprintf(stderr, "%s\n", qPrintable(message));
        return;
    }
    if (std::exchange(isInside, true))
        return;
    {
        const std::lock_guard lock(mutex);
        if (pool)
            static_cast<void>(pool->statistics());
    }
    isInside = false;
}

// null: silent.
inline void start(const QNetPool::Pool *talkative)
{
    qInstallMessageHandler(&handle);
    QLoggingCategory::setFilterRules(
            QStringLiteral("qnetpool.*=%1").arg(talkative ? QStringLiteral("true") : QStringLiteral("false")));
    const std::lock_guard lock(mutex);
    pool = talkative;
}

inline void stop()
{
    const std::lock_guard lock(mutex);
    pool = nullptr;
}

} // namespace LogIntoPool
