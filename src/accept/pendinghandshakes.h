// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qhash.h>
#include <QtNetwork/qhostaddress.h>

#include <chrono>

namespace QNetPool {

struct Entry;

// The handshakes that a server has going on: how many there may be, in all and with one peer, and how long a new one may take.
class PendingHandshakes
{
public:
    void setLimits(int inAll, int perPeer); // 0 = no limit
    bool isFull() const; // accepting has to stop
    bool allows(const QHostAddress &peer) const; // false: that peer has as many as it may

    void begin(const Entry *entry, const QHostAddress &peer);
    void end(const Entry *entry); // does nothing if it has not begun
    void clear();

    // All of timeout while there are few. When more than half of the places are taken it shrinks, down to a quarter with the
    // last one, so that peers which leave their handshakes lying about keep the others waiting for less time.
    std::chrono::milliseconds deadline(std::chrono::milliseconds timeout) const;

private:
    int m_limit = 0;
    int m_limitPerPeer = 0;
    QHash<const Entry *, QHostAddress> m_peers;
    QHash<QHostAddress, int> m_counts; // by network
};

} // namespace QNetPool
