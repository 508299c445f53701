// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "histogram.h"
#include "lease/closinghandle.h"
#include "loggingmutex.h"
#include "policy.h"
#include "sizing/demand.h"
#include "store.h"
#include "system/alarm.h"
#include "system/probe.h"
#include "system/sleepdetector.h"
#include "system/watcher.h"
#include "timelimits.h"
#include "waitqueue.h"

#include <QtCore/qset.h>
#include <QtCore/qstringlist.h>
#include <QtNetwork/qhostaddress.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace QNetPool {

// The connections of a pool: the store, the wait queue and the watcher, behind one lock. Any thread may call it unless a
// function says otherwise. The pool shares it with its leases, which may outlive the pool, and with callers of take(),
// put(), join() and flush(), as a waiter's continuation may delete the pool meanwhile.
//
// Its functions are in files of their own, by subject:
//     admission      how a connection enters the stock
//     checkout       how one is leased, and whether it may be
//     waiting        the wait queue, and who gets an available connection
//     returning      how a lease ends
//     inspection     whether the peer of an idle connection is still there
//     check          which connections the validator and the resetter are run on
//     expiry         what happens when a time limit is over
//     reasons        why a caller gets no connection, in sentences
//     revalidation   after a change of the network, or a suspend
//     closing        how connections are closed
//     notifications  what the pool's thread is notified of
//     sizingfeed     what the sizing is told
//     statistics     what can be queried
//
// Ownership: whoever changes an entry's stage, under the lock, then owns its socket and may use it without the lock.
class Stock final : public LeaseOwner, public std::enable_shared_from_this<Stock>
{
public:
    explicit Stock(LogCategory log) : m_log(log), m_mutex(log) { }

    using Clock = std::chrono::steady_clock;

    enum class EventType { Available, Lost, Closed };
    struct Event
    {
        EventType type;
        ConnectionId id;
        CloseReason reason{}; // of EventType::Closed
    };

    // A connection that the peer closed before it was used.
    struct UnusedEnd
    {
        std::chrono::nanoseconds age{}; // since its setup
        quint32 peer = 0; // Entry::peer
        bool isTlsError = false;
        bool isToldAlready = false; // as it failed its check
        bool isUnasked = false; // it has not ended, but it has sent bytes, and dropUnexpectedBytes
        QString cause; // what the peer said; empty: nothing
    };

    // Why a connection was closed, for errorOccurred().
    struct Complaint
    {
        Pool::Error error;
        QString message;
    };

    // What has happened since the last takeNotifications(): the pool turns it into signals.
    struct Notifications
    {
        std::vector<Event> events; // in order
        std::vector<std::weak_ptr<Waiter>> newWaiters;
        int idle = 0;
        bool hasIdleChanged = false; // since it was last notified, or since idleCountChanged() was connected
        std::vector<UnusedEnd> unusedEnds; // of a client
        std::vector<Complaint> complaints;
        bool isRetryDue = false; // the network may have changed: revalidateAll()
        std::optional<Clock::time_point> deadline; // when expire() has something to do
    };

    struct Leak
    {
        ConnectionId id;
        std::chrono::milliseconds age;
        QString holder;
    };

    // How long each step of a setup took, if there was one.
    struct SetupTimes
    {
        std::optional<std::chrono::nanoseconds> connect;
        std::optional<std::chrono::nanoseconds> handshake;
    };

    enum class Admission { Admitted, IdInUse, Full, Closed, Unwatched }; // Unwatched: the watcher failed
    enum class Departure { TimedOut, Cancelled };

    // The pool's side. wake is called from any thread with the lock held, at most once until takeNotifications().
    void open(Policy policy, std::unique_ptr<Watcher> watcher, std::function<void()> wake);
    void setPolicy(Policy policy);
    // Another peer, or other security: today's connections do not go out any more. Idle ones are closed, the others once they
    // are set up or given back; last words stay for who asks for them by ID.
    void renew();
    void recheckPeers(); // other rules: the same for connections of peers that are not allowed any more
    // Which signals are connected: the pool's thread is not woken for the others.
    struct Receivers
    {
        bool available = false;
        bool closed = false;
        bool idleCount = false;
    };
    void setReceivers(Receivers receivers) noexcept;
    Notifications takeNotifications();
    std::vector<Leak> expire(Clock::time_point now);
    void handleActivity(quint64 token); // the watcher's report, in the pool's thread
    // Fails waiters and closes idle connections; leased ones are closed when they are given back. With drainUntil,
    // isDraining() until then, or until none is leased.
    void shut(const QString &reason, std::optional<Clock::time_point> drainUntil = {});
    bool isOpen() const;
    bool isDraining() const;
    void stopWatching(); // after shut(), in the pool's thread
    void tearDown(); // shut() and stopWatching(), without wake
    void setLastError(const QString &message);
    void setRetryPaused(bool isPaused); // a client dials nothing for now, as attempts have failed

    // Setting up: a pending entry is added, then admitted or abandoned. Null: maximumConnections is reached.
    // The last words of a connection that the peer has left make room, the oldest first.
    Entry *addPending();
    Entry *addPendingNamed(PeerNetwork network); // with a random ID that is not in use
    int countOf(PeerNetwork network) const; // what that peer of a server has
    bool closeOldestUnclaimed(); // for its descriptor; false: there is none
    void abandon(Entry *entry);
    // id: null to keep the entry's ID, or to assign a random one.
    Admission admit(Entry *entry, ConnectionId id, std::unique_ptr<QTcpSocket> socket, const SetupTimes &times = {});
    Admission admit(Entry *entry, ConnectionId id, Descriptor descriptor, const SetupTimes &times);

    // Checking, in the pool's thread: the validator or resetter is run on each entry from nextToCheck(), which ends with
    // checked().
    Entry *nextToCheck();
    void checked(Entry *entry, const QString &failure); // what the hook did instead of saying yes; empty: it said yes

    bool doChecksFail() const; // the last few did, and none has passed since

    // After a change of the network: closes connections whose local address is gone, and has the others validated before
    // they are leased.
    using IsHere = std::function<bool(const QHostAddress &address)>;
    void revalidateAll(const IsHere &isHere);
    void revalidateIfSlept(); // the same if the host has been suspended

    Connection take(ConnectionId id = {});
    bool put(ConnectionId id, QTcpSocket *socket, QString *reason);
    void flush();
    void join(std::shared_ptr<Waiter> waiter);
    // False: not in the wait queue any more, it is being served or failed. reason: unless null, why none came.
    bool leave(quint64 number, Departure departure, QString *reason = nullptr);
    PoolStatistics statistics() const; // without what only the pool knows
    QList<ConnectionInfo> connections() const;
    int idleCount() const;
    int leasedCount() const;
    int pendingCount() const;
    int waiterCount() const;
    int unservedWaiterCount() const; // waiters for any connection, less those for whom one is being validated
    StockLevel level() const;
    bool isOvertaken(const Entry *pending) const; // its end says nothing of the peer any more
    Clock::time_point nextLate() const; // when level() changes because something takes too long
    std::chrono::nanoseconds meanSetupTime() const; // of a client; zero: unknown

    // The lease's side.
    void takeBack(Lease *lease, Condition condition, LeaseEnd end) override;
    void discard(Lease *lease) override;
    void detach(Lease *lease, bool hasSocket) override;
    QString noteFirstUse(Lease *lease) override;
    void noteUse(Lease *lease) override;
    void warnOfOtherThread(const Lease *lease, const QString &home) const override;

private:
    using Lock = std::unique_lock<LoggingMutex>;
    enum class Finding {
        Quiet,
        HasBytes,
        WithinRecord, // of TLS, which may turn out to be for nobody; of one that was used
        ClosedWithBytes,
        Dead
    };
    enum class Verdict {
        MayGo,
        HasLastWords, // it may go to a caller that asks for it by its ID, else it is to be retired
        IsUnvalidated, // it must not go yet, and is Unchecked now
        IsGone, // it had ended, is out of step, or is of a former run, peer or rule, and has been retired
    };

    static constexpr int FailuresInARow = 3; // of checks, after which all are said to fail
    static constexpr quint64 NoEpoch = ~quint64(0);

    void use(Policy &policy); // swaps it with the former one, whose hooks must be destroyed without the lock
    bool isCurrent(Entry *entry) const { return m_isOpen && entry->epoch == m_epoch && isPeerAllowed(entry); }
    bool isPeerAllowed(Entry *entry) const { return entry->rules == m_rules || mayBeAllowed(entry); }
    bool mayBeAllowed(Entry *entry) const; // by rules that are new to it
    Verdict lastLook(Entry *entry, Lock &lock);
    Finding inspect(Entry *entry) const;
    static Finding inspectTls(Entry *entry, ProbeResult health);
    static Finding quietOrWithin(const Entry *entry);
    Finding inspectIdle(Entry *entry, Lock &lock);
    bool awaitInspection(ConnectionId id, Lock &lock);
    Entry *firstFree(Stage stage) const;
    Entry *lastFree(Stage stage) const;
    Entry *nextToLease() const;
    Entry *pick(ConnectionId id, Clock::time_point now);
    Entry *checkOut(ConnectionId id, Lock &lock);
    Connection lend(Entry *entry, qint64 PoolStatistics::*way, QString holder);
    Admission offer(Entry *entry, Clock::time_point now, Lock &lock);
    Admission offerNow(Entry *entry, bool isReturned, Clock::time_point now, Lock &lock);
    void offerLater(Entry *entry, bool isReturned);
    bool serve(std::shared_ptr<Waiter> waiter, Entry *entry, Lock &lock);
    bool addToStock(Entry *entry, Clock::time_point now);
    void closeEntry(Entry *entry, CloseReason reason, Lock &lock);
    void closeSpent(Entry *entry, Lock &lock); // over its idleTimeout or maximumLifetime
    void keepUnclaimed(Entry *entry);
    bool isUsable(Finding seen) const;
    void retire(Entry *entry, Finding seen, CloseReason ifDead, Lock &lock);
    void offerOrRetire(Entry *entry, Finding seen, CloseReason ifDead, Clock::time_point now, Lock &lock);
    bool keepsUnclaimed() const { return !m_policy.dropUnexpectedBytes && m_policy.limits.unclaimedTimeout.count() > 0; }
    void complain(Pool::Error error, const QString &message);
    void notify(EventType kind, ConnectionId id, CloseReason reason = {});
    void wake();
    void idleCountChanged();
    void scheduleExpiry(Clock::time_point deadline);
    void setAlarm(Clock::time_point deadline);
    void failLateWaiters();
    void failExpired(Clock::time_point now, bool isBlocked = false);
    void carryOut(const TimeLimits::Due &due, Clock::time_point now, std::vector<ClosingHandle> &closing,
                  std::vector<Leak> &leaks);
    ClosingHandle startClosing(Entry *entry, CloseReason reason);
    ClosingHandle removeEntry(Entry *entry);
    std::vector<ClosingHandle> startClosingExcess();
    std::vector<ClosingHandle> startClosingAll();
    Admission admit(Entry *entry, ConnectionId id, const SetupTimes &times);
    int room() const;
    bool assignId(Entry *entry, ConnectionId id);
    // Why it cannot be put into the stock; empty: it has a place and an ID.
    QString refusalOf(Entry *entry, ConnectionId id, const QTcpSocket &socket);
    StockLevel currentLevel() const;
    void noteTaken(const Entry *entry);
    void noteGivenBack(Entry *entry, bool isReturned, Clock::time_point now); // it has been served or is idle
    void noteEnd(Entry *entry);
    void noteDeparture(const Waiter &waiter); // without a connection
    void noteUnusedEnd(const Entry *entry, Finding seen);
    void noteUnreadAlert(const Entry *entry);

    std::chrono::nanoseconds lateAfter() const;
    bool isOvertaken(const Entry *pending, Clock::time_point now) const;
    struct Overtaken
    {
        int count;
        const Entry *next; // the oldest that is not
    };
    Overtaken overtakenSetups(Clock::time_point now) const;
    Clock::time_point nextProbe(const Entry *oldest) const;
    int checks() const;
    int lateChecks(int most) const;
    int promisingChecks() const;
    int checksForNobody() const;
    int waitersWithoutCheck() const;
    int unservedWaiters() const;

    QString holderName() const;

    QLatin1String starter() const;
    QString notRunning() const;
    QString loopHasNotRun() const;
    void warnIfNotAtWork(Lock &lock);
    QStringList activity() const;
    QStringList whereabouts(ConnectionId id) const;
    QString whyNoneCame(const Waiter &waiter, int waiting, Clock::time_point now, bool isBlocked) const;

    bool isStale(const Entry *entry, Clock::time_point now) const;
    Clock::time_point revalidateIfSlept(Lock &lock); // returns the present time
    QSet<QHostAddress> localAddresses() const;
    std::vector<ClosingHandle> startClosingAllFrom(const QSet<QHostAddress> &gone);
    void requestCheck(Entry *entry);
    bool mustBeValidated(const Entry *entry, bool isWanted) const;
    void validate(Entry *entry);
    void noteFailedCheck(const Entry *entry, const QString &failure);
    void requestChecksForWaiters();

    void endLease(const Entry *entry, Clock::time_point now);
    void sayThatItBelieves(const Entry *entry, Lock &lock);

    const LogCategory m_log;
    std::atomic<bool> m_watchesLeaks = false; // the policy has a leakThreshold; read without the lock
    mutable LoggingMutex m_mutex; // guards everything below
    Store m_store;
    WaitQueue m_queue;
    std::vector<std::weak_ptr<Waiter>> m_newWaiters;
    std::unique_ptr<Watcher> m_watcher;
    Policy m_policy;
    bool m_isOpen = false;
    Clock::time_point m_opened{}; // last; zero: never
    bool m_hasLoopRun = false; // of the pool's thread, since then
    bool m_hasWarned = false; // of a pool that is not started, or has no event loop
    bool m_isRetryPaused = false;
    bool m_hasSaidItBelieves = false; // giveBack(), of a connection that may be out of step
    int m_failedChecks = 0; // since one has passed; if the last one failed, running ones are not counted on for waiters
    Clock::time_point m_doubtedUntil; // what became idle before then has to be validated
    SleepDetector m_sleep; // since open()
    Entry *m_inspected = nullptr; // idle, and its socket is in use by m_inspectingThread
    std::thread::id m_inspectingThread;
    quint64 m_inspections = 0; // that have ended
    std::condition_variable_any m_inspectionEnd;
    bool m_isRetryDue = false; // for the next takeNotifications()
    quint64 m_epoch = 0; // incremented by shut() and renew()
    quint32 m_rules = 0; // incremented by recheckPeers()
    std::optional<Clock::time_point> m_drainUntil;
    PoolStatistics m_totals; // without gauges and times
    Histogram m_connectTimes;
    Histogram m_handshakeTimes;
    Histogram m_acquireTimes;
    Histogram m_leaseTimes;
    std::unique_ptr<Demand> m_demand; // of a client pool
    Clock::time_point m_lastSetUpBorn{}; // when the setup began that began last, of those that have succeeded
    QString m_lastError;
    std::vector<Event> m_pendingEvents;
    std::vector<UnusedEnd> m_unusedEnds; // for the next takeNotifications()
    std::vector<Complaint> m_complaints; // likewise
    bool m_hasSeenAlert = false; // of TLS, in plain text; since open() or renew()
    Receivers m_receivers;
    Clock::time_point m_notified; // the last takeNotifications()
    int m_notifiedIdle = 0;
    Clock::time_point m_notifiedDeadline = Clock::time_point::max();
    std::shared_ptr<Alarm> m_alarm;
    Clock::time_point m_alarmAt = Clock::time_point::max();
    std::function<void()> m_wake;
    bool m_isWakePending = false; // until takeNotifications()
};

} // namespace QNetPool
