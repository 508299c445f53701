// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "cell.h"

#include <QtWidgets/QWidget>

namespace Demo {

class CellGrid;
class Legend;

// Every connection a cell, coloured by its state, in its place for as long as it lives; a legend with counts below. The text of
// the cell under the mouse or, by the arrow keys, of the selected one is shown as tool tip.
class PoolView final : public QWidget
{
    Q_OBJECT

public:
    explicit PoolView(QWidget *parent = nullptr);

    using QWidget::show;
    // All connections there are. One that is missing is gone at once; one that is Lost, once told, stays for two seconds, listed
    // or not, and fades.
    void show(const QList<Cell> &cells);

    // An idle connection is shown as ParkedLong from then on; 30 s.
    void setParkedLongAfter(std::chrono::milliseconds time);

    QRect cellRect(QNetPool::ConnectionId id) const; // null if it is not shown

Q_SIGNALS:
    void cellActivated(QNetPool::ConnectionId id); // by Enter or a double click

private:
    void count();

    CellGrid *m_grid;
    Legend *m_legend;
};

} // namespace Demo
