// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "readyfuture.h"
#include "testmain.h"

#include <QtCore/QMetaEnum>
#include <QtCore/QMetaProperty>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <array>
#include <atomic>
#include <optional>

// Each number that a pool tells of itself.
class tst_Statistics : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void beginsAtZero();
    void gauges();
    void gaugePending();
    void gaugeUnclaimed();
    void gaugeErrors();

    void created();
    void givenBack_data();
    void givenBack();
    void detached();

    void fromStock_data();
    void fromStock();
    void hadToWait_data();
    void hadToWait();
    void timedOut_data();
    void timedOut();
    void cancelled_data();
    void cancelled();
    void abandoned_data();
    void abandoned();
    void refused();

    void diedIdle();
    void idleTooLong();
    void livedTooLong();
    void failedCheck_data();
    void failedCheck();
    void closedDirty_data();
    void closedDirty();
    void discarded_data();
    void discarded();
    void flushed_data();
    void flushed();
    void stockFull();
    void stockFullCountsWhatIsSetUpForNobody();
    void everyReasonAddsUp();

    void setupTimes_data();
    void setupTimes();
    void setupTimesAreThoseOfTheSteps();
    void acquireTime();
    void leaseTime_data();
    void leaseTime();
    void goOnAfterARestart();

    void areGadgets();
    void areConsistentAtEveryMoment();
};

// --- What the tests stand on -------------------------------------------------------------------------------------------

// A client, the subject, that dials at its start and for those who wait, and then no more; and its server.
class Ends
{
public:
    template<typename Change> explicit Ends(int capacity, Change change)
    {
        listen(server);
        ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), capacity);
        wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
        change(wish);
        client.emplace(wish);
        QObject::connect(&*client, &Pool::connectionClosed,
                         [this](ConnectionId, Pool::CloseReason reason) { ++told[std::size_t(reason)]; });
        fill(server, *client, capacity);
    }
    ~Ends() // each end was told, with its reason
    {
        if (!client)
            return;
        client->close();
        QCoreApplication::processEvents();
        const PoolStatistics all = now();
        const std::array<qint64, 10> totals{all.diedIdle,    all.idleTooLong, all.livedTooLong, all.failedCheck,
                                            all.closedDirty, all.outOfStep,   all.discarded,    all.flushed,
                                            all.stockFull,   all.detached};
        for (std::size_t reason = 0; reason < totals.size(); ++reason)
            QVERIFY2(told[reason] == totals[reason], QMetaEnum::fromType<Pool::CloseReason>().valueToKey(int(reason)));
    }
    explicit Ends(int capacity) : Ends(capacity, [](ClientPool::Configuration &) {}) { }

    PoolStatistics now() const { return client->statistics(); }

    ServerPool server;
    std::array<qint64, 10> told{};
    std::optional<ClientPool> client;
};

// The equations in poolstatistics.h.
static bool addsUp(const PoolStatistics &now)
{
    return now.created == now.idle + now.leased + now.unclaimed + now.detached + now.closed()
            && now.taken == now.fromStock + now.hadToWait
            && now.queued == now.hadToWait + now.timedOut + now.cancelled + now.abandoned + now.waiters;
}

static bool isInOrder(const DurationStatistics &times)
{
    return times.count > 0 && times.p50.count() >= 0 && times.p50 <= times.p90 && times.p90 <= times.p99
            && times.p99 <= times.p999 && times.p999 <= times.maximum && times.sum >= times.maximum
            && times.sum <= times.maximum * times.count;
}

static void connectToServer(ClientPool &client, ConnectionId id, quint16 port)
{
    auto socket = std::make_unique<QTcpSocket>();
    socket->connectToHost(QHostAddress::LocalHost, port);
    QVERIFY(socket->waitForConnected());
    if (client.put(id, socket.get()))
        socket.release();
}

static void inAnotherThread(const std::function<void()> &act)
{
    const std::unique_ptr<QThread> thread(QThread::create(act));
    thread->start();
    QTRY_VERIFY_WITH_TIMEOUT(thread->isFinished(), longer(20000));
}

// --- Gauges ------------------------------------------------------------------------------------------------------------

void tst_Statistics::beginsAtZero()
{
    const PoolStatistics none;
    const QMetaObject &meta = PoolStatistics::staticMetaObject;
    const ClientPool client;
    const PoolStatistics before = client.statistics();
    for (int i = 0; i < meta.propertyCount(); ++i) {
        const QMetaProperty property = meta.property(i);
        for (const PoolStatistics *statistics : {&none, &before}) {
            const QVariant value = property.readOnGadget(statistics);
            if (value.metaType() == QMetaType::fromType<DurationStatistics>())
                QVERIFY2(value.value<DurationStatistics>() == DurationStatistics(), property.name());
            else
                QVERIFY2(value.toLongLong() == 0, property.name());
        }
    }
}

void tst_Statistics::gauges()
{
    Ends ends(3);
    QCOMPARE(ends.now().idle, 3);
    QCOMPARE(ends.now().capacity, 3);
    QCOMPARE(ends.server.statistics().capacity, 65536);
    QCOMPARE(ends.server.statistics().idle, 3);
    Connection one = ends.client->take();
    const Connection other = ends.client->take();
    PoolStatistics now = ends.now();
    QCOMPARE(now.idle, 1);
    QCOMPARE(now.leased, 2);
    QVERIFY(addsUp(now));
    QFuture<Connection> never = ends.client->acquire(ConnectionId::fromString(u"notHere1"));
    QCOMPARE(ends.now().waiters, 1);
    one.giveBack();
    now = ends.now();
    QCOMPARE(now.idle, 2);
    QCOMPARE(now.leased, 1);
    QCOMPARE(now.waiters, 1);
    QVERIFY(addsUp(now));
    never.cancel();
    QTRY_COMPARE(ends.now().waiters, 0);
    QCOMPARE(now.idle, ends.client->idleCount());
    QCOMPARE(now.leased, ends.client->leasedCount());
}

void tst_Statistics::gaugePending()
{
    QTcpServer silent; // never sends an ID
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = stepwiseClientOf(silent.serverPort(), 3);
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.statistics().pending, 3);
    QCOMPARE(client.statistics().created, 0);
    QVERIFY(addsUp(client.statistics()));
    client.close();
    QCOMPARE(client.statistics().pending, 0);
    QVERIFY(addsUp(client.statistics()));
}

void tst_Statistics::gaugeUnclaimed()
{
    Ends ends(2);
    Connection there = ends.server.take();
    const ConnectionId id = there.id();
    there->write("last words");
    there->disconnectFromHost();
    QTRY_COMPARE(ends.now().unclaimed, 1);
    QCOMPARE(ends.now().idle, 1);
    QCOMPARE(ends.now().diedIdle, 0); // not yet
    QVERIFY(addsUp(ends.now()));
    const Connection here = ends.client->take(id);
    QVERIFY(here);
    QCOMPARE(ends.now().unclaimed, 0);
    QCOMPARE(ends.now().leased, 1);
    QCOMPARE(ends.now().fromStock, 1);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::gaugeErrors()
{
    Ends ends(1);
    ends.client->addError();
    QVERIFY(!ends.client->setConfiguration({})); // reported
    QCOMPARE(ends.now().errors, 2);
    QCOMPARE(ends.now().errors, ends.client->errorCount());
    ends.client->resetErrorCount();
    QCOMPARE(ends.now().errors, 0);
}

// --- Totals of connections ---------------------------------------------------------------------------------------------

void tst_Statistics::created()
{
    Ends ends(2, [](auto &wish) { wish.sizing.maximumCapacity = 10; });
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    QCOMPARE(ends.now().created, 2);
    QCOMPARE(ends.server.statistics().created, 2);
    connectToServer(*ends.client, {}, other.serverPort());
    QCOMPARE(ends.now().created, 3); // brought in
    QCOMPARE(ends.now().idle, 3);
    QVERIFY(addsUp(ends.now()));
    const ConnectionId inUse = ends.client->take().id();
    connectToServer(*ends.client, inUse, other.serverPort());
    QCOMPARE(ends.now().created, 3); // not taken in
    QVERIFY(addsUp(ends.now()));
    ends.client->flush();
    QFuture<Connection> next = ends.client->acquire();
    QTRY_VERIFY(next.isFinished());
    QCOMPARE(ends.now().created, 4);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::givenBack_data()
{
    QTest::addColumn<bool>("isTouched");
    QTest::addColumn<bool>("isAwaited");
    QTest::newRow("untouched") << false << false;
    QTest::newRow("used") << true << false;
    QTest::newRow("untouched, on to a waiter") << false << true;
    QTest::newRow("used, on to a waiter") << true << true;
}

void tst_Statistics::givenBack()
{
    QFETCH(const bool, isTouched);
    QFETCH(const bool, isAwaited);
    Ends ends(1, [](auto &wish) { wish.limits.maximumConnections = 1; });
    for (int i = 1; i <= 3; ++i) {
        Connection taken = ends.client->take();
        QVERIFY(taken);
        if (isTouched)
            taken.socket();
        QFuture<Connection> waiting;
        if (isAwaited)
            waiting = ends.client->acquire();
        taken.giveBack();
        QCOMPARE(ends.now().givenBack, isAwaited ? 2 * i - 1 : i);
        QVERIFY(addsUp(ends.now()));
        if (isAwaited) {
            QVERIFY(waiting.isFinished());
            waiting.takeResult().giveBack();
            QCOMPARE(ends.now().givenBack, 2 * i);
        }
    }
    QCOMPARE(ends.now().closed(), 0);
    Connection dirty = ends.client->take();
    dirty->abort();
    const qint64 before = ends.now().givenBack;
    dirty.giveBack();
    QCOMPARE(ends.now().givenBack, before);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::detached()
{
    Ends ends(2);
    Connection taken = ends.client->take();
    const std::unique_ptr<QTcpSocket> socket = taken.detach();
    QVERIFY(socket);
    QCOMPARE(ends.now().detached, 1);
    QCOMPARE(ends.now().givenBack, 0);
    QCOMPARE(ends.now().closed(), 0);
    QCOMPARE(ends.now().leased, 0);
    QVERIFY(addsUp(ends.now()));
}

// --- Totals of those who asked -----------------------------------------------------------------------------------------

void tst_Statistics::fromStock_data()
{
    QTest::addColumn<QString>("way");
    for (const char *way :
         {"take", "take by ID", "acquire", "acquire by ID", "waitForConnection", "waitForConnection in another thread"})
        QTest::newRow(way) << QString::fromLatin1(way);
}

void tst_Statistics::fromStock()
{
    QFETCH(const QString, way);
    Ends ends(1);
    const ConnectionId id = ends.server.take().id();
    Connection taken;
    if (way == u"take") {
        taken = ends.client->take();
    } else if (way == u"take by ID") {
        taken = ends.client->take(id);
    } else if (way == u"waitForConnection") {
        taken = ends.client->waitForConnection();
    } else if (way.startsWith(u"wait")) {
        inAnotherThread([&] { taken = ends.client->waitForConnection(); });
    } else {
        QFuture<Connection> future = ends.client->acquire(way == u"acquire" ? ConnectionId() : id);
        taken = future.takeResult();
    }
    QVERIFY(taken);
    QCOMPARE(ends.now().taken, 1);
    QCOMPARE(ends.now().fromStock, 1);
    QCOMPARE(ends.now().hadToWait, 0);
    QCOMPARE(ends.now().queued, 0);
    QCOMPARE(ends.now().acquireTime.count, way.startsWith(u"take") ? 0 : 1);
    QVERIFY(addsUp(ends.now()));
    QVERIFY(!ends.client->take()); // which is no taking
    QCOMPARE(ends.now().taken, 1);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::hadToWait_data()
{
    QTest::addColumn<QString>("way");
    for (const char *way : {"acquire", "acquire by ID", "waitForConnection", "waitForConnection in another thread"})
        QTest::newRow(way) << QString::fromLatin1(way);
}

void tst_Statistics::hadToWait()
{
    QFETCH(const QString, way);
    Ends ends(1, [](auto &wish) { wish.limits.maximumConnections = 1; });
    Connection only = ends.client->take();
    const ConnectionId id = only.id();
    const auto giveBack = [&] {
        QCOMPARE(ends.now().queued, 1);
        QCOMPARE(ends.now().waiters, 1);
        QCOMPARE(ends.now().hadToWait, 0);
        QVERIFY(addsUp(ends.now()));
        only.giveBack();
    };
    Connection got;
    if (way == u"waitForConnection") {
        QTimer::singleShot(0, this, giveBack);
        got = ends.client->waitForConnection(20s);
    } else if (way.startsWith(u"wait")) {
        const std::unique_ptr<QThread> thread(QThread::create([&] { got = ends.client->waitForConnection(20s); }));
        thread->start();
        QTRY_COMPARE(ends.client->waiterCount(), 1);
        giveBack();
        QVERIFY(thread->wait(longer(20000)));
    } else {
        QFuture<Connection> future = ends.client->acquire(way == u"acquire" ? ConnectionId() : id);
        giveBack();
        QVERIFY(future.isFinished());
        got = future.takeResult();
    }
    QVERIFY(got);
    QCOMPARE(ends.now().taken, 2);
    QCOMPARE(ends.now().fromStock, 1);
    QCOMPARE(ends.now().hadToWait, 1);
    QCOMPARE(ends.now().queued, 1);
    QCOMPARE(ends.now().waiters, 0);
    QTRY_COMPARE(ends.now().acquireTime.count, 1);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::timedOut_data()
{
    QTest::addColumn<QString>("way");
    for (const char *way : {"acquire", "acquire by ID", "waitForConnection", "waitForConnection in another thread"})
        QTest::newRow(way) << QString::fromLatin1(way);
}

void tst_Statistics::timedOut()
{
    QFETCH(const QString, way);
    Ends ends(1, [](auto &wish) { wish.limits.maximumConnections = 1; });
    const Connection only = ends.client->take();
    bool isServed = true;
    if (way == u"waitForConnection") {
        isServed = bool(ends.client->waitForConnection(20ms));
    } else if (way.startsWith(u"wait")) {
        inAnotherThread([&] { isServed = bool(ends.client->waitForConnection(20ms)); });
    } else {
        QFuture<Connection> future = ends.client->acquire(way == u"acquire" ? ConnectionId() : only.id(), 20ms);
        QTRY_VERIFY(future.isFinished());
        QVERIFY_THROWS_EXCEPTION(PoolException, future.waitForFinished());
        isServed = false;
    }
    QVERIFY(!isServed);
    QCOMPARE(ends.now().timedOut, 1);
    QCOMPARE(ends.now().queued, 1);
    QCOMPARE(ends.now().waiters, 0);
    QCOMPARE(ends.now().taken, 1);
    QCOMPARE(ends.now().acquireTime.count, 0);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::cancelled_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"seenByTheEventLoop", "seenWhenItsTurnComes", "seenByOneWhoNeedsItsPlace"})
        QTest::newRow(how) << QString::fromLatin1(how);
}

void tst_Statistics::cancelled()
{
    QFETCH(const QString, how);
    Ends ends(1, [](auto &wish) {
        wish.limits.maximumConnections = 1;
        wish.limits.maximumWaiters = 1;
    });
    Connection only = ends.client->take();
    QFuture<Connection> future = ends.client->acquire();
    future.cancel();
    std::optional<QFuture<Connection>> next;
    if (how == u"seenByTheEventLoop") {
        QTRY_COMPARE(ends.now().waiters, 0);
    } else if (how == u"seenWhenItsTurnComes") {
        only.giveBack();
        QCOMPARE(ends.now().idle, 1);
        QCOMPARE(ends.now().givenBack, 1);
    } else {
        next = ends.client->acquire();
        QCOMPARE(ends.now().waiters, 1);
        QCOMPARE(ends.now().queued, 2);
    }
    QCOMPARE(ends.now().cancelled, 1);
    QCOMPARE(ends.now().taken, 1);
    QCOMPARE(ends.now().hadToWait, 0);
    QCOMPARE(ends.now().refused, 0);
    QCOMPARE(ends.now().acquireTime.count, 0);
    QVERIFY(addsUp(ends.now()));
    QCoreApplication::processEvents(); // counts it no second time
    QCOMPARE(ends.now().cancelled, 1);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::abandoned_data()
{
    QTest::addColumn<bool>("isForeign");
    QTest::newRow("closed in the pool's thread") << false;
    QTest::newRow("closed in another thread") << true;
}

void tst_Statistics::abandoned()
{
    QFETCH(const bool, isForeign);
    Ends ends(1, [](auto &wish) { wish.limits.maximumConnections = 1; });
    const Connection only = ends.client->take();
    const QFuture<Connection> any = ends.client->acquire();
    const QFuture<Connection> certain = ends.client->acquire(only.id());
    const std::unique_ptr<QThread> blocked(
            QThread::create([&] { static_cast<void>(ends.client->waitForConnection(-1ms)); }));
    blocked->start();
    QTRY_COMPARE(ends.now().waiters, 3);
    if (isForeign)
        inAnotherThread([&] { ends.client->close(); });
    else
        ends.client->close();
    QVERIFY(blocked->wait(longer(20000)));
    QVERIFY(any.isFinished() && certain.isFinished());
    QCOMPARE(ends.now().abandoned, 3);
    QCOMPARE(ends.now().queued, 3);
    QCOMPARE(ends.now().waiters, 0);
    QCOMPARE(ends.now().refused, 0);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::refused()
{
    Ends ends(1, [](auto &wish) {
        wish.limits.maximumConnections = 1;
        wish.limits.maximumWaiters = 1;
    });
    const Connection only = ends.client->take();
    const QFuture<Connection> waiting = ends.client->acquire();
    const QFuture<Connection> surplus = ends.client->acquire();
    QVERIFY(surplus.isFinished());
    QCOMPARE(ends.now().refused, 1);
    QVERIFY(!ends.client->waitForConnection());
    QCOMPARE(ends.now().refused, 2);
    inAnotherThread([&] { static_cast<void>(ends.client->waitForConnection()); });
    QCOMPARE(ends.now().refused, 3);
    QCOMPARE(ends.now().queued, 1);
    QVERIFY(addsUp(ends.now()));
    ends.client->close();
    QCOMPARE(ends.now().refused, 3);
    const QFuture<Connection> late = ends.client->acquire();
    QVERIFY(late.isFinished());
    QCOMPARE(ends.now().refused, 4);
    QVERIFY(!ends.client->take()); // does not wait, so it is not refused
    QCOMPARE(ends.now().refused, 4);
    QVERIFY(addsUp(ends.now()));
}

// --- Totals of closed connections --------------------------------------------------------------------------------------

void tst_Statistics::diedIdle()
{
    Ends ends(2);
    ends.server.take().discard();
    QTRY_COMPARE(ends.now().diedIdle, 1);
    QCOMPARE(ends.now().closed(), 1);
    QVERIFY(addsUp(ends.now()));
    ends.server.flush();
    while (ends.client->take()) // finds it dead before the watcher does
        QCoreApplication::processEvents();
    QCOMPARE(ends.now().diedIdle, 2);
    QCOMPARE(ends.now().closed(), 2);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::idleTooLong()
{
    Ends ends(2, [](auto &wish) { wish.limits.idleTimeout = 500ms; });
    QTRY_COMPARE(ends.now().idleTooLong, 2);
    QCOMPARE(ends.now().closed(), 2);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::livedTooLong()
{
    Ends ends(2, [](auto &wish) { wish.limits.maximumLifetime = 500ms; });
    QTRY_COMPARE(ends.now().livedTooLong, 2);
    QCOMPARE(ends.now().closed(), 2);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::failedCheck_data()
{
    QTest::addColumn<bool>("isReset");
    QTest::newRow("validator") << false;
    QTest::newRow("resetter") << true;
}

void tst_Statistics::failedCheck()
{
    QFETCH(const bool, isReset);
    Ends ends(1, [isReset](auto &wish) {
        const auto no = [](QTcpSocket *) { return readyFuture(false); };
        wish.hooks.validateAfter = 0ms;
        if (isReset)
            wish.hooks.resetter = no;
        else
            wish.hooks.validator = no;
    });
    Connection taken = ends.client->take();
    QCOMPARE(bool(taken), isReset);
    if (isReset)
        taken.socket();
    taken.giveBack();
    QCOMPARE(ends.now().leased, 1);
    QVERIFY(addsUp(ends.now()));
    QTRY_COMPARE(ends.now().failedCheck, 1);
    QCOMPARE(ends.now().closed(), 1);
    QCOMPARE(ends.now().givenBack, 0);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::closedDirty_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"unread", "unsent", "closed", "diedUntouched"})
        QTest::newRow(how) << QString::fromLatin1(how);
}

void tst_Statistics::closedDirty()
{
    QFETCH(const QString, how);
    Ends ends(1);
    Connection here = ends.client->take();
    Connection there = ends.server.take();
    if (how == u"unread") {
        there->write("unread");
        QTRY_VERIFY(here->bytesAvailable() > 0);
    } else if (how == u"unsent") {
        here->write(QByteArray(64 * 1024 * 1024, 'x'));
    } else if (how == u"closed") {
        here->abort();
    } else {
        there.discard();
    }
    here.giveBack();
    QCOMPARE(ends.now().closedDirty, 1);
    QCOMPARE(ends.now().closed(), 1);
    QCOMPARE(ends.now().givenBack, 0);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::discarded_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"discard", "untouched", "delete", "deleteLater", "deleteAndDetach"})
        QTest::newRow(how) << QString::fromLatin1(how);
}

void tst_Statistics::discarded()
{
    QFETCH(const QString, how);
    Ends ends(1);
    Connection taken = ends.client->take();
    if (how != u"untouched")
        taken.socket();
    if (how == u"deleteLater")
        taken->deleteLater();
    else if (how.startsWith(u"delete"))
        delete taken.socket();
    if (how == u"deleteAndDetach")
        QVERIFY(!taken.detach());
    else if (how.startsWith(u"delete"))
        taken.giveBack();
    else
        taken.discard();
    QCOMPARE(ends.now().discarded, 1);
    QCOMPARE(ends.now().closed(), 1);
    QCOMPARE(ends.now().detached, 0);
    QCOMPARE(ends.now().givenBack, 0);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::flushed_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"flush", "close", "giveBackAfterClose", "giveBackUsedAfterClose", "giveBackAfterRestart"})
        QTest::newRow(how) << QString::fromLatin1(how);
}

void tst_Statistics::flushed()
{
    QFETCH(const QString, how);
    Ends ends(3);
    Connection taken = ends.client->take();
    if (how == u"giveBackUsedAfterClose")
        taken.socket();
    if (how == u"flush")
        ends.client->flush();
    else
        ends.client->close();
    QCOMPARE(ends.now().flushed, 2);
    QCOMPARE(ends.now().leased, 1);
    QVERIFY(addsUp(ends.now()));
    if (how == u"giveBackAfterRestart") {
        QVERIFY(ends.client->start());
        QTRY_COMPARE(ends.now().idle, 3);
    }
    taken.giveBack();
    QCOMPARE(ends.now().flushed, how == u"flush" ? 2 : 3); // a flush does not touch leases
    QCOMPARE(ends.now().givenBack, how == u"flush");
    QCOMPARE(ends.now().closed(), ends.now().flushed);
    QVERIFY(addsUp(ends.now()));
}

void tst_Statistics::stockFull()
{
    Ends ends(1);
    Connection first = ends.client->take();
    QFuture<Connection> future = ends.client->acquire();
    QTRY_VERIFY(future.isFinished());
    Connection second = future.takeResult();
    first.giveBack();
    QCOMPARE(ends.now().stockFull, 0);
    second.giveBack();
    QCOMPARE(ends.now().stockFull, 1);
    QCOMPARE(ends.now().closed(), 1);
    QCOMPARE(ends.now().givenBack, 1);
    QVERIFY(addsUp(ends.now()));
}

// "given back or set up when the stock was full"
void tst_Statistics::stockFullCountsWhatIsSetUpForNobody()
{
    QTcpServer server; // sends the second ID when it is told to
    QVERIFY(server.listen(QHostAddress::LocalHost));
    QList<QTcpSocket *> accepted;
    connect(&server, &QTcpServer::newConnection, this, [&] {
        accepted << server.nextPendingConnection();
        if (accepted.size() == 1)
            accepted.first()->write("number01");
    });
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    Connection first = client.take();
    QFuture<Connection> future = client.acquire();
    QTRY_COMPARE(accepted.size(), 2); // is dialled for
    first.giveBack(); // and needs it no more
    QVERIFY(future.isFinished());
    future.takeResult().giveBack();
    QCOMPARE(client.statistics().pending, 1);
    QCOMPARE(client.statistics().idle, 1);
    accepted.last()->write("number02");
    QTRY_COMPARE(accepted.last()->state(), QAbstractSocket::UnconnectedState);
    const PoolStatistics now = client.statistics();
    QCOMPARE(now.pending, 0);
    QCOMPARE(now.idle, 1);
    QVERIFY(addsUp(now));
    QCOMPARE(now.stockFull, 1);
    QCOMPARE(now.created, 2);
}

void tst_Statistics::everyReasonAddsUp()
{
    PoolStatistics all;
    all.diedIdle = 1;
    all.idleTooLong = 10;
    all.livedTooLong = 100;
    all.failedCheck = 1000;
    all.closedDirty = 10000;
    all.discarded = 100000;
    all.flushed = 1000000;
    all.stockFull = 10000000;
    all.detached = 100000000; // is not closed
    all.givenBack = all.created = all.timedOut = 100000000;
    QCOMPARE(all.closed(), 11111111);
    const QMetaObject &meta = PoolStatistics::staticMetaObject;
    QCOMPARE(meta.property(meta.indexOfProperty("closed")).readOnGadget(&all).toLongLong(), 11111111);
}

// --- Times -------------------------------------------------------------------------------------------------------------

void tst_Statistics::setupTimes_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::addColumn<bool>("isMulti");
    QTest::newRow("TCP, multi") << false << true;
    QTest::newRow("TCP, single") << false << false;
    QTest::newRow("TLS, multi") << true << true;
    QTest::newRow("TLS, single") << true << false;
}

void tst_Statistics::setupTimes()
{
    QFETCH(const bool, isTls);
    QFETCH(const bool, isMulti);
    ServerPool::Configuration serverWish;
    if (isTls)
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    serverWish.connectionMode = isMulti ? ConnectionMode::Multi : ConnectionMode::Single;
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 5);
    wish.connectionMode = serverWish.connectionMode;
    wish.tls.mode = isTls ? TlsMode::SelfSigned : TlsMode::None;
    ClientPool client(wish);
    const auto begin = std::chrono::steady_clock::now();
    fill(server, client, 5);
    const auto took = std::chrono::steady_clock::now() - begin;

    const PoolStatistics here = client.statistics();
    QCOMPARE(here.connectTime.count, here.created);
    QVERIFY(isInOrder(here.connectTime));
    QVERIFY(here.connectTime.p50 > 0ns);
    QVERIFY(here.connectTime.maximum <= took);
    const PoolStatistics there = server.statistics();
    QCOMPARE(there.connectTime, DurationStatistics()); // it does not connect
    if (isTls || isMulti) {
        QCOMPARE(here.handshakeTime.count, here.created);
        QVERIFY(isInOrder(here.handshakeTime));
        QVERIFY(here.handshakeTime.maximum <= took);
        QCOMPARE(there.handshakeTime.count, there.created);
        QVERIFY(isInOrder(there.handshakeTime));
        QVERIFY(there.handshakeTime.maximum <= took);
    } else {
        QCOMPARE(here.handshakeTime, DurationStatistics());
        QCOMPARE(there.handshakeTime, DurationStatistics());
    }
    QVERIFY(addsUp(here));
    QVERIFY(addsUp(there));
}

// A peer that keeps silent for a while before it sends the ID.
void tst_Statistics::setupTimesAreThoseOfTheSteps()
{
    QTcpServer slow;
    QVERIFY(slow.listen(QHostAddress::LocalHost));
    connect(&slow, &QTcpServer::newConnection, this, [&slow] {
        while (QTcpSocket *socket = slow.nextPendingConnection())
            QTimer::singleShot(200, Qt::PreciseTimer, socket, [socket] { socket->write("slow0001"); });
    });
    ClientPool client(stepwiseClientOf(slow.serverPort(), 1));
    const auto begin = std::chrono::steady_clock::now();
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const auto took = std::chrono::steady_clock::now() - begin;
    const PoolStatistics now = client.statistics();
    QCOMPARE(now.handshakeTime.count, 1);
    QVERIFY(now.handshakeTime.maximum >= 190ms); // the peer's clock begins at accept, after the connect
    QCOMPARE(now.handshakeTime.sum, now.handshakeTime.maximum);
    QCOMPARE(now.handshakeTime.p50, now.handshakeTime.maximum); // of one
    QCOMPARE(now.handshakeTime.p999, now.handshakeTime.maximum);
    QVERIFY(now.connectTime.sum + now.handshakeTime.sum <= took);
}

void tst_Statistics::acquireTime()
{
    Ends ends(1, [](auto &wish) { wish.limits.maximumConnections = 1; });
    for (int i = 0; i < 20; ++i) {
        QFuture<Connection> future = ends.client->acquire();
        QVERIFY(future.takeResult());
    }
    PoolStatistics now = ends.now();
    QCOMPARE(now.acquireTime.count, 20);
    QVERIFY(isInOrder(now.acquireTime));
    QVERIFY(now.acquireTime.p50 < 100ms); // 0 or so

    Connection only = ends.client->take();
    QCOMPARE(ends.now().acquireTime.count, 20);
    const auto begin = std::chrono::steady_clock::now();
    QFuture<Connection> late = ends.client->acquire();
    QTimer::singleShot(100, Qt::PreciseTimer, this, [&only] { only.giveBack(); });
    QTRY_VERIFY(late.isFinished());
    const auto took = std::chrono::steady_clock::now() - begin;
    now = ends.now();
    QCOMPARE(now.acquireTime.count, 21);
    QVERIFY(isInOrder(now.acquireTime));
    QVERIFY(now.acquireTime.maximum >= 95ms);
    QVERIFY(now.acquireTime.maximum <= took);
    QCOMPARE(now.acquireTime.p999, now.acquireTime.maximum);
    QVERIFY(now.acquireTime.sum <= 21 * now.acquireTime.maximum);
    QVERIFY(addsUp(now));
}

void tst_Statistics::leaseTime_data()
{
    QTest::addColumn<QString>("end");
    for (const char *end : {"giveBack", "giveBackUsed", "discard", "detach", "delete", "closed", "giveBackAfterClose"})
        QTest::newRow(end) << QString::fromLatin1(end);
}

void tst_Statistics::leaseTime()
{
    QFETCH(const QString, end);
    Ends ends(1);
    const auto begin = std::chrono::steady_clock::now();
    Connection taken = ends.client->take();
    const auto after = std::chrono::steady_clock::now();
    if (end != u"giveBack" && end != u"giveBackAfterClose")
        taken.socket();
    QVERIFY(QTest::qWaitFor([after] { return std::chrono::steady_clock::now() > after + 50ms; }, longer(5000)));
    QCOMPARE(ends.now().leaseTime.count, 0); // it goes on
    std::unique_ptr<QTcpSocket> detached;
    if (end == u"discard")
        taken.discard();
    else if (end == u"detach")
        detached = taken.detach();
    else if (end == u"delete")
        delete taken.socket();
    else if (end == u"closed")
        taken->abort();
    else if (end == u"giveBackAfterClose")
        ends.client->close();
    taken.giveBack();
    const auto took = std::chrono::steady_clock::now() - begin;
    const PoolStatistics now = ends.now();
    QCOMPARE(now.leaseTime.count, 1);
    QVERIFY(isInOrder(now.leaseTime));
    QVERIFY(now.leaseTime.maximum >= 50ms);
    QVERIFY(now.leaseTime.maximum <= took);
    QVERIFY(addsUp(now));
}

void tst_Statistics::goOnAfterARestart()
{
    Ends ends(2);
    QVERIFY(ends.client->take());
    ends.client->close();
    QCOMPARE(ends.now().idle, 0);
    QVERIFY(ends.client->start());
    QTRY_COMPARE(ends.now().idle, 2);
    QVERIFY(ends.client->take());
    const PoolStatistics now = ends.now();
    QCOMPARE(now.created, 4);
    QCOMPARE(now.taken, 2);
    QCOMPARE(now.flushed, 2);
    QCOMPARE(now.leaseTime.count, 2);
    QCOMPARE(now.connectTime.count, 4);
    QVERIFY(addsUp(now));
}

// --- As a whole --------------------------------------------------------------------------------------------------------

void tst_Statistics::areGadgets()
{
    Ends ends(2);
    const Connection taken = ends.client->take();
    const PoolStatistics now = ends.now();
    const QMetaObject *meta = QMetaType::fromType<PoolStatistics>().metaObject();
    QVERIFY(meta);
    const auto read = [&](const char *name) { return meta->property(meta->indexOfProperty(name)).readOnGadget(&now); };
    QStringList names;
    for (int i = 0; i < meta->propertyCount(); ++i) {
        QVERIFY2(meta->property(i).readOnGadget(&now).isValid(), meta->property(i).name());
        names << QLatin1String(meta->property(i).name());
    }
    for (const char *name :
         {"idle",        "leased",         "pending",       "waiters",     "unclaimed", "capacity",    "errors",
          "created",     "givenBack",      "detached",      "taken",       "fromStock", "hadToWait",   "queued",
          "timedOut",    "cancelled",      "abandoned",     "refused",     "diedIdle",  "idleTooLong", "livedTooLong",
          "failedCheck", "closedDirty",    "outOfStep",     "discarded",   "flushed",   "stockFull",   "peersRefused",
          "closed",      "connectTime",    "handshakeTime", "acquireTime", "leaseTime", "target",      "setupTime",
          "waitShare",   "recentWaitShare"})
        QVERIFY2(names.contains(QLatin1String(name)), name);
    QCOMPARE(names.size(), 37);
    QCOMPARE(read("idle").toInt(), 1);
    QCOMPARE(read("leased").toInt(), 1);
    QCOMPARE(read("capacity").toInt(), 2);
    QCOMPARE(read("created").toLongLong(), 2);
    QCOMPARE(read("taken").toLongLong(), 1);
    QCOMPARE(read("fromStock").toLongLong(), 1);
    QCOMPARE(read("closed").toLongLong(), 0);

    const auto connectTime = read("connectTime").value<DurationStatistics>();
    QVERIFY(connectTime == now.connectTime);
    QVERIFY(connectTime != now.leaseTime);
    const QMetaObject *times = QMetaType::fromType<DurationStatistics>().metaObject();
    QVERIFY(times);
    QCOMPARE(times->property(times->indexOfProperty("count")).readOnGadget(&connectTime).toLongLong(), 2);
    const std::pair<const char *, std::chrono::nanoseconds> values[] = {
            {"sum", connectTime.sum}, {"maximum", connectTime.maximum}, {"p50", connectTime.p50},
            {"p90", connectTime.p90}, {"p99", connectTime.p99},         {"p999", connectTime.p999}};
    for (const auto &[name, value] : values) {
        const int index = times->indexOfProperty(name);
        QVERIFY2(index >= 0, name);
        QCOMPARE(times->property(index).readOnGadget(&connectTime).value<std::chrono::nanoseconds>(), value);
    }

    const QVariant wrapped = QVariant::fromValue(now); // goes through queued signals, and into QML
    QCOMPARE(wrapped.value<PoolStatistics>().created, 2);
}

void tst_Statistics::areConsistentAtEveryMoment()
{
    Ends ends(4, [](auto &wish) {
        wish.limits.maximumConnections = 6;
        wish.limits.maximumWaiters = 3;
        wish.sizing.minimumInterval = wish.sizing.maximumInterval = 5ms;
    });
    std::atomic<bool> isOver = false;
    const auto use = [&](int seed) {
        for (int i = seed; !isOver; ++i) {
            Connection taken = i % 3 ? ends.client->take() : ends.client->waitForConnection(1ms);
            if (!taken)
                QThread::yieldCurrentThread();
            else if (i % 17 == 0)
                taken.discard();
            else if (i % 2)
                taken.socket();
            QFuture<Connection> future = ends.client->acquire(5ms);
            if (i % 5 == 0)
                future.cancel();
            // Kept until the line has let go of it, one way or another.
            while (i % 5 && !future.isFinished() && !isOver)
                QThread::yieldCurrentThread();
        }
    };
    const std::unique_ptr<QThread> threads[] = {std::unique_ptr<QThread>(QThread::create([&] { use(0); })),
                                                std::unique_ptr<QThread>(QThread::create([&] { use(1); }))};
    for (const auto &thread : threads)
        thread->start();
    int wrong = 0;
    qint64 last = 0;
    for (int i = 0; i < 3000; ++i) {
        const PoolStatistics now = ends.now();
        wrong += !addsUp(now) || now.taken < last || now.idle < 0 || now.leased < 0;
        last = now.taken;
        QCoreApplication::processEvents();
    }
    isOver = true;
    for (const auto &thread : threads)
        QTRY_VERIFY(thread->isFinished());
    QCOMPARE(wrong, 0);
    QVERIFY(last > 0);
    ends.client->close();
    QVERIFY(addsUp(ends.now()));
}

QNETPOOL_TEST_MAIN(tst_Statistics)
#include "tst_statistics.moc"
