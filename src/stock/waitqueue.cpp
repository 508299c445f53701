// SPDX-License-Identifier: BSD-3-Clause
#include "waitqueue.h"

namespace QNetPool {

Waiter::~Waiter() = default;

quint64 WaitQueue::join(std::shared_ptr<Waiter> waiter)
{
    const quint64 number = ++m_lastNumber;
    waiter->number = number;
    (waiter->wanted.isNull() ? m_any : m_byId[waiter->wanted]).insert(number);
    if (waiter->deadline != TimePoint::max())
        m_deadlines.emplace(waiter->deadline, number);
    m_waiters.emplace_hint(m_waiters.end(), number, std::move(waiter));
    return number;
}

std::shared_ptr<Waiter> WaitQueue::next(ConnectionId arrived)
{
    if (m_waiters.empty())
        return nullptr;
    quint64 number = m_any.empty() ? 0 : *m_any.begin();
    if (const auto certain = m_byId.constFind(arrived); certain != m_byId.constEnd()) {
        const quint64 earliest = *certain->begin();
        if (!number || earliest < number)
            number = earliest;
    }
    return leave(number);
}

std::shared_ptr<Waiter> WaitQueue::nextFor(ConnectionId arrived)
{
    const auto certain = m_byId.constFind(arrived);
    return certain == m_byId.constEnd() ? nullptr : leave(*certain->begin());
}

std::shared_ptr<Waiter> WaitQueue::leave(quint64 number)
{
    const auto found = m_waiters.find(number);
    if (found == m_waiters.end())
        return nullptr;
    std::shared_ptr<Waiter> waiter = std::move(found->second);
    m_waiters.erase(found);
    m_deadlines.erase({waiter->deadline, number});
    if (waiter->wanted.isNull()) {
        m_any.erase(number);
    } else {
        Numbers &certain = m_byId[waiter->wanted];
        certain.erase(number);
        if (certain.empty())
            m_byId.remove(waiter->wanted);
    }
    return waiter;
}

std::shared_ptr<Waiter> WaitQueue::takeExpired(TimePoint now)
{
    if (m_deadlines.empty() || m_deadlines.begin()->first > now)
        return nullptr;
    return leave(m_deadlines.begin()->second);
}

std::vector<std::shared_ptr<Waiter>> WaitQueue::takeCancelled()
{
    std::vector<std::shared_ptr<Waiter>> cancelled;
    for (const auto &[number, waiter] : m_waiters) {
        if (waiter->isCancelled())
            cancelled.push_back(waiter);
    }
    for (const std::shared_ptr<Waiter> &waiter : cancelled)
        leave(waiter->number);
    return cancelled;
}

std::vector<std::shared_ptr<Waiter>> WaitQueue::takeAll()
{
    std::vector<std::shared_ptr<Waiter>> all;
    while (!m_waiters.empty())
        all.push_back(leave(m_waiters.begin()->first));
    return all;
}

std::optional<WaitQueue::TimePoint> WaitQueue::nextDeadline() const
{
    if (m_deadlines.empty())
        return std::nullopt;
    return m_deadlines.begin()->first;
}

} // namespace QNetPool
