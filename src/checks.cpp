// SPDX-License-Identifier: BSD-3-Clause
#include "checks.h"

#include "stock/stock.h"

#include <QtCore/qfuturewatcher.h>
#include <QtCore/qpointer.h>
#include <QtCore/qtimer.h>

#include <algorithm>

namespace QNetPool {

// One that runs.
class Checks::Check final : public QObject
{
public:
    Check(Entry *subject, QObject *parent) : QObject(parent), entry(subject) { }

    Entry *const entry;
    QFutureWatcher<bool> watcher;
    QTimer deadline;
};

namespace {

// What went wrong counts as a no: a connection that cannot be checked cannot be handed out.
QFuture<bool> call(const Checks::Function &function, QTcpSocket *socket)
{
    try {
        if (function && socket)
            return function(socket);
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
    const QPointer<Checks> alive(this); // the application's functions may delete the pool
    while (alive) {
        Entry *entry = m_stock->nextToCheck();
        if (!entry)
            return;
        start(entry);
    }
}

void Checks::start(Entry *entry)
{
    auto *check = new Check(entry, this);
    m_running.push_back(check);
    connect(&check->watcher, &QFutureWatcherBase::finished, this,
            [this, check] { finish(check, saysYes(check->watcher.future())); });
    connect(&check->deadline, &QTimer::timeout, this, [this, check] { finish(check, false); });
    check->deadline.setSingleShot(true);
    check->deadline.start(
            std::min(m_plan.timeout, std::chrono::milliseconds(std::chrono::hours(24)))); // a timer has its limits

    const QPointer<Check> alive(check); // the function may stop the pool
    const Function function = entry->isReturning ? m_plan.resetter : m_plan.validator;
    const QFuture<bool> future = call(function, Stock::socket(entry));
    if (alive && std::find(m_running.begin(), m_running.end(), check) != m_running.end())
        check->watcher.setFuture(future);
}

void Checks::finish(Check *check, bool isFit)
{
    std::erase(m_running, check);
    check->deadline.stop();
    check->watcher.disconnect();
    check->watcher.cancel(); // for a function that is still at work
    check->deleteLater(); // one of its signals may be on the call stack
    const std::shared_ptr<Stock> stock = m_stock; // a continuation may delete the pool
    stock->checked(check->entry, isFit);
}

void Checks::stop()
{
    const QPointer<Checks> alive(this);
    while (alive && !m_running.empty())
        finish(m_running.back(), false);
}

} // namespace QNetPool
