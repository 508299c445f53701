// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

#include <QtCore/QRegularExpression>

// Both ends together, in every mode: fill, name, take by ID, exchange, give back.
class tst_Exchange : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void bothEndsShareTheirConnections_data();
    void bothEndsShareTheirConnections();
    void singleModeKeepsTheWireUntouched_data();
    void singleModeKeepsTheWireUntouched();
    void binaryIdsAreFourBytesOnTheWire();
    void clientTakesAnyEightBytesAsId();
    void bytesBehindTheIdBelongToTheHolder();
    void connectionsAreUsedAgain();
    void keepAlivePeriodIsOnBothDescriptors();
    void userTimeoutIsOnBothDescriptors_data();
    void userTimeoutIsOnBothDescriptors();
    void userTimeoutOutOfRangeIsClamped_data();
    void userTimeoutOutOfRangeIsClamped();

private:
    static void addModes();
};

static void configureTls(TlsMode mode, ServerPool::Configuration &server, ClientPool::Configuration &client)
{
    client.tls.mode = mode;
    if (mode == TlsMode::None)
        return;
    server.tls = {.enabled = true,
                  .configuration = Certificates::showing(mode == TlsMode::Verified ? QStringLiteral("server")
                                                                                   : QStringLiteral("self-signed"))};
    if (mode == TlsMode::Verified)
        client.tls.configuration = Certificates::trustingCa();
}

void tst_Exchange::addModes()
{
    QTest::addColumn<TlsMode>("tlsMode");
    QTest::newRow("plain") << TlsMode::None;
    QTest::newRow("self-signed") << TlsMode::SelfSigned;
    QTest::newRow("verified") << TlsMode::Verified;
}

void tst_Exchange::bothEndsShareTheirConnections_data()
{
    addModes();
}

void tst_Exchange::bothEndsShareTheirConnections()
{
    QFETCH(const TlsMode, tlsMode);
    ServerPool::Configuration serverWish;
    ClientPool::Configuration clientWish;
    configureTls(tlsMode, serverWish, clientWish);
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort());
    wish.tls.mode = clientWish.tls.mode;
    wish.tls.configuration = clientWish.tls.configuration;
    ClientPool client(wish);
    fill(server, client);

    for (int i = 0; i < 4; ++i) {
        Connection there = server.take();
        QVERIFY(there);
        QVERIFY(!there.id().isNull());
        Connection here = client.take(there.id());
        QVERIFY(here);
        QCOMPARE(here.id(), there.id());
        QVERIFY(!client.take(there.id()));
        QCOMPARE(pass(here.socket(), there.socket(), "question"), "question");
        QCOMPARE(pass(there.socket(), here.socket(), "answer"), "answer");
        auto *tls = qobject_cast<QSslSocket *>(here.socket());
        QCOMPARE(tls != nullptr, tlsMode != TlsMode::None);
        if (tls)
            QCOMPARE(tls->sessionProtocol(), QSsl::TlsV1_3);
    }
    QCOMPARE(server.errorCount(), 0);
    QCOMPARE(client.errorCount(), 0);
}

void tst_Exchange::singleModeKeepsTheWireUntouched_data()
{
    addModes();
}

void tst_Exchange::singleModeKeepsTheWireUntouched()
{
    QFETCH(const TlsMode, tlsMode);
    ServerPool::Configuration serverWish;
    serverWish.connectionMode = ConnectionMode::Single;
    ClientPool::Configuration clientWish;
    configureTls(tlsMode, serverWish, clientWish);
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1);
    wish.connectionMode = ConnectionMode::Single;
    wish.tls.mode = clientWish.tls.mode;
    wish.tls.configuration = clientWish.tls.configuration;
    ClientPool client(wish);
    fill(server, client, 1);

    Connection here = client.take();
    Connection there = server.take();
    QVERIFY(here && there);
    QVERIFY(!here.id().isNull());
    QVERIFY(here.id() != there.id()); // each end has named it for itself
    QCOMPARE(pass(there.socket(), here.socket(), "first"), "first");
    QCOMPARE(pass(here.socket(), there.socket(), "second"), "second");
}

void tst_Exchange::binaryIdsAreFourBytesOnTheWire()
{
    ServerPool::Configuration serverWish;
    serverWish.idFormat = IdFormat::Binary;
    ServerPool server(serverWish);
    listen(server);
    QTcpSocket bare;
    bare.connectToHost(QHostAddress::LocalHost, server.serverPort());
    QTRY_COMPARE(bare.bytesAvailable(), 4);
    const QByteArray id = bare.readAll().toHex();
    QTRY_COMPARE(server.idleCount(), 1);
    QCOMPARE(server.take().id().toByteArray(), id);
    bare.abort();
    server.flush();

    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort());
    wish.idFormat = IdFormat::Binary;
    ClientPool client(wish);
    fill(server, client);
    Connection there = server.take();
    Connection here = client.take(there.id());
    QVERIFY(here);
    QCOMPARE(pass(there.socket(), here.socket(), "x"), "x");
}

void tst_Exchange::clientTakesAnyEightBytesAsId()
{
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    const QByteArray id("\xff\x01 z\0\n\x80%", 8);
    connect(&server, &QTcpServer::newConnection, this, [&] { server.nextPendingConnection()->write(id); });
    ClientPool client(stepwiseClientOf(server.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    QVERIFY(client.take(ConnectionId::fromBytes(id)));
}

void tst_Exchange::bytesBehindTheIdBelongToTheHolder()
{
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    connect(&server, &QTcpServer::newConnection, this, [&] { server.nextPendingConnection()->write("01234567hello"); });
    ClientPool client(stepwiseClientOf(server.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    Connection connection = client.take();
    QCOMPARE(connection.id().toString(), QStringLiteral("01234567"));
    QSignalSpy readyRead(connection.socket(), &QTcpSocket::readyRead);
    QTRY_VERIFY(!readyRead.isEmpty()); // even though Qt had read the bytes long before
    QCOMPARE(connection->readAll(), "hello");
}

void tst_Exchange::connectionsAreUsedAgain()
{
    ServerPool server;
    listen(server);
    ClientPool client(stepwiseClientOf(server.serverPort(), 1));
    fill(server, client, 1);
    const ConnectionId id = [&] { return server.take().id(); }();
    for (int i = 0; i < 10; ++i) {
        Connection there = server.take(id);
        Connection here = client.take(id);
        QVERIFY(there && here);
        QCOMPARE(pass(here.socket(), there.socket(), QByteArray::number(i)), QByteArray::number(i));
    }
    QCOMPARE(client.statistics().created, 1);
    QCOMPARE(server.statistics().created, 1);
    QCOMPARE(client.idleCount(), 1);
}

#ifdef Q_OS_LINUX
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static int option(const QTcpSocket *socket, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    getsockopt(int(socket->socketDescriptor()), level, name, &value, &size);
    return value;
}
#endif

void tst_Exchange::keepAlivePeriodIsOnBothDescriptors()
{
#ifdef Q_OS_LINUX
    ServerPool::Configuration serverWish;
    serverWish.tcp.keepAlivePeriod = 41500ms; // rounded up
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1);
    wish.tcp.keepAlivePeriod = 17s;
    ClientPool client(wish);
    fill(server, client, 1);
    Connection here = client.take();
    Connection there = server.take();
    QCOMPARE(option(here.socket(), SOL_SOCKET, SO_KEEPALIVE), 1);
    QCOMPARE(option(here.socket(), IPPROTO_TCP, TCP_KEEPIDLE), 17);
    QCOMPARE(option(here.socket(), IPPROTO_TCP, TCP_KEEPINTVL), 17);
    QCOMPARE(option(here.socket(), IPPROTO_TCP, TCP_KEEPCNT), 3);
    QCOMPARE(option(there.socket(), SOL_SOCKET, SO_KEEPALIVE), 1);
    QCOMPARE(option(there.socket(), IPPROTO_TCP, TCP_KEEPIDLE), 42);
    QCOMPARE(option(there.socket(), IPPROTO_TCP, TCP_KEEPINTVL), 42);

    wish.tcp.keepAlivePeriod = 0ms;
    wish.port = server.serverPort();
    ClientPool without(wish);
    QVERIFY(without.start());
    QTRY_COMPARE(without.idleCount(), 1);
    QCOMPARE(option(without.take().socket(), SOL_SOCKET, SO_KEEPALIVE), 0);
#else
    QSKIP("the period is read back where getsockopt() tells it: Linux");
#endif
}

void tst_Exchange::userTimeoutIsOnBothDescriptors_data()
{
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<bool>("hasDialer");
    QTest::newRow("plain") << false << false;
    QTest::newRow("plain, dialer") << false << true;
    QTest::newRow("TLS") << true << false;
    QTest::newRow("TLS, dialer") << true << true;
}

void tst_Exchange::userTimeoutIsOnBothDescriptors()
{
#ifdef Q_OS_LINUX
    QFETCH(const bool, isEncrypted);
    QFETCH(const bool, hasDialer);
    ServerPool::Configuration serverWish;
    serverWish.tcp.userTimeout = 41500ms;
    ClientPool::Configuration wish = stepwiseClientOf(0, 1);
    configureTls(isEncrypted ? TlsMode::SelfSigned : TlsMode::None, serverWish, wish);
    ServerPool server(serverWish);
    listen(server);
    wish.port = server.serverPort();
    if (hasDialer)
        wish.dialer = [port = wish.port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
    ClientPool client(wish);
    fill(server, client, 1);
    QCOMPARE(option(client.take().socket(), IPPROTO_TCP, TCP_USER_TIMEOUT), 60000); // the default
    QCOMPARE(option(server.take().socket(), IPPROTO_TCP, TCP_USER_TIMEOUT), 41500);

    wish.tcp.userTimeout = 0ms;
    ClientPool without(wish);
    QVERIFY(without.start());
    QTRY_COMPARE(without.idleCount(), 1);
    QCOMPARE(option(without.take().socket(), IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
#else
    QSKIP("the time is read back where getsockopt() tells it: Linux");
#endif
}

void tst_Exchange::userTimeoutOutOfRangeIsClamped_data()
{
    QTest::addColumn<std::chrono::milliseconds>("wish");
    QTest::addColumn<int>("becomes");
    QTest::newRow("negative") << -1ms << 0;
    QTest::newRow("too long") << std::chrono::milliseconds(25h) << 86400000;
}

void tst_Exchange::userTimeoutOutOfRangeIsClamped()
{
    QFETCH(const std::chrono::milliseconds, wish);
    QFETCH(const int, becomes);
    const QString warning =
            QStringLiteral("userTimeout is %1 ms, out of range: it becomes %2 ms").arg(wish.count()).arg(becomes);
    ServerPool::Configuration serverWish;
    serverWish.tcp.userTimeout = wish;
    ServerPool server(serverWish);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(warning));
    listen(server);
    ClientPool::Configuration clientWish = stepwiseClientOf(server.serverPort(), 1);
    clientWish.tcp.userTimeout = wish;
    ClientPool client(clientWish);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(warning));
    fill(server, client, 1);
#ifdef Q_OS_LINUX
    QCOMPARE(option(client.take().socket(), IPPROTO_TCP, TCP_USER_TIMEOUT), becomes);
    QCOMPARE(option(server.take().socket(), IPPROTO_TCP, TCP_USER_TIMEOUT), becomes);
#endif
}

QTEST_GUILESS_MAIN(tst_Exchange)
#include "tst_exchange.moc"
