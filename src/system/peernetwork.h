// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

namespace QNetPool {

// What counts as one peer: an IPv4 address, or an IPv6 network of 64 bits, as who has an IPv6 address usually has all of that.
using PeerNetwork = quint64;

inline constexpr PeerNetwork NoNetwork = ~PeerNetwork(0);

} // namespace QNetPool
