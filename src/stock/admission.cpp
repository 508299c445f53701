// SPDX-License-Identifier: BSD-3-Clause
// How connections enter the stock: from a setup, and by put().
#include "stock.h"

#include "lease/socketguard.h"
#include "randomid.h"
#include "system/helddescriptors.h"
#include "system/kerneldescriptor.h"
#include "system/printable.h"

#include <QtCore/qrandom.h>
#include <QtCore/qthread.h>
#if QT_CONFIG(ssl)
#include <QtNetwork/qsslsocket.h>
#endif
#include <QtNetwork/qtcpsocket.h>

#include <limits>

namespace QNetPool {

// Not counting last words, which make room.
int Stock::room() const
{
    const int most = m_policy.limits.maximumConnections;
    if (most <= 0)
        return std::numeric_limits<int>::max();
    return most - m_store.idle() - m_store.leased() - m_store.count(Stage::Pending);
}

Entry *Stock::addPending()
{
    Lock lock(m_mutex);
    const Entry *oldest = m_store.first(Stage::Unclaimed);
    const bool mustMakeRoom = oldest && room() <= m_store.count(Stage::Unclaimed);
    // A client can wait until connectionLost() has told of it: a slot may take the last words.
    if (room() <= 0 || (mustMakeRoom && m_demand && oldest->since > m_notified))
        return nullptr;
    Entry *entry = m_store.add();
    entry->born = entry->since = Clock::now();
    entry->epoch = m_epoch;
    entry->rules = m_rules;
    entry->host = m_policy.host;
    if (mustMakeRoom)
        closeEntry(m_store.first(Stage::Unclaimed), CloseReason::DiedIdle, lock);
    return entry;
}

bool Stock::closeOldestUnclaimed()
{
    Lock lock(m_mutex);
    Entry *oldest = m_store.first(Stage::Unclaimed);
    if (oldest)
        closeEntry(oldest, CloseReason::DiedIdle, lock);
    return oldest;
}

bool Stock::assignId(Entry *entry, ConnectionId id)
{
    if (!id.isNull())
        return m_store.name(entry, id);
    while (!m_store.name(entry, randomId()))
        ; // 2^32 IDs for some 10^4 connections: hardly ever repeated
    return true;
}

Entry *Stock::addPendingNamed(PeerNetwork network)
{
    Entry *entry = addPending();
    if (entry) {
        const Lock lock(m_mutex);
        assignId(entry, {});
        m_store.setNetwork(entry, network);
    }
    return entry;
}

void Stock::abandon(Entry *entry)
{
    const Lock lock(m_mutex);
    m_store.remove(entry);
    wake(); // there is room for another connection
}

Stock::Admission Stock::admit(Entry *entry, ConnectionId id, std::unique_ptr<QTcpSocket> socket, const SetupTimes &times)
{
    SocketGuard *guard = SocketGuard::find(socket.get());
    if (!guard)
        guard = SocketGuard::make(socket.get());
    if (socket->thread()) // else it was parked in the thread that set it up
        guard->park();
    guard->bindTo(entry);
    entry->hasBytes = socket->bytesAvailable() > 0;
    socket.release(); // owned by the entry from here on
    return admit(entry, id, times);
}

Stock::Admission Stock::admit(Entry *entry, ConnectionId id, Descriptor descriptor, const SetupTimes &times)
{
    entry->descriptor = descriptor.release();
    entry->isBare = true;
    return admit(entry, id, times);
}

Stock::Admission Stock::admit(Entry *entry, ConnectionId id, const SetupTimes &times)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // a continuation may delete the pool
    HeldDescriptors::add(entry->descriptor);
    Lock lock(m_mutex);
    Admission refusal = Admission::Admitted;
    if (!isCurrent(entry) || (entry->descriptor < 0 && !entry->hasBytes))
        refusal = Admission::Closed;
    else if (m_store.idle() >= m_policy.maximumIdle && !m_queue.count())
        refusal = Admission::Full;
    else if (entry->id.isNull() && !assignId(entry, id))
        refusal = Admission::IdInUse;
    if (refusal == Admission::Full) {
        ++m_totals.created;
        closeEntry(entry, CloseReason::StockFull, lock);
        return refusal;
    }
    if (refusal != Admission::Admitted) {
        ClosingHandle closing = removeEntry(entry);
        wake(); // there is room for another connection
        lock.unlock();
        closing.close();
        return refusal;
    }
    m_mutex.note(entry->id, "is set up");
    entry->setUp = Clock::now();
    ++m_totals.created;
    if (times.connect) {
        m_connectTimes.record(*times.connect);
        m_lastSetUpBorn = std::max(m_lastSetUpBorn, entry->born);
        if (m_demand)
            m_demand->setUp(Clock::now() - entry->born, currentLevel());
    }
    if (times.handshake)
        m_handshakeTimes.record(*times.handshake);
    if (m_policy.limits.maximumLifetime.count() > 0) {
        const double random = QRandomGenerator::global()->generateDouble();
        m_store.limitLife(entry, TimeLimits::endOfLife(m_policy, Clock::now(), random));
        scheduleExpiry(entry->endOfLife);
    }
    return offer(entry, Clock::now(), lock);
}

QString Stock::refusalOf(Entry *entry, ConnectionId id, const QTcpSocket &socket)
{
    Lock lock(m_mutex);
    if (!m_isOpen)
        return notRunning();
    if (const auto putProblem = m_policy.putProblem) {
        lock.unlock();
        if (QString why = putProblem(socket); !why.isEmpty())
            return why;
        lock.lock();
    }
    if (m_policy.networkOf) {
        const PeerNetwork network = m_policy.networkOf(kernelDescriptor(socket));
        if (m_policy.maximumPerPeer > 0 && m_store.countOf(network) >= m_policy.maximumPerPeer)
            return QStringLiteral("the peer has %1 connections, as many as maximumConnectionsPerPeer allows")
                    .arg(m_policy.maximumPerPeer);
        m_store.setNetwork(entry, network);
    }
    if (m_store.idle() >= m_policy.maximumIdle && !m_queue.countForAny() && !m_queue.hasFor(id))
        return QStringLiteral("%1 connections are idle, as many as the maximum capacity allows").arg(m_policy.maximumIdle);
    return assignId(entry, id) ? QString() : QStringLiteral("the connection ID %1 is in use").arg(printable(id));
}

// Why no pool can take it in; empty: one may.
static QString socketProblem(QTcpSocket *socket)
{
    if (!socket)
        return QStringLiteral("there is no socket");
    if (socket->thread() && socket->thread() != QThread::currentThread())
        return QStringLiteral("the socket lives in another thread: call put() there");
    if (SocketGuard::isPooled(socket) || HeldDescriptors::contains(kernelDescriptor(*socket)))
        return QStringLiteral("the socket is in a pool already: call detach() of its Connection first");
#if QT_CONFIG(ssl)
    const auto *tls = qobject_cast<const QSslSocket *>(socket);
    if (tls && tls->mode() != QSslSocket::UnencryptedMode && !tls->isEncrypted())
        return QStringLiteral("the TLS handshake of the socket has not finished");
#endif
    return {};
}

bool Stock::put(ConnectionId id, QTcpSocket *socket, QString *reason)
{
    const auto refuse = [reason](const QString &why) {
        if (reason)
            *reason = why;
        return false;
    };
    if (const QString why = socketProblem(socket); !why.isEmpty())
        return refuse(why);
    Entry *entry = addPending();
    if (!entry)
        return refuse(QStringLiteral("there are as many connections as limits.maximumConnections allows"));
    if (const QString why = refusalOf(entry, id, *socket); !why.isEmpty()) {
        abandon(entry);
        return refuse(why);
    }
    entry->wasUsed = true; // by the application
    if (!socket->thread())
        socket->moveToThread(QThread::currentThread());
    SocketGuard *guard = SocketGuard::make(socket);
    guard->bindTo(entry);
    guard->markAllDirty();
    if (!refit(entry)) {
        guard->release();
        abandon(entry);
        return refuse(QStringLiteral("the socket is not connected, has bytes unread or unsent, or cannot be restored"));
    }
    setCloseOnExec(entry->descriptor);
    admit(entry, {}, std::unique_ptr<QTcpSocket>(socket)); // whatever comes of it, the pool owns it now
    return true;
}

} // namespace QNetPool
