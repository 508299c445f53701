// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qstring.h>

namespace QNetPool {

// What a report calls the calling thread: its object name, or what else tells it from others.
QString currentThreadName();

} // namespace QNetPool
