// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QElapsedTimer>
#include <QtCore/QObject>

#include <vector>

namespace Demo {

struct FrameTimes
{
    int frames = 0;
    double p50 = 0; // ms
    double p99 = 0;
    double maximum = 0;
};

// Measures for how long this thread is at work each time that its event loop wakes up: timers, painting, what other threads
// send. That long, a person who uses the window has to wait.
class FrameMeter final : public QObject
{
    Q_OBJECT

public:
    explicit FrameMeter(QObject *parent = nullptr);

    void restart(); // forgets what was
    FrameTimes times() const;

private:
    QElapsedTimer m_awake; // valid while at work
    std::vector<float> m_frames; // ms
};

} // namespace Demo
