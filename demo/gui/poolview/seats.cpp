// SPDX-License-Identifier: BSD-3-Clause
#include "seats.h"

#include <algorithm>

using QNetPool::ConnectionId;

namespace Demo {

QList<int> Seats::assign(const QList<ConnectionId> &ids)
{
    leaveAllBut(ids);
    int next = 0; // all below are taken
    for (const ConnectionId id : ids) {
        if (m_seats.contains(id))
            continue;
        while (next < m_sitting.size() && !m_sitting[next].isNull())
            ++next;
        if (next == m_sitting.size())
            m_sitting.append(id);
        else
            m_sitting[next] = id;
        m_seats.insert(id, next);
    }
    while (!m_sitting.isEmpty() && m_sitting.last().isNull())
        m_sitting.removeLast();
    if (2 * m_seats.size() < m_sitting.size())
        moveUp();

    QList<int> seats;
    seats.reserve(ids.size());
    for (const ConnectionId id : ids)
        seats.append(of(id));
    return seats;
}

void Seats::leaveAllBut(const QList<ConnectionId> &ids)
{
    QList<bool> stays(m_sitting.size(), false);
    for (const ConnectionId id : ids) {
        const int seat = of(id);
        if (seat >= 0)
            stays[seat] = true;
    }
    for (qsizetype seat = 0; seat < stays.size(); ++seat) {
        if (stays[seat])
            continue;
        m_seats.remove(m_sitting[seat]);
        m_sitting[seat] = {};
    }
}

void Seats::moveUp()
{
    m_sitting.removeIf([](ConnectionId id) { return id.isNull(); });
    for (qsizetype seat = 0; seat < m_sitting.size(); ++seat)
        m_seats[m_sitting[seat]] = int(seat);
}

QList<int> Seats::lowestFree(int count) const
{
    QList<int> seats;
    seats.reserve(count);
    for (int seat = 0; seats.size() < count; ++seat) {
        if (seat >= end() || m_sitting[seat].isNull())
            seats.append(seat);
    }
    return seats;
}

} // namespace Demo
