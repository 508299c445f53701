// SPDX-License-Identifier: BSD-3-Clause
#include "frames.h"

#include <QtCore/QThread>

#include <algorithm>

namespace Demo {

static constexpr qint64 shortestWait = 200'000; // ns: with less between two events, the loop did not wait for the second

void MeasuringApplication::startMeasuring()
{
    m_frames.clear();
    m_clock.start();
    m_frameBegan = m_frameEnded = 0;
}

// Other threads' events come here, too.
bool MeasuringApplication::notify(QObject *receiver, QEvent *event)
{
    if (QThread::currentThread() != thread() || !m_clock.isValid() || m_isWithin)
        return QApplication::notify(receiver, event);
    if (const qint64 now = m_clock.nsecsElapsed(); now - m_frameEnded > shortestWait) {
        endFrame();
        m_frameBegan = now;
    }
    m_isWithin = true;
    const bool result = QApplication::notify(receiver, event);
    m_isWithin = false;
    m_frameEnded = m_clock.nsecsElapsed();
    return result;
}

void MeasuringApplication::endFrame()
{
    constexpr std::size_t most = 1000000; // hours of them
    if (m_frameEnded > m_frameBegan && m_frames.size() < most)
        m_frames.push_back(float(double(m_frameEnded - m_frameBegan) / 1e6));
}

FrameTimes MeasuringApplication::frameTimes() const
{
    if (m_frames.empty())
        return {};
    std::vector<float> sorted = m_frames;
    std::sort(sorted.begin(), sorted.end());
    const auto at = [&sorted](double share) { return double(sorted[std::size_t(share * double(sorted.size() - 1))]); };
    return {int(sorted.size()), at(0.5), at(0.99), at(1)};
}

} // namespace Demo
