// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stopsignal.h"

// Where all who play stop for a while, between two steps.
class Gate
{
public:
    explicit Gate(const StopSignal &stop) : m_stop(stop) { }
    void close() { m_isClosed = true; }
    void open()
    {
        const std::lock_guard lock(m_mutex);
        m_isClosed = false;
        m_opened.notify_all();
    }
    bool isClosed() const { return m_isClosed && !m_stop.isSet(); }
    void pass() // waits until it is open
    {
        if (!isClosed())
            return;
        std::unique_lock lock(m_mutex);
        while (isClosed())
            m_opened.wait_for(lock, std::chrono::milliseconds(50)); // nobody tells of the stop here
    }

private:
    const StopSignal &m_stop;
    std::mutex m_mutex;
    std::condition_variable m_opened;
    std::atomic<bool> m_isClosed = false;
};
