// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/ConnectionId>

#include <QtCore/QHash>
#include <QtCore/QList>

namespace Demo {

// Who sits where. A connection keeps its seat for as long as it is there; one that is new gets the lowest that is free. Only
// once less than half of the seats are taken, all move up.
class Seats
{
public:
    // Seats for exactly these, in their order.
    QList<int> assign(const QList<QNetPool::ConnectionId> &ids);

    int of(QNetPool::ConnectionId id) const { return m_seats.value(id, -1); }
    QNetPool::ConnectionId at(int seat) const { return m_sitting.value(seat); } // null: nobody
    int taken() const { return int(m_seats.size()); }
    int end() const { return int(m_sitting.size()); } // beyond the last that is taken
    QList<int> lowestFree(int count) const;

private:
    void leaveAllBut(const QList<QNetPool::ConnectionId> &ids);
    void moveUp();

    QHash<QNetPool::ConnectionId, int> m_seats;
    QList<QNetPool::ConnectionId> m_sitting; // by seat
};

} // namespace Demo
