// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QDir>

// How many descriptors this process has open, where the system can tell; -1 elsewhere.
inline int openDescriptors()
{
    const QDir directory(QStringLiteral("/proc/self/fd"));
    if (!directory.exists())
        return -1;
    return int(directory.entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size()) - 1; // its own
}
