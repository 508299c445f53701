// SPDX-License-Identifier: BSD-3-Clause
// What happens to a pool becomes its signals, in its thread.
#include "pool_p.h"

#include <QtCore/qmetaobject.h>
#include <QtCore/qpointer.h>

namespace QNetPool {

bool PoolPrivate::event(QEvent *event)
{
    if (event->type() != QEvent::User)
        return QObject::event(event);
    deliverNotifications();
    return true;
}

void PoolPrivate::deliverNotifications()
{
    const QPointer<PoolPrivate> alive(this); // a slot may delete the pool
    const Stock::Notifications notifications = stock->takeNotifications();
    if (!finishStopping()) // after the notifications was taken: what happens from now on will be told again
        return;
    for (const std::weak_ptr<Waiter> &newWaiter : notifications.newWaiters) {
        if (const auto waiter = std::dynamic_pointer_cast<FutureWaiter>(newWaiter.lock()))
            watchForCancel(waiter);
    }
    armExpiry(
            notifications
                    .deadline); // before any slot runs, which may run an event loop, in which there are newer notifications
    if (notifications.hasIdleChanged) // first, as it is out of date once a slot has run an event loop
        Q_EMIT q->idleCountChanged(notifications.idle);
    if (!alive)
        return;
    for (const auto &[kind, id] : notifications.events) {
        if (kind == Stock::EventType::Available)
            Q_EMIT q->connectionAvailable(id);
        else
            Q_EMIT q->connectionLost(id);
        if (!alive)
            return;
    }
    m_checks.begin();
    if (alive && notifications.isRetryDue)
        retryNow();
    if (alive)
        roomOrWaitersChanged(notifications.unserved);
}

void PoolPrivate::roomOrWaitersChanged(int) { }

void PoolPrivate::armExpiry(std::optional<Stock::Clock::time_point> deadline)
{
    if (!deadline)
        return m_expiry.stop();
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(*deadline - Stock::Clock::now());
    const milliseconds wait = std::clamp(left, milliseconds(0), milliseconds(std::chrono::hours(24)));
    // One that fires too early asks again: with many takes a second, that is cheaper than to set it anew for each.
    if (!m_expiry.isActive() || m_expiry.remainingTimeAsDuration() > wait)
        m_expiry.start(wait);
}

void PoolPrivate::expire()
{
    const QPointer<PoolPrivate> alive(this);
    const std::vector<Stock::Leak> leaks = stock->expire(Stock::Clock::now());
    for (const Stock::Leak &leak : leaks) {
        if (!alive)
            return;
        const QString message = QStringLiteral("connection %1 has been leased for %2 ms, by %3")
                                        .arg(leak.id.toString(), QString::number(leak.age.count()),
                                             leak.holder.isEmpty() ? QStringLiteral("an unknown thread") : leak.holder);
        qCWarning(log).noquote() << message;
        countError();
        if (alive)
            Q_EMIT q->errorOccurred(Pool::Error::LeakSuspected, message);
    }
}

// A canceled future tells its watchers only, and those live in a thread with an event loop.
void PoolPrivate::watchForCancel(const std::shared_ptr<FutureWaiter> &waiter)
{
    if (m_cancelWatches.size() >= m_sweepAt) {
        std::erase_if(m_cancelWatches, [](const CancelWatch &watch) { return watch.waiter.expired(); });
        m_sweepAt = 2 * m_cancelWatches.size() + 16; // so that a sweep costs O(1) a waiter
    }
    auto watcher = std::make_unique<QFutureWatcher<Connection>>(this);
    connect(watcher.get(), &QFutureWatcherBase::canceled, this,
            [this, number = waiter->number] { stock->leave(number, Stock::Departure::Cancelled); });
    // At once, since it shares the result: one that nobody takes is to go home with the caller's future. (The sweep is for
    // results that were taken while this line was on its way: such a future never tells that it has finished.)
    connect(watcher.get(), &QFutureWatcherBase::finished, this, [this, finished = watcher.get()] {
        std::erase_if(m_cancelWatches, [finished](CancelWatch &watch) {
            const bool isIt = watch.watcher.get() == finished;
            if (isIt)
                watch.watcher.release()->deleteLater();
            return isIt;
        });
    });
    watcher->setFuture(waiter->future());
    m_cancelWatches.push_back({waiter, std::move(watcher)});
}

Stock::Admission PoolPrivate::admitToStock(Entry *entry, SetupOutcome outcome)
{
    const Stock::SetupTimes times{outcome.connectTime, outcome.handshakeTime};
    if (outcome.socket)
        return stock->admit(entry, outcome.id, std::move(outcome.socket), times);
    return stock->admit(entry, outcome.id, std::move(outcome.descriptor), times);
}

QString PoolPrivate::notWatched()
{
    return QStringLiteral(
            "a new connection is closed: the system has no memory left to watch it, or allows no more watches");
}

void PoolPrivate::report(Pool::Error error, const QString &message)
{
    qCDebug(log).noquote() << QMetaEnum::fromType<Pool::Error>().valueToKey(int(error)) << "-" << message;
    stock->setLastError(message);
    const QPointer<PoolPrivate> alive(this);
    countError();
    if (alive)
        Q_EMIT q->errorOccurred(error, message);
}

void PoolPrivate::countError()
{
    emitErrorCountChanged(++errorCount);
}

void PoolPrivate::emitErrorCountChanged(int value)
{
    if (thread() == QThread::currentThread())
        Q_EMIT q->errorCountChanged(value);
    else
        QMetaObject::invokeMethod(
                q, [this] { Q_EMIT q->errorCountChanged(errorCount); }, Qt::QueuedConnection);
}

void PoolPrivate::setState(Pool::State value)
{
    if (state.exchange(value) == value)
        return;
    qCDebug(log).noquote() << "state" << QMetaEnum::fromType<Pool::State>().valueToKey(int(value));
    Q_EMIT q->stateChanged(value);
}

void PoolPrivate::setCapacity(int value)
{
    if (capacity.exchange(value) != value)
        Q_EMIT q->capacityChanged(value);
}

void PoolPrivate::setInterval(std::chrono::milliseconds value)
{
    if (interval.exchange(value) != value)
        Q_EMIT q->intervalChanged(value);
}

} // namespace QNetPool
