// SPDX-License-Identifier: BSD-3-Clause
// Whatever goes out is alive, in step and of today's configuration, whichever way it goes: from the stock, or straight from
// its setup, its check or its last holder to somebody who waits.
#include "pools.h"
#include "selfconnect.h"
#include "testmain.h"
#include "threadedserver.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QLoggingCategory>
#include <QtCore/QRegularExpression>
#include <QtCore/QThread>

#include <stdexcept>

// Answers each line with itself, once it is told to.
class LineServer : public QTcpServer
{
public:
    explicit LineServer(bool answersAtOnce = false) : m_answersAtOnce(answersAtOnce)
    {
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = nextPendingConnection())
                connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
                    m_due.append({socket, socket->readAll()});
                    if (m_answersAtOnce)
                        answer();
                });
        });
        if (!listen(QHostAddress::LocalHost))
            qFatal("no port left");
    }
    int due() const { return int(m_due.size()); }
    void answer()
    {
        for (const auto &[socket, bytes] : std::exchange(m_due, {})) {
            if (socket)
                socket->write(bytes);
        }
    }

private:
    const bool m_answersAtOnce;
    QList<std::pair<QPointer<QTcpSocket>, QByteArray>> m_due;
};

class tst_HandOuts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void leaseThatEndsBeforeItsAnswerIsClosed_data();
    void leaseThatEndsBeforeItsAnswerIsClosed();
    void nobodyReadsTheAnswerToAnother();
    void answeredLeaseIsKept_data();
    void answeredLeaseIsKept();
    void nextRequestInTheSlotThatReadsIsSeen();
    void isSeenWhateverTheHolderDisconnects();
    void exceptionClosesItAlways();
    void givenBackIsBelieved();
    void multiModeAndServersDecideForThemselves();
    void unexpectedBytesAreOutOfStepByDefault();
    void greetingIsTold();
    void deadNewOnesDoNotGoToWaiters_data();
    void deadNewOnesDoNotGoToWaiters();
    void deadReturnedOnesDoNotGoToWaiters();
    void lastWordsGoToWhoAskedForThem();
    void formerPeersConnectionsDoNotGoOut_data();
    void formerPeersConnectionsDoNotGoOut();
    void formerPeersLastWordsDoNotGoOut();
    void formerSecurityDoesNotGoOut();
    void serversFormerSecurityDoesNotGoOut();
    void peersNotAllowedAnyMoreDoNotGoOut();
    void handshakesOfTheFormerConfigurationDoNotGoOut_data();
    void handshakesOfTheFormerConfigurationDoNotGoOut();
    void peersStillAllowedStay();
    void dialerThatStaysIsNoOtherPeer();
    void keepsTheNameItWasDialledAt();
#ifdef Q_OS_LINUX
    void connectionsToItselfAreRefused_data();
    void connectionsToItselfAreRefused();
#endif
};

static ClientPool::Configuration singleClientOf(quint16 port, int capacity = 1)
{
    ClientPool::Configuration wish = clientOf(port, capacity);
    wish.connectionMode = ConnectionMode::Single;
    wish.limits.maximumConnections = capacity; // so that none finds the stock full
    return wish;
}

// How a lease may end by itself.
static void endByItself(const QString &way, Connection connection)
{
    if (way == u"assigned to") {
        connection = Connection();
    } else if (way == u"elsewhere") {
        const std::unique_ptr<QThread> thread(
                QThread::create([lease = std::move(connection)]() mutable { Connection(std::move(lease)); }));
        thread->start();
        thread->wait();
    } else if (way == u"future") {
        QFutureInterface<Connection> promise;
        promise.reportStarted();
        promise.reportAndMoveResult(std::move(connection));
        promise.reportFinished();
    }
}

void tst_HandOuts::leaseThatEndsBeforeItsAnswerIsClosed_data()
{
    QTest::addColumn<QString>("way");
    QTest::addColumn<bool>("isEncrypted");
    for (const char *way : {"destroyed", "assigned to", "elsewhere", "future"}) {
        QTest::addRow("%s, TCP", way) << QString::fromLatin1(way) << false;
        QTest::addRow("%s, TLS", way) << QString::fromLatin1(way) << true;
    }
}

void tst_HandOuts::leaseThatEndsBeforeItsAnswerIsClosed()
{
    QFETCH(const QString, way);
    QFETCH(const bool, isEncrypted);
    ServerPool::Configuration serverWish;
    serverWish.connectionMode = ConnectionMode::Single;
    serverWish.tls.enabled = isEncrypted;
    if (isEncrypted)
        serverWish.tls.configuration = Certificates::showing(QStringLiteral("server"));
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = singleClientOf(server.serverPort());
    if (isEncrypted)
        wish.tls.mode = TlsMode::SelfSigned;
    ClientPool client(wish);
    fill(server, client, 1);
    Connection first = client.take();
    first->write("mine\n");
    endByItself(way, std::move(first));
    QTRY_COMPARE(client.statistics().outOfStep, 1);
    QCOMPARE(client.statistics().givenBack, 0);
    QTRY_COMPARE(client.idleCount(), 1);
}

void tst_HandOuts::nobodyReadsTheAnswerToAnother()
{
    LineServer server;
    ClientPool client(singleClientOf(server.serverPort(), 4));
    QVERIFY(client.start());
    for (int i = 0; i < 50; ++i) {
        QTRY_VERIFY(client.idleCount() > 0);
        const int due = server.due();
        Connection hasty = client.take();
        hasty->write("another's\n");
        hasty->flush();
        QTRY_COMPARE(server.due(), due + 1);
        hasty = Connection();
        if (i % 2)
            server.answer();
        QTRY_VERIFY(client.idleCount() > 0);
        Connection next = client.take();
        next->write("mine\n");
        next->flush();
        QTRY_COMPARE(server.due(), i % 2 ? 1 : due + 2);
        server.answer();
        QTRY_VERIFY(next->canReadLine());
        QCOMPARE(next->readAll(), "mine\n");
    }
}

void tst_HandOuts::answeredLeaseIsKept_data()
{
    QTest::addColumn<QString>("reading");
    for (const char *reading :
         {"readAll", "read", "readLine", "getChar", "skip", "wait", "event loop", "slot", "transaction"})
        QTest::newRow(reading) << QString::fromLatin1(reading);
}

void tst_HandOuts::answeredLeaseIsKept()
{
    QFETCH(const QString, reading);
    const ThreadedServer server([](QTcpSocket *socket) {
        connect(socket, &QTcpSocket::readyRead, socket, [socket] { socket->write(socket->readAll()); });
    });
    ClientPool client(singleClientOf(server.port()));
    QVERIFY(client.start());
    for (int i = 0; i < 3; ++i) {
        QTRY_COMPARE(client.idleCount(), 1);
        Connection lease = client.take();
        QTcpSocket *socket = lease.socket();
        QByteArray answer;
        if (reading == u"slot")
            connect(socket, &QTcpSocket::readyRead, this, [&] { answer += socket->readAll(); });
        socket->write("one\n");
        if (reading == u"wait") {
            QVERIFY(socket->waitForReadyRead(longer(5000)));
        } else if (reading != u"slot") {
            QTRY_COMPARE(socket->bytesAvailable(), 4);
        }
        if (reading == u"slot")
            QTRY_COMPARE(answer, "one\n");
        else if (reading == u"read")
            QCOMPARE(socket->read(4), "one\n");
        else if (reading == u"readLine")
            QCOMPARE(socket->readLine(), "one\n");
        else if (reading == u"skip")
            QCOMPARE(socket->skip(4), 4);
        else if (reading == u"getChar")
            for (char byte; socket->getChar(&byte);)
                ;
        else if (reading == u"transaction") {
            socket->startTransaction();
            QCOMPARE(socket->readAll(), "one\n");
            socket->commitTransaction();
        } else
            QCOMPARE(socket->readAll(), "one\n");
    }
    QCOMPARE(client.statistics().givenBack, 3);
    QCOMPARE(client.statistics().created, 1);
}

void tst_HandOuts::nextRequestInTheSlotThatReadsIsSeen()
{
    LineServer server(true);
    ClientPool client(singleClientOf(server.serverPort()));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    Connection lease = client.take();
    connect(lease.socket(), &QTcpSocket::readyRead, this, [&] {
        if (!lease)
            return;
        lease->readAll();
        lease->write("two\n");
        lease = Connection(); // before the second answer
    });
    lease->write("one\n");
    QTRY_COMPARE(client.statistics().outOfStep, 1);
}

void tst_HandOuts::isSeenWhateverTheHolderDisconnects()
{
    LineServer server(true);
    ClientPool client(singleClientOf(server.serverPort()));
    QVERIFY(client.start());
    for (int i = 0; i < 3; ++i) {
        QTRY_COMPARE(client.idleCount(), 1);
        Connection lease = client.take();
        connect(lease.socket(), &QTcpSocket::readyRead, this, [] {});
        lease->disconnect();
        lease->write("one\n");
        QTRY_COMPARE(lease->bytesAvailable(), 4);
        QCOMPARE(lease->readAll(), "one\n");
    }
    QCOMPARE(client.statistics().givenBack, 3);
}

void tst_HandOuts::exceptionClosesItAlways()
{
    LineServer server(true);
    ClientPool client(singleClientOf(server.serverPort()));
    QVERIFY(client.start());
    for (int i = 0; i < 2; ++i) {
        QTRY_COMPARE(client.idleCount(), 1);
        try {
            const Connection lease = client.take();
            QVERIFY(lease);
            if (i > 0) {
                lease->write("one\n");
                QTRY_COMPARE(lease->bytesAvailable(), 4);
                QCOMPARE(lease->readAll(), "one\n");
            }
            throw std::runtime_error("an answer that makes no sense");
        } catch (const std::runtime_error &) {
            QCOMPARE(client.statistics().outOfStep, i + 1);
        }
    }
}

void tst_HandOuts::givenBackIsBelieved()
{
    LineServer server;
    QLoggingCategory::setFilterRules(QStringLiteral("qnetpool.client.info=true"));
    ClientPool client(singleClientOf(server.serverPort()));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    QTest::ignoreMessage(QtInfoMsg,
                         QRegularExpression(QStringLiteral("giveBack\\(\\) has kept connection .* believed"))); // once
    for (int i = 0; i < 3; ++i) {
        Connection lease = client.take();
        lease->write("a line of a log\n");
        lease.giveBack();
    }
    QCOMPARE(client.statistics().givenBack, 3);
    QCOMPARE(client.statistics().outOfStep, 0);
    QLoggingCategory::setFilterRules(QString());
}

void tst_HandOuts::multiModeAndServersDecideForThemselves()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.limits.maximumConnections = 1; // else another one may fill the stock meanwhile
    ClientPool client(wish);
    fill(server, client, 1);
    Connection here = client.take();
    Connection there = server.take(here.id());
    here->write("no answer is due\n");
    QTRY_VERIFY(there->canReadLine());
    there->readAll();
    there->write("nor here\n");
    QTRY_VERIFY(here->canReadLine());
    here->readAll();
    here->write("again\n");
    QTRY_VERIFY(there->canReadLine());
    there->readAll();
    here = Connection();
    there->write("x");
    QCOMPARE(client.statistics().givenBack, 1);
    there = Connection();
    QCOMPARE(server.statistics().givenBack, 1);
    QCOMPARE(client.statistics().outOfStep + server.statistics().outOfStep, 0);
}

void tst_HandOuts::unexpectedBytesAreOutOfStepByDefault()
{
    ServerPool::Configuration serverWish;
    serverWish.connectionMode = ConnectionMode::Single;
    ServerPool server(serverWish);
    listen(server);
    ClientPool client(singleClientOf(server.serverPort()));
    fill(server, client, 1);
    Connection there = server.take();
    there->write("unasked");
    there->flush();
    QTRY_COMPARE(client.statistics().outOfStep, 1);
    QCOMPARE(client.statistics().diedIdle, 0);
}

void tst_HandOuts::greetingIsTold()
{
    const ThreadedServer server([](QTcpSocket *socket) { socket->write("220 mail.example ESMTP\r\n"); });
    ClientPool::Configuration wish = singleClientOf(server.port());
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_COMPARE(errors.size(), 1);
    const QString said = lastMessage(errors);
    QVERIFY2(said.contains(u"it sent \"220 mail.example ESMTP\""), qPrintable(said));
    QVERIFY2(said.endsWith(u"if the server speaks first, set that to false"), qPrintable(said));
    QTRY_COMPARE(client.state(), Pool::State::Degraded); // it is not dialled again and again
    wish.dropUnexpectedBytes = false;
    QVERIFY(client.setConfiguration(wish));
    client.checkStock();
    QTRY_COMPARE(client.state(), Pool::State::Ready);
    Connection lease = client.take();
    QTRY_VERIFY(lease || (lease = client.take()));
    QTRY_VERIFY(lease->canReadLine());
    QCOMPARE(lease->readLine(), "220 mail.example ESMTP\r\n");
}

void tst_HandOuts::deadNewOnesDoNotGoToWaiters_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("client") << false << 0;
    QTest::newRow("client, threads") << false << 2;
    QTest::newRow("server") << true << 0;
    QTest::newRow("server, threads") << true << 2;
}

// The pool's thread is busy while its peers connect, say something and leave.
void tst_HandOuts::deadNewOnesDoNotGoToWaiters()
{
    QFETCH(const bool, isServer);
    QFETCH(const int, setupThreads);
    QTcpServer leaver;
    QVERIFY(leaver.listen(QHostAddress::LocalHost));
    ServerPool::Configuration serverWish;
    serverWish.setupThreads = setupThreads;
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = clientOf(leaver.serverPort(), 1);
    wish.setupThreads = setupThreads;
    wish.sizing.minimumCapacity = 0;
    wish.sizing.maximumBackoff = wish.sizing.maximumInterval;
    ClientPool client(wish);
    QVERIFY(client.start());
    Pool &pool = isServer ? static_cast<Pool &>(server) : client;
    connect(&leaver, &QTcpServer::newConnection, this, [&] {
        QTcpSocket *socket = leaver.nextPendingConnection();
        socket->write("0123abcd");
        socket->flush();
        socket->disconnectFromHost();
        QThread::msleep(5); // busy: the FIN is here before the pool hears of it
    });
    int served = 0;
    int dead = 0;
    QList<QFuture<Connection>> futures;
    QElapsedTimer time;
    time.start();
    while (time.elapsed() < 1000) {
        futures << pool.acquire(20ms);
        if (isServer) {
            QTcpSocket check;
            check.connectToHost(QHostAddress::LocalHost, server.serverPort());
            QVERIFY(check.waitForConnected(longer(5000)));
            check.abort();
            QThread::msleep(5);
        }
        QTest::qWait(1);
        for (QFuture<Connection> &future : futures) {
            if (!future.isFinished() || !future.isValid())
                continue;
            try {
                const Connection connection = future.takeResult();
                ++served;
                dead += connection->waitForDisconnected(0) || connection->state() != QAbstractSocket::ConnectedState;
            } catch (const PoolException &) {
                future = {};
            }
        }
    }
    QCOMPARE(dead, 0);
    QVERIFY(served == 0); // none of these peers has stayed
    QVERIFY(pool.statistics().diedIdle + pool.statistics().unclaimed > 0 || pool.errorCount() > 0);
}

void tst_HandOuts::deadReturnedOnesDoNotGoToWaiters()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.limits.maximumConnections = 1;
    ClientPool client(wish);
    fill(server, client, 1);
    Connection unused = client.take();
    QFuture<Connection> waiting = client.acquire(longer(10000) * 1ms);
    server.take(unused.id()).discard(); // its end is here before the lease's
    unused = Connection();
    QTRY_VERIFY(waiting.isFinished());
    Connection served = waiting.takeResult();
    QCOMPARE(served->state(), QAbstractSocket::ConnectedState);
    QVERIFY(server.take(served.id()));
}

void tst_HandOuts::lastWordsGoToWhoAskedForThem()
{
    QTcpServer leaver;
    QVERIFY(leaver.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = clientOf(leaver.serverPort(), 1);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    ClientPool client(wish);
    QFuture<Connection> any;
    QFuture<Connection> byName;
    connect(&leaver, &QTcpServer::newConnection, this, [&] {
        QTcpSocket *socket = leaver.nextPendingConnection();
        socket->write("0123abcdfarewell");
        socket->disconnectFromHost();
    });
    QVERIFY(client.start());
    any = client.acquire(500ms);
    byName = client.acquire(ConnectionId::fromString(QStringLiteral("0123abcd")), longer(10000) * 1ms);
    QTRY_VERIFY(byName.isFinished());
    Connection connection = byName.takeResult();
    QTRY_COMPARE(connection->bytesAvailable(), 8);
    QCOMPARE(connection->readAll(), "farewell");
    QTRY_VERIFY(any.isFinished());
    QVERIFY_THROWS_EXCEPTION(PoolException, any.takeResult());
}

void tst_HandOuts::formerPeersConnectionsDoNotGoOut_data()
{
    QTest::addColumn<bool>("hasDialer");
    QTest::newRow("port") << false;
    QTest::newRow("dialer") << true;
}

void tst_HandOuts::formerPeersConnectionsDoNotGoOut()
{
    QFETCH(const bool, hasDialer);
    ServerPool former, next;
    listen(former);
    listen(next);
    const auto wishFor = [&](quint16 port) {
        ClientPool::Configuration wish = clientOf(port, 2);
        if (hasDialer)
            wish.dialer = [port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
        return wish;
    };
    ClientPool client(wishFor(former.serverPort()));
    fill(former, client, 2);
    Connection lease = client.take();
    lease.socket();
    QVERIFY(client.setConfiguration(wishFor(next.serverPort())));
    QVERIFY(!client.take());
    QFuture<Connection> waiting = client.acquire();
    lease.giveBack();
    QTRY_VERIFY(waiting.isFinished());
    QCOMPARE(waiting.takeResult()->peerPort(), next.serverPort());
    QTRY_COMPARE(client.idleCount(), 2);
    while (Connection one = client.take())
        QCOMPARE(one.detach()->peerPort(), next.serverPort());
    QTRY_COMPARE(former.idleCount(), 0);
}

void tst_HandOuts::formerPeersLastWordsDoNotGoOut()
{
    QTcpServer leaver;
    QVERIFY(leaver.listen(QHostAddress::LocalHost));
    connect(&leaver, &QTcpServer::newConnection, this, [&] {
        QTcpSocket *socket = leaver.nextPendingConnection();
        socket->write("0123abcdfarewell");
        socket->disconnectFromHost();
    });
    ServerPool next;
    listen(next);
    ClientPool client(clientOf(leaver.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_COMPARE(client.statistics().unclaimed, 1);
    QVERIFY(client.setConfiguration(clientOf(next.serverPort(), 1)));
    QCOMPARE(client.statistics().unclaimed, 0);
    QVERIFY(!client.take(ConnectionId::fromString(QStringLiteral("0123abcd"))));
}

void tst_HandOuts::formerSecurityDoesNotGoOut()
{
    ServerPool plain;
    listen(plain);
    ServerPool::Configuration encrypted;
    encrypted.tls.enabled = true;
    encrypted.tls.configuration = Certificates::showing(QStringLiteral("server"));
    ServerPool safe(encrypted);
    listen(safe);
    ClientPool client(clientOf(plain.serverPort(), 3));
    fill(plain, client, 3);
    ClientPool::Configuration wish = clientOf(safe.serverPort(), 3);
    wish.tls.mode = TlsMode::SelfSigned;
    QVERIFY(client.setConfiguration(wish));
    for (int i = 0; i < 6; ++i) {
        QFuture<Connection> one = client.acquire();
        QTRY_VERIFY(one.isFinished());
        auto socket = one.takeResult().detach();
        QVERIFY(qobject_cast<QSslSocket *>(socket.get()));
    }
}

void tst_HandOuts::serversFormerSecurityDoesNotGoOut()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 2));
    fill(server, client, 2);
    Connection lease = server.take();
    ServerPool::Configuration encrypted;
    encrypted.tls.enabled = true;
    encrypted.tls.configuration = Certificates::showing(QStringLiteral("server"));
    QVERIFY(server.setConfiguration(encrypted));
    QCOMPARE(server.idleCount(), 0);
    lease.giveBack();
    QCOMPARE(server.idleCount(), 0);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 2);
    wish.tls.mode = TlsMode::SelfSigned;
    QVERIFY(client.setConfiguration(wish));
    QTRY_COMPARE(server.idleCount(), 2);
    QVERIFY(qobject_cast<QSslSocket *>(server.take().socket()));
}

void tst_HandOuts::peersNotAllowedAnyMoreDoNotGoOut()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 3));
    fill(server, client, 3);
    Connection lease = server.take();
    ServerPool::Configuration others;
    others.allowedPeers = {QStringLiteral("192.0.2.0/24")};
    QVERIFY(server.setConfiguration(others));
    QCOMPARE(server.idleCount(), 0);
    QFuture<Connection> waiting = server.acquire(50ms);
    lease.giveBack();
    QTRY_VERIFY(waiting.isFinished());
    QVERIFY_THROWS_EXCEPTION(PoolException, waiting.takeResult());
    QCOMPARE(server.statistics().flushed, 3);
}

using ServerChange = std::function<void(ServerPool::Configuration &)>;
Q_DECLARE_METATYPE(ServerChange)

void tst_HandOuts::handshakesOfTheFormerConfigurationDoNotGoOut_data()
{
    QTest::addColumn<ServerChange>("change");
    QTest::addColumn<int>("threads");
    for (const int threads : {0, 1}) {
        QTest::addRow("other TLS, %d setup threads", threads) << ServerChange([](ServerPool::Configuration &wish) {
            wish.tls.configuration = Certificates::demandingClientCertificate(wish.tls.configuration);
        }) << threads;
        QTest::addRow("no TLS, %d setup threads", threads)
                << ServerChange([](ServerPool::Configuration &wish) { wish.tls = {}; }) << threads;
        QTest::addRow("other mode, %d setup threads", threads)
                << ServerChange([](ServerPool::Configuration &wish) { wish.connectionMode = ConnectionMode::Single; })
                << threads;
        QTest::addRow("peer not allowed, %d setup threads", threads) << ServerChange([](ServerPool::Configuration &wish) {
            wish.allowedPeers = QStringList{QStringLiteral("192.0.2.0/24")};
        }) << threads;
    }
}

// They end well, and the connection is closed then.
void tst_HandOuts::handshakesOfTheFormerConfigurationDoNotGoOut()
{
    QFETCH(const ServerChange, change);
    QFETCH(const int, threads);
    ServerPool::Configuration wish;
    wish.setupThreads = threads;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(wish);
    QSignalSpy available(&server, &Pool::connectionAvailable);
    listen(server);
    QSslSocket peer;
    peer.setPeerVerifyMode(QSslSocket::VerifyNone);
    peer.connectToHost(QStringLiteral("127.0.0.1"), server.serverPort());
    QTRY_COMPARE(server.pendingCount(), 1);
    change(wish);
    QVERIFY(server.setConfiguration(wish));
    QFuture<Connection> waiting = server.acquire(5min);
    peer.startClientEncryption();
    QTRY_COMPARE(server.pendingCount(), 0);
    QTRY_COMPARE(peer.state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(available.size(), 0);
    QCOMPARE(server.idleCount(), 0);
    QVERIFY(!waiting.isFinished());
}

void tst_HandOuts::peersStillAllowedStay()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 3));
    fill(server, client, 3);
    Connection lease = server.take();
    ServerPool::Configuration wish;
    wish.allowedPeers = {QStringLiteral("127.0.0.0/8"), QStringLiteral("192.0.2.0/24")};
    QVERIFY(server.setConfiguration(wish));
    QCOMPARE(server.idleCount(), 2);
    lease.giveBack();
    QCOMPARE(server.idleCount(), 3);
    QCOMPARE(server.statistics().closed(), 0);
}

void tst_HandOuts::dialerThatStaysIsNoOtherPeer()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 2);
    wish.dialer = [port = wish.port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
    ClientPool client(wish);
    fill(server, client, 2);
    wish = client.configuration();
    wish.sizing.maximumCapacity = 5;
    QVERIFY(client.setConfiguration(wish));
    QCOMPARE(client.idleCount(), 2);
    QCOMPARE(client.statistics().closed(), 0);
}

void tst_HandOuts::keepsTheNameItWasDialledAt()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.host = QStringLiteral("localhost");
    ClientPool client(wish);
    fill(server, client, 1);
    Connection lease = client.take(); // its socket is made when it is asked for
    wish.host = QStringLiteral("127.0.0.1");
    QVERIFY(client.setConfiguration(wish));
    QCOMPARE(lease->peerName(), QStringLiteral("localhost"));
}

#ifdef Q_OS_LINUX
void tst_HandOuts::connectionsToItselfAreRefused_data()
{
    QTest::addColumn<QString>("way");
    for (const char *way : {"direct", "name", "dialer", "TLS", "threads"})
        QTest::newRow(way) << QString::fromLatin1(way);
}

void tst_HandOuts::connectionsToItselfAreRefused()
{
    QFETCH(const QString, way);
    QTcpServer closed;
    QVERIFY(closed.listen(QHostAddress::LocalHost));
    const quint16 port = closed.serverPort();
    closed.close();
    ClientPool::Configuration wish = singleClientOf(port);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    wish.setupThreads = way == u"threads";
    if (way == u"name")
        wish.host = QStringLiteral("localhost");
    else if (way == u"dialer")
        wish.dialer = [port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
    else if (way == u"TLS")
        wish.tls.mode = TlsMode::SelfSigned;
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    const SelfConnects always;
    QVERIFY(client.start());
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::ConnectFailed);
    QVERIFY2(lastMessage(errors).contains(u"nothing listens there, and TCP has connected to itself"),
             qPrintable(lastMessage(errors)));
    QCOMPARE(client.idleCount(), 0);
    QTRY_VERIFY(closed.isListening() || closed.listen(QHostAddress::LocalHost, port)); // its port is free
}
#endif

QNETPOOL_TEST_MAIN(tst_HandOuts)
#include "tst_handouts.moc"
