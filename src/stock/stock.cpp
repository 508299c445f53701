// SPDX-License-Identifier: BSD-3-Clause
#include "stock.h"

#include "system/timeasleep.h"

namespace QNetPool {

void Stock::open(Policy policy, std::unique_ptr<Watcher> watcher, std::function<void()> wake)
{
    const Lock lock(m_mutex);
    m_demand.reset(); // a new run
    m_unusedEnds.clear();
    m_complaints.clear();
    use(policy);
    m_watcher = std::move(watcher);
    m_wake = std::move(wake);
    Clock::time_point now;
    m_sleep = SleepDetector(timeAsleep(&now));
    m_isOpen = true;
    m_opened = Clock::now();
    m_hasLoopRun = m_isRetryPaused = m_hasSeenAlert = false;
}

void Stock::setPolicy(Policy policy)
{
    Lock lock(m_mutex);
    use(policy);
    std::vector<ClosingHandle> closing = startClosingExcess();
    wake(); // for the next deadline
    lock.unlock();
    for (ClosingHandle &connection : closing)
        connection.close();
}

void Stock::use(Policy &policy)
{
    std::swap(m_policy, policy);
    m_failedChecks = 0; // there may be other hooks
    if (!m_policy.sizing)
        m_demand.reset();
    else if (m_demand)
        m_demand->setLimits(*m_policy.sizing);
    else
        m_demand = std::make_unique<Demand>(*m_policy.sizing);
    m_watchesLeaks = m_policy.limits.leakThreshold.count() > 0;
}

void Stock::setLastError(const QString &message)
{
    const Lock lock(m_mutex);
    m_lastError = message;
}

void Stock::setRetryPaused(bool isPaused)
{
    const Lock lock(m_mutex);
    m_isRetryPaused = isPaused;
}

bool Stock::isOpen() const
{
    const Lock lock(m_mutex);
    return m_isOpen;
}

bool Stock::isDraining() const
{
    const Lock lock(m_mutex);
    return m_drainUntil && m_store.leased() > 0 && Clock::now() < *m_drainUntil;
}

void Stock::stopWatching()
{
    std::unique_ptr<Watcher> watcher; // destroyed without the lock
    const Lock lock(m_mutex);
    m_drainUntil.reset();
    watcher = std::move(m_watcher);
}

void Stock::tearDown()
{
    {
        const Lock lock(m_mutex);
        m_wake = nullptr;
    }
    shut(QStringLiteral("the pool was destroyed"));
    stopWatching();
}

} // namespace QNetPool
