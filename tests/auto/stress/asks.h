// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "findings.h"
#include "pools.h"

#include <set>

// The calls of acquire() that have not ended yet. Each ends once.
class Asks
{
public:
    explicit Asks(Findings &findings) : m_findings(findings) { }
    quint64 begin()
    {
        const std::lock_guard lock(m_mutex);
        m_open.insert(++m_last);
        return m_last;
    }
    void end(quint64 number)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_open.erase(number))
            m_findings.add(QStringLiteral("an acquire() has ended twice"));
    }
    bool isOpen(quint64 number) const
    {
        const std::lock_guard lock(m_mutex);
        return m_open.contains(number);
    }
    std::size_t open() const
    {
        const std::lock_guard lock(m_mutex);
        return m_open.size();
    }

private:
    Findings &m_findings;
    mutable std::mutex m_mutex;
    std::set<quint64> m_open;
    quint64 m_last = 0;
};

// Futures that any thread may cancel.
class CancelBox
{
public:
    void add(const QFuture<Connection> &future)
    {
        const std::lock_guard lock(m_mutex);
        m_futures.push_back(future);
    }
    void cancelAll()
    {
        std::vector<QFuture<Connection>> futures;
        {
            const std::lock_guard lock(m_mutex);
            futures.swap(m_futures);
        }
        for (QFuture<Connection> &future : futures)
            future.cancel();
    }

private:
    std::mutex m_mutex;
    std::vector<QFuture<Connection>> m_futures;
};
