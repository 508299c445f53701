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

// Of one that is not idle, but was set up, checked or given back just now. If all checks fail, one that nobody wants is
// validated, too, so that it is noticed when they pass again; but not several, as others would be dialled in their place.
bool Stock::mustBeValidated(const Entry *entry, bool isWanted) const
{
    if (!m_policy.hooks.validator || entry->isValidated)
        return false;
    if (isWanted && m_policy.hooks.validateAfter.count() <= 0)
        return true;
    return m_failedChecks >= FailuresInARow && (isWanted || !checks());
}

void Stock::validate(Entry *entry)
{
    entry->isReturning = false;
    entry->owner.reset();
    m_store.move(entry, Stage::Unchecked, Clock::now());
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
            lock.unlock();
            socketOf(entry); // moves it into the pool's thread
            entry->guard->limitReads(PeerBudget::Read); // at once: what the hook reads makes room
            return entry;
        }
        entry->isValidated = true; // bytes are for its next holder, not for the validator
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
    if (isReady) {
        entry->isValidated = !entry->isReturning;
        if (isCurrent(entry) && std::exchange(m_failedChecks, 0) >= FailuresInARow)
            wake(); // the state changes
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

// One that fails before anybody has used it was set up in vain.
void Stock::noteFailedCheck(const Entry *entry, const QString &failure)
{
    ++m_failedChecks;
    if (m_demand && !entry->wasUsed) {
        UnusedEnd &end = m_unusedEnds.emplace_back();
        end.age = Clock::now() - entry->setUp;
        end.peer = entry->peer;
        end.isToldAlready = true;
    }
    complain(Pool::Error::CheckFailed,
             QStringLiteral("connection %1 is closed: its %2 %3")
                     .arg(printable(entry->id), entry->isReturning ? QLatin1String("resetter") : QLatin1String("validator"),
                          failure.isEmpty() ? QStringLiteral("has closed it, or has left bytes in it unread or unsent")
                                            : failure));
}

bool Stock::doChecksFail() const
{
    const Lock lock(m_mutex);
    return m_failedChecks >= FailuresInARow;
}

} // namespace QNetPool
