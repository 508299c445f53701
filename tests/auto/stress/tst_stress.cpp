// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "pools.h"
#include "testmain.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QFutureWatcher>
#include <QtCore/QLoggingCategory>
#include <QtCore/QPromise>
#include <QtCore/QRandomGenerator>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#ifdef Q_OS_UNIX
#include <sys/socket.h>
#endif

// Eight threads use a pool in every way at random while a ninth one breaks what it can, and nothing is lost, doubled or mixed
// up. QNETPOOL_STRESS_SECONDS sets how long (60), QNETPOOL_STRESS_SEED repeats the choices of an earlier run.
class tst_Stress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void conservation_data();
    void conservation();
    void nothingIsLeft();
    void everythingHappened();

private:
    double m_seconds = 60;
    quint64 m_seed = 0;
    int m_sockets = 0;
    int m_descriptors = 0;
    int m_threads = 0;
};

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// An answer that takes longer than this, from a peer that runs, is lost.
constexpr milliseconds ExchangeLimit = 20s;

// --- What the threads share ---------------------------------------------------------------------------------------------

// What happens in a run, to be counted.
enum class Event {
    Exchange,
    Byte,
    BrokenExchange,
    Farewell,
    Take,
    NothingToTake,
    Acquire,
    Wait,
    Served,
    NotServed,
    Cancelled,
    ServedWithoutEventLoop,
    GivenBack,
    GivenBackDirty,
    GivenBackUnused,
    Discarded,
    Detached,
    PutBack,
    EndedElsewhere,
    EndedAfterItsThread,
    LastWords,
    Abort,
    HalfClose,
    FarewellSent,
    ServerGaveBack,
    ServerDetached,
    ServerRestart,
    ClientRestart,
    Flush,
    Reconfiguration,
    Validation,
    Reset,
    LeakReport,
    Check,
};
constexpr std::array EventNames{"exchanges",
                                "bytes echoed",
                                "exchanges broken off",
                                "farewells read",
                                "takes",
                                "takes of nothing",
                                "acquire()",
                                "waitForConnection()",
                                "served",
                                "not served",
                                "cancelled",
                                "served without event loop",
                                "given back",
                                "given back dirty",
                                "given back unused",
                                "discarded",
                                "detached",
                                "put back",
                                "ended in another thread",
                                "ended after its thread",
                                "last words",
                                "aborts",
                                "half-closes",
                                "farewells sent",
                                "given back by the server",
                                "detached by the server",
                                "restarts of the server",
                                "restarts of the client",
                                "flushes",
                                "reconfigurations",
                                "validations",
                                "resets",
                                "reports of a leak",
                                "checks of the numbers"};
constexpr std::size_t EventCount = EventNames.size();
static_assert(EventCount == std::size_t(Event::Check) + 1);

class Tally
{
public:
    void count(Event event, qint64 times = 1) { m_counts[std::size_t(event)] += times; }
    qint64 operator[](Event event) const { return m_counts[std::size_t(event)]; }
    qint64 at(std::size_t event) const { return m_counts[event]; }
    QString text() const
    {
        QStringList parts;
        for (std::size_t i = 0; i < EventCount; ++i)
            parts << QStringLiteral("%1 %2").arg(m_counts[i]).arg(QLatin1String(EventNames[i]));
        return parts.join(QStringLiteral(", "));
    }
    static Tally &ofAllRows()
    {
        static Tally tally;
        return tally;
    }

private:
    std::array<std::atomic<qint64>, EventCount> m_counts{};
};

// Tells all threads when it is over, and is what they wait on between two steps.
class StopSignal
{
public:
    void set()
    {
        const std::lock_guard lock(m_mutex);
        m_isSet = true;
        m_changed.notify_all();
    }
    bool isSet() const { return m_isSet; }
    bool waitFor(milliseconds time) // true: it is over
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, time, [this] { return m_isSet.load(); });
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::atomic<bool> m_isSet = false;
};

// What was found wrong, by any thread. QtTest's own macros are for the main thread alone.
class Findings
{
public:
    explicit Findings(StopSignal &stop) : m_stop(stop) { }
    void add(const QString &text)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_texts.size() < 20)
                m_texts << text;
        }
        m_stop.set();
    }
    QString text() const
    {
        const std::lock_guard lock(m_mutex);
        return m_texts.join(u'\n');
    }

private:
    StopSignal &m_stop;
    mutable std::mutex m_mutex;
    QStringList m_texts;
};

// Random choices that a seed repeats.
class Dice
{
public:
    explicit Dice(quint64 seed) : m_engine(seed) { }
    int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(m_engine); }
    bool chance(int percent) { return below(100) < percent; }
    milliseconds upTo(milliseconds time) { return milliseconds(below(int(time.count()) + 1)); }
    // Bytes that no one else sends, and no zero among them: that begins a farewell.
    QByteArray payload(const QByteArray &sender)
    {
        const int size = chance(2) ? 1 + below(200000) : 1 + below(2000);
        QByteArray bytes = sender + ' ' + QByteArray::number(++m_sent) + ' ';
        bytes.reserve(bytes.size() + size);
        while (bytes.size() < size)
            bytes += char(1 + below(255));
        return bytes;
    }

private:
    std::mt19937_64 m_engine;
    qint64 m_sent = 0;
};

// Bytes that a server sends unasked before it closes.
const QByteArray &farewell()
{
    static const QByteArray text("\0good bye", 9);
    return text;
}

// What comes back for one payload: the payload, byte for byte. A farewell may cut it short, and nothing comes after that.
class Answer
{
public:
    explicit Answer(QByteArray sent = {}) : m_sent(std::move(sent)) { }
    bool add(const QByteArray &bytes) // false: these are not the bytes that were sent
    {
        for (const char byte : bytes) {
            if (m_farewell == 0 && m_matched < m_sent.size() && byte == m_sent.at(m_matched))
                ++m_matched;
            else if (m_farewell < farewell().size() && byte == farewell().at(m_farewell))
                ++m_farewell;
            else
                return false;
        }
        return true;
    }
    bool isComplete() const { return m_matched == m_sent.size(); }
    bool hasFarewell() const { return m_farewell > 0; }
    const QByteArray &sent() const { return m_sent; }

private:
    QByteArray m_sent;
    qsizetype m_matched = 0;
    qsizetype m_farewell = 0;
};

// Who has which connection of a pool. An ID is taken off just before the lease ends, since the pool may hand the connection on
// from that moment.
class Holders
{
public:
    explicit Holders(Findings &findings) : m_findings(findings) { }
    void begin(ConnectionId id, const QByteArray &who)
    {
        const std::lock_guard lock(m_mutex);
        const auto [there, isNew] = m_holders.emplace(id.toByteArray(), who);
        if (!isNew) {
            m_findings.add(QStringLiteral("connection %1 has two holders: %2 and %3")
                                   .arg(id.toString(), QString::fromLatin1(there->second), QString::fromLatin1(who)));
        }
    }
    void end(ConnectionId id)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_holders.erase(id.toByteArray()))
            m_findings.add(QStringLiteral("connection %1 changed its name while it was leased").arg(id.toString()));
    }
    std::size_t count() const
    {
        const std::lock_guard lock(m_mutex);
        return m_holders.size();
    }

private:
    Findings &m_findings;
    mutable std::mutex m_mutex;
    std::map<QByteArray, QByteArray> m_holders;
};

// A lease on record.
class Held
{
public:
    Held() = default;
    Held(Connection connection, Holders &holders, const QByteArray &who)
        : m_connection(std::move(connection)), m_holders(&holders), m_id(m_connection.id())
    {
        holders.begin(m_id, who);
    }
    Held(Held &&other) noexcept = default;
    Held &operator=(Held &&other) noexcept
    {
        giveBack();
        m_connection = std::move(other.m_connection);
        m_holders = other.m_holders;
        m_id = other.m_id;
        return *this;
    }
    ~Held() { giveBack(); }

    explicit operator bool() const { return bool(m_connection); }
    ConnectionId id() const { return m_id; }
    QTcpSocket *socket() const { return m_connection.socket(); }
    void giveBack()
    {
        if (offRecord())
            m_connection.giveBack();
    }
    void discard()
    {
        if (offRecord())
            m_connection.discard();
    }
    std::unique_ptr<QTcpSocket> detach() { return offRecord() ? m_connection.detach() : nullptr; }

private:
    bool offRecord()
    {
        if (!m_connection)
            return false;
        m_holders->end(m_id);
        return true;
    }

    Connection m_connection;
    Holders *m_holders = nullptr;
    ConnectionId m_id;
};

// Leases whose holders have left it to any other thread to end them.
class Mailbox
{
public:
    struct Letter
    {
        Held lease;
        bool isThreadGone = false; // the thread that used the socket does not run any more, or soon will not
    };
    void post(Held lease, bool isThreadGone)
    {
        const std::lock_guard lock(m_mutex);
        m_letters.push_back({std::move(lease), isThreadGone});
    }
    Letter take()
    {
        const std::lock_guard lock(m_mutex);
        if (m_letters.empty())
            return {};
        Letter letter = std::move(m_letters.front());
        m_letters.pop_front();
        return letter;
    }

private:
    std::mutex m_mutex;
    std::deque<Letter> m_letters;
};

// The calls of acquire() that have not ended yet. Each ends once.
class Asks
{
public:
    explicit Asks(Findings &findings) : m_findings(findings) { }
    quint64 begin()
    {
        const std::lock_guard lock(m_mutex);
        m_open.insert(++m_last);
        return m_last;
    }
    void end(quint64 number)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_open.erase(number))
            m_findings.add(QStringLiteral("an acquire() has ended twice"));
    }
    bool isOpen(quint64 number) const
    {
        const std::lock_guard lock(m_mutex);
        return m_open.contains(number);
    }
    std::size_t open() const
    {
        const std::lock_guard lock(m_mutex);
        return m_open.size();
    }

private:
    Findings &m_findings;
    mutable std::mutex m_mutex;
    std::set<quint64> m_open;
    quint64 m_last = 0;
};

// Futures that any thread may cancel.
class CancelBox
{
public:
    void add(const QFuture<Connection> &future)
    {
        const std::lock_guard lock(m_mutex);
        m_futures.push_back(future);
    }
    void cancelAll()
    {
        std::vector<QFuture<Connection>> futures;
        {
            const std::lock_guard lock(m_mutex);
            futures.swap(m_futures);
        }
        for (QFuture<Connection> &future : futures)
            future.cancel();
    }

private:
    std::mutex m_mutex;
    std::vector<QFuture<Connection>> m_futures;
};

// A thread with an event loop.
class Loop
{
public:
    explicit Loop(const QString &name)
    {
        m_thread.setObjectName(name);
        m_here.moveToThread(&m_thread);
        m_thread.start();
    }
    ~Loop()
    {
        m_thread.quit();
        m_thread.wait();
    }
    QThread *thread() { return &m_thread; }
    void post(const std::function<void()> &act) { QMetaObject::invokeMethod(&m_here, act, Qt::QueuedConnection); }
    void run(const std::function<void()> &act) { QMetaObject::invokeMethod(&m_here, act, Qt::BlockingQueuedConnection); }

private:
    Q_DISABLE_COPY_MOVE(Loop)
    QThread m_thread;
    QObject m_here;
};

// How one row is set up.
struct Setting
{
    ConnectionMode mode = ConnectionMode::Multi;
    bool isTls = false;
    bool hasChecks = false;
    Reuse reuse = Reuse::OldestFirst;
    int maximumConnections = 12;
};

// The stage of one row: both pools, and what the threads share.
struct Scene
{
    explicit Scene(const Setting &chosen) : setting(chosen) { }

    const Setting setting;
    StopSignal stop;
    Findings findings{stop};
    Tally tally;
    Holders holders{findings};
    Holders serverHolders{findings};
    Mailbox mailbox;
    Asks asks{findings};
    CancelBox cancelBox;
    // Calls that each pool must have counted once: those of acquire() and waitForConnection(), and of take() that got something.
    std::atomic<qint64> calls{0};
    std::atomic<qint64> serverCalls{0};
    std::unique_ptr<ClientPool> client;
    std::unique_ptr<ServerPool> server;
    quint16 port = 0;

    ClientPool::Configuration clientWish();
    ServerPool::Configuration serverWish() const;
    void check(const Pool &pool, const char *name, int maximumConnections);
    void checkBoth();
};

constexpr int ServerMaximum = 40;

// --- The numbers --------------------------------------------------------------------------------------------------------

QString text(const PoolStatistics &n)
{
    const std::pair<const char *, qint64> parts[] = {
            {"idle", n.idle},
            {"leased", n.leased},
            {"pending", n.pending},
            {"waiters", n.waiters},
            {"unclaimed", n.unclaimed},
            {"created", n.created},
            {"detached", n.detached},
            {"closed", n.closed()},
            {"died idle", n.diedIdle},
            {"idle too long", n.idleTooLong},
            {"lived too long", n.livedTooLong},
            {"failed its check", n.failedCheck},
            {"dirty", n.closedDirty},
            {"discarded", n.discarded},
            {"flushed", n.flushed},
            {"stock full", n.stockFull},
            {"taken", n.taken},
            {"from stock", n.fromStock},
            {"had to wait", n.hadToWait},
            {"queued", n.queued},
            {"timed out", n.timedOut},
            {"cancelled", n.cancelled},
            {"abandoned", n.abandoned},
            {"refused", n.refused},
    };
    QStringList texts;
    for (const auto &[name, number] : parts)
        texts << QStringLiteral("%1 %2").arg(QLatin1String(name)).arg(number);
    return texts.join(QStringLiteral(", "));
}

// What does not hold in this snapshot.
QString whatIsWrong(const PoolStatistics &n, int maximumConnections)
{
    if (n.created != n.closed() + n.idle + n.leased + n.unclaimed + n.detached)
        return QStringLiteral("connections are lost or made up");
    if (n.taken != n.fromStock + n.hadToWait)
        return QStringLiteral("those who got a connection do not add up");
    if (n.queued != n.hadToWait + n.timedOut + n.cancelled + n.abandoned + n.waiters)
        return QStringLiteral("those who waited do not add up");
    if (std::min({n.idle, n.leased, n.pending, n.waiters, n.unclaimed}) < 0)
        return QStringLiteral("a number is negative");
    if (n.idle + n.leased + n.pending > maximumConnections)
        return QStringLiteral("there are more than %1 connections").arg(maximumConnections);
    return {};
}

void Scene::check(const Pool &pool, const char *name, int maximumConnections)
{
    const PoolStatistics numbers = pool.statistics();
    const QString wrong = whatIsWrong(numbers, maximumConnections);
    if (!wrong.isEmpty())
        findings.add(QStringLiteral("%1: %2: %3").arg(QLatin1String(name), wrong, text(numbers)));
    tally.count(Event::Check);
}

void Scene::checkBoth()
{
    check(*client, "client", setting.maximumConnections);
    check(*server, "server", ServerMaximum);
}

// --- How the pools are configured: small and short-lived, so that every limit is met --------------------------------------

// Sends a few bytes and waits for the same ones.
QFuture<bool> ping(QTcpSocket *socket, const QByteArray &bytes)
{
    struct Ping
    {
        QPromise<bool> promise;
        Answer answer;
        void end(bool isFit)
        {
            if (promise.future().isFinished())
                return;
            promise.addResult(isFit);
            promise.finish();
        }
    };
    const auto ping = std::make_shared<Ping>();
    ping->answer = Answer(bytes);
    ping->promise.start();
    QObject::connect(socket, &QTcpSocket::readyRead, socket, [ping, socket] {
        if (!ping->answer.add(socket->readAll()) || ping->answer.hasFarewell())
            ping->end(false);
        else if (ping->answer.isComplete())
            ping->end(true);
    });
    QObject::connect(socket, &QTcpSocket::disconnected, socket, [ping] { ping->end(false); });
    socket->write(bytes);
    return ping->promise.future();
}

ClientPool::Configuration Scene::clientWish()
{
    ClientPool::Configuration wish = clientOf(port, 4);
    wish.maximumCapacity = 8;
    wish.minimumInterval = 10ms;
    wish.maximumInterval = 50ms;
    wish.maximumBackoff = 100ms;
    wish.maximumPending = 6;
    wish.maximumConnections = setting.maximumConnections;
    wish.maximumWaiters = 6;
    wish.idleTimeout = 100ms;
    wish.maximumLifetime = 1s;
    wish.lifetimeSpread = 0.5;
    wish.leakThreshold = 20ms;
    wish.unclaimedTimeout = 200ms;
    wish.connectionMode = setting.mode;
    wish.reuse = setting.reuse;
    wish.dropUnexpectedBytes = setting.mode == ConnectionMode::Single;
    wish.tlsMode = setting.isTls ? TlsMode::SelfSigned : TlsMode::None;
    if (!setting.hasChecks)
        return wish;
    wish.validateAfter = 5ms;
    wish.validationTimeout = 500ms;
    wish.validator = [this](QTcpSocket *socket) {
        tally.count(Event::Validation);
        return ping(socket, "still there?");
    };
    wish.resetter = [this](QTcpSocket *socket) {
        tally.count(Event::Reset);
        return ping(socket, "forget all");
    };
    return wish;
}

ServerPool::Configuration Scene::serverWish() const
{
    ServerPool::Configuration wish;
    wish.connectionMode = setting.mode;
    wish.maximumConnections = ServerMaximum;
    wish.maximumWaiters = 3;
    wish.maximumLifetime = 3s;
    wish.leakThreshold = 500ms;
    wish.unclaimedTimeout = 100ms;
    if (setting.isTls)
        wish.sslConfiguration = Certificates::showing(QStringLiteral("self-signed"));
    return wish;
}

// --- The server's end -----------------------------------------------------------------------------------------------------

// How the server's end of a connection goes wrong.
enum class Kill { Abort, HalfClose, Farewell, Discard, Detach, DetachAndPut };
constexpr int KillCount = int(Kill::DetachAndPut) + 1;

// Takes every connection that becomes idle at the server, and sends back what comes in; some it gives back between two
// exchanges, and takes them again. In a thread of its own.
class Echo final : public QObject
{
public:
    Echo(Scene &scene, quint64 seed) : m_scene(scene), m_dice(seed)
    {
        // Posted by hand: what Qt itself queues for a signal, ThreadSanitizer cannot follow.
        const auto tell = [this](ConnectionId id) {
            QMetaObject::invokeMethod(
                    this, [this, id] { welcome(id); }, Qt::QueuedConnection);
        };
        connect(scene.server.get(), &Pool::connectionAvailable, this, tell, Qt::DirectConnection);
    }
    void kill(Kill way);

private:
    void welcome(ConnectionId id);
    void takeAtOnce(ConnectionId id);
    void begin(Connection connection);
    void echo(ConnectionId id);
    void drop(ConnectionId id) { m_talks.erase(id.toByteArray()); }
    void halfClose(const Held &held);
    void end(Held held, Kill way);

    Scene &m_scene;
    Dice m_dice;
    std::map<QByteArray, Held> m_talks;
};

void Echo::welcome(ConnectionId id)
{
    if (!m_dice.chance(20))
        return takeAtOnce(id);
    ++m_scene.serverCalls;
    m_scene.server->acquire(id, 20ms)
            .then(this, [this](Connection connection) { begin(std::move(connection)); })
            .onFailed(this, [this, id](const PoolException &) { takeAtOnce(id); });
}

void Echo::takeAtOnce(ConnectionId id)
{
    Connection connection = m_scene.server->take(id);
    m_scene.serverCalls += bool(connection);
    begin(std::move(connection));
}

void Echo::begin(Connection connection)
{
    if (!connection)
        return; // it has gone again, or somebody else has it
    const ConnectionId id = connection.id();
    Held &held = m_talks[id.toByteArray()];
    held = Held(std::move(connection), m_scene.serverHolders, "the echo");
    QTcpSocket *socket = held.socket();
    connect(socket, &QTcpSocket::readyRead, this, [this, id] { echo(id); });
    connect(socket, &QTcpSocket::disconnected, this, [this, id] { drop(id); });
    if (socket->state() != QAbstractSocket::ConnectedState)
        drop(id); // these were its last words
}

void Echo::echo(ConnectionId id)
{
    const auto talk = m_talks.find(id.toByteArray());
    if (talk == m_talks.end())
        return;
    QTcpSocket *socket = talk->second.socket();
    socket->write(socket->readAll());
    if (m_dice.below(200) > 0)
        return;
    m_scene.tally.count(Event::ServerGaveBack);
    drop(id);
}

void Echo::kill(Kill way)
{
    if (m_talks.empty())
        return;
    const auto victim = std::next(m_talks.begin(), m_dice.below(int(m_talks.size())));
    if (way == Kill::HalfClose)
        return halfClose(victim->second);
    Held held = std::move(victim->second);
    m_talks.erase(victim);
    held.socket()->disconnect(this);
    end(std::move(held), way);
}

// The client closes in its turn, and then this end does.
void Echo::halfClose(const Held &held)
{
    m_scene.tally.count(Event::HalfClose);
#ifdef Q_OS_UNIX
    ::shutdown(int(held.socket()->socketDescriptor()), SHUT_WR);
#else
    held.socket()->disconnectFromHost();
#endif
}

void Echo::end(Held held, Kill way)
{
    QTcpSocket *socket = held.socket();
    switch (way) {
    case Kill::Abort:
        m_scene.tally.count(Event::Abort);
        socket->abort();
        return;
    case Kill::Farewell:
        m_scene.tally.count(Event::FarewellSent);
        socket->write(farewell());
        socket->flush();
        held.discard();
        return;
    case Kill::Detach:
        m_scene.tally.count(Event::ServerDetached);
        held.detach();
        return;
    case Kill::DetachAndPut: {
        m_scene.tally.count(Event::ServerDetached);
        const ConnectionId id = held.id();
        m_scene.server->put(id, held.detach().release());
        return;
    }
    case Kill::HalfClose:
    case Kill::Discard:
        held.discard();
    }
}

// --- What every user does -------------------------------------------------------------------------------------------------

// One of the threads that use the client pool.
class User
{
public:
    User(Scene &scene, const QByteArray &name, quint64 seed) : m_name(name), m_scene(scene), m_dice(seed) { }
    virtual ~User() = default;

    std::atomic<const char *> doing{"nothing yet"}; // for the watchdog
    const QByteArray m_name;

protected:
    ClientPool &client() { return *m_scene.client; }
    Tally &tally() { return m_scene.tally; }
    Held take();
    Held takeRecent();
    Held record(Connection connection) { return Held(std::move(connection), m_scene.holders, m_name); }
    milliseconds patience() { return m_dice.chance(10) ? 0ms : m_dice.upTo(60ms); }
    void endOneOfOthers();
    void putBack(ConnectionId id, std::unique_ptr<QTcpSocket> socket);
    void end(Held held);
    void complain(const QString &what) { m_scene.findings.add(QString::fromLatin1(m_name) + QStringLiteral(": ") + what); }

    Scene &m_scene;
    Dice m_dice;
    ConnectionId m_recent; // one that this user had
};

Held User::take()
{
    Connection connection = client().take();
    tally().count(connection ? Event::Take : Event::NothingToTake);
    if (!connection)
        return {};
    ++m_scene.calls;
    return record(std::move(connection));
}

// By its ID: of a client in single mode it keeps others from being kept warm until the next start, so it is rare there.
Held User::takeRecent()
{
    if (m_scene.setting.mode == ConnectionMode::Single && !m_dice.chance(3))
        return take();
    Connection connection = client().take(m_recent);
    tally().count(connection ? Event::Take : Event::NothingToTake);
    if (!connection)
        return {};
    ++m_scene.calls;
    return record(std::move(connection));
}

void User::endOneOfOthers()
{
    Mailbox::Letter letter = m_scene.mailbox.take();
    if (!letter.lease)
        return;
    tally().count(letter.isThreadGone ? Event::EndedAfterItsThread : Event::EndedElsewhere);
    if (m_dice.chance(20))
        letter.lease.discard();
    else
        letter.lease.giveBack();
}

void User::putBack(ConnectionId id, std::unique_ptr<QTcpSocket> socket)
{
    tally().count(Event::Detached);
    if (!socket || m_dice.chance(30))
        return;
    if (client().put(m_dice.chance(50) ? id : ConnectionId(), socket.release()))
        tally().count(Event::PutBack);
}

// The socket is in no thread or in this one, and nothing of it is on the call stack.
void User::end(Held held)
{
    m_recent = held.id();
    if (m_dice.chance(80)) {
        tally().count(Event::GivenBack);
        held.giveBack();
    } else if (m_dice.chance(40)) {
        tally().count(Event::Discarded);
        held.discard();
    } else {
        const ConnectionId id = held.id();
        putBack(id, held.detach());
    }
}

// --- Users without event loop ---------------------------------------------------------------------------------------------

class BlockingUser : public User
{
public:
    using User::User;
    virtual void run();

protected:
    void act();
    Held wait();
    Held ask();
    Held resultOf(QFuture<Connection> future);
    bool exchange(const Held &held); // false: do not use it any more
    void use(Held held);
    void leaveUnread(Held held);
};

void BlockingUser::run()
{
    while (!m_scene.stop.isSet()) {
        act();
        if (m_dice.chance(3))
            m_scene.checkBoth();
    }
    doing = "has ended";
}

void BlockingUser::act()
{
    Held held;
    const int choice = m_dice.below(100);
    if (choice < 25)
        held = take();
    else if (choice < 30)
        held = takeRecent();
    else if (choice < 60)
        held = wait();
    else if (choice < 90)
        held = ask();
    else
        endOneOfOthers();
    if (held)
        use(std::move(held));
    else
        m_scene.stop.waitFor(m_dice.upTo(5ms)); // not to turn in circles while there is none
}

Held BlockingUser::wait()
{
    doing = "waitForConnection()";
    tally().count(Event::Wait);
    ++m_scene.calls;
    Connection connection = client().waitForConnection(patience());
    tally().count(connection ? Event::ServedWithoutEventLoop : Event::NotServed);
    return connection ? record(std::move(connection)) : Held();
}

Held BlockingUser::ask()
{
    doing = "acquire()";
    tally().count(Event::Acquire);
    ++m_scene.calls;
    const quint64 number = m_scene.asks.begin();
    const bool isById = m_dice.chance(5) && m_scene.setting.mode == ConnectionMode::Multi;
    QFuture<Connection> future = isById ? client().acquire(m_recent, patience()) : client().acquire(patience());
    if (m_dice.chance(10))
        m_scene.cancelBox.add(future);
    else if (m_dice.chance(10))
        future.cancel();
    Held held = resultOf(std::move(future));
    m_scene.asks.end(number);
    return held;
}

Held BlockingUser::resultOf(QFuture<Connection> future)
{
    try {
        future.waitForFinished();
        if (!future.isCanceled()) {
            tally().count(Event::ServedWithoutEventLoop);
            return record(future.takeResult());
        }
        tally().count(Event::Cancelled); // perhaps after it was served: then the lease goes home with the future
    } catch (const PoolException &) {
        tally().count(Event::NotServed);
    }
    return {};
}

bool BlockingUser::exchange(const Held &held)
{
    doing = "an exchange";
    QTcpSocket *socket = held.socket();
    Answer answer(m_dice.payload(m_name));
    socket->write(answer.sent());
    QElapsedTimer timer;
    timer.start();
    while (!answer.isComplete() && !answer.hasFarewell()) {
        const bool isReady = socket->waitForReadyRead(std::max(1, int(ExchangeLimit.count() - timer.elapsed())));
        if (!answer.add(socket->readAll())) {
            complain(QStringLiteral("other bytes than were sent came back on %1").arg(held.id().toString()));
            return false;
        }
        if (isReady || answer.isComplete())
            continue;
        if (socket->state() == QAbstractSocket::ConnectedState && timer.hasExpired(ExchangeLimit.count()))
            complain(QStringLiteral("no answer on %1, and it is still connected").arg(held.id().toString()));
        else if (socket->state() == QAbstractSocket::ConnectedState
                 && socket->error() == QAbstractSocket::SocketTimeoutError)
            continue;
        tally().count(Event::BrokenExchange);
        return false;
    }
    tally().count(answer.hasFarewell() ? Event::Farewell : Event::Exchange);
    tally().count(Event::Byte, answer.sent().size());
    return answer.isComplete() && !answer.hasFarewell();
}

// Bytes that are still in the socket must not reach the next holder.
void BlockingUser::leaveUnread(Held held)
{
    QTcpSocket *socket = held.socket();
    socket->write(m_dice.payload(m_name));
    if (socket->waitForReadyRead(int(ExchangeLimit.count())) && socket->bytesAvailable() > 0) {
        tally().count(Event::GivenBackDirty);
        held.giveBack();
    } else {
        held.discard(); // it broke, and the answer might come later
    }
}

void BlockingUser::use(Held held)
{
    if (m_dice.chance(5)) {
        tally().count(Event::GivenBackUnused);
        return held.giveBack();
    }
    if (m_dice.chance(3)) {
        // Not used: it is in no thread, and may end in any.
        m_scene.mailbox.post(std::move(held), false);
        return;
    }
    const int times = 1 + m_dice.below(3);
    for (int i = 0; i < times; ++i) {
        if (!exchange(held)) {
            m_dice.chance(50) ? held.giveBack() : held.discard(); // closed either way
            return;
        }
    }
    if (m_dice.chance(2))
        leaveUnread(std::move(held));
    else
        end(std::move(held));
}

// --- A user of many short-lived threads ---------------------------------------------------------------------------------

// Its threads use a connection and leave it to others to end the lease, while they end themselves.
class PassingUser final : public BlockingUser
{
public:
    using BlockingUser::BlockingUser;
    void run() override;

private:
    void live();
};

void PassingUser::run()
{
    while (!m_scene.stop.isSet()) {
        if (m_dice.chance(50)) {
            std::thread([this] { live(); }).join();
        } else {
            const std::unique_ptr<QThread> thread(QThread::create([this] { live(); }));
            thread->start();
            thread->wait();
        }
        if (m_dice.chance(40))
            endOneOfOthers();
    }
    doing = "has ended";
}

void PassingUser::live()
{
    Held held = wait();
    if (!held || !exchange(held)) {
        held.discard();
        return;
    }
    if (m_dice.chance(70))
        m_scene.mailbox.post(std::move(held), true);
    else
        end(std::move(held));
}

// --- Users with an event loop ---------------------------------------------------------------------------------------------

// Several things at once in one thread, each by signals and continuations.
class LoopUser final : public QObject, public User
{
public:
    LoopUser(Scene &scene, const QByteArray &name, quint64 seed);
    void begin();
    void next(); // the next step of one chain of actions
    void onward(); // as next(), from the event loop
    void finish(Held held); // an exchange has gone well
    void giveUp(Held held); // it has not
    Answer newAnswer() { return Answer(m_dice.payload(m_name)); }
    void countExchange(const Answer &answer, bool isWell);
    void wrongBytes(ConnectionId id);
    void noAnswer(ConnectionId id);

private:
    static constexpr int Chains = 3;

    void use(Held held);
    void useInOneTurn(Held held);
    void ask();
    void follow(QFuture<Connection> future, quint64 number);
    void watch(const QFuture<Connection> &future, quint64 number);
    void maybeCancel(const QFuture<Connection> &future, quint64 number);
    void served(quint64 number, Connection connection);
    void notServed(quint64 number, Event why);
    void lost(ConnectionId id);

    int m_chains = Chains;
};

// One exchange by signals.
class Exchange final : public QObject
{
public:
    Exchange(LoopUser &user, Held held) : QObject(&user), m_user(user), m_held(std::move(held)), m_answer(user.newAnswer())
    {
    }
    void begin();

protected:
    void timerEvent(QTimerEvent *) override;

private:
    void read();
    void over(bool isWell);

    LoopUser &m_user;
    Held m_held;
    Answer m_answer;
    bool m_isOver = false;
};

void Exchange::begin()
{
    QTcpSocket *socket = m_held.socket();
    connect(socket, &QTcpSocket::readyRead, this, &Exchange::read);
    connect(socket, &QTcpSocket::disconnected, this, [this] {
        read();
        over(false);
    });
    startTimer(ExchangeLimit);
    socket->write(m_answer.sent());
    if (socket->state() != QAbstractSocket::ConnectedState)
        over(false);
}

void Exchange::timerEvent(QTimerEvent *)
{
    if (!m_isOver)
        m_user.noAnswer(m_held.id());
    over(false);
}

void Exchange::read()
{
    if (m_isOver)
        return;
    if (!m_answer.add(m_held.socket()->readAll())) {
        m_user.wrongBytes(m_held.id());
        over(false);
    } else if (m_answer.isComplete() || m_answer.hasFarewell()) {
        over(!m_answer.hasFarewell());
    }
}

void Exchange::over(bool isWell)
{
    if (std::exchange(m_isOver, true))
        return;
    m_user.countExchange(m_answer, isWell);
    m_held.socket()->disconnect(this);
    deleteLater();
    isWell ? m_user.finish(std::move(m_held)) : m_user.giveUp(std::move(m_held));
}

LoopUser::LoopUser(Scene &scene, const QByteArray &name, quint64 seed) : User(scene, name, seed)
{
    const auto tell = [this](ConnectionId id) {
        QMetaObject::invokeMethod(
                this, [this, id] { lost(id); }, Qt::QueuedConnection);
    };
    connect(scene.client.get(), &Pool::connectionLost, this, tell, Qt::DirectConnection);
}

void LoopUser::begin()
{
    for (int i = 0; i < Chains; ++i)
        onward();
}

void LoopUser::onward()
{
    doing = "its event loop";
    QMetaObject::invokeMethod(this, &LoopUser::next, Qt::QueuedConnection);
}

void LoopUser::next()
{
    if (m_scene.stop.isSet()) {
        if (--m_chains == 0) {
            doing = "has ended";
            thread()->quit();
        }
        return;
    }
    if (m_dice.chance(3))
        m_scene.checkBoth();
    if (m_dice.chance(10))
        endOneOfOthers();
    if (m_dice.chance(60))
        return ask();
    Held held = m_dice.chance(20) ? takeRecent() : take();
    if (held)
        use(std::move(held));
    else
        QTimer::singleShot(m_dice.upTo(5ms), this, &LoopUser::next);
}

void LoopUser::use(Held held)
{
    if (m_dice.chance(10))
        return useInOneTurn(std::move(held));
    if (m_dice.chance(3)) {
        m_scene.mailbox.post(std::move(held), false);
        return onward();
    }
    auto *exchange = new Exchange(*this, std::move(held));
    exchange->begin();
}

// Takes and gives back without returning to the event loop: what can be kept warm is taken again.
void LoopUser::useInOneTurn(Held held)
{
    for (int i = 0; held && i < 5; ++i) {
        tally().count(Event::GivenBackUnused);
        if (m_dice.chance(90))
            held.socket();
        held.giveBack();
        held = take();
    }
    held.giveBack();
    onward();
}

void LoopUser::ask()
{
    tally().count(Event::Acquire);
    ++m_scene.calls;
    const quint64 number = m_scene.asks.begin();
    const bool isById = m_dice.chance(5) && m_scene.setting.mode == ConnectionMode::Multi;
    QFuture<Connection> future = isById ? client().acquire(m_recent, patience()) : client().acquire(patience());
    if (m_dice.chance(50)) {
        follow(future, number);
    } else {
        watch(future, number);
        if (m_dice.chance(5))
            m_scene.cancelBox.add(future);
    }
    maybeCancel(future, number);
}

// Not once it has ended: Qt (6.4) then goes through continuations that are no more.
void LoopUser::maybeCancel(const QFuture<Connection> &future, quint64 number)
{
    const auto cancel = [this, future, number] {
        if (m_scene.asks.isOpen(number))
            QFuture<Connection>(future).cancel();
    };
    if (m_dice.chance(5))
        cancel();
    else if (m_dice.chance(5))
        QTimer::singleShot(m_dice.upTo(5ms), this, cancel);
}

void LoopUser::follow(QFuture<Connection> future, quint64 number)
{
    // onFailed() passes a cancelled future of void on as one that went well: it has to be the last.
    future.then(this, [this, number](Connection connection) { served(number, std::move(connection)); })
            .onCanceled(this, [this, number] { notServed(number, Event::Cancelled); })
            .onFailed(this, [this, number](const PoolException &) { notServed(number, Event::NotServed); });
}

void LoopUser::watch(const QFuture<Connection> &future, quint64 number)
{
    auto *watcher = new QFutureWatcher<Connection>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, number] {
        watcher->deleteLater();
        QFuture<Connection> finished = watcher->future();
        watcher->setFuture({}); // a lease that nobody takes is not to stay with it
        try {
            finished.waitForFinished();
            if (finished.isCanceled())
                notServed(number, Event::Cancelled);
            else
                served(number, finished.takeResult());
        } catch (const PoolException &) {
            notServed(number, Event::NotServed);
        }
    });
    watcher->setFuture(future);
}

void LoopUser::served(quint64 number, Connection connection)
{
    m_scene.asks.end(number);
    tally().count(Event::Served);
    use(record(std::move(connection)));
}

void LoopUser::notServed(quint64 number, Event why)
{
    m_scene.asks.end(number);
    tally().count(why);
    QTimer::singleShot(m_dice.upTo(5ms), this, &LoopUser::next);
}

void LoopUser::countExchange(const Answer &answer, bool isWell)
{
    tally().count(isWell ? Event::Exchange : answer.hasFarewell() ? Event::Farewell : Event::BrokenExchange);
    tally().count(Event::Byte, isWell ? answer.sent().size() : 0);
}

void LoopUser::wrongBytes(ConnectionId id)
{
    complain(QStringLiteral("other bytes than were sent came back on %1").arg(id.toString()));
}

void LoopUser::noAnswer(ConnectionId id)
{
    complain(QStringLiteral("no answer on %1, and it is still connected").arg(id.toString()));
}

// In a slot of the socket's.
void LoopUser::finish(Held held)
{
    if (m_dice.chance(10)) {
        m_scene.mailbox.post(std::move(held), false);
    } else if (m_dice.chance(60)) {
        m_recent = held.id();
        tally().count(Event::GivenBack);
        held.giveBack();
    } else {
        const auto later = std::make_shared<Held>(std::move(held));
        QMetaObject::invokeMethod(
                this, [this, later] { end(std::move(*later)); }, Qt::QueuedConnection);
    }
    onward();
}

void LoopUser::giveUp(Held held)
{
    m_dice.chance(50) ? held.giveBack() : held.discard(); // closed either way
    onward();
}

// A connection that died while idle may have left a farewell. It is for the first who asks.
void LoopUser::lost(ConnectionId id)
{
    if (m_scene.setting.mode == ConnectionMode::Single || !m_dice.chance(50))
        return;
    Connection connection = client().take(id);
    if (!connection)
        return;
    ++m_scene.calls;
    const Held held = record(std::move(connection));
    if (m_dice.chance(20))
        return; // unread
    Answer answer;
    const QByteArray words = held.socket()->readAll();
    if (!answer.add(words))
        return complain(QStringLiteral("the last words on %1 are not a farewell").arg(id.toString()));
    tally().count(Event::LastWords);
}

// --- The fault thread -----------------------------------------------------------------------------------------------------

class Faults final : public User
{
public:
    Faults(Scene &scene, Loop &clientLoop, Loop &serverLoop, Loop &echoLoop, Echo &echo, quint64 seed)
        : User(scene, "the fault thread", seed), m_clientLoop(clientLoop), m_serverLoop(serverLoop), m_echoLoop(echoLoop),
          m_echo(echo)
    {
    }
    void run();

private:
    // A TLS connection takes longer to make: it is not to be killed before anyone had it.
    milliseconds pause() { return m_dice.upTo(m_scene.setting.isTls ? 60ms : 20ms); }
    void act();
    void kill();
    void killIdle();
    void restartServer();
    void restartClient();
    void reconfigure();

    Loop &m_clientLoop;
    Loop &m_serverLoop;
    Loop &m_echoLoop;
    Echo &m_echo;
};

void Faults::run()
{
    while (!m_scene.stop.waitFor(pause()))
        act();
    m_scene.cancelBox.cancelAll();
    doing = "has ended";
}

void Faults::act()
{
    m_scene.cancelBox.cancelAll();
    const int choice = m_dice.below(200);
    if (choice < 120)
        return kill();
    if (choice < 150)
        return killIdle();
    if (choice < 160)
        return reconfigure();
    if (choice < 163)
        return restartServer();
    if (choice < 166)
        return restartClient();
    if (choice < 172) {
        doing = "flush()";
        tally().count(Event::Flush);
        m_dice.chance(60) ? m_scene.client->flush() : m_scene.server->flush();
    } else if (choice < 180) {
        m_scene.client->resetErrorCount();
        m_scene.server->addError();
    }
}

void Faults::kill()
{
    const auto way = Kill(m_dice.below(KillCount));
    m_echoLoop.post([this, way] { m_echo.kill(way); });
}

// A connection that the echo has not taken yet, or has given back.
void Faults::killIdle()
{
    doing = "take() at the server";
    Connection connection = m_scene.server->take();
    if (!connection)
        return;
    ++m_scene.serverCalls;
    Held held(std::move(connection), m_scene.serverHolders, m_name);
    if (m_dice.chance(50))
        held.socket()->abort();
    else if (m_dice.chance(50))
        held.giveBack();
}

void Faults::restartServer()
{
    doing = "restarting the server";
    tally().count(Event::ServerRestart);
    if (m_dice.chance(50))
        m_scene.server->close();
    else
        m_serverLoop.post([this] { m_scene.server->close(); });
    m_scene.stop.waitFor(m_dice.upTo(30ms));
    m_serverLoop.run([this] {
        if (!m_scene.server->listen(QHostAddress::LocalHost, m_scene.port))
            complain(QStringLiteral("the server cannot listen again"));
    });
}

void Faults::restartClient()
{
    doing = "restarting the client";
    tally().count(Event::ClientRestart);
    if (m_dice.chance(50))
        m_scene.client->close();
    else
        m_clientLoop.post([this] { m_scene.client->close(); });
    m_scene.stop.waitFor(m_dice.upTo(10ms));
    m_clientLoop.run([this] {
        if (!m_scene.client->start())
            complain(QStringLiteral("the client cannot start again"));
    });
}

// maximumConnections stays, so that it can be checked at any moment.
void Faults::reconfigure()
{
    doing = "setConfiguration()";
    tally().count(Event::Reconfiguration);
    ClientPool::Configuration wish = m_scene.clientWish();
    wish.minimumCapacity = 1 + m_dice.below(8);
    wish.maximumCapacity = wish.minimumCapacity + m_dice.below(8);
    wish.maximumWaiters = 2 + m_dice.below(8);
    wish.idleTimeout = m_dice.upTo(200ms);
    wish.maximumLifetime = m_dice.upTo(2s);
    wish.leakThreshold = m_dice.upTo(40ms);
    wish.unclaimedTimeout = m_dice.upTo(400ms);
    wish.validateAfter = m_dice.upTo(20ms);
    if (m_dice.chance(30))
        wish.validator = nullptr;
    if (m_dice.chance(30))
        wish.resetter = nullptr;
    if (m_dice.chance(20))
        wish.reuse = m_dice.chance(50) ? Reuse::OldestFirst : Reuse::NewestFirst;
    m_clientLoop.run([this, &wish] {
        if (!m_scene.client->setConfiguration(wish))
            complain(QStringLiteral("a configuration that can work was refused"));
    });
}

// --- The end of a thread that hangs ---------------------------------------------------------------------------------------

// Ends the process with what every thread does, if it is not destroyed in time.
class Watchdog
{
public:
    Watchdog(std::chrono::duration<double> limit, std::function<QString()> report)
        : m_thread([this, limit, tell = std::move(report)] {
              if (!m_end.waitFor(std::chrono::duration_cast<milliseconds>(limit)))
                  qFatal("the test hangs: %s", qPrintable(tell()));
          })
    {
    }
    ~Watchdog()
    {
        m_end.set();
        m_thread.join();
    }

private:
    Q_DISABLE_COPY_MOVE(Watchdog)
    StopSignal m_end;
    std::thread m_thread;
};

// --- A row ----------------------------------------------------------------------------------------------------------------

// Raises the curtain, lets them play for a time, and clears the stage.
class Play
{
public:
    Play(const Setting &setting, quint64 seed);
    void run(milliseconds time);
    QString findings() const { return m_scene.findings.text(); }
    const Tally &tally() const { return m_scene.tally; }
    QString books() const { return m_books.join(u'\n'); } // the pools' own numbers

private:
    void open();
    void hireUsers();
    void perform(milliseconds time);
    void closeClient();
    void closeServer();
    void compareBooks(const PoolStatistics &numbers, const char *name, qint64 calls);
    QString whatAllDo() const;
    quint64 nextSeed() { return m_seeds(); }

    Scene m_scene;
    std::mt19937_64 m_seeds;
    std::unique_ptr<Loop> m_clientLoop;
    std::unique_ptr<Loop> m_serverLoop;
    std::unique_ptr<Loop> m_echoLoop;
    std::unique_ptr<Echo> m_echo;
    QStringList m_books;
    std::vector<std::unique_ptr<BlockingUser>> m_blocking;
    std::vector<std::unique_ptr<LoopUser>> m_looping;
    std::unique_ptr<Faults> m_faults;
    std::atomic<const char *> m_doing{"opening"};
};

Play::Play(const Setting &setting, quint64 seed) : m_scene(setting), m_seeds(seed) { }

// Not a port that the system would choose: while nobody listens on one, a client that connects to it may get the very same one
// for its own end, and is connected to itself.
quint16 listenSomewhere(ServerPool &server, std::mt19937_64 &random)
{
    for (int i = 0; i < 100; ++i) {
        const auto port = quint16(10000 + random() % 20000);
        if (server.listen(QHostAddress::LocalHost, port))
            return port;
    }
    return 0;
}

void Play::open()
{
    m_clientLoop = std::make_unique<Loop>(QStringLiteral("client"));
    m_serverLoop = std::make_unique<Loop>(QStringLiteral("server"));
    m_echoLoop = std::make_unique<Loop>(QStringLiteral("echo"));
    m_serverLoop->run([this] { m_scene.server = std::make_unique<ServerPool>(m_scene.serverWish()); });
    m_echoLoop->run([this] { m_echo = std::make_unique<Echo>(m_scene, nextSeed()); });
    m_serverLoop->run([this] { m_scene.port = listenSomewhere(*m_scene.server, m_seeds); });
    m_clientLoop->run([this] {
        m_scene.client = std::make_unique<ClientPool>(m_scene.clientWish());
        QObject::connect(m_scene.client.get(), &Pool::errorOccurred, [this](Pool::Error error) {
            m_scene.tally.count(Event::LeakReport, error == Pool::Error::LeakSuspected);
        });
        if (!m_scene.port || !m_scene.client->start())
            m_scene.findings.add(QStringLiteral("the pools do not start"));
    });
}

void Play::hireUsers()
{
    for (int i = 0; i < 4; ++i)
        m_blocking.push_back(std::make_unique<BlockingUser>(m_scene, "blocking user " + QByteArray::number(i), nextSeed()));
    m_blocking.push_back(std::make_unique<PassingUser>(m_scene, "passing user", nextSeed()));
    for (int i = 0; i < 3; ++i)
        m_looping.push_back(std::make_unique<LoopUser>(m_scene, "looping user " + QByteArray::number(i), nextSeed()));
    m_faults = std::make_unique<Faults>(m_scene, *m_clientLoop, *m_serverLoop, *m_echoLoop, *m_echo, nextSeed());
}

// Eight users, and the fault thread; this one checks the numbers all the while.
void Play::perform(milliseconds time)
{
    std::vector<std::thread> threads;
    for (const auto &user : m_blocking)
        threads.emplace_back([&user] { user->run(); });
    std::vector<std::unique_ptr<QThread>> loops;
    for (const auto &user : m_looping) {
        loops.push_back(std::make_unique<QThread>());
        user->moveToThread(loops.back().get());
        QObject::connect(loops.back().get(), &QThread::started, user.get(), &LoopUser::begin);
        loops.back()->start();
    }
    threads.emplace_back([this] { m_faults->run(); });

    const Clock::time_point end = Clock::now() + time;
    while (Clock::now() < end && !m_scene.stop.waitFor(1ms))
        m_scene.checkBoth();
    m_scene.stop.set();
    m_doing = "waiting for the users";
    for (std::thread &thread : threads)
        thread.join();
    for (const auto &loop : loops)
        loop->wait();
    while (m_scene.mailbox.take().lease) { } // the threads where they were used have ended
    m_looping.clear();
    m_scene.cancelBox.cancelAll(); // those that were added last
}

// Whether each call of the users is in the pool's numbers once.
void Play::compareBooks(const PoolStatistics &n, const char *name, qint64 calls)
{
    m_books << QStringLiteral("%1: %2").arg(QLatin1String(name), text(n));
    QString wrong = whatIsWrong(n, ServerMaximum);
    if (n.taken + n.refused + n.timedOut + n.cancelled + n.abandoned + n.waiters != calls)
        wrong = QStringLiteral("%1 calls should be there").arg(calls);
    if (!wrong.isEmpty())
        m_scene.findings.add(QStringLiteral("%1 at the end: %2: %3").arg(QLatin1String(name), wrong, text(n)));
}

// The pool goes while a lease is out and someone waits.
void Play::closeClient()
{
    m_doing = "closing the client";
    if (m_scene.asks.open() > 0)
        m_scene.findings.add(QStringLiteral("%1 acquire() calls never ended").arg(m_scene.asks.open()));
    Connection survivor = m_scene.client->waitForConnection(5s);
    QFuture<Connection> forever = m_scene.client->acquire(ConnectionId::fromString(u"nowhere!"), -1ms);
    m_scene.calls += 2;
    const auto isQuiet = [this, &survivor] { return m_scene.client->leasedCount() == int(bool(survivor)); };
    if (!QTest::qWaitFor(isQuiet, 10000))
        m_scene.findings.add(QStringLiteral("%1 leases never ended").arg(m_scene.client->leasedCount()));
    compareBooks(m_scene.client->statistics(), "client", m_scene.calls);
    m_clientLoop->run([this] { m_scene.client.reset(); });
    if (!forever.isFinished())
        m_scene.findings.add(QStringLiteral("one that waits was forgotten when the pool went"));
    m_clientLoop.reset();
}

void Play::closeServer()
{
    m_doing = "closing the server";
    m_serverLoop->run([this] { m_scene.server->close(); }); // all that the echo waits for has ended
    m_echoLoop->run([this] { m_echo.reset(); });
    m_echoLoop.reset();
    const PoolStatistics numbers = m_scene.server->statistics();
    compareBooks(numbers, "server", m_scene.serverCalls);
    if (numbers.leased + numbers.idle + numbers.pending + numbers.waiters > 0)
        m_scene.findings.add(QStringLiteral("something is left in the server: ") + text(numbers));
    m_serverLoop->run([this] { m_scene.server.reset(); });
    m_serverLoop.reset();
}

QString Play::whatAllDo() const
{
    QStringList lines{QStringLiteral("the test: ") + QLatin1String(m_doing)};
    const auto add = [&lines](const User &user) {
        lines << QStringLiteral("%1: %2").arg(QString::fromLatin1(user.m_name), QLatin1String(user.doing));
    };
    for (const auto &user : m_blocking)
        add(*user);
    for (const auto &user : m_looping)
        add(*user);
    if (m_faults)
        add(*m_faults);
    lines << m_scene.tally.text() << QStringLiteral("%1 acquire() calls have not ended").arg(m_scene.asks.open())
          << m_scene.findings.text();
    return lines.join(u'\n');
}

void Play::run(milliseconds time)
{
    const Watchdog watchdog(time * 1.5 + ExchangeLimit + 20s, [this] { return whatAllDo(); });
    open();
    hireUsers();
    m_doing = "checking the numbers";
    perform(time);
    closeClient();
    closeServer();
    m_doing = "has ended";
    if (m_scene.holders.count() + m_scene.serverHolders.count() > 0)
        m_scene.findings.add(QStringLiteral("some leases never ended"));
}

const std::array<Setting, 3> Settings{{
        {ConnectionMode::Multi, false, true, Reuse::OldestFirst, 12},
        {ConnectionMode::Single, false, false, Reuse::NewestFirst, 20},
        {ConnectionMode::Multi, true, true, Reuse::OldestFirst, 12},
}};

int threadCount()
{
    const QDir directory(QStringLiteral("/proc/self/task"));
    return directory.exists() ? int(directory.entryList(QDir::Dirs | QDir::NoDotAndDotDot).size()) : -1;
}

} // namespace

// --- The test -------------------------------------------------------------------------------------------------------------

void tst_Stress::initTestCase()
{
    // Leaks are reported by the hundred.
    QLoggingCategory::setFilterRules(QStringLiteral("qnetpool.*.warning=false"));
    bool isGiven = false;
    if (const double seconds = qEnvironmentVariable("QNETPOOL_STRESS_SECONDS").toDouble(&isGiven); isGiven)
        m_seconds = seconds;
    m_seed = qEnvironmentVariable("QNETPOOL_STRESS_SEED").toULongLong(&isGiven);
    if (!isGiven)
        m_seed = QRandomGenerator::system()->generate64();
    qInfo("QNETPOOL_STRESS_SECONDS=%g QNETPOOL_STRESS_SEED=%llu", m_seconds, m_seed);

    m_threads = threadCount(); // before any has ended: the system counts one for a moment longer than it can be waited for
    // What Qt and OpenSSL keep once they were used is not the pools'.
    for (const Setting &setting : Settings) {
        Play rehearsal(setting, m_seed);
        rehearsal.run(100ms);
        QVERIFY2(rehearsal.findings().isEmpty(), qPrintable(rehearsal.findings()));
    }
    m_sockets = openSockets();
    m_descriptors = openDescriptors();
}

void tst_Stress::conservation_data()
{
    QTest::addColumn<int>("setting");
    QTest::addColumn<double>("share");
    QTest::newRow("TCP, the server names connections, validated and reset") << 0 << 0.4;
    QTest::newRow("TCP, the client names connections, some are kept warm") << 1 << 0.3;
    QTest::newRow("TLS") << 2 << 0.3;
}

void tst_Stress::conservation()
{
    QFETCH(const int, setting);
    QFETCH(const double, share);
    Play play(Settings[std::size_t(setting)], m_seed + quint64(setting));
    play.run(milliseconds(qint64(1000 * m_seconds * share)));
    qInfo().noquote() << play.tally().text() + u'\n' + play.books();
    for (std::size_t i = 0; i < EventCount; ++i)
        Tally::ofAllRows().count(Event(i), play.tally().at(i));
    QVERIFY2(play.findings().isEmpty(), qPrintable(play.findings()));
}

void tst_Stress::nothingIsLeft()
{
    QTRY_COMPARE(openSockets(), m_sockets);
    QTRY_COMPARE(openDescriptors(), m_descriptors);
    QTRY_COMPARE(threadCount(), m_threads);
}

void tst_Stress::everythingHappened()
{
    if (m_seconds < 30)
        QSKIP("only a run of half a minute or more is long enough for everything to happen");
    for (std::size_t i = 0; i < EventCount; ++i)
        QVERIFY2(Tally::ofAllRows().at(i) >= 3, EventNames[i]);
}

QNETPOOL_TEST_MAIN(tst_Stress)
#include "tst_stress.moc"
