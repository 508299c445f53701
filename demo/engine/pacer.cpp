// SPDX-License-Identifier: BSD-3-Clause
#include "pacer.h"

#include <algorithm>
#include <cmath>

namespace Demo {

int Pacer::due(std::chrono::nanoseconds elapsed)
{
    // After a long pause of the program, a second's worth is made up for and the rest is dropped.
    const double seconds = std::min(1.0, std::chrono::duration<double>(elapsed).count());
    m_owed += seconds * m_perSecond;
    const double whole = std::floor(m_owed);
    m_owed -= whole;
    return int(whole);
}

std::chrono::milliseconds Pacer::pause() const
{
    return std::chrono::milliseconds(std::lround(std::clamp(1000 / m_perSecond, 5.0, 100.0)));
}

} // namespace Demo
