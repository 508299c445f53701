// SPDX-License-Identifier: BSD-3-Clause
// What the pool's thread is notified of, and when it is woken for that.
#include "stock.h"

namespace QNetPool {

void Stock::setReceivers(Receivers receivers) noexcept
{
    const Lock lock(m_mutex);
    m_receivers = receivers;
}

void Stock::wake()
{
    if (!m_isWakePending && m_wake) {
        m_isWakePending = true;
        m_wake();
    }
}

void Stock::notify(EventType kind, ConnectionId id, CloseReason reason)
{
    if ((kind == EventType::Available && !m_receivers.available) || (kind == EventType::Closed && !m_receivers.closed))
        return;
    m_pendingEvents.push_back({kind, id, reason});
    wake();
}

void Stock::complain(Pool::Error error, const QString &message)
{
    m_complaints.push_back({error, message});
    wake();
}

void Stock::idleCountChanged()
{
    if (m_receivers.idleCount)
        wake();
    else
        m_notifiedIdle = m_store.idle(); // a later connect() to idleCountChanged() starts from it
}

void Stock::scheduleExpiry(Clock::time_point deadline)
{
    if (deadline < m_notifiedDeadline)
        wake();
}

Stock::Notifications Stock::takeNotifications()
{
    const Lock lock(m_mutex);
    m_isWakePending = false;
    m_hasLoopRun = true;
    m_notified = Clock::now();
    Notifications notifications;
    notifications.events = std::exchange(m_pendingEvents, {});
    notifications.newWaiters = std::exchange(m_newWaiters, {});
    notifications.idle = m_store.idle();
    notifications.hasIdleChanged = notifications.idle != std::exchange(m_notifiedIdle, notifications.idle);
    notifications.unusedEnds = std::exchange(m_unusedEnds, {});
    notifications.complaints = std::exchange(m_complaints, {});
    notifications.isRetryDue = std::exchange(m_isRetryDue, false);
    notifications.deadline = m_queue.nextDeadline();
    if (const std::optional<TimeLimits::Due> due = TimeLimits::next(m_store, m_policy))
        notifications.deadline = notifications.deadline ? std::min(*notifications.deadline, due->when) : due->when;
    if (m_drainUntil && m_store.leased() > 0)
        notifications.deadline = std::min(notifications.deadline.value_or(Clock::time_point::max()), *m_drainUntil);
    if (notifications.deadline == Clock::time_point::max())
        notifications.deadline.reset();
    m_notifiedDeadline = notifications.deadline.value_or(Clock::time_point::max());
    return notifications;
}

} // namespace QNetPool
