// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qhostaddress.h>

namespace QNetPool {

// The order in which a name's addresses are tried (RFC 8305, section 4): that of the name service, but with the families
// alternating, so that an unreachable family delays a connect by one attempt instead of all its addresses.
QList<QHostAddress> interleaved(const QList<QHostAddress> &addresses);

} // namespace QNetPool
