// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "readyfuture.h"

#include <QtCore/QTimer>

#include <memory>

// A slot or a continuation may run an event loop, with a message box for instance: meanwhile the pool goes on.
class tst_NestedLoops : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void clientRecoversInAnErrorSlot_data();
    void clientRecoversInAnErrorSlot();
    void slotOfAClientIsServed_data();
    void slotOfAClientIsServed();
    void clientFillsDuringASlot_data();
    void clientFillsDuringASlot();
    void clientFillsDuringAContinuation();
    void checksBeginDuringASlot();
    void endsAreToldDuringASlot();
    void serverTakesInClientsDuringASlot_data();
    void serverTakesInClientsDuringASlot();
    void waitersTimeOutDuringAContinuation();
};

namespace {

// Runs its body once, at the first emission of a signal of a pool.
template<typename Body> void atFirst(Pool &pool, const QString &signal, Body body)
{
    const auto once = [body, hasRun = std::make_shared<bool>(false)] {
        if (!std::exchange(*hasRun, true))
            body();
    };
    if (signal == u"ready")
        QObject::connect(&pool, &Pool::ready, &pool, once);
    else if (signal == u"stateChanged")
        QObject::connect(&pool, &Pool::stateChanged, &pool, once);
    else if (signal == u"idleCountChanged")
        QObject::connect(&pool, &Pool::idleCountChanged, &pool, once);
    else if (signal == u"connectionAvailable")
        QObject::connect(&pool, &Pool::connectionAvailable, &pool, once);
    else if (signal == u"connectionLost")
        QObject::connect(&pool, &Pool::connectionLost, &pool, once);
    else if (signal == u"connectionClosed")
        QObject::connect(&pool, &Pool::connectionClosed, &pool, once);
    else if (signal == u"intervalChanged")
        QObject::connect(&pool, &Pool::intervalChanged, &pool, once);
    else if (signal == u"capacityChanged")
        QObject::connect(&pool, &Pool::capacityChanged, &pool, once);
    else if (signal == u"errorCountChanged")
        QObject::connect(&pool, &Pool::errorCountChanged, &pool, once);
    else
        QObject::connect(&pool, &Pool::errorOccurred, &pool, once);
}

void addSignalsAndThreads()
{
    QTest::addColumn<QString>("signal");
    QTest::addColumn<int>("threads");
    for (const char *signal :
         {"ready", "stateChanged", "idleCountChanged", "connectionAvailable", "intervalChanged", "capacityChanged"}) {
        for (const int threads : {0, 1})
            QTest::addRow("%s, %d setup threads", signal, threads) << QString::fromLatin1(signal) << threads;
    }
}

} // namespace

void tst_NestedLoops::clientRecoversInAnErrorSlot_data()
{
    QTest::addColumn<QString>("signal");
    QTest::addColumn<int>("threads");
    QTest::addColumn<bool>("hasDialer");
    for (const char *signal : {"errorOccurred", "errorCountChanged", "stateChanged"}) {
        for (const int threads : {0, 1}) {
            for (const bool hasDialer : {false, true})
                QTest::addRow("%s, %d setup threads%s", signal, threads, hasDialer ? ", dialer" : "")
                        << QString::fromLatin1(signal) << threads << hasDialer;
        }
    }
}

void tst_NestedLoops::clientRecoversInAnErrorSlot()
{
    QFETCH(const QString, signal);
    QFETCH(const int, threads);
    QFETCH(const bool, hasDialer);
    ServerPool server;
    listen(server);
    const quint16 port = server.serverPort();
    server.close();
    ClientPool::Configuration wish = clientOf(port);
    wish.setupThreads = threads;
    wish.sizing.maximumBackoff = 100ms;
    if (hasDialer)
        wish.dialer = [port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
    ClientPool client(wish);
    bool isOver = false;
    const auto recover = [&] {
        QVERIFY(server.listen(QHostAddress::LocalHost, port));
        QTRY_COMPARE(client.idleCount(), 4);
        isOver = true;
    };
    if (signal == u"stateChanged") { // to Degraded
        connect(&client, &Pool::stateChanged, this, [&](Pool::State state) {
            if (state == Pool::State::Degraded)
                recover();
        });
    } else {
        atFirst(client, signal, recover);
    }
    QVERIFY(client.start());
    QTRY_VERIFY_WITH_TIMEOUT(isOver, longer(15000));
}

void tst_NestedLoops::slotOfAClientIsServed_data()
{
    addSignalsAndThreads();
}

// Although it wants more than there are.
void tst_NestedLoops::slotOfAClientIsServed()
{
    QFETCH(const QString, signal);
    QFETCH(const int, threads);
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort());
    wish.sizing.minimumCapacity = 1;
    wish.setupThreads = threads;
    ClientPool client(wish);
    std::vector<Connection> leases;
    bool isOver = false;
    atFirst(client, signal, [&] {
        for (int i = 0; i < 6; ++i) {
            leases.push_back(client.waitForConnection(longer(5s)));
            QVERIFY(leases.back());
        }
        isOver = true;
    });
    QVERIFY(client.start() || isOver);
    QTRY_VERIFY_WITH_TIMEOUT(isOver, longer(35000));
}

void tst_NestedLoops::clientFillsDuringASlot_data()
{
    addSignalsAndThreads();
    QTest::newRow("connectionLost, 0 setup threads") << QStringLiteral("connectionLost") << 0;
    QTest::newRow("connectionClosed, 0 setup threads") << QStringLiteral("connectionClosed") << 0;
}

void tst_NestedLoops::clientFillsDuringASlot()
{
    QFETCH(const QString, signal);
    QFETCH(const int, threads);
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort());
    wish.setupThreads = threads;
    ClientPool client(wish);
    bool isOver = false;
    if (signal == u"connectionLost" || signal == u"connectionClosed") {
        fill(server, client);
        QTimer::singleShot(0, &server, [&] { server.take().discard(); });
    }
    atFirst(client, signal, [&] {
        for (int i = 0; i < 3; ++i) {
            QTRY_COMPARE(client.idleCount(), 4);
            client.flush();
        }
        QTRY_COMPARE(client.idleCount(), 4);
        isOver = true;
    });
    QVERIFY(client.start() || isOver);
    QTRY_VERIFY_WITH_TIMEOUT(isOver, longer(25000));
}

void tst_NestedLoops::clientFillsDuringAContinuation()
{
    ServerPool server;
    listen(server);
    ClientPool client(stepwiseClientOf(server.serverPort()));
    QVERIFY(client.start());
    bool isOver = false;
    auto served = client.acquire().then([&](Connection) {
        for (int i = 0; i < 3; ++i) {
            QTRY_COMPARE(client.idleCount(), 4);
            client.flush();
        }
        isOver = true;
    });
    QTRY_VERIFY_WITH_TIMEOUT(isOver, longer(25000));
}

// Of the connection that a waiter waits for.
void tst_NestedLoops::checksBeginDuringASlot()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 2);
    wish.hooks.validator = [](QTcpSocket *) { return readyFuture(true); };
    wish.hooks.validateAfter = 0ms;
    wish.limits.maximumConnections = 2;
    ClientPool client(wish);
    fill(server, client, 2);
    QFuture<Connection> waiting;
    bool isOver = false;
    atFirst(client, QStringLiteral("idleCountChanged"), [&] {
        QTRY_VERIFY(waiting.isFinished());
        isOver = true;
    });
    waiting = client.acquire(); // which takes one out of the stock for its validator
    QTRY_VERIFY(isOver);
}

void tst_NestedLoops::endsAreToldDuringASlot()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort()));
    fill(server, client);
    QSignalSpy lost(&client, &Pool::connectionLost);
    bool isOver = false;
    atFirst(client, QStringLiteral("connectionLost"), [&] {
        QTRY_COMPARE(lost.size(), 4);
        isOver = true;
    });
    server.close(); // ends all four at a time
    QTRY_VERIFY(isOver);
}

void tst_NestedLoops::serverTakesInClientsDuringASlot_data()
{
    QTest::addColumn<QString>("signal");
    QTest::addColumn<int>("threads");
    QTest::addColumn<bool>("isEncrypted");
    for (const char *signal : {"ready", "stateChanged", "idleCountChanged", "connectionAvailable", "connectionLost",
                               "connectionClosed", "capacityChanged", "errorOccurred", "errorCountChanged"}) {
        for (const int threads : {0, 1}) {
            for (const bool isEncrypted : {false, true})
                QTest::addRow("%s, %d setup threads%s", signal, threads, isEncrypted ? ", TLS" : "")
                        << QString::fromLatin1(signal) << threads << isEncrypted;
        }
    }
}

void tst_NestedLoops::serverTakesInClientsDuringASlot()
{
    QFETCH(const QString, signal);
    QFETCH(const int, threads);
    QFETCH(const bool, isEncrypted);
    ServerPool::Configuration wish;
    wish.setupThreads = threads;
    wish.tls.enabled = isEncrypted;
    if (isEncrypted)
        wish.tls.configuration = Certificates::showing(QStringLiteral("server"));
    ServerPool server(wish);
    quint16 port = 0;
    bool isOver = false;
    const bool isAtStart = signal == u"ready" || signal == u"stateChanged";
    const auto connectClients = [&] {
        if (isAtStart)
            port = server.serverPort();
        ClientPool::Configuration theirs = stepwiseClientOf(port);
        theirs.tls.mode = isEncrypted ? TlsMode::SelfSigned : TlsMode::None;
        ClientPool client(theirs);
        QVERIFY(client.start());
        QTRY_COMPARE_WITH_TIMEOUT(client.idleCount(), 4, longer(10000));
        isOver = true;
    };
    if (isAtStart)
        atFirst(server, signal, connectClients);
    listen(server);
    port = server.serverPort();
    if (!isAtStart)
        atFirst(server, signal, connectClients);
    QTcpSocket peer; // which is all right, or fails
    if (signal == u"capacityChanged") {
        wish.maximumCapacity = 100;
        QVERIFY(server.setConfiguration(wish));
    } else if (signal.startsWith(u"error")) {
        server.addConnection(-1);
        peer.connectToHost(QHostAddress::LocalHost, port);
        connect(&peer, &QTcpSocket::connected, &peer, [&peer] { peer.write("no ClientHello\r\n"); });
    } else if (!isAtStart) {
        ClientPool::Configuration theirs = stepwiseClientOf(port, 1);
        theirs.tls.mode = isEncrypted ? TlsMode::SelfSigned : TlsMode::None;
        ClientPool client(theirs);
        QVERIFY(client.start());
        QTRY_VERIFY(isOver || client.idleCount() == 1);
        client.close();
        QTRY_VERIFY_WITH_TIMEOUT(isOver, longer(15000));
    }
    QTRY_VERIFY_WITH_TIMEOUT(isOver, longer(15000));
}

void tst_NestedLoops::waitersTimeOutDuringAContinuation()
{
    ClientPool::Configuration wish = clientOf(1);
    wish.dialer = [](QTcpSocket *) {};
    ClientPool client(wish);
    QVERIFY(client.start());
    QFuture<Connection> second;
    bool isOver = false;
    auto first = client.acquire(100ms).then([](Connection) {}).onFailed([&](const PoolException &) {
        QTRY_VERIFY(second.isFinished());
        isOver = true;
    });
    second = client.acquire(100ms);
    QTest::qSleep(110); // both are late by the next turn
    QTRY_VERIFY_WITH_TIMEOUT(isOver, longer(10000));
}

QTEST_GUILESS_MAIN(tst_NestedLoops)
#include "tst_nestedloops.moc"
