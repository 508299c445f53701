// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qhostaddress.h>

#include <chrono>

namespace QNetPool {

// What the pool does to a bare descriptor, where Qt has no portable way.

// Who is at the other end; null if that is not known (any more). Needs no socket object.
QHostAddress peerAddress(qintptr descriptor);

// TCP probes a connection that was silent for the period, again after each period, three times. 0 switches probes off.
bool setKeepAlive(qintptr descriptor, std::chrono::milliseconds period);

void closeDescriptor(qintptr descriptor);

} // namespace QNetPool
