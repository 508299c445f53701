// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stock/stock.h"
#include "waiters.h"

#include <qnetpool/pool.h>

#include <QtCore/qfuturewatcher.h>
#include <QtCore/qtimer.h>

#include <atomic>

namespace QNetPool {

// What both pools share: the stock, and the thread in which the stock's news become signals. A child of the pool, so that
// it moves to another thread with it.
class PoolPrivate : public QObject
{
public:
    explicit PoolPrivate(LogCategory category);
    ~PoolPrivate() override;
    void attach(Pool *pool);

    // In the pool's thread.
    bool open(const Stock::Policy &policy); // reports why it could not
    void close(); // from any thread
    bool isRunning(); // between open() and close()
    quint64 run() const noexcept { return m_run; } // tells one run from the next
    void report(Pool::Error error, const QString &message);
    void setState(Pool::State state);
    void setCapacity(int value);
    void setInterval(std::chrono::milliseconds value);
    void countError(); // from any thread
    void tellErrorCount(int value); // from any thread
    void leaveLineOnCancel(const std::weak_ptr<FutureWaiter> &waiter, quint64 number); // from any thread

    virtual void stopSetup() = 0; // nothing is dialled or accepted any more
    virtual void waitersChanged(int waiting); // waiting for any connection

    Pool *q = nullptr;
    const LogCategory log;
    const std::shared_ptr<Stock> stock;
    std::atomic<Pool::State> state{Pool::State::Stopped};
    std::atomic<int> capacity{0};
    std::atomic<std::chrono::milliseconds> interval{};
    std::atomic<int> errorCount{0};

protected:
    bool event(QEvent *event) override;

private:
    void spreadNews();
    void closeHere();

    void watchForCancel(const std::weak_ptr<FutureWaiter> &waiter, quint64 number);

    struct CancelWatch
    {
        std::weak_ptr<FutureWaiter> waiter;
        std::unique_ptr<QFutureWatcher<Connection>> watcher;
    };
    std::vector<CancelWatch> m_cancelWatches;
    std::size_t m_sweepAt = 16;
    bool m_isRunning = false;
    quint64 m_run = 0;
    QTimer m_expiry;
    int m_toldIdle = 0;
};

} // namespace QNetPool
