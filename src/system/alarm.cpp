// SPDX-License-Identifier: BSD-3-Clause
#include "alarm.h"

#include "threadname.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>

namespace QNetPool {

struct Alarm::Calls
{
    void carryOut();

    std::mutex mutex;
    std::condition_variable changed;
    std::multimap<Clock::time_point, std::function<void()>> due;
    bool isEnding = false;
};

void Alarm::Calls::carryOut()
{
    nameThisThread(QStringLiteral("QNetPool alarm"));
    std::unique_lock lock(mutex);
    while (!isEnding) {
        if (due.empty()) {
            changed.wait(lock);
        } else if (const Clock::time_point when = due.begin()->first; when > Clock::now()) {
            changed.wait_until(lock, when);
        } else {
            std::function<void()> function = std::move(due.extract(due.begin()).mapped());
            lock.unlock();
            function();
            function = nullptr; // which may destroy something, too
            lock.lock();
        }
    }
}

std::shared_ptr<Alarm> Alarm::shared()
{
    struct Shared
    {
        std::mutex mutex;
        std::weak_ptr<Alarm> alarm;
    };
    static auto *const shared = new Shared; // never destroyed: a pool may be static, too
    const std::lock_guard lock(shared->mutex);
    std::shared_ptr<Alarm> alarm = shared->alarm.lock();
    if (alarm)
        return alarm;
    try {
        alarm = std::make_shared<Alarm>();
    } catch (const std::system_error &) {
        return nullptr;
    }
    shared->alarm = alarm;
    return alarm;
}

Alarm::Alarm() : m_calls(std::make_shared<Calls>()), m_thread([calls = m_calls] { calls->carryOut(); }) { }

Alarm::~Alarm()
{
    std::multimap<Clock::time_point, std::function<void()>> dropped; // destroyed without the lock
    {
        const std::lock_guard lock(m_calls->mutex);
        m_calls->isEnding = true;
        dropped.swap(m_calls->due);
    }
    m_calls->changed.notify_one();
    if (m_thread.get_id() == std::this_thread::get_id())
        m_thread.detach();
    else
        m_thread.join();
}

void Alarm::callAt(Clock::time_point when, std::function<void()> function)
{
    {
        const std::lock_guard lock(m_calls->mutex);
        m_calls->due.emplace(when, std::move(function));
    }
    m_calls->changed.notify_one();
}

} // namespace QNetPool
