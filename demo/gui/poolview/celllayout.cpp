// SPDX-License-Identifier: BSD-3-Clause
#include "celllayout.h"

#include <algorithm>

namespace Demo {

CellLayout::CellLayout(const QRect &area, int cells, Sides sides) : m_area(area)
{
    for (m_pitch = sides.largest; m_pitch > sides.smallest; --m_pitch) {
        if ((area.width() / m_pitch) * (area.height() / m_pitch) >= cells)
            break;
    }
    m_columns = std::max(0, area.width() / m_pitch);
    m_room = m_columns * std::max(0, area.height() / m_pitch);
    m_gap = std::min(std::max(1, m_pitch / 8), m_pitch - sides.smallest);
}

QRect CellLayout::rect(int cell) const
{
    return {m_area.x() + cell % m_columns * m_pitch, m_area.y() + cell / m_columns * m_pitch, side(), side()};
}

int CellLayout::cellAt(QPoint point) const
{
    const QPoint inside = point - m_area.topLeft();
    const int column = inside.x() / m_pitch;
    if (inside.x() < 0 || inside.y() < 0 || column >= m_columns)
        return -1;
    const int cell = inside.y() / m_pitch * m_columns + column;
    return cell < m_room ? cell : -1;
}

} // namespace Demo
