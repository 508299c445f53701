// SPDX-License-Identifier: BSD-3-Clause
#include "cellgrid.h"

#include "gui/swatch.h"

#include <QtCore/QLocale>
#include <QtGui/QHelpEvent>
#include <QtGui/QKeyEvent>
#include <QtGui/QPainter>
#include <QtWidgets/QToolTip>

#include <algorithm>
#include <cmath>

using namespace std::chrono_literals;
using QNetPool::ConnectionId;

namespace Demo {

static constexpr auto timeBetweenFades = CellMap::lossShown / CellMap::fadeSteps / 2;
static constexpr int smallestSide = 3; // device-independent pixels
static constexpr int padding = 4;

// In steps, so that cells do not change their places with every connection that comes or goes.
static int roomFor(int cells)
{
    int room = 16;
    while (room < cells)
        room = room % 3 == 0 ? room / 3 * 4 : room / 2 * 3;
    return room;
}

CellGrid::CellGrid(QWidget *parent) : QFrame(parent), m_fading(this)
{
    m_clock.start();
    m_fading.setInterval(timeBetweenFades);
    connect(&m_fading, &QTimer::timeout, this, [this] {
        adopt(m_map.advance(now()));
        Q_EMIT faded();
    });
    setFrameStyle(QFrame::StyledPanel | QFrame::Sunken);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(tr("Connections, one cell each"));
}

void CellGrid::setCells(const QList<Cell> &cells)
{
    const ConnectionId selected = m_map.seats().at(m_selected);
    const int end = m_map.seats().end();
    adopt(m_map.show(cells, now()));
    // Where all have moved up, the selection goes with its connection.
    if (!selected.isNull() && m_map.seats().end() < end && m_map.seats().of(selected) >= 0)
        select(m_map.seats().of(selected));
    else if (m_map.seats().at(m_selected) != selected) // another one sits there, perhaps of the same look
        describeSelected();
}

void CellGrid::adopt(const QList<int> &changed)
{
    if (m_map.fades() != m_fading.isActive())
        m_map.fades() ? m_fading.start() : m_fading.stop();
    if (m_map.end() > m_room || 2 * m_map.end() < m_room) {
        const int room = roomFor(m_map.end());
        if (room != std::exchange(m_room, room))
            relayout();
    }
    if (!m_image.isNull()) {
        if (isVisible())
            m_changed += changed;
        else
            m_image = {}; // nobody draws what would be collected
        update(regionOf(changed) + restRect());
    }
    if (std::binary_search(changed.begin(), changed.end(), m_selected))
        describeSelected();
}

QSize CellGrid::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 80, fontMetrics().lineSpacing() * 12};
}

QSize CellGrid::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 20, fontMetrics().lineSpacing() * 4};
}

void CellGrid::relayout()
{
    const qreal ratio = devicePixelRatioF();
    const auto device = [ratio](int length) { return int(std::ceil(length * ratio)); };
    const CellLayout::Sides sides{device(smallestSide), device(fontMetrics().height() * 2)};
    QRect area = contentsRect().adjusted(padding, padding, -padding, -padding);
    const auto layOut = [&] {
        m_layout =
                CellLayout({device(area.x()), device(area.y()), device(area.width()), device(area.height())}, m_room, sides);
    };
    layOut();
    if (m_layout.room() < m_map.end()) { // a line of text says how many are missing
        area.setBottom(area.bottom() - fontMetrics().height());
        layOut();
    }
    m_stamps.clear();
    m_changed.clear();
    m_image = {};
    update();
}

QRect CellGrid::cellRect(ConnectionId id) const
{
    const int seat = m_map.seats().of(id);
    return seat >= 0 && seat < shownEnd() ? rectOf(seat) : QRect();
}

int CellGrid::shownEnd() const
{
    return std::min(m_map.end(), m_layout.room());
}

int CellGrid::unseen() const
{
    int count = 0;
    for (int seat = shownEnd(); seat < m_map.end(); ++seat)
        count += m_map.at(seat) ? 1 : 0;
    return count;
}

int CellGrid::seatAt(QPoint position) const
{
    const int seat = m_layout.cellAt((QPointF(position) * devicePixelRatioF()).toPoint());
    return m_map.at(seat) ? seat : -1;
}

QRect CellGrid::rectOf(int seat) const
{
    const qreal ratio = devicePixelRatioF();
    const QRect rect = m_layout.rect(seat);
    return QRectF(QPointF(rect.topLeft()) / ratio, QSizeF(rect.size()) / ratio).toAlignedRect();
}

QRect CellGrid::restRect() const
{
    if (m_map.end() <= m_layout.room())
        return {};
    const QRect inside = contentsRect().adjusted(padding, padding, -padding, -padding);
    return {inside.x(), inside.bottom() - fontMetrics().height() + 1, inside.width(), fontMetrics().height()};
}

// One rectangle for each row in which something has changed.
QRegion CellGrid::regionOf(const QList<int> &seats) const
{
    QRegion region;
    const int end = m_layout.room();
    for (auto first = seats.begin(); first != seats.end() && *first < end;) {
        const int row = *first / m_layout.columns();
        auto last = first;
        for (auto next = first; next != seats.end() && *next < end && *next / m_layout.columns() == row; ++next)
            last = next;
        region += rectOf(*first).united(rectOf(*last));
        first = std::next(last);
    }
    return region;
}

void CellGrid::drawChanged()
{
    const qreal ratio = devicePixelRatioF();
    if (!m_image.isNull() && m_image.devicePixelRatio() != ratio)
        relayout();
    const auto draw = [this](int seat) {
        const QImage &stamp = this->stamp(m_map.look(seat));
        const QRect rect = m_layout.rect(seat);
        for (int y = 0; y < rect.height(); ++y) {
            const auto *from = reinterpret_cast<const QRgb *>(stamp.constScanLine(y));
            std::copy_n(from, rect.width(), reinterpret_cast<QRgb *>(m_image.scanLine(rect.y() + y)) + rect.x());
        }
    };
    if (m_image.isNull()) {
        m_image = QImage(QSize(int(std::ceil(width() * ratio)), int(std::ceil(height() * ratio))), QImage::Format_RGB32);
        m_image.setDevicePixelRatio(ratio);
        m_image.fill(palette().color(QPalette::Base));
        for (int seat = 0; seat < shownEnd(); ++seat)
            draw(seat);
    } else {
        for (const int seat : std::as_const(m_changed)) {
            if (seat < m_layout.room())
                draw(seat);
        }
    }
    m_changed.clear();
}

const QImage &CellGrid::stamp(CellMap::Look look)
{
    QImage &stamp = m_stamps[look.isEmpty ? -1 : int(look.state) * CellMap::fadeSteps + look.faded];
    if (stamp.isNull()) {
        const int side = m_layout.side();
        stamp = QImage(side, side, QImage::Format_RGB32);
        stamp.fill(palette().color(QPalette::Base));
        QPainter painter(&stamp);
        if (look.isEmpty)
            return stamp;
        if (side >= 8)
            paintSwatch(painter, stamp.rect(), colorOf(look));
        else
            painter.fillRect(stamp.rect(), colorOf(look)); // round corners would leave little of it
    }
    return stamp;
}

QColor CellGrid::colorOf(CellMap::Look look) const
{
    const QColor color = Demo::colorOf(hueOf(look.state), palette());
    const QColor background = palette().color(QPalette::Base);
    return mixed(color, background, float(look.faded) / CellMap::fadeSteps);
}

void CellGrid::paintEvent(QPaintEvent *event)
{
    drawChanged();
    QPainter painter(this);
    painter.drawImage(0, 0, m_image);
    if (const QRect rest = restRect(); rest.intersects(event->rect())) {
        painter.setPen(palette().color(QPalette::Text));
        painter.drawText(rest, Qt::AlignRight | Qt::AlignVCenter, QStringLiteral("+") + locale().toString(unseen()));
    }
    if (m_selected >= 0 && m_selected < m_layout.room()) {
        painter.setPen(QPen(palette().color(hasFocus() ? QPalette::Text : QPalette::Mid), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rectOf(m_selected).adjusted(-1, -1, 1, 1));
    }
    drawFrame(&painter);
}

void CellGrid::resizeEvent(QResizeEvent *event)
{
    QFrame::resizeEvent(event);
    relayout();
}

void CellGrid::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    switch (event->type()) {
    case QEvent::PaletteChange:
    case QEvent::FontChange:
    case QEvent::StyleChange:
        relayout();
        break;
    default:
        break;
    }
}

bool CellGrid::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QFrame::event(event);
    auto *help = static_cast<QHelpEvent *>(event);
    showToolTip(seatAt(help->pos()), help->globalPos());
    return true;
}

void CellGrid::showToolTip(int seat, QPoint globalPosition)
{
    const Cell *cell = m_map.at(seat);
    if (!cell) {
        QToolTip::hideText();
        return;
    }
    // An ID may look like rich text.
    const QString text = QStringLiteral("<p style='white-space:pre'>%1</p>").arg(describe(*cell).toHtmlEscaped());
    QToolTip::showText(globalPosition, text, this, rectOf(seat));
}

void CellGrid::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return step(-1);
    case Qt::Key_Right:
        return step(1);
    case Qt::Key_Up:
        return step(-std::max(1, m_layout.columns()));
    case Qt::Key_Down:
        return step(std::max(1, m_layout.columns()));
    case Qt::Key_Home:
        m_selected = -1;
        return step(1);
    case Qt::Key_End:
        m_selected = shownEnd();
        return step(-1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return activate(m_selected);
    default:
        QFrame::keyPressEvent(event);
    }
}

// To the next one in that direction, past empty seats; it stays where there is none.
void CellGrid::step(int by)
{
    if (m_selected < 0 && by != 1)
        return step(1);
    int seat = m_selected + by;
    while (seat >= 0 && seat < shownEnd() && !m_map.at(seat))
        seat += by;
    if (seat < 0 || seat >= shownEnd())
        seat = m_selected;
    select(seat);
    if (m_map.at(seat))
        showToolTip(seat, mapToGlobal(rectOf(seat).bottomRight()));
}

void CellGrid::select(int seat)
{
    const auto ring = [this](int at) {
        return at >= 0 && at < m_layout.room() ? rectOf(at).adjusted(-3, -3, 3, 3) : QRect();
    };
    update(QRegion(ring(m_selected)) + ring(seat));
    m_selected = seat;
    describeSelected();
}

void CellGrid::describeSelected()
{
    const Cell *cell = m_map.at(m_selected);
    setAccessibleDescription(cell ? describe(*cell) : QString());
}

void CellGrid::activate(int seat)
{
    const ConnectionId id = m_map.seats().at(seat);
    if (!id.isNull())
        Q_EMIT activated(id);
}

void CellGrid::mousePressEvent(QMouseEvent *event)
{
    QFrame::mousePressEvent(event);
    if (event->button() == Qt::LeftButton)
        select(seatAt(event->position().toPoint()));
}

void CellGrid::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        activate(seatAt(event->position().toPoint()));
}

void CellGrid::focusInEvent(QFocusEvent *event)
{
    QFrame::focusInEvent(event);
    if (m_selected < 0 && event->reason() != Qt::MouseFocusReason)
        step(1);
    update();
}

void CellGrid::focusOutEvent(QFocusEvent *event)
{
    QFrame::focusOutEvent(event);
    QToolTip::hideText();
    update();
}

} // namespace Demo
