// SPDX-License-Identifier: BSD-3-Clause
#include "checks.h"

#include "stock/stock.h"

#include <QtCore/qexception.h>
#include <QtCore/qfuturewatcher.h>
#include <QtCore/qpointer.h>
#include <QtCore/qtimer.h>
#include <QtNetwork/qtcpsocket.h>

#include <algorithm>
#include <exception>

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

QString wordsOf(const std::exception_ptr &exception)
{
    try {
        std::rethrow_exception(exception);
    } catch (const QUnhandledException &wrapped) {
        if (wrapped.exception())
            return wordsOf(wrapped.exception());
    } catch (const std::exception &known) {
        return QStringLiteral("has thrown: ") + QString::fromLocal8Bit(known.what());
    } catch (...) {
    }
    return QStringLiteral("has thrown");
}

// An exception fails the check: a connection that cannot be checked must not be leased.
QFuture<bool> call(const Pool::Hook &hook, QTcpSocket *socket, QString *failure)
{
    try {
        return hook(socket);
    } catch (...) {
        *failure = wordsOf(std::current_exception());
    }
    return {};
}

// Of one that has ended. Empty: the result is true.
QString failureOf(QFuture<bool> future)
{
    try {
        future.waitForFinished(); // for its exception
        if (future.isCanceled())
            return QStringLiteral("was canceled");
        if (future.resultCount() == 0)
            return QStringLiteral("has ended without a result");
        return future.result() ? QString() : QStringLiteral("has said no");
    } catch (...) {
        return wordsOf(std::current_exception());
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
        return stock->checked(entry, {});
    const QPointer<Checks> alive(this); // the hook may stop or delete the pool
    const int stops = m_stops;
    QTcpSocket *socket = socketOf(entry);
    QString thrown;
    QFuture<bool> future = call(hook, socket, &thrown);
    if (!alive || m_stops != stops) {
        future.cancel();
        return stock->checked(entry, QStringLiteral("was stopped"));
    }

    auto *check = new Check(entry, this);
    m_running.push_back(check);
    const auto limit = std::min(m_hooks.timeout, std::chrono::milliseconds(std::chrono::hours(24))); // that of a timer
    connect(&check->watcher, &QFutureWatcherBase::finished, check,
            [this, check, thrown] { finish(check, thrown.isEmpty() ? failureOf(check->watcher.future()) : thrown); });
    connect(&check->deadline, &QTimer::timeout, check,
            [this, check, limit] { finish(check, QStringLiteral("has not finished within %1 ms").arg(limit.count())); });
    if (entry->socket) // queued, as a slot must not close the socket that is emitting
        connect(
                entry->socket, &QTcpSocket::disconnected, check,
                [this, check] { finish(check, QStringLiteral("has not finished before the connection was closed")); },
                Qt::QueuedConnection);
    check->deadline.setSingleShot(true);
    check->deadline.start(limit);
    check->watcher.setFuture(future);
}

void Checks::finish(Check *check, const QString &failure)
{
    if (std::erase(m_running, check) == 0)
        return; // it has ended already; this call was queued
    check->deadline.stop();
    check->watcher.disconnect();
    if (!check->watcher.isFinished())
        check->watcher.cancel(); // the hook is still running
    check->deleteLater(); // one of its signals may be on the call stack
    const std::shared_ptr<Stock> stock = m_stock; // a continuation may delete the pool
    stock->checked(check->entry, failure);
}

void Checks::stop()
{
    ++m_stops;
    const QPointer<Checks> alive(this);
    while (alive && !m_running.empty())
        finish(m_running.back(), QStringLiteral("was stopped"));
}

} // namespace QNetPool
