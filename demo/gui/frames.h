// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QElapsedTimer>
#include <QtWidgets/QApplication>

#include <vector>

namespace Demo {

struct FrameTimes
{
    int frames = 0;
    double p50 = 0; // ms
    double p99 = 0;
    double maximum = 0;
};

// An application that knows for how long its thread is at work at a time: events that follow each other at once, such as a
// timer's and the painting that it brings about, are one frame. That long, a person who uses the window has to wait.
class MeasuringApplication final : public QApplication
{
    Q_OBJECT

public:
    MeasuringApplication(int &argc, char **argv) : QApplication(argc, argv) { }

    void startMeasuring(); // anew
    FrameTimes frameTimes() const;

    bool notify(QObject *receiver, QEvent *event) override;

private:
    void endFrame();

    QElapsedTimer m_clock; // valid while it measures
    qint64 m_frameBegan = 0; // ns
    qint64 m_frameEnded = 0;
    bool m_isWithin = false; // an event
    std::vector<float> m_frames; // ms
};

} // namespace Demo
