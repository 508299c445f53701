// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "stock/stock.h"
#include "testmain.h"
#include "waiters.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QSemaphore>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <optional>

// Each limit of a configuration: what it bounds, what happens at it, and that 0 is none.
class tst_Limits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void clientStopsDiallingAtMaximumConnections();
    void connectionsBeingSetUpCount_data();
    void connectionsBeingSetUpCount();
    void giveBacksServeThoseWhoWaitAtMaximumConnections();
    void freeRoomIsDialledForAtOnce_data();
    void freeRoomIsDialledForAtOnce();
    void raisedMaximumConnectionsIsDialledForAtOnce();
    void serverTurnsAwayWhoIsOneTooMany();
    void putOverMaximumConnectionsCloses_data();
    void putOverMaximumConnectionsCloses();
    void noMaximumConnections_data();
    void noMaximumConnections();

    void oneTooManyMayNotWait_data();
    void oneTooManyMayNotWait();
    void whoLeavesTheLineMakesRoom_data();
    void whoLeavesTheLineMakesRoom();
    void whoNeedNotWaitIsServedBesideAFullLine();
    void noMaximumWaiters_data();
    void noMaximumWaiters();

    void idleTimeoutClosesInTime();
    void idleTimeoutClosesTheOldestOnly();
    void idleTimeoutSparesTheLeased();
    void idleTooLongIsNeverHandedOut_data();
    void idleTooLongIsNeverHandedOut();
    void idleTimeoutOfAPool_data();
    void idleTimeoutOfAPool();
    void noIdleTimeout();

    void maximumLifetimeClosesInTime();
    void leasedIsClosedAtTheEndOfItsLifeWhenItComesBack_data();
    void leasedIsClosedAtTheEndOfItsLifeWhenItComesBack();
    void livedTooLongIsNeverHandedOut_data();
    void livedTooLongIsNeverHandedOut();
    void lifetimeSpreadMakesEndsDiffer();
    void lifetimeSpreadIsClamped();
    void maximumLifetimeOfAPool_data();
    void maximumLifetimeOfAPool();
    void noMaximumLifetime();

    void leakIsReportedInTime();
    void checkIsNoLeak();
    void leakIsReportedOnce_data();
    void leakIsReportedOnce();
    void leakNamesWhoTookIt_data();
    void leakNamesWhoTookIt();
    void leakNamesWhoUsesIt();
    void leakNamesWhoIsKnownAfterwards();
    void givenBackInTimeIsNoLeak_data();
    void givenBackInTimeIsNoLeak();
    void noLeakThreshold();

    void reuse_data();
    void reuse();
    void reuseServesAcquire_data();
    void reuseServesAcquire();

    void unclaimedTimeoutEndsLastWords();
    void unclaimedTimeoutOfAPool_data();
    void unclaimedTimeoutOfAPool();
    void noUnclaimedTimeout();
    void lowerLimitsCloseWhatIsIdle_data();
    void lowerLimitsCloseWhatIsIdle();
    void lastWordsMakeRoom_data();
    void lastWordsMakeRoom();
    void lastWordsMakeRoomForPut();

    void connectionForAFutureThatIsGoneGoesHome();
};

using Clock = Stock::Clock;

// --- What the tests stand on -------------------------------------------------------------------------------------------

// Where each end has it.
int &maximumCapacityOf(ClientPool::Configuration &configuration)
{
    return configuration.sizing.maximumCapacity;
}
int &maximumCapacityOf(ServerPool::Configuration &configuration)
{
    return configuration.maximumCapacity;
}

// It is asked for, not called.
Pool::Hook someHook()
{
    return [](QTcpSocket *) { return QFuture<bool>(); };
}

// A stock without a pool: nobody keeps the time but the test.
class Bench : public QObject
{
public:
    explicit Bench(Policy policy)
    {
        policy.maximumIdle = 100;
        if (!m_server.listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
        stock->open(policy, Watcher::create(this, [this](quint64 token) { stock->handleActivity(token); }), [] {});
    }
    ~Bench() override { stock->tearDown(); }

    // Its null ID: there is no room.
    ConnectionId add()
    {
        auto socket = std::make_unique<QTcpSocket>();
        socket->connectToHost(QHostAddress::LocalHost, m_server.serverPort());
        if (!socket->waitForConnected() || !m_server.waitForNewConnection(5000))
            qFatal("cannot connect");
        peer = m_server.nextPendingConnection();
        Entry *entry = stock->addPendingNamed(NoNetwork);
        const ConnectionId id = entry ? entry->id : ConnectionId();
        const bool isIn = entry && stock->admit(entry, {}, std::move(socket)) == Stock::Admission::Admitted;
        return isIn ? id : ConnectionId();
    }

    PoolStatistics statistics() const { return stock->statistics(); }
    QFuture<Connection> acquire(ConnectionId id = {})
    {
        const auto waiter = std::make_shared<FutureWaiter>(id, -1ms);
        stock->join(waiter);
        return waiter->future();
    }

    const std::shared_ptr<Stock> stock = std::make_shared<Stock>(&clientLog);
    QTcpSocket *peer = nullptr; // the other end of the one that was added last

private:
    QTcpServer m_server;
};

// Two pools on loopback, one of which is the subject. The client dials at its start and for those who wait, and then no more.
class Ends
{
public:
    template<typename Change> Ends(bool isClient, int capacity, Change change)
    {
        ServerPool::Configuration wish;
        if (!isClient)
            change(wish);
        server.emplace(wish);
        listen(*server);
        ClientPool::Configuration clientWish = stepwiseClientOf(server->serverPort(), capacity);
        clientWish.sizing.minimumInterval = clientWish.sizing.maximumInterval = 1h;
        if (isClient)
            change(clientWish);
        client.emplace(clientWish);
        fill(*server, *client, capacity);
        subject = isClient ? static_cast<Pool *>(&*client) : &*server;
    }

    std::optional<ServerPool> server;
    std::optional<ClientPool> client;
    Pool *subject = nullptr;
};

static void eitherEnd()
{
    QTest::addColumn<bool>("isClient");
    QTest::newRow("client") << true;
    QTest::newRow("server") << false;
}

static bool waitUntil(Clock::time_point when)
{
    return QTest::qWaitFor([when] { return Clock::now() > when; }, longer(20000));
}

static std::optional<Pool::Error> failureOf(QFuture<Connection> future, QString *message = nullptr)
{
    try {
        future.waitForFinished();
    } catch (const PoolException &failure) {
        if (message)
            *message = failure.message();
        return failure.error();
    }
    return std::nullopt;
}

static int connectionsOf(const Pool &pool)
{
    const PoolStatistics now = pool.statistics();
    return now.idle + now.leased + now.pending;
}

static std::unique_ptr<QTcpSocket> connectedTo(quint16 port)
{
    auto socket = std::make_unique<QTcpSocket>();
    socket->connectToHost(QHostAddress::LocalHost, port);
    return socket->waitForConnected() ? std::move(socket) : nullptr;
}

// --- maximumConnections ------------------------------------------------------------------------------------------------

void tst_Limits::clientStopsDiallingAtMaximumConnections()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 10);
    wish.sizing.maximumInterval = 300ms;
    wish.limits.maximumConnections = 9;
    int most = 0;
    ClientPool *pool = nullptr;
    wish.dialer = [&](QTcpSocket *socket) {
        most = std::max(most, connectionsOf(*pool));
        socket->connectToHost(QHostAddress::LocalHost, server.serverPort());
    };
    ClientPool client(wish);
    pool = &client;
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 9);
    QTRY_COMPARE(client.interval(), 300ms); // some cycles later
    std::vector<Connection> taken; // what is leased counts as what is idle
    for (int i = 0; i < 9; ++i)
        taken.push_back(client.take());
    QTRY_COMPARE(client.interval(), 20ms); // and some more cycles later
    QCOMPARE(client.idleCount(), 0);
    QCOMPARE(client.pendingCount(), 0);
    QCOMPARE(client.statistics().created, 9);
    QCOMPARE(most, 9);
    QCOMPARE(client.errorCount(), 0); // the limit is no error
    taken.clear();
    QCOMPARE(client.idleCount(), 9);
}

void tst_Limits::connectionsBeingSetUpCount_data()
{
    eitherEnd();
}

void tst_Limits::connectionsBeingSetUpCount()
{
    QFETCH(const bool, isClient);
    if (isClient) {
        QTcpServer silent; // never sends an ID
        QVERIFY(silent.listen(QHostAddress::LocalHost));
        ClientPool::Configuration wish = stepwiseClientOf(silent.serverPort(), 10);
        wish.limits.maximumConnections = 3;
        ClientPool client(wish);
        QVERIFY(client.start());
        QTRY_COMPARE(client.pendingCount(), 3);
        const QFuture<Connection> waiting = client.acquire();
        bool isOver = false;
        QTimer::singleShot(100, this, [&isOver] { isOver = true; }); // time for dials of that one and of some cycles
        QTRY_VERIFY(isOver);
        QCOMPARE(client.pendingCount(), 3);
        return;
    }
    ServerPool::Configuration wish;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    wish.limits.maximumConnections = 2;
    ServerPool server(wish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    const auto first = connectedTo(server.serverPort()); // and no word of TLS
    const auto second = connectedTo(server.serverPort());
    QTRY_COMPARE(server.pendingCount(), 2);
    QVERIFY(errors.isEmpty());
    const auto third = connectedTo(server.serverPort());
    QTRY_COMPARE(third->state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
    QCOMPARE(server.pendingCount(), 2);
}

void tst_Limits::giveBacksServeThoseWhoWaitAtMaximumConnections()
{
    Ends ends(true, 2, [](auto &wish) { wish.limits.maximumConnections = 2; });
    Connection first = ends.client->take();
    Connection second = ends.client->take();
    QVERIFY(first && second);
    const ConnectionId firstId = first.id();
    const ConnectionId secondId = second.id();
    QFuture<Connection> one = ends.client->acquire();
    QFuture<Connection> other = ends.client->acquire();
    bool isOver = false;
    QTimer::singleShot(100, this, [&isOver] { isOver = true; });
    QTRY_VERIFY(isOver);
    QCOMPARE(ends.client->statistics().created, 2);
    QVERIFY(!one.isFinished() && !other.isFinished());
    second.giveBack();
    QVERIFY(one.isFinished() && !other.isFinished());
    first.giveBack();
    QVERIFY(other.isFinished());
    QCOMPARE(one.takeResult().id(), secondId);
    QCOMPARE(other.takeResult().id(), firstId);
    QCOMPARE(ends.client->statistics().created, 2);
}

void tst_Limits::freeRoomIsDialledForAtOnce_data()
{
    QTest::addColumn<QString>("end");
    for (const char *end : {"discard", "detach", "delete", "peerCloses", "dirty", "livedTooLong"})
        QTest::newRow(end) << QString::fromLatin1(end);
}

void tst_Limits::freeRoomIsDialledForAtOnce()
{
    QFETCH(const QString, end);
    Ends ends(true, 1, [&](auto &wish) {
        wish.limits.maximumConnections = 1;
        wish.limits.maximumLifetime = end == u"livedTooLong" ? 500ms : 0ms;
    });
    const auto begin = Clock::now();
    QFuture<Connection> only = ends.client->acquire();
    QTRY_VERIFY(only.isFinished());
    Connection here = only.takeResult();
    Connection there = ends.server->take(here.id());
    QVERIFY(here && there);
    const ConnectionId id = here.id();
    QFuture<Connection> next = ends.client->acquire();
    QVERIFY(!next.isFinished());
    std::unique_ptr<QTcpSocket> detached;
    if (end == u"discard") {
        here.discard();
    } else if (end == u"detach") {
        detached = here.detach();
    } else if (end == u"delete") {
        delete here.socket();
        here.giveBack();
    } else if (end == u"livedTooLong") {
        QVERIFY(waitUntil(begin + 500ms));
        here.giveBack();
    } else {
        here.socket();
        if (end == u"dirty")
            there->write("unread");
        else
            there->disconnectFromHost();
        QTRY_VERIFY(end == u"dirty" ? here->bytesAvailable() > 0 : here->state() == QAbstractSocket::UnconnectedState);
        QVERIFY(!next.isFinished());
        here.giveBack();
    }
    QTRY_VERIFY(next.isFinished());
    const Connection fresh = next.takeResult();
    QVERIFY(fresh);
    QVERIFY(fresh.id() != id);
    QCOMPARE(connectionsOf(*ends.client), 1);
}

void tst_Limits::raisedMaximumConnectionsIsDialledForAtOnce()
{
    Ends ends(true, 1, [](auto &wish) { wish.limits.maximumConnections = 1; });
    const Connection only = ends.client->take();
    QFuture<Connection> next = ends.client->acquire();
    QTRY_COMPARE(ends.client->waiterCount(), 1);
    ClientPool::Configuration wish = ends.client->configuration();
    wish.limits.maximumConnections = 2;
    QVERIFY(ends.client->setConfiguration(wish));
    QTRY_VERIFY(next.isFinished());
    QVERIFY(next.takeResult());
}

void tst_Limits::serverTurnsAwayWhoIsOneTooMany()
{
    ServerPool::Configuration wish;
    wish.limits.maximumConnections = 7;
    ServerPool server(wish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    std::vector<std::unique_ptr<QTcpSocket>> clients;
    for (int i = 0; i < 7; ++i)
        clients.push_back(connectedTo(server.serverPort()));
    QTRY_COMPARE(server.idleCount(), 7);
    Connection leased = server.take(); // counts as well
    QVERIFY(leased);
    QVERIFY(errors.isEmpty());

    const auto surplus = connectedTo(server.serverPort());
    QVERIFY(surplus);
    QTRY_COMPARE(surplus->state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(surplus->bytesAvailable(), 0); // nothing was set up for it
    QCOMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
    QVERIFY2(lastMessage(errors).contains(u"7 connections"), qPrintable(lastMessage(errors)));
    QVERIFY2(lastMessage(errors).contains(u"127.0.0.1"), qPrintable(lastMessage(errors)));
    QCOMPARE(server.state(), Pool::State::Ready);
    QCOMPARE(server.statistics().created, 7);

    leased.discard(); // makes room
    const auto next = connectedTo(server.serverPort());
    QTRY_COMPARE(server.idleCount(), 7);
    QCOMPARE(next->state(), QAbstractSocket::ConnectedState);
    QCOMPARE(errors.size(), 1);
}

void tst_Limits::putOverMaximumConnectionsCloses_data()
{
    eitherEnd();
}

void tst_Limits::putOverMaximumConnectionsCloses()
{
    QFETCH(const bool, isClient);
    Ends ends(isClient, 2, [](auto &wish) {
        wish.limits.maximumConnections = 2;
        maximumCapacityOf(wish) = 10;
    });
    Connection taken = ends.subject->take(); // there is room in the stock, but not in the pool
    QVERIFY(taken);
    QTcpServer peer;
    QVERIFY(peer.listen(QHostAddress::LocalHost));
    const auto put = [&] {
        std::unique_ptr<QTcpSocket> socket = connectedTo(peer.serverPort());
        const bool isAccepted = ends.subject->put({}, socket.get());
        if (isAccepted)
            socket.release();
        return isAccepted;
    };
    QVERIFY(!put());
    QCOMPARE(ends.subject->statistics().created, 2);
    QCOMPARE(connectionsOf(*ends.subject), 2);

    const std::unique_ptr<QTcpSocket> detached = taken.detach(); // is the pool's no more
    QVERIFY(put());
    QCOMPARE(ends.subject->idleCount(), 2);
    QVERIFY(!put());
}

void tst_Limits::noMaximumConnections_data()
{
    eitherEnd();
}

void tst_Limits::noMaximumConnections()
{
    QFETCH(const bool, isClient);
    Ends ends(isClient, 2, [](auto &wish) { wish.limits.maximumConnections = 0; });
    std::vector<QFuture<Connection>> here;
    std::vector<Connection> there;
    for (int i = 0; i < 40; ++i) {
        here.push_back(ends.client->acquire());
        QTRY_VERIFY(here.back().isFinished());
        QTRY_COMPARE(ends.server->statistics().created, qint64(std::max(2, i + 1)));
        there.push_back(ends.server->take());
        QVERIFY(there.back());
    }
    QCOMPARE(ends.subject->leasedCount(), 40);
}

// --- maximumWaiters ----------------------------------------------------------------------------------------------------

void tst_Limits::oneTooManyMayNotWait_data()
{
    eitherEnd();
}

void tst_Limits::oneTooManyMayNotWait()
{
    QFETCH(const bool, isClient);
    Ends ends(isClient, 1, [](auto &wish) {
        wish.limits.maximumConnections = 1;
        wish.limits.maximumWaiters = 3;
    });
    Connection only = ends.subject->take();
    QVERIFY(only);
    QFuture<Connection> waiting[] = {ends.subject->acquire(), ends.subject->acquire(ConnectionId::fromString(u"notHere1")),
                                     ends.subject->acquire()};
    QCOMPARE(ends.subject->waiterCount(), 3);
    QFuture<Connection> refused = ends.subject->acquire();
    QVERIFY(refused.isFinished());
    QString message;
    QCOMPARE(failureOf(refused, &message), Pool::Error::TooManyWaiters);
    QVERIFY2(message.contains(u"3"), qPrintable(message));
    QCOMPARE(failureOf(ends.subject->acquire(ConnectionId::fromString(u"notHere2"))), Pool::Error::TooManyWaiters);
    QVERIFY(!ends.subject->waitForConnection(-1ms)); // at once, or it would never end
    bool isServed = true;
    const std::unique_ptr<QThread> thread(QThread::create([&] { isServed = bool(ends.subject->waitForConnection(-1ms)); }));
    thread->start();
    QVERIFY(thread->wait(longer(20000)));
    QVERIFY(!isServed);
    QCOMPARE(ends.subject->waiterCount(), 3);
    QCOMPARE(ends.subject->statistics().refused, 4);
    only.giveBack(); // those in line are not touched
    QVERIFY(waiting[0].isFinished());
    QVERIFY(!waiting[1].isFinished() && !waiting[2].isFinished());
    waiting[0].takeResult().giveBack();
    QVERIFY(waiting[2].isFinished());
    QVERIFY(waiting[2].takeResult());
}

void tst_Limits::whoLeavesTheLineMakesRoom_data()
{
    QTest::addColumn<bool>("isClient");
    QTest::addColumn<QString>("how");
    for (const char *how : {"cancelled", "cancelledAmongOthers", "timedOut", "served"}) {
        QTest::addRow("%s, client", how) << true << QString::fromLatin1(how);
        QTest::addRow("%s, server", how) << false << QString::fromLatin1(how);
    }
}

void tst_Limits::whoLeavesTheLineMakesRoom()
{
    QFETCH(const bool, isClient);
    QFETCH(const QString, how);
    Ends ends(isClient, 1, [](auto &wish) {
        wish.limits.maximumConnections = 1;
        wish.limits.maximumWaiters = 2;
    });
    Connection only = ends.subject->take();
    QVERIFY(only);
    QFuture<Connection> first = ends.subject->acquire(how == u"timedOut" ? 30ms : 30s);
    QFuture<Connection> second = ends.subject->acquire();
    QCOMPARE(failureOf(ends.subject->acquire()), Pool::Error::TooManyWaiters);
    if (how == u"cancelled") { // and no turn of the event loop, here and below
        first.cancel();
    } else if (how == u"cancelledAmongOthers") {
        second.cancel();
    } else if (how == u"timedOut") {
        QTRY_VERIFY(first.isFinished());
    } else {
        only.giveBack();
        QVERIFY(first.isFinished());
    }
    QFuture<Connection> third = ends.subject->acquire();
    QVERIFY(!third.isFinished());
    QCOMPARE(ends.subject->waiterCount(), 2);
    QCOMPARE(ends.subject->statistics().cancelled, how.startsWith(u"cancelled"));
    QCOMPARE(failureOf(ends.subject->acquire()), Pool::Error::TooManyWaiters);
    if (how == u"served")
        first.takeResult().giveBack();
    else
        only.giveBack();
    QFuture<Connection> &next = how == u"cancelledAmongOthers" ? first : second;
    QVERIFY(next.isFinished());
    QVERIFY(!third.isFinished());
    next.takeResult().giveBack();
    QVERIFY(third.isFinished());
    QVERIFY(third.takeResult());
    QCOMPARE(ends.subject->waiterCount(), 0);
}

void tst_Limits::whoNeedNotWaitIsServedBesideAFullLine()
{
    Ends ends(true, 1, [](auto &wish) { wish.limits.maximumWaiters = 1; });
    QFuture<Connection> never = ends.client->acquire(ConnectionId::fromString(u"notHere1"));
    QFuture<Connection> atOnce = ends.client->acquire();
    QVERIFY(atOnce.isFinished());
    QVERIFY(atOnce.takeResult());
    QVERIFY(!never.isFinished());
    QCOMPARE(ends.client->statistics().refused, 0);
}

void tst_Limits::noMaximumWaiters_data()
{
    eitherEnd();
}

void tst_Limits::noMaximumWaiters()
{
    QFETCH(const bool, isClient);
    Ends ends(isClient, 1, [](auto &wish) {
        wish.limits.maximumConnections = 1;
        wish.limits.maximumWaiters = 0;
    });
    Connection only = ends.subject->take();
    std::vector<QFuture<Connection>> waiting;
    for (int i = 0; i < 1000; ++i)
        waiting.push_back(ends.subject->acquire());
    QCOMPARE(ends.subject->waiterCount(), 1000);
    QCOMPARE(ends.subject->statistics().refused, 0);
    only.giveBack();
    QVERIFY(waiting.front().isFinished());
    waiting.clear(); // each one's connection goes on to the next, and the last one's home
    QTRY_COMPARE(ends.subject->idleCount(), 1);
}

// --- idleTimeout -------------------------------------------------------------------------------------------------------

void tst_Limits::idleTimeoutClosesInTime()
{
    Policy policy;
    policy.limits.idleTimeout = 1h;
    Bench bench(policy);
    const auto before = Clock::now();
    QVERIFY(!bench.add().isNull());
    const auto after = Clock::now();
    const auto deadline = bench.stock->takeNotifications().deadline;
    QVERIFY(deadline && *deadline >= before + 1h && *deadline <= after + 1h);
    QVERIFY(bench.stock->expire(*deadline - 1ns).empty());
    QCOMPARE(bench.stock->idleCount(), 1);
    QVERIFY(bench.stock->expire(*deadline).empty());
    QCOMPARE(bench.stock->idleCount(), 0);
    QCOMPARE(bench.statistics().idleTooLong, 1);
    QCOMPARE(bench.statistics().closed(), 1);
    QVERIFY(!bench.stock->takeNotifications().deadline);
    QTRY_COMPARE(bench.peer->state(), QAbstractSocket::UnconnectedState);
}

void tst_Limits::idleTimeoutClosesTheOldestOnly()
{
    Policy policy;
    policy.limits.idleTimeout = 1h;
    policy.reuse = Reuse::NewestFirst;
    Bench bench(policy);
    const ConnectionId first = bench.add();
    const auto between = Clock::now();
    const ConnectionId second = bench.add();
    bench.stock->expire(between + 1h);
    QCOMPARE(bench.stock->idleCount(), 1);
    QVERIFY(!bench.stock->take(first));
    QVERIFY(bench.stock->take(second));
    // The lease has begun its idle time anew.
    const auto later = Clock::now();
    bench.stock->expire(later + 1h - 1s);
    QCOMPARE(bench.stock->idleCount(), 1);
    bench.stock->expire(later + 1h);
    QCOMPARE(bench.stock->idleCount(), 0);
    QCOMPARE(bench.statistics().idleTooLong, 2);
}

void tst_Limits::idleTimeoutSparesTheLeased()
{
    Policy policy;
    policy.limits.idleTimeout = 1h;
    Bench bench(policy);
    bench.add();
    bench.add();
    Connection leased = bench.stock->take();
    bench.stock->expire(Clock::now() + 100h);
    QCOMPARE(bench.stock->idleCount(), 0);
    QCOMPARE(bench.stock->leasedCount(), 1);
    QCOMPARE(leased->state(), QAbstractSocket::ConnectedState);
    leased.giveBack();
    QCOMPARE(bench.stock->idleCount(), 1);
}

void tst_Limits::idleTooLongIsNeverHandedOut_data()
{
    QTest::addColumn<QString>("way");
    QTest::addColumn<bool>("isValidated");
    for (const char *way : {"take", "take by ID", "acquire", "acquire by ID"}) {
        QTest::newRow(way) << QString::fromLatin1(way) << false;
        QTest::addRow("%s, with a validator", way) << QString::fromLatin1(way) << true;
    }
}

void tst_Limits::idleTooLongIsNeverHandedOut()
{
    QFETCH(const QString, way);
    QFETCH(const bool, isValidated);
    Policy policy;
    policy.limits.idleTimeout = 5ms;
    policy.hooks.validator = isValidated ? someHook() : Pool::Hook();
    policy.hooks.validateAfter = 0s;
    Bench bench(policy);
    const ConnectionId id = bench.add();
    QVERIFY(waitUntil(Clock::now() + 5ms)); // and nobody came to close it
    QCOMPARE(bench.stock->idleCount(), 1);
    std::optional<QFuture<Connection>> waiting;
    if (way == u"take")
        QVERIFY(!bench.stock->take());
    else if (way == u"take by ID")
        QVERIFY(!bench.stock->take(id));
    else
        waiting = bench.acquire(way == u"acquire" ? ConnectionId() : id);
    while (Entry *entry = bench.stock->nextToCheck())
        bench.stock->checked(entry, {}); // what has to go is not even asked
    if (waiting)
        QVERIFY(!waiting->isFinished());
    QCOMPARE(bench.statistics().idleTooLong, 1);
    QCOMPARE(bench.statistics().taken, 0);
    QTRY_COMPARE(bench.peer->state(), QAbstractSocket::UnconnectedState);
}

void tst_Limits::idleTimeoutOfAPool_data()
{
    eitherEnd();
}

void tst_Limits::idleTimeoutOfAPool()
{
    QFETCH(const bool, isClient);
    Ends ends(isClient, 2, [](auto &) {});
    QSignalSpy lost(ends.subject, &Pool::connectionLost);
    if (isClient) { // refills its stock
        ClientPool::Configuration wish = ends.client->configuration();
        wish.limits.idleTimeout = 150ms;
        wish.sizing.minimumInterval = wish.sizing.maximumInterval = 20ms;
        QVERIFY(ends.client->setConfiguration(wish));
        QTRY_VERIFY(ends.client->statistics().idleTooLong >= 2);
        QTRY_COMPARE(ends.client->idleCount(), 2);
        QVERIFY(ends.client->statistics().created >= 4);
    } else { // waits for what comes
        ServerPool::Configuration wish = ends.server->configuration();
        wish.limits.idleTimeout = 50ms;
        QVERIFY(ends.server->setConfiguration(wish));
        QTRY_COMPARE(ends.server->idleCount(), 0);
        QCOMPARE(ends.server->statistics().idleTooLong, 2);
        QTRY_COMPARE(ends.client->idleCount(), 0); // which tells the other end
        QCOMPARE(ends.client->statistics().diedIdle, 2);
    }
    QVERIFY(lost.isEmpty()); // they did not die
    QCOMPARE(ends.subject->errorCount(), 0);
}

void tst_Limits::noIdleTimeout()
{
    Bench bench({});
    bench.add();
    bench.stock->expire(Clock::now() + 100000h);
    QCOMPARE(bench.stock->idleCount(), 1);
    QVERIFY(!bench.stock->takeNotifications().deadline);
}

// --- maximumLifetime and lifetimeSpread --------------------------------------------------------------------------------

void tst_Limits::maximumLifetimeClosesInTime()
{
    Policy policy;
    policy.limits.maximumLifetime = 1h;
    policy.limits.lifetimeSpread = 0;
    Bench bench(policy);
    const auto before = Clock::now();
    const ConnectionId id = bench.add();
    const auto after = Clock::now();
    for (int i = 0; i < 3; ++i)
        QVERIFY(bench.stock->take(id)); // to be used does not prolong it
    const auto deadline = bench.stock->takeNotifications().deadline;
    QVERIFY(deadline && *deadline >= before + 1h && *deadline <= after + 1h);
    bench.stock->expire(*deadline - 1ns);
    QCOMPARE(bench.stock->idleCount(), 1);
    bench.stock->expire(*deadline);
    QCOMPARE(bench.stock->idleCount(), 0);
    QCOMPARE(bench.statistics().livedTooLong, 1);
    QCOMPARE(bench.statistics().closed(), 1);
    QVERIFY(!bench.stock->takeNotifications().deadline);
    QTRY_COMPARE(bench.peer->state(), QAbstractSocket::UnconnectedState);
}

void tst_Limits::leasedIsClosedAtTheEndOfItsLifeWhenItComesBack_data()
{
    QTest::addColumn<bool>("isTouched");
    QTest::addColumn<bool>("isAwaited");
    QTest::newRow("untouched") << false << false;
    QTest::newRow("used") << true << false;
    QTest::newRow("untouched, and somebody waits") << false << true;
    QTest::newRow("used, and somebody waits") << true << true;
}

void tst_Limits::leasedIsClosedAtTheEndOfItsLifeWhenItComesBack()
{
    QFETCH(const bool, isTouched);
    QFETCH(const bool, isAwaited);
    Policy policy;
    policy.limits.maximumLifetime = 500ms;
    policy.limits.lifetimeSpread = 0;
    Bench bench(policy);
    const ConnectionId id = bench.add();
    const auto begin = Clock::now();
    Connection leased = bench.stock->take(id);
    QVERIFY(leased);
    if (isTouched)
        QVERIFY(leased.socket());
    std::optional<QFuture<Connection>> waiting;
    if (isAwaited)
        waiting = bench.acquire();
    QVERIFY(waitUntil(begin + 500ms));
    bench.stock->expire(Clock::now());
    QCOMPARE(bench.stock->leasedCount(), 1); // a holder is not disturbed
    QCOMPARE(bench.peer->state(), QAbstractSocket::ConnectedState);
    QVERIFY(!bench.stock->takeNotifications().deadline); // and the pool's thread does not spin until then
    leased.giveBack();
    QCOMPARE(bench.statistics().livedTooLong, 1);
    QCOMPARE(bench.statistics().givenBack, 0);
    QCOMPARE(bench.stock->idleCount() + bench.stock->leasedCount(), 0);
    if (waiting)
        QVERIFY(!waiting->isFinished());
    QTRY_COMPARE(bench.peer->state(), QAbstractSocket::UnconnectedState);
}

void tst_Limits::livedTooLongIsNeverHandedOut_data()
{
    idleTooLongIsNeverHandedOut_data();
}

void tst_Limits::livedTooLongIsNeverHandedOut()
{
    QFETCH(const QString, way);
    QFETCH(const bool, isValidated);
    Policy policy;
    policy.limits.maximumLifetime = 5ms;
    policy.limits.lifetimeSpread = 0;
    policy.hooks.validator = isValidated ? someHook() : Pool::Hook();
    policy.hooks.validateAfter = 0s;
    Bench bench(policy);
    const ConnectionId id = bench.add();
    QVERIFY(waitUntil(Clock::now() + 5ms));
    QCOMPARE(bench.stock->idleCount(), 1);
    std::optional<QFuture<Connection>> waiting;
    if (way == u"take")
        QVERIFY(!bench.stock->take());
    else if (way == u"take by ID")
        QVERIFY(!bench.stock->take(id));
    else
        waiting = bench.acquire(way == u"acquire" ? ConnectionId() : id);
    while (Entry *entry = bench.stock->nextToCheck())
        bench.stock->checked(entry, {});
    if (waiting)
        QVERIFY(!waiting->isFinished());
    QCOMPARE(bench.statistics().livedTooLong, 1);
    QCOMPARE(bench.statistics().taken, 0);
    QTRY_COMPARE(bench.peer->state(), QAbstractSocket::UnconnectedState);
}

void tst_Limits::lifetimeSpreadMakesEndsDiffer()
{
    Policy policy;
    policy.limits.maximumLifetime = 2h;
    policy.limits.lifetimeSpread = 0.5;
    Bench bench(policy);
    const auto before = Clock::now();
    for (int i = 0; i < 24; ++i)
        QVERIFY(!bench.add().isNull());
    const auto after = Clock::now();
    bench.stock->expire(before + 1h); // none has lost more than its share
    QCOMPARE(bench.stock->idleCount(), 24);
    bench.stock->expire(after + 90min); // that all are on one side happens once in 10 million runs
    const int left = bench.stock->idleCount();
    QVERIFY2(left > 0 && left < 24, qPrintable(QString::number(left)));
    bench.stock->expire(after + 2h); // none has got more than the maximum
    QCOMPARE(bench.stock->idleCount(), 0);
    QCOMPARE(bench.statistics().livedTooLong, 24);
}

void tst_Limits::lifetimeSpreadIsClamped()
{
    static const QRegularExpression tooMuch(QStringLiteral("lifetimeSpread is 7, out of range: it becomes 1"));
    static const QRegularExpression tooLittle(QStringLiteral("lifetimeSpread is -0.5, out of range: it becomes 0"));
    ServerPool::Configuration wish;
    wish.limits.lifetimeSpread = 7;
    ServerPool server(wish);
    QTest::ignoreMessage(QtWarningMsg, tooMuch);
    listen(server);
    ClientPool::Configuration clientWish = stepwiseClientOf(server.serverPort(), 1);
    clientWish.limits.lifetimeSpread = -0.5;
    ClientPool client(clientWish);
    QTest::ignoreMessage(QtWarningMsg, tooLittle);
    fill(server, client, 1);
    QCOMPARE(client.configuration().limits.lifetimeSpread, -0.5); // as it was given
}

void tst_Limits::maximumLifetimeOfAPool_data()
{
    eitherEnd();
}

void tst_Limits::maximumLifetimeOfAPool()
{
    QFETCH(const bool, isClient);
    Ends ends(isClient, 2, [](auto &wish) {
        wish.limits.maximumLifetime = 400ms;
        if constexpr (std::is_same_v<decltype(wish), ClientPool::Configuration &>)
            wish.sizing.minimumInterval = wish.sizing.maximumInterval = 20ms;
    });
    QSignalSpy lost(ends.subject, &Pool::connectionLost);
    QTRY_VERIFY(ends.subject->statistics().livedTooLong >= 2);
    if (isClient)
        QTRY_COMPARE(ends.client->idleCount(), 2);
    else
        QTRY_COMPARE(ends.client->statistics().diedIdle, 2);
    QVERIFY(lost.isEmpty());
    QCOMPARE(ends.subject->statistics().idleTooLong, 0);
    QCOMPARE(ends.subject->errorCount(), 0);
}

void tst_Limits::noMaximumLifetime()
{
    Policy policy;
    policy.limits.lifetimeSpread = 1;
    Bench bench(policy);
    const ConnectionId id = bench.add();
    bench.stock->expire(Clock::now() + 100000h);
    QVERIFY(bench.stock->take(id));
    QCOMPARE(bench.stock->idleCount(), 1);
    QVERIFY(!bench.stock->takeNotifications().deadline);
}

// --- leakThreshold -----------------------------------------------------------------------------------------------------

void tst_Limits::leakIsReportedInTime()
{
    Policy policy;
    policy.limits.leakThreshold = 1h;
    Bench bench(policy);
    const ConnectionId id = bench.add();
    QVERIFY(!bench.stock->takeNotifications().deadline); // what is idle is no leak
    const auto before = Clock::now();
    Connection leased = bench.stock->take(id);
    const auto after = Clock::now();
    const auto deadline = bench.stock->takeNotifications().deadline;
    QVERIFY(deadline && *deadline >= before + 1h && *deadline <= after + 1h);
    QVERIFY(bench.stock->expire(*deadline - 1ns).empty());
    const std::vector<Stock::Leak> leaks = bench.stock->expire(*deadline + 5min);
    QCOMPARE(leaks.size(), std::size_t(1));
    QCOMPARE(leaks.front().id, id);
    QCOMPARE(leaks.front().age, std::chrono::milliseconds(65min));
    QCOMPARE(leaks.front().holder, QStringLiteral("main thread"));
    QVERIFY(!bench.stock->takeNotifications().deadline);
    QVERIFY(bench.stock->expire(*deadline + 100h).empty()); // once a lease
    QCOMPARE(bench.stock->leasedCount(), 1);

    leased.giveBack();
    QCOMPARE(bench.statistics().givenBack, 1);
    leased = bench.stock->take(id); // another lease
    QVERIFY(leased);
    QCOMPARE(bench.stock->expire(Clock::now() + 1h).size(), std::size_t(1));
    leased.discard();
    QVERIFY(bench.stock->expire(Clock::now() + 100h).empty());
}

void tst_Limits::checkIsNoLeak()
{
    Policy policy;
    policy.limits.leakThreshold = 1h;
    policy.hooks.validator = someHook();
    policy.hooks.validateAfter = 0s;
    policy.hooks.resetter = someHook();
    Bench bench(policy);
    const ConnectionId id = bench.add();
    QVERIFY(!bench.stock->take(id));
    Entry *entry = bench.stock->nextToCheck();
    QVERIFY(entry);
    QVERIFY(bench.stock->expire(Clock::now() + 100h).empty());
    bench.stock->checked(entry, {});
    QCOMPARE(bench.stock->idleCount(), 1);
}

void tst_Limits::leakIsReportedOnce_data()
{
    eitherEnd();
}

void tst_Limits::leakIsReportedOnce()
{
    QFETCH(const bool, isClient);
    Ends ends(isClient, 2, [](auto &wish) { wish.limits.leakThreshold = 50ms; });
    QSignalSpy errors(ends.subject, &Pool::errorOccurred);
    static const QRegularExpression age(QStringLiteral("([0-9]+) ms"));
    static const QRegularExpression report(QStringLiteral("has been leased for [0-9]+ ms, by main thread$"));
    QTest::ignoreMessage(QtWarningMsg, report);
    QTest::ignoreMessage(QtWarningMsg, report);
    Connection first = ends.subject->take();
    QVERIFY(first);
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::LeakSuspected);
    const QString message = lastMessage(errors);
    QVERIFY2(message.contains(first.id().toString()), qPrintable(message));
    const qint64 told = age.match(message).captured(1).toLongLong();
    QVERIFY2(told >= 50 && told < 20000, qPrintable(message));
    QVERIFY2(message.contains(u"main thread"), qPrintable(message));
    QCOMPARE(ends.subject->errorCount(), 1);

    const Connection second = ends.subject->take(); // by the time that this one is reported, the first could have been again
    QVERIFY(second);
    QTRY_VERIFY(errors.size() > 1);
    QVERIFY2(lastMessage(errors).contains(second.id().toString()), qPrintable(lastMessage(errors)));
    QCOMPARE(errors.size(), 2);
    QCOMPARE(first->state(), QAbstractSocket::ConnectedState); // nothing else happens to it
    first.giveBack();
    QCOMPARE(ends.subject->statistics().givenBack, 1);
    QCOMPARE(ends.subject->idleCount(), 1);
}

void tst_Limits::leakNamesWhoTookIt_data()
{
    QTest::addColumn<QString>("way");
    QTest::addColumn<QString>("name");
    for (const char *way : {"take", "take by ID", "acquire", "acquire after waiting", "waitForConnection"}) {
        QTest::addRow("%s, named", way) << QString::fromLatin1(way) << QStringLiteral("the worker");
        QTest::addRow("%s, unnamed", way) << QString::fromLatin1(way) << QString();
    }
}

void tst_Limits::leakNamesWhoTookIt()
{
    QFETCH(const QString, way);
    QFETCH(const QString, name);
    Ends ends(true, 1, [](auto &wish) {
        wish.limits.leakThreshold = 300ms;
        wish.limits.maximumConnections = 1;
    });
    QSignalSpy errors(&*ends.client, &Pool::errorOccurred);
    Connection blocking;
    if (way == u"acquire after waiting")
        blocking = ends.client->take();
    const ConnectionId id = ends.server->take().id();
    Connection taken;
    QFuture<Connection> future;
    std::atomic<bool> hasAsked = false;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        if (way == u"take")
            taken = ends.client->take();
        else if (way == u"take by ID")
            taken = ends.client->take(id);
        else if (way == u"waitForConnection")
            taken = ends.client->waitForConnection();
        else
            future = ends.client->acquire();
        hasAsked = true;
    }));
    thread->setObjectName(name);
    static const QRegularExpression report(
            QStringLiteral("has been leased for [0-9]+ ms, by (the worker|thread 0x[0-9a-f]+)$"));
    QTest::ignoreMessage(QtWarningMsg, report);
    thread->start();
    QTRY_VERIFY(hasAsked);
    QVERIFY(thread->wait(longer(20000)));
    blocking.giveBack();
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::LeakSuspected);
    QVERIFY2(lastMessage(errors).contains(report), qPrintable(lastMessage(errors)));
    if (!name.isEmpty())
        QVERIFY2(lastMessage(errors).endsWith(name), qPrintable(lastMessage(errors)));
    if (future.isValid())
        QVERIFY(future.takeResult());
    else
        QVERIFY(taken);
}

void tst_Limits::leakNamesWhoUsesIt()
{
    Ends ends(true, 1, [](auto &wish) { wish.limits.leakThreshold = 300ms; });
    QSignalSpy errors(&*ends.client, &Pool::errorOccurred);
    static const QRegularExpression report(QStringLiteral("by the user$"));
    QTest::ignoreMessage(QtWarningMsg, report);
    Connection taken = ends.client->take(); // in the main thread
    QVERIFY(taken);
    QSemaphore isReported;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        taken.socket();
        isReported.acquire();
        taken.giveBack();
    }));
    thread->setObjectName(QStringLiteral("the user"));
    thread->start();
    const bool isTold = QTest::qWaitFor([&] { return !errors.isEmpty(); }, longer(5000));
    isReported.release();
    QVERIFY(thread->wait(longer(20000)));
    QVERIFY(isTold);
    QVERIFY2(lastMessage(errors).endsWith(u"by the user"), qPrintable(lastMessage(errors)));
    QCOMPARE(ends.client->idleCount(), 1);
}

// The threshold is set while a lease is out: it counts for this one, too, and there is something to tell of its holder.
void tst_Limits::leakNamesWhoIsKnownAfterwards()
{
    Ends ends(true, 1, [](auto &) {});
    const Connection taken = ends.client->take();
    QVERIFY(taken);
    ClientPool::Configuration wish = ends.client->configuration();
    wish.limits.leakThreshold = 10ms;
    QSignalSpy errors(&*ends.client, &Pool::errorOccurred);
    static const QRegularExpression report(QStringLiteral("has been leased for [0-9]+ ms"));
    QTest::ignoreMessage(QtWarningMsg, report);
    QVERIFY(ends.client->setConfiguration(wish));
    QTRY_COMPARE(errors.size(), 1);
    QVERIFY2(lastMessage(errors).contains(taken.id().toString()), qPrintable(lastMessage(errors)));
    QVERIFY2(!lastMessage(errors).trimmed().endsWith(u", by"), qPrintable(lastMessage(errors)));
}

void tst_Limits::givenBackInTimeIsNoLeak_data()
{
    eitherEnd();
}

void tst_Limits::givenBackInTimeIsNoLeak()
{
    QFETCH(const bool, isClient);
    Ends ends(isClient, 2, [](auto &wish) { wish.limits.leakThreshold = 400ms; });
    QSignalSpy errors(ends.subject, &Pool::errorOccurred);
    static const QRegularExpression report(QStringLiteral("has been leased for"));
    const auto begin = Clock::now();
    const Connection kept = ends.subject->take();
    QVERIFY(kept);
    QTest::ignoreMessage(QtWarningMsg, report);
    int leases = 0;
    while (errors.isEmpty() && Clock::now() < begin + 20s) { // one after the other, for as long as the kept one is in time
        Connection brief = ends.subject->take();
        QVERIFY(brief);
        if (leases++ % 2)
            brief.socket();
        QCoreApplication::processEvents(QEventLoop::AllEvents, 10);
    }
    QCOMPARE(errors.size(), 1);
    QVERIFY2(lastMessage(errors).contains(kept.id().toString()), qPrintable(lastMessage(errors)));
    QVERIFY(leases > 1);
}

void tst_Limits::noLeakThreshold()
{
    Bench bench({});
    const ConnectionId id = bench.add();
    const Connection leased = bench.stock->take(id);
    QVERIFY(bench.stock->expire(Clock::now() + 100000h).empty());
    QVERIFY(!bench.stock->takeNotifications().deadline);
}

// --- reuse -------------------------------------------------------------------------------------------------------------

void tst_Limits::reuse_data()
{
    QTest::addColumn<bool>("isClient");
    QTest::addColumn<bool>("isNewest");
    QTest::newRow("client, oldest first") << true << false;
    QTest::newRow("client, newest first") << true << true;
    QTest::newRow("server, oldest first") << false << false;
    QTest::newRow("server, newest first") << false << true;
}

void tst_Limits::reuse()
{
    QFETCH(const bool, isClient);
    QFETCH(const bool, isNewest);
    Ends ends(isClient, 3, [isNewest](auto &wish) {
        if (isNewest)
            wish.reuse = Reuse::NewestFirst; // OldestFirst is the default
    });
    std::vector<Connection> taken;
    for (int i = 0; i < 3; ++i)
        taken.push_back(ends.subject->take());
    QList<ConnectionId> order = {taken[1].id(), taken[2].id(), taken[0].id()};
    taken[1].giveBack();
    taken[2].socket(); // used or not does not matter
    taken[2].giveBack();
    taken[0].giveBack();
    if (isNewest)
        std::reverse(order.begin(), order.end());
    QList<ConnectionId> out;
    for (int i = 0; i < 3; ++i) {
        taken[std::size_t(i)] = ends.subject->take();
        out << taken[std::size_t(i)].id();
    }
    QCOMPARE(out, order);
}

void tst_Limits::reuseServesAcquire_data()
{
    reuse_data();
}

void tst_Limits::reuseServesAcquire()
{
    QFETCH(const bool, isClient);
    QFETCH(const bool, isNewest);
    Ends ends(isClient, 2, [](auto &) {});
    if (isNewest && isClient) { // holds for what is idle already
        ClientPool::Configuration wish = ends.client->configuration();
        wish.reuse = Reuse::NewestFirst;
        QVERIFY(ends.client->setConfiguration(wish));
    } else if (isNewest) {
        ServerPool::Configuration wish = ends.server->configuration();
        wish.reuse = Reuse::NewestFirst;
        QVERIFY(ends.server->setConfiguration(wish));
    }
    Connection older = ends.subject->take();
    Connection newer = ends.subject->take();
    const ConnectionId olderId = older.id();
    const ConnectionId newerId = newer.id();
    older.giveBack();
    newer.giveBack();
    QFuture<Connection> first = ends.subject->acquire();
    const Connection second = ends.subject->waitForConnection();
    QVERIFY(first.isFinished());
    QCOMPARE(first.takeResult().id(), isNewest ? newerId : olderId);
    QCOMPARE(second.id(), isNewest ? olderId : newerId);
}

// --- unclaimedTimeout --------------------------------------------------------------------------------------------------

void tst_Limits::unclaimedTimeoutEndsLastWords()
{
    Policy policy;
    policy.limits.unclaimedTimeout = 1h;
    Bench bench(policy);
    const ConnectionId first = bench.add();
    bench.peer->write("unheard");
    bench.peer->disconnectFromHost();
    QTRY_COMPARE(bench.statistics().unclaimed, 1);
    const auto between = Clock::now();
    const ConnectionId second = bench.add();
    bench.peer->write("heard");
    bench.peer->disconnectFromHost();
    QTRY_COMPARE(bench.statistics().unclaimed, 2);
    const auto deadline = bench.stock->takeNotifications().deadline;
    QVERIFY(deadline && *deadline <= between + 1h);
    bench.stock->expire(*deadline - 1ns);
    QCOMPARE(bench.statistics().unclaimed, 2);
    bench.stock->expire(between + 1h);
    QCOMPARE(bench.statistics().unclaimed, 1);
    QCOMPARE(bench.statistics().diedIdle, 1);
    QVERIFY(!bench.stock->take(first));
    const Connection leased = bench.stock->take(second);
    QVERIFY(leased);
    QVERIFY(leased->waitForReadyRead(longer(5000)));
    QCOMPARE(leased->readAll(), "heard");
}

void tst_Limits::unclaimedTimeoutOfAPool_data()
{
    eitherEnd();
}

void tst_Limits::unclaimedTimeoutOfAPool()
{
    QFETCH(const bool, isClient);
    Ends ends(isClient, 1, [](auto &wish) { wish.limits.unclaimedTimeout = 300ms; });
    Connection other = isClient ? ends.server->take() : ends.client->take();
    const ConnectionId id = other.id();
    other->write("unheard");
    other->disconnectFromHost();
    QTRY_COMPARE(ends.subject->statistics().unclaimed, 1);
    QTRY_COMPARE(ends.subject->statistics().unclaimed, 0);
    QCOMPARE(ends.subject->statistics().diedIdle, 1);
    QVERIFY(!ends.subject->take(id));
}

void tst_Limits::noUnclaimedTimeout()
{
    Policy policy;
    policy.limits.unclaimedTimeout = 0ms;
    Bench bench(policy);
    const ConnectionId id = bench.add();
    bench.peer->write("unheard");
    bench.peer->disconnectFromHost();
    QTRY_COMPARE(bench.statistics().diedIdle, 1);
    QCOMPARE(bench.statistics().unclaimed, 0);
    QVERIFY(!bench.stock->take(id));
}

void tst_Limits::lowerLimitsCloseWhatIsIdle_data()
{
    QTest::addColumn<bool>("isClient");
    QTest::addColumn<bool>("isOfConnections");
    QTest::newRow("client's maximumCapacity") << true << false;
    QTest::newRow("client's maximumConnections") << true << true;
    QTest::newRow("server's maximumCapacity") << false << false;
    QTest::newRow("server's maximumConnections") << false << true;
}

void tst_Limits::lowerLimitsCloseWhatIsIdle()
{
    QFETCH(const bool, isClient);
    QFETCH(const bool, isOfConnections);
    Ends ends(isClient, 8, [](auto &) {});
    Connection leased = ends.subject->take();
    const auto lower = [&](auto &pool) {
        auto wish = pool.configuration();
        if (isOfConnections) {
            wish.limits.maximumConnections = 4;
        } else {
            maximumCapacityOf(wish) = 3;
            if constexpr (std::is_same_v<decltype(wish), ClientPool::Configuration>)
                wish.sizing.minimumCapacity = 3;
        }
        return pool.setConfiguration(wish);
    };
    QVERIFY(isClient ? lower(*ends.client) : lower(*ends.server));
    QCOMPARE(ends.subject->idleCount(), 3);
    QCOMPARE(ends.subject->statistics().flushed, 4);
    leased.giveBack(); // the stock is full, or there are as many as are allowed
    QCOMPARE(ends.subject->idleCount(), isOfConnections ? 4 : 3);
}

// A server says farewell before it closes; or a client does.
void tst_Limits::lastWordsMakeRoom_data()
{
    QTest::addColumn<bool>("isClient");
    QTest::addColumn<int>("setupThreads");
    for (const int threads : {0, 1}) {
        QTest::addRow("client, %d setup threads", threads) << true << threads;
        QTest::addRow("server, %d setup threads", threads) << false << threads;
    }
}

void tst_Limits::lastWordsMakeRoom()
{
    QFETCH(const bool, isClient);
    QFETCH(const int, setupThreads);
    constexpr int many = 4;
    const auto change = [&](auto &wish) {
        wish.limits.maximumConnections = many;
        wish.limits.unclaimedTimeout = 1h;
        wish.setupThreads = setupThreads;
    };
    ServerPool::Configuration serverWish;
    if (!isClient)
        change(serverWish);
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration clientWish = clientOf(server.serverPort(), many);
    if (isClient) {
        change(clientWish);
    } else { // dials when it is told to, not before the server has noticed an end
        clientWish = stepwiseClientOf(server.serverPort(), many);
        clientWish.sizing.minimumInterval = clientWish.sizing.maximumInterval = 1h;
    }
    ClientPool client(clientWish);
    fill(server, client, many);
    Pool &subject = isClient ? static_cast<Pool &>(client) : server;
    Pool &other = isClient ? static_cast<Pool &>(server) : client;
    ConnectionId last;
    for (int i = 1; i <= 2 * many; ++i) {
        QTRY_COMPARE(subject.idleCount(), many);
        QTRY_COMPARE(other.idleCount(), many);
        Connection farewell = other.take();
        last = farewell.id();
        farewell->write("bye");
        farewell->disconnectFromHost();
        QTRY_COMPARE(subject.statistics().diedIdle + subject.statistics().unclaimed, i);
        client.checkStock();
    }
    QTRY_COMPARE(subject.idleCount(), many);
    QCOMPARE(subject.statistics().unclaimed, 0);
    QCOMPARE(subject.statistics().peersRefused, 0);
    QVERIFY(!subject.take(last));
}

void tst_Limits::lastWordsMakeRoomForPut()
{
    Policy policy;
    policy.limits.unclaimedTimeout = 1h;
    policy.limits.maximumConnections = 2;
    Bench bench(policy);
    const ConnectionId first = bench.add();
    bench.peer->write("unheard");
    bench.peer->disconnectFromHost();
    const ConnectionId second = bench.add();
    bench.peer->write("heard");
    bench.peer->disconnectFromHost();
    QTRY_COMPARE(bench.statistics().unclaimed, 2);
    QVERIFY(!bench.add().isNull());
    QVERIFY(!bench.stock->take(first)); // the oldest
    QVERIFY(bench.stock->take(second));
}

// --- Nobody hangs -------------------------------------------------------------------------------------------------------

// The caller has dropped its future, and the pool's event loop has not looked after it yet: the waiter is the last that holds
// the result, and must not die under the stock's lock. (Were it to, this thread would hang for ever.)
void tst_Limits::connectionForAFutureThatIsGoneGoesHome()
{
    Ends ends(true, 1, [](auto &wish) { wish.limits.maximumConnections = 1; });
    Connection only = ends.client->take();
    static_cast<void>(ends.client->acquire());
    const std::unique_ptr<QThread> thread(QThread::create([&] { only.giveBack(); }));
    thread->start();
    if (!thread->wait(longer(5000)))
        qFatal("give-back hangs");
    QCOMPARE(ends.client->idleCount(), 1);
    QCOMPARE(ends.client->waiterCount(), 0);
}

QNETPOOL_TEST_MAIN(tst_Limits)
#include "tst_limits.moc"
