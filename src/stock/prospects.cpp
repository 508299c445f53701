// SPDX-License-Identifier: BSD-3-Clause
// What will soon be there for those who wait: connections that are being set up or checked, unless that takes too long.
#include "stock.h"

namespace QNetPool {

using namespace std::chrono_literals;

// Others are dialled in the place of what takes several times as long as a setup usually does.
std::chrono::nanoseconds Stock::lateAfter() const
{
    constexpr std::chrono::nanoseconds least = 100ms; // a busy thread is late, too
    constexpr std::chrono::nanoseconds ifUnknown = 1s;
    if (!m_demand)
        return std::chrono::nanoseconds::max(); // a server does not dial
    const std::chrono::nanoseconds usual = m_demand->setupTime();
    return usual > 0ns ? std::max(4 * usual, least) : ifUnknown;
}

// It is late, while a later one has succeeded: it has probably met a peer that will never answer.
bool Stock::isOvertaken(const Entry *pending, Clock::time_point now) const
{
    return pending->born < m_lastSetUpBorn && now - pending->born >= lateAfter();
}

bool Stock::isOvertaken(const Entry *pending) const
{
    const Lock lock(m_mutex);
    return isOvertaken(pending, Clock::now());
}

// Setups that are not counted on.
Stock::Overtaken Stock::overtakenSetups(Clock::time_point now) const
{
    Overtaken overtaken{0, m_store.first(Stage::Pending)};
    for (const Entry *&next = overtaken.next; next && isOvertaken(next, now); next = next->next)
        ++overtaken.count;
    return overtaken;
}

// When one more is to show whether the peer is slow, if all but those that are overtaken are late: at doubled intervals.
// oldest: of those that no later one has overtaken.
Stock::Clock::time_point Stock::nextProbe(const Entry *oldest) const
{
    const Entry *youngest = m_store.last(Stage::Pending);
    return youngest->born + std::max<Clock::duration>(lateAfter(), youngest->born - oldest->born);
}

// When something becomes late next; never, if nothing is on its way.
Stock::Clock::time_point Stock::nextLate() const
{
    const Lock lock(m_mutex);
    const Clock::time_point now = Clock::now();
    Clock::time_point next = Clock::time_point::max();
    const auto consider = [&](Clock::time_point when) {
        if (when > now)
            next = std::min(next, when);
    };
    if (!m_demand)
        return next;
    if (const Entry *entry = overtakenSetups(now).next)
        consider(entry->born < m_lastSetUpBorn ? entry->born + lateAfter() : nextProbe(entry));
    for (const Stage stage : {Stage::Unchecked, Stage::Checked}) {
        for (const Entry *entry = m_queue.countForAny() ? m_store.first(stage) : nullptr; entry; entry = entry->next) {
            if (now - entry->since < lateAfter()) {
                consider(entry->since + lateAfter());
                break;
            }
        }
    }
    return next;
}

int Stock::checks() const
{
    return m_store.count(Stage::Unchecked) + m_store.count(Stage::Checked);
}

int Stock::lateChecks(int most) const
{
    const Clock::time_point now = Clock::now();
    int late = 0;
    for (const Stage stage : {Stage::Unchecked, Stage::Checked}) {
        for (const Entry *entry = m_store.first(stage); entry && late < most; entry = entry->next) {
            if (now - entry->since < lateAfter())
                break;
            ++late;
        }
    }
    return late;
}

// If checks fail at present, or are late, as many as are wanted count for nothing. Further ones do: else more would be
// dialled and checked for as long as the first checks take.
int Stock::promisingChecks() const
{
    const int all = checks();
    if (all == 0)
        return 0;
    const int most = m_queue.countForAny() + m_policy.maximumIdle;
    return all - std::min(m_failedChecks > 0 ? all : lateChecks(most), most);
}

// Those that will be idle, as they were before: nothing has to be dialled in their place. What is being reset was leased, and
// counts as if it still were.
int Stock::checksForNobody() const
{
    const int most = promisingChecks() - m_queue.countForAny();
    int validations = 0;
    for (const Stage stage : {Stage::Unchecked, Stage::Checked}) {
        for (const Entry *entry = m_store.last(stage); entry && validations < most; entry = entry->previous)
            validations += !entry->isReturning;
    }
    return validations;
}

// Waiters for any connection, less those for whom one is being checked.
int Stock::waitersWithoutCheck() const
{
    return std::max(0, m_queue.countForAny() - checks());
}

// Waiters for any connection, less those who can count on a check.
int Stock::unservedWaiters() const
{
    return m_queue.countForAny() ? std::max(0, m_queue.countForAny() - promisingChecks()) : 0;
}

int Stock::unservedWaiterCount() const
{
    const Lock lock(m_mutex);
    return unservedWaiters();
}

} // namespace QNetPool
