// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qstring.h>

namespace QNetPool {

// What a report calls the calling thread: its object name, or what else tells it from others.
QString currentThreadName();

// What reports, debuggers and the system's tools are to call the calling thread, which is no QThread of the application's.
void nameThisThread(const QString &name);

} // namespace QNetPool
