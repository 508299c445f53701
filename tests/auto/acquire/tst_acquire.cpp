// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "testmain.h"
#include "troubleshooting.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QPromise>
#include <QtCore/QRegularExpression>
#include <QtCore/QTimer>
#include <QtNetwork/QNetworkProxy>

#include <optional>
#include <thread>

// Waiting for a connection: in line, by ID, blocking, and all the ways in which it fails.
class tst_Acquire : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void isServedAtOnceFromTheStock();
    void isServedByAConnectionGivenBack();
    void isServedInOrderOfArrival();
    void isServedById();
    void chainOfServingsEndsWell();
    void makesTheClientDialAtOnce();
    void timesOutWithTheReason();
    void timeoutSaysWhatThePoolWasDoing_data();
    void timeoutSaysWhatThePoolWasDoing();
    void timeoutNamesAnEventLoopThatHasNeverRun_data();
    void timeoutNamesAnEventLoopThatHasNeverRun();
    void poolThatWasNeverStartedSaysWhatToDo();
    void poolWithoutAnEventLoopSaysSo();
    void failsWhenTooManyWait();
    void failsWhenThePoolCloses();
    void failsWhenThePoolIsNotRunning();
    void cancelLeavesTheLine();
    void resultThatNobodyTakesGoesHome();
    void continuationGetsTheConnection();
    void chainsMayHandItOn_data();
    void chainsMayHandItOn();
    void resultIsTakenOnce();
    void timeoutIsKeptWhileThePoolsThreadBlocks_data();
    void timeoutIsKeptWhileThePoolsThreadBlocks();
    void timeoutIsLeftToThePoolsThread();
    void blocksInAnotherThread();
    void blocksInThePoolsThread();
    void blockingGivesUp();
    void blockingTellsWhy();
    void blockingEndsWhenTheApplicationQuits();

private:
    std::optional<ServerPool> m_server;
    std::optional<ClientPool> m_client;
};

void tst_Acquire::init()
{
    m_server.emplace();
    listen(*m_server);
    m_client.emplace(clientOf(m_server->serverPort(), 2));
    fill(*m_server, *m_client, 2);
}

void tst_Acquire::cleanup()
{
    m_client.reset();
    m_server.reset();
}

template<typename Body> static std::optional<Pool::Error> failureOf(Body body, QString *message = nullptr)
{
    try {
        body();
    } catch (const PoolException &failure) {
        if (message)
            *message = failure.message();
        return failure.error();
    }
    return std::nullopt;
}

void tst_Acquire::isServedAtOnceFromTheStock()
{
    QFuture<Connection> future = m_server->acquire();
    QVERIFY(future.isFinished());
    QVERIFY(future.takeResult());
}

void tst_Acquire::isServedByAConnectionGivenBack()
{
    ServerPool::Configuration single;
    single.connectionMode = ConnectionMode::Single;
    ServerPool pool(single);
    listen(pool);
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, pool.serverPort());
    QTRY_COMPARE(pool.idleCount(), 1);
    Connection only = pool.take();
    const ConnectionId id = only.id();
    QFuture<Connection> future = pool.acquire();
    QVERIFY(!future.isFinished());
    QCOMPARE(pool.waiterCount(), 1);
    only.giveBack();
    QVERIFY(future.isFinished());
    QCOMPARE(future.takeResult().id(), id);
}

void tst_Acquire::isServedInOrderOfArrival()
{
    ServerPool pool;
    listen(pool);
    QList<int> order;
    QList<QFuture<void>> done;
    std::vector<Connection> kept;
    for (int i = 0; i < 10; ++i) {
        done << pool.acquire().then(this, [&order, &kept, i](Connection connection) {
            order << i;
            kept.push_back(std::move(connection));
        });
    }
    QCOMPARE(pool.waiterCount(), 10);
    ClientPool client(clientOf(pool.serverPort(), 10));
    QVERIFY(client.start());
    QTRY_COMPARE(order.size(), 10);
    QVERIFY(std::is_sorted(order.begin(), order.end()));
}

void tst_Acquire::isServedById()
{
    Connection there = m_server->take();
    const ConnectionId id = there.id();
    Connection here = m_client->take(id);
    QVERIFY(here);
    QFuture<Connection> any = m_client->acquire(ConnectionId::fromString(u"not-here"), 10s);
    QFuture<Connection> certain = m_client->acquire(id);
    QVERIFY(!certain.isFinished());
    here.giveBack();
    QVERIFY(certain.isFinished());
    QCOMPARE(certain.takeResult().id(), id);
    QVERIFY(!any.isFinished());
    any.cancel();
    QTRY_COMPARE(m_client->waiterCount(), 0);
}

// Each continuation ends its lease, which serves the next: with so many, the stack would not hold them all.
void tst_Acquire::chainOfServingsEndsWell()
{
    constexpr int many = 100000;
    Connection first = m_server->take();
    const Connection second = m_server->take();
    int served = 0;
    for (int i = 0; i < many; ++i)
        m_server->acquire().then([&served](const Connection &connection) { served += bool(connection); });
    first.giveBack();
    QCOMPARE(served, many);
    QCOMPARE(m_server->idleCount(), 1);
    QCOMPARE(m_server->statistics().hadToWait, many);
}

void tst_Acquire::makesTheClientDialAtOnce()
{
    ClientPool::Configuration slow = clientOf(m_server->serverPort(), 1);
    slow.sizing.minimumInterval = slow.sizing.maximumInterval = 1h;
    ClientPool client(slow);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const Connection first = client.take();
    QFuture<Connection> future = client.acquire();
    QFuture<Connection> second = client.acquire();
    QTRY_VERIFY(future.isFinished() && second.isFinished());
    QVERIFY(future.takeResult() && second.takeResult());
    QCOMPARE(client.capacity(), 1);
}

void tst_Acquire::timesOutWithTheReason()
{
    ClientPool::Configuration wish = clientOf(m_server->serverPort(), 1);
    QTcpServer closed;
    QVERIFY(closed.listen(QHostAddress::LocalHost));
    wish.port = closed.serverPort();
    closed.close();
    ClientPool client(wish);
    QVERIFY(client.start());
    QFuture<Connection> future = client.acquire(100ms);
    QTRY_VERIFY(future.isFinished());
    QString message;
    QCOMPARE(failureOf([&] { future.waitForFinished(); }, &message), Pool::Error::AcquireTimeout);
    static const QRegularExpression waited(QStringLiteral("within [1-9][0-9]{2,} ms"));
    QVERIFY2(message.contains(waited), qPrintable(message));
    QVERIFY2(message.contains(u"1 waiting"), qPrintable(message));
    QVERIFY2(message.contains(u"refused"), qPrintable(message));
    QCOMPARE(client.waiterCount(), 0);

    QFuture<Connection> atOnce = client.acquire(0ms);
    QTRY_VERIFY(atOnce.isFinished());
    QCOMPARE(failureOf([&] { atOnce.waitForFinished(); }), Pool::Error::AcquireTimeout);
}

void tst_Acquire::failsWhenTooManyWait()
{
    ServerPool::Configuration wish;
    wish.limits.maximumWaiters = 2;
    ServerPool pool(wish);
    listen(pool);
    const QFuture<Connection> first = pool.acquire();
    const QFuture<Connection> second = pool.acquire();
    QFuture<Connection> third = pool.acquire();
    QVERIFY(third.isFinished());
    QString message;
    QCOMPARE(failureOf([&] { third.waitForFinished(); }, &message), Pool::Error::TooManyWaiters);
    QVERIFY2(message.contains(u"2"), qPrintable(message));
    QVERIFY(!first.isFinished() && !second.isFinished());
}

void tst_Acquire::failsWhenThePoolCloses()
{
    std::optional<ServerPool> pool(std::in_place);
    listen(*pool);
    QFuture<Connection> first = pool->acquire();
    pool->close();
    QVERIFY(first.isFinished());
    QCOMPARE(failureOf([&] { first.waitForFinished(); }), Pool::Error::Closed);

    listen(*pool);
    QFuture<Connection> second = pool->acquire();
    QVERIFY(!second.isFinished());
    pool.reset();
    QVERIFY(second.isFinished());
    QCOMPARE(failureOf([&] { second.waitForFinished(); }), Pool::Error::Closed);
}

void tst_Acquire::failsWhenThePoolIsNotRunning()
{
    ClientPool client;
    QFuture<Connection> future = client.acquire();
    QVERIFY(future.isFinished());
    QCOMPARE(failureOf([&] { future.waitForFinished(); }), Pool::Error::Closed);
    QVERIFY(!client.take());
    QVERIFY(!client.waitForConnection());
}

namespace {
// A pool in a situation in which it has no connection, and what it says of that.
struct Situation
{
    std::unique_ptr<QObject> peer;
    std::unique_ptr<Pool> pool;
    std::vector<Connection> leases;
    ConnectionId wanted;
    QString sentence; // a regular expression, for what is between the time and the last error
};
using Scene = std::function<void(Situation &)>;

void startClient(Situation &situation, const ClientPool::Configuration &wish)
{
    auto client = std::make_unique<ClientPool>(wish);
    QVERIFY(client->start());
    situation.pool = std::move(client);
}

void startBoth(Situation &situation, const std::function<void(ClientPool::Configuration &)> &change = {})
{
    auto server = std::make_unique<ServerPool>();
    listen(*server);
    ClientPool::Configuration wish = stepwiseClientOf(server->serverPort(), 1);
    wish.limits.maximumConnections = 1;
    if (change)
        change(wish);
    startClient(situation, wish);
    situation.peer = std::move(server);
    QTRY_COMPARE(situation.pool->idleCount(), 1);
}
} // namespace
Q_DECLARE_METATYPE(Scene)

void tst_Acquire::timeoutSaysWhatThePoolWasDoing_data()
{
    QTest::addColumn<Scene>("scene");
    const auto row = [](const char *name, Scene scene) { QTest::newRow(name) << scene; };
    row("server that sends no ID", [](Situation &situation) {
        auto silent = std::make_unique<QTcpServer>();
        QVERIFY(silent->listen(QHostAddress::LocalHost));
        startClient(situation, stepwiseClientOf(silent->serverPort(), 2));
        situation.peer = std::move(silent);
        QTRY_COMPARE(situation.pool->pendingCount(), 2);
        situation.sentence = QStringLiteral("2 being set up, the oldest waiting for the ID, for [0-9.]+ m?s");
    });
    for (const int threads : {0, 1}) {
        QTest::addRow("port that speaks no TLS, %d setup threads", threads) << Scene([threads](Situation &situation) {
            auto silent = std::make_unique<QTcpServer>();
            QVERIFY(silent->listen(QHostAddress::LocalHost));
            ClientPool::Configuration wish = stepwiseClientOf(silent->serverPort(), 1);
            wish.sizing.maximumPending = 1;
            wish.setupThreads = threads;
            wish.tls.mode = TlsMode::SelfSigned;
            startClient(situation, wish);
            QTRY_VERIFY(silent->hasPendingConnections());
            QTcpSocket *socket = silent->nextPendingConnection();
            QTRY_VERIFY(socket->bytesAvailable() > 0); // a ClientHello
            situation.peer = std::move(silent);
            situation.sentence = QStringLiteral("1 being set up, in its TLS handshake, for [0-9.]+ m?s");
        });
    }
    row("proxy that does not answer", [](Situation &situation) {
        auto silent = std::make_unique<QTcpServer>();
        QVERIFY(silent->listen(QHostAddress::LocalHost));
        ClientPool::Configuration wish = stepwiseClientOf(1, 1);
        wish.sizing.maximumPending = 1;
        wish.dialer = [port = silent->serverPort()](QTcpSocket *socket) {
            socket->setProxy(QNetworkProxy(QNetworkProxy::Socks5Proxy, QStringLiteral("127.0.0.1"), port));
            socket->connectToHost(QStringLiteral("192.0.2.1"), 1);
        };
        startClient(situation, wish);
        situation.peer = std::move(silent);
        QTRY_COMPARE(situation.pool->pendingCount(), 1);
        situation.sentence = QStringLiteral("1 being set up, connecting, for [0-9.]+ m?s");
    });
    row("client that says nothing", [](Situation &situation) {
        ServerPool::Configuration wish;
        wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
        auto server = std::make_unique<ServerPool>(wish);
        listen(*server);
        auto socket = std::make_unique<QTcpSocket>();
        socket->connectToHost(QHostAddress::LocalHost, server->serverPort());
        situation.pool = std::move(server);
        situation.peer = std::move(socket);
        QTRY_COMPARE(situation.pool->pendingCount(), 1);
        situation.sentence = QStringLiteral("1 being set up, in its TLS handshake, for [0-9.]+ m?s");
    });
    row("outage", [](Situation &situation) {
        QTcpServer closed;
        QVERIFY(closed.listen(QHostAddress::LocalHost));
        ClientPool::Configuration wish = stepwiseClientOf(closed.serverPort(), 1);
        closed.close();
        wish.sizing.minimumInterval = wish.sizing.maximumInterval = wish.sizing.maximumBackoff = 1h;
        startClient(situation, wish);
        QTRY_COMPARE(situation.pool->state(), Pool::State::Degraded);
        situation.sentence =
                QStringLiteral("none being set up until the pause after failed attempts is over; last error: .*refused.*");
    });
    row("limit", [](Situation &situation) {
        startBoth(situation);
        situation.leases.push_back(situation.pool->take());
        situation.sentence = QStringLiteral("there are as many as limits\\.maximumConnections allows, 1, 1 leased");
    });
    row("check that does not end", [](Situation &situation) {
        startBoth(situation, [](ClientPool::Configuration &wish) {
            wish.hooks.validateAfter = 0ms;
            wish.hooks.validator = [](QTcpSocket *) {
                const auto promise = std::make_shared<QPromise<bool>>();
                promise->start();
                static std::vector<std::shared_ptr<QPromise<bool>>> kept;
                kept.push_back(promise);
                return promise->future();
            };
        });
        QVERIFY(!situation.pool->take()); // which begins it
        situation.sentence = QStringLiteral("there are as many as limits\\.maximumConnections allows, 1, 1 being checked");
    });
    row("leased, by its ID", [](Situation &situation) {
        startBoth(situation);
        situation.leases.push_back(situation.pool->take());
        situation.wanted = situation.leases.front().id();
        situation.sentence = QStringLiteral("it is leased, for [0-9.]+ m?s");
    });
    row("unknown ID", [](Situation &situation) {
        startBoth(situation);
        situation.wanted = ConnectionId::fromString(u"not-here");
        situation.sentence =
                QStringLiteral("there is none of that ID, there are as many as limits\\.maximumConnections allows, 1");
    });
    row("server without peers", [](Situation &situation) {
        auto server = std::make_unique<ServerPool>();
        listen(*server);
        situation.pool = std::move(server);
        situation.sentence = QStringLiteral("no peer is connected");
    });
    row("server whose connections are leased", [](Situation &situation) {
        auto server = std::make_unique<ServerPool>();
        listen(*server);
        auto socket = std::make_unique<QTcpSocket>();
        socket->connectToHost(QHostAddress::LocalHost, server->serverPort());
        situation.pool = std::move(server);
        situation.peer = std::move(socket);
        QTRY_COMPARE(situation.pool->idleCount(), 1);
        situation.leases.push_back(situation.pool->take());
        situation.sentence = QStringLiteral("1 leased");
    });
}

void tst_Acquire::timeoutSaysWhatThePoolWasDoing()
{
    QFETCH(const Scene, scene);
    Situation situation;
    scene(situation);
    if (QTest::currentTestFailed())
        return;
    const QString id = situation.wanted.isNull() ? QString() : situation.wanted.toString() + u' ';
    const QRegularExpression expected(
            QStringLiteral("^no connection %1within [0-9.]+ m?s, 1 waiting: %2$").arg(id, situation.sentence));
    QFuture<Connection> future = situation.pool->acquire(situation.wanted, 20ms);
    QTRY_VERIFY(future.isFinished());
    QString message;
    QCOMPARE(failureOf([&] { future.waitForFinished(); }, &message), Pool::Error::AcquireTimeout);
    QVERIFY2(expected.match(message).hasMatch(), qPrintable(message));
    QVERIFY2(Troubleshooting::tells(Pool::Error::AcquireTimeout, message), qPrintable(message));
    if (!situation.wanted.isNull())
        return;

    QVERIFY(!situation.pool->waitForConnection(20ms, &message));
    QVERIFY2(expected.match(message).hasMatch(), qPrintable(message));
    std::atomic<bool> hasEnded = false;
    std::thread other([&] {
        situation.pool->waitForConnection(100ms, &message);
        hasEnded = true;
    });
    QTRY_VERIFY(hasEnded);
    other.join();
    QVERIFY2(expected.match(message).hasMatch(), qPrintable(message));
}

void tst_Acquire::timeoutNamesAnEventLoopThatHasNeverRun_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<QString>("way");
    for (const bool isServer : {false, true}) {
        for (const char *way : {"acquire", "other thread"})
            QTest::addRow("%s, %s", isServer ? "server" : "client", way) << isServer << QString::fromLatin1(way);
    }
}

void tst_Acquire::timeoutNamesAnEventLoopThatHasNeverRun()
{
    QFETCH(const bool, isServer);
    QFETCH(const QString, way);
    ServerPool server;
    ClientPool client(clientOf(m_server->serverPort()));
    Pool &pool = isServer ? static_cast<Pool &>(server) : client;
    if (isServer)
        listen(server);
    else
        QVERIFY(client.start());
    QString message;
    if (way == u"acquire")
        QCOMPARE(failureOf([&] { pool.acquire(50ms).waitForFinished(); }, &message), Pool::Error::AcquireTimeout);
    else
        std::thread([&] { pool.waitForConnection(50ms, &message); }).join();
    const QString expected = QStringLiteral("; the event loop of the pool's thread has not run since %1: run it, or call "
                                            "waitForConnection() in that thread")
                                     .arg(isServer ? QLatin1String("listen()") : QLatin1String("start()"));
    QVERIFY2(message.endsWith(expected), qPrintable(message));
    QVERIFY(Troubleshooting::tells(Pool::Error::AcquireTimeout, message));
}

void tst_Acquire::poolThatWasNeverStartedSaysWhatToDo()
{
    const auto check = [](Pool &pool, const char *category, const QString &why) {
        const QByteArray warning = "a connection was asked for, and there is none: " + why.toUtf8();
        static QList<QPair<QByteArray, QString>> warnings;
        warnings.clear();
        const QtMessageHandler former =
                qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &context, const QString &text) {
                    if (type == QtWarningMsg)
                        warnings.append({context.category, text});
                });
        QVERIFY(!pool.take());
        QVERIFY(!pool.take(ConnectionId::fromString(u"not-here")));
        QString message;
        QVERIFY(!pool.waitForConnection(1s, &message));
        QString elsewhere;
        std::thread([&] { pool.waitForConnection(1s, &elsewhere); }).join();
        qInstallMessageHandler(former);
        QCOMPARE(message, why);
        QCOMPARE(elsewhere, why);
        QCOMPARE(warnings.size(), 1);
        QCOMPARE(warnings.front().first, QByteArray(category));
        QCOMPARE(warnings.front().second.toUtf8(), warning);
        QCOMPARE(failureOf([&] { pool.acquire().waitForFinished(); }, &message), Pool::Error::Closed);
        QCOMPARE(message, why);
    };
    ClientPool client(clientOf(1));
    check(client, "qnetpool.client", QStringLiteral("the pool is not running: call start() first"));
    ServerPool server;
    check(server, "qnetpool.server", QStringLiteral("the pool is not running: call listen() first"));
    ClientPool unfit(clientOf(0));
    QVERIFY(!unfit.start());
    check(unfit, "qnetpool.client",
          QStringLiteral("the pool is not running: the configuration cannot work: the port of host 127.0.0.1 is 0"));

    QString message;
    listen(server);
    server.close();
    QVERIFY(!server.waitForConnection(1s, &message));
    QCOMPARE(message, QStringLiteral("the pool is not running: it was closed"));
    const Connection lease = m_server->take();
    m_server->drain();
    QVERIFY(!m_server->waitForConnection(1s, &message));
    QCOMPARE(message, QStringLiteral("the pool is not running: it is draining"));
}

// Who polls take() or idleCount() in place of an event loop.
void tst_Acquire::poolWithoutAnEventLoopSaysSo()
{
    static QStringList warnings;
    warnings.clear();
    ClientPool client(clientOf(m_server->serverPort()));
    QVERIFY(client.start());
    const QtMessageHandler former =
            qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &, const QString &text) {
                if (type == QtWarningMsg)
                    warnings << text;
            });
    QElapsedTimer busy;
    busy.start();
    while (warnings.isEmpty() && !busy.hasExpired(longer(5000)))
        client.take();
    client.take();
    qInstallMessageHandler(former);
    QCOMPARE(warnings,
             QStringList(QStringLiteral("a connection was asked for, and there is none: the event loop of the pool's thread "
                                        "has not run since start(): run it, or call waitForConnection() in that thread")));
    QVERIFY(client.waitForConnection(20s));
}

void tst_Acquire::cancelLeavesTheLine()
{
    ServerPool pool;
    listen(pool);
    QFuture<Connection> first = pool.acquire();
    QFuture<Connection> second = pool.acquire();
    QCOMPARE(pool.waiterCount(), 2);
    first.cancel();
    QTRY_COMPARE(pool.waiterCount(), 1);
    ClientPool client(clientOf(pool.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_VERIFY(second.isFinished());
    QVERIFY(second.takeResult());
    QVERIFY(first.isCanceled());
    QCOMPARE(first.resultCount(), 0);
}

void tst_Acquire::resultThatNobodyTakesGoesHome()
{
    {
        const QFuture<Connection> future = m_server->acquire();
        QCOMPARE(m_server->leasedCount(), 1);
    }
    QCOMPARE(m_server->leasedCount(), 0);
    QCOMPARE(m_server->idleCount(), 2);

    {
        // The same when it has to wait, and nobody waits for it.
        Connection first = m_server->take();
        Connection second = m_server->take();
        static_cast<void>(m_server->acquire());
        QCoreApplication::processEvents();
        first.giveBack();
        QTRY_COMPARE(m_server->idleCount(), 1);
    }
    QCOMPARE(m_server->idleCount(), 2);

    // Canceled without a turn of the event loop, so that the line has not heard of it when the connection comes.
    Connection first = m_server->take();
    Connection second = m_server->take();
    QFuture<Connection> future = m_server->acquire();
    future.cancel();
    first.giveBack();
    QCOMPARE(m_server->idleCount(), 1);
    QCOMPARE(m_server->waiterCount(), 0);
}

void tst_Acquire::continuationGetsTheConnection()
{
    bool isWorking = false;
    QFuture<void> done = m_client->acquire().then(
            this, [&](Connection connection) { isWorking = connection->state() == QAbstractSocket::ConnectedState; });
    QTRY_VERIFY(isWorking);

    QString failure;
    m_client->close();
    m_client->acquire().then(this, [](Connection) {}).onFailed(this, [&failure](const PoolException &exception) {
        failure = exception.message();
    });
    QTRY_VERIFY(!failure.isEmpty());
}

void tst_Acquire::chainsMayHandItOn_data()
{
    QTest::addColumn<bool>("waits");
    QTest::addColumn<QString>("way");
    for (const bool waits : {false, true}) {
        for (const char *way : {"then", "context", "failure handler", "canceled handler", "thread"})
            QTest::addRow("%s, %s", way, waits ? "waits" : "at once") << waits << QString::fromLatin1(way);
    }
}

void tst_Acquire::chainsMayHandItOn()
{
    QFETCH(const bool, waits);
    QFETCH(const QString, way);
    std::vector<Connection> others;
    while (waits && m_client->idleCount() > 0)
        others.push_back(m_client->take());
    int runs = 0;
    const auto handOn = [&runs](Connection connection) {
        ++runs;
        return connection;
    };
    QFuture<Connection> first = m_client->acquire();
    QFuture<Connection> last;
    if (way == u"then")
        last = first.then(handOn).then(handOn).then(handOn);
    else if (way == u"context")
        last = first.then(this, handOn).then(this, handOn).then(this, handOn);
    else if (way == u"failure handler")
        last = first.then(handOn).onFailed([](const PoolException &) { return Connection(); }).then(handOn).then(handOn);
    else if (way == u"canceled handler")
        last = first.then(handOn).onCanceled([] { return Connection(); }).then(handOn).then(handOn);
    else
        last = first.then(QtFuture::Launch::Async, handOn).then(QtFuture::Launch::Async, handOn).then(handOn);
    others.clear();
    QTRY_VERIFY(last.isFinished());
    const Connection connection = last.takeResult();
    QVERIFY(connection);
    QCOMPARE(connection->state(), QAbstractSocket::ConnectedState);
    QCOMPARE(runs, 3);
}

void tst_Acquire::resultIsTakenOnce()
{
    QFuture<Connection> future = m_client->acquire();
    QVERIFY(future.takeResult());
    QVERIFY(!future.takeResult());
    QVERIFY(future.isFinished());
}

void tst_Acquire::timeoutIsKeptWhileThePoolsThreadBlocks_data()
{
    QTest::addColumn<QString>("way");
    for (const char *way : {"waitForFinished", "result", "chain", "other thread"})
        QTest::newRow(way) << QString::fromLatin1(way);
}

void tst_Acquire::timeoutIsKeptWhileThePoolsThreadBlocks()
{
    QFETCH(const QString, way);
    const auto wait = [this, way] {
        QFuture<Connection> future = m_client->acquire(ConnectionId::fromString(u"not-here"), 100ms);
        if (way == u"result") {
            future.takeResult();
        } else if (way == u"chain") {
            future.then([](Connection connection) { return connection; }).waitForFinished();
        } else {
            future.waitForFinished();
        }
    };
    QString message;
    std::optional<Pool::Error> failure;
    if (way == u"other thread") {
        std::thread([&] { failure = failureOf(wait, &message); }).join(); // which blocks the pool's
    } else {
        failure = failureOf(wait, &message);
    }
    QCOMPARE(failure, Pool::Error::AcquireTimeout);
    QVERIFY2(message.endsWith(u"waitForConnection() is the way to block in the pool's own thread"), qPrintable(message));
    QVERIFY(Troubleshooting::tells(Pool::Error::AcquireTimeout, message));
    QCOMPARE(m_client->statistics().timedOut, 1);
    QCOMPARE(m_client->waiterCount(), 0);
}

void tst_Acquire::timeoutIsLeftToThePoolsThread()
{
    QString message;
    const QThread *thread = nullptr;
    QFuture<void> failed = m_client->acquire(ConnectionId::fromString(u"not-here"), 30ms)
                                   .then([](Connection) {})
                                   .onFailed([&](const PoolException &failure) {
                                       message = failure.message();
                                       thread = QThread::currentThread();
                                   });
    QTRY_VERIFY(failed.isFinished());
    QCOMPARE(thread, QThread::currentThread());
    QVERIFY2(!message.contains(u"waitForConnection"), qPrintable(message));
}

void tst_Acquire::blocksInAnotherThread()
{
    ServerPool pool;
    listen(pool);
    std::atomic<bool> isServed = false;
    std::thread waiting([&] {
        Connection connection = pool.waitForConnection(20s);
        isServed = connection && connection->state() == QAbstractSocket::ConnectedState;
    });
    QTRY_COMPARE(pool.waiterCount(), 1);
    ClientPool client(clientOf(pool.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_VERIFY(isServed);
    waiting.join();
}

void tst_Acquire::blocksInThePoolsThread()
{
    ServerPool pool;
    listen(pool);
    ClientPool client(clientOf(pool.serverPort(), 1));
    QVERIFY(client.start()); // it needs this thread's event loop to dial
    const Connection there = pool.waitForConnection(20s);
    QVERIFY(there);
    QVERIFY(client.waitForConnection(20s));
}

void tst_Acquire::blockingGivesUp()
{
    ServerPool pool;
    listen(pool);
    QVERIFY(!pool.waitForConnection(50ms));
    QCOMPARE(pool.waiterCount(), 0);
    // In time, even while the pool's thread does nothing for it.
    bool hasConnection = true;
    std::thread([&] { hasConnection = bool(pool.waitForConnection(50ms)); }).join();
    QVERIFY(!hasConnection);
    QCOMPARE(pool.waiterCount(), 0);

    std::thread closed([&] { hasConnection = bool(pool.waitForConnection(-1ms)); });
    QTRY_COMPARE(pool.waiterCount(), 1);
    hasConnection = true;
    pool.close();
    closed.join();
    QVERIFY(!hasConnection);
}

void tst_Acquire::blockingTellsWhy()
{
    ServerPool::Configuration wish;
    wish.limits.maximumWaiters = 1;
    ServerPool pool(wish);
    listen(pool);
    const QFuture<Connection> first = pool.acquire();
    const QString tooMany = QStringLiteral("1 are waiting already, as many as limits.maximumWaiters allows");
    QString reason;
    QVERIFY(!pool.waitForConnection(20s, &reason));
    QCOMPARE(reason, tooMany);
    reason.clear();
    std::thread([&] { pool.waitForConnection(20s, &reason); }).join();
    QCOMPARE(reason, tooMany);

    QFuture<Connection>(first).cancel();
    QTRY_COMPARE(pool.waiterCount(), 0);
    std::thread closed([&] { pool.waitForConnection(-1ms, &reason); });
    QTRY_COMPARE(pool.waiterCount(), 1);
    pool.close();
    closed.join();
    QCOMPARE(reason, QStringLiteral("the pool was closed"));

    reason = QStringLiteral("untouched");
    QVERIFY(m_client->waitForConnection(20s, &reason));
    QCOMPARE(reason, QStringLiteral("untouched"));
}

void tst_Acquire::blockingEndsWhenTheApplicationQuits()
{
    ServerPool pool;
    listen(pool);
    bool hasEnded = false;
    QTimer::singleShot(0, this, [&] {
        QTimer::singleShot(0, qApp, &QCoreApplication::quit);
        QString reason;
        const bool isServed = bool(pool.waitForConnection(-1ms, &reason));
        QCOMPARE(reason, QStringLiteral("the event loop was ended meanwhile"));
        const bool isServedLater = bool(pool.waitForConnection(-1ms)); // and at once from then on
        hasEnded = !isServed && !isServedLater;
    });
    QCoreApplication::exec();
    QVERIFY(hasEnded);
}

QNETPOOL_TEST_MAIN(tst_Acquire)
#include "tst_acquire.moc"
