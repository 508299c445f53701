// SPDX-License-Identifier: BSD-3-Clause
#include "checks.h"

#include "stock/stock.h"

#include <QtCore/qfuturewatcher.h>
#include <QtCore/qpointer.h>
#include <QtCore/qtimer.h>
#include <QtNetwork/qtcpsocket.h>

#include <algorithm>

namespace QNetPool {

// A check that is running.
class Checks::Check final : public QObject
{
public:
    Check(Entry *subject, QObject *parent) : QObject(parent), entry(subject) { }

    Entry *const entry;
    QFutureWatcher<bool> watcher;
    QTimer deadline;
};

namespace {

// An exception fails the check: a connection that cannot be checked must not be leased.
QFuture<bool> call(const Pool::Hook &hook, QTcpSocket *socket)
{
    try {
        return hook(socket);
    } catch (const std::exception &exception) {
        qWarning("QNetPool: a validator or resetter has thrown: %s", exception.what());
    } catch (...) {
        qWarning("QNetPool: a validator or resetter has thrown");
    }
    return {};
}

bool saysYes(const QFuture<bool> &future)
{
    try {
        return future.isFinished() && !future.isCanceled() && future.resultCount() > 0 && future.result();
    } catch (...) {
        return false;
    }
}

} // namespace

Checks::Checks(std::shared_ptr<Stock> stock) : m_stock(std::move(stock)) { }

Checks::~Checks()
{
    stop();
}

void Checks::begin()
{
    const QPointer<Checks> alive(this); // a hook may delete the pool
    while (alive) {
        Entry *entry = m_stock->nextToCheck();
        if (!entry)
            return;
        start(entry);
    }
}

void Checks::start(Entry *entry)
{
    const std::shared_ptr<Stock> stock = m_stock;
    const Pool::Hook hook = entry->isReturning ? m_hooks.resetter : m_hooks.validator;
    if (!hook) // removed from the configuration meanwhile
        return stock->checked(entry, true);
    const QPointer<Checks> alive(this); // the hook may stop or delete the pool
    const int stops = m_stops;
    QTcpSocket *socket = socketOf(entry);
    QFuture<bool> future = call(hook, socket);
    if (!alive || m_stops != stops) {
        future.cancel();
        return stock->checked(entry, false);
    }

    auto *check = new Check(entry, this);
    m_running.push_back(check);
    const auto fail = [this, check] { finish(check, false); };
    connect(&check->watcher, &QFutureWatcherBase::finished, check,
            [this, check] { finish(check, saysYes(check->watcher.future())); });
    connect(&check->deadline, &QTimer::timeout, check, fail);
    if (entry->socket) // queued, as a slot must not close the socket that is emitting
        connect(entry->socket, &QTcpSocket::disconnected, check, fail, Qt::QueuedConnection);
    check->deadline.setSingleShot(true);
    check->deadline.start(
            std::min(m_hooks.timeout, std::chrono::milliseconds(std::chrono::hours(24)))); // the limit of a timer
    check->watcher.setFuture(future);
}

void Checks::finish(Check *check, bool isFit)
{
    if (std::erase(m_running, check) == 0)
        return; // it has ended already; this call was queued
    check->deadline.stop();
    check->watcher.disconnect();
    if (!check->watcher.isFinished())
        check->watcher.cancel(); // the hook is still running
    check->deleteLater(); // one of its signals may be on the call stack
    const std::shared_ptr<Stock> stock = m_stock; // a continuation may delete the pool
    stock->checked(check->entry, isFit);
}

void Checks::stop()
{
    ++m_stops;
    const QPointer<Checks> alive(this);
    while (alive && !m_running.empty())
        finish(m_running.back(), false);
}

} // namespace QNetPool
