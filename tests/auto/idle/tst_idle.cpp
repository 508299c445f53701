// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "stock/stock.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>

#ifdef Q_OS_UNIX
#include <sys/socket.h>
#endif

// What happens to a connection while it is in the stock: nothing, unless its peer speaks or dies.
class tst_Idle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void belongsToNoThreadAndIsPolledByNobody();
    void deathIsNoticedWhileIdle_data();
    void deathIsNoticedWhileIdle();
    void deadIsNeverHandedOut_data();
    void deadIsNeverHandedOut();
    void bytesAreKept_data();
    void bytesAreKept();
    void bytesDoNotSpinTheEventLoop();
    void lastWordsAreDeliveredById_data();
    void lastWordsAreDeliveredById();
    void lastWordsThatNobodySawAreDeliveredById();
    void lastWordsExpire();
    void lastWordsAreBounded();
    void bytesBeforeAResetAreNotDelivered();
    void singleModeMayDropUnexpectedBytes();
    void sessionTicketsAreNotBytes();
};

// The application's end of a connection whose other end is in a pool.
class Peer : public QTcpServer
{
public:
    Peer()
    {
        if (!listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = nextPendingConnection()) {
                socket->write(QByteArray::number(10000000 + m_sockets.size()));
                socket->flush();
                m_sockets << socket;
            }
        });
    }

    QTcpSocket *of(ConnectionId id) const { return m_sockets.at(id.toString().toInt() - 10000000); }

private:
    QList<QTcpSocket *> m_sockets;
};

static void reset(QTcpSocket *socket)
{
    const linger now{1, 0};
    setsockopt(int(socket->socketDescriptor()), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket->abort();
}

static void configureTls(ServerPool::Configuration &server, ClientPool::Configuration &client)
{
    server.sslConfiguration = Certificates::showing(QStringLiteral("self-signed"));
    client.tlsMode = TlsMode::SelfSigned;
}

void tst_Idle::belongsToNoThreadAndIsPolledByNobody()
{
    Peer peer;
    const auto stock = std::make_shared<Stock>(&clientLog);
    stock->open({}, Watcher::create(this, [](quint64) {}), [] {});
    auto socket = std::make_unique<QTcpSocket>();
    socket->connectToHost(QHostAddress::LocalHost, peer.serverPort());
    QTRY_COMPARE(socket->bytesAvailable(), 8);
    socket->readAll();
    const QPointer<QTcpSocket> parked(socket.get());
    QVERIFY(!parked->findChildren<QSocketNotifier *>().isEmpty());

    const auto isPolled = [&] {
        const auto notifiers = parked->findChildren<QSocketNotifier *>();
        return std::any_of(notifiers.begin(), notifiers.end(), [](QSocketNotifier *n) { return n->isEnabled(); });
    };
    QVERIFY(isPolled());
    QVERIFY(stock->admit(stock->expect(), {}, std::move(socket)) == Stock::Admission::Admitted);
    QCOMPARE(parked->thread(), nullptr);
    QVERIFY(!isPolled());
    {
        const Connection connection = stock->take();
        QCOMPARE(parked->thread(), nullptr); // taken is not used yet
        QCOMPARE(connection.socket(), parked);
        QCOMPARE(parked->thread(), QThread::currentThread());
        QVERIFY(isPolled());
    }
    QCOMPARE(parked->thread(), nullptr);
    QVERIFY(!isPolled());
    stock->leavePool();
    QTRY_VERIFY(!parked);
}

void tst_Idle::deathIsNoticedWhileIdle_data()
{
    QTest::addColumn<bool>("isReset");
    QTest::newRow("FIN") << false;
    QTest::newRow("RST") << true;
}

void tst_Idle::deathIsNoticedWhileIdle()
{
    QFETCH(const bool, isReset);
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 3));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 3);
    const ConnectionId id = [&] { return client.take().id(); }();
    QSignalSpy lost(&client, &Pool::connectionLost);
    QSignalSpy idleChanged(&client, &Pool::idleCountChanged);
    if (isReset)
        reset(peer.of(id));
    else
        peer.of(id)->disconnectFromHost();
    QTRY_COMPARE(lost.size(), 1);
    QCOMPARE(lost.first().first().value<ConnectionId>(), id);
    QVERIFY(!idleChanged.isEmpty());
    QCOMPARE(client.statistics().diedIdle, 1);
    QTRY_COMPARE(client.idleCount(), 3); // and is replaced
    QCOMPARE(client.errorCount(), 0);
}

void tst_Idle::deadIsNeverHandedOut_data()
{
    deathIsNoticedWhileIdle_data();
}

void tst_Idle::deadIsNeverHandedOut()
{
    QFETCH(const bool, isReset);
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 20));
    QVERIFY(client.start());
    for (int round = 0; round < 5; ++round) {
        QTRY_COMPARE(client.idleCount(), 20);
        QList<ConnectionId> ids;
        {
            QList<std::shared_ptr<Connection>> leases;
            for (int i = 0; i < 20; ++i) {
                leases << std::make_shared<Connection>(client.take());
                ids << leases.last()->id();
            }
        }
        // From here on without a turn of the event loop.
        for (ConnectionId id : std::as_const(ids)) {
            QTcpSocket *there = peer.of(id);
            if (isReset)
                reset(there);
            else
                ::shutdown(int(there->socketDescriptor()), SHUT_WR);
        }
        for (int i = 0; i < 20; ++i) {
            QVERIFY(!client.take(ids.at(i)));
            QVERIFY(!client.take());
        }
    }
    QCOMPARE(client.statistics().diedIdle, 100);
}

void tst_Idle::bytesAreKept_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::newRow("plain") << false;
    QTest::newRow("TLS") << true;
}

void tst_Idle::bytesAreKept()
{
    QFETCH(const bool, isTls);
    ServerPool::Configuration serverWish;
    ClientPool::Configuration wish;
    if (isTls)
        configureTls(serverWish, wish);
    ServerPool server(serverWish);
    listen(server);
    const TlsMode mode = wish.tlsMode;
    wish = clientOf(server.serverPort(), 1);
    wish.tlsMode = mode;
    ClientPool client(wish);
    fill(server, client, 1);

    QSignalSpy lost(&client, &Pool::connectionLost);
    Connection there = server.take();
    there->write("early");
    there->flush();
    bool hasTurned = false;
    QTimer::singleShot(100, this, [&] { hasTurned = true; }); // time for the watcher to see them
    QTRY_VERIFY(hasTurned);
    QCOMPARE(client.idleCount(), 1);
    QVERIFY(lost.isEmpty());

    const Connection here = client.take();
    QCOMPARE(here.id(), there.id());
    QSignalSpy readyRead(here.socket(), &QTcpSocket::readyRead);
    QTRY_VERIFY(!readyRead.isEmpty());
    QCOMPARE(here->readAll(), "early");
}

void tst_Idle::bytesDoNotSpinTheEventLoop()
{
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const ConnectionId id = [&] { return client.take().id(); }();
    ClientPool::Configuration calm = client.configuration();
    calm.minimumInterval = calm.maximumInterval = 60s;
    QVERIFY(client.setConfiguration(calm));
    peer.of(id)->write("noise");
    peer.of(id)->flush();

    int turns = 0;
    bool isOver = false;
    connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this, [&turns] { ++turns; });
    QEventLoop loop;
    QTimer::singleShot(300, &loop, [&] {
        isOver = true;
        loop.quit();
    });
    loop.exec();
    disconnect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this, nullptr);
    QVERIFY(isOver);
    QVERIFY2(turns < 100, qPrintable(QString::number(turns))); // a spinning loop makes tens of thousands
    QCOMPARE(client.take(id)->waitForReadyRead(), true);
}

void tst_Idle::lastWordsAreDeliveredById_data()
{
    bytesAreKept_data();
}

void tst_Idle::lastWordsAreDeliveredById()
{
    QFETCH(const bool, isTls);
    ServerPool::Configuration serverWish;
    ClientPool::Configuration wish;
    if (isTls)
        configureTls(serverWish, wish);
    ServerPool server(serverWish);
    listen(server);
    const TlsMode mode = wish.tlsMode;
    wish = clientOf(server.serverPort(), 1);
    wish.tlsMode = mode;
    ClientPool client(wish);
    fill(server, client, 1);

    QSignalSpy lost(&client, &Pool::connectionLost);
    Connection there = server.take();
    const ConnectionId id = there.id();
    there->write("the answer");
    there->disconnectFromHost();
    QTRY_COMPARE(lost.size(), 1);
    QCOMPARE(client.statistics().unclaimed, 1);
    for (Connection other = client.take(); other; other = client.take()) {
        QVERIFY(other.id() != id); // in line there are healthy ones only
        other.discard();
    }
    Connection here = client.take(id);
    QVERIFY(here);
    QSignalSpy readyRead(here.socket(), &QTcpSocket::readyRead);
    QTRY_VERIFY(!readyRead.isEmpty());
    QCOMPARE(here->readAll(), "the answer");
    here.giveBack();
    QCOMPARE(client.statistics().closedDirty, 1);
    QCOMPARE(client.statistics().unclaimed, 0);
}

void tst_Idle::lastWordsThatNobodySawAreDeliveredById()
{
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const ConnectionId id = [&] { return client.take().id(); }();
    peer.of(id)->write("42");
    peer.of(id)->flush();
    ::shutdown(int(peer.of(id)->socketDescriptor()), SHUT_WR);
    // Without a turn of the event loop:
    QVERIFY(!client.take());
    const Connection here = client.take(id);
    QVERIFY(here->waitForReadyRead());
    QCOMPARE(here->readAll(), "42");
}

void tst_Idle::lastWordsExpire()
{
    Peer peer;
    ClientPool::Configuration wish = clientOf(peer.serverPort(), 1);
    wish.unclaimedTimeout = 50ms;
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const ConnectionId id = [&] { return client.take().id(); }();
    peer.of(id)->write("unheard");
    peer.of(id)->disconnectFromHost();
    QTRY_COMPARE(client.statistics().unclaimed, 1);
    QTRY_COMPARE(client.statistics().unclaimed, 0);
    QVERIFY(!client.take(id));

    wish.unclaimedTimeout = 0ms; // not kept at all
    QVERIFY(client.setConfiguration(wish));
    QTRY_COMPARE(client.idleCount(), 1);
    const ConnectionId next = [&] { return client.take().id(); }();
    QSignalSpy lost(&client, &Pool::connectionLost);
    peer.of(next)->write("unheard");
    peer.of(next)->disconnectFromHost();
    QTRY_COMPARE(lost.size(), 1);
    QCOMPARE(client.statistics().unclaimed, 0);
    QCOMPARE(client.statistics().diedIdle, 2);
}

void tst_Idle::lastWordsAreBounded()
{
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 2));
    QVERIFY(client.start());
    for (int i = 0; i < 6; ++i) { // three times what the stock may hold
        QTRY_VERIFY(client.idleCount() > 0);
        const ConnectionId id = [&] { return client.take().id(); }();
        peer.of(id)->write("unheard");
        peer.of(id)->disconnectFromHost();
        QTRY_COMPARE(client.statistics().unclaimed + client.statistics().diedIdle, i + 1);
    }
    QTRY_COMPARE(client.statistics().unclaimed, 2);
}

void tst_Idle::bytesBeforeAResetAreNotDelivered()
{
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const ConnectionId id = [&] { return client.take().id(); }();
    peer.of(id)->write("half an ans");
    peer.of(id)->flush();
    reset(peer.of(id));
    QVERIFY(!client.take(id));
    QCOMPARE(client.statistics().diedIdle, 1);
}

void tst_Idle::singleModeMayDropUnexpectedBytes()
{
    ServerPool::Configuration serverWish;
    serverWish.connectionMode = ConnectionMode::Single;
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.connectionMode = ConnectionMode::Single;
    wish.dropUnexpectedBytes = true;
    ClientPool client(wish);
    fill(server, client, 1);
    QSignalSpy lost(&client, &Pool::connectionLost);
    Connection there = server.take();
    there->write("out of step");
    there->flush();
    QTRY_COMPARE(lost.size(), 1);
    QTRY_COMPARE(there->state(), QAbstractSocket::UnconnectedState);
    QTRY_COMPARE(client.idleCount(), 1);

    there = server.take(); // and not only by the watcher
    QVERIFY(there);
    there->write("out of step");
    there->flush();
    QVERIFY(!client.take());
}

void tst_Idle::sessionTicketsAreNotBytes()
{
    ServerPool::Configuration serverWish;
    serverWish.connectionMode = ConnectionMode::Single;
    ClientPool::Configuration wish;
    configureTls(serverWish, wish);
    ServerPool server(serverWish);
    listen(server);
    wish = clientOf(server.serverPort(), 4);
    wish.connectionMode = ConnectionMode::Single;
    wish.tlsMode = TlsMode::SelfSigned;
    wish.dropUnexpectedBytes = true; // so that a ticket mistaken for bytes would be seen
    ClientPool client(wish);
    QSignalSpy lost(&client, &Pool::connectionLost);
    fill(server, client, 4); // the server's tickets arrive after the client has parked
    bool hasTurned = false;
    QTimer::singleShot(100, this, [&] { hasTurned = true; });
    QTRY_VERIFY(hasTurned);
    QCOMPARE(client.idleCount(), 4);
    QVERIFY(lost.isEmpty());
    Connection here = client.take();
    QVERIFY(here);
    here.socket();
    here.giveBack();
    QCOMPARE(client.statistics().givenBack, 1);
}

QTEST_GUILESS_MAIN(tst_Idle)
#include "tst_idle.moc"
