// SPDX-License-Identifier: BSD-3-Clause
#include "console/console.h"

#include <QtCore/QCoreApplication>

#include <cstdio>

int main(int argc, char *argv[])
{
    const QCoreApplication application(argc, argv);
    QString problem;
    const auto commandLine = Demo::CommandLine::fromArguments(QCoreApplication::arguments(), &problem);
    if (commandLine)
        return Demo::Console(*commandLine).run();
    if (problem.isEmpty())
        return 0;
    std::fprintf(stderr, "qnetpool-demo: %s\nSee qnetpool-demo --help.\n", qPrintable(problem));
    return 2;
}
