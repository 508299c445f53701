// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/connection.h>
#include <qnetpool/pool.h>

#include <QtCore/qhash.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace QNetPool {

// A caller that waits for any connection, or for the one with an ID. Exactly one of serve() and fail() is called, without a
// lock held, in the thread that supplies the connection or the failure.
class Waiter
{
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    virtual ~Waiter();
    virtual bool serve(Connection &connection) = 0; // false: cancelled, and the connection not taken
    virtual void fail(Pool::Error error, const QString &message) = 0;
    virtual bool isCancelled() const { return false; } // it stays in the wait queue until the event loop removes it

    ConnectionId wanted; // null: any
    TimePoint since;
    TimePoint deadline = TimePoint::max();
    quint64 number = 0; // in order of arrival, set by join(); 0: never in the wait queue
    QString holder; // name of the calling thread

protected:
    Waiter() = default;
    Q_DISABLE_COPY_MOVE(Waiter)
};

// The wait queue: strictly first come, first served, whether for any connection or for one with an ID.
// A plain value: no lock, no clock.
class WaitQueue
{
public:
    using TimePoint = Waiter::TimePoint;

    quint64 join(std::shared_ptr<Waiter> waiter);
    bool hasFor(ConnectionId arrived) const { return m_byId.contains(arrived); }
    // Each removes the waiters that it returns; null: there is none.
    std::shared_ptr<Waiter> next(ConnectionId arrived); // the first for this connection or for any
    std::shared_ptr<Waiter> nextFor(ConnectionId arrived); // the first for this connection
    std::shared_ptr<Waiter> leave(quint64 number);
    std::shared_ptr<Waiter> takeExpired(TimePoint now); // the one that has been late for longest; null: none is
    std::vector<std::shared_ptr<Waiter>> takeCancelled(); // O(n)
    std::vector<std::shared_ptr<Waiter>> takeAll();

    std::optional<TimePoint> nextDeadline() const;
    int count() const noexcept { return int(m_waiters.size()); }
    int countForAny() const noexcept { return int(m_any.size()); }

private:
    using Numbers = std::set<quint64>;

    std::map<quint64, std::shared_ptr<Waiter>> m_waiters; // by number, so in order of arrival
    Numbers m_any;
    QHash<ConnectionId, Numbers> m_byId;
    std::set<std::pair<TimePoint, quint64>> m_deadlines;
    quint64 m_lastNumber = 0;
};

} // namespace QNetPool
