// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QList>
#include <QtCore/QPointF>

#include <vector>

namespace Demo {

// The part of a column of pixels that a line covers, from its lowest to its highest coordinate.
struct Extent
{
    double low;
    double high;

    static Extent none(); // of a column that no line comes through
    bool isNone() const { return low > high; }
    void include(double y);
    void include(const Extent &other);
};

// A line that runs from left to right, in pixels, becomes one extent for each column, however many points there are.
void addLine(std::vector<Extent> &columns, const QList<QPointF> &line);

// The line made wider to both sides, so that where it is steep it is as thick as elsewhere.
std::vector<Extent> widened(const std::vector<Extent> &columns, int toEachSide);

// The same values as steps: each is held until the next.
QList<QPointF> stepped(const QList<QPointF> &line);

} // namespace Demo
