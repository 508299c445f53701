// SPDX-License-Identifier: BSD-3-Clause
#include "columns.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace Demo {

Extent Extent::none()
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return {infinity, -infinity};
}

void Extent::include(double y)
{
    low = std::min(low, y);
    high = std::max(high, y);
}

void Extent::include(const Extent &other)
{
    low = std::min(low, other.low);
    high = std::max(high, other.high);
}

static void addSegment(std::vector<Extent> &columns, QPointF from, QPointF to)
{
    const double right = double(columns.size()) - 1;
    if (to.x() < 0 || from.x() > right + 1)
        return;
    const auto yAt = [&](double x) {
        return to.x() > from.x() ? from.y() + (to.y() - from.y()) * (x - from.x()) / (to.x() - from.x()) : to.y();
    };
    // What is at the right edge itself belongs to the last column.
    const int first = int(std::clamp(std::floor(from.x()), 0.0, right));
    const int last = int(std::clamp(std::floor(to.x()), 0.0, right));
    for (int column = first; column <= last; ++column) {
        columns[size_t(column)].include(column == first && from.x() >= 0 ? from.y() : yAt(column));
        columns[size_t(column)].include(column == last && to.x() <= right + 1 ? to.y() : yAt(column + 1));
    }
}

void addLine(std::vector<Extent> &columns, const QList<QPointF> &line)
{
    if (columns.empty() || line.isEmpty())
        return;
    if (line.size() == 1)
        addSegment(columns, line.first(), line.first());
    for (qsizetype i = 1; i < line.size(); ++i)
        addSegment(columns, line.at(i - 1), line.at(i));
}

std::vector<Extent> widened(const std::vector<Extent> &columns, int toEachSide)
{
    std::vector<Extent> result(columns);
    const int size = int(columns.size());
    for (int column = 0; column < size; ++column)
        for (int other = std::max(0, column - toEachSide); other <= std::min(size - 1, column + toEachSide); ++other)
            result[size_t(column)].include(columns[size_t(other)]);
    return result;
}

QList<QPointF> stepped(const QList<QPointF> &line)
{
    QList<QPointF> result;
    result.reserve(2 * line.size());
    for (const QPointF &point : line) {
        if (!result.isEmpty() && result.last().y() != point.y())
            result.append({point.x(), result.last().y()});
        result.append(point);
    }
    return result;
}

} // namespace Demo
