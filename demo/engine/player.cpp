// SPDX-License-Identifier: BSD-3-Clause
#include "player.h"

namespace Demo {

Player::Player(Run &run, Scenario scenario, QObject *parent) : QObject(parent), m_run(run), m_scenario(std::move(scenario))
{
}

void Player::start()
{
    m_run.perform(m_scenario.load);
    for (const Scenario::Step &step : m_scenario.steps)
        QTimer::singleShot(step.at, Qt::PreciseTimer, this, [this, act = step.act] { m_run.perform(act); });
    QTimer::singleShot(m_scenario.duration, Qt::PreciseTimer, this, &Player::finished);
}

} // namespace Demo
