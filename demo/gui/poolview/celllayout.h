// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QRect>

namespace Demo {

// Square cells in rows, as large as they may be so that all fit into an area; once they are as small as they may be, no more
// than fit. In device pixels, so that all cells are alike whatever the scale.
class CellLayout
{
public:
    struct Sides
    {
        int smallest;
        int largest;
    };

    CellLayout() = default;
    CellLayout(const QRect &area, int cells, Sides sides);

    int columns() const { return m_columns; }
    int room() const { return m_room; } // how many cells fit
    int side() const { return m_pitch - m_gap; }
    QRect rect(int cell) const;
    int cellAt(QPoint point) const; // -1: none; its gap is the cell's, too

private:
    QRect m_area;
    int m_pitch = 1; // from cell to cell
    int m_gap = 0; // between two
    int m_columns = 0;
    int m_room = 0;
};

} // namespace Demo
