// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "engine/scenario.h"

#include <QtCore/QLocale>
#include <QtCore/QStringList>

#include <optional>

namespace Demo {

// What was asked for on the command line.
struct CommandLine
{
    Settings settings;
    std::optional<Scenario> scenario;
    std::chrono::seconds duration{0}; // 0: until it is stopped

    bool hasPoolOptions = false; // something is said about the pools or the load

    // Of the window.
    QString theme = QStringLiteral("system"); // or light, dark
    QLocale locale; // the system's
    QString screenshot; // file to save it in, before the program ends
    std::chrono::seconds screenshotAfter{5};
    bool measuresFrames = false;

    // None if there is nothing to run: after --help, --version or --fields, which are answered on stdout, the problem is
    // null; otherwise it names the option and the cause.
    static std::optional<CommandLine> fromArguments(const QStringList &arguments, QString *problem);
};

} // namespace Demo
