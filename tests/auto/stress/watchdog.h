// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stopsignal.h"

#include <QtCore/QString>

#include <functional>
#include <thread>

// Ends the process with what every thread does, if it is not destroyed in time.
class Watchdog
{
public:
    Watchdog(std::chrono::duration<double> limit, std::function<QString()> report)
        : m_thread([this, limit, tell = std::move(report)] {
              if (!m_end.waitFor(std::chrono::duration_cast<std::chrono::milliseconds>(limit)))
                  qFatal("the test hangs: %s", qPrintable(tell()));
          })
    {
    }
    ~Watchdog()
    {
        m_end.set();
        m_thread.join();
    }

private:
    Q_DISABLE_COPY_MOVE(Watchdog)
    StopSignal m_end;
    std::thread m_thread;
};
