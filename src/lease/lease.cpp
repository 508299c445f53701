// SPDX-License-Identifier: BSD-3-Clause
// The lease's side of the stock: how a connection comes to its holder, and how it leaves it.
#include "stock/stock.h"

#include "system/probe.h"
#include "socketguard.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qthread.h>
#include <QtNetwork/qtcpsocket.h>

namespace QNetPool {

QTcpSocket *Stock::socket(Entry *entry)
{
    if (entry->home && entry->home->hasEnded())
        entry->home.reset();
    entry->isUsed = true;
    if (entry->isBare) {
        entry->owner->embody(entry);
    } else if (entry->socket && !entry->home) {
        pullHere(entry);
        if (entry->owner->m_watchesLeaks)
            entry->owner->noteHolder(entry);
        // Bytes that Qt has read already raise no notification any more, and the holder waits for one.
        if (entry->socket->bytesAvailable() > 0)
            QMetaObject::invokeMethod(entry->socket, &QIODevice::readyRead, Qt::QueuedConnection);
    }
    return entry->socket;
}

// Who first uses the socket has it, whoever asked for it.
void Stock::noteHolder(Entry *entry)
{
    const Lock lock(m_mutex);
    entry->holder = holderName();
}

void Stock::pullHere(Entry *entry)
{
    entry->guard->pull();
    entry->home = Home::ofThisThread();
    entry->home->moveIn(entry);
}

// Its first use: it becomes a socket, in the holder's thread.
void Stock::embody(Entry *entry)
{
    if (!QAbstractEventDispatcher::instance())
        QEventLoop loop; // makes one: a socket that begins without would not hear of its descriptor in other threads either
    auto *socket = new PooledSocket<QTcpSocket>;
    Descriptor descriptor(entry->descriptor);
    if (socket->setSocketDescriptor(descriptor.value())) // else the peer has reset it
        descriptor.release();
    entry->isBare = false;
    SocketGuard::make(socket)->enter(entry);
    pullHere(entry);
    const Lock lock(m_mutex);
    socket->setPeer(m_policy.host);
    entry->holder = holderName();
}

void Stock::leaveHome(Entry *entry)
{
    if (entry->home)
        std::exchange(entry->home, nullptr)->moveOut(entry);
}

// Whether the lease's end has to wait or to happen in another thread: there is code of the socket's on this thread's call
// stack, or it lives elsewhere.
bool Stock::runElsewhere(Entry *entry, Home::Act act)
{
    if (entry->home && entry->home->hasEnded())
        entry->home.reset();
    if (!entry->home || !entry->guard)
        return false;
    if (entry->home->isHere()) {
        const bool isItsThread = entry->socket->thread() == QThread::currentThread(); // unless the holder has moved it
        if (!isItsThread || !entry->guard->isBusy())
            return false;
        entry->guard->whenQuiet([entry, act] { act(entry); });
        return true;
    }
    if (entry->home->post(entry, act))
        return true;
    entry->home.reset(); // that thread has ended
    return false;
}

void Stock::giveBack(Entry *entry)
{
    if (runElsewhere(entry, &Stock::giveBack))
        return;
    const std::shared_ptr<Stock> stock = entry->owner;
    stock->comeHome(entry);
}

void Stock::comeHome(Entry *entry)
{
    qCDebug(m_log) << entry->id << "comes back";
    const bool wasUsed = entry->isUsed;
    if (wasUsed && entry->socket && !entry->home)
        pullHere(entry); // the thread where it was used has ended
    else if (wasUsed && entry->socket && !entry->socket->thread())
        entry->guard->pull(); // this thread is ending, and has let go of it
    if (wasUsed && entry->socket && entry->socket->thread() == QThread::currentThread()) {
        // A holder that has called deleteLater() wants it gone.
        QCoreApplication::sendPostedEvents(entry->socket, QEvent::DeferredDelete);
    }
    const bool isFit = !wasUsed || (entry->socket && refit(entry));
    leaveHome(entry);
    if (wasUsed && isFit)
        park(entry);
    const Look seen = wasUsed ? Look::Quiet : look(entry);
    Lock lock(m_mutex);
    endLease(entry, Clock::now());
    if (!isFit) {
        bury(entry, entry->socket ? CloseReason::Dirty : CloseReason::Discarded, lock);
    } else if (seen == Look::Quiet && wasUsed && m_policy.hasResetter && isCurrent(entry)) {
        entry->isReturning = true;
        entry->owner.reset();
        m_store.move(entry, Stage::Unchecked, Clock::now());
        wake();
    } else {
        disposeOf(entry, seen, CloseReason::Dirty, lock);
    }
}

// From a holder's thread into none, ready for the next one.
void Stock::park(Entry *entry)
{
    entry->isUsed = false;
    entry->guard->park();
    entry->hasBytes = entry->socket->bytesAvailable() > 0;
}

void Stock::endLease(const Entry *entry, Clock::time_point now)
{
    m_leaseTimes.record(now - entry->since);
}

// Whether the next holder can have it, with nothing of this one left. It stays in this thread.
bool Stock::refit(Entry *entry)
{
    SocketGuard *guard = entry->guard;
    if (entry->socket->thread() != QThread::currentThread() || !guard->isSameConnection())
        return false; // or else its holder has moved it to where nobody else may touch it
    guard->sever();
    if (entry->encrypted && probe(entry->descriptor) == Health::Readable)
        guard->readNow(); // session tickets are not the holder's to read
    // Before the last of this holder's bytes leave: what comes after them is the peer's answer to the next one.
    if (guard->hasUnread() || probe(entry->descriptor) != Health::Quiet)
        return false;
    if (guard->hasUnsent())
        entry->socket->flush();
    return entry->socket->state() == QAbstractSocket::ConnectedState && guard->restore() && guard->isFit();
}

void Stock::discard(Entry *entry)
{
    if (runElsewhere(entry, &Stock::discard))
        return;
    const std::shared_ptr<Stock> stock = entry->owner;
    leaveHome(entry);
    Lock lock(stock->m_mutex);
    stock->endLease(entry, Clock::now());
    stock->bury(entry, CloseReason::Discarded, lock);
}

std::unique_ptr<QTcpSocket> Stock::detach(Entry *entry)
{
    const std::shared_ptr<Stock> stock = entry->owner;
    QTcpSocket *detached = socket(entry);
    leaveHome(entry);
    if (entry->guard)
        entry->guard->leave();
    const Lock lock(stock->m_mutex);
    qCDebug(stock->m_log) << entry->id << "is detached";
    stock->endLease(entry, Clock::now());
    stock->m_store.remove(entry);
    ++(detached ? stock->m_totals.detached : stock->m_totals.discarded);
    stock->wake();
    return std::unique_ptr<QTcpSocket>(detached);
}

} // namespace QNetPool
