// SPDX-License-Identifier: BSD-3-Clause
#include "loadpanel.h"

#include "gui/icons.h"

#include <QtCore/QSignalBlocker>
#include <QtWidgets/QCheckBox>
#include <QtWidgets/QFormLayout>
#include <QtWidgets/QHBoxLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QSlider>
#include <QtWidgets/QSpinBox>

#include <algorithm>
#include <cmath>

namespace Demo {

namespace {

constexpr int highestRate = 5000;
constexpr int longestHold = 4000; // less than Settings::exchangeTimeout
constexpr int sliderSteps = 100;

int toSlider(int rate)
{
    return int(std::lround(sliderSteps * std::log1p(rate) / std::log1p(highestRate)));
}

int toRate(int step)
{
    return int(std::lround(std::expm1(step * std::log1p(highestRate) / sliderSteps)));
}

QSpinBox *makeNumber(int most, const QString &suffix, const QString &name)
{
    auto *box = new QSpinBox;
    box->setRange(0, most);
    box->setSuffix(suffix);
    box->setAccessibleName(name);
    box->setKeyboardTracking(false);
    return box;
}

} // namespace

LoadPanel::LoadPanel(QWidget *parent)
    : QWidget(parent), m_rateSlider(new QSlider(Qt::Horizontal)),
      m_rate(makeNumber(highestRate, tr(" /s"), tr("Takes per second"))),
      m_hold(makeNumber(longestHold, tr(" ms"), tr("Time for which each is held"))),
      m_isUsedOnce(new QCheckBox(tr("&Used once"))), m_burst(makeNumber(1000, {}, tr("Takes at once")))
{
    m_rateSlider->setRange(0, sliderSteps);
    m_rateSlider->setAccessibleName(tr("Takes per second"));
    m_hold->setSingleStep(10);
    m_isUsedOnce->setObjectName(QStringLiteral("usedOnce"));
    m_isUsedOnce->setToolTip(tr("Each connection is closed after its exchange, and not given back."));
    m_burst->setObjectName(QStringLiteral("takesAtOnce"));
    m_burst->setMinimum(1);
    m_burst->setValue(150);
    auto *burst = new QPushButton(tr("&Burst"));
    burst->setObjectName(QStringLiteral("burst"));
    burst->setIcon(icon(QStringLiteral("burst")));
    burst->setToolTip(tr("This many takes at once, on top of the load."));

    auto *rateLine = new QHBoxLayout;
    rateLine->addWidget(m_rateSlider, 1);
    rateLine->addWidget(m_rate);
    auto *holdLine = new QHBoxLayout;
    holdLine->addWidget(m_hold, 1);
    holdLine->addWidget(m_isUsedOnce);
    auto *burstLine = new QHBoxLayout;
    burstLine->addWidget(m_burst, 1);
    burstLine->addWidget(burst);
    auto *form = new QFormLayout(this);
    form->setContentsMargins({});
    auto *rateLabel = new QLabel(tr("Ta&kes"));
    rateLabel->setBuddy(m_rateSlider);
    form->addRow(rateLabel, rateLine);
    auto *holdLabel = new QLabel(tr("&Held for"));
    holdLabel->setBuddy(m_hold);
    form->addRow(holdLabel, holdLine);
    form->addRow(tr("At once"), burstLine);

    connect(m_rateSlider, &QSlider::valueChanged, m_rate, [this](int step) { m_rate->setValue(toRate(step)); });
    connect(m_rate, &QSpinBox::valueChanged, this, [this](int rate) {
        const QSignalBlocker quiet(m_rateSlider);
        m_rateSlider->setValue(toSlider(rate));
        tell();
    });
    connect(m_hold, &QSpinBox::valueChanged, this, &LoadPanel::tell);
    connect(m_isUsedOnce, &QCheckBox::toggled, this, &LoadPanel::tell);
    connect(burst, &QPushButton::clicked, this, [this] { Q_EMIT acted(Burst{m_burst->value()}); });
}

int LoadPanel::shownRate() const
{
    return int(std::lround(std::clamp<double>(m_shown.rate, 0, highestRate)));
}

Load LoadPanel::load() const
{
    // One that the box cannot show stays as it is until it is changed there.
    const double rate = m_rate->value() == shownRate() ? m_shown.rate : m_rate->value();
    return {rate, std::chrono::milliseconds(m_hold->value()), m_isUsedOnce->isChecked()};
}

void LoadPanel::tell()
{
    Q_EMIT acted(load());
}

void LoadPanel::show(const Load &load)
{
    const QSignalBlocker quiet(this);
    m_shown = load;
    m_rate->setValue(shownRate());
    m_hold->setValue(int(load.hold.count()));
    m_isUsedOnce->setChecked(load.isUsedOnce);
}

} // namespace Demo
