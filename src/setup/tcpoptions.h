// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/pool.h>

namespace QNetPool {

// What every connection's TCP is told as soon as it is connected: the configured keep-alive and user time-out, and low delay,
// since a request must not wait for the acknowledgement of the one before.
void setTcpOptions(qintptr descriptor, const Pool::Tcp &tcp);

} // namespace QNetPool
