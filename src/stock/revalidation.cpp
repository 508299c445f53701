// SPDX-License-Identifier: BSD-3-Clause
// The stock after a change of the network or a suspend of the host: which connections cannot work any more, and which have to be validated.
#include "stock.h"

#include "system/descriptor.h"
#include "system/timeasleep.h"

#include <QtCore/qset.h>

namespace QNetPool {

bool Stock::isStale(const Entry *entry, Clock::time_point now) const
{
    return TimeLimits::isStale(*entry, m_policy, now) || (m_policy.hooks.validator && entry->since <= m_doubtedUntil);
}

void Stock::revalidateAll(const IsHere &isHere)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // a continuation may delete the pool
    QSet<QHostAddress> gone = localAddresses();
    gone.removeIf(isHere); // without the lock
    Lock lock(m_mutex);
    if (!m_isOpen)
        return;
    std::vector<ClosingHandle> closing = startClosingAllFrom(gone);
    m_doubtedUntil = Clock::now();
    m_isRetryDue = true;
    wake();
    lock.unlock();
    for (ClosingHandle &connection : closing)
        connection.close();
}

void Stock::revalidateIfSlept()
{
    const std::shared_ptr<Stock> self = shared_from_this(); // beyond the lock
    Lock lock(m_mutex);
    revalidateIfSlept(lock);
}

// The clock of the time limits may stand still in a suspend, in which peers and everything on the way to them go on.
Stock::Clock::time_point Stock::revalidateIfSlept(Lock &lock)
{
    Clock::time_point now;
    if (!m_sleep.hasSlept(timeAsleep(&now)) || !m_isOpen)
        return now;
    m_doubtedUntil = now; // at once: others may take one meanwhile
    lock.unlock();
    qCDebug(m_log) << "the host has been suspended: idle connections are checked";
    revalidateAll(&isOnThisHost);
    lock.lock();
    return Clock::now();
}

// Of all idle connections.
QSet<QHostAddress> Stock::localAddresses() const
{
    QSet<QHostAddress> addresses;
    const Lock lock(m_mutex);
    for (Stage stage : {Stage::Idle, Stage::Stale}) {
        for (const Entry *entry = m_store.first(stage); entry; entry = entry->next)
            addresses.insert(localAddress(entry->descriptor));
    }
    return addresses;
}

// A connection from an address that the host has lost never gets an answer, nor a FIN or RST.
std::vector<ClosingHandle> Stock::startClosingAllFrom(const QSet<QHostAddress> &gone)
{
    std::vector<ClosingHandle> closing;
    if (gone.isEmpty())
        return closing;
    for (Stage stage : {Stage::Idle, Stage::Stale}) {
        for (Entry *entry = m_store.first(stage); entry;) {
            Entry *const candidate = std::exchange(entry, entry->next);
            if (!gone.contains(localAddress(candidate->descriptor)))
                continue;
            notify(EventType::Lost, candidate->id);
            if (candidate == m_inspected) {
                candidate->epoch = NoEpoch; // closed after that
                continue;
            }
            closing.push_back(startClosing(candidate, CloseReason::DiedIdle));
        }
    }
    return closing;
}

} // namespace QNetPool
