// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "settle.h"
#include "testmain.h"

#include <QtNetwork/QHostInfo>
#include <QtNetwork/QNetworkProxy>

#include <thread>

// Plain TCP, which is set up without a socket object: names, pieces, proxies, and the first use.
class tst_PlainDials : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup();
    void hostMayBeAName();
    void everyAddressOfANameIsTried_data();
    void everyAddressOfANameIsTried();
    void idMayComeInPieces();
    void bytesBehindTheIdAreTheHolders();
    void connectTakesNoLongerThanItMay();
    void applicationsProxyIsUsed();
    void firstUseMayBeInAThreadWithoutEventLoop();
    void abandonedDialsAreClosed();
};

void tst_PlainDials::cleanup()
{
    QNetworkProxy::setApplicationProxy(QNetworkProxy::NoProxy);
}

void tst_PlainDials::hostMayBeAName()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort());
    wish.host = QStringLiteral("localhost");
    ClientPool client(wish);
    fill(server, client);
    const Connection connection = client.take();
    QCOMPARE(connection->peerName(), QStringLiteral("localhost")); // as after connectToHost()
    QCOMPARE(connection->peerPort(), server.serverPort());
    QCOMPARE(connection->socketOption(QAbstractSocket::LowDelayOption).toInt(), 1);
    QCOMPARE(connection->socketOption(QAbstractSocket::KeepAliveOption).toInt(), 1);
}

void tst_PlainDials::everyAddressOfANameIsTried_data()
{
    QTest::addColumn<QHostAddress>("address");
    const QList<QHostAddress> addresses = QHostInfo::fromName(QStringLiteral("localhost")).addresses();
    QVERIFY(!addresses.isEmpty());
    for (const QHostAddress &address : addresses)
        QTest::newRow(qPrintable(address.toString())) << address;
}

// The server listens on one of them only.
void tst_PlainDials::everyAddressOfANameIsTried()
{
    QFETCH(QHostAddress, address);
    ServerPool server;
    QVERIFY(server.listen(address));
    ClientPool::Configuration wish = clientOf(server.serverPort());
    wish.host = QStringLiteral("localhost");
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    fill(server, client);
    QVERIFY(errors.isEmpty());
    QCOMPARE(client.take()->peerAddress(), address);
}

void tst_PlainDials::idMayComeInPieces()
{
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    ClientPool client(clientOf(server.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_VERIFY(server.hasPendingConnections());
    QTcpSocket *peer = server.nextPendingConnection();
    for (const char byte : {'0', '1', '2', '3', '4', '5', '6'}) {
        peer->write(&byte, 1);
        peer->flush();
        settle();
        QCOMPARE(client.idleCount(), 0);
    }
    peer->write("7");
    QTRY_COMPARE(client.idleCount(), 1);
    QCOMPARE(client.take().id().toByteArray(), QByteArray("01234567"));
}

void tst_PlainDials::bytesBehindTheIdAreTheHolders()
{
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    connect(&server, &QTcpServer::newConnection, &server,
            [&server] { server.nextPendingConnection()->write("01234567welcome"); });
    ClientPool client(clientOf(server.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const Connection connection = client.take();
    QTRY_COMPARE(connection->bytesAvailable(), 7);
    QCOMPARE(connection->readAll(), QByteArray("welcome"));
}

// A listener whose queue is full answers nobody.
void tst_PlainDials::connectTakesNoLongerThanItMay()
{
    QTcpServer server;
    server.setListenBacklogSize(1);
    QVERIFY(server.listen(QHostAddress::LocalHost));
    server.pauseAccepting();
    std::vector<std::unique_ptr<QTcpSocket>> crowd;
    for (int i = 0; i < 8; ++i) {
        crowd.push_back(std::make_unique<QTcpSocket>());
        crowd.back()->connectToHost(QHostAddress::LocalHost, server.serverPort());
    }
    QTRY_VERIFY(std::any_of(crowd.begin(), crowd.end(),
                            [](const auto &socket) { return socket->state() == QAbstractSocket::ConnectedState; }));
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.connectTimeout = 100ms;
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_VERIFY(!errors.isEmpty());
    QCOMPARE(lastError(errors), Pool::Error::ConnectFailed);
    QVERIFY2(lastMessage(errors).contains(u"no answer within 100 ms"), qPrintable(lastMessage(errors)));
    QTRY_COMPARE(client.pendingCount(), 0);
}

void tst_PlainDials::applicationsProxyIsUsed()
{
    QTcpServer proxy;
    QVERIFY(proxy.listen(QHostAddress::LocalHost));
    QByteArray request;
    connect(&proxy, &QTcpServer::newConnection, &proxy, [&] {
        QTcpSocket *socket = proxy.nextPendingConnection();
        connect(socket, &QTcpSocket::readyRead, socket, [&request, socket] {
            request += socket->readAll();
            if (request.endsWith("\r\n\r\n"))
                socket->write("HTTP/1.1 200 Connection established\r\n\r\nabcdefgh");
        });
    });
    QNetworkProxy::setApplicationProxy(
            QNetworkProxy(QNetworkProxy::HttpProxy, QStringLiteral("127.0.0.1"), proxy.serverPort()));
    ClientPool::Configuration wish = clientOf(4711, 1);
    wish.host = QStringLiteral("192.0.2.7");
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    QVERIFY2(request.startsWith("CONNECT 192.0.2.7:4711 "), request.constData());
    QCOMPARE(client.take().id().toByteArray(), QByteArray("abcdefgh"));
}

// Where the socket begins its life decides whether it ever hears of its descriptor.
void tst_PlainDials::firstUseMayBeInAThreadWithoutEventLoop()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.limits.maximumConnections = 1;
    ClientPool client(wish);
    fill(server, client, 1);
    ConnectionId id;
    QByteArray answer;
    std::atomic<bool> isAsked = false;
    std::thread first([&] {
        const Connection connection = client.take();
        id = connection.id();
        connection->write("question");
        connection->waitForBytesWritten();
        isAsked = true;
        while (connection->bytesAvailable() < 6 && connection->waitForReadyRead(longer(5000)))
            ;
        answer = connection->readAll();
    });
    QTRY_VERIFY(isAsked);
    Connection there = server.take(id);
    QVERIFY(there);
    QTRY_COMPARE(there->bytesAvailable(), 8);
    there->readAll();
    there->write("answer");
    there->flush();
    first.join();
    QCOMPARE(answer, QByteArray("answer"));

    QTRY_COMPARE(client.idleCount(), 1);
    const Connection second = client.take(id);
    QVERIFY(second);
    QSignalSpy ready(second.socket(), &QTcpSocket::readyRead);
    there->write("more");
    there->flush();
    QTRY_COMPARE(ready.size(), 1);
    QCOMPARE(second->readAll(), QByteArray("more"));
}

void tst_PlainDials::abandonedDialsAreClosed()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    std::vector<QTcpSocket *> peers;
    connect(&silent, &QTcpServer::newConnection, &silent, [&] { peers.push_back(silent.nextPendingConnection()); });
    ClientPool client(clientOf(silent.serverPort(), 4));
    QVERIFY(client.start());
    QTRY_COMPARE(peers.size(), std::size_t(4));
    QCOMPARE(client.pendingCount(), 4);
    client.close();
    QCOMPARE(client.pendingCount(), 0);
    for (QTcpSocket *peer : peers)
        QTRY_COMPARE(peer->state(), QAbstractSocket::UnconnectedState);
}

QNETPOOL_TEST_MAIN(tst_PlainDials)
#include "tst_plaindials.moc"
