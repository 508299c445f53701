// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtWidgets/QStyledItemDelegate>

namespace Demo {

// A kind's name beside its colour.
class KindDelegate final : public QStyledItemDelegate
{
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;

protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override;
};

} // namespace Demo
