// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "lease/lease.h"
#include "setup/setupstep.h"
#include "stage.h"
#include "system/peernetwork.h"

#include <qnetpool/pool.h>

#include <QtCore/qstring.h>

#include <chrono>

namespace QNetPool {

using CloseReason = Pool::CloseReason;

// The record of a connection in the store, which alone changes the stage, under the stock's lock.
struct Entry : Lease
{
    using TimePoint = std::chrono::steady_clock::time_point;

    Stage stage = Stage::Free;
    quint32 slot = 0;
    quint32 generation = 0; // grows each time the slot is reused
    Entry *previous = nullptr;
    Entry *next = nullptr;
    quint64 epoch = 0; // of the stock when the setup began: one of an earlier epoch does not go out any more
    quint32 rules = 0; // of the stock when its peer was last found to be allowed
    QString host; // that it was dialled at: the socket's peerName()
    PeerNetwork network = NoNetwork; // of a server's peer, while that has the connection
    TimePoint born; // when its setup began
    SetupProgress progress; // while it is pending
    TimePoint setUp; // when that ended
    TimePoint since; // when the stage began; of a stale one, when it became idle
    TimePoint returned{}; // when it was given back into the stock; zero: never, or leased since
    TimePoint endOfLife = TimePoint::max();
    QString tlsError; // with which the peer ended the connection before it was used
    qint64 controlTraffic = 0; // of TLS: bytes read since the last lease that were for no holder
    bool isOverBudget = false; // and is closed for it: see PeerBudget
    QString holder; // name of the thread that holds it, for a leak's report

    quint32 peer = 0; // of a client pool's dials: which of the peers that it has had
    bool isPaused = false; // its watch, while it is leased
    bool wasUsed = false; // leased at least once, or put()
    bool isReturning = false; // Unchecked or Checked for the resetter
    bool isValidated = false; // the validator has said yes, or must not be asked, since it was leased or idle

    quint64 token() const noexcept { return quint64(generation) << 32 | slot; }
};

} // namespace QNetPool
