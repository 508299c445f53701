// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/connectionid.h>

namespace QNetPool {

// An unpredictable ID: the lower-case hexadecimal digits of 4 bytes from the system's random generator.
ConnectionId randomId();

} // namespace QNetPool
