// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/pool.h>

namespace QNetPool {

// Sets the options of a new connection: the configured keep-alive and user timeout, and low delay, since a request must not
// wait for the acknowledgement of the one before.
void setTcpOptions(qintptr descriptor, const Pool::Tcp &tcp);

} // namespace QNetPool
