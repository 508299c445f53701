// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "history.h"
#include "plotlayout.h"
#include "scale.h"
#include "series.h"

#include <QtCore/QTimer>
#include <QtGui/QPixmap>
#include <QtWidgets/QWidget>

#include <optional>
#include <span>
#include <vector>

namespace Demo {

struct PlotView;

// The last seconds of some series, live. Whoever hovers over it, or moves the cursor by key, reads the values of that moment; plots
// that are one above the other share the cursor by connecting cursorMoved() with each other's setCursorTime().
// Left, Right, Home and End move the cursor, Escape removes it, Space pauses.
class Plot final : public QWidget
{
    Q_OBJECT

public:
    Plot(const QString &title, const QString &unit, std::vector<Series> series, QWidget *parent = nullptr);
    Plot(const QString &title, const QString &unit, std::vector<Series> series, HistoryLimits limits,
         QWidget *parent = nullptr);

    // One value for each series in its order, two for a band (lower, upper); NaN where there is none. Time is in seconds, of any clock.
    void append(double time, std::span<const double> values);
    void addMark(const Mark &mark);

    void setWholeNumbers(bool isWhole); // the axis has no fractions
    void setTimeLabelsVisible(bool areVisible); // the lowest of several plots has them for all

    bool isPaused() const { return m_frozen.has_value(); }
    std::optional<double> cursorTime() const { return m_cursor; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

public Q_SLOTS:
    // Stops the view; what comes is recorded all the same.
    void setPaused(bool isPaused);
    // Emits nothing, so that plots may be connected with each other.
    void setCursorTime(std::optional<double> time);

Q_SIGNALS:
    void pausedChanged(bool isPaused);
    void cursorMoved(std::optional<double> time); // by the user

protected:
    void paintEvent(QPaintEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    const History &shown() const { return m_frozen ? *m_frozen : m_history; }
    const PlotLayout &currentLayout();
    PlotView view() const;
    const QPixmap &currentPicture();
    void updateAll();
    bool moveCursorBy(int key);
    void moveCursor(std::optional<double> time);
    void followHover();
    void dropCursorOutside();
    void describe();
    QString description() const;

    QString m_title;
    QString m_unit;
    std::vector<Series> m_series;
    History m_history;
    std::optional<History> m_frozen; // the view of a paused plot
    CalmMaximum m_maximum;
    std::optional<double> m_cursor;
    std::optional<double> m_hover; // the mouse's place, as long as the cursor is there
    std::optional<PlotLayout> m_layout; // measuring text takes a quarter of the time of painting
    QPixmap m_picture; // all but the cursor and the focus, which move between two samples; null: it has to be painted anew
    bool m_isWhole = false;
    bool m_hasTimeLabels = true;
    QTimer m_describePause; // runs after each description
    bool m_isDescriptionDue = false;
};

} // namespace Demo
