// SPDX-License-Identifier: BSD-3-Clause
#include "stock.h"

#include "probe.h"
#include "randomid.h"
#include "socketguard.h"

#include <QtCore/qthread.h>
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
    m_policy = policy;
    m_watcher = std::move(watcher);
    m_wake = std::move(wake);
    m_isOpen = true;
}

void Stock::setPolicy(const Policy &policy)
{
    const Lock lock(m_mutex);
    m_policy = policy;
}

void Stock::setAudience(bool forAvailable) noexcept
{
    const Lock lock(m_mutex);
    m_audience = forAvailable;
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
    if (kind == News::Kind::Lost || m_audience)
        m_events.emplace_back(kind, id);
    wake();
}

Stock::News Stock::takeNews()
{
    const Lock lock(m_mutex);
    m_awake = false;
    News news;
    news.events = std::exchange(m_events, {});
    news.idle = m_store.count(Stage::Idle);
    news.waiting = m_line.countForAny();
    news.deadline = m_line.nextDeadline();
    if (m_store.firstUnclaimed()) {
        const Clock::time_point end = endOfOldestUnclaimed();
        news.deadline = news.deadline ? std::min(*news.deadline, end) : end;
    }
    return news;
}

// At once when there are more of them than the stock may hold: each of them holds a descriptor.
Stock::Clock::time_point Stock::endOfOldestUnclaimed() const
{
    if (m_store.count(Stage::Unclaimed) > m_policy.maximumIdle)
        return {};
    return m_store.firstUnclaimed()->since + m_policy.unclaimedTimeout;
}

void Stock::expire(Clock::time_point now)
{
    Lock lock(m_mutex);
    const int waited = m_line.count();
    const std::vector<std::shared_ptr<Waiter>> late = m_line.takeExpired(now);
    const QString lastError = m_lastError;
    std::vector<QTcpSocket *> closing;
    while (Entry *oldest = m_store.firstUnclaimed()) {
        if (endOfOldestUnclaimed() > now)
            break;
        closing.push_back(forget(oldest, CloseReason::DiedIdle));
    }
    wake(); // for the next deadline
    lock.unlock();

    for (QTcpSocket *socket : closing)
        SocketGuard::close(socket);
    for (const std::shared_ptr<Waiter> &waiter : late) {
        QString message = QStringLiteral("no connection within %1 ms, %2 waiting").arg(ms(now - waiter->since)).arg(waited);
        if (!lastError.isEmpty())
            message += QStringLiteral("; last error: ") + lastError;
        waiter->fail(Pool::Error::AcquireTimeout, message);
    }
}

quint64 Stock::shut(const QString &reason)
{
    Lock lock(m_mutex);
    m_isOpen = false;
    const quint64 next = ++m_epoch;
    const std::vector<std::shared_ptr<Waiter>> waiters = m_line.takeAll();
    const std::vector<QTcpSocket *> closing = forgetAllIdle();
    wake();
    lock.unlock();

    for (QTcpSocket *socket : closing)
        SocketGuard::close(socket);
    for (const std::shared_ptr<Waiter> &waiter : waiters)
        waiter->fail(Pool::Error::Closed, reason);
    return next;
}

quint64 Stock::epoch() const
{
    const Lock lock(m_mutex);
    return m_epoch;
}

bool Stock::isOpen() const
{
    const Lock lock(m_mutex);
    return m_isOpen;
}

void Stock::stopWatching()
{
    std::unique_ptr<Watcher> watcher; // destroyed without the lock
    const Lock lock(m_mutex);
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

// --- What one looks like -----------------------------------------------------------------------------------------------

// The caller owns the entry, and its socket is in no thread.
Stock::Look Stock::look(Entry *entry) const
{
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
    entry->guard->pull();
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
    if (!entry || entry->stage != Stage::Idle)
        return; // taken in the meantime
    switch (look(entry)) {
    case Look::Quiet:
        return;
    case Look::HasBytes:
        if (m_policy.dropUnexpectedBytes)
            break;
        entry->hasBytes = true;
        m_watcher->hangUpOnly(entry->descriptor, token);
        return;
    case Look::LastWords:
        if (!m_policy.dropUnexpectedBytes && m_policy.unclaimedTimeout.count() > 0) {
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
    m_store.toUnclaimed(entry, Clock::now());
}

// --- Setting up --------------------------------------------------------------------------------------------------------

Entry *Stock::expect()
{
    const Lock lock(m_mutex);
    Entry *entry = m_store.add();
    entry->epoch = m_epoch;
    return entry;
}

bool Stock::giveName(Entry *entry, ConnectionId id)
{
    if (!id.isNull())
        return m_store.name(entry, id);
    while (!m_store.name(entry, randomId()))
        ; // 2^32 names for at most some 10^4 connections
    return true;
}

Entry *Stock::expectNamed()
{
    const Lock lock(m_mutex);
    Entry *entry = m_store.add();
    entry->epoch = m_epoch;
    giveName(entry, {});
    return entry;
}

void Stock::abandon(Entry *entry)
{
    const Lock lock(m_mutex);
    m_store.remove(entry);
}

Stock::Admission Stock::admit(Entry *entry, ConnectionId id, std::unique_ptr<QTcpSocket> socket)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // a continuation may delete the pool
    auto *guard = new SocketGuard(socket.get(), entry);
    entry->hasBytes = socket->bytesAvailable() > 0;
    guard->park();

    Lock lock(m_mutex);
    Admission refusal = Admission::Admitted;
    if (!m_isOpen || entry->epoch != m_epoch || entry->descriptor < 0)
        refusal = Admission::Closed;
    else if (m_store.count(Stage::Idle) >= m_policy.maximumIdle && !m_line.count())
        refusal = Admission::Full;
    else if (entry->id.isNull() && !giveName(entry, id))
        refusal = Admission::IdInUse;
    if (refusal != Admission::Admitted) {
        guard->leave();
        m_store.remove(entry);
        lock.unlock();
        SocketGuard::close(socket.release());
        return refusal;
    }
    qCDebug(m_log) << entry->id << "is set up";
    socket.release(); // the entry's from here on
    ++m_totals.created;
    return offer(entry, lock) ? Admission::Admitted : Admission::Full;
}

bool Stock::put(ConnectionId id, QTcpSocket *socket)
{
    if (!socket)
        return false;
    if (socket->thread() && socket->thread() != QThread::currentThread()) {
        qWarning("QNetPool: put() with a socket that lives in another thread: it is closed there");
        socket->deleteLater();
        return false;
    }
    if (!socket->thread())
        socket->moveToThread(QThread::currentThread());
    socket->setParent(nullptr);

    Entry *entry = expect();
    auto *guard = new SocketGuard(socket, entry);
    const bool isUsable = refit(entry);
    delete guard;
    if (!isUsable) {
        abandon(entry);
        SocketGuard::close(socket);
        return false;
    }
    return admit(entry, id, std::unique_ptr<QTcpSocket>(socket)) == Admission::Admitted;
}

// --- Into and out of the stock -----------------------------------------------------------------------------------------

// The caller owns the entry, and its socket is in no thread. To the first who waits for it, else into the stock. False if
// there was no place for it, and it was closed.
bool Stock::offer(Entry *entry, Lock &lock)
{
    const bool comesHome = entry->stage == Stage::Leased;
    while (m_isOpen && entry->epoch == m_epoch) {
        const std::shared_ptr<Waiter> waiter = m_line.next(entry->id);
        if (!waiter)
            break;
        if (entry->stage != Stage::Leased)
            m_store.toLeased(entry);
        Connection connection = lend(entry);
        lock.unlock();
        const bool isServed = waiter->serve(connection);
        lock.lock();
        if (isServed) {
            m_totals.givenBack += comesHome;
            return true;
        }
        connection.m_entry = nullptr; // the waiter left at the same moment: still ours
        --m_totals.taken;
    }
    if (!m_isOpen || entry->epoch != m_epoch) {
        bury(entry, CloseReason::Flushed, lock);
    } else if (m_store.count(Stage::Idle) >= m_policy.maximumIdle) {
        bury(entry, CloseReason::StockFull, lock);
    } else if (!shelve(entry)) {
        bury(entry, CloseReason::Dirty, lock); // the system does not watch it: it cannot be known to live
    } else {
        m_totals.givenBack += comesHome;
        return true;
    }
    return false;
}

bool Stock::shelve(Entry *entry)
{
    // Under the lock: once it is in the line, another thread may take it and must find it watched.
    if (!m_watcher->add(entry->descriptor, entry->token(), entry->hasBytes))
        return false;
    m_store.toIdle(entry);
    entry->owner.reset();
    tell(News::Kind::Available, entry->id);
    return true;
}

Connection Stock::lend(Entry *entry)
{
    qCDebug(m_log) << entry->id << "goes out";
    entry->owner = shared_from_this();
    ++m_totals.taken;
    wake(); // the number of idle connections
    return Connection(entry);
}

// A healthy connection, leased; null, with the lock held, if there is none.
Entry *Stock::checkOut(ConnectionId id, Lock &lock)
{
    const bool isCertain = !id.isNull();
    while (Entry *entry = isCertain ? m_store.find(id) : m_store.firstIdle()) {
        if (entry->stage != Stage::Idle && entry->stage != Stage::Unclaimed)
            return nullptr;
        const bool isLate = entry->stage == Stage::Unclaimed;
        m_store.toLeased(entry);
        if (isLate)
            return entry;
        const bool drops = m_policy.dropUnexpectedBytes;
        m_watcher->remove(entry->descriptor);
        lock.unlock();
        const Look seen = look(entry);
        lock.lock();
        if (!m_isOpen || entry->epoch != m_epoch) {
            bury(entry, CloseReason::Flushed, lock);
            lock.lock();
            return nullptr;
        }
        if (seen == Look::Quiet || (seen == Look::HasBytes && !drops) || (seen == Look::LastWords && !drops && isCertain))
            return entry;
        if (seen == Look::LastWords && !drops && m_policy.unclaimedTimeout.count() > 0) {
            setAside(entry);
        } else {
            tell(News::Kind::Lost, entry->id);
            bury(entry, CloseReason::DiedIdle, lock);
            lock.lock();
        }
        if (isCertain)
            return nullptr;
    }
    return nullptr;
}

Connection Stock::take(ConnectionId id)
{
    Lock lock(m_mutex);
    Entry *entry = m_isOpen ? checkOut(id, lock) : nullptr;
    return entry ? lend(entry) : Connection();
}

quint64 Stock::join(std::shared_ptr<Waiter> waiter)
{
    Lock lock(m_mutex);
    if (Entry *entry = m_isOpen ? checkOut(waiter->wanted, lock) : nullptr) {
        Connection connection = lend(entry);
        lock.unlock();
        waiter->serve(connection); // else the lease gives itself back
        return 0;
    }
    if (!m_isOpen) {
        lock.unlock();
        waiter->fail(Pool::Error::Closed, QStringLiteral("the pool is not running"));
        return 0;
    }
    if (m_policy.maximumWaiters > 0 && m_line.count() >= m_policy.maximumWaiters) {
        const int waiting = m_line.count();
        lock.unlock();
        waiter->fail(Pool::Error::TooManyWaiters, QStringLiteral("%1 are waiting already").arg(waiting));
        return 0;
    }
    const quint64 number = m_line.join(std::move(waiter));
    wake(); // for its deadline, and for the connection that it needs
    return number;
}

bool Stock::leave(quint64 number)
{
    std::shared_ptr<Waiter> left; // destroyed after the lock is released
    const Lock lock(m_mutex);
    left = m_line.leave(number);
    return left != nullptr;
}

void Stock::flush()
{
    Lock lock(m_mutex);
    const std::vector<QTcpSocket *> closing = forgetAllIdle();
    wake();
    lock.unlock();
    for (QTcpSocket *socket : closing)
        SocketGuard::close(socket);
}

// --- Out of the pool ---------------------------------------------------------------------------------------------------

// The socket leaves its entry, and the entry the store; to be closed without the lock.
QTcpSocket *Stock::forget(Entry *entry, CloseReason reason)
{
    static constexpr const char *causes[] = {"it died while idle", "it came back not fit for use", "it was discarded",
                                             "the pool was flushed or closed", "the stock is full"};
    qCDebug(m_log) << entry->id << "is closed:" << causes[std::size_t(reason)];
    QTcpSocket *socket = entry->socket;
    if (entry->guard)
        entry->guard->leave();
    m_store.remove(entry);
    ++(m_totals.*m_byReason[std::size_t(reason)]);
    return socket;
}

std::vector<QTcpSocket *> Stock::forgetAllIdle()
{
    std::vector<QTcpSocket *> sockets;
    sockets.reserve(std::size_t(m_store.count(Stage::Idle) + m_store.count(Stage::Unclaimed)));
    while (Entry *entry = m_store.firstIdle()) {
        m_watcher->remove(entry->descriptor);
        sockets.push_back(forget(entry, CloseReason::Flushed));
    }
    while (Entry *entry = m_store.firstUnclaimed())
        sockets.push_back(forget(entry, CloseReason::Flushed));
    return sockets;
}

void Stock::bury(Entry *entry, CloseReason reason, Lock &lock)
{
    const std::shared_ptr<Stock> self = shared_from_this(); // the entry may be the last that holds it
    QTcpSocket *socket = forget(entry, reason);
    wake();
    lock.unlock();
    if (socket)
        SocketGuard::close(socket);
}

// --- Numbers -----------------------------------------------------------------------------------------------------------

PoolStatistics Stock::statistics() const
{
    const Lock lock(m_mutex);
    PoolStatistics statistics = m_totals;
    statistics.idle = m_store.count(Stage::Idle);
    statistics.leased = m_store.count(Stage::Leased);
    statistics.pending = m_store.count(Stage::Pending);
    statistics.unclaimed = m_store.count(Stage::Unclaimed);
    statistics.waiters = m_line.count();
    return statistics;
}

int Stock::count(Stage stage) const
{
    const Lock lock(m_mutex);
    return m_store.count(stage);
}

int Stock::waiterCount() const
{
    const Lock lock(m_mutex);
    return m_line.count();
}

int Stock::waitersForAny() const
{
    const Lock lock(m_mutex);
    return m_line.countForAny();
}

} // namespace QNetPool
