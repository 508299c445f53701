// SPDX-License-Identifier: BSD-3-Clause
// Which connections the validator and the resetter are run on, and what follows from their results.
#include "stock.h"

#include "lease/socketguard.h"
#include "system/peerbudget.h"

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

void Stock::checked(Entry *entry, bool isFit)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // a continuation may delete the pool
    if (entry->guard && entry->guard->isBusy())
        return entry->guard->whenQuiet([self, entry, isFit] { self->checked(entry, isFit); });
    if (entry->guard)
        entry->guard->limitReads(0);
    const bool isReady = isFit && entry->socket && refit(entry);
    leaveMailbox(entry);
    if (isReady)
        park(entry);
    Lock lock(m_mutex);
    m_doChecksFail = !isReady;
    if (isReady)
        offer(entry, Clock::now(), lock);
    else
        closeEntry(entry, isCurrent(entry) ? CloseReason::FailedCheck : CloseReason::Flushed, lock);
    if (!lock.owns_lock())
        lock.lock();
    requestChecksForWaiters(); // the waiter that counted on this one may not have got it
}

} // namespace QNetPool
