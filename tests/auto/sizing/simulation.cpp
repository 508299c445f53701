// SPDX-License-Identifier: BSD-3-Clause
#include "simulation.h"

#include <algorithm>

using namespace QNetPool;

Demand::TimePoint Simulation::now() const
{
    return Demand::TimePoint(
            std::chrono::duration_cast<Demand::TimePoint::duration>(std::chrono::duration<double>(m_now + 1000)));
}

StockLevel Simulation::level() const
{
    return {.idle = int(m_idle.size()),
            .pending = m_pending,
            .waiting = int(m_waiters.size()),
            .target = m_fixedStock.value_or(m_demand.target()),
            .unreplaced = m_demand.unreplaced(),
            .surplus = m_fixedStock ? 0 : m_demand.surplus()};
}

Simulation::Result Simulation::run()
{
    plan(0, Kind::Timer, m_timer);
    auto next = m_case.arrivals.begin();
    while (next != m_case.arrivals.end()) {
        const double time = m_events.empty() ? *next : std::min(*next, m_events.top().time);
        advanceTo(time);
        if (*next <= time) {
            ++next;
            arrive();
        } else {
            const Event event = m_events.top();
            m_events.pop();
            happen(event);
        }
        takeHidden();
        dial();
        m_result.largestTarget = std::max(m_result.largestTarget, m_demand.target());
        if (m_firstSuccess >= 0 && m_result.full < 0 && int(m_idle.size()) >= m_wantedBefore)
            m_result.full = m_now - m_firstSuccess;
    }
    return summary();
}

void Simulation::advanceTo(double time)
{
    m_idleTime += double(m_idle.size()) * std::max(0.0, time - std::max(m_now, WarmUp));
    m_now = time;
    if (isAway() && !std::exchange(m_isBroken, true)) {
        m_idle.clear(); // the peer is gone
        m_wantedBefore = m_cycle.capacity();
    }
    if (!m_case.isUsedOnce)
        closeIdle();
}

// The most recently used one is taken first, so that what nobody needs is what is idle for long.
void Simulation::closeIdle()
{
    for (; !m_idle.empty() && m_idle.front() + IdleTimeout <= m_now; m_idle.pop_front())
        m_demand.idledOut();
}

void Simulation::arrive()
{
    if (m_case.isHidden)
        return m_hidden.push_back(m_now);
    m_demand.taken(now(), level());
    if (m_idle.empty())
        return m_waiters.push_back(m_now);
    m_idle.pop_back();
    serve(m_now);
}

void Simulation::takeHidden()
{
    while (!m_hidden.empty() && !m_idle.empty()) {
        m_demand.taken(now(), level());
        m_idle.pop_back();
        serve(m_hidden.front());
        m_hidden.pop_front();
    }
}

void Simulation::serve(double since)
{
    if (since >= WarmUp)
        m_waits.push_back(m_now - since);
    const bool isKept = m_case.keptShare > 0 && m_random.uniform() < m_case.keptShare;
    if (m_case.isUsedOnce)
        return;
    plan(isKept ? m_case.keptFor : Hold, Kind::GivenBack);
}

void Simulation::supply()
{
    if (m_waiters.empty()) {
        if (int(m_idle.size()) < m_limits.maximumCapacity)
            m_idle.push_back(m_now);
        else
            m_demand.foundNoRoom();
        return;
    }
    serve(m_waiters.front());
    m_waiters.pop_front();
}

void Simulation::happen(const Event &event)
{
    switch (event.kind) {
    case Kind::Timer:
        if (event.timer == m_timer)
            m_cycle.begin(level());
        return;
    case Kind::GivenBack:
        m_demand.returned(now());
        return supply();
    case Kind::Success:
        --m_pending;
        m_demand.setUp(std::chrono::nanoseconds(qint64((m_now - event.begun) * 1e9)), level());
        if (m_isBroken && !isAway() && m_firstSuccess < 0)
            m_firstSuccess = m_now;
        supply();
        return m_cycle.finished(true);
    case Kind::Failure:
        --m_pending;
        return m_cycle.finished(false);
    }
}

// As the client pool does after whatever has happened.
void Simulation::dial()
{
    for (bool isEnded = true; isEnded;) {
        m_cycle.demand(level());
        while (m_cycle.dialsWanted() > 0) {
            m_cycle.launched();
            ++m_pending;
            if (m_now >= WarmUp)
                ++m_dials;
            if (isAway()) {
                plan(0.001, Kind::Failure);
                continue;
            }
            const double time = m_case.spread > 0 ? m_random.logNormal(m_case.setupTime, m_case.spread) : m_case.setupTime;
            plan(time, Kind::Success);
        }
        isEnded = m_cycle.isOver();
        if (isEnded) {
            if (const std::optional<milliseconds> pause = m_cycle.end(m_random.uniform()))
                sleep(*pause);
        }
    }
}

void Simulation::sleep(milliseconds pause)
{
    plan(double(pause.count()) / 1000, Kind::Timer, ++m_timer);
}

Simulation::Result Simulation::summary()
{
    std::sort(m_waits.begin(), m_waits.end());
    const auto percentile = [&](double share) {
        return m_waits.empty() ? 0 : m_waits[std::min(m_waits.size() - 1, std::size_t(share * double(m_waits.size())))];
    };
    const double time = m_now - WarmUp;
    m_result.calls = double(m_waits.size());
    m_result.waitShare = double(m_waits.end() - std::upper_bound(m_waits.begin(), m_waits.end(), 0.0)) / m_result.calls;
    m_result.p99 = percentile(0.99);
    m_result.p999 = percentile(0.999);
    m_result.meanIdle = m_idleTime / time;
    m_result.dialsPerSecond = double(m_dials) / time;
    m_result.lastTarget = m_demand.target();
    return m_result;
}

std::pair<int, Simulation::Result> Simulation::bestFixed(const Case &theCase, const Sizing &limits, double waitShare)
{
    int least = limits.minimumCapacity;
    int most = limits.maximumCapacity;
    while (least < most) {
        const int middle = (least + most) / 2;
        if (Simulation(theCase, limits, middle).run().waitShare <= waitShare)
            most = middle;
        else
            least = middle + 1;
    }
    return {least, Simulation(theCase, limits, least).run()};
}
