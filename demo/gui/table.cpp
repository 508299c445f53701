// SPDX-License-Identifier: BSD-3-Clause
#include "table.h"

#include <QtWidgets/QHeaderView>

namespace Demo {

void makePlain(QTableView &table)
{
    table.setSelectionBehavior(QAbstractItemView::SelectRows);
    table.setEditTriggers(QAbstractItemView::NoEditTriggers);
    table.setShowGrid(false);
    table.setAlternatingRowColors(true);
    table.setWordWrap(false);
    table.setTabKeyNavigation(false);
    table.setCornerButtonEnabled(false);
    table.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);

    QHeaderView &rows = *table.verticalHeader();
    rows.hide();
    rows.setSectionResizeMode(QHeaderView::Fixed);
    rows.setMinimumSectionSize(1);
    rows.setDefaultSectionSize(table.fontMetrics().height() * 5 / 4);

    QHeaderView &columns = *table.horizontalHeader();
    columns.setHighlightSections(false);
    columns.setStretchLastSection(true);
    columns.setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

} // namespace Demo
