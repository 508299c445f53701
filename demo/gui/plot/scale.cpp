// SPDX-License-Identifier: BSD-3-Clause
#include "scale.h"

#include <algorithm>
#include <cmath>

namespace Demo {

static constexpr double tolerance = 1e-9; // for 0.1 + 0.2
static constexpr double smallest = 1e-9; // between these limits, no calculation leaves the range of doubles
static constexpr double largest = 1e300;

double tickStep(double range, int most, double least)
{
    const double step = std::max(std::clamp(range, smallest, largest) / std::max(1, most), least) * (1 - tolerance);
    const double power = std::pow(10, std::floor(std::log10(step)));
    for (const int factor : {1, 2, 5})
        if (factor * power >= step)
            return factor * power;
    return 10 * power;
}

int Axis::stepCount() const
{
    return int(std::lround(top / step));
}

Axis axisFor(double maximum, int mostSteps, bool isWhole)
{
    constexpr double room = 1.05;
    const double range = std::isfinite(maximum) && maximum > smallest ? std::min(maximum, largest / room) * room : 1;
    const double step = tickStep(range, mostSteps, isWhole ? 1 : 0);
    return {std::ceil(range / step - tolerance) * step, step};
}

void CalmMaximum::follow(double maximum, double time)
{
    if (std::isnan(maximum))
        maximum = 0;
    if (maximum >= m_value) {
        m_value = maximum;
        m_highestSince.reset();
        return;
    }
    if (!m_highestSince)
        m_since = time;
    m_highestSince = std::max(maximum, m_highestSince.value_or(maximum));
    if (time - m_since >= patience) {
        m_value = *m_highestSince;
        m_highestSince.reset();
    }
}

} // namespace Demo
