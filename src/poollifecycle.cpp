// SPDX-License-Identifier: BSD-3-Clause
// How a pool starts, applies a configuration, and stops.
#include "pool_p.h"

#include "system/descriptor.h"
#include "system/eventdispatcher.h"
#include "system/networkchange.h"
#include "system/threadname.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qpointer.h>

namespace QNetPool {

Stock::Clock::time_point drainDeadline(std::chrono::milliseconds timeout)
{
    if (timeout.count() < 0)
        return Stock::Clock::time_point::max();
    return TimeLimits::after(Stock::Clock::now(), timeout);
}

PoolPrivate::PoolPrivate(LogCategory category)
    : setups([this](Entry *entry, SetupOutcome outcome) { setupFinished(entry, std::move(outcome)); }, this), log(category),
      stock(std::make_shared<Stock>(category)), m_checks(stock), m_expiry(this), m_windowEnd(this)
{
    m_checks.setParent(this); // moves with the pool
    m_expiry.setSingleShot(true);
    connect(&m_expiry, &QTimer::timeout, this, &PoolPrivate::expire);
    m_windowEnd.setSingleShot(true);
    connect(&m_windowEnd, &QTimer::timeout, this, &PoolPrivate::reportWithheld);
}

PoolPrivate::~PoolPrivate() = default;

void PoolPrivate::attach(Pool *pool)
{
    q = pool;
    setParent(pool);
}

void PoolPrivate::tearDown()
{
    stock->tearDown();
    abandonSetups();
    m_checks.stop();
    while (callsInProgress > 0)
        QThread::yieldCurrentThread();
}

bool PoolPrivate::isCalledInItsThread(QLatin1String function)
{
    const ApiCall call(this);
    if (thread() == QThread::currentThread())
        return true;
    const QString message = QStringLiteral("%1 was called in %2: it has to be called in the pool's thread, by "
                                           "QMetaObject::invokeMethod() for instance")
                                    .arg(function, currentThreadName());
    qCWarning(log).noquote() << message;
    QMetaObject::invokeMethod(
            q, [this, message] { report(Pool::Error::WrongThread, message); }, Qt::QueuedConnection);
    return false;
}

bool PoolPrivate::canRunHere(QLatin1String function)
{
    if (!isCalledInItsThread(function))
        return false;
    if (!QCoreApplication::instance()) { // without it Qt delivers no events, in no thread
        const QString message = QStringLiteral("%1 was called without a QCoreApplication").arg(function);
        qCWarning(log).noquote() << message;
        report(Pool::Error::WrongThread, message);
        return false;
    }
    if (ensureEventDispatcher())
        return true;
    report(Pool::Error::ResourcesExhausted, QStringLiteral("%1: %2").arg(function, onlyReserveIsLeft()));
    return false;
}

bool PoolPrivate::refuses(const Prepared &prepared)
{
    if (prepared.problems.isEmpty())
        return false;
    report(Pool::Error::InvalidConfiguration,
           QStringLiteral("the configuration cannot work: ") + prepared.problems.join(QStringLiteral("; ")));
    return true;
}

bool PoolPrivate::open(const Prepared &prepared)
{
    const QPointer<PoolPrivate> alive(this);
    closeHere(); // it may be draining
    if (!alive || m_isRunning)
        return false; // a slot has deleted or started it
    auto watcher = Watcher::create(this, [this](quint64 token) { stock->handleActivity(token); });
    if (!watcher) {
        report(Pool::Error::ResourcesExhausted,
               QStringLiteral("idle connections cannot be watched: %1").arg(qt_error_string()));
        return false;
    }
    m_isRunning = true;
    ++m_run;
    m_checks.setHooks(prepared.policy.hooks);
    // It cannot run without its thread. It is destroyed in another one then, where no timer or notifier may be active.
    connect(thread(), &QThread::finished, this, &PoolPrivate::close, Qt::DirectConnection);
    stock->open(prepared.policy, std::move(watcher),
                [this] { QCoreApplication::postEvent(this, new QEvent(QEvent::User)); });
    return true;
}

void PoolPrivate::setPolicy(const Prepared &prepared)
{
    for (const QString &change : prepared.changes)
        qCWarning(log).noquote() << change;
    m_checks.setHooks(prepared.policy.hooks);
    stock->setPolicy(prepared.policy);
}

void PoolPrivate::followNetwork(bool follow)
{
    NetworkChange &network = NetworkChange::instance();
    if (!follow) {
        disconnect(&network, nullptr, this, nullptr);
        return;
    }
    connect(&network, &NetworkChange::happened, this, &PoolPrivate::checkStock, Qt::UniqueConnection);
    network.listen();
}

void PoolPrivate::checkStock()
{
    stock->revalidateAll(&isOnThisHost);
}

void PoolPrivate::retryNow() { }

bool PoolPrivate::isRunning() const
{
    return m_isRunning && stock->isOpen();
}

void PoolPrivate::close()
{
    const QPointer<PoolPrivate> alive(this); // a waiter's continuation may delete or restart the pool
    const quint64 thisRun = m_run;
    stock->shut(QStringLiteral("the pool was closed"));
    if (alive && m_run == thisRun)
        closeHere();
}

void PoolPrivate::drain(std::chrono::milliseconds timeout)
{
    const QPointer<PoolPrivate> alive(this); // as above
    const quint64 thisRun = m_run;
    stock->shut(QStringLiteral("the pool is draining"), drainDeadline(timeout));
    if (alive && m_run == thisRun)
        finishStopping();
}

bool PoolPrivate::finishStopping()
{
    const QPointer<PoolPrivate> alive(this);
    if (m_isRunning && !stock->isOpen()) {
        if (stock->isDraining())
            drainHere();
        else
            closeHere();
    }
    return alive;
}

// Closed by finishStopping() upon the notification that the last lease has ended or the time is over.
void PoolPrivate::drainHere()
{
    if (state == Pool::State::Draining)
        return;
    const QPointer<PoolPrivate> alive(this);
    const quint64 thisRun = m_run;
    stopNewSetups();
    abandonSetups();
    if (alive && m_run == thisRun) // else a slot that a dialer has connected has deleted or restarted it
        setState(Pool::State::Draining);
}

void PoolPrivate::closeHere()
{
    if (!m_isRunning)
        return;
    const QPointer<PoolPrivate> alive(this); // continuations of a hook's future may delete or restart the pool
    const quint64 thisRun = m_run;
    m_isRunning = false;
    disconnect(thread(), nullptr, this, nullptr);
    followNetwork(false);
    stopNewSetups();
    abandonSetups();
    if (!alive || m_run != thisRun)
        return; // a slot that a dialer has connected did that
    stock->stopWatching();
    m_expiry.stop();
    m_checks.stop();
    if (alive && m_run == thisRun)
        reportWithheld();
    if (alive && m_run == thisRun)
        setState(Pool::State::Stopped);
}

void PoolPrivate::abandonSetups()
{
    for (Entry *entry : setups.abandonAll())
        stock->abandon(entry);
    setups.stop();
}

} // namespace QNetPool
