// SPDX-License-Identifier: BSD-3-Clause
#include "stock.h"

#include "recursionlimiter.h"
#include "lease/socketguard.h"
#include "system/threadname.h"

#include <QtNetwork/qtcpsocket.h>

namespace QNetPool {

namespace {

QString ms(Stock::Clock::duration duration)
{
    return QString::number(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

} // namespace

// --- The pool's side ---------------------------------------------------------------------------------------------------

void Stock::open(const Policy &policy, std::unique_ptr<Watcher> watcher, std::function<void()> wake)
{
    const Lock lock(m_mutex);
    use(policy);
    m_watcher = std::move(watcher);
    m_wake = std::move(wake);
    m_isOpen = true;
}

void Stock::setPolicy(const Policy &policy)
{
    const Lock lock(m_mutex);
    use(policy);
    wake(); // for the next deadline
}

void Stock::use(const Policy &policy)
{
    m_policy = policy;
    m_watchesLeaks = policy.leakThreshold.count() > 0;
}

void Stock::setAudience(bool forAvailable, bool forIdleCount) noexcept
{
    const Lock lock(m_mutex);
    m_isAvailableHeard = forAvailable;
    m_isIdleCountHeard = forIdleCount;
}

void Stock::setLastError(const QString &message)
{
    const Lock lock(m_mutex);
    m_lastError = message;
}

void Stock::wake()
{
    if (!m_awake && m_wake) {
        m_awake = true;
        m_wake();
    }
}

void Stock::tell(News::Kind kind, ConnectionId id)
{
    if (kind == News::Kind::Available && !m_isAvailableHeard)
        return;
    m_events.emplace_back(kind, id);
    wake();
}

void Stock::idleCountChanged()
{
    if (m_isIdleCountHeard)
        wake();
    else
        m_toldIdle = m_store.idle(); // whoever comes to listen sees it for himself
}

void Stock::expectBy(Clock::time_point deadline)
{
    if (deadline < m_toldDeadline)
        wake();
}

Stock::News Stock::takeNews()
{
    const Lock lock(m_mutex);
    m_awake = false;
    News news;
    news.events = std::exchange(m_events, {});
    news.newcomers = std::exchange(m_newcomers, {});
    news.idle = m_store.idle();
    news.hasIdleChanged = news.idle != std::exchange(m_toldIdle, news.idle);
    news.unserved = unserved();
    news.isRetryDue = std::exchange(m_isRetryDue, false);
    news.deadline = m_line.nextDeadline();
    if (const std::optional<TimeLimits::Due> due = TimeLimits::next(m_store, m_policy))
        news.deadline = news.deadline ? std::min(*news.deadline, due->when) : due->when;
    if (m_drainUntil && m_store.leased() > 0)
        news.deadline = std::min(news.deadline.value_or(Clock::time_point::max()), *m_drainUntil);
    if (news.deadline == Clock::time_point::max())
        news.deadline.reset();
    m_toldDeadline = news.deadline.value_or(Clock::time_point::max());
    return news;
}

std::vector<Stock::Leak> Stock::expire(Clock::time_point now)
{
    std::vector<Leak> leaks;
    std::vector<Remains> closing;
    Lock lock(m_mutex);
    const int waited = m_line.count();
    const std::vector<std::shared_ptr<Waiter>> late = m_line.takeExpired(now);
    m_totals.timedOut += qint64(late.size());
    const QString lastError = m_lastError;
    while (const std::optional<TimeLimits::Due> due = TimeLimits::next(m_store, m_policy)) {
        if (due->when > now)
            break;
        carryOut(*due, now, closing, leaks);
    }
    wake(); // for the next deadline
    lock.unlock();

    for (Remains &remains : closing)
        remains.close();
    for (const std::shared_ptr<Waiter> &waiter : late) {
        QString message = QStringLiteral("no connection within %1 ms, %2 waiting").arg(ms(now - waiter->since)).arg(waited);
        if (!lastError.isEmpty())
            message += QStringLiteral("; last error: ") + lastError;
        waiter->fail(Pool::Error::AcquireTimeout, message);
    }
    return leaks;
}

void Stock::carryOut(const TimeLimits::Due &due, Clock::time_point now, std::vector<Remains> &closing,
                     std::vector<Leak> &leaks)
{
    Entry *entry = due.entry;
    switch (due.verdict) {
    case TimeLimits::Verdict::Leak:
        leaks.push_back(
                {entry->id, std::chrono::duration_cast<std::chrono::milliseconds>(now - entry->since), entry->holder});
        m_store.moveAsItIs(entry, Stage::Overdue);
        return;
    case TimeLimits::Verdict::Unclaimed:
        closing.push_back(forget(entry, CloseReason::DiedIdle));
        return;
    case TimeLimits::Verdict::IdleTooLong:
        m_watcher->remove(entry->descriptor);
        closing.push_back(forget(entry, CloseReason::IdleTooLong));
        return;
    case TimeLimits::Verdict::LivedTooLong:
        m_store.forgetLife(entry);
        if (entry->stage == Stage::Idle || entry->stage == Stage::Stale) {
            m_watcher->remove(entry->descriptor);
            closing.push_back(forget(entry, CloseReason::LivedTooLong));
        }
        return; // what is leased is closed when it comes back
    }
}

void Stock::shut(const QString &reason, std::optional<Clock::time_point> drainUntil)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // a continuation may delete the pool
    Lock lock(m_mutex);
    const bool isClosed = !m_isOpen && !m_drainUntil;
    m_isOpen = false;
    m_drainUntil = isClosed ? std::nullopt : drainUntil;
    ++m_epoch;
    const std::vector<std::shared_ptr<Waiter>> waiters = m_line.takeAll();
    m_totals.abandoned += qint64(waiters.size());
    std::vector<Remains> closing = forgetAllIdle();
    wake();
    lock.unlock();

    for (Remains &remains : closing)
        remains.close();
    for (const std::shared_ptr<Waiter> &waiter : waiters)
        waiter->fail(Pool::Error::Closed, reason);
}

bool Stock::isOpen() const
{
    const Lock lock(m_mutex);
    return m_isOpen;
}

bool Stock::isDraining() const
{
    const Lock lock(m_mutex);
    return m_drainUntil && m_store.leased() > 0 && Clock::now() < *m_drainUntil;
}

void Stock::stopWatching()
{
    std::unique_ptr<Watcher> watcher; // destroyed without the lock
    const Lock lock(m_mutex);
    m_drainUntil.reset();
    watcher = std::move(m_watcher);
}

void Stock::leavePool()
{
    {
        const Lock lock(m_mutex);
        m_wake = nullptr;
    }
    shut(QStringLiteral("the pool was destroyed"));
    stopWatching();
}

QString Stock::holderName() const
{
    return m_watchesLeaks ? currentThreadName() : QString(); // only a report needs it
}

// --- Into and out of the stock -----------------------------------------------------------------------------------------

// The caller owns the entry, and its socket is in no thread. To the first who waits for it, else into the stock. If it
// is not admitted, it was closed.
Stock::Admission Stock::offer(Entry *entry, Lock &lock)
{
    const bool comesHome = entry->stage == Stage::Leased || entry->stage == Stage::Overdue || entry->isReturning;
    if (Servings::areTooDeep() && m_line.count()) {
        placeLater(entry, comesHome);
        return Admission::Admitted;
    }
    return place(entry, comesHome, lock);
}

// Until then it counts as leased.
void Stock::placeLater(Entry *entry, bool comesHome)
{
    m_store.move(entry, Stage::Leased, Clock::now());
    Servings::putOff([self = shared_from_this(), entry, comesHome] {
        Lock lock(self->m_mutex);
        self->place(entry, comesHome, lock);
    });
}

Stock::Admission Stock::place(Entry *entry, bool comesHome, Lock &lock)
{
    const Clock::time_point now = Clock::now();
    const bool hasEnded = entry->descriptor < 0; // while it was set up, and its last words are only for who knows its name
    while (isCurrent(entry) && entry->endOfLife > now) {
        std::shared_ptr<Waiter> waiter = hasEnded ? m_line.nextFor(entry->id) : m_line.next(entry->id);
        if (!waiter)
            break;
        if (waiter->isCancelled()) { // and the pool's event loop has not told yet
            ++m_totals.cancelled;
            if (entry->stage != Stage::Leased)
                m_store.move(entry, Stage::Leased, now); // ours, and counted, while others look
            lock.unlock(); // its end may run a continuation
            waiter.reset();
            lock.lock();
            continue;
        }
        if (serve(std::move(waiter), entry, lock)) {
            m_totals.givenBack += comesHome;
            return Admission::Admitted;
        }
    }
    if (!isCurrent(entry)) {
        bury(entry, CloseReason::Flushed, lock);
    } else if (entry->endOfLife <= now) {
        bury(entry, CloseReason::LivedTooLong, lock);
    } else if (hasEnded) {
        disposeOf(entry, Look::LastWords, CloseReason::DiedIdle, lock);
    } else if (m_store.idle() >= m_policy.maximumIdle) {
        bury(entry, CloseReason::StockFull, lock);
    } else if (!shelve(entry, now)) {
        bury(entry, CloseReason::Dirty, lock); // it could not be known to live
        return Admission::Unwatched;
    } else {
        m_totals.givenBack += comesHome;
        return Admission::Admitted;
    }
    return Admission::Full;
}

// False: it was cancelled at the very moment, and the entry is still the caller's.
bool Stock::serve(std::shared_ptr<Waiter> waiter, Entry *entry, Lock &lock)
{
    m_store.move(entry, Stage::Leased, Clock::now());
    Connection connection = lend(entry, &PoolStatistics::hadToWait, waiter->holder);
    lock.unlock();
    const Clock::duration waited = Clock::now() - waiter->since;
    bool isServed = false;
    {
        const Servings serving;
        isServed = waiter->serve(connection);
        waiter.reset(); // without the lock: it may be the last that holds a lease which nobody took
    }
    lock.lock();
    if (isServed) {
        m_acquireTimes.record(waited);
        return true;
    }
    connection.m_entry = nullptr; // it counts as taken all the same, so that no total ever falls
    return false;
}

bool Stock::shelve(Entry *entry, Clock::time_point now)
{
    // Under the lock: once it is in the line, another thread may take it and must find it watched.
    const Watcher::Event event = entry->hasBytes ? Watcher::Event::HangUp : Watcher::Event::Bytes;
    const bool isWatched = std::exchange(entry->isPaused, false)
            ? m_watcher->change(entry->descriptor, entry->token(), event)
            : m_watcher->watch(entry->descriptor, entry->token(), event);
    if (!isWatched)
        return false;
    m_store.move(entry, Stage::Idle, now);
    entry->isReturning = false;
    entry->holder.clear();
    entry->owner.reset();
    tell(News::Kind::Available, entry->id);
    idleCountChanged();
    if (m_policy.idleTimeout.count() > 0)
        expectBy(TimeLimits::after(now, m_policy.idleTimeout));
    return true;
}

// way: what it counts as.
Connection Stock::lend(Entry *entry, qint64 PoolStatistics::*way, QString holder)
{
    qCDebug(m_log) << entry->id << "goes out";
    entry->owner = shared_from_this();
    entry->isReturning = false;
    entry->holder.swap(holder);
    ++m_totals.taken;
    ++(m_totals.*way);
    idleCountChanged();
    if (m_watchesLeaks)
        expectBy(TimeLimits::after(entry->since, m_policy.leakThreshold));
    return Connection(entry);
}

// The one that is to go out. Null if there is none, or if it has to be validated first, which is seen to for an ID.
Entry *Stock::pick(ConnectionId id, Clock::time_point now)
{
    if (id.isNull()) {
        for (Entry *oldest; (oldest = m_store.first(Stage::Idle)) && isStale(oldest, now);)
            m_store.moveAsItIs(oldest, Stage::Stale);
        // What is spent is closed, and not validated; without a validator, none is stale any more.
        if (Entry *stale = m_store.first(Stage::Stale);
            stale && (!m_policy.hasValidator || TimeLimits::isSpent(*stale, m_policy, now)))
            return stale;
        return m_policy.reuse == Reuse::OldestFirst ? m_store.first(Stage::Idle) : m_store.last(Stage::Idle);
    }
    Entry *entry = m_store.find(id);
    if (!entry || entry->stage == Stage::Unclaimed)
        return entry;
    if (entry->stage != Stage::Idle && entry->stage != Stage::Stale)
        return nullptr;
    if (!isStale(entry, now) || TimeLimits::isSpent(*entry, m_policy, now))
        return entry;
    requestCheck(entry);
    return nullptr;
}

// A healthy connection, leased; null, with the lock held, if there is none.
Entry *Stock::checkOut(ConnectionId id, Lock &lock)
{
    const Clock::time_point now = Clock::now();
    while (Entry *entry = m_isOpen ? pick(id, now) : nullptr) {
        if (entry->stage == Stage::Unclaimed) {
            m_store.move(entry, Stage::Leased, now);
            return entry;
        }
        m_watcher->pause(entry->descriptor);
        entry->isPaused = true;
        const bool isSpent = TimeLimits::isSpent(*entry, m_policy, now);
        m_store.move(entry, Stage::Leased, now);
        if (isSpent) {
            burySpent(entry, lock);
            lock.lock();
            continue;
        }
        lock.unlock();
        const Look seen = look(entry);
        lock.lock();
        if (!isCurrent(entry)) {
            bury(entry, CloseReason::Flushed, lock);
            lock.lock();
            continue; // the pool was closed, and perhaps opened again
        }
        const bool keeps = !m_policy.dropUnexpectedBytes;
        const bool isCertain = !id.isNull();
        if (seen == Look::Quiet || (seen == Look::HasBytes && keeps) || (seen == Look::LastWords && keeps && isCertain))
            return entry;
        if (seen == Look::LastWords && canSetAside()) {
            setAside(entry);
        } else {
            tell(News::Kind::Lost, entry->id);
            bury(entry, CloseReason::DiedIdle, lock);
            lock.lock();
        }
    }
    return nullptr;
}

Connection Stock::take(ConnectionId id)
{
    Home::settle();
    Lock lock(m_mutex);
    if (Entry *entry = checkOut(id, lock))
        return lend(entry, &PoolStatistics::fromStock, holderName());
    if (!m_isOpen || !id.isNull())
        return {};
    if (Entry *stale = m_store.first(Stage::Stale))
        requestCheck(stale);
    return {};
}

void Stock::join(std::shared_ptr<Waiter> waiter)
{
    Home::settle();
    Lock lock(m_mutex);
    waiter->holder = holderName();
    if (Entry *entry = checkOut(waiter->wanted, lock)) {
        Connection connection = lend(entry, &PoolStatistics::fromStock, waiter->holder);
        m_acquireTimes.record(Clock::now() - waiter->since);
        lock.unlock();
        waiter->serve(connection); // else the lease gives itself back
        return;
    }
    if (!m_isOpen) {
        ++m_totals.refused;
        lock.unlock();
        return waiter->fail(Pool::Error::Closed, QStringLiteral("the pool is not running"));
    }
    std::vector<std::shared_ptr<Waiter>> gone; // destroyed after the lock is released
    if (m_policy.maximumWaiters > 0 && m_line.count() >= m_policy.maximumWaiters) {
        gone = m_line.takeCancelled(); // of whom the pool's event loop has not told yet
        m_totals.cancelled += qint64(gone.size());
    }
    if (m_policy.maximumWaiters > 0 && m_line.count() >= m_policy.maximumWaiters) {
        const int waiting = m_line.count();
        ++m_totals.refused;
        lock.unlock();
        return waiter->fail(Pool::Error::TooManyWaiters, QStringLiteral("%1 are waiting already").arg(waiting));
    }
    ++m_totals.queued;
    m_newcomers.push_back(waiter);
    m_line.join(std::move(waiter));
    requestChecksForWaiters();
    wake(); // for its deadline, and for the connection that it needs
    lock.unlock();
}

bool Stock::leave(quint64 number, Departure departure)
{
    std::shared_ptr<Waiter> left; // destroyed after the lock is released
    const Lock lock(m_mutex);
    left = m_line.leave(number);
    if (!left)
        return false;
    ++(departure == Departure::TimedOut ? m_totals.timedOut : m_totals.cancelled);
    return true;
}

void Stock::flush()
{
    Lock lock(m_mutex);
    std::vector<Remains> closing = forgetAllIdle();
    wake();
    lock.unlock();
    for (Remains &remains : closing)
        remains.close();
}

// --- Out of the pool ---------------------------------------------------------------------------------------------------

// The connection leaves its entry, and the entry the store.
Remains Stock::forget(Entry *entry, CloseReason reason)
{
    struct Cause
    {
        const char *text;
        qint64 PoolStatistics::*total;
    };
    static constexpr Cause causes[] = {{"it died while idle", &PoolStatistics::diedIdle},
                                       {"it was idle too long", &PoolStatistics::idleTooLong},
                                       {"it has lived too long", &PoolStatistics::livedTooLong},
                                       {"it failed its check", &PoolStatistics::failedCheck},
                                       {"it came back not fit for use", &PoolStatistics::closedDirty},
                                       {"it was discarded", &PoolStatistics::discarded},
                                       {"the pool was flushed or closed", &PoolStatistics::flushed},
                                       {"the stock is full", &PoolStatistics::stockFull}};
    const Cause &cause = causes[std::size_t(reason)];
    qCDebug(m_log) << entry->id << "is closed:" << cause.text;
    ++(m_totals.*cause.total);
    return leaveEntry(entry);
}

Remains Stock::leaveEntry(Entry *entry)
{
    Remains remains{entry->socket, Descriptor(entry->isBare ? entry->descriptor : -1)};
    if (entry->guard)
        entry->guard->leave();
    m_store.remove(entry);
    return remains;
}

// All that wait in no thread.
std::vector<Remains> Stock::forgetAllIdle()
{
    std::vector<Remains> closing;
    closing.reserve(std::size_t(m_store.idle()));
    for (Stage stage : {Stage::Idle, Stage::Stale, Stage::Unchecked, Stage::Unclaimed}) {
        while (Entry *entry = m_store.first(stage)) {
            if (stage == Stage::Idle || stage == Stage::Stale)
                m_watcher->remove(entry->descriptor);
            closing.push_back(forget(entry, CloseReason::Flushed));
        }
    }
    for (Entry *entry = m_store.first(Stage::Checked); entry; entry = entry->next) {
        if (!entry->isReturning) // idle, but for its validator
            entry->epoch = NoEpoch;
    }
    return closing;
}

void Stock::burySpent(Entry *entry, Lock &lock)
{
    bury(entry, entry->endOfLife <= Clock::now() ? CloseReason::LivedTooLong : CloseReason::IdleTooLong, lock);
}

void Stock::bury(Entry *entry, CloseReason reason, Lock &lock)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // the entry may be the last that holds it
    Remains remains = forget(entry, reason);
    wake();
    lock.unlock();
    remains.close();
}

} // namespace QNetPool
