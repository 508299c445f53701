// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/Pool>

#include <QtWidgets/QWidget>

namespace Demo {

// A pool's state as a word on a colour.
class StatePill final : public QWidget
{
    Q_OBJECT

public:
    explicit StatePill(QWidget *parent = nullptr);

    void setState(QNetPool::Pool::State state, bool isFrozen = false);
    QString text() const { return m_text; }
    QColor color() const; // of its ground

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QNetPool::Pool::State m_state = QNetPool::Pool::State::Stopped;
    bool m_isFrozen = false;
    QString m_text;
};

} // namespace Demo
