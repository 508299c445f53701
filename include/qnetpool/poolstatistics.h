// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_POOLSTATISTICS_H
#define QNETPOOL_POOLSTATISTICS_H

#include <qnetpool/global.h>

#include <QtCore/qmetatype.h>

#include <chrono>

namespace QNetPool {

// How long something took, over all times that it happened since the pool was constructed. Count, sum and maximum are exact;
// a percentile is never too low and at most 1/16 too high.
class QNETPOOL_EXPORT DurationStatistics
{
    Q_GADGET
    Q_PROPERTY(qint64 count MEMBER count)
    Q_PROPERTY(std::chrono::nanoseconds sum MEMBER sum)
    Q_PROPERTY(std::chrono::nanoseconds maximum MEMBER maximum)
    Q_PROPERTY(std::chrono::nanoseconds p50 MEMBER p50)
    Q_PROPERTY(std::chrono::nanoseconds p90 MEMBER p90)
    Q_PROPERTY(std::chrono::nanoseconds p99 MEMBER p99)
    Q_PROPERTY(std::chrono::nanoseconds p999 MEMBER p999)

public:
    qint64 count = 0;
    std::chrono::nanoseconds sum{};
    std::chrono::nanoseconds maximum{};
    std::chrono::nanoseconds p50{}; // half of them took no longer
    std::chrono::nanoseconds p90{};
    std::chrono::nanoseconds p99{};
    std::chrono::nanoseconds p999{}; // 99.9 % of them took no longer

    friend bool operator==(const DurationStatistics &a, const DurationStatistics &b) noexcept
    {
        return a.count == b.count && a.sum == b.sum && a.maximum == b.maximum && a.p50 == b.p50 && a.p90 == b.p90
                && a.p99 == b.p99 && a.p999 == b.p999;
    }
    friend bool operator!=(const DurationStatistics &a, const DurationStatistics &b) noexcept { return !(a == b); }
};

// One consistent snapshot of a pool. Gauges are of the moment, totals count since the pool was constructed. At every moment
//     created == idle + leased + unclaimed + detached + closed()
//     taken   == fromStock + hadToWait
//     queued  == hadToWait + timedOut + cancelled + abandoned + waiters
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
    Q_PROPERTY(qint64 peersRefused MEMBER peersRefused)
    Q_PROPERTY(qint64 created MEMBER created)
    Q_PROPERTY(qint64 givenBack MEMBER givenBack)
    Q_PROPERTY(qint64 detached MEMBER detached)
    Q_PROPERTY(qint64 taken MEMBER taken)
    Q_PROPERTY(qint64 fromStock MEMBER fromStock)
    Q_PROPERTY(qint64 hadToWait MEMBER hadToWait)
    Q_PROPERTY(qint64 queued MEMBER queued)
    Q_PROPERTY(qint64 timedOut MEMBER timedOut)
    Q_PROPERTY(qint64 cancelled MEMBER cancelled)
    Q_PROPERTY(qint64 abandoned MEMBER abandoned)
    Q_PROPERTY(qint64 refused MEMBER refused)
    Q_PROPERTY(qint64 diedIdle MEMBER diedIdle)
    Q_PROPERTY(qint64 idleTooLong MEMBER idleTooLong)
    Q_PROPERTY(qint64 livedTooLong MEMBER livedTooLong)
    Q_PROPERTY(qint64 failedCheck MEMBER failedCheck)
    Q_PROPERTY(qint64 closedDirty MEMBER closedDirty)
    Q_PROPERTY(qint64 discarded MEMBER discarded)
    Q_PROPERTY(qint64 flushed MEMBER flushed)
    Q_PROPERTY(qint64 stockFull MEMBER stockFull)
    Q_PROPERTY(qint64 closed READ closed)
    Q_PROPERTY(QNetPool::DurationStatistics connectTime MEMBER connectTime)
    Q_PROPERTY(QNetPool::DurationStatistics handshakeTime MEMBER handshakeTime)
    Q_PROPERTY(QNetPool::DurationStatistics acquireTime MEMBER acquireTime)
    Q_PROPERTY(QNetPool::DurationStatistics leaseTime MEMBER leaseTime)

public:
    // Gauges.
    int idle = 0; // in the stock
    int leased = 0; // out with the application, its validator or its resetter
    int pending = 0; // being set up: connect, TLS, ID
    int waiters = 0; // acquire() and waitForConnection() calls in line
    int unclaimed = 0; // closed by the peer after it sent bytes; only take(id) still delivers them
    int capacity = 0; // how many idle connections the pool aims at (client) or holds at most (server)
    int errors = 0; // as errorCount()

    // Total of a server's connections that were closed before anything was made for them: the peer is not allowed or has too
    // many handshakes going on, or there are as many connections as there may be.
    qint64 peersRefused = 0;

    // Totals of connections.
    qint64 created = 0; // set up, or brought in with put()
    qint64 givenBack = 0; // leases whose connection went back into the stock, or on to a waiter
    qint64 detached = 0; // left the pool with detach()

    // Totals of those who asked for one.
    qint64 taken = 0; // leases handed out, in any way
    qint64 fromStock = 0; // at once
    qint64 hadToWait = 0; // after a time in line
    qint64 queued = 0; // stood in line
    qint64 timedOut = 0; // left the line without a connection: AcquireTimeout
    qint64 cancelled = 0; // left the line because the future was cancelled
    qint64 abandoned = 0; // were in line when the pool closed: Closed
    qint64 refused = 0; // never got into the line: TooManyWaiters, or Closed

    // Totals of closed connections, by reason.
    qint64 diedIdle = 0; // the peer or the network ended it while it was in the stock
    qint64 idleTooLong = 0; // idleTimeout
    qint64 livedTooLong = 0; // maximumLifetime
    qint64 failedCheck = 0; // the validator or the resetter said no, or took too long
    qint64 closedDirty = 0; // given back not connected, with bytes unread or unsent, or not restorable
    qint64 discarded = 0; // ended with discard(), or the holder deleted the socket
    qint64 flushed = 0; // closed by flush() or close(), or given back after close()
    qint64 stockFull = 0; // given back or set up when the stock was full

    qint64 closed() const noexcept
    {
        return diedIdle + idleTooLong + livedTooLong + failedCheck + closedDirty + discarded + flushed + stockFull;
    }

    // Times.
    DurationStatistics connectTime; // of a client: name lookup and TCP connect
    DurationStatistics handshakeTime; // after that: TLS and ID, where there is one of them
    DurationStatistics acquireTime; // from acquire() or waitForConnection() to its connection; 0 or so from the stock
    DurationStatistics leaseTime; // from a connection's going out to the end of its lease
};

} // namespace QNetPool

Q_DECLARE_METATYPE(QNetPool::DurationStatistics)
Q_DECLARE_METATYPE(QNetPool::PoolStatistics)

#endif
