// SPDX-License-Identifier: BSD-3-Clause
#include "poolview.h"

#include "cellgrid.h"
#include "legend.h"

#include <QtWidgets/QVBoxLayout>

namespace Demo {

PoolView::PoolView(QWidget *parent) : QWidget(parent), m_grid(new CellGrid(this)), m_legend(new Legend(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_grid, 1);
    layout->addWidget(m_legend);
    setFocusProxy(m_grid);
    setAccessibleName(tr("Pool view"));
    connect(m_grid, &CellGrid::activated, this, &PoolView::cellActivated);
    connect(m_grid, &CellGrid::faded, this, &PoolView::count);
}

void PoolView::show(const QList<Cell> &cells)
{
    m_grid->setCells(cells);
    count();
}

void PoolView::setParkedLongAfter(std::chrono::milliseconds time)
{
    m_grid->setParkedLongAfter(time);
}

QRect PoolView::cellRect(QNetPool::ConnectionId id) const
{
    const QRect rect = m_grid->cellRect(id);
    return rect.isNull() ? rect : rect.translated(m_grid->pos());
}

void PoolView::count()
{
    Legend::Counts counts{};
    for (const CellState state : cellStates)
        counts[std::size_t(state)] = m_grid->map().count(state);
    m_legend->setCounts(counts);
}

} // namespace Demo
