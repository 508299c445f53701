// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/peernetwork.h"

#include <QtCore/qhash.h>

#include <chrono>

namespace QNetPool {

struct Entry;

// Counts a server's pending handshakes, in all and by peer, against their limits, and decides how long a new one may take.
class PendingHandshakes
{
public:
    void setLimits(int inAll, int perPeer); // 0 = no limit
    bool isFull() const; // at the limit: accepting has to pause
    bool allows(PeerNetwork peer) const; // false: that peer is at its limit

    void begin(const Entry *entry, PeerNetwork peer);
    void end(const Entry *entry); // no effect if it has not begun
    void clear();

    // The whole timeout up to half of the limit; from there it shrinks to a quarter at the limit, so that peers which never
    // finish their handshakes make room sooner.
    std::chrono::milliseconds deadline(std::chrono::milliseconds timeout) const;

private:
    int m_limit = 0;
    int m_limitPerPeer = 0;
    QHash<const Entry *, PeerNetwork> m_peers;
    QHash<PeerNetwork, int> m_counts;
};

} // namespace QNetPool
