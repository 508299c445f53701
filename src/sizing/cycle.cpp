// SPDX-License-Identifier: BSD-3-Clause
#include "cycle.h"

#include <algorithm>
#include <utility>

namespace QNetPool {

Cycle::Cycle(const Sizing &limits) : m_limits(limits), m_capacity(limits.minimumCapacity), m_interval(limits.minimumInterval)
{
}

void Cycle::setLimits(const Sizing &limits)
{
    m_limits = limits;
    m_capacity = std::clamp(m_capacity, limits.minimumCapacity, limits.maximumCapacity);
    m_interval = std::clamp(m_interval, limits.minimumInterval, limits.maximumInterval);
}

void Cycle::begin(int idle, int waiting)
{
    if (m_round == Round::None)
        m_succeeded = m_failed = 0;
    m_round = Round::OfTimer;
    m_interval = nextInterval(m_interval, idle, m_capacity, m_limits);
    m_wanted = std::max(0, std::max(m_capacity - idle, waiting) - m_inFlight);
    if (!m_wanted && !m_inFlight)
        m_outage = false; // connections that were given back have filled the stock
}

void Cycle::demand(int waiting)
{
    if (m_outage)
        return; // the next round of the timer is as early as the backoff allows
    const int more = waiting - m_inFlight - m_wanted;
    if (more <= 0)
        return;
    if (m_round == Round::None) {
        m_succeeded = m_failed = 0;
        m_round = Round::OfWaiters;
    }
    m_wanted += more;
}

int Cycle::dialsWanted() const
{
    if (m_failed > m_succeeded)
        return 0; // end the round early: further dials would probably fail, too
    const int atOnce = m_outage && !m_succeeded ? 1 : m_limits.maximumPending;
    return std::clamp(m_wanted, 0, std::max(0, atOnce - m_inFlight));
}

void Cycle::launched()
{
    --m_wanted;
    ++m_inFlight;
}

void Cycle::finished(bool created)
{
    --m_inFlight;
    ++(created ? m_succeeded : m_failed);
    if (created) {
        ++m_created;
        m_outage = false;
        m_backoff.reset();
    }
}

bool Cycle::isOver() const
{
    return m_round != Round::None && !m_inFlight && !dialsWanted();
}

std::optional<milliseconds> Cycle::end(double random)
{
    const Round round = std::exchange(m_round, Round::None);
    m_wanted = 0;
    if (m_failed && !m_succeeded) {
        m_outage = true;
        m_backoffWait = m_backoff.afterFailure(m_interval, m_limits.maximumBackoff, random);
    }
    if (round == Round::OfWaiters)
        return m_outage ? std::optional(m_backoffWait) : std::nullopt;
    m_capacity = nextCapacity(m_capacity, std::exchange(m_created, 0), m_limits);
    return interval();
}

} // namespace QNetPool
