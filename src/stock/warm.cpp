// SPDX-License-Identifier: BSD-3-Clause
// The stock's side of warm connections: idle ones that are still in the thread that gave them back.
#include "stock.h"

#include "probe.h"
#include "socketguard.h"
#include "warmshelf.h"

#include <QtNetwork/qtcpsocket.h>

namespace QNetPool {

// Its socket lives in this thread and is fit for another holder. It may stay if nobody else would miss it: nobody waits, it
// is not the last that is idle, and others ask for any connection, not for a certain one. It is this thread's guest all along.
bool Stock::returnWarm(Entry *entry)
{
    WarmShelf *shelf = m_keepsWarm ? WarmShelf::make() : nullptr;
    if (!shelf)
        return false;
    const Clock::time_point now = Clock::now();
    const Lock lock(m_mutex);
    if (!isCurrent(entry) || m_isAskedById || shelf->count(this) >= m_policy.warmConnections || m_line.count()
        || !m_store.first(Stage::Idle) || entry->endOfLife <= now || m_store.idle() >= m_policy.maximumIdle)
        return false;
    endLease(entry, now);
    m_store.move(entry, Stage::Warm, now);
    entry->isUsed = false;
    entry->holder.clear();
    entry->shelf = shelf;
    shelf->add(entry);
    ++m_totals.givenBack;
    idleCountChanged();
    return true;
}

// This thread's; none if it has none that is fit.
Connection Stock::takeWarm(ConnectionId id)
{
    WarmShelf *shelf = WarmShelf::existing();
    Entry *entry = shelf ? shelf->find(this, id) : nullptr;
    if (!entry)
        return {};
    shelf->remove(entry);
    if (entry->guard->isClean() && probe(entry->descriptor) == Health::Quiet) {
        const Clock::time_point now = Clock::now();
        const Lock lock(m_mutex);
        const bool isMissed = m_line.count() > 0; // whoever came to wait meanwhile is first
        if (isCurrent(entry) && !isMissed && !TimeLimits::isSpent(*entry, m_policy, now) && !isStale(entry, now)) {
            entry->shelf = nullptr;
            m_store.move(entry, Stage::Leased, now);
            return lend(entry, &PoolStatistics::fromStock, holderName());
        }
    }
    cool(entry);
    return {};
}

// In the thread where it is warm; it is on no shelf any more.
void Stock::cool(Entry *entry)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // the entry may be the last that holds it
    leaveHome(entry);
    park(entry);
    const Look seen = look(entry);
    Lock lock(m_mutex);
    entry->shelf = nullptr;
    disposeOf(entry, seen, CloseReason::DiedIdle, lock);
}

// Somebody found nothing: what is warm is for all now.
void Stock::requestCooling()
{
    for (Entry *entry = m_store.first(Stage::Warm); entry; entry = entry->next)
        entry->shelf->requestCooling();
}

void Stock::coolHere()
{
    if (WarmShelf *shelf = WarmShelf::existing())
        shelf->cool(this);
}

} // namespace QNetPool
