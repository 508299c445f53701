// SPDX-License-Identifier: BSD-3-Clause
#include "cycle.h"

#include <algorithm>
#include <utility>

namespace QNetPool {

namespace {

// What nobody has wanted for long is not dialled again before somebody does, but for one, which is ready for him.
int toKeep(int wanted, const StockLevel &level)
{
    return std::max(std::min(wanted, 1), wanted - level.unreplaced);
}

} // namespace

Cycle::Cycle(const Sizing &limits) : m_limits(limits), m_capacity(limits.minimumCapacity), m_interval(limits.minimumInterval)
{
}

void Cycle::setLimits(const Sizing &limits)
{
    // Rule::Stepwise goes on from what there is; in Rule::Predictive the capacity is the target, which follows.
    const bool isStepwise = limits.rule == ClientPool::Rule::Stepwise;
    m_limits = limits;
    m_capacity = std::clamp(isStepwise ? capacity() : 0, limits.minimumCapacity, limits.maximumCapacity);
    m_target = isStepwise ? 0 : std::min(m_target, limits.maximumCapacity);
    m_interval = std::clamp(m_interval, limits.minimumInterval, limits.maximumInterval);
}

void Cycle::beginAfresh()
{
    m_outage = m_isDistrusted = m_hasProbed = m_isPeerKnown = false;
    m_backoff.reset();
    m_round = Round::None;
    m_wanted = m_awaited = m_demanded = m_inFlight = m_late = 0;
    m_succeeded = m_failed = m_failedInARow = m_unproved = m_died = 0;
}

void Cycle::begin(const StockLevel &level)
{
    note(level);
    m_interval = nextInterval(m_interval, level.idle, capacity(), m_limits);
    const int wanted = std::max(0, std::max(toKeep(capacity(), level) - level.idle, missing(level)) - onTheirWay());
    beginRound(Round::OfTimer, wanted);
    if (level.idle >= capacity() && !m_wanted && !m_inFlight && !m_unproved)
        m_outage = m_isDistrusted = false; // connections that were given back have filled the stock
    update(level);
}

void Cycle::demand(const StockLevel &level)
{
    update(level);
    if (m_round == Round::None && m_demanded > 0)
        beginRound(Round::OfDemand, std::exchange(m_demanded, 0));
}

void Cycle::beginRound(Round round, int wanted)
{
    if (m_round == Round::None)
        m_succeeded = m_failed = 0;
    m_round = round;
    m_wanted = wanted;
    m_awaited = m_inFlight;
}

void Cycle::note(const StockLevel &level)
{
    m_target = level.target;
    m_late = m_outage ? 0 : std::min(level.late, m_inFlight); // in an outage the pauses say when to try again
    m_isProbeDue = level.isProbeDue && !m_outage;
}

// What was wanted and is not any more is forgotten.
void Cycle::update(const StockLevel &level)
{
    note(level);
    const int lacking = missing(level);
    const int demanded = std::max(m_isProbeDue && lacking > 0 ? 1 : 0, lacking - onTheirWay());
    const int toFill = std::max(0, toKeep(capacity(), level) - level.idle - onTheirWay());
    m_wanted = std::min(m_wanted, std::max(demanded, toFill));
    m_demanded = m_outage ? 0 : std::max(0, demanded - m_wanted); // the next round is as early as the backoff allows
}

// To the target, and for waiters. What would find no room when leases end waits for the timer's round: they may be short.
int Cycle::missing(const StockLevel &level) const
{
    return level.waiting + std::max(0, toKeep(level.target - level.surplus, level) - level.idle);
}

// Further dials would probably fail, too; or the probe is in doubt.
bool Cycle::isStopped() const
{
    return m_failed > m_succeeded || (m_outage && m_isDistrusted && m_succeeded);
}

int Cycle::dialsWanted() const
{
    if (isStopped())
        return 0;
    const int atOnce = m_outage && !m_succeeded ? 1 : m_limits.maximumPending;
    const int room = std::min(std::max(atOnce - onTheirWay(), int(m_isProbeDue)), 2 * atOnce - m_inFlight);
    return std::clamp(m_wanted + m_demanded, 0, std::max(0, room));
}

bool Cycle::isHeldBack() const noexcept
{
    return !m_outage && onTheirWay() >= m_limits.maximumPending && m_wanted + m_demanded > 0;
}

void Cycle::launched()
{
    if (m_wanted > 0) {
        --m_wanted;
        ++m_awaited;
    } else {
        --m_demanded;
    }
    ++m_inFlight;
    m_hasProbed = true;
    m_isProbeDue = false;
}

void Cycle::leave()
{
    --m_inFlight;
    m_late = std::min(m_late, m_inFlight);
    m_awaited = std::max(0, m_awaited - 1);
}

void Cycle::finishedInVain()
{
    leave();
}

void Cycle::finished(bool created)
{
    leave();
    ++(created ? m_succeeded : m_failed);
    if (!created) {
        ++m_failedInARow;
        m_isDistrusted = false; // it is just not there
        return;
    }
    m_isPeerKnown = true;
    m_failedInARow = 0;
    ++m_created;
    ++m_unproved;
    if (!m_isDistrusted) {
        m_outage = false;
        m_backoff.reset();
    }
}

void Cycle::proved()
{
    m_unproved = std::max(0, m_unproved - 1);
    m_died = 0;
    if (std::exchange(m_isDistrusted, false)) {
        m_outage = false;
        m_backoff.reset();
    }
}

std::optional<milliseconds> Cycle::died(double random)
{
    m_unproved = std::max(0, m_unproved - 1);
    ++m_died;
    if (m_outage && m_isDistrusted) {
        if (!std::exchange(m_hasProbed, false))
            return std::nullopt; // of those that were there when it began
    } else if (m_died <= m_unproved) {
        return std::nullopt;
    }
    m_isDistrusted = true;
    m_hasProbed = false;
    return beginOutage(random);
}

// At the end of a round.
bool Cycle::hasPeerFailed() const
{
    const bool mayBeAnAccident =
            m_failedInARow == 1 && m_isPeerKnown && !m_outage && m_limits.rule == ClientPool::Rule::Predictive;
    return m_failed && !m_succeeded && !mayBeAnAccident;
}

// In Rule::Predictive the interval says how idle the pool is, and nothing of when to try again.
milliseconds Cycle::beginOutage(double random)
{
    m_outage = true;
    const bool isStepwise = m_limits.rule == ClientPool::Rule::Stepwise;
    m_backoffWait =
            m_backoff.afterFailure(isStepwise ? m_interval : m_limits.minimumInterval, m_limits.maximumBackoff, random);
    return m_backoffWait;
}

bool Cycle::isOver() const
{
    return m_round != Round::None && !m_awaited && (!m_wanted || isStopped());
}

std::optional<milliseconds> Cycle::end(double random)
{
    const Round round = std::exchange(m_round, Round::None);
    m_wanted = m_demanded = 0;
    if (hasPeerFailed())
        beginOutage(random);
    if (round == Round::OfDemand)
        return m_outage ? std::optional(m_backoffWait) : std::nullopt;
    const int created = std::exchange(m_created, 0);
    if (m_limits.rule == ClientPool::Rule::Stepwise)
        m_capacity = nextCapacity(m_capacity, created, m_limits);
    return interval();
}

} // namespace QNetPool
