// SPDX-License-Identifier: BSD-3-Clause
// What a client pool's sizing is told of: takes and give-backs, and connections whose peer closed them unused.
#include "stock.h"

#include "system/descriptor.h"
#include "system/peerbudget.h"
#include "system/printable.h"

#include <QtCore/qdebug.h>
#include <QtCore/qthread.h>
#include <QtNetwork/qtcpsocket.h>

#include <algorithm>

namespace QNetPool {

static QString firstLine(const QByteArray &bytes)
{
    const auto isEnd = [](char byte) { return byte == '\r' || byte == '\n'; };
    return quoted(bytes.left(std::find_if(bytes.begin(), bytes.end(), isEnd) - bytes.begin()));
}

// A TLS record that a server sends which gets something else.
static bool isTlsAlert(const char *bytes, qint64 size)
{
    return size >= 5 && bytes[0] == 0x15 && bytes[1] == 3 && bytes[2] <= 4 && bytes[3] == 0 && bytes[4] == 2;
}

// A closed one would make Qt warn, to a message handler that must not be called under the stock's lock.
static qint64 peek(QTcpSocket *socket, char *bytes, qint64 size)
{
    return socket && socket->isReadable() ? socket->peek(bytes, size) : 0;
}

static QString sentAnAlert()
{
    return QStringLiteral("it sent a TLS alert; does this port expect TLS? Then set tls.mode");
}

StockLevel Stock::currentLevel() const
{
    const Clock::time_point now = Clock::now();
    const Overtaken late = overtakenSetups(now);
    StockLevel level{.idle = m_store.idle() + checksForNobody(),
                     .pending = m_store.count(Stage::Pending) - late.count,
                     .late = late.count,
                     .isProbeDue = late.next && now >= nextProbe(late.next),
                     .waiting = unservedWaiters()};
    if (m_demand) {
        level.target = m_demand->target();
        level.unreplaced = m_demand->unreplaced();
        level.surplus = m_demand->surplus();
    }
    return level;
}

StockLevel Stock::level() const
{
    const Lock lock(m_mutex);
    return currentLevel();
}

std::chrono::nanoseconds Stock::meanSetupTime() const
{
    const Lock lock(m_mutex);
    return m_demand ? m_demand->setupTime() : std::chrono::nanoseconds::zero();
}

// The entry has just become leased.
void Stock::noteTaken(const Entry *entry)
{
    if (!m_demand)
        return;
    const int idle = m_store.idle();
    int pending = m_store.count(Stage::Pending);
    if (pending > 0)
        pending -= overtakenSetups(entry->since).count;
    m_demand->taken(entry->since, {.idle = idle + 1, .pending = pending, .waiting = unservedWaiters()});
    if (idle + pending < m_demand->target() - m_demand->surplus() && room() > 0)
        wake(); // to dial
}

void Stock::noteGivenBack(Entry *entry, bool isReturned, Clock::time_point now)
{
    m_totals.givenBack += isReturned;
    if (!m_demand || !isReturned)
        return;
    m_demand->returned(now);
    if (entry->stage == Stage::Idle)
        entry->returned = now;
}

// A server may close a connection after each answer, just when it has been given back.
void Stock::noteEnd(Entry *entry)
{
    // Later ones are as likely to come together, after days, when the server restarts.
    constexpr std::chrono::seconds soon{1};
    const Clock::time_point returned = std::exchange(entry->returned, {});
    if (m_demand && returned != Clock::time_point() && Clock::now() - returned < soon)
        m_demand->returnedInVain();
}

void Stock::noteDeparture(const Waiter &waiter)
{
    if (m_demand && waiter.wanted.isNull())
        m_demand->returned(Clock::now());
}

// The caller has inspected it.
void Stock::noteUnusedEnd(const Entry *entry, Finding seen)
{
    if (entry->isOverBudget) {
        QString name;
        QDebug(&name) << entry->id;
        complain(Pool::Error::TlsFailed,
                 QStringLiteral("%1is closed: its peer sent more than %2 KiB of TLS session tickets or key updates, or does "
                                "not accept the answers to them")
                         .arg(name, QString::number(PeerBudget::ControlTraffic / 1024)));
    }
    if (!m_demand || entry->wasUsed || seen == Finding::Quiet)
        return;
    UnusedEnd end;
    end.age = Clock::now() - entry->setUp;
    end.peer = entry->peer;
    end.isTlsError = !entry->tlsError.isEmpty();
    char bytes[128]; // the beginning of what it sent is enough
    qint64 size = peek(entry->socket, bytes, sizeof bytes);
    if (size <= 0 && !entry->encrypted && entry->descriptor >= 0)
        size = peek(entry->descriptor, bytes, sizeof bytes);
    const bool isAlert = !entry->encrypted && isTlsAlert(bytes, size);
    end.isUnasked = seen == Finding::HasBytes && !isAlert;
    if (end.isTlsError)
        end.cause = entry->tlsError;
    else if (isAlert)
        end.cause = sentAnAlert();
    else if (size > 0)
        end.cause = QStringLiteral("it sent %1").arg(firstLine(QByteArray(bytes, size)));
    m_unusedEnds.push_back(std::move(end));
    wake();
}

// A holder of a plain connection that got one has waited for another answer, and learns nothing. Told once.
void Stock::noteUnreadAlert(const Entry *entry)
{
    if (!m_demand || m_hasSeenAlert || entry->encrypted || !entry->socket || entry->epoch != m_epoch)
        return;
    if (entry->socket->thread() && entry->socket->thread() != QThread::currentThread())
        return; // its holder has moved it
    char bytes[5];
    if (!isTlsAlert(bytes, peek(entry->socket, bytes, sizeof bytes)))
        return;
    m_hasSeenAlert = true;
    complain(Pool::Error::TlsFailed,
             QStringLiteral("%1 has not answered on a plain connection: %2").arg(printable(entry->host), sentAnAlert()));
}

} // namespace QNetPool
