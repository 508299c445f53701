// SPDX-License-Identifier: BSD-3-Clause
// The stock's eyes: whether a connection that nobody holds still lives, and what becomes of it then.
#include "stock.h"

#include "system/probe.h"
#include "lease/socketguard.h"

#include <QtNetwork/qtcpsocket.h>

namespace QNetPool {

// The caller owns the entry, and its socket is in no thread.
Stock::Look Stock::look(Entry *entry) const
{
    if (!entry->isBare
        && entry->socket->state() != QAbstractSocket::ConnectedState) // its descriptor may be somebody else's by now
        return entry->socket->bytesAvailable() > 0 ? Look::LastWords : Look::Gone;
    Health health = probe(entry->descriptor);
    if (health == Health::Quiet)
        return entry->hasBytes ? Look::HasBytes : Look::Quiet;
    if (health == Health::Dead)
        return Look::Gone; // what came before a reset is part of something broken off
    if (!entry->encrypted) {
        if (health == Health::Readable)
            return Look::HasBytes;
        return entry->hasBytes || hasUnreadBytes(entry->descriptor) ? Look::LastWords : Look::Gone;
    }
    // Only TLS knows whether these are an application's bytes, session tickets or a goodbye.
    entry->guard->pull(false);
    for (int i = 0; i < 3 && entry->socket->state() == QAbstractSocket::ConnectedState; ++i) {
        entry->guard->readNow();
        if (health == Health::Readable)
            break; // a FIN takes one more read to be seen
    }
    const bool isConnected =
            entry->socket->state() == QAbstractSocket::ConnectedState && !entry->guard->hasPeerSaidGoodbye();
    const bool hasBytes = entry->socket->bytesAvailable() > 0;
    entry->guard->park();
    if (isConnected && health == Health::Readable)
        return hasBytes ? Look::HasBytes : Look::Quiet;
    return hasBytes ? Look::LastWords : Look::Gone;
}

void Stock::inspect(quint64 token)
{
    Lock lock(m_mutex);
    Entry *entry = m_store.find(token);
    if (!entry || (entry->stage != Stage::Idle && entry->stage != Stage::Stale))
        return; // taken in the meantime
    switch (look(entry)) {
    case Look::Quiet:
        return;
    case Look::HasBytes:
        if (m_policy.dropUnexpectedBytes)
            break;
        entry->hasBytes = true;
        m_watcher->change(entry->descriptor, token, Watcher::Event::HangUp);
        return;
    case Look::LastWords:
        if (canSetAside()) {
            m_watcher->remove(entry->descriptor);
            return setAside(entry);
        }
        break;
    case Look::Gone:
        break;
    }
    m_watcher->remove(entry->descriptor);
    tell(News::Kind::Lost, entry->id);
    bury(entry, CloseReason::DiedIdle, lock);
}

// Keeps the last bytes of a connection for take(id).
void Stock::setAside(Entry *entry)
{
    tell(News::Kind::Lost, entry->id);
    m_store.move(entry, Stage::Unclaimed, Clock::now());
    entry->owner.reset();
}

// The caller owns the entry and has looked at it: it is for somebody, or kept for its last bytes, or closed.
void Stock::disposeOf(Entry *entry, Look seen, CloseReason ifDead, Lock &lock)
{
    if (seen == Look::Quiet || (seen == Look::HasBytes && !m_policy.dropUnexpectedBytes)) {
        offer(entry, lock);
    } else if (seen == Look::LastWords && isCurrent(entry) && canSetAside()) {
        setAside(entry);
    } else {
        if (isCurrent(entry) && ifDead == CloseReason::DiedIdle)
            tell(News::Kind::Lost, entry->id);
        bury(entry, isCurrent(entry) ? ifDead : CloseReason::Flushed, lock);
    }
}

} // namespace QNetPool
