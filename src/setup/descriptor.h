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

// What came of an accept() on a listening, non-blocking descriptor.
struct Acceptance
{
    enum Result { Accepted, NothingThere, PeerLeft, Exhausted, Failed };
    Result result = NothingThere;
    qintptr descriptor = -1;
    QString cause; // of Exhausted (out of descriptors or memory) and Failed
};
Acceptance acceptConnection(qintptr listening);

void closeDescriptor(qintptr descriptor);

} // namespace QNetPool
