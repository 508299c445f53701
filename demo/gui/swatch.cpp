// SPDX-License-Identifier: BSD-3-Clause
#include "swatch.h"

#include <QtGui/QPainter>

namespace Demo {

void paintSwatch(QPainter &painter, const QRectF &rect, const QColor &color)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(rect, rect.width() / 5, rect.height() / 5);
    painter.restore();
}

QPixmap swatchPixmap(const QColor &color, int side, qreal devicePixelRatio)
{
    QPixmap pixmap(QSize(side, side) * devicePixelRatio);
    pixmap.setDevicePixelRatio(devicePixelRatio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paintSwatch(painter, QRectF(0, 0, side, side), color);
    painter.end();
    return pixmap;
}

} // namespace Demo
