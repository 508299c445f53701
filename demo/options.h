// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QCommandLineOption>

namespace Demo {

// Options that are about the same thing.
struct OptionGroup
{
    QString title;
    QList<QCommandLineOption> options;
};

QList<OptionGroup> optionGroups(); // all that there are
QString scenarioNames(); // that --scenario takes

QString helpText(); // of --help

} // namespace Demo
