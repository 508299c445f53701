// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QThread>
#include <QtNetwork/QNetworkProxy>

#include <optional>
#include <stdexcept>

// The client's end as an application sees it: starting, sizing, properties, closing.
class tst_ClientPool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void slotOfTheStartMayRunAnEventLoop();
    void init();
    void cleanup();

    void isStoppedUntilStarted();
    void becomesReadyOnce();
    void clampsNumbersWithAWarning();
    void warnsOfEachValueThatItClamps();
    void aSmallBackoffIsRaisedWithAWarning();
    void countsErrors();
    void propertiesTellOfChanges();
    void growsWhileItHasToCreate();
    void shrinksWhileNobodyTakes();
    void intervalAdapts();
    void waitersForAnIdDoNotMakeItDial();
    void maximumPendingBoundsParallelDials();
    void dialerGetsTheUnconnectedSocket();
    void dialerMayReplaceTheHost();
    void dialsThroughAProxyOfTheDialers();
    void configurationCanBeReplacedWhileRunning();
    void configurationThatCannotWorkIsRefusedWhileRunning();
    void flushIsFollowedByAFill();
    void closesAndStartsAgain();
    void closesFromAnotherThread();
    void livesInTheThreadItWasMovedTo();
    void mayBeDestroyedAtAnyMoment_data();
    void mayBeDestroyedAtAnyMoment();
    void mayBeDeletedInItsOwnSlot();
    void statisticsAddUp();
    void slotsCanBeDisconnectedInEveryWay();
    void startsAgainInAnErrorSlot();
    void closesTwiceFromAnotherThreadAndStartsAgain();
    void dialersSlotsEndWithTheDial();
    void dialerMayThrow();
    void putTellsWhenTheStockIsFull();

private:
    std::optional<ServerPool> m_server;
};

void tst_ClientPool::init()
{
    m_server.emplace();
    listen(*m_server);
}

void tst_ClientPool::cleanup()
{
    m_server.reset();
}

void tst_ClientPool::isStoppedUntilStarted()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort(), 3));
    QSignalSpy stateChanged(&client, &Pool::stateChanged);
    QCOMPARE(client.state(), Pool::State::Stopped);
    QVERIFY(!client.isReady());
    QVERIFY(!client.take());
    QVERIFY(client.start());
    QCOMPARE(client.state(), Pool::State::Starting);
    QTRY_COMPARE(client.state(), Pool::State::Ready);
    QVERIFY(client.isReady());
    QCOMPARE(client.idleCount(), 3);
    QCOMPARE(stateChanged.size(), 2);
    QVERIFY(client.start()); // does nothing
    QCOMPARE(client.state(), Pool::State::Ready);
}

void tst_ClientPool::becomesReadyOnce()
{
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort(), 2);
    wish.sizing.maximumInterval = 400ms;
    ClientPool client(wish);
    QSignalSpy ready(&client, &Pool::ready);
    QSignalSpy available(&client, &Pool::connectionAvailable);
    QSignalSpy intervalChanged(&client, &Pool::intervalChanged);
    QVERIFY(client.start());
    QVERIFY(ready.isEmpty()); // not before the event loop runs
    QTRY_COMPARE(available.size(), 2);
    QTRY_VERIFY(intervalChanged.size() > 2); // some cycles later
    QCOMPARE(ready.size(), 1);
    QVERIFY(client.take(available.first().first().value<ConnectionId>()));
}

void tst_ClientPool::clampsNumbersWithAWarning()
{
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort());
    wish.sizing.minimumCapacity = 3;
    wish.sizing.maximumCapacity = 0; // becomes 1, and is then swapped with 3
    wish.sizing.minimumInterval = 0ms; // becomes 1 s
    wish.sizing.maximumInterval = 200ms;
    wish.connectTimeout = -1ms;
    ClientPool client(wish);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("maximumCapacity is 0")));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("Capacity.* swapped")));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("minimumInterval.* is 0")));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("Interval.* swapped")));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("connectTimeout is -1 ms")));
    QVERIFY(client.start());
    QCOMPARE(client.capacity(), 1);
    QCOMPARE(client.interval(), 200ms);
    QTRY_VERIFY(client.isReady());
    QCOMPARE(client.configuration().sizing.minimumCapacity, 3); // as it was given
}

void tst_ClientPool::warnsOfEachValueThatItClamps()
{
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort());
    wish.tcp = {.keepAlivePeriod = -1ms, .userTimeout = -1ms};
    wish.limits = {.maximumConnections = -1,
                   .maximumWaiters = -1,
                   .idleTimeout = -1ms,
                   .maximumLifetime = -1ms,
                   .lifetimeSpread = -1,
                   .leakThreshold = -1ms,
                   .unclaimedTimeout = -1ms};
    wish.hooks.validateAfter = -1ms;
    wish.setupThreads = -1;
    for (const char *time : {"tcp.keepAlivePeriod", "tcp.userTimeout", "limits.idleTimeout", "limits.maximumLifetime",
                             "limits.leakThreshold", "limits.unclaimedTimeout", "hooks.validateAfter"})
        QTest::ignoreMessage(
                QtWarningMsg,
                qPrintable(QStringLiteral("%1 is -1 ms, out of range: it becomes 0 ms").arg(QLatin1String(time))));
    for (const char *number :
         {"limits.maximumConnections", "limits.maximumWaiters", "limits.lifetimeSpread", "setupThreads"})
        QTest::ignoreMessage(QtWarningMsg,
                             qPrintable(QStringLiteral("%1 is -1, out of range: it becomes 0").arg(QLatin1String(number))));
    QTest::failOnWarning(QRegularExpression(QStringLiteral(".")));
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_VERIFY(client.isReady());

    wish = stepwiseClientOf(m_server->serverPort());
    wish.tcp.keepAlivePeriod = 32767001ms;
    QTest::ignoreMessage(QtWarningMsg, "tcp.keepAlivePeriod is 32767001 ms, out of range: it becomes 32767000 ms");
    QVERIFY(client.setConfiguration(wish));
    wish.tcp.keepAlivePeriod = 32767s;
    wish.limits = {.maximumConnections = 100,
                   .idleTimeout = std::chrono::milliseconds::max(),
                   .maximumLifetime = std::chrono::milliseconds::max()};
    QVERIFY(client.setConfiguration(wish));
}

void tst_ClientPool::aSmallBackoffIsRaisedWithAWarning()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral(".")));
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort());
    ClientPool client(wish);
    QVERIFY(client.start());
    for (const auto backoff : {-1ms, 0ms, 99ms}) {
        wish.sizing.maximumBackoff = backoff;
        QTest::ignoreMessage(QtWarningMsg,
                             qPrintable(QStringLiteral("sizing.maximumBackoff is %1 ms, less than "
                                                       "sizing.maximumInterval: it becomes 100 ms")
                                                .arg(backoff.count())));
        QVERIFY(client.setConfiguration(wish));
    }
    wish.sizing.maximumBackoff = wish.sizing.maximumInterval;
    QVERIFY(client.setConfiguration(wish));
    wish.sizing.maximumBackoff = ClientPool::Sizing().maximumBackoff; // nobody has asked for it
    wish.sizing.maximumInterval = 2min;
    QVERIFY(client.setConfiguration(wish));
}

void tst_ClientPool::countsErrors()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort()));
    QSignalSpy changed(&client, &Pool::errorCountChanged);
    client.addError();
    client.addError();
    QCOMPARE(client.errorCount(), 2);
    QCOMPARE(client.statistics().errors, 2);
    QCOMPARE(changed.size(), 2);
    client.resetErrorCount();
    QCOMPARE(client.errorCount(), 0);
    QCOMPARE(changed.last().first().toInt(), 0);
    std::unique_ptr<QThread> thread(QThread::create([&client] { client.addError(); }));
    thread->start();
    QVERIFY(thread->wait());
    QCOMPARE(client.errorCount(), 1);
    QTRY_COMPARE(changed.last().first().toInt(), 1);
}

void tst_ClientPool::propertiesTellOfChanges()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort(), 2));
    QSignalSpy idle(&client, &Pool::idleCountChanged);
    QSignalSpy capacity(&client, &Pool::capacityChanged);
    QSignalSpy interval(&client, &Pool::intervalChanged);
    QVERIFY(client.start());
    QTRY_COMPARE(client.property("idleCount").toInt(), 2);
    QTRY_VERIFY(!idle.isEmpty() && idle.last().first().toInt() == 2); // the signal follows
    QCOMPARE(capacity.first().first().toInt(), 2);
    QCOMPARE(client.property("capacity").toInt(), 2);
    QCOMPARE(interval.first().first().value<std::chrono::milliseconds>(), 20ms);
    QCOMPARE(client.property("state").value<Pool::State>(), Pool::State::Ready);
    QCOMPARE(client.property("errorCount").toInt(), 0);
    QVERIFY(client.property("interval").value<std::chrono::milliseconds>() >= 20ms);
    const Connection taken = client.take();
    QTRY_VERIFY(std::any_of(idle.cbegin(), idle.cend(), [](const QVariantList &change) { return change.first() == 1; }));
}

void tst_ClientPool::growsWhileItHasToCreate()
{
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort());
    wish.sizing.minimumCapacity = 2;
    wish.sizing.maximumCapacity = 5;
    ClientPool client(wish);
    std::vector<Connection> taken;
    connect(&client, &Pool::connectionAvailable, this, [&](ConnectionId id) {
        if (taken.size() < 200) // all of the stock is needed in every cycle
            taken.push_back(client.take(id));
    });
    QVERIFY(client.start());
    QTRY_COMPARE(client.capacity(), 5);
    taken.clear();
    QTRY_COMPARE(client.capacity(), 2); // and when nothing is needed any more, less
}

void tst_ClientPool::shrinksWhileNobodyTakes()
{
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort());
    wish.sizing.minimumCapacity = 6;
    wish.sizing.maximumCapacity = 10;
    ClientPool client(wish);
    QSignalSpy changed(&client, &Pool::capacityChanged);
    QVERIFY(client.start());
    QTRY_COMPARE(changed.size(), 3);
    QCOMPARE(changed.at(0).first().toInt(), 6);
    QCOMPARE(changed.at(1).first().toInt(), 7); // the first cycle has created all of it: one more
    QCOMPARE(changed.at(2).first().toInt(), 6); // the next one has not
    QTRY_VERIFY(client.idleCount() >= 6);
}

void tst_ClientPool::intervalAdapts()
{
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort(), 2);
    wish.sizing.minimumInterval = 10ms;
    wish.sizing.maximumInterval = 300ms;
    ClientPool client(wish);
    QSignalSpy changed(&client, &Pool::intervalChanged);
    QVERIFY(client.start());
    QTRY_COMPARE(client.interval(), 300ms); // a full stock: longer and longer
    QList<qint64> steps;
    for (const QVariantList &change : std::as_const(changed))
        steps << change.first().value<std::chrono::milliseconds>().count();
    QCOMPARE(steps, QList<qint64>({10, 110, 210, 300}));

    std::vector<Connection> taken;
    connect(&client, &Pool::connectionAvailable, this, [&](ConnectionId id) { taken.push_back(client.take(id)); });
    taken.push_back(client.take());
    taken.push_back(client.take());
    QTRY_VERIFY(client.interval() < 100ms); // an empty one: shorter
}

void tst_ClientPool::waitersForAnIdDoNotMakeItDial()
{
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort(), 2);
    wish.sizing.maximumInterval = 400ms;
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 2);
    const QFuture<Connection> never[] = {client.acquire(ConnectionId::fromString(u"notHere1")),
                                         client.acquire(ConnectionId::fromString(u"notHere2")),
                                         client.acquire(ConnectionId::fromString(u"notHere3"))};
    QCOMPARE(client.waiterCount(), 3);
    QTRY_COMPARE(client.interval(), 400ms); // some cycles later
    QCOMPARE(client.waiterCount(), 3);
    QCOMPARE(m_server->statistics().created, 2);
}

void tst_ClientPool::maximumPendingBoundsParallelDials()
{
    QTcpServer silent; // never sends an ID, so that dials stay pending
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = stepwiseClientOf(silent.serverPort(), 10);
    wish.sizing.maximumPending = 3;
    ClientPool client(wish);
    QVERIFY(client.start());
    int accepted = 0;
    connect(&silent, &QTcpServer::newConnection, this, [&] {
        while (silent.nextPendingConnection())
            ++accepted;
    });
    QTRY_COMPARE(accepted, 3);
    QCOMPARE(client.pendingCount(), 3);
    QCOMPARE(client.statistics().pending, 3);
}

void tst_ClientPool::dialerGetsTheUnconnectedSocket()
{
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort(), 2);
    int calls = 0;
    bool isUnconnected = true;
    wish.dialer = [&, port = wish.port](QTcpSocket *socket) {
        ++calls;
        isUnconnected &= socket->state() == QAbstractSocket::UnconnectedState;
        socket->bind(QHostAddress(QStringLiteral("127.0.0.2")));
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 2);
    QCOMPARE(calls, 2);
    QVERIFY(isUnconnected);
    const Connection connection = client.take();
    QCOMPARE(connection->localAddress(), QHostAddress(QStringLiteral("127.0.0.2")));
}

void tst_ClientPool::dialerMayReplaceTheHost()
{
    ClientPool::Configuration wish = stepwiseClientOf(0, 1);
    wish.host.clear();
    wish.dialer = [this](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, m_server->serverPort()); };
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
}

void tst_ClientPool::dialsThroughAProxyOfTheDialers()
{
    QTcpServer closed; // a proxy that is not there: that it is asked is enough
    QVERIFY(closed.listen(QHostAddress::LocalHost));
    const quint16 port = closed.serverPort();
    closed.close();
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort(), 1);
    wish.dialer = [port, to = wish.port](QTcpSocket *socket) {
        socket->setProxy(QNetworkProxy(QNetworkProxy::Socks5Proxy, QStringLiteral("127.0.0.1"), port));
        socket->connectToHost(QStringLiteral("127.0.0.1"), to);
    };
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_VERIFY(!errors.isEmpty());
    QCOMPARE(lastError(errors), Pool::Error::ConnectFailed);
    QVERIFY2(lastMessage(errors).contains(u"proxy", Qt::CaseInsensitive), qPrintable(lastMessage(errors)));
}

void tst_ClientPool::configurationCanBeReplacedWhileRunning()
{
    ServerPool other;
    listen(other);
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort(), 2);
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 2);
    wish.port = other.serverPort();
    wish.sizing.minimumCapacity = wish.sizing.maximumCapacity = 3;
    QVERIFY(client.setConfiguration(wish));
    QCOMPARE(client.capacity(), 3);
    client.flush();
    QTRY_COMPARE(client.idleCount(), 3);
    QTRY_COMPARE(other.idleCount(), 3);
    QTRY_COMPARE(m_server->idleCount(), 0);
}

void tst_ClientPool::configurationThatCannotWorkIsRefusedWhileRunning()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort(), 1));
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QVERIFY(!client.setConfiguration({}));
    QCOMPARE(lastError(errors), Pool::Error::InvalidConfiguration);
    QCOMPARE(client.configuration().host, QStringLiteral("127.0.0.1"));
    QTRY_COMPARE(client.idleCount(), 1);
    QCOMPARE(client.state(), Pool::State::Ready);
}

void tst_ClientPool::flushIsFollowedByAFill()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort(), 3));
    fill(*m_server, client, 3);
    Connection taken = client.take();
    client.flush();
    QCOMPARE(client.idleCount(), 0);
    QCOMPARE(client.statistics().flushed, 2);
    QCOMPARE(taken->state(), QAbstractSocket::ConnectedState);
    QTRY_COMPARE(client.idleCount(), 3);
    QCOMPARE(client.statistics().created, 6);
}

void tst_ClientPool::closesAndStartsAgain()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort(), 2));
    fill(*m_server, client, 2);
    QSignalSpy ready(&client, &Pool::ready);
    Connection taken = client.take();
    client.close();
    QCOMPARE(client.state(), Pool::State::Stopped);
    QCOMPARE(client.idleCount(), 0);
    QVERIFY(!client.take());
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 2);
    QTRY_COMPARE(ready.size(), 1);
    taken.giveBack(); // it is of the time before: closed
    QCOMPARE(client.idleCount(), 2);
    QCOMPARE(client.statistics().flushed, 2);
}

void tst_ClientPool::closesFromAnotherThread()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort(), 2));
    fill(*m_server, client, 2);
    std::unique_ptr<QThread> thread(QThread::create([&client] {
        client.flush();
        client.close();
    }));
    thread->start();
    QVERIFY(thread->wait());
    QVERIFY(!client.take());
    QTRY_COMPARE(client.state(), Pool::State::Stopped);
}

void tst_ClientPool::livesInTheThreadItWasMovedTo()
{
    QThread thread;
    auto *client = new ClientPool(stepwiseClientOf(m_server->serverPort(), 2));
    client->moveToThread(&thread);
    thread.start();
    bool isStarted = false;
    QMetaObject::invokeMethod(
            client, [&] { isStarted = client->start(); }, Qt::BlockingQueuedConnection);
    QVERIFY(isStarted);
    QThread *emittedIn = nullptr;
    connect(
            client, &Pool::idleCountChanged, client, [&] { emittedIn = QThread::currentThread(); }, Qt::DirectConnection);
    QTRY_COMPARE(client->idleCount(), 2);
    {
        Connection here = client->take(); // in this thread
        QVERIFY(here);
        QFuture<Connection> arriving = m_server->acquire(here.id()); // this end may not be set up yet
        QTRY_VERIFY(arriving.isFinished());
        Connection there = arriving.takeResult();
        QCOMPARE(pass(here.socket(), there.socket(), "across"), "across");
        QVERIFY(client->waitForConnection(10s));
    }
    QTRY_COMPARE(emittedIn, &thread);
    QMetaObject::invokeMethod(
            client, [&] { delete client; }, Qt::BlockingQueuedConnection);
    thread.quit();
    QVERIFY(thread.wait());
}

void tst_ClientPool::mayBeDestroyedAtAnyMoment_data()
{
    QTest::addColumn<int>("turns");
    for (int turns : {0, 1, 2, 3, 5, 8, 20})
        QTest::addRow("after %d turns", turns) << turns;
}

void tst_ClientPool::mayBeDestroyedAtAnyMoment()
{
    QFETCH(const int, turns);
    for (TlsMode mode : {TlsMode::None, TlsMode::SelfSigned}) {
        ServerPool::Configuration serverWish;
        if (mode != TlsMode::None)
            serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
        ServerPool server(serverWish);
        listen(server);
        ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 5);
        wish.tls.mode = mode;
        ClientPool client(wish);
        QVERIFY(client.start());
        for (int i = 0; i < turns; ++i)
            QCoreApplication::processEvents();
    }
    QCoreApplication::processEvents();
}

void tst_ClientPool::mayBeDeletedInItsOwnSlot()
{
    const QList<void (*)(ClientPool *, QObject *)> ways = {
            [](ClientPool *pool, QObject *) { connect(pool, &Pool::ready, pool, [pool] { delete pool; }); },
            [](ClientPool *pool, QObject *) { connect(pool, &Pool::connectionAvailable, pool, [pool] { delete pool; }); },
            [](ClientPool *pool, QObject *) { connect(pool, &Pool::idleCountChanged, pool, [pool] { delete pool; }); },
            [](ClientPool *pool, QObject *) {
                ClientPool::Configuration bad = pool->configuration();
                bad.port = 1; // nobody listens there
                pool->setConfiguration(bad);
                connect(pool, &Pool::errorOccurred, pool, [pool] { delete pool; });
            },
    };
    for (auto way : ways) {
        const QPointer<ClientPool> pool(new ClientPool(stepwiseClientOf(m_server->serverPort(), 2)));
        way(pool, this);
        QVERIFY(pool->start());
        QTRY_VERIFY(!pool);
    }
}

void tst_ClientPool::statisticsAddUp()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort(), 4));
    const auto addsUp = [&client] {
        const PoolStatistics now = client.statistics();
        return now.created == now.idle + now.leased + now.unclaimed + now.detached + now.closed();
    };
    fill(*m_server, client, 4);
    QVERIFY(addsUp());
    std::vector<Connection> taken;
    for (int i = 0; i < 4; ++i)
        taken.push_back(client.take());
    QVERIFY(addsUp());
    taken[0].discard();
    taken[1].giveBack();
    const auto detached = taken[2].detach();
    QVERIFY(addsUp());
    client.flush();
    QVERIFY(addsUp());
    const PoolStatistics now = client.statistics();
    QCOMPARE(now.taken, 4);
    QCOMPARE(now.givenBack, 1);
    QCOMPARE(now.discarded, 1);
    QCOMPARE(now.detached, 1);
    QCOMPARE(now.leased, 1);
    client.close();
    QVERIFY(addsUp());
}

void tst_ClientPool::slotsCanBeDisconnectedInEveryWay()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort(), 1));
    int heard = 0;
    const QMetaObject::Connection connection = connect(&client, &Pool::connectionAvailable, this, [&heard] { ++heard; });
    QVERIFY(disconnect(connection)); // Qt calls disconnectNotify() with a lock held
    QSignalSpy available(&client, &Pool::connectionAvailable);
    QVERIFY(client.start());
    QTRY_COMPARE(available.size(), 1);
    client.disconnect();
    client.take().giveBack();
    QTRY_COMPARE(client.idleCount(), 1);
    QCOMPARE(heard, 0);
}

void tst_ClientPool::startsAgainInAnErrorSlot()
{
    ClientPool::Configuration wish = stepwiseClientOf(1, 4); // nobody listens there
    wish.sizing.maximumCapacity = 10;
    ClientPool client(wish);
    wish.port = m_server->serverPort();
    bool isFirst = true;
    connect(&client, &Pool::errorOccurred, this, [&] {
        if (!std::exchange(isFirst, false))
            return;
        client.close();
        QVERIFY(client.setConfiguration(wish));
        QVERIFY(client.start());
    });
    QVERIFY(client.start());
    QTRY_COMPARE(client.state(), Pool::State::Ready);
    QTRY_VERIFY(client.interval() > 20ms); // some cycles later
    QTRY_COMPARE(client.capacity(), 4);
    QVERIFY2(client.idleCount() <= 5, qPrintable(QString::number(client.idleCount())));
    QCOMPARE(client.pendingCount(), 0);
}

void tst_ClientPool::closesTwiceFromAnotherThreadAndStartsAgain()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort(), 2));
    fill(*m_server, client, 2);
    std::unique_ptr<QThread> thread(QThread::create([&client] {
        client.close();
        client.close();
    }));
    thread->start();
    QVERIFY(thread->wait());
    QVERIFY(client.start()); // before the other thread's calls have come here
    QTRY_COMPARE(client.idleCount(), 2);
    QCOMPARE(client.state(), Pool::State::Ready);
    QVERIFY(client.take());
    QCOMPARE(client.idleCount(), 2);
}

void tst_ClientPool::dialersSlotsEndWithTheDial()
{
    ServerPool::Configuration serverWish;
    serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1);
    wish.tls.mode = TlsMode::SelfSigned;
    int called = 0;
    ClientPool *pool = nullptr;
    wish.dialer = [&, port = wish.port](QTcpSocket *socket) {
        connect(socket, &QTcpSocket::errorOccurred, this, [&] { called += 1 + pool->idleCount(); });
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    ClientPool client(wish);
    pool = &client;
    fill(server, client, 1);
    QSignalSpy lost(&client, &Pool::connectionLost);
    server.flush();
    QTRY_COMPARE(lost.size(), 1);
    QCOMPARE(called, 0);
}

void tst_ClientPool::dialerMayThrow()
{
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort(), 1);
    wish.dialer = [](QTcpSocket *) { throw std::runtime_error("no route today"); };
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_VERIFY(!errors.isEmpty());
    QCOMPARE(lastError(errors), Pool::Error::ConnectFailed);
    QVERIFY2(lastMessage(errors).contains(u"no route today"), qPrintable(lastMessage(errors)));
}

void tst_ClientPool::putTellsWhenTheStockIsFull()
{
    ClientPool client(stepwiseClientOf(m_server->serverPort(), 1));
    fill(*m_server, client, 1);
    const QFuture<Connection> another = client.acquire(ConnectionId::fromString(u"another1"));
    QTcpSocket socket;
    QTcpServer peer;
    QVERIFY(peer.listen(QHostAddress::LocalHost));
    socket.connectToHost(QHostAddress::LocalHost, peer.serverPort());
    QVERIFY(socket.waitForConnected());
    QString reason;
    QVERIFY(!client.put(ConnectionId::fromString(u"surplus1"), &socket, &reason));
    QVERIFY2(reason.startsWith(u"1 connections are idle"), qPrintable(reason));
    QCOMPARE(client.idleCount(), 1);
}

void tst_ClientPool::slotOfTheStartMayRunAnEventLoop()
{
    ServerPool server;
    listen(server);
    for (int run = 0; run < 2; ++run) {
        ClientPool client(stepwiseClientOf(server.serverPort(), 2));
        connect(&client, &Pool::stateChanged, this, [&](Pool::State state) {
            if (state != Pool::State::Starting)
                return;
            client.checkStock();
            QTRY_VERIFY(client.idleCount() > 0);
        });
        for (int again = 0; again <= run; ++again) {
            client.close();
            QVERIFY(client.start());
            QTRY_COMPARE(client.idleCount(), 2);
        }
    }
}

QTEST_GUILESS_MAIN(tst_ClientPool)
#include "tst_clientpool.moc"
