// SPDX-License-Identifier: BSD-3-Clause
#include "frames.h"

#include <QtCore/QAbstractEventDispatcher>

#include <algorithm>

namespace Demo {

FrameMeter::FrameMeter(QObject *parent) : QObject(parent)
{
    const auto *dispatcher = QAbstractEventDispatcher::instance();
    connect(dispatcher, &QAbstractEventDispatcher::awake, this, [this] { m_awake.start(); });
    connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, this, [this] {
        constexpr std::size_t most = 1000000; // hours of them
        if (m_awake.isValid() && m_frames.size() < most)
            m_frames.push_back(float(double(m_awake.nsecsElapsed()) / 1e6));
        m_awake.invalidate();
    });
}

void FrameMeter::restart()
{
    m_frames.clear();
    m_awake.invalidate();
}

FrameTimes FrameMeter::times() const
{
    if (m_frames.empty())
        return {};
    std::vector<float> sorted = m_frames;
    std::sort(sorted.begin(), sorted.end());
    const auto at = [&sorted](double share) { return double(sorted[std::size_t(share * double(sorted.size() - 1))]); };
    return {int(sorted.size()), at(0.5), at(0.99), at(1)};
}

} // namespace Demo
