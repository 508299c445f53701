// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qdebug.h>
#include <QtCore/qloggingcategory.h>

namespace QNetPool {

// "qnetpool.client" and "qnetpool.server": only warnings until enabled (QT_LOGGING_RULES="qnetpool.*=true"); then every step
// in the life of each connection is logged.
const QLoggingCategory &clientLog();
const QLoggingCategory &serverLog();

using LogCategory = const QLoggingCategory &(*)();

} // namespace QNetPool
