// SPDX-License-Identifier: BSD-3-Clause
// Whether the peer of an idle connection is still there, and what happens if not.
#include "stock.h"

#include "lease/socketguard.h"
#include "system/peerbudget.h"

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

// What has begun before anybody has used the connection is nobody's answer: session tickets most likely, and cut in the same
// place with each new connection.
Stock::Finding Stock::quietOrWithin(const Entry *entry)
{
    return entry->wasUsed && entry->encrypted && entry->guard->isWithinRecord() ? Finding::WithinRecord : Finding::Quiet;
}

// The caller owns the entry, and its socket is in no thread.
Stock::Finding Stock::inspect(Entry *entry) const
{
    // Not connected: its descriptor may have been reused.
    if (!entry->isBare && entry->socket->state() != QAbstractSocket::ConnectedState)
        return entry->socket->bytesAvailable() > 0 ? Finding::ClosedWithBytes : Finding::Dead;
    const ProbeResult health = probe(entry->descriptor);
    if (health == ProbeResult::Quiet)
        return entry->hasBytes ? Finding::HasBytes : quietOrWithin(entry);
    if (health == ProbeResult::Dead)
        return Finding::Dead; // bytes before a reset are incomplete
    if (!entry->encrypted) {
        if (health == ProbeResult::Readable)
            return Finding::HasBytes;
        return entry->hasBytes || hasUnreadBytes(entry->descriptor) ? Finding::ClosedWithBytes : Finding::Dead;
    }
    return inspectTls(entry, health);
}

// Only TLS can tell application data, session tickets and close_notify apart. Without the lock, as a peer decides how long
// it takes. Once bytes are known, what follows them stays in the kernel for the holder.
Stock::Finding Stock::inspectTls(Entry *entry, ProbeResult health)
{
    if (entry->hasBytes)
        return health == ProbeResult::Readable ? Finding::HasBytes : Finding::ClosedWithBytes;
    entry->guard->pull(false);
    const TlsErrorListener listener(entry);
    bool hasBytes = false;
    for (int i = 0; i < 3 && !hasBytes && entry->socket->state() == QAbstractSocket::ConnectedState; ++i) {
        const qint64 waiting = std::min(countUnreadBytes(entry->descriptor), PeerBudget::Read);
        entry->guard->readNow();
        hasBytes = entry->socket->bytesAvailable() > 0;
        entry->hasBytes = hasBytes;
        if (!hasBytes)
            entry->controlTraffic += waiting;
        if (health == ProbeResult::Readable)
            break; // with a FIN, one more read finds it
    }
    const bool isConnected = entry->socket->state() == QAbstractSocket::ConnectedState && !entry->guard->hasPeerClosedTls();
    entry->isOverBudget = isConnected && !hasBytes
            && (entry->controlTraffic > PeerBudget::ControlTraffic || entry->guard->unsent() > PeerBudget::UnsentAnswers);
    entry->guard->park();
    if (entry->isOverBudget)
        return Finding::Dead;
    if (isConnected && health == ProbeResult::Readable)
        return hasBytes ? Finding::HasBytes : quietOrWithin(entry);
    return hasBytes ? Finding::ClosedWithBytes : Finding::Dead;
}

// For the watcher: the entry stays idle, and who finds no other waits for it in awaitInspection().
Stock::Finding Stock::inspectIdle(Entry *entry, Lock &lock)
{
    if (!entry->encrypted)
        return inspect(entry);
    m_inspected = entry;
    m_inspectingThread = std::this_thread::get_id();
    lock.unlock();
    const Finding seen = inspect(entry);
    lock.lock();
    m_inspected = nullptr;
    ++m_inspections;
    m_inspectionEnd.notify_all();
    return seen;
}

// False: none that is wanted is being inspected, or it is in this thread.
bool Stock::awaitInspection(ConnectionId id, Lock &lock)
{
    if (!m_inspected || m_inspectingThread == std::this_thread::get_id() || (!id.isNull() && m_inspected->id != id))
        return false;
    m_inspectionEnd.wait(lock, [this, running = m_inspections] { return m_inspections != running; });
    return true;
}

// The first one in the stage whose socket is not being inspected.
Entry *Stock::firstFree(Stage stage) const
{
    Entry *entry = m_store.first(stage);
    return entry && entry == m_inspected ? entry->next : entry;
}

Entry *Stock::lastFree(Stage stage) const
{
    Entry *entry = m_store.last(stage);
    return entry && entry == m_inspected ? entry->previous : entry;
}

// The next idle one to lease for a caller that takes any. Null: there is none. How long it takes to read what a TLS
// connection has received is up to its peer, and left to the watcher as long as another one among the next is quiet; so is
// a record of which a part is missing.
Entry *Stock::nextToLease() const
{
    const bool isOldestFirst = m_policy.reuse == Reuse::OldestFirst;
    Entry *const first = isOldestFirst ? firstFree(Stage::Idle) : lastFree(Stage::Idle);
    Entry *entry = first;
    for (int i = 0; entry && i < 32; ++i) { // each takes a system call, under the lock
        if (entry != m_inspected
            && (!entry->encrypted || entry->hasBytes
                || (probe(entry->descriptor) != ProbeResult::Readable && quietOrWithin(entry) == Finding::Quiet)))
            return entry;
        entry = isOldestFirst ? entry->next : entry->previous;
    }
    return first;
}

void Stock::handleActivity(quint64 token)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // beyond the lock
    Lock lock(m_mutex);
    Entry *entry = m_store.find(token);
    if (!entry || (entry->stage != Stage::Idle && entry->stage != Stage::Stale))
        return; // leased meanwhile
    const Finding seen = inspectIdle(entry, lock);
    if (seen == Finding::WithinRecord && isCurrent(entry))
        return; // the rest tells whether it is for nobody
    if (!isCurrent(entry) || !isUsable(seen) || seen == Finding::ClosedWithBytes) // it may have been flushed meanwhile
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
    noteEnd(entry);
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
    else if (seen == Finding::HasBytes || seen == Finding::WithinRecord)
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
