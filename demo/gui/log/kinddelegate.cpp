// SPDX-License-Identifier: BSD-3-Clause
#include "kinddelegate.h"

#include "eventlog.h"
#include "gui/swatch.h"

#include <QtWidgets/QApplication>

namespace Demo {

// Room for a decoration that the style does not draw.
void KindDelegate::initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const int side = option->fontMetrics.ascent() * 3 / 4;
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->decorationSize = {side, side};
}

void KindDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyledItemDelegate::paint(painter, option, index);
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    const QStyle *style = option.widget ? option.widget->style() : QApplication::style();
    const QRect place = style->subElementRect(QStyle::SE_ItemViewItemDecoration, &item, option.widget);
    QRect swatch({}, item.decorationSize);
    swatch.moveCenter(place.center());
    const auto kind = EventKind(index.data(EventLog::KindRole).toInt());
    if (item.state & QStyle::State_Selected) // which may have the same colour
        paintSwatch(*painter, swatch.adjusted(-1, -1, 1, 1), option.palette.color(QPalette::HighlightedText));
    paintSwatch(*painter, swatch, colorOf(hueOf(kind), option.palette));
}

} // namespace Demo
