// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/peernetwork.h"

#include <QtCore/qhash.h>

#include <chrono>

namespace QNetPool {

struct Entry;

// Counts a server's pending handshakes, in all and by peer, against their limits, and decides how long a new one may take.
// Counts how many of each peer have failed lately, too: one that only fails takes the processor from the others.
class PendingHandshakes
{
public:
    using Clock = std::chrono::steady_clock;

    void setLimits(int inAll, int perPeer); // 0 = no limit; perPeer: of failures neither
    bool isFull() const; // at the limit: accepting has to pause
    bool allows(PeerNetwork peer) const; // false: that peer has its share
    // How many a peer may have now; 0 = no limit. Its limit up to half of the limit in all; from there it shrinks to 1, with
    // the square of the room: peers that take whatever they get, one after the other, leave some for those that have none,
    // while in proportion to the room they would soon leave nothing. No shares if one peer may have all, nor if most have one
    // each: nothing is won then by turning away those of an honest peer that have waited in the backlog.
    int share() const;
    int count() const { return int(m_peers.size()); }
    int count(PeerNetwork peer) const { return m_counts.value(peer); }

    void begin(const Entry *entry, PeerNetwork peer);
    void end(const Entry *entry, bool hasFailed, Clock::time_point now); // no effect if it has not begun
    bool failsTooOften(PeerNetwork peer, Clock::time_point now) const; // for the rest of this second
    void clear();

    // The whole timeout up to half of the limit; from there it shrinks to a quarter at the limit, so that peers which never
    // finish their handshakes make room sooner.
    std::chrono::milliseconds deadline(std::chrono::milliseconds timeout) const;

private:
    double pressure() const; // 0 up to half of the limit, 1 at the limit
    void countEnd(PeerNetwork peer, bool hasFailed, Clock::time_point now);

    int m_limit = 0;
    int m_limitPerPeer = 0;
    QHash<const Entry *, PeerNetwork> m_peers;
    QHash<PeerNetwork, int> m_counts;
    QHash<PeerNetwork, int> m_failures; // in this second, less the successes
    Clock::time_point m_secondEnds{};
};

} // namespace QNetPool
