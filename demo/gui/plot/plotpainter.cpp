// SPDX-License-Identifier: BSD-3-Clause
#include "plotpainter.h"

#include "curveimage.h"
#include "number.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace Demo {

QString valueText(const History &history, int sample, const Series &series, int firstIndex, const QLocale &locale)
{
    constexpr double missing = std::numeric_limits<double>::quiet_NaN();
    const auto text = [&](int index) { return shortNumber(sample < 0 ? missing : history.value(sample, index), locale); };
    return series.kind == Series::Kind::Band ? text(firstIndex) + QStringLiteral("–") + text(firstIndex + 1)
                                             : text(firstIndex);
}

static QColor withAlpha(QColor color, double alpha)
{
    color.setAlphaF(float(alpha));
    return color;
}

PlotPainter::PlotPainter(QPainter &painter, const PlotView &view, const PlotLayout &layout, const QPalette &palette,
                         const QFont &font, const QLocale &locale)
    : m_painter(painter), m_view(view), m_layout(layout), m_palette(palette), m_font(font), m_locale(locale),
      m_axis(axisFor(view.maximum, layout.mostValueSteps(), view.isWhole)),
      m_pixel(1 / painter.device()->devicePixelRatioF()),
      m_hairline(std::max(m_pixel, std::round(layout.em / 16 / m_pixel) * m_pixel)), m_stroke(m_hairline * 1.6)
{
}

void PlotPainter::paintPicture()
{
    paintTitle();
    paintLegend();
    if (m_layout.area.height() < m_layout.em)
        return;
    paintValueAxis();
    paintTimeAxis();
    paintBands();
    paintCurves();
    paintMarks();
}

void PlotPainter::paintTitle()
{
    const QFontMetricsF metrics(m_font);
    const QRectF &title = m_layout.title;
    m_painter.setFont(boldFont(m_font));
    m_painter.setPen(m_palette.color(QPalette::Text));
    m_painter.drawText(title, Qt::AlignLeft | Qt::AlignVCenter,
                       QFontMetricsF(m_painter.font()).elidedText(m_view.title, Qt::ElideRight, title.width() + 1));
    m_painter.setFont(m_font);
    m_painter.setPen(faint(0.6));
    double x = title.right() + m_layout.em * 0.5;
    m_painter.drawText(QPointF(x, title.top() + metrics.ascent()), m_view.unit);
    if (!m_view.isPaused)
        return;
    x += metrics.horizontalAdvance(m_view.unit) + m_layout.em * 0.6;
    const QString text = tr("Paused");
    const QRectF pill(x, title.top(), metrics.horizontalAdvance(text) + m_layout.em, title.height());
    m_painter.setRenderHint(QPainter::Antialiasing);
    m_painter.setPen(Qt::NoPen);
    m_painter.setBrush(m_palette.highlight());
    m_painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2);
    m_painter.setRenderHint(QPainter::Antialiasing, false);
    m_painter.setPen(m_palette.color(QPalette::HighlightedText));
    m_painter.drawText(pill, Qt::AlignCenter, text);
}

void PlotPainter::paintLegend()
{
    int index = 0;
    for (size_t i = 0; i < m_view.series.size(); ++i) {
        const Series &series = m_view.series[i];
        QRectF entry = m_layout.entries[i];
        paintSwatch(series, entry);
        entry.setLeft(entry.left() + m_layout.swatch + std::round(m_layout.em * 0.4));
        const double advance = QFontMetricsF(m_font).horizontalAdvance(series.name + QLatin1Char(' '));
        m_painter.setPen(faint(0.75));
        m_painter.drawText(entry, Qt::AlignLeft | Qt::AlignVCenter, series.name);
        m_painter.setPen(m_palette.color(QPalette::Text));
        m_painter.drawText(entry.adjusted(advance, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                           valueText(m_view.history, m_view.history.size() - 1, series, index, m_locale));
        index += series.valueCount();
    }
}

void PlotPainter::paintSwatch(const Series &series, const QRectF &rect)
{
    const QColor color = colorOf(series.hue, m_palette);
    const bool isBand = series.kind == Series::Kind::Band;
    const double height = isBand ? m_layout.swatch * 0.8 : std::max(3 * m_hairline, m_layout.em * 0.2);
    const QRectF sample(snapped(rect.left()), snapped(rect.center().y() - height / 2), m_layout.swatch, snapped(height));
    m_painter.fillRect(sample, isBand ? withAlpha(color, 0.35) : color);
}

void PlotPainter::paintValueAxis()
{
    const QRectF &area = m_layout.area;
    m_painter.setFont(smallFont(m_font));
    const QFontMetricsF metrics(m_painter.font());
    for (int i = 0; i <= m_axis.stepCount(); ++i) {
        const double value = i * m_axis.step;
        const double y = snapped(yOf(value));
        m_painter.fillRect(QRectF(area.left(), y, area.width(), m_hairline), faint(i == 0 ? 0.4 : 0.12));
        m_painter.setPen(faint(0.65));
        const QRectF label(0, y - metrics.height() / 2, area.left() - m_layout.em * 0.4, metrics.height());
        m_painter.drawText(label, Qt::AlignRight | Qt::AlignVCenter, tickLabel(value, m_axis.step, m_axis.top, m_locale));
    }
    m_painter.setFont(m_font);
}

void PlotPainter::paintTimeAxis()
{
    const QRectF &area = m_layout.area;
    const double span = m_view.history.limits().span;
    const double step = tickStep(span, m_layout.mostTimeSteps());
    m_painter.setFont(smallFont(m_font));
    const QFontMetricsF metrics(m_painter.font());
    for (int i = 0; i * step <= span * 1.000001; ++i) {
        const double x = snapped(area.right() - i * step / span * area.width());
        m_painter.fillRect(QRectF(x, area.top(), m_hairline, area.height()), faint(0.07));
        if (!m_view.hasTimeLabels)
            continue;
        const QString text = i > 0 ? tr("−%1 s").arg(m_locale.toString(i * step)) : m_view.isPaused ? tr("0 s") : tr("now");
        const double width = metrics.horizontalAdvance(text) + m_layout.em * 0.2;
        // The last one ends where the widget does.
        const double left = std::min(x - width / 2, area.right() + m_layout.em * 0.9 - width);
        m_painter.setPen(faint(0.65));
        m_painter.drawText(QRectF(left, area.bottom() + m_layout.em * 0.2, width, metrics.height()), Qt::AlignCenter, text);
    }
    m_painter.setFont(m_font);
}

void PlotPainter::paintBands()
{
    int index = 0;
    for (const Series &series : m_view.series) {
        if (series.kind == Series::Kind::Band)
            paintBand(index, colorOf(series.hue, m_palette));
        index += series.valueCount();
    }
}

// In rectangles, one for each stretch in which both edges stay as they are.
void PlotPainter::paintBand(int index, const QColor &color)
{
    const History &history = m_view.history;
    const QColor translucent = withAlpha(color, 0.16);
    const QColor edge = withAlpha(color, 0.45);
    for (int begin = 0, end = 0; begin < history.size(); begin = end) {
        const double lower = history.value(begin, index);
        const double upper = history.value(begin, index + 1);
        for (end = begin + 1; end < history.size(); ++end)
            if (history.value(end, index) != lower || history.value(end, index + 1) != upper)
                break;
        if (!std::isfinite(lower) || !std::isfinite(upper))
            continue;
        const double left = snapped(xOf(history.time(begin)));
        const double right = snapped(xOf(history.time(std::min(end, history.size() - 1))));
        const double top = snapped(yOf(upper));
        const double bottom = snapped(yOf(lower));
        m_painter.fillRect(QRectF(left, top, right - left, bottom - top), translucent);
        for (const double y : {top, bottom})
            m_painter.fillRect(QRectF(left, y, right - left, m_hairline), edge);
    }
}

// First what is filled, so that no line is below a filled area.
void PlotPainter::paintCurves()
{
    const QRectF &area = m_layout.area;
    // Half a line is below the axis where the values are 0.
    const double below = std::ceil(m_stroke);
    const QPointF origin(snapped(area.left()), snapped(area.top()));
    CurveImage image(
            QSize(int(std::lround(area.width() / m_pixel)) + 1, int(std::lround((area.height() + below) / m_pixel))));
    struct Curve
    {
        const Series &series;
        std::vector<Extent> columns;
    };
    std::vector<Curve> curves;
    int index = 0;
    for (const Series &series : m_view.series) {
        if (series.kind != Series::Kind::Band)
            curves.push_back({series, columnsOf(index, series.kind == Series::Kind::Step, origin, image.image().width())});
        index += series.valueCount();
    }
    for (const Curve &curve : curves)
        if (curve.series.isFilled)
            image.fillBelow(curve.columns, withAlpha(colorOf(curve.series.hue, m_palette), isDark(m_palette) ? 0.22 : 0.14));
    const double thickness = std::round(m_stroke / m_pixel);
    for (const Curve &curve : curves)
        image.stroke(widened(curve.columns, int(thickness - 1) / 2), thickness, colorOf(curve.series.hue, m_palette));
    m_painter.save();
    m_painter.translate(origin);
    m_painter.scale(m_pixel, m_pixel);
    m_painter.drawImage(QPointF(), image.image());
    m_painter.restore();
}

// What is missing interrupts the line; a value that stands alone is a dash.
std::vector<Extent> PlotPainter::columnsOf(int index, bool isStep, QPointF origin, int width) const
{
    const History &history = m_view.history;
    std::vector<Extent> columns(size_t(width), Extent::none());
    QList<QPointF> line;
    const double half = std::round(m_stroke / m_pixel) / 2;
    const auto sharp = [&](double y) { return std::round(y - half) + half; };
    const auto finish = [&] {
        if (line.size() == 1)
            line = {line.first() - QPointF(m_stroke / m_pixel, 0), line.first() + QPointF(m_stroke / m_pixel, 0)};
        addLine(columns, isStep ? stepped(line) : line);
        line.clear();
    };
    for (int sample = 0; sample < history.size(); ++sample) {
        const double value = history.value(sample, index);
        if (!std::isfinite(value)) {
            finish();
            continue;
        }
        const QPointF point = (QPointF(xOf(history.time(sample)), yOf(value)) - origin) / m_pixel;
        line.append(isStep ? QPointF(point.x(), sharp(point.y())) : point);
    }
    finish();
    return columns;
}

static Hue hueOf(Severity severity)
{
    switch (severity) {
    case Severity::Error:
        return Hue::Lost;
    case Severity::Warning:
        return Hue::Pending;
    case Severity::Note:
        break;
    }
    return Hue::Neutral;
}

// All lines below all flags, and the worst on top. Notes have their flags below the others': what somebody did is not hidden by
// what came of it.
void PlotPainter::paintMarks()
{
    constexpr std::array severities{Severity::Note, Severity::Warning, Severity::Error};
    for (const Severity severity : severities)
        forEachMark(severity, [this](double x, const QColor &color) {
            m_painter.fillRect(QRectF(x, m_layout.area.top(), m_hairline, m_layout.area.height()), withAlpha(color, 0.6));
        });
    const double flag = std::round(m_layout.em * 0.55);
    m_painter.setPen(Qt::NoPen);
    for (const Severity severity : severities)
        forEachMark(severity, [&](double x, const QColor &color) {
            const QPointF top(x, m_layout.area.top() + (severity == Severity::Note ? 1.25 * flag : 0));
            m_painter.setBrush(color);
            m_painter.drawPolygon(QPolygonF{top, top + QPointF(flag, flag / 2), top + QPointF(0, flag)});
        });
}

// Once for each place.
template<typename Paint> void PlotPainter::forEachMark(Severity severity, Paint paint) const
{
    const QColor color = colorOf(hueOf(severity), m_palette);
    double last = -1;
    for (const Mark &mark : m_view.history.marks()) {
        const double x = snapped(xOf(mark.time));
        if (mark.severity == severity && x != last)
            paint(x, color);
        last = mark.severity == severity ? x : last;
    }
}

void PlotPainter::paintFrame()
{
    if (!m_view.hasFocus)
        return;
    m_painter.setBrush(Qt::NoBrush);
    QPen pen(m_palette.highlight(), 2 * m_hairline);
    pen.setJoinStyle(Qt::MiterJoin);
    m_painter.setPen(pen);
    m_painter.drawRect(m_layout.area.adjusted(-m_hairline, -m_hairline, m_hairline, m_hairline));
}

void PlotPainter::paintCursor()
{
    m_painter.setFont(m_font);
    if (m_layout.area.height() < m_layout.em)
        return;
    paintFrame();
    const int sample = m_view.cursor ? m_view.history.nearest(*m_view.cursor) : -1;
    if (sample < 0)
        return;
    const double x = snapped(xOf(m_view.history.time(sample)));
    if (x < m_layout.area.left() - m_pixel)
        return;
    m_painter.fillRect(QRectF(x, m_layout.area.top(), m_hairline, m_layout.area.height()), faint(0.8));
    paintReadout(sample, x);
}

// No more than fit beside the values.
QStringList PlotPainter::marksNear(double x) const
{
    constexpr qsizetype most = 3;
    QStringList texts;
    for (const Mark &mark : m_view.history.marks())
        if (std::abs(xOf(mark.time) - x) <= m_layout.em * 0.4 && !texts.contains(mark.text))
            texts.append(mark.text);
    if (const qsizetype more = texts.size() - most; more > 0) {
        texts.resize(most);
        texts.append(tr("and %n more", nullptr, int(more)));
    }
    return texts;
}

// A box beside the cursor: the time, the values, and what was marked there.
void PlotPainter::paintReadout(int sample, double x)
{
    const double em = m_layout.em;
    const double margin = std::round(em * 0.4);
    const double row = std::ceil(em * 1.1);
    const QFontMetricsF metrics(m_font);
    const double ago = m_view.history.end() - m_view.history.time(sample);
    const QString time = tr("%1 s ago").arg(m_locale.toString(ago, 'f', 1));
    QStringList values;
    double nameWidth = 0;
    double valueWidth = metrics.horizontalAdvance(QStringLiteral("888.8"));
    int index = 0;
    for (const Series &series : m_view.series) {
        values.append(valueText(m_view.history, sample, series, index, m_locale));
        nameWidth = std::max(nameWidth, metrics.horizontalAdvance(series.name));
        valueWidth = std::max(valueWidth, metrics.horizontalAdvance(values.last()));
        index += series.valueCount();
    }
    const double indent = m_layout.swatch + margin;
    double width = std::max(indent + nameWidth + em + valueWidth, metrics.horizontalAdvance(time));
    QStringList marks = marksNear(x);
    const double widest = em * 20;
    for (QString &mark : marks) {
        mark = metrics.elidedText(mark, Qt::ElideRight, widest);
        width = std::max(width, metrics.horizontalAdvance(mark));
    }
    width = std::ceil(width) + 2 * margin;
    const double height = row * double(1 + values.size() + marks.size()) + 2 * margin;

    const QRectF &area = m_layout.area;
    const bool isRight = x + em * 0.6 + width <= area.right();
    const double left = isRight ? x + std::round(em * 0.6) : x - std::round(em * 0.6) - width;
    const double lowest = area.bottom() + em - height;
    const QRectF box(std::max(0.0, left), std::max(0.0, std::min(area.top() + margin, lowest)), width, height);
    m_painter.setRenderHint(QPainter::Antialiasing);
    m_painter.setPen(QPen(faint(0.35), m_hairline));
    m_painter.setBrush(m_palette.base());
    m_painter.drawRoundedRect(box, em * 0.25, em * 0.25);
    m_painter.setRenderHint(QPainter::Antialiasing, false);

    QRectF line(box.left() + margin, box.top() + margin, width - 2 * margin, row);
    m_painter.setPen(faint(0.65));
    m_painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, time);
    for (qsizetype i = 0; i < values.size(); ++i) {
        line.translate(0, row);
        paintSwatch(m_view.series[size_t(i)], line);
        m_painter.setPen(faint(0.75));
        m_painter.drawText(line.adjusted(indent, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, m_view.series[size_t(i)].name);
        m_painter.setPen(m_palette.color(QPalette::Text));
        m_painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, values.at(i));
    }
    for (const QString &mark : marks) {
        line.translate(0, row);
        m_painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, mark);
    }
}

double PlotPainter::xOf(double time) const
{
    return m_layout.area.right() - (m_view.history.end() - time) / m_view.history.limits().span * m_layout.area.width();
}

double PlotPainter::yOf(double value) const
{
    const double share = std::clamp(value / m_axis.top, 0.0, 1.0);
    return m_layout.area.bottom() - share * m_layout.area.height();
}

double PlotPainter::snapped(double coordinate) const
{
    return std::round(coordinate / m_pixel) * m_pixel;
}

QColor PlotPainter::faint(double alpha) const
{
    return withAlpha(m_palette.color(QPalette::Text), alpha);
}

} // namespace Demo
