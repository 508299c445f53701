// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "logging.h"
#include "store.h"
#include "waiterline.h"
#include "watcher.h"

#include <atomic>
#include <functional>
#include <mutex>

QT_FORWARD_DECLARE_CLASS(QThread)

namespace QNetPool {

// The connections of a pool: the store, the line of waiters and the watcher, behind one lock. Any thread may call it unless a
// function says otherwise. A pool shares it with the leases it handed out, which may outlive the pool.
//
// The rule of ownership: who moved an entry out of a line of the store under the lock owns its socket, without the lock.
class Stock : public std::enable_shared_from_this<Stock>
{
public:
    explicit Stock(LogCategory log) : m_log(log) { }

    using Clock = std::chrono::steady_clock;

    struct Policy
    {
        int maximumIdle = 1;
        int maximumWaiters = 0;
        bool dropUnexpectedBytes = false;
        std::chrono::milliseconds unclaimedTimeout{30000};
    };

    // What the pool has to tell, in the order in which it happened.
    struct News
    {
        enum class Kind { Available, Lost };
        std::vector<std::pair<Kind, ConnectionId>> events;
        int idle = 0;
        int waiting = 0; // for any connection
        std::optional<Clock::time_point> deadline; // when expire() has something to do
    };

    enum class Admission { Admitted, IdInUse, Full, Closed };

    // The pool's side. wake is called with the lock held, from any thread, once until takeNews() is called.
    void open(const Policy &policy, std::unique_ptr<Watcher> watcher, std::function<void()> wake);
    void setPolicy(const Policy &policy);
    void setAudience(bool forAvailable) noexcept; // whether anyone listens to connectionAvailable()
    News takeNews();
    void expire(Clock::time_point now);
    void inspect(quint64 token); // the watcher's report, in the pool's thread
    quint64
    shut(const QString &
                 reason); // returns what epoch() is from then on; waiters fail, what is idle is closed, leases close what they hold when they end
    quint64 epoch() const; // a new one begins with shut()
    bool isOpen() const;
    void stopWatching(); // after shut(), in the pool's thread
    void leavePool(); // both, and never wake again
    void setLastError(const QString &message);

    // Setting up: an entry is expected, then admitted or abandoned.
    Entry *expect();
    Entry *expectNamed(); // with a random ID that is not in use
    void abandon(Entry *entry);
    // id: null if the entry is to keep the name it has, or to get a random one.
    Admission admit(Entry *entry, ConnectionId id, std::unique_ptr<QTcpSocket> socket);

    Connection take(ConnectionId id = {});
    bool put(ConnectionId id, QTcpSocket *socket);
    void flush();
    quint64 join(std::shared_ptr<Waiter> waiter); // its place in line; 0: served or failed already
    bool leave(quint64 number); // out of line without a word; false: it is being served or failed
    PoolStatistics statistics() const; // without what only the pool knows
    int count(Stage stage) const;
    int waiterCount() const;
    int waitersForAny() const; // those whom any connection serves

    // The lease's side, in the holder's thread: lease.cpp.
    static QTcpSocket *socket(Entry *entry);
    static void giveBack(Entry *entry);
    static void discard(Entry *entry);
    static std::unique_ptr<QTcpSocket> detach(Entry *entry);

private:
    using Lock = std::unique_lock<std::mutex>;
    enum class Look { Quiet, HasBytes, LastWords, Gone };

    Look look(Entry *entry) const;
    Entry *checkOut(ConnectionId id, Lock &lock);
    Connection lend(Entry *entry);
    bool offer(Entry *entry, Lock &lock);
    bool shelve(Entry *entry);
    void bury(Entry *entry, CloseReason reason, Lock &lock);
    void setAside(Entry *entry);
    Clock::time_point endOfOldestUnclaimed() const;
    void tell(News::Kind kind, ConnectionId id);
    void wake();
    QTcpSocket *forget(Entry *entry, CloseReason reason);
    std::vector<QTcpSocket *> forgetAllIdle();
    bool giveName(Entry *entry, ConnectionId id);
    void comeHome(Entry *entry);
    bool refit(Entry *entry);
    static void runOnceAtHome(Entry *entry, QThread *home, void (*act)(Entry *));
    static bool runElsewhere(Entry *entry, void (*act)(Entry *));

    const LogCategory m_log;
    mutable std::mutex m_mutex; // guards everything below
    Store m_store;
    WaiterLine m_line;
    std::unique_ptr<Watcher> m_watcher;
    Policy m_policy;
    bool m_isOpen = false;
    quint64 m_epoch = 0;
    PoolStatistics m_totals; // the totals alone
    std::array<qint64 PoolStatistics::*, 5> m_byReason{&PoolStatistics::diedIdle, &PoolStatistics::closedDirty,
                                                       &PoolStatistics::discarded, &PoolStatistics::flushed,
                                                       &PoolStatistics::stockFull};
    QString m_lastError;
    std::vector<std::pair<News::Kind, ConnectionId>> m_events;
    bool m_audience = false;
    std::function<void()> m_wake;
    bool m_awake = false; // woken, and the news not taken yet
};

} // namespace QNetPool
