// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_POOLSTATISTICS_H
#define QNETPOOL_POOLSTATISTICS_H

#include <qnetpool/global.h>

#include <QtCore/qmetatype.h>

#include <chrono>

namespace QNetPool {

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
    qint64 count = 0; // how many were measured
    std::chrono::nanoseconds sum{}; // sum / count is the mean
    std::chrono::nanoseconds maximum{};
    // So many of them took no longer. Never too low, at most 1/16 too high.
    std::chrono::nanoseconds p50{}; // 50 %
    std::chrono::nanoseconds p90{}; // 90 %
    std::chrono::nanoseconds p99{}; // 99 %
    std::chrono::nanoseconds p999{}; // 99.9 %

    friend bool operator==(const DurationStatistics &a, const DurationStatistics &b) noexcept
    {
        return a.count == b.count && a.sum == b.sum && a.maximum == b.maximum && a.p50 == b.p50 && a.p90 == b.p90
                && a.p99 == b.p99 && a.p999 == b.p999;
    }
    friend bool operator!=(const DurationStatistics &a, const DurationStatistics &b) noexcept { return !(a == b); }
};

class QNETPOOL_EXPORT PoolStatistics
{
    Q_GADGET
    Q_PROPERTY(int idle MEMBER idle)
    Q_PROPERTY(int leased MEMBER leased)
    Q_PROPERTY(int pending MEMBER pending)
    Q_PROPERTY(int waiters MEMBER waiters)
    Q_PROPERTY(int unclaimed MEMBER unclaimed)
    Q_PROPERTY(int capacity MEMBER capacity)
    Q_PROPERTY(int target MEMBER target)
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
    Q_PROPERTY(qint64 outOfStep MEMBER outOfStep)
    Q_PROPERTY(qint64 discarded MEMBER discarded)
    Q_PROPERTY(qint64 flushed MEMBER flushed)
    Q_PROPERTY(qint64 stockFull MEMBER stockFull)
    Q_PROPERTY(qint64 closed READ closed)
    Q_PROPERTY(double waitShare READ waitShare)
    Q_PROPERTY(double recentWaitShare MEMBER recentWaitShare)
    Q_PROPERTY(std::chrono::nanoseconds setupTime MEMBER setupTime)
    Q_PROPERTY(QNetPool::DurationStatistics connectTime MEMBER connectTime)
    Q_PROPERTY(QNetPool::DurationStatistics handshakeTime MEMBER handshakeTime)
    Q_PROPERTY(QNetPool::DurationStatistics acquireTime MEMBER acquireTime)
    Q_PROPERTY(QNetPool::DurationStatistics leaseTime MEMBER leaseTime)

public:
    // Gauges: the value now.
    int idle = 0; // in the stock
    int leased = 0; // out with the application, or waiting for or with its validator or resetter
    int pending = 0; // being set up: connect, TLS, ID
    int waiters = 0; // acquire() and waitForConnection() calls in the wait queue
    int unclaimed = 0; // closed by the peer after it sent bytes; only take(id) still returns them
    int capacity = 0; // how many idle connections the pool aims at (client) or holds at most (server)
    int target = 0; // what the demand needs to be idle or pending, beyond the waiters; of a client in Rule::Predictive
    int errors = 0; // errorCount()

    // Total of peers that a server turned away at once: not allowed, or over a limit of handshakes, failed ones or connections.
    qint64 peersRefused = 0;

    // Totals of connections.
    qint64 created = 0; // set up, or added with put()
    qint64 givenBack = 0; // went back from a lease into the stock, or on to a waiter
    qint64 detached = 0; // left the pool with detach()

    // Totals of calls that asked for a connection.
    qint64 taken = 0; // leases handed out, in any way
    qint64 fromStock = 0; // of these, at once
    qint64 hadToWait = 0; // of these, from the wait queue
    qint64 queued = 0; // entered the wait queue
    qint64 timedOut = 0; // left it without a connection: AcquireTimeout
    qint64 cancelled = 0; // left it because the future was canceled
    qint64 abandoned = 0; // were in it when the pool closed: Closed
    qint64 refused = 0; // never entered it: TooManyWaiters, or Closed

    // Totals of closed connections, by reason.
    qint64 diedIdle = 0; // the peer closed it or the network failed while it was idle
    qint64 idleTooLong = 0; // idleTimeout
    qint64 livedTooLong = 0; // maximumLifetime
    qint64 failedCheck = 0; // the validator or the resetter refused it, or took too long
    qint64 closedDirty = 0; // given back not connected, with bytes unread or unsent, or not restorable
    // Of a client in ConnectionMode::Single: an answer may have been due when the lease ended by itself, or bytes came while it
    // was idle.
    qint64 outOfStep = 0;
    qint64 discarded = 0; // discard() was called, or the holder deleted the socket
    qint64 flushed = 0; // flush() or close() was called, or it was given back after close()
    qint64 stockFull = 0; // given back or set up while the stock was full

    qint64 closed() const noexcept
    {
        return diedIdle + idleTooLong + livedTooLong + failedCheck + closedDirty + outOfStep + discarded + flushed
                + stockFull;
    }

    // Of the leases handed out, the share that came from the wait queue, 0 to 1.
    double waitShare() const noexcept { return taken > 0 ? double(hadToWait) / double(taken) : 0; }
    // Of the calls for any connection in the last five minutes, the share that had to wait, 0 to 1, whether they got one, timed
    // out or were canceled. Of a client, since its last start.
    double recentWaitShare = 0;

    // Times.
    std::chrono::nanoseconds setupTime{}; // of a client: the smoothed mean from dial to admission; 0: unknown
    DurationStatistics connectTime; // of a client: name lookup and TCP connect
    DurationStatistics handshakeTime; // TLS and ID, of connections that have one of them
    DurationStatistics acquireTime; // from acquire() or waitForConnection() to its connection
    DurationStatistics leaseTime; // from the beginning of a lease to its end
};

} // namespace QNetPool

Q_DECLARE_METATYPE(QNetPool::DurationStatistics)
Q_DECLARE_METATYPE(QNetPool::PoolStatistics)

#endif
