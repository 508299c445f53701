// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "celllayout.h"
#include "cellmap.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QTimer>
#include <QtGui/QImage>
#include <QtWidgets/QFrame>

namespace Demo {

// Draws the cells, tells about the one under the mouse, and has one that is selected.
class CellGrid final : public QFrame
{
    Q_OBJECT

public:
    explicit CellGrid(QWidget *parent = nullptr);

    void setCells(const QList<Cell> &cells);
    void setParkedLongAfter(std::chrono::milliseconds time) { m_map.setParkedLongAfter(time); }

    const CellMap &map() const { return m_map; }
    QRect cellRect(QNetPool::ConnectionId id) const; // null if it is not shown
    int unseen() const; // how many are too many for the area

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void activated(QNetPool::ConnectionId id);
    void faded(); // without setCells()

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    std::chrono::milliseconds now() const { return std::chrono::milliseconds(m_clock.elapsed()); }
    void adopt(const QList<int> &changed);

    void relayout();
    int seatAt(QPoint position) const; // -1: nobody sits there
    int shownEnd() const;
    QRect rectOf(int seat) const;
    QRect restRect() const;
    QRegion regionOf(const QList<int> &seats) const;

    void drawChanged();
    const QImage &stamp(CellMap::Look look);
    QColor colorOf(CellMap::Look look) const;

    void select(int seat);
    void step(int by);
    void describeSelected();
    void showToolTip(int seat, QPoint globalPosition);
    void activate(int seat);

    QElapsedTimer m_clock;
    QTimer m_fading;
    CellMap m_map;
    int m_selected = -1;

    int m_room = 0; // seats that the layout has been made for
    CellLayout m_layout;
    QImage m_image; // of the whole widget, in device pixels; null: all is to be drawn
    QList<int> m_changed; // since they were drawn
    QHash<int, QImage> m_stamps; // one for each look
};

} // namespace Demo
