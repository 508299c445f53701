// SPDX-License-Identifier: BSD-3-Clause
#include "plot.h"

#include "plotpainter.h"

#include <QtGui/QKeyEvent>
#include <QtGui/QMouseEvent>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace std::chrono_literals;

namespace Demo {

// Limits the rate of changes that a screen reader reads aloud.
static constexpr std::chrono::milliseconds pauseBetweenDescriptions = 1s;

static int valueCountOf(const std::vector<Series> &series)
{
    return std::accumulate(series.begin(), series.end(), 0,
                           [](int sum, const Series &one) { return sum + one.valueCount(); });
}

Plot::Plot(const QString &title, const QString &unit, std::vector<Series> series, QWidget *parent)
    : Plot(title, unit, std::move(series), HistoryLimits(), parent)
{
}

Plot::Plot(const QString &title, const QString &unit, std::vector<Series> series, HistoryLimits limits, QWidget *parent)
    : QWidget(parent), m_title(title), m_unit(unit), m_series(std::move(series)), m_history(valueCountOf(m_series), limits)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setBackgroundRole(QPalette::Base);
    setAttribute(Qt::WA_OpaquePaintEvent); // the picture has a background
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(title);
    m_describePause.setSingleShot(true);
    connect(&m_describePause, &QTimer::timeout, this, [this] {
        if (m_isDescriptionDue)
            describe();
    });
    describe();
}

void Plot::append(double time, std::span<const double> values)
{
    if (!m_history.append(time, values) || isPaused())
        return;
    m_maximum.follow(m_history.maximum(), time);
    followHover();
    dropCursorOutside();
    describe();
    updateAll();
}

void Plot::addMark(const Mark &mark)
{
    m_history.addMark(mark);
    if (!isPaused())
        updateAll();
}

void Plot::setWholeNumbers(bool isWhole)
{
    m_isWhole = isWhole;
    updateAll();
}

void Plot::setTimeLabelsVisible(bool areVisible)
{
    m_hasTimeLabels = areVisible;
    m_layout.reset();
    updateGeometry();
    updateAll();
}

void Plot::setPaused(bool isPaused)
{
    if (isPaused == this->isPaused())
        return;
    if (isPaused) {
        m_frozen = m_history;
    } else {
        m_frozen.reset();
        m_maximum.follow(m_history.maximum(), m_history.end());
        dropCursorOutside();
    }
    describe();
    updateAll();
    Q_EMIT pausedChanged(isPaused);
}

void Plot::setCursorTime(std::optional<double> time)
{
    m_hover.reset();
    m_cursor = time;
    describe();
    update();
}

void Plot::moveCursor(std::optional<double> time)
{
    if (time == m_cursor)
        return;
    m_cursor = time;
    describe();
    update();
    Q_EMIT cursorMoved(time);
}

void Plot::dropCursorOutside()
{
    if (m_cursor && *m_cursor < shown().begin())
        moveCursor(std::nullopt);
}

const PlotLayout &Plot::currentLayout()
{
    if (!m_layout)
        m_layout.emplace(size(), font(), m_series, m_title, m_unit, m_hasTimeLabels);
    return *m_layout;
}

QSize Plot::sizeHint() const
{
    const int em = fontMetrics().height();
    return {40 * em, 10 * em};
}

QSize Plot::minimumSizeHint() const
{
    const int em = fontMetrics().height();
    const int width = 30 * em;
    // The legend may take several rows there.
    const PlotLayout layout(QSizeF(width, 0), font(), m_series, m_title, m_unit, m_hasTimeLabels);
    return {width, int(std::ceil(layout.area.top())) + (m_hasTimeLabels ? 5 : 4) * em};
}

PlotView Plot::view() const
{
    return {m_title,  m_unit,    m_series,   shown(),         m_maximum.value(),
            m_cursor, m_isWhole, isPaused(), m_hasTimeLabels, hasFocus()};
}

const QPixmap &Plot::currentPicture()
{
    const qreal ratio = devicePixelRatioF();
    if (!m_picture.isNull() && m_picture.devicePixelRatio() == ratio)
        return m_picture;
    // At 125 %, no part of a pixel is left out at the edge.
    m_picture = QPixmap(int(std::ceil(width() * ratio)), int(std::ceil(height() * ratio)));
    m_picture.setDevicePixelRatio(ratio);
    m_picture.fill(palette().color(backgroundRole()));
    QPainter painter(&m_picture);
    PlotPainter(painter, view(), currentLayout(), palette(), font(), locale()).paintPicture();
    return m_picture;
}

void Plot::updateAll()
{
    m_picture = {};
    update();
}

void Plot::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.drawPixmap(QPointF(), currentPicture());
    PlotPainter(painter, view(), currentLayout(), palette(), font(), locale()).paintCursor();
}

void Plot::resizeEvent(QResizeEvent *event)
{
    m_layout.reset();
    m_picture = {};
    QWidget::resizeEvent(event);
}

void Plot::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::FontChange) {
        m_layout.reset();
        updateGeometry();
    }
    m_picture = {}; // whatever it is: a palette, a locale
    QWidget::changeEvent(event);
}

void Plot::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
        setPaused(!isPaused());
    } else if (event->key() == Qt::Key_Escape && m_cursor) {
        m_hover.reset();
        moveCursor(std::nullopt);
    } else if (!moveCursorBy(event->key())) {
        QWidget::keyPressEvent(event);
    }
}

bool Plot::moveCursorBy(int key)
{
    const History &history = shown();
    const int last = history.size() - 1;
    const int first = std::min(last, history.isEmpty() || history.time(0) >= history.begin() ? 0 : 1);
    const int current = m_cursor ? history.nearest(*m_cursor) : last + 1; // none: to the right of all
    int sample = 0;
    switch (key) {
    case Qt::Key_Left:
        sample = current - 1;
        break;
    case Qt::Key_Right:
        sample = current + 1;
        break;
    case Qt::Key_Home:
        sample = first;
        break;
    case Qt::Key_End:
        sample = last;
        break;
    default:
        return false;
    }
    if (!history.isEmpty()) {
        m_hover.reset();
        moveCursor(history.time(std::clamp(sample, first, last)));
    }
    return true;
}

void Plot::mouseMoveEvent(QMouseEvent *event)
{
    m_hover = event->position().x();
    followHover();
}

// What comes moves below the mouse.
void Plot::followHover()
{
    const QRectF area = currentLayout().area;
    const History &history = shown();
    if (!m_hover || history.isEmpty() || area.isEmpty())
        return;
    if (*m_hover < area.left() || *m_hover > area.right()) {
        moveCursor(std::nullopt);
        return;
    }
    const double time = history.end() - (area.right() - *m_hover) / area.width() * history.limits().span;
    const int nearest = history.nearest(time);
    moveCursor(std::max(history.time(nearest), history.begin()));
}

void Plot::leaveEvent(QEvent *event)
{
    if (std::exchange(m_hover, std::nullopt))
        moveCursor(std::nullopt);
    QWidget::leaveEvent(event);
}

void Plot::describe()
{
    m_isDescriptionDue = m_describePause.isActive();
    if (m_isDescriptionDue)
        return;
    setAccessibleDescription(description());
    m_describePause.start(pauseBetweenDescriptions);
}

// Such as "12.3 s ago: Idle 5, leased 3 and capacity 8, in connections."
QString Plot::description() const
{
    const History &history = shown();
    if (history.isEmpty())
        return tr("No values yet.");
    const int sample = m_cursor ? history.nearest(*m_cursor) : history.size() - 1;
    QStringList values;
    int index = 0;
    for (const Series &series : m_series) {
        values.append(tr("%1 %2", "name, value").arg(series.name, valueText(history, sample, series, index, locale())));
        index += series.valueCount();
    }
    const QString list = locale().createSeparatedList(values);
    const QString time = locale().toString(history.end() - history.time(sample), 'f', 1);
    const QString sentence = m_cursor ? tr("%1 s ago: %2 (%3).").arg(time, list, m_unit) : tr("%1 (%2).").arg(list, m_unit);
    return isPaused() ? tr("Paused. %1").arg(sentence) : sentence;
}

} // namespace Demo
