// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "columns.h"
#include "history.h"
#include "plotlayout.h"
#include "scale.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QLocale>
#include <QtGui/QPainter>
#include <QtGui/QPalette>

#include <optional>

namespace Demo {

// What a plot shows at one moment.
struct PlotView
{
    const QString &title;
    const QString &unit;
    const std::vector<Series> &series;
    const History &history;
    double maximum;
    std::optional<double> cursor; // time
    bool isWhole;
    bool isPaused;
    bool hasTimeLabels;
    bool hasFocus;
};

// A series' value at a sample, as text; a band's are its lower and its upper edge.
QString valueText(const History &history, int sample, const Series &series, int firstIndex, const QLocale &locale);

// Paints it once.
class PlotPainter
{
    Q_DECLARE_TR_FUNCTIONS(Demo::Plot)

public:
    PlotPainter(QPainter &painter, const PlotView &view, const PlotLayout &layout, const QPalette &palette,
                const QFont &font, const QLocale &locale);

    void paintPicture(); // all but the cursor and the focus
    void paintCursor(); // these, above it

private:
    void paintTitle();
    void paintLegend();
    void paintValueAxis();
    void paintTimeAxis();
    void paintBands();
    void paintBand(int index, const QColor &color);
    void paintCurves();
    void paintMarks();
    template<typename Paint> void forEachMark(Severity severity, Paint paint) const;
    void paintReadout(int sample, double x);
    void paintFrame();
    void paintSwatch(const Series &series, const QRectF &rect);

    std::vector<Extent> columnsOf(int index, bool isStep, QPointF origin, int width) const;
    QStringList marksNear(double x) const;
    double xOf(double time) const;
    double yOf(double value) const;
    double snapped(double coordinate) const; // to a whole pixel of the device
    QColor faint(double alpha) const; // of the text

    QPainter &m_painter;
    const PlotView &m_view;
    const PlotLayout &m_layout;
    const QPalette &m_palette;
    QFont m_font;
    QLocale m_locale;
    Axis m_axis;
    double m_pixel; // of the device
    double m_hairline;
    double m_stroke;
};

} // namespace Demo
