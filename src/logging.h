// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qdebug.h>
#include <QtCore/qloggingcategory.h>

namespace QNetPool {

// "qnetpool.client" and "qnetpool.server": silent but for warnings until switched on (QT_LOGGING_RULES="qnetpool.*=true");
// then they tell the whole life of every connection.
const QLoggingCategory &clientLog();
const QLoggingCategory &serverLog();

using LogCategory = const QLoggingCategory &(*)();

} // namespace QNetPool
