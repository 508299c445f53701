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

// Someone who waits for a connection: any, or the one with an ID. Exactly one of serve() and fail() is called, without
// any lock held and in the thread where the reason arose.
class Waiter
{
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    virtual ~Waiter();
    virtual bool serve(Connection &connection) = 0; // false: no longer interested, the connection is still the caller's
    virtual void fail(Pool::Error error, const QString &message) = 0;
    virtual bool isCancelled() const { return false; } // it may stand in line for a while yet

    ConnectionId wanted; // null: any
    TimePoint since;
    TimePoint deadline = TimePoint::max();
    quint64 number = 0; // the place in the order of arrival, given by the line; 0: it was never in line
    QString holder; // the thread that asks

protected:
    Waiter() = default;
    Q_DISABLE_COPY_MOVE(Waiter)
};

// The line: strictly first come, first served, whether one waits for any connection or for a certain one.
// A plain value: no lock, no clock.
class WaitQueue
{
public:
    using TimePoint = Waiter::TimePoint;

    quint64 join(std::shared_ptr<Waiter> waiter);
    std::shared_ptr<Waiter> next(ConnectionId arrived); // leaves the line; null: nobody waits for this connection
    std::shared_ptr<Waiter> nextFor(ConnectionId arrived); // the same, but nobody who takes any
    std::shared_ptr<Waiter> leave(quint64 number); // null: not in line any more
    std::vector<std::shared_ptr<Waiter>> takeExpired(TimePoint now);
    std::vector<std::shared_ptr<Waiter>> takeCancelled(); // looks at all of them
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
