// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtGui/QPixmap>

QT_FORWARD_DECLARE_CLASS(QPainter)

namespace Demo {

// The small square that says which colour is meant, the same in every legend.
void paintSwatch(QPainter &painter, const QRectF &rect, const QColor &color);
QPixmap swatchPixmap(const QColor &color, int side, qreal devicePixelRatio);

} // namespace Demo
