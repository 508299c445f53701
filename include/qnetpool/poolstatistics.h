// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_POOLSTATISTICS_H
#define QNETPOOL_POOLSTATISTICS_H

#include <qnetpool/global.h>

#include <QtCore/qmetatype.h>

namespace QNetPool {

// One consistent snapshot of a pool. Gauges are of the moment, totals count since the pool was constructed:
// created == idle + leased + unclaimed + detached + closed(), at every moment.
class QNETPOOL_EXPORT PoolStatistics
{
    Q_GADGET
    Q_PROPERTY(int idle MEMBER idle)
    Q_PROPERTY(int leased MEMBER leased)
    Q_PROPERTY(int pending MEMBER pending)
    Q_PROPERTY(int waiters MEMBER waiters)
    Q_PROPERTY(int unclaimed MEMBER unclaimed)
    Q_PROPERTY(int capacity MEMBER capacity)
    Q_PROPERTY(int errors MEMBER errors)
    Q_PROPERTY(qint64 created MEMBER created)
    Q_PROPERTY(qint64 taken MEMBER taken)
    Q_PROPERTY(qint64 givenBack MEMBER givenBack)
    Q_PROPERTY(qint64 detached MEMBER detached)
    Q_PROPERTY(qint64 diedIdle MEMBER diedIdle)
    Q_PROPERTY(qint64 closedDirty MEMBER closedDirty)
    Q_PROPERTY(qint64 discarded MEMBER discarded)
    Q_PROPERTY(qint64 flushed MEMBER flushed)
    Q_PROPERTY(qint64 stockFull MEMBER stockFull)
    Q_PROPERTY(qint64 closed READ closed)

public:
    // Gauges.
    int idle = 0; // in the stock, ready to go out
    int leased = 0; // out with the application
    int pending = 0; // being set up: connect, TLS, ID
    int waiters = 0; // acquire() and waitForConnection() calls in line
    int unclaimed = 0; // closed by the peer after it sent bytes; only take(id) still delivers them
    int capacity = 0; // how many idle connections the pool aims at (client) or holds at most (server)
    int errors = 0; // as errorCount()

    // Totals.
    qint64 created = 0; // set up, or brought in with put()
    qint64 taken = 0; // leases handed out, in any way
    qint64 givenBack = 0; // leases whose connection went back into the stock, or on to a waiter
    qint64 detached = 0; // left the pool with detach()

    // Totals of closed connections, by reason.
    qint64 diedIdle = 0; // the peer or the network ended it while it was in the stock
    qint64 closedDirty = 0; // given back not connected, with bytes unread or unsent, or not restorable
    qint64 discarded = 0; // ended with discard(), or the holder deleted the socket
    qint64 flushed = 0; // closed by flush() or close(), or given back after them
    qint64 stockFull = 0; // given back or put() when the stock was full

    qint64 closed() const noexcept { return diedIdle + closedDirty + discarded + flushed + stockFull; }
};

} // namespace QNetPool

Q_DECLARE_METATYPE(QNetPool::PoolStatistics)

#endif
