// SPDX-License-Identifier: BSD-3-Clause
#include "warmshelf.h"

#include "stock.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

#include <algorithm>

namespace QNetPool {

namespace {

thread_local WarmShelf *shelf = nullptr; // outlives the shelf's owner

} // namespace

WarmShelf *WarmShelf::existing() noexcept
{
    return shelf;
}

WarmShelf *WarmShelf::make()
{
    const QThread *thread = QThread::currentThread(); // null when this one is at its very end
    if (!thread || thread->loopLevel() == 0)
        return nullptr;
    if (!shelf) {
        Home::ofThisThread(); // destroyed after the shelf, which needs it
        static thread_local std::unique_ptr<WarmShelf> owner;
        owner.reset(new WarmShelf);
        shelf = owner.get();
    }
    shelf->watchThread();
    return shelf;
}

WarmShelf::~WarmShelf()
{
    cool();
    shelf = nullptr;
}

void WarmShelf::watchThread()
{
    QAbstractEventDispatcher *dispatcher = QAbstractEventDispatcher::instance();
    if (m_dispatcher == dispatcher)
        return;
    m_dispatcher = dispatcher;
    const auto coolAll = [this] { cool(); };
    connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, this, coolAll, Qt::DirectConnection);
    connect(QThread::currentThread(), &QThread::finished, this, coolAll, Qt::DirectConnection);
    if (qApp && qApp->thread() == QThread::currentThread())
        connect(qApp, &QCoreApplication::aboutToQuit, this, coolAll, Qt::DirectConnection);
}

Entry *WarmShelf::find(const Stock *stock, ConnectionId id) const noexcept
{
    const auto found = std::find_if(m_entries.rbegin(), m_entries.rend(), [stock, id](const Entry *entry) {
        return entry->owner.get() == stock && (id.isNull() || entry->id == id);
    });
    return found == m_entries.rend() ? nullptr : *found;
}

int WarmShelf::count(const Stock *stock) const noexcept
{
    return int(std::count_if(m_entries.begin(), m_entries.end(),
                             [stock](const Entry *entry) { return entry->owner.get() == stock; }));
}

void WarmShelf::remove(Entry *entry) noexcept
{
    m_entries.erase(std::find(m_entries.begin(), m_entries.end(), entry));
}

// One by one: what cools may serve a waiter, whose continuation may come here again, or run an event loop.
void WarmShelf::cool(const Stock *stock)
{
    const auto isMeant = [stock](const Entry *entry) { return !stock || entry->owner.get() == stock; };
    for (;;) {
        const auto found = std::find_if(m_entries.begin(), m_entries.end(), isMeant);
        if (found == m_entries.end())
            return;
        Entry *entry = *found;
        m_entries.erase(found);
        const std::shared_ptr<Stock> owner = entry->owner;
        owner->cool(entry);
    }
}

void WarmShelf::requestCooling()
{
    if (!m_isAsked.exchange(true))
        QCoreApplication::postEvent(this, new QEvent(QEvent::User), Qt::HighEventPriority);
}

bool WarmShelf::event(QEvent *event)
{
    if (event->type() != QEvent::User)
        return QObject::event(event);
    m_isAsked = false;
    cool();
    return true;
}

} // namespace QNetPool
