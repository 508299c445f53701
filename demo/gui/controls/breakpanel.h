// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "engine/scenario.h"

#include <QtWidgets/QWidget>

QT_FORWARD_DECLARE_CLASS(QPushButton)
QT_FORWARD_DECLARE_CLASS(QSpinBox)

namespace Demo {

// What can be broken at the server's end: buttons that stay down for as long as it is.
class BreakPanel final : public QWidget
{
    Q_OBJECT

public:
    explicit BreakPanel(QWidget *parent = nullptr);

    void show(const Act &act); // which somebody else has done
    using QWidget::show;
    void reset(); // all is well
    void setTls(bool isVerified); // else nobody looks at a certificate's date

Q_SIGNALS:
    void acted(const Demo::Act &act); // by the user

private:
    QPushButton *makeSwitch(const QString &text, const QString &toolTip);
    QPushButton *buttonOf(Fault fault) const;

    QPushButton *m_stop;
    QPushButton *m_freeze;
    QPushButton *m_refuse;
    QPushButton *m_expire;
    QSpinBox *m_share;
};

} // namespace Demo
