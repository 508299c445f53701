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
    statistics.waiters = m_line.count();
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
    return m_line.count();
}

int Stock::unserved() const
{
    return m_doChecksFail ? m_line.countForAny() : unchecked();
}

// Waiters for any connection, less those for whom one is being checked.
int Stock::unchecked() const
{
    return std::max(0, m_line.countForAny() - m_store.count(Stage::Unchecked) - m_store.count(Stage::Checked));
}

int Stock::unservedCount() const
{
    const Lock lock(m_mutex);
    return unserved();
}

} // namespace QNetPool
