// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "run.h"
#include "scenario.h"

namespace Demo {

// Plays a scenario in a run. To be deleted before the run is.
class Player final : public QObject
{
    Q_OBJECT

public:
    Player(Run &run, Scenario scenario, QObject *parent = nullptr);

    void start(); // once the run is started

Q_SIGNALS:
    void finished();

private:
    Run &m_run;
    const Scenario m_scenario;
};

} // namespace Demo
