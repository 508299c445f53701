// SPDX-License-Identifier: BSD-3-Clause
#include "breakpanel.h"

#include "gui/colors.h"
#include "gui/icons.h"

#include <QtCore/QSignalBlocker>
#include <QtWidgets/QGridLayout>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QSpinBox>

namespace Demo {

// What is broken is seen at a glance: not every style makes much of a button that is down.
static void tint(QPushButton *button, bool isBroken)
{
    if (!isBroken)
        return button->setPalette({});
    QPalette palette = button->palette();
    palette.setColor(QPalette::Button, mixed(palette.color(QPalette::Button), colorOf(Hue::Lost, palette), 0.4f));
    button->setPalette(palette);
}

QPushButton *BreakPanel::makeSwitch(const QString &text, const QString &toolTip)
{
    auto *button = new QPushButton(text, this);
    button->setCheckable(true);
    button->setToolTip(toolTip);
    connect(button, &QPushButton::toggled, button, [button](bool isBroken) { tint(button, isBroken); });
    return button;
}

BreakPanel::BreakPanel(QWidget *parent)
    : QWidget(parent), m_stop(makeSwitch(tr("St&op the server"),
                                         tr("Closes all connections and does not listen until it is started again."))),
      m_freeze(makeSwitch(tr("Free&ze the server"),
                          tr("Blocks its thread: connections stay open, but nothing is answered."))),
      m_refuse(makeSwitch(tr("&Refuse this peer"),
                          tr("The client's address is no longer allowed; idle connections are closed."))),
      m_expire(
              makeSwitch(tr("E&xpire the certificate"),
                         tr("The server presents an expired certificate; idle connections are closed. Verified TLS only."))),
      m_share(new QSpinBox(this))
{
    m_stop->setObjectName(QStringLiteral("stop"));
    m_freeze->setObjectName(QStringLiteral("freeze"));
    m_refuse->setObjectName(QStringLiteral("refuse"));
    m_expire->setObjectName(QStringLiteral("expire"));
    m_stop->setIcon(icon(QStringLiteral("stop-server")));
    m_freeze->setIcon(icon(QStringLiteral("freeze")));
    m_refuse->setIcon(icon(QStringLiteral("refuse")));
    m_expire->setIcon(icon(QStringLiteral("expire")));
    m_share->setRange(1, 100);
    m_share->setValue(50);
    m_share->setSuffix(tr(" %"));
    m_share->setAccessibleName(tr("Share of the connections to drop"));
    auto *drop = new QPushButton(tr("&Drop"), this);
    drop->setObjectName(QStringLiteral("drop"));
    drop->setIcon(icon(QStringLiteral("drop")));
    drop->setToolTip(tr("The server closes this share of its idle connections."));

    auto *grid = new QGridLayout(this);
    grid->setContentsMargins({});
    grid->addWidget(m_stop, 0, 0);
    grid->addWidget(m_freeze, 0, 1);
    grid->addWidget(m_refuse, 1, 0);
    grid->addWidget(m_expire, 1, 1);
    grid->addWidget(m_share, 2, 0);
    grid->addWidget(drop, 2, 1);

    for (const Fault fault : {Fault::Stopped, Fault::PeerRefused, Fault::CertificateExpired})
        connect(buttonOf(fault), &QPushButton::toggled, this, [this, fault](bool isOn) {
            Q_EMIT acted(Break{fault, isOn});
        });
    connect(m_freeze, &QPushButton::toggled, this, [this](bool isOn) { Q_EMIT acted(Freeze{isOn}); });
    connect(drop, &QPushButton::clicked, this, [this] { Q_EMIT acted(Drop{m_share->value() / 100.0}); });
}

QPushButton *BreakPanel::buttonOf(Fault fault) const
{
    switch (fault) {
    case Fault::Stopped:
        return m_stop;
    case Fault::PeerRefused:
        return m_refuse;
    case Fault::CertificateExpired:
        break;
    }
    return m_expire;
}

void BreakPanel::show(const Act &act)
{
    const QSignalBlocker quiet(this);
    if (const auto *fault = std::get_if<Break>(&act))
        buttonOf(fault->fault)->setChecked(fault->isBroken);
    else if (const auto *freeze = std::get_if<Freeze>(&act))
        m_freeze->setChecked(freeze->isFrozen);
}

void BreakPanel::reset()
{
    const QSignalBlocker quiet(this);
    for (QPushButton *button : {m_stop, m_freeze, m_refuse, m_expire})
        button->setChecked(false);
}

void BreakPanel::setTls(bool isVerified)
{
    m_expire->setEnabled(isVerified);
}

} // namespace Demo
