// SPDX-License-Identifier: BSD-3-Clause
#include "chronicle.h"

#include <QtCore/QDateTime>

#include <utility>

namespace Demo {

static constexpr qsizetype most = 10000;

void Chronicle::write(Event::Kind kind, const QString &text)
{
    const std::lock_guard lock(m_mutex);
    if (m_events.size() == most)
        m_events.removeFirst();
    m_events.append({QDateTime::currentMSecsSinceEpoch(), kind, text});
}

QList<Event> Chronicle::take()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_events, {});
}

} // namespace Demo
