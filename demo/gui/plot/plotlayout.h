// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "series.h"

#include <QtCore/QRectF>
#include <QtGui/QFontMetricsF>

#include <vector>

namespace Demo {

// Where the parts of a plot are, all of it derived from the font. The axes' places depend on nothing else, so that plots of the same width
// have their time axes one below the other.
class PlotLayout
{
public:
    PlotLayout(QSizeF size, const QFont &font, const std::vector<Series> &series, const QString &title, const QString &unit,
               bool hasTimeLabels);

    double em = 0; // the height of a line of text
    QRectF title;
    std::vector<QRectF> entries; // of the legend, one a series; null: no room
    QRectF area; // of the curves
    double swatch = 0; // the width of a legend entry's sample

    int mostValueSteps() const; // so that the labels do not touch
    int mostTimeSteps() const;

private:
    // From the title's row on, if there is room right of `left`; returns the legend's lower edge.
    double placeLegend(const QFontMetricsF &metrics, const std::vector<Series> &series, double left);
};

// Of the numbers at the axes.
QFont smallFont(QFont font);
QFont boldFont(QFont font);

} // namespace Demo
