// SPDX-License-Identifier: BSD-3-Clause
#include "pill.h"

#include "colors.h"

#include <QtGui/QPainter>

using QNetPool::Pool;

namespace Demo {

static QString nameOf(Pool::State state)
{
    switch (state) {
    case Pool::State::Stopped:
        return StatePill::tr("Stopped");
    case Pool::State::Starting:
        return StatePill::tr("Starting");
    case Pool::State::Ready:
        return StatePill::tr("Ready");
    case Pool::State::Degraded:
        return StatePill::tr("Degraded");
    case Pool::State::Draining:
        return StatePill::tr("Draining");
    }
    return {};
}

StatePill::StatePill(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_text = nameOf(m_state);
    setAccessibleName(tr("State: %1").arg(m_text));
}

void StatePill::setState(Pool::State state, bool isFrozen)
{
    if (m_state == state && m_isFrozen == isFrozen)
        return;
    m_state = state;
    m_isFrozen = isFrozen;
    m_text = isFrozen ? tr("Frozen") : nameOf(state);
    setAccessibleName(tr("State: %1").arg(m_text));
    update();
}

QColor StatePill::color() const
{
    if (m_isFrozen)
        return colorOf(Hue::Leased, palette());
    switch (m_state) {
    case Pool::State::Ready:
        return colorOf(Hue::Idle, palette());
    case Pool::State::Degraded:
        return colorOf(Hue::Lost, palette());
    case Pool::State::Starting:
    case Pool::State::Draining:
        return colorOf(Hue::Pending, palette());
    case Pool::State::Stopped:
        break;
    }
    return colorOf(Hue::Neutral, palette());
}

// As wide as the longest word needs, so that nothing moves when the state changes.
QSize StatePill::sizeHint() const
{
    int width = 0;
    for (const QString &text : {nameOf(Pool::State::Degraded), nameOf(Pool::State::Draining), nameOf(Pool::State::Stopped)})
        width = std::max(width, fontMetrics().horizontalAdvance(text));
    const int height = fontMetrics().height() * 3 / 2;
    return {width + 2 * height / 2 + fontMetrics().averageCharWidth(), height};
}

void StatePill::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor ground = color();
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(rect(), height() / 2.0, height() / 2.0);
    painter.setPen(qGray(ground.rgb()) > 150 ? Qt::black : Qt::white);
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.drawText(rect(), Qt::AlignCenter, m_text);
}

} // namespace Demo
