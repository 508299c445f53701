// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "commandline.h"
#include "engine/player.h"
#include "stopsignal.h"

namespace Demo {

// Runs the engine from a terminal: a line a second on stdout, troubles on stderr, the totals at the end.
class Console final : public QObject
{
    Q_OBJECT

public:
    explicit Console(const CommandLine &commandLine);

    int run();

private:
    void hear();
    void noteTrouble(const QString &message);
    void tellEndpoints();
    void tellTroubles();
    void tellProgress();
    void stop();
    int verdict(const Snapshot &end) const;

    const CommandLine m_commandLine;
    Run m_run;
    std::unique_ptr<Player> m_player; // of the scenario
    StopSignal m_stopSignal;
    QTimer m_everySecond;
    QElapsedTimer m_clock;
    Snapshot m_last; // that was told
    QStringList m_troubles; // since the last line
    int m_moreTroubles = 0; // that were not kept
};

} // namespace Demo
