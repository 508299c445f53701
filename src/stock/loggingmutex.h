// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "logging.h"

#include <mutex>
#include <utility>
#include <vector>

namespace QNetPool {

// A mutex that writes to the log what was noted while it was held, once it is released: a message handler of the
// application may call the pool, or wait for a thread that does.
class LoggingMutex
{
public:
    explicit LoggingMutex(LogCategory log) : m_log(log) { }

    void lock() { m_mutex.lock(); }
    void unlock()
    {
        if (m_lines.empty())
            return m_mutex.unlock();
        const LogCategory log = m_log;
        const std::vector<QString> lines = std::exchange(m_lines, {});
        m_mutex.unlock(); // another thread may destroy it from here on
        for (const QString &line : lines)
            qCDebug(log).noquote() << line;
    }

    // With the lock held.
    template<typename Subject> void note(const Subject &subject, const char *text)
    {
        if (!m_log().isDebugEnabled())
            return;
        QString line;
        QDebug(&line).nospace() << subject << ' ' << text;
        m_lines.push_back(line);
    }

private:
    const LogCategory m_log;
    std::mutex m_mutex;
    std::vector<QString> m_lines;
};

} // namespace QNetPool
