// SPDX-License-Identifier: BSD-3-Clause
#include "leasetable.h"

#include "gui/colors.h"
#include "gui/table.h"

#include <QtWidgets/QHeaderView>
#include <QtWidgets/QStyledItemDelegate>

namespace Demo {

namespace {
// A long lease has the colour of what is lost.
class LeaseDelegate final : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        if (!index.data(LeaseModel::IsLongRole).toBool())
            return;
        const QColor color = colorOf(Hue::Lost, option->palette);
        QColor tint = color;
        tint.setAlphaF(0.12F);
        option->backgroundBrush = tint;
        if (index.column() == LeaseModel::AgeColumn) {
            option->palette.setColor(QPalette::Text, color);
            option->font.setBold(true);
        }
    }
};
} // namespace

LeaseTable::LeaseTable(QWidget *parent) : QTableView(parent), m_leases(this)
{
    setModel(&m_leases);
    setItemDelegate(new LeaseDelegate(this));
    setAccessibleName(tr("Leases"));
    makePlain(*this);
    horizontalHeader()->setSortIndicator(LeaseModel::AgeColumn, Qt::DescendingOrder);
    setSortingEnabled(true);
    horizontalHeader()->setStretchLastSection(false);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
}

} // namespace Demo
