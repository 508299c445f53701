// SPDX-License-Identifier: BSD-3-Clause
// What the pool has to tell, and when its thread is woken for it.
#include "stock.h"

namespace QNetPool {

void Stock::setAudience(bool forAvailable, bool forIdleCount) noexcept
{
    const Lock lock(m_mutex);
    m_isAvailableHeard = forAvailable;
    m_isIdleCountHeard = forIdleCount;
}

void Stock::wake()
{
    if (!m_awake && m_wake) {
        m_awake = true;
        m_wake();
    }
}

void Stock::tell(Notifications::Kind kind, ConnectionId id)
{
    if (kind == Notifications::Kind::Available && !m_isAvailableHeard)
        return;
    m_events.emplace_back(kind, id);
    wake();
}

void Stock::idleCountChanged()
{
    if (m_isIdleCountHeard)
        wake();
    else
        m_toldIdle = m_store.idle(); // whoever comes to listen sees it for himself
}

void Stock::expectBy(Clock::time_point deadline)
{
    if (deadline < m_toldDeadline)
        wake();
}

Stock::Notifications Stock::takeNotifications()
{
    const Lock lock(m_mutex);
    m_awake = false;
    Notifications notifications;
    notifications.events = std::exchange(m_events, {});
    notifications.newcomers = std::exchange(m_newcomers, {});
    notifications.idle = m_store.idle();
    notifications.hasIdleChanged = notifications.idle != std::exchange(m_toldIdle, notifications.idle);
    notifications.unserved = unserved();
    notifications.isRetryDue = std::exchange(m_isRetryDue, false);
    notifications.deadline = m_queue.nextDeadline();
    if (const std::optional<TimeLimits::Due> due = TimeLimits::next(m_store, m_policy))
        notifications.deadline = notifications.deadline ? std::min(*notifications.deadline, due->when) : due->when;
    if (m_drainUntil && m_store.leased() > 0)
        notifications.deadline = std::min(notifications.deadline.value_or(Clock::time_point::max()), *m_drainUntil);
    if (notifications.deadline == Clock::time_point::max())
        notifications.deadline.reset();
    m_toldDeadline = notifications.deadline.value_or(Clock::time_point::max());
    return notifications;
}

} // namespace QNetPool
