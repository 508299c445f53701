// SPDX-License-Identifier: BSD-3-Clause
#include "history.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace Demo {

static constexpr double missing = std::numeric_limits<double>::quiet_NaN();

History::History(int valueCount, HistoryLimits limits)
    : m_limits(limits), m_valueCount(size_t(valueCount)), m_times(size_t(limits.samples)),
      m_values(size_t(limits.samples) * size_t(valueCount))
{
}

bool History::append(double time, std::span<const double> values)
{
    if (!std::isfinite(time) || (!isEmpty() && time <= end()))
        return false;
    if (size_t(m_size) == m_times.size())
        dropFirst();
    const size_t last = slot(m_size++);
    m_times[last] = time;
    for (size_t index = 0; index < m_valueCount; ++index)
        m_values[last * m_valueCount + index] = index < values.size() ? values[index] : missing;
    expire();
    return true;
}

void History::addMark(const Mark &mark)
{
    const auto isEarlier = [](double time, const Mark &other) { return time < other.time; };
    m_marks.insert(std::upper_bound(m_marks.begin(), m_marks.end(), mark.time, isEarlier), mark);
    if (m_marks.size() > size_t(m_limits.marks))
        m_marks.pop_front();
}

void History::dropFirst()
{
    m_first = slot(1);
    --m_size;
}

// One sample before the begin stays, since the line from it comes in at the edge.
void History::expire()
{
    while (m_size > 1 && time(1) <= begin())
        dropFirst();
    while (!m_marks.empty() && m_marks.front().time < begin())
        m_marks.pop_front();
}

int History::nearest(double time) const
{
    if (isEmpty())
        return -1;
    int low = 0;
    int high = m_size - 1;
    while (low < high) { // for the first sample that is not earlier, or the last
        const int middle = low + (high - low) / 2;
        if (this->time(middle) < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && time - this->time(low - 1) <= this->time(low) - time ? low - 1 : low;
}

double History::maximum() const
{
    double maximum = missing;
    for (int sample = 0; sample < m_size; ++sample)
        for (int index = 0; index < int(m_valueCount); ++index)
            if (const double value = this->value(sample, index); std::isfinite(value))
                maximum = std::fmax(maximum, value);
    return maximum;
}

} // namespace Demo
