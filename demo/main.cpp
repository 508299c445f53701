// SPDX-License-Identifier: BSD-3-Clause
#include "console/console.h"

#ifdef QNETPOOL_DEMO_WINDOW
#include "gui/frames.h"
#include "gui/window/show.h"
#else
#include <QtCore/QCoreApplication>
#endif

#include <algorithm>
#include <cstdio>
#include <cstring>

using namespace Demo;

static int run(int (*what)(const CommandLine &commandLine))
{
    QString problem;
    const auto commandLine = CommandLine::fromArguments(QCoreApplication::arguments(), &problem);
    if (commandLine)
        return what(*commandLine);
    if (problem.isEmpty())
        return 0;
    std::fprintf(stderr, "qnetpool-demo: %s\nSee qnetpool-demo --help.\n", qPrintable(problem));
    return 2;
}

static int runInTerminal(const CommandLine &commandLine)
{
    return Console(commandLine).run();
}

int main(int argc, char *argv[])
{
#ifdef QNETPOOL_DEMO_WINDOW
    // These work without a display.
    const bool needsWindow = std::none_of(argv + 1, argv + argc, [](const char *argument) {
        const auto is = [argument](const char *option) { return !std::strcmp(argument, option); };
        return is("--headless") || is("--help") || is("-h") || is("--version") || is("-v") || is("--fields");
    });
    if (needsWindow) {
        MeasuringApplication application(argc, argv);
        return run(&showWindow);
    }
#endif
    const QCoreApplication application(argc, argv);
    return run(&runInTerminal);
}
