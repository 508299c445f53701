// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stopsignal.h"

#include <QtCore/QStringList>

// What was found wrong, by any thread; the first finding ends the run. QtTest's own macros are for the main thread alone.
class Findings
{
public:
    explicit Findings(StopSignal &stop) : m_stop(stop) { }
    void add(const QString &text)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_texts.size() < 20)
                m_texts << text;
        }
        m_stop.set();
    }
    QString text() const
    {
        const std::lock_guard lock(m_mutex);
        return m_texts.join(u'\n');
    }

private:
    StopSignal &m_stop;
    mutable std::mutex m_mutex;
    QStringList m_texts;
};
