// SPDX-License-Identifier: BSD-3-Clause
#include "logging.h"

namespace QNetPool {

Q_LOGGING_CATEGORY(clientLog, "qnetpool.client", QtWarningMsg)
Q_LOGGING_CATEGORY(serverLog, "qnetpool.server", QtWarningMsg)

} // namespace QNetPool
