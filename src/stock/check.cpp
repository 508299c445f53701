// SPDX-License-Identifier: BSD-3-Clause
// Which connections the validator and the resetter are run on, and what follows from their results.
#include "stock.h"

#include "lease/socketguard.h"
#include "system/peerbudget.h"
#include "system/printable.h"

namespace QNetPool {

void Stock::requestCheck(Entry *entry)
{
    m_watcher->remove(entry->descriptor);
    m_store.moveAsItIs(entry, Stage::Unchecked);
    wake();
}

void Stock::requestChecksForWaiters()
{
    for (int missing = waitersWithoutCheck(); missing > 0; --missing) {
        Entry *stale = firstFree(Stage::Stale);
        if (!stale)
            return;
        requestCheck(stale);
    }
}

Entry *Stock::nextToCheck()
{
    const std::shared_ptr<Stock> self = shared_from_this(); // a continuation may delete the pool
    Lock lock(m_mutex);
    while (Entry *entry = m_store.first(Stage::Unchecked)) {
        const bool isSpent = !entry->isReturning && TimeLimits::isSpent(*entry, m_policy, Clock::now());
        m_store.move(entry, Stage::Checked, Clock::now());
        lock.unlock();
        const Finding seen = inspect(entry);
        lock.lock();
        if (isSpent && isCurrent(entry)) {
            closeSpent(entry, lock);
            lock.lock();
            requestChecksForWaiters();
            continue;
        }
        if (seen == Finding::Quiet && isCurrent(entry)) {
            entry->owner = self;
            entry->wasUsed = true;
            lock.unlock();
            socketOf(entry); // moves it into the pool's thread
            entry->guard->limitReads(PeerBudget::Read); // at once: what the hook reads makes room
            return entry;
        }
        // Bytes are for its next holder, not for the validator.
        offerOrRetire(entry, seen, entry->isReturning ? CloseReason::Dirty : CloseReason::DiedIdle, Clock::now(), lock);
        if (!lock.owns_lock())
            lock.lock();
        requestChecksForWaiters();
    }
    return nullptr;
}

void Stock::checked(Entry *entry, const QString &failure)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // a continuation may delete the pool
    if (entry->guard && entry->guard->isBusy())
        return entry->guard->whenQuiet([self, entry, failure] { self->checked(entry, failure); });
    if (entry->guard)
        entry->guard->limitReads(0);
    const bool isReady = failure.isEmpty() && entry->socket && refit(entry);
    leaveMailbox(entry);
    if (isReady)
        park(entry);
    Lock lock(m_mutex);
    m_doChecksFail = !isReady;
    if (isReady) {
        offer(entry, Clock::now(), lock);
    } else if (!isCurrent(entry)) {
        closeEntry(entry, CloseReason::Flushed, lock);
    } else {
        noteFailedCheck(entry, failure);
        closeEntry(entry, CloseReason::FailedCheck, lock);
    }
    if (!lock.owns_lock())
        lock.lock();
    requestChecksForWaiters(); // the waiter that counted on this one may not have got it
}

void Stock::noteFailedCheck(const Entry *entry, const QString &failure)
{
    complain(Pool::Error::CheckFailed,
             QStringLiteral("connection %1 is closed: its %2 %3")
                     .arg(printable(entry->id), entry->isReturning ? QLatin1String("resetter") : QLatin1String("validator"),
                          failure.isEmpty() ? QStringLiteral("has closed it, or has left bytes in it unread or unsent")
                                            : failure));
}

} // namespace QNetPool
