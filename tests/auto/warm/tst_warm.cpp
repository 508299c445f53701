// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "pools.h"
#include "testmain.h"

#include <QtCore/QEventLoop>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <functional>
#include <optional>
#include <thread>

// A connection that comes back in a slot stays in its thread, for the next take in the same slot.
class tst_Warm : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void staysInItsThreadAndIsTakenAgain();
    void isFoundByIdInItsThread();
    void isParkedBeforeTheLoopSleeps();
    void isParkedWhereNoLoopRuns();
    void isParkedWhenItWouldBeTheLastIdle();
    void isParkedWhenThereAreEnough();
    void isParkedWhenSwitchedOff();
    void isParkedInMultiMode();
    void isParkedOnceOneWasAskedForById();
    void goesToAWaiterInstead();
    void goesToAnotherThreadThatFindsNothing();
    void comesBackWhenItsThreadEnds_data();
    void comesBackWhenItsThreadEnds();
    void isClosedByFlush_data();
    void isClosedByFlush();
    void isClosedByCloseAndDestruction_data();
    void isClosedByCloseAndDestruction();
    void deadOneIsNotHandedOut();
    void deadOneIsNotHandedOutAfterTheLoopHasSeenIt();
    void bytesWaitForTheNextHolder();
    void nothingIsLeftOfTheLastHolder();
    void oneThatLivedTooLongIsClosed();

private:
    ClientPool::Configuration wish(int capacity = 4) const;
    void start(const ClientPool::Configuration &configuration);
    QTcpSocket *takeAndGiveBack(); // the socket, as the pool has it then
    QTcpSocket *peerOf(QTcpSocket *socket);
    bool numbersAddUp() const;

    QTcpServer m_server;
    std::vector<std::unique_ptr<QTcpSocket>> m_peers;
    std::optional<ClientPool> m_client;
    int m_descriptors = 0;
};

// Runs body as a slot does: below a running event loop, which ends afterwards.
static void inSlot(const std::function<void()> &body)
{
    QEventLoop loop;
    QTimer::singleShot(0, &loop, [&] {
        body();
        loop.quit();
    });
    loop.exec();
}

static void letTheLoopSleep()
{
    QEventLoop loop;
    QTimer::singleShot(1, &loop, &QEventLoop::quit);
    loop.exec();
}

void tst_Warm::init()
{
    m_descriptors = openSockets();
    QVERIFY(m_server.listen(QHostAddress::LocalHost));
    connect(&m_server, &QTcpServer::newConnection, this, [this] {
        while (QTcpSocket *peer = m_server.nextPendingConnection())
            m_peers.emplace_back(peer)->setParent(nullptr);
    });
}

void tst_Warm::cleanup()
{
    m_client.reset();
    m_peers.clear();
    m_server.close();
    m_server.disconnect();
    QTRY_COMPARE(openSockets(), m_descriptors);
}

ClientPool::Configuration tst_Warm::wish(int capacity) const
{
    ClientPool::Configuration configuration = clientOf(m_server.serverPort(), capacity);
    configuration.connectionMode = ConnectionMode::Single;
    configuration.warmConnections = 2;
    configuration.minimumInterval = configuration.maximumInterval = 1h; // nothing comes but what the test makes come
    return configuration;
}

void tst_Warm::start(const ClientPool::Configuration &configuration)
{
    m_client.emplace(configuration);
    QVERIFY(m_client->start());
    QTRY_COMPARE(m_client->idleCount(), configuration.minimumCapacity);
    QTRY_COMPARE(int(m_peers.size()), configuration.minimumCapacity);
}

QTcpSocket *tst_Warm::takeAndGiveBack()
{
    Connection connection = m_client->take();
    return connection.socket();
}

QTcpSocket *tst_Warm::peerOf(QTcpSocket *socket)
{
    for (const std::unique_ptr<QTcpSocket> &peer : m_peers) {
        if (peer->peerPort() == socket->localPort())
            return peer.get();
    }
    return nullptr;
}

bool tst_Warm::numbersAddUp() const
{
    const PoolStatistics now = m_client->statistics();
    return now.created == now.idle + now.leased + now.unclaimed + now.detached + now.closed()
            && now.taken == now.fromStock + now.hadToWait;
}

void tst_Warm::staysInItsThreadAndIsTakenAgain()
{
    start(wish());
    inSlot([&] {
        const QTcpSocket *socket = takeAndGiveBack();
        QCOMPARE(socket->thread(), QThread::currentThread());
        QCOMPARE(m_client->idleCount(), 4);
        QCOMPARE(m_client->statistics().givenBack, 1);
        for (int i = 0; i < 100; ++i)
            QCOMPARE(takeAndGiveBack(), socket); // though it is not the one that has been idle longest
        const Connection again = m_client->take();
        QCOMPARE(m_client->leasedCount(), 1);
        QCOMPARE(m_client->idleCount(), 3);
        QVERIFY(numbersAddUp());
    });
    QVERIFY(numbersAddUp());
    QCOMPARE(m_client->statistics().taken, 102);
    QCOMPARE(m_client->statistics().leaseTime.count, 102);
}

void tst_Warm::isFoundByIdInItsThread()
{
    start(wish());
    inSlot([&] {
        Connection connection = m_client->take();
        const ConnectionId id = connection.id();
        QTcpSocket *socket = connection.socket();
        connection.giveBack();
        QCOMPARE(socket->thread(), QThread::currentThread());
        QCOMPARE(m_client->take(id).socket(), socket);
    });
}

void tst_Warm::isParkedBeforeTheLoopSleeps()
{
    start(wish());
    QSignalSpy available(&*m_client, &Pool::connectionAvailable);
    const QTcpSocket *socket = nullptr;
    inSlot([&] { socket = takeAndGiveBack(); });
    letTheLoopSleep();
    QCOMPARE(socket->thread(), nullptr);
    QCOMPARE(m_client->idleCount(), 4);
    QTRY_COMPARE(available.size(), 1);
}

void tst_Warm::isParkedWhereNoLoopRuns()
{
    start(wish());
    QCOMPARE(takeAndGiveBack()->thread(), nullptr);
}

void tst_Warm::isParkedWhenItWouldBeTheLastIdle()
{
    start(wish(1));
    inSlot([&] { QCOMPARE(takeAndGiveBack()->thread(), nullptr); });
}

void tst_Warm::isParkedWhenThereAreEnough()
{
    start(wish());
    inSlot([&] {
        std::vector<Connection> leases;
        std::vector<const QTcpSocket *> sockets;
        for (int i = 0; i < 3; ++i)
            sockets.push_back(leases.emplace_back(m_client->take()).socket());
        leases.clear();
        const auto isWarm = [](const QTcpSocket *socket) { return socket->thread() == QThread::currentThread(); };
        QCOMPARE(std::count_if(sockets.begin(), sockets.end(), isWarm), 2); // as warmConnections says
        QCOMPARE(m_client->idleCount(), 4);
    });
}

void tst_Warm::isParkedWhenSwitchedOff()
{
    ClientPool::Configuration configuration = wish();
    configuration.warmConnections = 0;
    start(configuration);
    inSlot([&] { QCOMPARE(takeAndGiveBack()->thread(), nullptr); });
}

void tst_Warm::isParkedInMultiMode()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration multi = clientOf(server.serverPort());
    multi.warmConnections = 2;
    m_client.emplace(multi);
    fill(server, *m_client);
    inSlot([&] { QCOMPARE(takeAndGiveBack()->thread(), nullptr); });
}

void tst_Warm::isParkedOnceOneWasAskedForById()
{
    start(wish());
    QVERIFY(!m_client->take(ConnectionId::fromString(u"00000000")));
    inSlot([&] { QCOMPARE(takeAndGiveBack()->thread(), nullptr); });
}

void tst_Warm::goesToAWaiterInstead()
{
    ClientPool::Configuration configuration = wish(2);
    configuration.maximumConnections = 2;
    start(configuration);
    inSlot([&] {
        Connection first = m_client->take();
        Connection second = m_client->take();
        QVERIFY(first.socket() && second.socket());
        QFuture<Connection> waiting = m_client->acquire();
        first.giveBack();
        QVERIFY(waiting.isFinished());
        QVERIFY(waiting.takeResult());
    });
}

void tst_Warm::goesToAnotherThreadThatFindsNothing()
{
    ClientPool::Configuration configuration = wish(2);
    configuration.maximumConnections = 2;
    start(configuration);
    std::atomic<bool> isServed = false;
    std::thread other;
    const QTcpSocket *socket = nullptr;
    Connection rest;
    inSlot([&] {
        socket = takeAndGiveBack();
        QCOMPARE(socket->thread(), QThread::currentThread());
        std::thread([&] { rest = m_client->take(); }).join(); // takes the parked one
        QVERIFY(rest);
        other = std::thread([&] { isServed = m_client->waitForConnection(20s).socket() == socket; });
        QTRY_VERIFY(isServed); // a nested loop; this slot has not returned yet
    });
    other.join();
    QVERIFY(isServed);
}

void tst_Warm::comesBackWhenItsThreadEnds_data()
{
    QTest::addColumn<bool>("isQThread");
    QTest::newRow("QThread") << true;
    QTest::newRow("std::thread") << false;
}

void tst_Warm::comesBackWhenItsThreadEnds()
{
    QFETCH(const bool, isQThread);
    start(wish());
    const QTcpSocket *socket = nullptr;
    bool wasWarm = false;
    const auto use = [&] {
        socket = takeAndGiveBack();
        wasWarm = socket->thread() == QThread::currentThread();
    };
    if (isQThread) {
        QThread thread;
        QObject worker;
        worker.moveToThread(&thread);
        QMetaObject::invokeMethod(&worker, [&] {
            use();
            QThread::currentThread()->quit(); // before the loop can sleep
        });
        thread.start();
        QVERIFY(thread.wait());
    } else {
        std::thread([&] { inSlot(use); }).join();
    }
    QVERIFY(wasWarm);
    QCOMPARE(socket->thread(), nullptr);
    QCOMPARE(m_client->idleCount(), 4);
    for (int i = 0; i < 4; ++i)
        m_client->take().discard();
    QCOMPARE(m_client->statistics().discarded, 4);
}

void tst_Warm::isClosedByFlush_data()
{
    QTest::addColumn<bool>("inItsThread");
    QTest::newRow("in its thread") << true;
    QTest::newRow("in another") << false;
}

void tst_Warm::isClosedByFlush()
{
    QFETCH(const bool, inItsThread);
    start(wish());
    inSlot([&] {
        QCOMPARE(takeAndGiveBack()->thread(), QThread::currentThread());
        if (inItsThread)
            m_client->flush();
        else
            std::thread([&] { m_client->flush(); }).join();
        QVERIFY(!m_client->take());
    });
    QCOMPARE(m_client->idleCount(), 0);
    QCOMPARE(m_client->statistics().flushed, 4);
}

void tst_Warm::isClosedByCloseAndDestruction_data()
{
    QTest::addColumn<bool>("destroys");
    QTest::addColumn<bool>("inItsThread");
    QTest::newRow("close in its thread") << false << true;
    QTest::newRow("close in another") << false << false;
    QTest::newRow("destroy in its thread") << true << true;
    QTest::newRow("destroy in another") << true << false;
}

void tst_Warm::isClosedByCloseAndDestruction()
{
    QFETCH(const bool, destroys);
    QFETCH(const bool, inItsThread);
    start(wish());
    const auto end = [&] {
        if (destroys)
            m_client.reset();
        else
            m_client->close();
    };
    if (inItsThread) {
        inSlot([&] {
            QCOMPARE(takeAndGiveBack()->thread(), QThread::currentThread());
            end();
        });
    } else {
        QThread thread; // its loop goes on; the pool's end must not need it to
        QObject worker;
        worker.moveToThread(&thread);
        thread.start();
        std::atomic<bool> isWarm = false;
        QMetaObject::invokeMethod(&worker, [&] {
            isWarm = takeAndGiveBack()->thread() == QThread::currentThread();
            QMetaObject::invokeMethod(this, end, Qt::BlockingQueuedConnection);
        });
        QTRY_VERIFY(isWarm);
        QTRY_COMPARE(openSockets(), m_descriptors + 1); // both ends of all, while the thread lives on; the server listens
        thread.quit();
        QVERIFY(thread.wait());
    }
    QTRY_COMPARE(openSockets(), m_descriptors + 1);
    if (!destroys)
        QCOMPARE(m_client->statistics().flushed, 4);
}

void tst_Warm::deadOneIsNotHandedOut()
{
    start(wish());
    QSignalSpy lost(&*m_client, &Pool::connectionLost);
    inSlot([&] {
        QTcpSocket *socket = takeAndGiveBack();
        peerOf(socket)->abort(); // its FIN is here when the call returns
        const Connection other = m_client->take();
        QVERIFY(other);
        QVERIFY(other.socket() != socket);
        QCOMPARE(m_client->statistics().diedIdle, 1);
    });
    QTRY_COMPARE(lost.size(), 1);
    QVERIFY(numbersAddUp());
}

void tst_Warm::deadOneIsNotHandedOutAfterTheLoopHasSeenIt()
{
    start(wish());
    inSlot([&] {
        QTcpSocket *socket = takeAndGiveBack();
        peerOf(socket)->abort();
        // A turn that does not sleep: the socket hears of it, and its descriptor is closed.
        while (socket->state() == QAbstractSocket::ConnectedState)
            QCoreApplication::processEvents();
        const Connection other = m_client->take();
        QVERIFY(other);
        QVERIFY(other.socket() != socket);
        QCOMPARE(m_client->statistics().diedIdle, 1);
    });
    QVERIFY(numbersAddUp());
}

void tst_Warm::bytesWaitForTheNextHolder()
{
    start(wish());
    ConnectionId id;
    inSlot([&] {
        Connection connection = m_client->take();
        id = connection.id();
        QTcpSocket *socket = connection.socket();
        connection.giveBack();
        QCOMPARE(socket->thread(), QThread::currentThread());
        QTcpSocket *peer = peerOf(socket);
        peer->write("unasked");
        QVERIFY(peer->flush());
    });
    letTheLoopSleep();
    Connection next = m_client->take(id);
    QVERIFY(next);
    QTRY_COMPARE(next->bytesAvailable(), 7);
    QCOMPARE(next->readAll(), "unasked");
}

void tst_Warm::nothingIsLeftOfTheLastHolder()
{
    start(wish());
    int calls = 0;
    inSlot([&] {
        Connection connection = m_client->take();
        QTcpSocket *socket = connection.socket();
        connect(socket, &QTcpSocket::readyRead, this, [&] { ++calls; });
        socket->setProperty("mine", 1);
        socket->setReadBufferSize(3);
        connection.giveBack();
        const Connection next = m_client->take();
        QCOMPARE(next.socket(), socket);
        QVERIFY(socket->dynamicPropertyNames().isEmpty());
        QCOMPARE(socket->readBufferSize(), 0);
        peerOf(socket)->write("for the next one");
        QTRY_COMPARE(socket->bytesAvailable(), 16);
    });
    QCOMPARE(calls, 0);
}

void tst_Warm::oneThatLivedTooLongIsClosed()
{
    ClientPool::Configuration configuration = wish();
    configuration.maximumLifetime = 1s;
    configuration.lifetimeSpread = 0;
    start(configuration);
    inSlot([&] {
        QCOMPARE(takeAndGiveBack()->thread(), QThread::currentThread());
        QTRY_COMPARE(m_client->statistics().livedTooLong, 4); // sent for where it was warm
    });
    QCOMPARE(m_client->idleCount(), 0);
}

QNETPOOL_TEST_MAIN(tst_Warm)
#include "tst_warm.moc"
