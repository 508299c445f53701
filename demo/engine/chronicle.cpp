// SPDX-License-Identifier: BSD-3-Clause
#include "chronicle.h"

#include <QtCore/QDateTime>

#include <utility>

namespace Demo {

static constexpr qsizetype most = 10000;

void Chronicle::write(Note::Kind kind, const QString &text, QNetPool::ConnectionId id)
{
    const std::lock_guard lock(m_mutex);
    if (m_notes.size() == most)
        m_notes.removeFirst();
    m_notes.append({QDateTime::currentMSecsSinceEpoch(), kind, text, id});
}

QList<Note> Chronicle::take()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_notes, {});
}

} // namespace Demo
