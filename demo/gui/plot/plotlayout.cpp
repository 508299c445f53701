// SPDX-License-Identifier: BSD-3-Clause
#include "plotlayout.h"

#include <algorithm>
#include <cmath>

namespace Demo {

QFont smallFont(QFont font)
{
    constexpr double scale = 0.85;
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * scale);
    else
        font.setPixelSize(int(std::lround(font.pixelSize() * scale)));
    return font;
}

QFont boldFont(QFont font)
{
    font.setWeight(QFont::DemiBold);
    return font;
}

PlotLayout::PlotLayout(QSizeF size, const QFont &font, const std::vector<Series> &series, const QString &titleText,
                       const QString &unit, bool hasTimeLabels)
{
    const QFontMetricsF metrics(font);
    const QFontMetricsF smallMetrics(smallFont(font));
    em = metrics.height();
    swatch = std::round(em * 0.75);
    const double margin = std::round(em * 0.5);
    const double left = margin + std::ceil(smallMetrics.horizontalAdvance(QStringLiteral("888.8 k"))) + margin;
    const double right = size.width() - std::round(em);
    const double bottom = size.height() - margin - (hasTimeLabels ? std::ceil(smallMetrics.height() + em * 0.2) : 0);

    const double titleWidth = std::ceil(QFontMetricsF(boldFont(font)).horizontalAdvance(titleText));
    title = QRectF(margin, margin, std::min(titleWidth, right - margin), std::ceil(em));
    area = QRectF(left, title.bottom(), std::max(0.0, right - left), 0);
    constexpr double paused = 6; // the room for what says so
    const double besideTitle = title.right() + metrics.horizontalAdvance(unit) + paused * em;
    area.setTop(placeLegend(metrics, series, besideTitle) + margin);
    area.setBottom(std::max(area.top(), bottom));
}

// Beside the title, at the right, where it fits; otherwise below, in as many rows as it takes.
double PlotLayout::placeLegend(const QFontMetricsF &metrics, const std::vector<Series> &series, double left)
{
    const double gap = em;
    std::vector<double> widths;
    double total = -gap;
    for (const Series &one : series) {
        const QString widest = one.kind == Series::Kind::Band ? QStringLiteral(" 888.8–888.8") : QStringLiteral(" 888.8 k");
        widths.push_back(std::ceil(swatch + em * 0.4 + metrics.horizontalAdvance(one.name + widest)));
        total += widths.back() + gap;
    }
    double y = title.top();
    double x = area.right() - total;
    if (x < left) {
        x = area.left();
        y = title.bottom() + std::round(em * 0.25);
    }
    for (const double width : widths) {
        if (x > area.left() && x + width > area.right() + 1) {
            x = area.left();
            y += std::ceil(em * 1.15);
        }
        entries.emplace_back(x, y, std::min(width, area.right() - x), std::ceil(em));
        x += width + gap;
    }
    return entries.empty() ? title.bottom() : entries.back().bottom();
}

int PlotLayout::mostValueSteps() const
{
    return std::max(1, int(area.height() / (em * 1.6)));
}

int PlotLayout::mostTimeSteps() const
{
    return std::max(1, int(area.width() / (em * 5)));
}

} // namespace Demo
