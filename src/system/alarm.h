// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace QNetPool {

// Calls a function at a time, in a thread of its own, for what must not wait for an event loop. All that use it share the
// thread, which ends with the last of them.
class Alarm
{
public:
    using Clock = std::chrono::steady_clock;

    static std::shared_ptr<Alarm> shared(); // null if the system has no thread left
    Alarm();
    ~Alarm(); // waits for a call that has begun, unless it is within one
    void callAt(Clock::time_point when, std::function<void()> function); // from any thread

private:
    struct Calls;

    Alarm(const Alarm &) = delete;
    Alarm &operator=(const Alarm &) = delete;

    const std::shared_ptr<Calls> m_calls; // the thread's as well: a call may destroy the alarm
    std::thread m_thread;
};

} // namespace QNetPool
