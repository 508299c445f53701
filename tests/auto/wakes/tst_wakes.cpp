// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "settle.h"
#include "testmain.h"
#include "watcherinuse.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QMetaMethod>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <optional>
#include <thread>

#ifdef Q_OS_UNIX
#include <sys/socket.h>
#include <unistd.h>
#endif

// The pool's thread is woken for what somebody wants to hear, for what time brings, and for nothing else.
class tst_Wakes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void audienceMayComeInEveryWay_data();
    void audienceMayComeInEveryWay();
    void audienceMayGoAndComeBack();
    void whoComesLateHearsOfEveryChangeFromThenOn();
    void countIsUpToDateAfterASlotThatRunsAnEventLoop();
#ifndef QNETPOOL_NOTIFIER_WATCHER // which starts and stops a notifier in the pool's thread each time
    void takesAndGiveBacksThatNobodyHearsWakeNobody();
#endif
    void deadlinesNeedNoAudience_data();
    void deadlinesNeedNoAudience();
    void deadlineAfterARestart();
    void nearerDeadlineAfterAFarOne();

    void resetWhileLeasedWakesOnceAtMost_data();
    void resetWhileLeasedWakesOnceAtMost();
    void numberOfAClosedDescriptorIsUsedAgain_data();
    void numberOfAClosedDescriptorIsUsedAgain();
    void detachedSocketIsWatchedWhereItIsPut_data();
    void detachedSocketIsWatchedWhereItIsPut();
    void whatArrivesWhileLeasedIsNoNews();

private:
    void start(int capacity, const std::function<void(ClientPool::Configuration &)> &change = {});
    Connection peerOf(const Connection &here)
    {
        return m_server->take(here.id());
    }

    std::optional<ServerPool> m_server;
    std::optional<ClientPool> m_client;
};

namespace {

class Listener : public QObject
{
    Q_OBJECT

public:
    int count = 0;
    int last = -1;
    QList<ConnectionId> ids;

public Q_SLOTS:
    void idle(int value)
    {
        ++count;
        last = value;
    }
    void available(QNetPool::ConnectionId id) { ids << id; }
};

// Turns of this thread's event loop in a time.
int turnsIn(std::chrono::milliseconds time)
{
    int turns = 0;
    const QMetaObject::Connection connection =
            QObject::connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, [&turns] { ++turns; });
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
    QObject::disconnect(connection);
    return turns;
}

// Without the FIN: what comes back is a reset.
void reset(Connection &there)
{
    QTcpSocket *socket = there.socket();
#ifdef Q_OS_UNIX
    const linger now{1, 0};
    setsockopt(int(socket->socketDescriptor()), SOL_SOCKET, SO_LINGER, &now, sizeof now);
#endif
    socket->abort();
    there.discard();
}

} // namespace

void tst_Wakes::init()
{
    m_server.emplace();
    listen(*m_server);
}

void tst_Wakes::cleanup()
{
    m_client.reset();
    m_server.reset();
}

void tst_Wakes::start(int capacity, const std::function<void(ClientPool::Configuration &)> &change)
{
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort(), capacity);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    if (change)
        change(wish);
    m_client.emplace(wish);
    fill(*m_server, *m_client, capacity);
    settle();
}

void tst_Wakes::audienceMayComeInEveryWay_data()
{
    QTest::addColumn<QString>("way");
    for (const char *way :
         {"before the start", "member", "functor", "string", "numbers", "spy", "another thread", "queued", "chained"})
        QTest::newRow(way) << QString::fromLatin1(way);
}

void tst_Wakes::audienceMayComeInEveryWay()
{
    QFETCH(const QString, way);
    Listener listener;
    std::optional<QSignalSpy> idleSpy;
    std::optional<QSignalSpy> availableSpy;
    const auto join = [&](ClientPool *pool) {
        if (way == u"string") {
            connect(pool, SIGNAL(idleCountChanged(int)), &listener, SLOT(idle(int)));
            connect(pool, SIGNAL(connectionAvailable(QNetPool::ConnectionId)), &listener,
                    SLOT(available(QNetPool::ConnectionId)));
        } else if (way == u"functor") {
            connect(pool, &Pool::idleCountChanged, [&listener](int value) { listener.idle(value); });
            connect(pool, &Pool::connectionAvailable, [&listener](ConnectionId id) { listener.available(id); });
        } else if (way == u"numbers") {
            const QMetaObject &theirs = Pool::staticMetaObject;
            const QMetaObject &mine = Listener::staticMetaObject;
            QMetaObject::connect(pool, theirs.indexOfMethod("idleCountChanged(int)"), &listener,
                                 mine.indexOfMethod("idle(int)"));
            QMetaObject::connect(pool, theirs.indexOfMethod("connectionAvailable(QNetPool::ConnectionId)"), &listener,
                                 mine.indexOfMethod("available(QNetPool::ConnectionId)"));
        } else if (way == u"spy") {
            idleSpy.emplace(pool, &Pool::idleCountChanged);
            availableSpy.emplace(pool, &Pool::connectionAvailable);
        } else {
            const Qt::ConnectionType type = way == u"queued" ? Qt::QueuedConnection : Qt::DirectConnection;
            connect(pool, &Pool::idleCountChanged, &listener, &Listener::idle, type);
            connect(pool, &Pool::connectionAvailable, &listener, &Listener::available, type);
        }
    };
    if (way == u"before the start") {
        ClientPool early(clientOf(m_server->serverPort(), 2));
        join(&early);
        fill(*m_server, early, 2);
        QTRY_COMPARE(listener.last, 2);
        QCOMPARE(listener.ids.size(), 2);
        return;
    }
    start(2);
    Connection here = m_client->take();
    here.socket();
    settle(); // nobody listened
    if (way == u"another thread")
        std::thread([&] { join(&*m_client); }).join();
    else
        join(&*m_client);
    const ConnectionId id = here.id();
    here.giveBack();
    if (way == u"spy") {
        QTRY_COMPARE(availableSpy->size(), 1);
        QTRY_COMPARE(idleSpy->size(), 1);
        QCOMPARE(idleSpy->at(0).at(0).toInt(), 2);
        return;
    }
    QTRY_COMPARE(listener.ids, QList<ConnectionId>{id});
    QTRY_COMPARE(listener.last, 2);
    const int heard = listener.count;
    here = m_client->take();
    QTRY_COMPARE(listener.last, 1);
    QCOMPARE(listener.count, heard + 1);
}

void tst_Wakes::audienceMayGoAndComeBack()
{
    start(2);
    Listener first;
    Listener second;
    for (int i = 0; i < 3; ++i) {
        connect(&*m_client, &Pool::idleCountChanged, &first, &Listener::idle);
        connect(&*m_client, &Pool::idleCountChanged, &second, &Listener::idle);
        first.last = second.last = -1;
        Connection here = m_client->take();
        QTRY_COMPARE(first.last, 1);
        QCOMPARE(second.last, 1);
        disconnect(&*m_client, nullptr, &first, nullptr);
        settle(); // who leaves is noticed later; the other one still listens
        here.giveBack();
        QTRY_COMPARE(second.last, 2);
        QCOMPARE(first.last, 1);
        {
            Listener third;
            connect(&*m_client, &Pool::connectionAvailable, &third, &Listener::available);
            m_client->disconnect(&second);
            here = m_client->take();
            here.giveBack();
            QTRY_COMPARE(third.ids.size(), 1);
        }
        m_client->disconnect();
        settle();
    }
}

// The count at the moment of connecting, and every change after that, make the count.
void tst_Wakes::whoComesLateHearsOfEveryChangeFromThenOn()
{
    start(4);
    for (int i = 0; i < 3; ++i) {
        std::vector<Connection> leases;
        leases.push_back(m_client->take());
        leases.push_back(m_client->take());
        settle();
        Listener listener;
        connect(&*m_client, &Pool::idleCountChanged, &listener, &Listener::idle);
        int known = m_client->idleCount();
        QCOMPARE(known, 2);
        if (i == 1)
            settle();
        leases.clear();
        QTRY_COMPARE(listener.last, 4);
        disconnect(&*m_client, nullptr, &listener, nullptr);
        settle();
    }
}

void tst_Wakes::countIsUpToDateAfterASlotThatRunsAnEventLoop()
{
    start(4);
    Connection first = m_client->take();
    Connection second = m_client->take();
    Listener listener;
    connect(&*m_client, &Pool::connectionAvailable, this, [&] {
        second.giveBack();
        QVERIFY(QTest::qWaitFor([&] { return listener.last == 4; }, longer(5000)));
        listener.available({});
    });
    connect(&*m_client, &Pool::idleCountChanged, &listener, &Listener::idle);
    first.giveBack();
    QTRY_COMPARE(listener.ids.size(), 2);
    QCOMPARE(listener.last, 4);
    QCOMPARE(m_client->idleCount(), 4);
}

#ifndef QNETPOOL_NOTIFIER_WATCHER
void tst_Wakes::takesAndGiveBacksThatNobodyHearsWakeNobody()
{
    start(4);
    std::thread user([this] { // with the pool's thread at rest, each wake would be a turn
        for (int i = 0; i < 1000; ++i) {
            Connection here = m_client->take();
            here.socket();
            here.giveBack();
        }
    });
    const int turns = turnsIn(300ms);
    user.join();
    QVERIFY2(turns < 30, qPrintable(QString::number(turns)));
    QCOMPARE(m_client->statistics().givenBack, 1000);
}
#endif

void tst_Wakes::deadlinesNeedNoAudience_data()
{
    QTest::addColumn<QString>("limit");
    for (const char *limit :
         {"idleTimeout", "idleTimeout after a lease", "maximumLifetime", "leakThreshold", "unclaimed", "waiter"})
        QTest::newRow(limit) << QString::fromLatin1(limit);
}

void tst_Wakes::deadlinesNeedNoAudience()
{
    QFETCH(const QString, limit);
    start(limit == u"idleTimeout after a lease" ? 3 : 2, [&](ClientPool::Configuration &wish) {
        if (limit.startsWith(u"idleTimeout"))
            wish.limits.idleTimeout = 400ms;
        else if (limit == u"maximumLifetime")
            wish.limits.maximumLifetime = 400ms;
        else if (limit == u"leakThreshold")
            wish.limits.leakThreshold = 100ms;
        else if (limit == u"unclaimed")
            wish.limits.unclaimedTimeout = 100ms;
    });
    const auto numbers = [this] { return m_client->statistics(); };
    if (limit == u"idleTimeout") {
        QTRY_COMPARE(numbers().idleTooLong, 2);
    } else if (limit == u"idleTimeout after a lease") {
        std::vector<Connection> leases;
        leases.push_back(m_client->take());
        leases.push_back(m_client->take());
        for (Connection &lease : leases) {
            QVERIFY(lease);
            lease.socket();
        }
        QTRY_COMPARE(numbers().idleTooLong, 1); // the third, and no deadline is left
        std::thread([&leases] { leases.clear(); }).join();
        QTRY_COMPARE(numbers().idleTooLong, 3);
    } else if (limit == u"maximumLifetime") {
        QTRY_COMPARE(numbers().livedTooLong, 2);
    } else if (limit == u"leakThreshold") {
        std::vector<Connection> leases;
        std::thread([&] { leases.push_back(m_client->take()); }).join();
        QTRY_COMPARE(m_client->errorCount(), 1);
        std::thread([&] { leases.push_back(m_client->take()); }).join();
        QTRY_COMPARE(m_client->errorCount(), 2);
    } else if (limit == u"unclaimed") {
        while (Connection there = m_server->take()) {
            there->write("last words");
            there->disconnectFromHost();
        }
        QTRY_COMPARE(m_client->idleCount(), 0);
        QTRY_COMPARE(numbers().diedIdle, 2);
        QCOMPARE(numbers().unclaimed, 0);
    } else {
        const Connection first = m_client->take();
        const Connection second = m_client->take();
        ClientPool::Configuration wish = m_client->configuration();
        wish.limits.maximumConnections = 2;
        QVERIFY(m_client->setConfiguration(wish));
        std::optional<QFuture<Connection>> future;
        std::thread([&] { future = m_client->acquire(100ms); }).join();
        QTRY_VERIFY(future->isFinished());
        QCOMPARE(numbers().timedOut, 1);
    }
}

// What was told before the pool was closed is of no use after it.
void tst_Wakes::deadlineAfterARestart()
{
    start(1, [](ClientPool::Configuration &wish) { wish.limits.idleTimeout = 300ms; });
    for (int i = 1; i <= 3; ++i) {
        QTRY_COMPARE(m_client->statistics().idleTooLong, i);
        if (i == 2)
            std::thread([this] { m_client->close(); }).join();
        else
            m_client->close();
        QVERIFY(m_client->start());
    }
}

void tst_Wakes::nearerDeadlineAfterAFarOne()
{
    start(2, [](ClientPool::Configuration &wish) { wish.limits.idleTimeout = 1h; });
    ClientPool::Configuration wish = m_client->configuration();
    wish.limits.leakThreshold = 100ms;
    QVERIFY(m_client->setConfiguration(wish));
    settle();
    Connection here;
    std::thread([&] { here = m_client->take(); }).join();
    QTRY_COMPARE(m_client->errorCount(), 1);
    here.giveBack();
    wish.limits.leakThreshold = 0ms;
    wish.limits.idleTimeout = 100ms;
    QVERIFY(m_client->setConfiguration(wish));
    QTRY_COMPARE(m_client->statistics().idleTooLong, 2);
}

void tst_Wakes::resetWhileLeasedWakesOnceAtMost_data()
{
    QTest::addColumn<bool>("isReset");
    QTest::newRow("reset") << true;
    QTest::newRow("closed") << false;
}

void tst_Wakes::resetWhileLeasedWakesOnceAtMost()
{
    QFETCH(const bool, isReset);
    start(3);
    std::vector<Connection> leases;
    std::vector<Connection> theirs;
    for (int i = 0; i < 3; ++i) {
        leases.push_back(m_client->take());
        theirs.push_back(peerOf(leases.back()));
        QVERIFY(theirs.back());
    }
    // Not looked at by its holder, so that all that wakes this thread is the watcher.
    for (Connection &there : theirs) {
        if (isReset)
            reset(there);
        else
            there.discard();
    }
    const int turns = turnsIn(300ms);
    QVERIFY2(turns < 30, qPrintable(QString::number(turns)));
    QCOMPARE(m_client->leasedCount(), 3);
    leases.clear();
    QCOMPARE(m_client->idleCount(), 0);
    const PoolStatistics numbers = m_client->statistics();
    QCOMPARE(numbers.closedDirty, 3);
    QCOMPARE(numbers.created, numbers.closed());
}

void tst_Wakes::numberOfAClosedDescriptorIsUsedAgain_data()
{
    QTest::addColumn<bool>("isDuplicated");
    QTest::newRow("closed") << false;
#ifdef Q_OS_UNIX
    QTest::newRow("closed, with a duplicate that keeps the connection open") << true;
#endif
}

void tst_Wakes::numberOfAClosedDescriptorIsUsedAgain()
{
    QFETCH(const bool, isDuplicated);
    start(1, [](ClientPool::Configuration &wish) { wish.sizing.minimumInterval = wish.sizing.maximumInterval = 20ms; });
    for (int i = 0; i < 5; ++i) {
        QTRY_COMPARE(m_client->idleCount(), 1);
        Connection here = m_client->take();
        const qintptr number = here->socketDescriptor();
        int copy = -1;
#ifdef Q_OS_UNIX
        if (isDuplicated)
            copy = dup(int(number));
#endif
        Connection there;
        QTRY_VERIFY(there || (there = peerOf(here)));
        here->abort(); // by the holder: the pool hears of it when the lease ends
        QTcpSocket other; // takes the number, on its way to nowhere near the pool
        other.connectToHost(QHostAddress::LocalHost, m_server->serverPort());
        QVERIFY(other.waitForConnected());
        if (i % 2) // and leaves it for the next one that the pool makes
            other.abort();
        here.giveBack();
        QTRY_COMPARE(m_client->idleCount(), 1);
        if (isDuplicated && i % 2 == 0) {
            const int turns = turnsIn(50ms);
            QVERIFY2(turns < 30, qPrintable(QString::number(turns)));
        }
        // What is idle now is watched: it is missed at once.
        Connection next = m_client->take();
        Connection nextPeer;
        QTRY_VERIFY(nextPeer || (nextPeer = peerOf(next)));
        next.giveBack();
        QSignalSpy lost(&*m_client, &Pool::connectionLost);
        nextPeer.discard();
        QTRY_COMPARE(lost.size(), 1);
#ifdef Q_OS_UNIX
        if (copy >= 0)
            ::close(copy);
#endif
    }
}

void tst_Wakes::detachedSocketIsWatchedWhereItIsPut_data()
{
    QTest::addColumn<bool>("isSamePool");
    QTest::addColumn<bool>("isReset");
    for (const bool isSamePool : {true, false}) {
        for (const bool isReset : {true, false})
            QTest::addRow("%s, %s", isSamePool ? "same pool" : "another pool", isReset ? "reset" : "closed")
                    << isSamePool << isReset;
    }
}

void tst_Wakes::detachedSocketIsWatchedWhereItIsPut()
{
    QFETCH(const bool, isSamePool);
    QFETCH(const bool, isReset);
    start(2);
    ServerPool another;
    listen(another);
    Pool &home = isSamePool ? static_cast<Pool &>(*m_client) : another;
    QSignalSpy lost(&home, &Pool::connectionLost);
    QSignalSpy lostElsewhere(isSamePool ? static_cast<Pool *>(&another) : &*m_client, &Pool::connectionLost);
    for (int i = 0; i < 2; ++i) {
        Connection here = m_client->take();
        const ConnectionId id = here.id();
        Connection there = peerOf(here);
        QVERIFY(there);
        QTcpSocket *socket = here.detach().release();
        QVERIFY(home.put(id, socket));
        here = home.take(id); // out and in, so that it was paused here as well
        QCOMPARE(pass(there.socket(), here.socket(), "x"), "x");
        here.giveBack();
        settle();
        if (isReset)
            reset(there);
        else
            there.discard();
        QTRY_COMPARE(lost.size(), i + 1);
        QCOMPARE(lost.last().at(0).value<ConnectionId>(), id);
        QVERIFY(!home.take(id));
        const int turns = turnsIn(50ms);
        QVERIFY2(turns < 30, qPrintable(QString::number(turns)));
    }
    QCOMPARE(lostElsewhere.size(), 0);
    QCOMPARE(m_client->statistics().detached, 2);
}

// Nor does it keep the pool's thread busy.
void tst_Wakes::whatArrivesWhileLeasedIsNoNews()
{
    start(2);
    Connection here = m_client->take();
    Connection there = peerOf(here);
    there->write("bytes");
    QVERIFY(there->waitForBytesWritten());
    QVERIFY(turnsIn(100ms) < 20);
    here.giveBack(); // never looked at: they are the next one's
    QCOMPARE(m_client->idleCount(), 2);
    QVERIFY(turnsIn(100ms) < 20);
    here = m_client->take(there.id());
    QTRY_COMPARE(here->bytesAvailable(), 5);
}

QNETPOOL_TEST_MAIN(tst_Wakes)
#include "tst_wakes.moc"
