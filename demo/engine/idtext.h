// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/ConnectionId>

namespace Demo {

// The ID's text or, as a peer may choose any eight bytes, their hexadecimal digits if there is one that cannot be printed.
QString idText(QNetPool::ConnectionId id);

} // namespace Demo
