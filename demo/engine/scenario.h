// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "fault.h"
#include "settings.h"

#include <QtCore/QCoreApplication>

#include <variant>

namespace Demo {

// What may be done to a run.
struct Freeze
{
    bool isFrozen; // the server's thread is blocked
};
struct Break
{
    Fault fault;
    bool isBroken;
};
struct Drop
{
    double share; // of the server's idle connections
};
struct Burst
{
    int exchanges;
};
struct Size
{
    QNetPool::ClientPool::Rule rule; // of the client's stock
};
using Act = std::variant<Load, Freeze, Break, Drop, Burst, Size>;

QString describe(const Act &act);

QNetPool::ClientPool::Configuration sized(QNetPool::ClientPool::Configuration configuration, const Size &size);

// What is done in a run, and when, after it was started.
struct Scenario
{
    Q_DECLARE_TR_FUNCTIONS(Demo::Scenario)

public:
    struct Step
    {
        std::chrono::milliseconds at;
        Act act;
    };

    QString name; // on the command line
    const char *summary = ""; // what is to be seen, in English, to be translated as it is shown
    Load load; // from the beginning
    QList<Step> steps;
    std::chrono::seconds duration{};
    QNetPool::TlsMode tlsMode = QNetPool::TlsMode::None; // that it needs at least
};

const QList<Scenario> &scenarios();
const Scenario *findScenario(QStringView name); // null: there is none

} // namespace Demo
