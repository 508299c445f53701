// SPDX-License-Identifier: BSD-3-Clause
// Whether the peer of an idle connection is still there, and what happens if not.
#include "stock.h"

#include "lease/socketguard.h"

#include <QtNetwork/qtcpsocket.h>

namespace QNetPool {

namespace {

// Keeps the error of TLS with which the peer ended a connection that has not been used, an alert for instance: the socket's
// error is that of the end that follows it.
class TlsErrorListener
{
public:
    explicit TlsErrorListener(Entry *entry)
    {
        if (entry->wasUsed)
            return;
        m_connection = QObject::connect(entry->socket, &QTcpSocket::errorOccurred, entry->socket,
                                        [entry](QAbstractSocket::SocketError error) {
                                            if (error == QAbstractSocket::SslInternalError)
                                                entry->tlsError = entry->socket->errorString();
                                        });
    }
    ~TlsErrorListener() { QObject::disconnect(m_connection); }

private:
    Q_DISABLE_COPY_MOVE(TlsErrorListener)
    QMetaObject::Connection m_connection;
};

} // namespace

// The caller owns the entry, and its socket is in no thread.
Stock::Finding Stock::inspect(Entry *entry) const
{
    // Not connected: its descriptor may have been reused.
    if (!entry->isBare && entry->socket->state() != QAbstractSocket::ConnectedState)
        return entry->socket->bytesAvailable() > 0 ? Finding::ClosedWithBytes : Finding::Dead;
    const ProbeResult health = probe(entry->descriptor);
    if (health == ProbeResult::Quiet)
        return entry->hasBytes ? Finding::HasBytes : Finding::Quiet;
    if (health == ProbeResult::Dead)
        return Finding::Dead; // bytes before a reset are incomplete
    if (!entry->encrypted) {
        if (health == ProbeResult::Readable)
            return Finding::HasBytes;
        return entry->hasBytes || hasUnreadBytes(entry->descriptor) ? Finding::ClosedWithBytes : Finding::Dead;
    }
    return inspectTls(entry, health);
}

// Only TLS can tell application data, session tickets and close_notify apart.
Stock::Finding Stock::inspectTls(Entry *entry, ProbeResult health)
{
    entry->guard->pull(false);
    const TlsErrorListener listener(entry);
    for (int i = 0; i < 3 && entry->socket->state() == QAbstractSocket::ConnectedState; ++i) {
        entry->guard->readNow();
        if (health == ProbeResult::Readable)
            break; // with a FIN, one more read finds it
    }
    const bool isConnected = entry->socket->state() == QAbstractSocket::ConnectedState && !entry->guard->hasPeerClosedTls();
    const bool hasBytes = entry->socket->bytesAvailable() > 0;
    entry->guard->park();
    if (isConnected && health == ProbeResult::Readable)
        return hasBytes ? Finding::HasBytes : Finding::Quiet;
    return hasBytes ? Finding::ClosedWithBytes : Finding::Dead;
}

void Stock::handleActivity(quint64 token)
{
    Lock lock(m_mutex);
    Entry *entry = m_store.find(token);
    if (!entry || (entry->stage != Stage::Idle && entry->stage != Stage::Stale))
        return; // leased meanwhile
    const Finding seen = inspect(entry);
    if (!isUsable(seen) || seen == Finding::ClosedWithBytes)
        return retire(entry, seen, CloseReason::DiedIdle, lock);
    if (seen != Finding::HasBytes)
        return;
    entry->hasBytes = true;
    m_watcher->change(entry->descriptor, token, Watcher::Event::HangUp);
}

// Keeps the last bytes of a connection for take(id).
void Stock::keepUnclaimed(Entry *entry)
{
    if (entry->stage == Stage::Idle || entry->stage == Stage::Stale)
        m_watcher->remove(entry->descriptor);
    notify(EventType::Lost, entry->id);
    m_store.move(entry, Stage::Unclaimed, Clock::now());
    entry->owner.reset();
}

// By somebody; by anybody unless it has ended.
bool Stock::isUsable(Finding seen) const
{
    return seen == Finding::Quiet || (seen != Finding::Dead && !m_policy.dropUnexpectedBytes);
}

// The caller owns the entry and has inspected it: keeps it unclaimed, or closes it. The lock is held before and after.
void Stock::retire(Entry *entry, Finding seen, CloseReason ifDead, Lock &lock)
{
    const bool isOfToday = isCurrent(entry);
    noteUnusedEnd(entry, seen);
    if (seen == Finding::ClosedWithBytes && isOfToday && keepsUnclaimed())
        return keepUnclaimed(entry);
    if (isOfToday && ifDead == CloseReason::DiedIdle)
        notify(EventType::Lost, entry->id);
    if (!isOfToday)
        ifDead = CloseReason::Flushed;
    else if (seen == Finding::HasBytes)
        ifDead = CloseReason::OutOfStep;
    closeEntry(entry, ifDead, lock);
    lock.lock();
}

// The caller owns the entry and has inspected it.
void Stock::offerOrRetire(Entry *entry, Finding seen, CloseReason ifDead, Clock::time_point now, Lock &lock)
{
    if (isUsable(seen) && seen != Finding::ClosedWithBytes)
        offer(entry, now, lock);
    else
        retire(entry, seen, ifDead, lock);
}

} // namespace QNetPool
