// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qstring.h>

namespace QNetPool {

// The calling thread's name for reports: its object name if it has one.
QString currentThreadName();

// Names the calling thread for reports, debuggers and the system's tools; not for a thread of the application.
void nameThisThread(const QString &name);

} // namespace QNetPool
