// SPDX-License-Identifier: BSD-3-Clause
// Turns notifications of the stock into signals, in the pool's thread.
#include "pool_p.h"

#include "system/printable.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qpointer.h>

namespace QNetPool {

static constexpr auto DeliverRest = QEvent::Type(QEvent::User + 1);

bool PoolPrivate::event(QEvent *event)
{
    if (event->type() == DeliverRest) {
        m_isDeliveryPosted = false;
        deliver();
    } else if (event->type() == QEvent::User) {
        takeNotifications();
    } else {
        return QObject::event(event);
    }
    return true;
}

void PoolPrivate::takeNotifications()
{
    const Stock::Notifications notifications = stock->takeNotifications();
    if (!finishStopping()) // after takeNotifications(): what happens from now on is notified again
        return;
    for (const std::weak_ptr<Waiter> &newWaiter : notifications.newWaiters) {
        if (const auto waiter = std::dynamic_pointer_cast<FutureWaiter>(newWaiter.lock()))
            watchForCancel(waiter);
    }
    // Both before other slots run: one may run an event loop, which makes these notifications outdated.
    armExpiry(notifications.deadline);
    m_isIdleCountDue |= notifications.hasIdleChanged;
    m_idleCount = notifications.idle;
    m_events.insert(m_events.end(), notifications.events.begin(), notifications.events.end());
    m_unusedEnds.insert(m_unusedEnds.end(), notifications.unusedEnds.begin(), notifications.unusedEnds.end());
    m_complaints.insert(m_complaints.end(), notifications.complaints.begin(), notifications.complaints.end());
    m_isRetryDue |= notifications.isRetryDue;
    m_isStockChanged = true;
    // A slot may run an event loop, in which the rest must not wait.
    if ((m_isIdleCountDue || !m_events.empty() || !m_complaints.empty() || !m_unusedEnds.empty())
        && !std::exchange(m_isDeliveryPosted, true))
        QCoreApplication::postEvent(this, new QEvent(DeliverRest));
    deliver();
}

void PoolPrivate::deliver()
{
    const QPointer<PoolPrivate> alive(this); // a slot may delete the pool, or run an event loop that delivers the rest
    deliverEvents();
    if (!alive || !m_isStockChanged)
        return;
    m_checks.begin();
    if (alive && std::exchange(m_isRetryDue, false))
        retryNow();
    while (alive && !m_unusedEnds.empty()) {
        const Stock::UnusedEnd end = std::move(m_unusedEnds.front());
        m_unusedEnds.pop_front();
        diedUnused(end);
    }
    if (alive && std::exchange(m_isStockChanged, false))
        stockChanged();
}

void PoolPrivate::deliverEvents()
{
    const QPointer<PoolPrivate> alive(this);
    if (std::exchange(m_isIdleCountDue, false))
        Q_EMIT q->idleCountChanged(m_idleCount);
    while (alive && !m_events.empty()) {
        const auto [kind, id, reason] = m_events.front();
        m_events.pop_front();
        if (kind == Stock::EventType::Available)
            Q_EMIT q->connectionAvailable(id);
        else if (kind == Stock::EventType::Lost)
            Q_EMIT q->connectionLost(id);
        else
            Q_EMIT q->connectionClosed(id, reason);
    }
    while (alive && !m_complaints.empty()) {
        const Stock::Complaint complaint = std::move(m_complaints.front());
        m_complaints.pop_front();
        reportPeer(complaint.error, complaint.message);
    }
}

void PoolPrivate::diedUnused(const Stock::UnusedEnd &) { }

void PoolPrivate::stockChanged() { }

void PoolPrivate::armExpiry(std::optional<Stock::Clock::time_point> deadline)
{
    if (!deadline)
        return m_expiry.stop();
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(*deadline - Stock::Clock::now());
    const milliseconds wait = std::clamp(left, milliseconds(0), milliseconds(std::chrono::hours(24)));
    // If it fires too early it is armed again: with many leases a second, that is cheaper than to restart it for each.
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
        const QString message =
                QStringLiteral("connection %1 has been leased for %2 ms, by %3")
                        .arg(printable(leak.id), QString::number(leak.age.count()),
                             leak.holder.isEmpty() ? QStringLiteral("an unknown thread") : printable(leak.holder));
        qCWarning(log).noquote() << message;
        countError();
        if (alive)
            Q_EMIT q->errorOccurred(Pool::Error::LeakSuspected, message);
    }
}

// A canceled future notifies only its watchers, which need a thread with an event loop.
void PoolPrivate::watchForCancel(const std::shared_ptr<FutureWaiter> &waiter)
{
    if (m_cancelWatches.size() >= m_sweepAt) {
        std::erase_if(m_cancelWatches, [](const CancelWatch &watch) { return watch.waiter.expired(); });
        m_sweepAt = 2 * m_cancelWatches.size() + 16; // amortized O(1) for each waiter
    }
    auto watcher = std::make_unique<QFutureWatcher<Connection>>(this);
    connect(watcher.get(), &QFutureWatcherBase::canceled, this,
            [this, number = waiter->number] { stock->leave(number, Stock::Departure::Cancelled); });
    // Deleted at once, since it shares the result: one that is not taken must be given back with the caller's future. (The
    // sweep is for results that were taken before the watcher was set: such a future never notifies that it has finished.)
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

// What a peer, a resolver or an exception has said is part of many a sentence: none goes out but through here.
QString PoolPrivate::noteError(const QString &sentence)
{
    QString message = printable(sentence);
    stock->setLastError(message);
    ++errorCount;
    return message;
}

void PoolPrivate::report(Pool::Error error, const QString &sentence)
{
    emitError(error, noteError(sentence));
}

void PoolPrivate::emitError(Pool::Error error, const QString &message)
{
    qCDebug(log).noquote() << QMetaEnum::fromType<Pool::Error>().valueToKey(int(error)) << "-" << message;
    const QPointer<PoolPrivate> alive(this);
    emitErrorCountChanged(errorCount);
    if (alive)
        Q_EMIT q->errorOccurred(error, message);
}

void PoolPrivate::reportPeer(Pool::Error error, const QString &sentence)
{
    const QString message = noteError(sentence);
    if (m_errorRate.admits(error, message, ErrorRateLimiter::Clock::now()))
        emitError(error, message);
    else if (!m_windowEnd.isActive())
        m_windowEnd.start(ErrorRateLimiter::Window);
}

// At the end of the window, and before the pool has stopped: a slot may close it, so each leaves the list before it is told.
void PoolPrivate::reportWithheld()
{
    const QPointer<PoolPrivate> alive(this);
    m_windowEnd.stop();
    for (ErrorRateLimiter::Withheld &withheld : m_errorRate.takeWithheld())
        m_withheld.push_back(std::move(withheld));
    while (alive && !m_withheld.empty()) {
        const ErrorRateLimiter::Withheld withheld = std::move(m_withheld.front());
        m_withheld.pop_front();
        emitError(withheld.error,
                  QStringLiteral("%1 more of the kind, the last: %2").arg(withheld.count).arg(withheld.last));
    }
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
    stock->setRetryPaused(value == Pool::State::Degraded);
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
