// SPDX-License-Identifier: BSD-3-Clause
#include "warmshelf.h"

#include "stock.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

#include <algorithm>

namespace QNetPool {

namespace {

thread_local std::unique_ptr<WarmShelf> shelfOfThisThread;

} // namespace

WarmShelf *WarmShelf::existing() noexcept
{
    return shelfOfThisThread.get();
}

WarmShelf *WarmShelf::make()
{
    if (QThread::currentThread()->loopLevel() == 0)
        return nullptr;
    if (!shelfOfThisThread)
        shelfOfThisThread.reset(new WarmShelf);
    shelfOfThisThread->watchThread();
    return shelfOfThisThread.get();
}

WarmShelf::~WarmShelf()
{
    cool();
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

void WarmShelf::cool(const Stock *stock)
{
    std::vector<Entry *> cooling; // what cools may serve a waiter, whose continuation may come here again
    std::erase_if(m_entries, [stock, &cooling](Entry *entry) {
        const bool isMeant = !stock || entry->owner.get() == stock;
        if (isMeant)
            cooling.push_back(entry);
        return isMeant;
    });
    for (Entry *entry : cooling) {
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
