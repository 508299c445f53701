// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "checks.h"
#include "errorratelimiter.h"
#include "prepared.h"
#include "setuprunner.h"
#include "stock/stock.h"
#include "waiters.h"

#include <qnetpool/pool.h>

#include <QtCore/qfuturewatcher.h>
#include <QtCore/qthread.h>
#include <QtCore/qtimer.h>

#include <atomic>
#include <deque>

namespace QNetPool {

// When a drain() that begins now ends; never for a negative timeout.
Stock::Clock::time_point drainDeadline(std::chrono::milliseconds timeout);

// What both pools share: the stock, and what turns its notifications into signals in the pool's thread. A child of the pool,
// so that it moves to another thread with it.
class PoolPrivate : public QObject
{
public:
    explicit PoolPrivate(LogCategory category);
    ~PoolPrivate() override;
    void attach(Pool *pool);

    // Whether a function that has to be called in the pool's thread was; reports if not. From any thread.
    bool isCalledInItsThread(QLatin1String function);
    // The same, and whether events can be delivered there.
    bool canRunHere(QLatin1String function);

    // In the pool's thread.
    bool refuses(const Prepared &prepared); // reports why
    bool open(const Prepared &prepared); // reports why if it fails
    void setPolicy(const Prepared &prepared); // logs what was clamped
    void followNetwork(bool follow);
    void close();
    void drain(std::chrono::milliseconds timeout);
    bool isRunning() const; // between open() and close()
    // Carries out a close() or drain() that another thread has called, before anything else. False: a slot has deleted the
    // pool.
    bool finishStopping();
    quint64 run() const noexcept { return m_run; } // distinguishes the time from one open() to close() from the next
    void report(Pool::Error error, const QString &sentence);
    void reportPeer(Pool::Error error, const QString &sentence); // what a peer can cause at will
    void setState(Pool::State state);
    void setCapacity(int value);
    void setInterval(std::chrono::milliseconds value);
    void countError(); // from any thread
    void emitErrorCountChanged(int value); // from any thread

    Stock::Admission admitToStock(Entry *entry, SetupOutcome outcome); // of a setup that succeeded
    static QString notWatched(); // a message for Stock::Admission::Unwatched
    virtual void setupFinished(Entry *entry, SetupOutcome outcome) = 0;
    virtual void stopNewSetups() = 0; // abandonSetups() follows
    virtual void retryNow(); // the network may have changed
    virtual void diedUnused(const Stock::UnusedEnd &end);
    virtual void stockChanged(); // or the wait queue
    void tearDown(); // before destruction: waits for calls that other threads have begun

    SetupRunner setups;
    Pool *q = nullptr;
    const LogCategory log;
    const std::shared_ptr<Stock> stock;
    std::atomic<Pool::State> state{Pool::State::Stopped};
    std::atomic<int> capacity{0};
    std::atomic<std::chrono::milliseconds> interval{};
    std::atomic<int> errorCount{0};
    std::atomic<qint64> peersRefused{0};
    std::atomic<int> callsInProgress{0};

protected:
    void abandonSetups(); // a slot that a dialer has connected may delete the pool
    bool event(QEvent *event) override;

private:
    void takeNotifications();
    void deliver();
    void deliverEvents();
    void checkStock();
    void closeHere();
    void drainHere();

    void watchForCancel(const std::shared_ptr<FutureWaiter> &waiter);
    void armExpiry(std::optional<Stock::Clock::time_point> deadline);
    void expire();
    QString noteError(const QString &sentence); // as it is told
    void emitError(Pool::Error error, const QString &message);
    void reportWithheld();

    struct CancelWatch
    {
        std::weak_ptr<FutureWaiter> waiter;
        std::unique_ptr<QFutureWatcher<Connection>> watcher;
    };
    std::vector<CancelWatch> m_cancelWatches;
    std::size_t m_sweepAt = 16;
    bool m_isRunning = false;
    quint64 m_run = 0;
    // What deliver() has still to tell.
    bool m_isIdleCountDue = false;
    int m_idleCount = 0;
    std::deque<Stock::Event> m_events;
    std::deque<Stock::Complaint> m_complaints;
    std::deque<Stock::UnusedEnd> m_unusedEnds;
    bool m_isRetryDue = false;
    bool m_isStockChanged = false;
    bool m_isDeliveryPosted = false;
    Checks m_checks;
    QTimer m_expiry;
    ErrorRateLimiter m_errorRate;
    QTimer m_windowEnd; // of m_errorRate
    std::deque<ErrorRateLimiter::Withheld> m_withheld; // what reportWithheld() has still to tell
};

// A call into the pool. The destructor waits for calls of other threads, so no code of the application may run within one:
// a function that may run some copies the stock pointer first, and then lets the ApiCall end.
class ApiCall
{
public:
    explicit ApiCall(PoolPrivate *d) noexcept : m_d(d), m_isForeign(d->thread() != QThread::currentThread())
    {
        if (m_isForeign)
            ++m_d->callsInProgress;
    }
    ~ApiCall()
    {
        if (m_isForeign) // in the pool's thread a slot may have deleted it
            --m_d->callsInProgress;
    }
    PoolPrivate *operator->() const noexcept { return m_d; }

private:
    Q_DISABLE_COPY_MOVE(ApiCall)
    PoolPrivate *const m_d;
    const bool m_isForeign;
};

} // namespace QNetPool
