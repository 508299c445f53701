// SPDX-License-Identifier: BSD-3-Clause
// Counts, totals and times, and the state of each connection, for any thread.
#include "stock.h"

/*!
    \class QNetPool::PoolStatistics
    \inmodule QNetPool
    \brief A consistent snapshot of a pool's numbers.

    Gauges are of the moment, totals and times count since the pool was constructed. The header describes each field. In
    every snapshot
    \code
    created == idle + leased + unclaimed + detached + closed()
    taken == fromStock + hadToWait
    queued == hadToWait + timedOut + cancelled + abandoned + waiters
    \endcode

    \sa Pool::statistics()
*/

/*!
    \fn qint64 QNetPool::PoolStatistics::closed() const
    Returns the number of connections that the pool has closed, for whatever reason.
*/

/*!
    \fn double QNetPool::PoolStatistics::waitShare() const
    Returns the share of the leases that came from the wait queue, 0 to 1, since the pool was constructed.
*/

/*!
    \class QNetPool::DurationStatistics
    \inmodule QNetPool
    \brief How long something took, each time it has happened since the pool was constructed.

    Count, sum and maximum are exact; a percentile is never too low and at most 1/16 too high.
*/

/*!
    \class QNetPool::ConnectionInfo
    \inmodule QNetPool
    \brief A snapshot of one connection of a pool.

    The header describes each field.

    \sa Pool::connections()
*/

/*!
    \enum QNetPool::ConnectionInfo::State
    Where the connection is in its life. The header describes each value.
*/

namespace QNetPool {

PoolStatistics Stock::statistics() const
{
    Lock lock(m_mutex);
    PoolStatistics statistics = m_totals;
    statistics.idle = m_store.idle();
    statistics.leased = m_store.leased();
    statistics.pending = m_store.count(Stage::Pending);
    statistics.unclaimed = m_store.count(Stage::Unclaimed);
    statistics.waiters = m_queue.count();
    if (m_demand) {
        statistics.target = m_demand->target();
        statistics.setupTime = m_demand->setupTime();
        statistics.recentWaitShare = m_demand->recentWaitShare(Clock::now());
    }
    // Copied under the lock, evaluated without it.
    const Histogram connect = m_connectTimes;
    const Histogram handshake = m_handshakeTimes;
    const Histogram acquire = m_acquireTimes;
    const Histogram lease = m_leaseTimes;
    lock.unlock();
    statistics.connectTime = connect.summary();
    statistics.handshakeTime = handshake.summary();
    statistics.acquireTime = acquire.summary();
    statistics.leaseTime = lease.summary();
    return statistics;
}

static ConnectionInfo::State stateOf(Stage stage)
{
    switch (stage) {
    case Stage::Pending:
        return ConnectionInfo::State::Pending;
    case Stage::Unchecked:
    case Stage::Checked:
        return ConnectionInfo::State::Checking;
    case Stage::Leased:
    case Stage::Overdue:
        return ConnectionInfo::State::Leased;
    case Stage::Unclaimed:
        return ConnectionInfo::State::Unclaimed;
    case Stage::Idle:
    case Stage::Stale:
    case Stage::Free:
        break;
    }
    return ConnectionInfo::State::Idle;
}

QList<ConnectionInfo> Stock::connections() const
{
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    QList<ConnectionInfo> connections;
    const Lock lock(m_mutex);
    connections.reserve(qsizetype(m_store.all().size()));
    const Clock::time_point now = Clock::now();
    for (const Entry &entry : m_store.all()) {
        if (entry.stage != Stage::Free)
            connections.append({entry.id, stateOf(entry.stage), duration_cast<milliseconds>(now - entry.born),
                                duration_cast<milliseconds>(now - entry.since)});
    }
    return connections;
}

int Stock::idleCount() const
{
    const Lock lock(m_mutex);
    return m_store.idle();
}

int Stock::leasedCount() const
{
    const Lock lock(m_mutex);
    return m_store.leased();
}

int Stock::countOf(PeerNetwork network) const
{
    const Lock lock(m_mutex);
    return m_store.countOf(network);
}

int Stock::pendingCount() const
{
    const Lock lock(m_mutex);
    return m_store.count(Stage::Pending);
}

int Stock::waiterCount() const
{
    const Lock lock(m_mutex);
    return m_queue.count();
}

} // namespace QNetPool
