// SPDX-License-Identifier: BSD-3-Clause
// What the stock can be asked for from any thread: how many there are, wait, and were.
#include "stock.h"

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

int Stock::unservedWaiters() const
{
    return m_doChecksFail ? m_queue.countForAny() : waitersWithoutCheck();
}

// Waiters for any connection, less those for whom one is being checked.
int Stock::waitersWithoutCheck() const
{
    return std::max(0, m_queue.countForAny() - m_store.count(Stage::Unchecked) - m_store.count(Stage::Checked));
}

int Stock::unservedWaiterCount() const
{
    const Lock lock(m_mutex);
    return unservedWaiters();
}

} // namespace QNetPool
