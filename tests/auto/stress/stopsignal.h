// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

// Tells all threads when it is over, and is what they wait on between two steps.
class StopSignal
{
public:
    void set()
    {
        const std::lock_guard lock(m_mutex);
        m_isSet = true;
        m_changed.notify_all();
    }
    bool isSet() const { return m_isSet; }
    bool waitFor(std::chrono::milliseconds time) // true: it is over
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, time, [this] { return m_isSet.load(); });
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::atomic<bool> m_isSet = false;
};
