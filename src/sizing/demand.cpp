// SPDX-License-Identifier: BSD-3-Clause
#include "demand.h"

#include <algorithm>

namespace QNetPool {

using namespace std::chrono_literals;

namespace {

constexpr int gain = 8; // of the smoothed means: a new setup time counts for an eighth
constexpr std::chrono::nanoseconds shortestSetup = 1ms; // an event loop's turn counts, too
constexpr int updateEvery = 32; // takes

} // namespace

Demand::Demand(const Sizing &limits)
{
    setLimits(limits);
}

void Demand::setLimits(const Sizing &limits)
{
    const bool wasPredictive = std::exchange(m_isPredictive, limits.rule == ClientPool::Rule::Predictive);
    m_limits = limits;
    if (m_isPredictive && !wasPredictive) { // what it has not seen has not happened
        m_usual.clear();
        m_backlog.clear();
        m_leastNow = m_leastBefore = m_net;
        m_quantile = 0;
    }
    updateTarget();
    m_surplus = surplusOf(limits.minimumCapacity); // the target beyond it is wanted, unless it finds no room
}

void Demand::taken(TimePoint now, const StockLevel &before, bool hasToWait)
{
    m_unreplaced = std::max(0, std::min(m_unreplaced, m_target) - 1);
    if (now >= m_minutes.front().begin + 1min)
        beginMinute(now);
    ++m_minutes.front().taken;
    const bool isEmpty = before.idle <= 0;
    hasToWait |= isEmpty;
    if (before.idle <= 1 && std::exchange(m_unwanted, 0))
        updateTarget();
    m_minutes.front().waited += hasToWait;
    if (!m_isPredictive)
        return;
    if (now >= m_slotEnd)
        beginSlot(now);
    ++m_net;
    const auto demand = int(std::min<qint64>(m_net - std::min(m_leastNow, m_leastBefore), std::numeric_limits<int>::max()));
    m_emptied = before.idle == 1 && !before.waiting ? m_emptied + 1 : 0;
    const bool isBacklog = m_emptied > 1 || before.waiting >= m_limits.maximumPending;
    DecayingHistogram &histogram = isBacklog ? m_backlog : m_usual;
    if (isEmpty || m_emptied > 1)
        m_surplus = 0; // all of it is wanted
    if (before.idle + before.pending - before.waiting <= m_target)
        histogram.add(now, demand);
    else
        histogram.addUnknown(now); // with more than the target, nothing can be said of the target
    if (++m_sinceUpdate >= updateEvery || now >= m_nextUpdate || hasToWait)
        updateQuantile(now);
}

void Demand::returned(TimePoint now)
{
    if (!m_isPredictive)
        return;
    if (now >= m_slotEnd)
        beginSlot(now);
    m_emptied = 0;
    m_leastNow = std::min(m_leastNow, --m_net);
}

void Demand::returnedInVain()
{
    ++m_net;
    m_surplus = std::max(0, m_surplus - 1);
}

void Demand::idledOut()
{
    m_unreplaced = std::min(m_unreplaced + 1, target());
}

void Demand::foundNoRoom()
{
    m_emptied = 0; // there is more than is taken
    m_surplus = std::min(m_surplus + 1, m_limits.maximumCapacity);
}

void Demand::endedUnused() noexcept
{
    ++m_unwanted;
    updateTarget();
}

// Each take asks for it, and few change it.
void Demand::updateTarget() noexcept
{
    const quint64 wanted = m_quantile - std::min(m_quantile, quint64(m_unwanted));
    const quint64 within = std::clamp(wanted, quint64(m_limits.minimumCapacity), quint64(m_limits.maximumCapacity));
    m_target = m_isPredictive ? int(within) : 0;
    m_largestSurplus = surplusOf(m_target);
}

void Demand::setUp(std::chrono::nanoseconds time, const StockLevel &after)
{
    const auto smooth = [](std::chrono::nanoseconds &mean, std::chrono::nanoseconds sample) {
        mean = mean == 0ns ? sample : mean + (sample - mean) / gain;
    };
    const int missing = target() - after.idle + after.waiting;
    smooth(m_setupTime, time);
    smooth(m_leadTime, std::max(time, time * missing / std::max(m_limits.maximumPending, 1)));
}

void Demand::beginSlot(TimePoint now)
{
    const TimePoint::duration length = std::max(m_leadTime, shortestSetup) * 2 / 3;
    const bool isNext = now < m_slotEnd + length;
    m_leastBefore = isNext ? m_leastNow : m_net;
    m_leastNow = m_net;
    m_slotEnd = isNext ? m_slotEnd + length : now + length;
}

// What would find no room if the whole target were taken, dialled anew and given back.
int Demand::surplusOf(int target) const noexcept
{
    return int(std::max<qint64>(2 * qint64(target) - m_limits.maximumCapacity, 0));
}

// The least number that is exceeded with at most waitProbability.
void Demand::updateQuantile(TimePoint now)
{
    m_sinceUpdate = 0;
    m_nextUpdate = now + 1s;
    const double tolerated = m_limits.waitProbability * (m_usual.total(now) + m_backlog.total(now));
    double exceeding = 0;
    std::size_t bucket = std::max(m_usual.top(), m_backlog.top());
    for (; bucket > 0; --bucket) {
        exceeding += m_usual.count(bucket, now) + m_backlog.count(bucket, now);
        if (exceeding > tolerated)
            break;
    }
    m_quantile = DecayingHistogram::Buckets::endOf(bucket);
    updateTarget();
}

void Demand::beginMinute(TimePoint now)
{
    std::move_backward(m_minutes.begin(), m_minutes.end() - 1, m_minutes.end());
    m_minutes.front() = {now, 0, 0};
}

double Demand::recentWaitShare(TimePoint now) const
{
    qint64 taken = 0;
    qint64 waited = 0;
    for (const Minute &minute : m_minutes) {
        if (minute.begin > now - Memory) {
            taken += minute.taken;
            waited += minute.waited;
        }
    }
    return taken ? double(waited) / double(taken) : 0;
}

} // namespace QNetPool
