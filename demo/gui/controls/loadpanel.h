// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "engine/scenario.h"

#include <QtWidgets/QWidget>

QT_FORWARD_DECLARE_CLASS(QCheckBox)
QT_FORWARD_DECLARE_CLASS(QSlider)
QT_FORWARD_DECLARE_CLASS(QSpinBox)

namespace Demo {

// How much is asked of the pools.
class LoadPanel final : public QWidget
{
    Q_OBJECT

public:
    explicit LoadPanel(QWidget *parent = nullptr);

    void show(const Load &load); // which somebody else has set
    using QWidget::show;
    Load load() const;

Q_SIGNALS:
    void acted(const Demo::Act &act); // by the user

private:
    int shownRate() const;
    void tell();

    Load m_shown; // exactly
    QSlider *m_rateSlider; // of no linear scale: small rates are told apart, too
    QSpinBox *m_rate;
    QSpinBox *m_hold;
    QCheckBox *m_isUsedOnce;
    QSpinBox *m_burst;
};

} // namespace Demo
