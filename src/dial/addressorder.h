// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qhostaddress.h>

namespace QNetPool {

// The order in which a name's addresses are tried, as RFC 8305, section 4, has it: the name service's own order, but the
// families take turns, the first one first, so that a dead family delays a connect by one attempt and not by all its addresses.
QList<QHostAddress> interleaved(const QList<QHostAddress> &addresses);

} // namespace QNetPool
