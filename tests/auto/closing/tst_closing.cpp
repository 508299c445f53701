// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "pools.h"
#include "short.h"
#include "testmain.h"
#include "watcherinuse.h"
#include "worker.h"

#include <QtCore/QHash>
#include <QtCore/QMetaMethod>
#include <QtCore/QPromise>
#include <QtCore/QRegularExpression>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

#ifdef Q_OS_LINUX
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

// The end of a pool: close() and destruction, in the middle of everything that can be under way, from every thread, and from
// inside everything that the pool calls.
class tst_Closing : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();

    void endsInTheMiddleOfEverything_data();
    void endsInTheMiddleOfEverything();
    void twoThreadsCloseAtOnce();
    void callsInProgressOutliveThePool();
    void insideASlotOfEachSignal_data();
    void insideASlotOfEachSignal();
    void insideAContinuation_data();
    void insideAContinuation();
    void insideTheContinuationOfOneWhoFails_data();
    void insideTheContinuationOfOneWhoFails();
    void insideADialer_data();
    void insideADialer();
    void insideACheck_data();
    void insideACheck();
    void insideASlotOfASocketThatIsChecked_data();
    void insideASlotOfASocketThatIsChecked();
    void insideABlockingWaitOfThePoolsThread_data();
    void insideABlockingWaitOfThePoolsThread();
    void insideASlotWhenAnotherThreadHasClosed_data();
    void insideASlotWhenAnotherThreadHasClosed();
    void leaseOutlivesThePoolAndEndsInAnotherThread_data();
    void leaseOutlivesThePoolAndEndsInAnotherThread();
};

namespace {

// Null: the test's thread.
template<typename Body> void runIn(Worker *worker, Body body)
{
    if (worker)
        worker->run(body);
    else
        body();
}

// A thread without an event loop, in which a body runs once.
class Runner
{
public:
    explicit Runner(std::function<void()> body) : m_thread(QThread::create(std::move(body))) { m_thread->start(); }
    ~Runner()
    {
        if (!m_thread->wait(longer(20000)))
            qFatal("a thread hangs");
    }
    bool isFinished() const { return m_thread->isFinished(); }

private:
    const std::unique_ptr<QThread> m_thread;
};

// A port whose queue is full, so that the system answers no one.
class DeafPort
{
public:
#ifdef Q_OS_LINUX
    DeafPort()
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto *const any = reinterpret_cast<sockaddr *>(&address);
        if (::bind(m_listener, any, size) || ::listen(m_listener, 0) || ::getsockname(m_listener, any, &size))
            qFatal("cannot listen");
        m_port = ntohs(address.sin_port);
        for (const int filler : m_fillers)
            static_cast<void>(::connect(filler, any, size));
    }
    ~DeafPort()
    {
        for (const int descriptor : {m_listener, m_fillers[0], m_fillers[1]})
            ::close(descriptor);
    }

private:
    static int make(int flags)
    {
        return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    }
    const int m_listener = make(0);
    const int m_fillers[2] = {make(SOCK_NONBLOCK), make(SOCK_NONBLOCK)};
#endif
    quint16 m_port = 0;

public:
    quint16 port() const
    {
        return m_port;
    }
};

QSslConfiguration selfSigned()
{
    static const QSslConfiguration configuration = Certificates::showing(QStringLiteral("self-signed"));
    return configuration;
}

// The other ends of the pool's connections, in the test's thread: a server that names each, or clients.
class Peers : public QTcpServer
{
public:
    explicit Peers(bool isTls) : m_isTls(isTls)
    {
        if (!listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
    }
    void callOn(quint16 port, int count = 1)
    {
        for (int i = 0; i < count; ++i) {
            QTcpSocket *socket = make();
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
                if (m_named.key(socket).isNull() && socket->bytesAvailable() >= ConnectionId::Size)
                    m_named.insert(ConnectionId::fromBytes(socket->read(ConnectionId::Size)), socket);
            });
            if (auto *tls = qobject_cast<QSslSocket *>(socket))
                tls->connectToHostEncrypted(QStringLiteral("127.0.0.1"), port);
            else
                socket->connectToHost(QHostAddress::LocalHost, port);
        }
    }
    // Says nothing, or half of a TLS client's first message.
    void callInVain(quint16 port, const QByteArray &bytes)
    {
        m_all << new QTcpSocket(this);
        m_all.last()->connectToHost(QHostAddress::LocalHost, port);
        m_all.last()->write(bytes);
    }
    QTcpSocket *of(ConnectionId id) const { return m_named.value(id); }
    int named() const { return int(m_named.size()); }
    int connected() const
    {
        return int(std::count_if(m_all.begin(), m_all.end(), [](const QTcpSocket *socket) {
            return socket->state() != QAbstractSocket::UnconnectedState;
        }));
    }

protected:
    void incomingConnection(qintptr descriptor) override
    {
        QTcpSocket *socket = make();
        socket->setSocketDescriptor(descriptor);
        const ConnectionId id = ConnectionId::fromBytes(QByteArray::number(10000000 + m_named.size()));
        m_named.insert(id, socket);
        if (auto *tls = qobject_cast<QSslSocket *>(socket)) {
            tls->setSslConfiguration(selfSigned());
            connect(tls, &QSslSocket::encrypted, this, [tls, id] { tls->write(id.toByteArray()); });
            tls->startServerEncryption();
        } else {
            socket->write(id.toByteArray());
        }
    }

private:
    QTcpSocket *make()
    {
        if (m_isTls) {
            auto *tls = new QSslSocket(this);
            tls->setPeerVerifyMode(QSslSocket::VerifyNone);
            m_all << tls;
        } else {
            m_all << new QTcpSocket(this);
        }
        return m_all.last();
    }

    const bool m_isTls;
    QList<QTcpSocket *> m_all;
    QHash<ConnectionId, QTcpSocket *> m_named;
};

// Waits in a QEventLoop, as applications do; or without one, as QTest does.
bool waitFor(bool inEventLoop, const std::function<bool()> &isDone)
{
    if (!inEventLoop)
        return QTest::qWaitFor(isDone, longer(10000));
    QEventLoop loop;
    QTimer poll;
    QDeadlineTimer deadline(longer(10s));
    QObject::connect(&poll, &QTimer::timeout, &loop, [&] {
        if (isDone() || deadline.hasExpired())
            loop.quit();
    });
    poll.start(1ms);
    loop.exec();
    return isDone();
}

bool soon(const std::function<bool()> &isDone)
{
    return waitFor(true, isDone);
}

// Request and response between a peer in this thread and a lease that is used in its own.
bool works(Connection &connection, QTcpSocket *peer, Worker *where)
{
    if (!connection || !peer)
        return false;
    peer->write("ping");
    peer->flush();
    bool isAnswered = false;
    runIn(where, [&] {
        QTcpSocket *socket = connection.socket();
        while (socket->bytesAvailable() < 4 && socket->waitForReadyRead(longer(10000))) { }
        isAnswered = socket->read(4) == "ping" && socket->write("pong") == 4 && socket->flush();
    });
    return isAnswered && soon([&] { return peer->bytesAvailable() >= 4; }) && peer->read(4) == "pong";
}

std::optional<Pool::Error> failureOf(QFuture<Connection> future)
{
    try {
        if (future.isFinished())
            future.waitForFinished();
    } catch (const PoolException &failure) {
        return failure.error();
    }
    return std::nullopt;
}

bool equationsHold(const PoolStatistics &s)
{
    return s.created == s.idle + s.leased + s.unclaimed + s.detached + s.closed() && s.taken == s.fromStock + s.hadToWait
            && s.queued == s.hadToWait + s.timedOut + s.cancelled + s.abandoned + s.waiters;
}

// A validator or resetter that never comes to an end by itself, once it is told to.
class Hanging
{
public:
    std::function<QFuture<bool>(QTcpSocket *)> function()
    {
        return [this](QTcpSocket *) {
            const std::lock_guard lock(m_mutex);
            m_promises.push_back(std::make_unique<QPromise<bool>>());
            m_promises.back()->start();
            return m_promises.back()->future();
        };
    }
    int running() const
    {
        const std::lock_guard lock(m_mutex);
        return int(std::count_if(m_promises.begin(), m_promises.end(), [](const auto &p) { return !p->isCanceled(); }));
    }
    int count() const
    {
        const std::lock_guard lock(m_mutex);
        return int(m_promises.size());
    }

private:
    mutable std::mutex m_mutex;
    std::vector<std::unique_ptr<QPromise<bool>>> m_promises;
};

enum class Kind { Client, TlsClient, Server };

enum class Way {
    CloseInItsThread, // which is the test's, and runs no QEventLoop
    CloseInItsWorker, // which does
    CloseFromAnotherThread,
    DeleteInItsThread,
    DeleteInItsWorker,
    DeleteLaterFromAnotherThread,
    DeleteWhenItsThreadHasFinished,
};

struct Parts
{
    bool waiters = false;
    bool leases = false;
    bool pending = false;
    bool validator = false;
    int setupThreads = 0;
};

// A pool in the middle of everything, and the ways in which it ends.
class Scene
{
public:
    Scene(Kind kind, Way way, Parts parts);
    ~Scene();

    void build();
    void end();
    void verifyEnds();
    void verifyLeases();
    void verifyRestart();

private:
    struct Lease
    {
        Connection connection;
        Worker *usedIn = nullptr; // null: the test's thread
        Worker *endsIn = nullptr;
    };

    int established() const { return 4 * m_parts.leases + m_parts.validator + !m_parts.waiters; }
    void makePool();
    ClientPool::Configuration clientWish();
    quint16 portOfDial(int number) const;
    bool start();
    void lease();
    void setHooks(const Pool::Hooks &hooks);
    void validate();
    void wait();
    template<typename Body> void atHome(Body body) { runIn(m_home.get(), body); }
    ServerPool *server() const { return static_cast<ServerPool *>(m_pool.data()); }
    ClientPool *client() const { return static_cast<ClientPool *>(m_pool.data()); }

    const Kind m_kind;
    const Way m_way;
    const Parts m_parts;
    Peers m_peers;
    QTcpServer m_silent; // the system connects, and nobody ever says anything
    DeafPort m_deaf;
    quint16 m_refusing = 0;
    std::atomic<int> m_dials = 0;
    std::atomic<bool> m_isOpenToAll = false; // every dial reaches a peer
    Hanging m_hanging;
    Worker m_user;
    std::unique_ptr<Worker> m_home; // null: the test's thread
    QPointer<Pool> m_pool;
    std::vector<Lease> m_leases;
    QFuture<Connection> m_any;
    QFuture<Connection> m_certain;
    std::atomic<bool> m_isServed = false;
    std::unique_ptr<Runner> m_blocked;
};

Scene::Scene(Kind kind, Way way, Parts parts)
    : m_kind(kind), m_way(way), m_parts(parts), m_peers(kind == Kind::TlsClient || (kind == Kind::Server && parts.pending))
{
    m_silent.listen(QHostAddress::LocalHost);
    m_silent.pauseAccepting();
    QTcpServer closed;
    closed.listen(QHostAddress::LocalHost);
    m_refusing = closed.serverPort();
    if (way != Way::CloseInItsThread && way != Way::DeleteInItsThread)
        m_home = std::make_unique<Worker>();
}

Scene::~Scene()
{
    if (m_pool && m_home && m_home->thread()->isRunning())
        m_home->run([this] { delete m_pool; });
    else
        delete m_pool;
}

quint16 Scene::portOfDial(int number) const
{
    if (m_isOpenToAll || number < established())
        return m_peers.serverPort();
    if (!m_parts.pending)
        return m_refusing;
    return number % 2 && m_deaf.port() ? m_deaf.port() : m_silent.serverPort();
}

ClientPool::Configuration Scene::clientWish()
{
    const int all = established() + 2 * m_parts.pending;
    ClientPool::Configuration wish = clientOf(m_peers.serverPort(), std::max(1, all));
    wish.limits.maximumConnections = all;
    wish.dialer = [this](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, portOfDial(m_dials++)); };
    if (m_kind == Kind::TlsClient)
        wish.tls.mode = TlsMode::SelfSigned;
    wish.connectTimeout = wish.handshakeTimeout = 60s;
    wish.setupThreads = m_parts.setupThreads;
    return wish;
}

void Scene::makePool()
{
    if (m_kind == Kind::Server) {
        ServerPool::Configuration wish;
        wish.handshakeTimeout = 60s;
        wish.setupThreads = m_parts.setupThreads;
        if (m_parts.pending)
            wish.tls = {.enabled = true, .configuration = selfSigned()};
        m_pool = new ServerPool(wish);
    } else {
        m_pool = new ClientPool(clientWish());
    }
    if (m_home)
        m_pool->moveToThread(m_home->thread());
}

bool Scene::start() // at home
{
    return m_kind == Kind::Server ? server()->listen(QHostAddress::LocalHost) : client()->start();
}

void Scene::build()
{
    makePool();
    bool isStarted = false;
    atHome([&] { isStarted = start(); });
    QVERIFY(isStarted);
    if (m_kind == Kind::Server)
        m_peers.callOn(server()->serverPort(), established());
    QVERIFY(soon([&] { return m_pool->idleCount() == established(); }));
    QVERIFY(soon([&] { return m_peers.named() == established(); }));
    if (m_kind == Kind::Server && m_parts.pending) {
        m_peers.callInVain(server()->serverPort(), "");
        m_peers.callInVain(server()->serverPort(), QByteArray::fromHex("1603010200010001fc0303"));
    }
    if (m_parts.pending)
        QVERIFY(soon([&] { return m_pool->pendingCount() == 2; }));
    if (m_parts.leases)
        lease();
    if (m_parts.validator)
        validate();
    if (m_parts.waiters)
        wait();
    QVERIFY(equationsHold(m_pool->statistics()));
}

void Scene::lease()
{
    m_leases.push_back({m_pool->take()}); // untouched
    atHome([this] {
        m_leases.push_back({m_pool->take(), m_home.get(), m_home.get()});
        m_leases.back().connection.socket();
        Connection moved = m_pool->take();
        moved.socket();
        m_leases.push_back({std::move(moved), m_home.get(), &m_user});
    });
    m_user.run([this] {
        m_leases.push_back({m_pool->take(), &m_user, &m_user});
        m_leases.back().connection.socket();
    });
    for (const Lease &lease : m_leases)
        QVERIFY(lease.connection);
}

// In the pool's thread.
void Scene::setHooks(const Pool::Hooks &hooks)
{
    const auto use = [&hooks](auto *pool) {
        auto wish = pool->configuration();
        wish.hooks = hooks;
        pool->setConfiguration(wish);
    };
    if (m_kind == Kind::Server)
        use(server());
    else
        use(client());
}

void Scene::validate()
{
    atHome([this] { setHooks({.validator = m_hanging.function(), .validateAfter = 0ms, .resetter = {}, .timeout = 60s}); });
    QVERIFY(!m_pool->take());
    QVERIFY(soon([&] { return m_hanging.running() == 1; }));
}

void Scene::wait()
{
    m_any = m_pool->acquire(60s);
    m_user.run([this] { m_certain = m_pool->acquire(ConnectionId::fromString(u"not-here"), 60s); });
    m_blocked = std::make_unique<Runner>([this] { m_isServed = bool(m_pool->waitForConnection(60s)); });
    QVERIFY(soon([&] { return m_pool->waiterCount() == 3; }));
    QVERIFY(!m_any.isFinished() && !m_certain.isFinished() && !m_blocked->isFinished());
}

void Scene::end()
{
    Pool *const pool = m_pool;
    switch (m_way) {
    case Way::CloseInItsThread:
    case Way::CloseFromAnotherThread:
        return pool->close();
    case Way::CloseInItsWorker:
        return m_home->run([pool] { pool->close(); });
    case Way::DeleteInItsThread:
        delete pool;
        return;
    case Way::DeleteInItsWorker:
        return m_home->run([pool] { delete pool; });
    case Way::DeleteLaterFromAnotherThread:
        pool->deleteLater();
        QVERIFY(soon([&] { return !m_pool; }));
        return;
    case Way::DeleteWhenItsThreadHasFinished:
        m_home->stop();
        delete pool;
        return;
    }
}

// Those who wait, those who are set up, and those who are asked.
void Scene::verifyEnds()
{
    if (m_parts.waiters) {
        QVERIFY(m_any.isFinished() && m_certain.isFinished()); // at once, whoever has closed
        QCOMPARE(failureOf(m_any), Pool::Error::Closed);
        QCOMPARE(failureOf(m_certain), Pool::Error::Closed);
        QVERIFY(soon([&] { return m_blocked->isFinished(); }));
        QVERIFY(!m_isServed);
    }
    QVERIFY(soon([&] { return m_hanging.running() == 0; }));
    QCOMPARE(m_hanging.count(), int(m_parts.validator));
    QVERIFY(soon([&] { return m_peers.connected() == int(m_leases.size()); }));
    if (!m_pool)
        return;
    QVERIFY(soon([&] { return m_pool->state() == Pool::State::Stopped; }));
    const PoolStatistics statistics = m_pool->statistics();
    QCOMPARE(statistics.idle, 0);
    QCOMPARE(statistics.pending, 0);
    QCOMPARE(statistics.waiters, 0);
    QCOMPARE(statistics.leased, int(m_leases.size()));
    QCOMPARE(statistics.abandoned, 3 * m_parts.waiters);
    QVERIFY(equationsHold(statistics));
}

void Scene::verifyLeases()
{
    for (Lease &lease : m_leases) {
        QTcpSocket *const peer = m_peers.of(lease.connection.id());
        const bool isOrphan = lease.usedIn && lease.usedIn->thread()->isFinished();
        QVERIFY(isOrphan || works(lease.connection, peer, lease.usedIn));
        const bool canEnd = lease.endsIn && !lease.endsIn->thread()->isFinished();
        runIn(canEnd ? lease.endsIn : nullptr, [&lease] { lease.connection.giveBack(); });
        QVERIFY(soon([&] { return peer->state() == QAbstractSocket::UnconnectedState; }));
    }
    QCOMPARE(m_peers.connected(), 0);
    if (!m_pool)
        return;
    QCOMPARE(m_pool->leasedCount(), 0);
    QCOMPARE(m_pool->statistics().created, m_pool->statistics().flushed);
    QVERIFY(equationsHold(m_pool->statistics()));
}

void Scene::verifyRestart()
{
    if (!m_pool)
        return;
    m_isOpenToAll = true;
    QFuture<Connection> future;
    atHome([&] {
        setHooks({}); // the validator would not let go of what is new
        if (start())
            future = m_pool->acquire(60s);
    });
    if (m_kind == Kind::Server)
        m_peers.callOn(server()->serverPort());
    QVERIFY(soon([&] { return future.isFinished(); }));
    Connection connection = future.takeResult();
    QVERIFY(soon([&] { return bool(m_peers.of(connection.id())); }));
    QVERIFY(works(connection, m_peers.of(connection.id()), nullptr));
    QVERIFY(equationsHold(m_pool->statistics()));
}

// A server pool and a client pool on loopback, in this thread; either may be deleted at any time.
class Pair
{
public:
    explicit Pair(int capacity = 2)
        : server(new ServerPool(&m_owner)), client(new ClientPool(&m_owner)), m_capacity(capacity)
    {
    }
    Pool *subject(bool isServer) const { return isServer ? static_cast<Pool *>(server) : client; }
    void listen() const { QVERIFY(server->listen(QHostAddress::LocalHost)); }
    void dial() const
    {
        QVERIFY(client->setConfiguration(clientOf(server->serverPort(), m_capacity)));
        QVERIFY(client->start());
    }
    void fill() const
    {
        listen();
        dial();
        QTRY_COMPARE_WITH_TIMEOUT(client->idleCount(), m_capacity, longer(20000));
        QTRY_COMPARE_WITH_TIMEOUT(server->idleCount(), m_capacity, longer(20000));
    }
    // Closed or deleted in the midst of something, both can work again.
    void verifyEnded(bool isServer) const
    {
        if (Pool *pool = subject(isServer)) {
            QTRY_COMPARE(pool->state(), Pool::State::Stopped);
            QCOMPARE(pool->idleCount(), 0);
            QVERIFY(equationsHold(pool->statistics()));
        }
        verifyRestart();
    }
    void verifyRestart() const
    {
        if (!server || !client)
            return;
        if (server->state() == Pool::State::Stopped)
            listen();
        dial();
        verifyWorks();
    }
    void verifyWorks() const
    {
        QTRY_VERIFY_WITH_TIMEOUT(client->idleCount() > 0 && server->idleCount() > 0, longer(20000));
        QFuture<Connection> future = client->acquire(20s);
        QTRY_VERIFY_WITH_TIMEOUT(future.isFinished(), longer(20000));
        const Connection here = future.takeResult();
        QCOMPARE(here->state(), QAbstractSocket::ConnectedState);
        QVERIFY(equationsHold(client->statistics()));
        QVERIFY(equationsHold(server->statistics()));
    }

private:
    QObject m_owner;

public:
    const QPointer<ServerPool> server;
    const QPointer<ClientPool> client;

private:
    const int m_capacity;
};

enum class Act { Close, Delete, Restart };

void addActs(std::initializer_list<Act> acts, const QByteArray &prefix, const std::function<void(const char *, Act)> &add)
{
    for (const Act act : acts) {
        const char *const name = act == Act::Close ? "close()" : act == Act::Delete ? "delete" : "close() and start again";
        add((prefix + ' ' + name).constData(), act);
    }
}

void perform(Act act, Pool *pool)
{
    if (act == Act::Delete) {
        delete pool;
        return;
    }
    pool->close();
    if (act == Act::Close)
        return;
    if (auto *client = qobject_cast<ClientPool *>(pool))
        client->start();
    else
        static_cast<ServerPool *>(pool)->listen(QHostAddress::LocalHost);
}

} // namespace

void tst_Closing::initTestCase()
{
    // What Qt opens once.
    QVERIFY(QSslSocket::supportsSsl());
    Scene scene(Kind::TlsClient, Way::CloseInItsThread, {});
    scene.build();
}

void tst_Closing::init()
{
#ifdef QNETPOOL_NOTIFIER_WATCHER
    // A notifier can be stopped by its own thread only, so that one is a moment late when another thread closes its socket.
    static const QRegularExpression any(QStringLiteral("^(?!QSocketNotifier: Invalid socket)"));
#else
    static const QRegularExpression any(QStringLiteral(".*"));
#endif
    QTest::failOnWarning(any);
}

// --- Everything at once ------------------------------------------------------------------------------------------------

Q_DECLARE_METATYPE(Kind)
Q_DECLARE_METATYPE(Way)
Q_DECLARE_METATYPE(Parts)
Q_DECLARE_METATYPE(Act)

void tst_Closing::endsInTheMiddleOfEverything_data()
{
    QTest::addColumn<Kind>("kind");
    QTest::addColumn<Way>("way");
    QTest::addColumn<Parts>("parts");
    static constexpr const char *kinds[] = {"client", "TLS client", "server"};
    static constexpr const char *ways[] = {"close() in its thread",
                                           "close() in its worker",
                                           "close() from another thread",
                                           "delete in its thread",
                                           "delete in its worker",
                                           "deleteLater() from another thread",
                                           "delete when its thread has finished"};
    for (const Kind kind : {Kind::Client, Kind::TlsClient, Kind::Server}) {
        for (int way = 0; way < int(std::size(ways)); ++way) {
            for (int set = 0; set < 18; ++set) {
                Parts parts{bool(set & 1), bool(set & 2), bool(set & 4), bool(set & 8)};
                if (set == 16)
                    parts = {false, false, true, false, 2};
                else if (set == 17)
                    parts = {true, true, true, true, 2};
                if (kind == Kind::TlsClient && !parts.pending)
                    continue; // only what is being set up differs
                if (isShort() && set % 5 != way % 5)
                    continue; // each set in one way or another
                QTest::addRow("%s, %s:%s%s%s%s%s", kinds[int(kind)], ways[way], parts.waiters ? " waiters" : "",
                              parts.leases ? " leases" : "", parts.pending ? " pending" : "",
                              parts.validator ? " validator" : "", parts.setupThreads ? " setup threads" : "")
                        << kind << Way(way) << parts;
            }
        }
    }
}

void tst_Closing::endsInTheMiddleOfEverything()
{
    QFETCH(const Kind, kind);
    QFETCH(const Way, way);
    QFETCH(const Parts, parts);
    const int sockets = openSockets();
    const int descriptors = openDescriptors();
    {
        Scene scene(kind, way, parts);
        for (const auto act :
             {&Scene::build, &Scene::end, &Scene::verifyEnds, &Scene::verifyLeases, &Scene::verifyRestart}) {
            (scene.*act)();
            if (QTest::currentTestFailed())
                return;
        }
    }
    QVERIFY(soon([&] { return openSockets() == sockets; }));
    QVERIFY(soon([&] { return openDescriptors() == descriptors; }));
}

// --- From several threads ----------------------------------------------------------------------------------------------

void tst_Closing::twoThreadsCloseAtOnce()
{
    Peers peers(false);
    Worker home;
    ClientPool pool(clientOf(peers.serverPort(), 2));
    pool.moveToThread(home.thread());
    home.run([&] { pool.start(); }); // else the first call is warned of
    std::atomic<bool> isOver = false;
    const auto call = [&] { // others are in the middle of calls
        while (!isOver) {
            QFuture<Connection> future = pool.acquire(20s);
            const Connection connection = pool.take();
            static_cast<void>(pool.statistics());
            try {
                future.waitForFinished();
            } catch (const PoolException &) {
            }
        }
    };
    {
        const Runner first(call);
        const Runner second(call);
        for (int round = 0; round < 50; ++round) {
            home.run([&] { pool.start(); });
            const QFuture<Connection> certain = pool.acquire(ConnectionId::fromString(u"not-here"), 20s);
            std::atomic<int> ready = 0;
            const auto close = [&] {
                for (++ready; ready < 2;)
                    QThread::yieldCurrentThread();
                pool.close();
            };
            {
                const Runner one(close);
                const Runner other(close);
            }
            QVERIFY(certain.isFinished());
            QCOMPARE(failureOf(certain), Pool::Error::Closed);
            QVERIFY(equationsHold(pool.statistics()));
        }
        isOver = true;
    }
    QTRY_COMPARE(pool.state(), Pool::State::Stopped);
    QTRY_COMPARE(pool.leasedCount(), 0);
    QCOMPARE(pool.idleCount(), 0);
    QCOMPARE(pool.waiterCount(), 0);
    home.run([&] { pool.moveToThread(QCoreApplication::instance()->thread()); });
}

#if defined(Q_OS_LINUX) && !defined(QNETPOOL_NOTIFIER_WATCHER)
namespace {

// Keeps the first thread that takes a connection where it is: inside the pool, with the stock's lock, when it pauses the
// connection's watch.
class Gate
{
public:
    Gate() { s_gate = this; }
    ~Gate() { s_gate = nullptr; }
    bool waitUntilReached()
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, 20s, [this] { return m_isReached; });
    }
    void open()
    {
        const std::lock_guard lock(m_mutex);
        m_isOpen = true;
        m_changed.notify_all();
    }
    static void pass()
    {
        if (Gate *gate = s_gate)
            gate->wait();
    }

private:
    void wait()
    {
        std::unique_lock lock(m_mutex);
        if (std::exchange(m_isReached, true))
            return;
        m_changed.notify_all();
        m_changed.wait_for(lock, 20s, [this] { return m_isOpen; });
    }

    static inline std::atomic<Gate *> s_gate = nullptr;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_isReached = false;
    bool m_isOpen = false;
};

// Whether a thread waits in the kernel: for the stock's lock, if it did nothing else since it told its number.
bool isAsleep(int thread)
{
    QFile file(QStringLiteral("/proc/self/task/%1/stat").arg(thread));
    if (!file.open(QIODevice::ReadOnly))
        return false;
    const QByteArray line = file.readAll();
    return line.mid(line.lastIndexOf(')') + 2, 1) == "S";
}

bool waitUntilAsleep(const std::atomic<int> &thread)
{
    for (const QDeadlineTimer deadline(20s); !deadline.hasExpired(); QThread::yieldCurrentThread()) {
        if (thread && isAsleep(thread))
            return true;
    }
    return false;
}

} // namespace

// Comes before the system's function of the same name.
#pragma GCC visibility push(default)
extern "C" int epoll_ctl(int queue, int operation, int descriptor, epoll_event *event) noexcept
{
    static const auto real = reinterpret_cast<decltype(&epoll_ctl)>(dlsym(RTLD_NEXT, "epoll_ctl"));
    if (event && event->events == EPOLLONESHOT) // of the watcher, whose connection is being taken
        Gate::pass();
    return real(queue, operation, descriptor, event);
}
#pragma GCC visibility pop
#endif

// The destructor waits for those who are inside, and those who wait inside are let go.
void tst_Closing::callsInProgressOutliveThePool()
{
#if defined(Q_OS_LINUX) && !defined(QNETPOOL_NOTIFIER_WATCHER)
    Pair pair(1);
    for (int round = 0; round < 10; ++round) {
        auto pool = std::make_unique<ClientPool>();
        if (!pair.server->isReady())
            pair.listen();
        QVERIFY(pool->setConfiguration(clientOf(pair.server->serverPort(), 1)));
        QVERIFY(pool->start());
        QTRY_COMPARE(pool->idleCount(), 1);
        Gate gate;
        Connection taken;
        ClientPool *const threadsPool = pool.get();
        const Runner taker([&] { taken = threadsPool->take(); });
        QVERIFY(gate.waitUntilReached()); // from here on without a turn of the event loop, which would need the lock

        QFuture<Connection> future;
        std::atomic<int> found = 0;
        const std::function<void()> calls[] = {[&] { found += bool(threadsPool->take()); },
                                               [&] { found += threadsPool->statistics().leased < 0; },
                                               [&] { found += threadsPool->waiterCount() < 0; },
                                               [&] { future = threadsPool->acquire(60s); },
                                               [&] { found += bool(threadsPool->waitForConnection(60s)); },
                                               [&] { threadsPool->flush(); },
                                               [&] { threadsPool->close(); }};
        std::vector<std::unique_ptr<Runner>> callers;
        for (const std::function<void()> &call : calls) {
            std::atomic<int> thread = 0;
            callers.push_back(std::make_unique<Runner>([&thread, call] {
                thread = gettid();
                call();
            }));
            QVERIFY(waitUntilAsleep(thread));
        }
        std::atomic<int> deleting = 0;
        const Runner opener([&] {
            waitUntilAsleep(deleting);
            gate.open();
        });
        deleting = gettid();
        pool.reset();
        callers.clear();
        QVERIFY(future.isFinished());
        QCOMPARE(failureOf(future), Pool::Error::Closed);
        QCOMPARE(found, 0);
    }
#else
    QSKIP("needs /proc and epoll");
#endif
}

// --- Inside what the pool calls ----------------------------------------------------------------------------------------

namespace {

using Connector = void (*)(Pool *pool, QObject *context, const std::function<void()> &act);

template<auto Signal> void connectTo(Pool *pool, QObject *context, const std::function<void()> &act)
{
    QObject::connect(pool, Signal, context, [act] { act(); });
}

struct NamedSignal
{
    const char *name;
    Connector connect;
    bool hasServer = true;
};

constexpr NamedSignal allSignals[] = {{"ready()", &connectTo<&Pool::ready>},
                                      {"connectionAvailable()", &connectTo<&Pool::connectionAvailable>},
                                      {"connectionLost()", &connectTo<&Pool::connectionLost>},
                                      {"connectionClosed()", &connectTo<&Pool::connectionClosed>},
                                      {"errorOccurred()", &connectTo<&Pool::errorOccurred>},
                                      {"stateChanged()", &connectTo<&Pool::stateChanged>},
                                      {"capacityChanged()", &connectTo<&Pool::capacityChanged>},
                                      {"intervalChanged()", &connectTo<&Pool::intervalChanged>, false},
                                      {"idleCountChanged()", &connectTo<&Pool::idleCountChanged>},
                                      {"errorCountChanged()", &connectTo<&Pool::errorCountChanged>}};

// Does one thing after another that makes pools emit signals. Each may close or delete one of them.
class Life
{
public:
    explicit Life(const Pair &pair) : m_pair(pair) { }

    void step()
    {
        static constexpr void (Life::*deeds[])() = {&Life::begin,        &Life::countErrors,  &Life::loseClients,
                                                    &Life::loseServers,  &Life::resizeClient, &Life::resizeServer,
                                                    &Life::beTurnedAway, &Life::dialInVain};
        if (m_pair.server && m_pair.client)
            (this->*deeds[m_steps++ % std::size(deeds)])();
    }
    void end() { m_isOver = true; } // also in the middle of a step, which has caused what ends it

private:
    ServerPool *server() const { return m_pair.server; }
    ClientPool *client() const { return m_pair.client; }

    void begin()
    {
        if (!server()->isReady()) {
            ServerPool::Configuration wish;
            wish.allowedPeers << QStringLiteral("127.0.0.1");
            server()->setConfiguration(wish);
            if (!m_isOver)
                server()->listen(QHostAddress::LocalHost);
        }
        if (m_isOver || !server()->isReady())
            return;
        client()->setConfiguration(clientOf(server()->serverPort(), 2));
        if (!m_isOver)
            client()->start();
    }
    void countErrors()
    {
        server()->addError();
        if (!m_isOver)
            client()->addError();
    }
    void loseClients() { server()->take().discard(); }
    void loseServers() { client()->take().discard(); }
    void resizeClient()
    {
        ClientPool::Configuration wish = client()->configuration();
        wish.sizing.minimumCapacity = wish.sizing.maximumCapacity = 3;
        wish.sizing.minimumInterval = wish.sizing.maximumInterval = 25ms;
        client()->setConfiguration(wish);
    }
    void resizeServer()
    {
        ServerPool::Configuration wish = server()->configuration();
        wish.maximumCapacity = 10 + m_steps % 2;
        server()->setConfiguration(wish);
    }
    void beTurnedAway()
    {
        m_stranger.abort();
        m_stranger.bind(QHostAddress(QStringLiteral("127.0.0.2")));
        m_stranger.connectToHost(QHostAddress::LocalHost, server()->serverPort());
    }
    void dialInVain()
    {
        ClientPool::Configuration wish = client()->configuration();
        wish.dialer = [](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, 1); };
        wish.sizing.minimumCapacity = wish.sizing.maximumCapacity = 6;
        client()->setConfiguration(wish);
    }

    const Pair &m_pair;
    QTcpSocket m_stranger;
    int m_steps = 0;
    bool m_isOver = false;
};

} // namespace

void tst_Closing::insideASlotOfEachSignal_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<int>("signal");
    QTest::addColumn<Act>("act");
    for (const bool isServer : {false, true}) {
        for (int i = 0; i < int(std::size(allSignals)); ++i) {
            if (isServer && !allSignals[i].hasServer)
                continue;
            addActs({Act::Close, Act::Delete, Act::Restart},
                    QByteArray(isServer ? "server " : "client ") + allSignals[i].name,
                    [&](const char *name, Act act) { QTest::newRow(name) << isServer << i << act; });
        }
    }
}

void tst_Closing::insideASlotOfEachSignal()
{
    QFETCH(const bool, isServer);
    QFETCH(const int, signal);
    QFETCH(const Act, act);
    const Pair pair;
    Life life(pair);
    bool hasActed = false;
    QTimer timer;
    allSignals[signal].connect(pair.subject(isServer), this, [&] {
        if (std::exchange(hasActed, true))
            return;
        timer.stop();
        life.end();
        perform(act, pair.subject(isServer));
    });
    connect(&timer, &QTimer::timeout, this, [&life] { life.step(); });
    timer.start(3ms);
    QTRY_VERIFY_WITH_TIMEOUT(hasActed, longer(20000));
    if (act == Act::Restart)
        return pair.verifyRestart();
    if (act == Act::Close)
        disconnect(pair.subject(isServer), nullptr, this, nullptr);
    pair.verifyEnded(isServer);
}

enum class Origin { Stock, NewConnection, GivenBack };
Q_DECLARE_METATYPE(Origin)

void tst_Closing::insideAContinuation_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<Origin>("origin");
    QTest::addColumn<Act>("act");
    static constexpr const char *origins[] = {"from the stock", "new", "given back"};
    for (const bool isServer : {false, true}) {
        for (const Origin origin : {Origin::Stock, Origin::NewConnection, Origin::GivenBack}) {
            addActs({Act::Close, Act::Delete, Act::Restart},
                    QByteArray(isServer ? "server, " : "client, ") + origins[int(origin)],
                    [&](const char *name, Act act) { QTest::newRow(name) << isServer << origin << act; });
        }
    }
}

void tst_Closing::insideAContinuation()
{
    QFETCH(const bool, isServer);
    QFETCH(const Origin, origin);
    QFETCH(const Act, act);
    const Pair pair;
    Pool *const pool = pair.subject(isServer);
    Connection first;
    Connection second;
    pair.listen();
    pair.dial();
    if (origin != Origin::NewConnection) {
        QTRY_VERIFY_WITH_TIMEOUT(pair.client->idleCount() == 2 && pair.server->idleCount() == 2, longer(20000));
        if (origin == Origin::GivenBack) {
            first = pool->take();
            second = pool->take();
        }
    }
    bool hasActed = false;
    bool isAlive = false;
    const QFuture<void> done = pool->acquire(20s).then([&](const Connection &connection) {
        perform(act, pool);
        isAlive = connection->state() == QAbstractSocket::ConnectedState;
        hasActed = true;
    });
    first.giveBack();
    QTRY_VERIFY_WITH_TIMEOUT(hasActed, longer(20000));
    QVERIFY(isAlive);
    second.giveBack();
    act == Act::Restart ? pair.verifyRestart() : pair.verifyEnded(isServer);
}

enum class Failure { Closed, TimedOut, Cancelled };
Q_DECLARE_METATYPE(Failure)

void tst_Closing::insideTheContinuationOfOneWhoFails_data()
{
    QTest::addColumn<Failure>("failure");
    QTest::addColumn<Act>("act");
    static constexpr const char *failures[] = {"closed", "timed out", "cancelled"};
    for (const Failure failure : {Failure::Closed, Failure::TimedOut, Failure::Cancelled}) {
        addActs({Act::Close, Act::Delete, Act::Restart}, failures[int(failure)],
                [&](const char *name, Act act) { QTest::newRow(name) << failure << act; });
    }
}

void tst_Closing::insideTheContinuationOfOneWhoFails()
{
    QFETCH(const Failure, failure);
    QFETCH(const Act, act);
    const Pair pair;
    pair.fill();
    Pool *const pool = pair.subject(false);
    bool hasActed = false;
    const auto perform = [&] {
        if (!std::exchange(hasActed, true))
            ::perform(act, pool);
    };
    const ConnectionId absent = ConnectionId::fromString(u"not-here");
    QFuture<Connection> future = pool->acquire(absent, failure == Failure::TimedOut ? 1ms : 20s);
    const QFuture<void> done = future.then([](const Connection &) {}).onCanceled(perform).onFailed(perform);
    const QFuture<Connection> other = pool->acquire(absent, 20s); // ends with the pool, whatever happens in between
    QCoreApplication::processEvents();
    if (failure == Failure::Closed)
        pool->close();
    else if (failure == Failure::Cancelled)
        future.cancel();
    QVERIFY(soon([&] { return hasActed; }));
    QVERIFY(soon([&] { return other.isFinished(); }));
    QCOMPARE(failureOf(other), Pool::Error::Closed);
    act == Act::Restart ? pair.verifyWorks() : pair.verifyEnded(false);
}

void tst_Closing::insideADialer_data()
{
    QTest::addColumn<Act>("act");
    QTest::addColumn<bool>("isThrowing");
    for (const bool isThrowing : {false, true}) {
        addActs({Act::Close, Act::Delete, Act::Restart}, isThrowing ? "throws after" : "goes on after",
                [&](const char *name, Act act) { QTest::newRow(name) << act << isThrowing; });
    }
}

void tst_Closing::insideADialer()
{
    QFETCH(const Act, act);
    QFETCH(const bool, isThrowing);
    const Pair pair;
    pair.listen();
    ClientPool::Configuration wish = clientOf(pair.server->serverPort());
    int dials = 0;
    const quint16 port = wish.port;
    wish.dialer = [&dials, &pair, act, isThrowing, port](QTcpSocket *socket) {
        if (dials++ == 0)
            perform(act, pair.client);
        if (dials == 1 && isThrowing)
            throw std::runtime_error("on purpose");
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    QVERIFY(pair.client->setConfiguration(wish));
    QVERIFY(pair.client->start());
    QTRY_VERIFY_WITH_TIMEOUT(dials > 0, longer(20000));
    if (act == Act::Restart)
        return pair.verifyWorks();
    QCOMPARE(dials, 1);
    if (pair.client)
        QCOMPARE(pair.client->errorCount(), 0);
    pair.verifyEnded(false);
}

void tst_Closing::insideACheck_data()
{
    QTest::addColumn<bool>("isResetter");
    QTest::addColumn<bool>("inEventLoop");
    QTest::addColumn<Act>("act");
    for (const bool inEventLoop : {true, false}) {
        for (const bool isResetter : {false, true}) {
            addActs({Act::Close, Act::Delete, Act::Restart},
                    QByteArray(isResetter ? "resetter" : "validator") + (inEventLoop ? " in an event loop" : ""),
                    [&](const char *name, Act act) { QTest::newRow(name) << isResetter << inEventLoop << act; });
        }
    }
}

// The function goes on to use its socket, and what it returns is cancelled.
void tst_Closing::insideACheck()
{
    QFETCH(const bool, isResetter);
    QFETCH(const bool, inEventLoop);
    QFETCH(const Act, act);
    const Pair pair;
    pair.fill();
    QPromise<bool> promise;
    promise.start();
    bool hasActed = false;
    ClientPool::Configuration wish = pair.client->configuration();
    bool isAlive = false;
    const auto check = [&hasActed, &isAlive, &promise, &pair, act](QTcpSocket *socket) {
        if (!std::exchange(hasActed, true)) {
            const QPointer<QTcpSocket> alive(socket);
            perform(act, pair.client);
            isAlive = alive && alive->write("not sent any more") != 0;
            return promise.future();
        }
        QPromise<bool> yes;
        yes.start();
        yes.addResult(true);
        yes.finish();
        return yes.future();
    };
    (isResetter ? wish.hooks.resetter : wish.hooks.validator) = check;
    wish.hooks.validateAfter = 0ms;
    QVERIFY(pair.client->setConfiguration(wish));
    pair.client->take().socket(); // passed over and validated, or used and to be reset
    QVERIFY(waitFor(inEventLoop, [&] { return hasActed; }));
    QVERIFY(isAlive);
    QVERIFY(soon([&] { return promise.isCanceled(); }));
    if (act == Act::Restart)
        return pair.verifyWorks();
    pair.verifyEnded(false);
}

void tst_Closing::insideASlotOfASocketThatIsChecked_data()
{
    QTest::addColumn<bool>("inEventLoop");
    QTest::addColumn<Act>("act");
    for (const bool inEventLoop : {true, false}) {
        addActs({Act::Close, Act::Delete, Act::Restart}, inEventLoop ? "in an event loop" : "without an event loop",
                [&](const char *name, Act act) { QTest::newRow(name) << inEventLoop << act; });
    }
}

void tst_Closing::insideASlotOfASocketThatIsChecked()
{
    QFETCH(const bool, inEventLoop);
    QFETCH(const Act, act);
    const Pair pair;
    pair.fill();
    Connection there = pair.server->take();
    Connection other = pair.server->take();
    for (const Connection *lease : {&there, &other})
        connect(lease->socket(), &QTcpSocket::readyRead, this,
                [socket = lease->socket()] { socket->write(socket->readAll()); });
    QPromise<bool> promise;
    promise.start();
    bool hasActed = false;
    bool isAlive = false; // as Qt goes on to use it
    ClientPool::Configuration wish = pair.client->configuration();
    wish.hooks.validator = [&, act](QTcpSocket *socket) {
        socket->write("ping");
        connect(socket, &QTcpSocket::readyRead, this, [&, act, alive = QPointer(socket)] {
            alive->readAll();
            if (std::exchange(hasActed, true))
                return;
            perform(act, pair.client);
            isAlive = !alive.isNull();
        });
        return promise.future();
    };
    wish.hooks.validateAfter = 0ms;
    QVERIFY(pair.client->setConfiguration(wish));
    QVERIFY(!pair.client->take());
    QVERIFY(waitFor(inEventLoop, [&] { return hasActed; }));
    QVERIFY(isAlive);
    QVERIFY(soon([&] { return promise.isCanceled(); }));
    there.discard();
    other.discard();
    if (act != Act::Restart)
        return pair.verifyEnded(false);
    QTRY_VERIFY(pair.client->idleCount() > 0);
}

void tst_Closing::insideABlockingWaitOfThePoolsThread_data()
{
    QTest::addColumn<Act>("act");
    addActs({Act::Close, Act::Delete, Act::Restart}, "in a nested event loop",
            [](const char *name, Act act) { QTest::newRow(name) << act; });
}

void tst_Closing::insideABlockingWaitOfThePoolsThread()
{
    QFETCH(const Act, act);
    const Pair pair;
    pair.listen();
    QTimer::singleShot(0, this, [&] { perform(act, pair.server); });
    QVERIFY(!pair.server->waitForConnection(20s));
    if (act == Act::Restart)
        return pair.verifyRestart();
    pair.verifyEnded(true);
}

enum class Call { Start, Configure, WaitForEvents };
Q_DECLARE_METATYPE(Call)

void tst_Closing::insideASlotWhenAnotherThreadHasClosed_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<Call>("call");
    QTest::addColumn<Act>("act");
    static constexpr const char *calls[] = {" start", " setConfiguration()", " events"};
    for (const bool isServer : {false, true}) {
        for (const Call call : {Call::Start, Call::Configure, Call::WaitForEvents}) {
            addActs({Act::Close, Act::Delete, Act::Restart}, QByteArray(isServer ? "server," : "client,") + calls[int(call)],
                    [&](const char *name, Act act) { QTest::newRow(name) << isServer << call << act; });
        }
    }
}

// The pool hears of it with the next thing that it is asked for.
void tst_Closing::insideASlotWhenAnotherThreadHasClosed()
{
    QFETCH(const bool, isServer);
    QFETCH(const Call, call);
    QFETCH(const Act, act);
    const Pair pair;
    pair.fill();
    Pool *const pool = pair.subject(isServer);
    {
        const Runner closer([pool] { pool->close(); });
    }
    QVERIFY(pool->state() != Pool::State::Stopped);
    bool hasActed = false;
    connect(pool, &Pool::stateChanged, this, [&](Pool::State state) {
        if (state == Pool::State::Stopped && !std::exchange(hasActed, true))
            perform(act, pool);
    });
    if (call == Call::Start)
        isServer ? pair.server->listen(QHostAddress::LocalHost) : pair.client->start();
    else if (call == Call::Configure)
        isServer ? pair.server->setConfiguration({}) : pair.client->setConfiguration(pair.client->configuration());
    else
        QTRY_VERIFY(hasActed);
    QVERIFY(hasActed);
    if (isServer && pair.server)
        QTRY_VERIFY(pair.client->idleCount() == 0); // of the former port
    if (act == Act::Close && call != Call::Start)
        return pair.verifyEnded(isServer);
    pair.verifyRestart();
}

enum class Use { None, Here, There };
Q_DECLARE_METATYPE(Use)

void tst_Closing::leaseOutlivesThePoolAndEndsInAnotherThread_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::addColumn<Use>("use");
    static constexpr const char *uses[] = {"untouched", "used in the pool's thread", "used in the other thread"};
    for (const bool isTls : {false, true}) {
        for (const Use use : {Use::None, Use::Here, Use::There})
            QTest::addRow("%s, %s", isTls ? "TLS" : "plain", uses[int(use)]) << isTls << use;
    }
}

void tst_Closing::leaseOutlivesThePoolAndEndsInAnotherThread()
{
    QFETCH(const bool, isTls);
    QFETCH(const Use, use);
    Peers peers(isTls);
    ClientPool::Configuration wish = clientOf(peers.serverPort(), 1);
    wish.tls.mode = isTls ? TlsMode::SelfSigned : TlsMode::None;
    auto pool = std::make_unique<ClientPool>(wish);
    QVERIFY(pool->start());
    QTRY_COMPARE(pool->idleCount(), 1);
    Connection lease = pool->take();
    const QPointer<QTcpSocket> peer = peers.of(lease.id());
    if (use == Use::Here)
        QVERIFY(works(lease, peer, nullptr));
    pool.reset();
    if (use == Use::There)
        peer->write("last");
    peer->flush();
    std::atomic<bool> hasHeard = false;
    const Runner holder([&, mine = std::make_shared<Connection>(std::move(lease))] {
        if (use == Use::There && (*mine)->waitForReadyRead(longer(10000)))
            hasHeard = (*mine)->readAll() == "last";
        mine->giveBack();
    });
    QTRY_VERIFY_WITH_TIMEOUT(peer->state() == QAbstractSocket::UnconnectedState, longer(20000));
    QCOMPARE(hasHeard, use == Use::There);
    QTRY_COMPARE(peers.connected(), 0);
}

QNETPOOL_TEST_MAIN(tst_Closing)
#include "tst_closing.moc"
