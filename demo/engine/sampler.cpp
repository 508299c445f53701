// SPDX-License-Identifier: BSD-3-Clause
#include "sampler.h"

#include <algorithm>
#include <tuple>

using namespace QNetPool;

namespace Demo {

static qint64 lost(const PoolStatistics &pool)
{
    return pool.diedIdle + pool.failedCheck + pool.closedDirty + pool.outOfStep + pool.discarded;
}

Sample Sampler::take()
{
    Sample now;
    const Pool &pool = m_site.pool();
    now.state = pool.state();
    now.isFrozen = m_site.isFrozen();
    now.pool = pool.statistics();
    now.interval = pool.interval();
    if (m_site.role() == Role::Client) {
        const ClientPool::Configuration &configuration = m_site.settings().client;
        std::tie(now.minimum, now.maximum) =
                std::minmax(configuration.sizing.minimumCapacity, configuration.sizing.maximumCapacity);
        if (configuration.sizing.rule == ClientPool::Rule::Predictive)
            now.target = now.pool.target;
    }
    now.waits = m_site.meter().takeWaits();
    now.exchanges = m_site.meter().exchanges();
    now.failed = m_site.meter().failed();
    if (m_sinceLast.isValid()) {
        const double seconds = std::max(0.001, double(m_sinceLast.nsecsElapsed()) / 1e9);
        now.createdPerSecond = double(now.pool.created - m_last.created) / seconds;
        now.takenPerSecond = double(now.pool.taken - m_last.taken) / seconds;
        now.lostPerSecond = double(lost(now.pool) - lost(m_last)) / seconds;
    }
    m_sinceLast.start();
    m_last = now.pool;
    return now;
}

} // namespace Demo
