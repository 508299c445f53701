// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QCoreApplication>
#include <QtCore/QSocketNotifier>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <poll.h>
#include <unistd.h>
#include <vector>

// An event dispatcher that knows how many notifiers its thread has enabled, which Qt's own tell nobody: every one is
// registered here when it is enabled, and unregistered when it is disabled. As simple as poll(2) allows otherwise.
class CountingDispatcher : public QAbstractEventDispatcher
{
public:
    CountingDispatcher()
    {
        if (::pipe(m_wakeUp.data()))
            qFatal("there is no pipe");
    }
    ~CountingDispatcher() override
    {
        for (const int end : m_wakeUp)
            ::close(end);
    }

    int notifierCount() const { return int(m_notifiers.size()); }

    void registerSocketNotifier(QSocketNotifier *notifier) override { m_notifiers.push_back(notifier); }
    void unregisterSocketNotifier(QSocketNotifier *notifier) override { std::erase(m_notifiers, notifier); }

    bool processEvents(QEventLoop::ProcessEventsFlags flags) override;
    void wakeUp() override
    {
        if (!m_isAwake.exchange(true) && ::write(m_wakeUp[1], "", 1) != 1)
            qFatal("nobody wakes up");
    }
    void interrupt() override
    {
        m_isInterrupted = true;
        wakeUp();
    }

    void registerTimer(int id, qint64 interval, Qt::TimerType type, QObject *object) override
    {
        m_timers.push_back({TimerInfo(id, int(interval), type), object, Clock::now() + milliseconds(interval)});
    }
    bool unregisterTimer(int id) override
    {
        return std::erase_if(m_timers, [id](const Timer &timer) { return timer.info.timerId == id; }) > 0;
    }
    bool unregisterTimers(QObject *object) override
    {
        return std::erase_if(m_timers, [object](const Timer &timer) { return timer.object == object; }) > 0;
    }
    QList<TimerInfo> registeredTimers(QObject *object) const override
    {
        QList<TimerInfo> timers;
        for (const Timer &timer : m_timers) {
            if (timer.object == object)
                timers << timer.info;
        }
        return timers;
    }
    int remainingTime(int id) override
    {
        const Timer *timer = find(id);
        return timer ? timer->remaining() : -1;
    }

private:
    using Clock = std::chrono::steady_clock;
    using milliseconds = std::chrono::milliseconds;
    struct Timer
    {
        TimerInfo info;
        QObject *object;
        Clock::time_point due;

        int remaining() const
        {
            return int(std::max(std::chrono::ceil<milliseconds>(due - Clock::now()), milliseconds(0)).count());
        }
    };

    Timer *find(int id)
    {
        const auto found = std::find_if(m_timers.begin(), m_timers.end(),
                                        [id](const Timer &timer) { return timer.info.timerId == id; });
        return found == m_timers.end() ? nullptr : &*found;
    }
    int timeout() const;
    bool activateNotifiers(int timeout);
    bool activateTimers();

    std::vector<QSocketNotifier *> m_notifiers;
    std::vector<Timer> m_timers;
    std::array<int, 2> m_wakeUp{};
    std::atomic<bool> m_isAwake = false;
    bool m_isInterrupted = false;
};

inline bool CountingDispatcher::processEvents(QEventLoop::ProcessEventsFlags flags)
{
    m_isInterrupted = false;
    Q_EMIT awake();
    QCoreApplication::sendPostedEvents();
    const bool canWait = flags.testFlag(QEventLoop::WaitForMoreEvents) && !m_isInterrupted;
    if (canWait)
        Q_EMIT aboutToBlock();
    const bool hasActivated = activateNotifiers(canWait ? timeout() : 0);
    return activateTimers() || hasActivated;
}

// Until the next timer, in ms; -1 is for ever.
inline int CountingDispatcher::timeout() const
{
    int timeout = -1;
    for (const Timer &timer : m_timers)
        timeout = timeout < 0 ? timer.remaining() : std::min(timeout, timer.remaining());
    return timeout;
}

inline bool CountingDispatcher::activateNotifiers(int timeout)
{
    static constexpr std::array<short, 3> wanted{POLLIN, POLLOUT, POLLPRI}; // as QSocketNotifier::Type counts
    static constexpr std::array<short, 3> enough{POLLIN | POLLHUP | POLLERR, POLLOUT | POLLHUP | POLLERR, POLLPRI};
    const std::vector<QSocketNotifier *> notifiers = m_notifiers;
    std::vector<pollfd> polled{{m_wakeUp[0], POLLIN, 0}};
    for (const QSocketNotifier *notifier : notifiers)
        polled.push_back({int(notifier->socket()), wanted.at(notifier->type()), 0});
    if (::poll(polled.data(), polled.size(), timeout) <= 0)
        return false;

    if (char byte; polled.front().revents && ::read(m_wakeUp[0], &byte, 1) == 1)
        m_isAwake = false;
    for (std::size_t i = 0; i < notifiers.size(); ++i) {
        const bool isThere = std::find(m_notifiers.begin(), m_notifiers.end(), notifiers[i]) != m_notifiers.end();
        if (!isThere || !(polled[i + 1].revents & enough.at(notifiers[i]->type())))
            continue; // one that was activated before may have disabled or deleted it
        QEvent event(QEvent::SockAct);
        QCoreApplication::sendEvent(notifiers[i], &event);
    }
    return true;
}

inline bool CountingDispatcher::activateTimers()
{
    std::vector<int> due;
    for (const Timer &timer : m_timers) {
        if (timer.due <= Clock::now())
            due.push_back(timer.info.timerId);
    }
    for (const int id : due) {
        Timer *timer = find(id);
        if (!timer)
            continue;
        timer->due = Clock::now() + milliseconds(timer->info.interval);
        QTimerEvent event(id);
        QCoreApplication::sendEvent(timer->object, &event);
    }
    return !due.empty();
}
