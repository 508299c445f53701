// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "testmain.h"

#include <QtCore/QTimer>

#include <algorithm>
#include <memory>
#include <vector>

Q_DECLARE_METATYPE(QNetPool::ServerPool::Configuration)

// A server pool among strangers who open connections and do nothing with them, or who are not allowed in: how many handshakes
// it takes on, and how much it tells of it.
class tst_Onslaught : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void kernelKeepsThoseForWhomThereIsNoRoom_data();
    void kernelKeepsThoseForWhomThereIsNoRoom();
    void silentClientsMakeRoom();
    void eachPeerHasItsShare();
    void newcomersGetInWhileOthersHoldOn_data();
    void newcomersGetInWhileOthersHoldOn();
    void applicationsOwnConnectionsCountToo();
    void connectionsOfPutCountToo();
    void moreRoomIsUsedAtOnce();
    void closesAndListensAgainWhenFull();
    void plainConnectionsNeedNoRoom();
    void floodOfRefusalsIsToldInShort_data();
    void floodOfRefusalsIsToldInShort();
    void floodIsForgottenByClose();
    void aPeerHasItsShareOfConnections_data();
    void aPeerHasItsShareOfConnections();
    void anIpv6NetworkIsOnePeer();
    void whoHasLeftTakesNoShare();
    void whoFailsTooOftenHasToWait_data();
    void whoFailsTooOftenHasToWait();
};

static ServerPool::Configuration tlsServer(int pending, int perPeer = 0)
{
    ServerPool::Configuration configuration;
    configuration.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    configuration.maximumPendingHandshakes = pending;
    configuration.maximumPendingPerPeer = perPeer;
    configuration.handshakeTimeout = 60s;
    return configuration;
}

// Clients that connect and say nothing.
class Silent
{
public:
    void connectTo(quint16 port, int count = 1, const QHostAddress &from = QHostAddress::LocalHost)
    {
        for (int i = 0; i < count; ++i) {
            auto socket = std::make_unique<QTcpSocket>();
            QVERIFY(socket->bind(from));
            socket->connectToHost(QHostAddress::LocalHost, port);
            QVERIFY(socket->waitForConnected(5000));
            m_sockets.push_back(std::move(socket));
        }
    }
    void leave() { m_sockets.clear(); }
    void leave(std::size_t which) { m_sockets[which].reset(); }
    bool isTurnedAway(std::size_t which) const { return m_sockets[which]->state() == QAbstractSocket::UnconnectedState; }

private:
    std::vector<std::unique_ptr<QTcpSocket>> m_sockets;
};

static std::unique_ptr<QSslSocket> honest(quint16 port, const QHostAddress &from = QHostAddress::LocalHost)
{
    auto socket = std::make_unique<QSslSocket>();
    socket->setPeerVerifyMode(QSslSocket::VerifyNone);
    static_cast<void>(socket->bind(from));
    socket->connectToHostEncrypted(QStringLiteral("127.0.0.1"), port);
    return socket;
}

void tst_Onslaught::kernelKeepsThoseForWhomThereIsNoRoom_data()
{
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("pool's thread") << 0;
    QTest::newRow("own threads") << 2;
}

void tst_Onslaught::kernelKeepsThoseForWhomThereIsNoRoom()
{
    QFETCH(const int, setupThreads);
    ServerPool::Configuration wish = tlsServer(3);
    wish.setupThreads = setupThreads;
    ServerPool server(wish);
    listen(server);
    Silent silent;
    silent.connectTo(server.serverPort(), 10);
    const auto client = honest(server.serverPort());
    QTRY_COMPARE(client->state(), QAbstractSocket::ConnectedState); // with the kernel
    for (std::size_t i = 0; i < 8; ++i) { // then there is room for the honest one
        QTRY_COMPARE(server.errorCount(), int(i));
        QTRY_COMPARE(server.pendingCount(), 3); // silent ones: more would stay as long
        QVERIFY(!client->isEncrypted());
        silent.leave(i);
    }
    QTRY_VERIFY(client->isEncrypted());
    QTRY_COMPARE(server.idleCount(), 1);
    QCOMPARE(server.statistics().peersRefused, 0);
}

// Each that is accepted late has less time: the honest one does not wait for the whole timeout of those before it.
void tst_Onslaught::silentClientsMakeRoom()
{
    ServerPool::Configuration wish = tlsServer(2);
    wish.handshakeTimeout = 8s; // a quarter of it is what the second has
    ServerPool server(wish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    Silent silent;
    silent.connectTo(server.serverPort(), 2);
    QTRY_COMPARE(server.pendingCount(), 2);
    const auto client = honest(server.serverPort());
    QTRY_VERIFY_WITH_TIMEOUT(client->isEncrypted(), longer(20000));
    QCOMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::HandshakeTimeout);
    QVERIFY2(lastMessage(errors).contains(u"2000 ms"), qPrintable(lastMessage(errors)));
    QVERIFY(!silent.isTurnedAway(0));
}

void tst_Onslaught::eachPeerHasItsShare()
{
    ServerPool server(tlsServer(0, 2));
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    Silent silent;
    silent.connectTo(server.serverPort(), 3, QHostAddress(QStringLiteral("127.0.0.2")));
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::PeerRejected);
    QCOMPARE(lastMessage(errors),
             QStringLiteral("the peer 127.0.0.2 has 2 handshakes going on, as many as maximumPendingPerPeer allows"));
    QTRY_VERIFY(silent.isTurnedAway(2));
    QCOMPARE(server.pendingCount(), 2);
    QCOMPARE(server.statistics().peersRefused, 1);

    const auto client = honest(server.serverPort()); // from another address
    QTRY_VERIFY(client->isEncrypted());
    QTRY_COMPARE(server.idleCount(), 1);
    silent.leave();
    QTRY_COMPARE(server.pendingCount(), 0);
    silent.connectTo(server.serverPort(), 2, QHostAddress(QStringLiteral("127.0.0.2")));
    QTRY_COMPARE(server.pendingCount(), 2);
    QCOMPARE(server.statistics().peersRefused, 1);
}

void tst_Onslaught::newcomersGetInWhileOthersHoldOn_data()
{
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("pool's thread") << 0;
    QTest::newRow("own threads") << 2;
}

// Silent clients at some addresses want more handshakes than there may be: those who have none do not wait behind them.
void tst_Onslaught::newcomersGetInWhileOthersHoldOn()
{
    QFETCH(const int, setupThreads);
    ServerPool::Configuration wish = tlsServer(16, 4);
    wish.setupThreads = setupThreads;
    ServerPool server(wish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    Silent silent;
    for (int last = 2; last <= 6; ++last)
        silent.connectTo(server.serverPort(), 5, QHostAddress(QStringLiteral("127.0.0.%1").arg(last)));
    std::vector<std::unique_ptr<QSslSocket>> clients;
    for (int i = 1; i <= 3; ++i) {
        clients.push_back(honest(server.serverPort()));
        QTRY_VERIFY(clients.back()->isEncrypted());
        QTRY_COMPARE(server.idleCount(), i);
    }
    QTRY_COMPARE(server.statistics().peersRefused, 12);
    QCOMPARE(server.pendingCount(), 13);
    QCOMPARE(errors.at(9).at(0).value<Pool::Error>(), Pool::Error::PeerRejected); // the tenth is the last told by itself
    QCOMPARE(errors.at(9).at(1).toString(),
             QStringLiteral("the peer 127.0.0.6 has 1 handshakes going on, its share of "
                            "maximumPendingHandshakes while 13 of 16 are pending"));
}

// An application that accepts by itself cannot be told to wait.
void tst_Onslaught::applicationsOwnConnectionsCountToo()
{
    class Accepting : public QTcpServer
    {
    public:
        std::vector<qintptr> descriptors;

    protected:
        void incomingConnection(qintptr descriptor) override { descriptors.push_back(descriptor); }
    } own;
    QVERIFY(own.listen(QHostAddress::LocalHost));
    Silent silent;
    silent.connectTo(own.serverPort(), 2);
    QTRY_COMPARE(own.descriptors.size(), 2u);
    ServerPool server(tlsServer(1));
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QVERIFY(server.addConnection(own.descriptors[0]));
    QVERIFY(!server.addConnection(own.descriptors[1]));
    QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
    QVERIFY2(lastMessage(errors).contains(u"127.0.0.1 is closed: 1 handshakes"), qPrintable(lastMessage(errors)));
    QTRY_VERIFY(silent.isTurnedAway(1));
    QCOMPARE(server.statistics().peersRefused, 1);
    QCOMPARE(server.pendingCount(), 1);
}

void tst_Onslaught::connectionsOfPutCountToo()
{
    QTcpServer own;
    QVERIFY(own.listen(QHostAddress::LocalHost));
    ServerPool server(ServerPool::Configuration{.maximumConnectionsPerPeer = 2});
    listen(server);
    QTcpSocket first;
    first.connectToHost(QHostAddress::LocalHost, server.serverPort());
    QTRY_COMPARE(server.idleCount(), 1);
    std::array<QTcpSocket, 2> peers;
    for (QTcpSocket &peer : peers)
        peer.connectToHost(QHostAddress::LocalHost, own.serverPort());
    std::vector<std::unique_ptr<QTcpSocket>> accepted;
    const auto hasAll = [&] {
        while (own.hasPendingConnections())
            accepted.emplace_back(own.nextPendingConnection());
        return accepted.size() == peers.size();
    };
    QTRY_VERIFY(hasAll());
    QString reason;
    QVERIFY(server.put({}, accepted[0].release(), &reason));
    QVERIFY(!server.put({}, accepted[1].get(), &reason));
    QCOMPARE(reason, QStringLiteral("the peer has 2 connections, as many as maximumConnectionsPerPeer allows"));
    server.take().discard();
    QVERIFY(server.put({}, accepted[1].release(), &reason));
}

void tst_Onslaught::moreRoomIsUsedAtOnce()
{
    ServerPool server(tlsServer(1));
    listen(server);
    Silent silent;
    silent.connectTo(server.serverPort());
    QTRY_COMPARE(server.pendingCount(), 1);
    const auto client = honest(server.serverPort());
    QTRY_COMPARE(client->state(), QAbstractSocket::ConnectedState);
    QVERIFY(server.setConfiguration(tlsServer(2)));
    QTRY_VERIFY(client->isEncrypted());
    QTRY_COMPARE(server.idleCount(), 1);
    QCOMPARE(server.pendingCount(), 1);
}

void tst_Onslaught::closesAndListensAgainWhenFull()
{
    ServerPool server(tlsServer(1));
    Silent silent;
    for (int i = 1; i <= 3; ++i) {
        listen(server);
        silent.connectTo(server.serverPort(), 2);
        QTRY_COMPARE(server.pendingCount(), 1);
        server.close();
        QCOMPARE(server.pendingCount(), 0);
    }
    listen(server);
    const auto client = honest(server.serverPort());
    QTRY_VERIFY(client->isEncrypted());
}

void tst_Onslaught::plainConnectionsNeedNoRoom()
{
    ServerPool::Configuration wish;
    wish.maximumPendingHandshakes = wish.maximumPendingPerPeer = 1;
    ServerPool server(wish);
    listen(server);
    Silent silent;
    silent.connectTo(server.serverPort(), 20);
    QTRY_COMPARE(server.idleCount(), 20);
    QCOMPARE(server.errorCount(), 0);
}

void tst_Onslaught::floodOfRefusalsIsToldInShort_data()
{
    QTest::addColumn<ServerPool::Configuration>("configuration");
    QTest::addColumn<Pool::Error>("error");
    QTest::addColumn<QString>("last");
    QTest::addColumn<int>("refused"); // of 200
    ServerPool::Configuration stranger;
    stranger.allowedPeers = QStringList{QStringLiteral("192.0.2.1")};
    QTest::newRow("not allowed") << stranger << Pool::Error::PeerRejected
                                 << QStringLiteral("the last: the peer 127.0.0.1 is not allowed") << 200;
    QTest::newRow("too many of one peer") << tlsServer(0, 50) << Pool::Error::PeerRejected
                                          << QStringLiteral("the last: the peer 127.0.0.1 has 50 handshakes going on")
                                          << 150;
    ServerPool::Configuration full;
    full.maximumCapacity = 20;
    QTest::newRow("full") << full << Pool::Error::ResourcesExhausted
                          << QStringLiteral("the last: the connection from 127.0.0.1 is closed: the pool has 20 connections")
                          << 180;
}

void tst_Onslaught::floodOfRefusalsIsToldInShort()
{
    QFETCH(const ServerPool::Configuration, configuration);
    QFETCH(const Pool::Error, error);
    QFETCH(const QString, last);
    QFETCH(const int, refused);
    ServerPool server(configuration);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QSignalSpy counts(&server, &Pool::errorCountChanged);
    Silent silent;
    silent.connectTo(server.serverPort(), 200);
    QTRY_COMPARE(server.statistics().peersRefused, refused);
    QCOMPARE(server.errorCount(), refused);
    int together = 0;
    const auto told = [&] {
        int count = 0;
        together = 0;
        for (const QList<QVariant> &arguments : errors) {
            const QString message = arguments.at(1).toString();
            const bool isOne = !message.contains(u" more of the kind");
            count += isOne ? 1 : message.section(u' ', 0, 0).toInt();
            together += !isOne;
        }
        return count;
    };
    QTRY_COMPARE(told(), refused);
    QVERIFY(together >= 1);
    QCOMPARE(counts.size(), errors.size());
    for (const QList<QVariant> &arguments : errors)
        QCOMPARE(arguments.at(0).value<Pool::Error>(), error);
    QVERIFY(errors.size() <= 11 * (together + 1));
    QVERIFY2(lastMessage(errors).contains(last), qPrintable(lastMessage(errors)));
}

void tst_Onslaught::floodIsForgottenByClose()
{
    ServerPool::Configuration wish;
    wish.allowedPeers = QStringList{QStringLiteral("192.0.2.1")};
    ServerPool server(wish);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    listen(server);
    Silent silent;
    silent.connectTo(server.serverPort(), 50);
    QTRY_COMPARE(server.statistics().peersRefused, 50);
    const auto isTimed = [&server] { // one of its timers tells at the end of the window
        const QList<QTimer *> timers = server.findChildren<QTimer *>();
        return std::any_of(timers.begin(), timers.end(), [](const QTimer *timer) { return timer->isActive(); });
    };
    QVERIFY(isTimed() || errors.size() > 10); // else the window has ended already, as on a slow machine
    server.close();
    QCOMPARE(server.errorCount(), 50);
    QVERIFY(!isTimed());
    listen(server);
    QVERIFY(!isTimed());
}

void tst_Onslaught::aPeerHasItsShareOfConnections_data()
{
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<int>("setupThreads");
    for (const int threads : {0, 2}) {
        QTest::addRow("TCP, %d setup threads", threads) << false << threads;
        QTest::addRow("TLS, %d setup threads", threads) << true << threads;
    }
}

void tst_Onslaught::aPeerHasItsShareOfConnections()
{
    QFETCH(const bool, isEncrypted);
    QFETCH(const int, setupThreads);
    ServerPool::Configuration wish = isEncrypted ? tlsServer(0) : ServerPool::Configuration();
    wish.maximumConnectionsPerPeer = 2;
    wish.setupThreads = setupThreads;
    ServerPool server(wish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    const auto connectFrom = [&](const char *address) {
        auto socket = std::make_unique<QSslSocket>();
        socket->setPeerVerifyMode(QSslSocket::VerifyNone);
        static_cast<void>(socket->bind(QHostAddress(QLatin1String(address))));
        if (isEncrypted)
            socket->connectToHostEncrypted(QStringLiteral("127.0.0.1"), server.serverPort());
        else
            socket->connectToHost(QStringLiteral("127.0.0.1"), server.serverPort());
        return socket;
    };
    const auto one = connectFrom("127.0.0.2");
    const auto two = connectFrom("127.0.0.2");
    QTRY_COMPARE(server.idleCount(), 2);
    Connection leased = server.take(); // it counts as well
    const auto three = connectFrom("127.0.0.2");
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::PeerRejected);
    QCOMPARE(lastMessage(errors),
             QStringLiteral("the peer 127.0.0.2 has 2 connections, as many as maximumConnectionsPerPeer allows"));
    QCOMPARE(server.statistics().peersRefused, 1);
    const auto other = connectFrom("127.0.0.3");
    QTRY_COMPARE(server.idleCount(), 2);
    leased.discard();
    const auto next = connectFrom("127.0.0.2");
    QTRY_COMPARE(server.idleCount(), 3);
    wish.maximumConnectionsPerPeer = 3;
    QVERIFY(server.setConfiguration(wish));
    const auto last = connectFrom("127.0.0.2");
    QTRY_COMPARE(server.idleCount(), 4);
    QCOMPARE(errors.size(), 1);
}

// On a listener of both families, on which an IPv4 peer looks like an IPv6 one.
void tst_Onslaught::anIpv6NetworkIsOnePeer()
{
    ServerPool::Configuration wish = tlsServer(100, 2);
    wish.maximumConnectionsPerPeer = 3;
    ServerPool server(wish);
    QVERIFY(server.listen(QHostAddress::Any));
    QSignalSpy errors(&server, &Pool::errorOccurred);
    const auto connectTo = [&](const char *address) {
        auto socket = std::make_unique<QSslSocket>();
        socket->setPeerVerifyMode(QSslSocket::VerifyNone);
        socket->connectToHost(QHostAddress(QLatin1String(address)), server.serverPort());
        return socket;
    };
    std::vector<std::unique_ptr<QSslSocket>> peers; // which say nothing
    peers.push_back(connectTo("::1"));
    peers.push_back(connectTo("::1"));
    QTRY_COMPARE(server.pendingCount(), 2);
    peers.push_back(connectTo("::1"));
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::PeerRejected);
    QVERIFY2(lastMessage(errors).contains(QStringLiteral("::1")), qPrintable(lastMessage(errors)));
    peers.push_back(connectTo("127.0.0.1")); // another peer
    QTRY_COMPARE(server.pendingCount(), 3);
    for (const auto &peer : peers)
        peer->startClientEncryption();
    QTRY_COMPARE(server.idleCount(), 3);
    peers.push_back(connectTo("::1"));
    QTRY_COMPARE(peers.back()->state(), QAbstractSocket::ConnectedState);
    peers.back()->startClientEncryption();
    QTRY_COMPARE(server.idleCount(), 4);
    peers.push_back(connectTo("::1"));
    QTRY_COMPARE(errors.size(), 2);
    QVERIFY2(lastMessage(errors).contains(QStringLiteral("maximumConnectionsPerPeer")), qPrintable(lastMessage(errors)));
}

void tst_Onslaught::whoHasLeftTakesNoShare()
{
    ServerPool server(ServerPool::Configuration{.limits = {.unclaimedTimeout = 1h}, .maximumConnectionsPerPeer = 1});
    listen(server);
    for (int i = 1; i <= 3; ++i) {
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, server.serverPort());
        QTRY_COMPARE(server.idleCount(), 1);
        socket.write("bye");
        QVERIFY(socket.waitForBytesWritten());
        socket.disconnectFromHost();
        QTRY_COMPARE(server.statistics().unclaimed, i);
    }
    QCOMPARE(server.errorCount(), 0);
}

void tst_Onslaught::whoFailsTooOftenHasToWait_data()
{
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("pool's thread") << 0;
    QTest::newRow("own threads") << 2;
}

void tst_Onslaught::whoFailsTooOftenHasToWait()
{
    QFETCH(const int, setupThreads);
    constexpr int atATime = 200;
    const QHostAddress hostile(QStringLiteral("127.0.0.2"));
    ServerPool::Configuration wish = tlsServer(0, atATime);
    wish.setupThreads = setupThreads;
    ServerPool server(wish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    const auto refused = [&server] { return int(server.statistics().peersRefused); };
    int connected = 0; // since the last failed
    const auto connectHostile = [&](Silent &silent, int count) {
        silent.connectTo(server.serverPort(), count, hostile);
        connected += count;
        QTRY_COMPARE(server.pendingCount() + refused(), connected);
    };
    // All fail at once. On a slow machine that may take more than a second: once more then.
    for (int attempt = 0; attempt < 20 && refused() == 0; ++attempt) {
        Silent silent;
        connectHostile(silent, atATime);
        silent.leave();
        QTRY_COMPARE(server.pendingCount(), 0);
        connected = refused();
        connectHostile(silent, 1);
        QTRY_COMPARE(silent.isTurnedAway(0), refused() > 0);
        connected = refused();
    }
    const auto rejection = std::find_if(errors.cbegin(), errors.cend(), [](const QList<QVariant> &arguments) {
        return arguments.at(0).value<Pool::Error>() == Pool::Error::PeerRejected;
    });
    QVERIFY(rejection != errors.cend());
    QCOMPARE(rejection->at(1).toString(),
             QStringLiteral("the peer 127.0.0.2 is turned away for the rest of a second: within it, 50 more of its TLS "
                            "handshakes have failed than succeeded, and their errors say why"));

    const auto other = honest(server.serverPort());
    QTRY_VERIFY(other->isEncrypted());
    QTRY_COMPARE(server.idleCount(), 1);
    std::unique_ptr<QSslSocket> again;
    const auto isLetIn = [&] {
        if (!again || again->state() == QAbstractSocket::UnconnectedState)
            again = honest(server.serverPort(), hostile);
        return again->isEncrypted();
    };
    QTRY_VERIFY(isLetIn());
    QTRY_COMPARE(server.idleCount(), 2);
}

QNETPOOL_TEST_MAIN(tst_Onslaught)
#include "tst_onslaught.moc"
