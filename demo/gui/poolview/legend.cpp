// SPDX-License-Identifier: BSD-3-Clause
#include "legend.h"

#include "gui/swatch.h"

#include <QtCore/QEvent>
#include <QtCore/QLocale>
#include <QtGui/QPainter>

#include <algorithm>
#include <numeric>

namespace Demo {

Legend::Legend(QWidget *parent) : QWidget(parent)
{
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Connections by state"));
    setCounts({});
}

void Legend::setCounts(const Counts &counts)
{
    if (std::exchange(m_counts, counts) == counts && !accessibleDescription().isEmpty())
        return;
    QStringList texts;
    for (const CellState state : cellStates)
        texts.append(nameOf(state) + QLatin1Char(' ') + locale().toString(m_counts[std::size_t(state)]));
    setAccessibleDescription(texts.join(QStringLiteral(", ")));
    update();
}

int Legend::side() const
{
    return fontMetrics().ascent();
}

// With room for the largest number, so that nothing moves as numbers change.
int Legend::entryWidth(CellState state) const
{
    const QString widest = nameOf(state) + QLatin1Char(' ') + locale().toString(88888);
    return side() * 3 / 2 + fontMetrics().horizontalAdvance(widest) + side();
}

int Legend::rowHeight() const
{
    return fontMetrics().height();
}

QSize Legend::sizeHint() const
{
    const int width = std::accumulate(cellStates.begin(), cellStates.end(), 0,
                                      [this](int sum, CellState state) { return sum + entryWidth(state); });
    return {width, rowHeight()};
}

QSize Legend::minimumSizeHint() const
{
    int widest = 0;
    for (const CellState state : cellStates)
        widest = std::max(widest, entryWidth(state));
    return {widest, rowHeight()};
}

int Legend::heightForWidth(int width) const
{
    return placesIn(width).back().bottom() + 1;
}

Legend::Places Legend::placesIn(int width) const
{
    Places places;
    QPoint next;
    for (const CellState state : cellStates) {
        const int entry = entryWidth(state);
        if (next.x() > 0 && next.x() + entry > width)
            next = {0, next.y() + rowHeight() * 5 / 4};
        places[std::size_t(state)] = QRect(next, QSize(entry, rowHeight()));
        next.rx() += entry;
    }
    return places;
}

void Legend::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Places places = placesIn(width());
    for (const CellState state : cellStates) {
        const QRect &rect = places[std::size_t(state)];
        paintSwatch(painter, QRectF(rect.x(), rect.center().y() - side() / 2, side(), side()),
                    colorOf(hueOf(state), palette()));
        const int count = m_counts[std::size_t(state)];
        QRect text = rect.adjusted(side() * 3 / 2, 0, 0, 0);
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, nameOf(state) + QLatin1Char(' '), &text);
        text.setLeft(text.right() + 1);
        text.setRight(rect.right());
        painter.setPen(palette().color(count ? QPalette::Active : QPalette::Disabled, QPalette::WindowText));
        painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, locale().toString(count));
    }
}

void Legend::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        updateGeometry();
}

} // namespace Demo
