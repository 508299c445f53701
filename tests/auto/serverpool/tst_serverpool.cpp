// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "short.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QScopeGuard>
#include <QtCore/QSet>
#include <QtNetwork/QNetworkProxy>

#include <optional>

// The server's end as an application sees it: listening, checking peers, limits.
class tst_ServerPool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void listensAndIsReady();
    void listeningTwiceIsAnError();
    void closesAndListensAgain();
    void listensOnADescriptor();
    void refusesADescriptorThatDoesNotListen();
    void refusesWhatIsNoTcpSocket_data();
    void refusesWhatIsNoTcpSocket();
    void refusesToAddWhatIsNotConnected_data();
    void refusesToAddWhatIsNotConnected();
    void refusesToAddWhatIsInAPool_data();
    void refusesToAddWhatIsInAPool();
    void refusesToListenWhereAPoolDoes();
    void programsDoNotInheritWhatItIsGiven();
    void listensOnThisHostWhateverTheProxy_data();
    void listensOnThisHostWhateverTheProxy();
    void takesInConnectionsOfAnotherServer();
    void turnsAwayPeersThatAreNotAllowed_data();
    void turnsAwayPeersThatAreNotAllowed();
    void allowedPeersThatMakeNoSenseAreRefused();
    void holdsAtMostItsCapacity();
    void namesConnectionsDifferently();
    void sendsTheIdAsEightHexDigits();
    void silentClientDelaysNobody();
    void demandsClientCertificates_data();
    void demandsClientCertificates();
    void configurationCanBeReplacedWhileRunning();
    void clampsNumbersWithAWarning();
    void warnsOfEachValueThatItClamps();
    void mayBeDestroyedDuringHandshakes();
    void survivesClientsThatResetAtOnce_data();
    void survivesClientsThatResetAtOnce();
    void failedListenLeavesOtherConnectionsAlone();
};

static bool connectsTo(QTcpSocket &socket, const QHostAddress &address, quint16 port)
{
    socket.connectToHost(address, port);
    return QTest::qWaitFor([&] { return socket.state() == QAbstractSocket::ConnectedState; }, longer(5000));
}

void tst_ServerPool::listensAndIsReady()
{
    ServerPool server;
    QSignalSpy ready(&server, &Pool::ready);
    QCOMPARE(server.serverPort(), 0);
    QVERIFY(server.serverAddress().isNull());
    QVERIFY(server.listen(QHostAddress::LocalHost));
    QCOMPARE(ready.size(), 1);
    QCOMPARE(server.state(), Pool::State::Ready);
    QVERIFY(server.serverPort() != 0);
    QCOMPARE(server.serverAddress(), QHostAddress(QHostAddress::LocalHost));
    QCOMPARE(server.capacity(), 65536);
    QCOMPARE(server.interval(), 0ms);
}

void tst_ServerPool::listeningTwiceIsAnError()
{
    ServerPool server;
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QVERIFY(!server.listen(QHostAddress::LocalHost));
    QCOMPARE(lastError(errors), Pool::Error::ListenFailed);
    QVERIFY(!server.listen(qintptr(0)));
    QCOMPARE(errors.size(), 2);
    QCOMPARE(server.state(), Pool::State::Ready);
}

void tst_ServerPool::closesAndListensAgain()
{
    ServerPool server;
    listen(server);
    const quint16 port = server.serverPort();
    QTcpSocket first;
    QVERIFY(connectsTo(first, QHostAddress::LocalHost, port));
    QTRY_COMPARE(server.idleCount(), 1);
    server.close();
    QCOMPARE(server.state(), Pool::State::Stopped);
    QCOMPARE(server.idleCount(), 0);
    QCOMPARE(server.serverPort(), 0);
    QTRY_COMPARE(first.state(), QAbstractSocket::UnconnectedState);
    QTcpSocket refused;
    QVERIFY(refused.state() == QAbstractSocket::UnconnectedState);
    refused.connectToHost(QHostAddress::LocalHost, port);
    QTRY_COMPARE(refused.error(), QAbstractSocket::ConnectionRefusedError);

    QVERIFY(server.listen(QHostAddress::LocalHost, port));
    QTcpSocket second;
    QVERIFY(connectsTo(second, QHostAddress::LocalHost, port));
    QTRY_COMPARE(server.idleCount(), 1);
}

#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

void tst_ServerPool::listensOnADescriptor()
{
#ifdef Q_OS_UNIX
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    QCOMPARE(::bind(descriptor, reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
    QCOMPARE(::listen(descriptor, 5), 0);
    ServerPool server;
    QVERIFY(server.listen(qintptr(descriptor)));
    QVERIFY(server.serverPort() != 0);
    QTcpSocket socket;
    QVERIFY(connectsTo(socket, QHostAddress::LocalHost, server.serverPort()));
    QTRY_COMPARE(server.idleCount(), 1);
#else
    QSKIP("written for POSIX sockets");
#endif
}

#ifdef Q_OS_UNIX
using Open = int (*)();
Q_DECLARE_METATYPE(Open)
#endif

void tst_ServerPool::refusesWhatIsNoTcpSocket_data()
{
#ifdef Q_OS_UNIX
    QTest::addColumn<Open>("open");
    const auto row = [](const char *name, Open open) { QTest::newRow(name) << open; };
    row("device", [] { return ::open("/dev/null", O_RDWR); });
    row("UDP", [] { return ::socket(AF_INET, SOCK_DGRAM, 0); });
    row("local socket that listens", [] {
        const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
        ::listen(descriptor, 5); // it is given a name of its own
        return descriptor;
    });
    row("nothing", [] { return 9999; });
#endif
}

void tst_ServerPool::refusesWhatIsNoTcpSocket()
{
#ifdef Q_OS_UNIX
    QFETCH(const Open, open);
    ServerPool::Configuration wish;
    wish.connectionMode = ConnectionMode::Single; // so that nothing is sent
    ServerPool server(wish);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    const int descriptor = open();
    QVERIFY(!server.listen(qintptr(descriptor)));
    QCOMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::ListenFailed);
    QCOMPARE(lastMessage(errors),
             QStringLiteral("cannot listen on descriptor %1: it is no TCP socket that listens").arg(descriptor));
    QCOMPARE(server.state(), Pool::State::Stopped);
    QVERIFY(!server.addConnection(descriptor)); // which owns it
    QCOMPARE(errors.size(), 2);
    QCOMPARE(lastError(errors), Pool::Error::AcceptFailed);
    QCOMPARE(lastMessage(errors), QStringLiteral("cannot add descriptor %1: it is no TCP socket").arg(descriptor));
    QCOMPARE(server.connections().size(), 0);
#else
    QSKIP("written for POSIX sockets");
#endif
}

void tst_ServerPool::refusesToAddWhatIsNotConnected_data()
{
#ifdef Q_OS_UNIX
    QTest::addColumn<Open>("open");
    QTest::addColumn<QString>("cause");
    const QString notConnected = QStringLiteral("it is not connected, or was reset by its peer");
    QTest::newRow("never connected") << Open([] { return ::socket(AF_INET, SOCK_STREAM, 0); }) << notConnected;
    QTest::newRow("listens") << Open([] {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
        ::listen(descriptor, 5); // on a free port
        return descriptor;
    }) << QStringLiteral("it is a socket that listens, which is for listen()");
    QTest::newRow("reset") << Open([] {
        QTcpServer application;
        application.listen(QHostAddress::LocalHost);
        QTcpSocket peer;
        connectsTo(peer, QHostAddress::LocalHost, application.serverPort());
        if (!application.hasPendingConnections())
            application.waitForNewConnection(longer(5000));
        const std::unique_ptr<QTcpSocket> accepted(application.nextPendingConnection());
        const int descriptor = ::dup(int(accepted->socketDescriptor()));
        constexpr linger reset{1, 0};
        ::setsockopt(int(peer.socketDescriptor()), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        peer.abort();
        const auto isReset = [&accepted] { return accepted->state() == QAbstractSocket::UnconnectedState; };
        return QTest::qWaitFor(isReset, longer(5000)) ? descriptor : -1;
    }) << notConnected;
#endif
}

void tst_ServerPool::refusesToAddWhatIsNotConnected()
{
#ifdef Q_OS_UNIX
    QFETCH(const Open, open);
    QFETCH(const QString, cause);
    ServerPool server;
    QSignalSpy errors(&server, &Pool::errorOccurred);
    const int descriptor = open();
    QVERIFY(!server.addConnection(descriptor)); // which owns it
    QCOMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::AcceptFailed);
    QCOMPARE(lastMessage(errors), QStringLiteral("cannot add descriptor %1: %2").arg(descriptor).arg(cause));
    QCOMPARE(server.state(), Pool::State::Stopped);
    QCOMPARE(server.pendingCount(), 0);
    QCOMPARE(::fcntl(descriptor, F_GETFD), -1); // closed
#else
    QSKIP("written for POSIX sockets");
#endif
}

void tst_ServerPool::refusesToAddWhatIsInAPool_data()
{
    QTest::addColumn<QString>("stage");
    QTest::addColumn<bool>("isOther");
    for (const char *stage : {"pending", "idle", "leased"}) {
        QTest::addRow("%s", stage) << QString::fromLatin1(stage) << false;
        QTest::addRow("%s, another's", stage) << QString::fromLatin1(stage) << true;
    }
}

// It would have two holders, and be closed under one of them.
void tst_ServerPool::refusesToAddWhatIsInAPool()
{
#ifdef Q_OS_LINUX
    QFETCH(const QString, stage);
    QFETCH(const bool, isOther);
    ServerPool::Configuration wish;
    wish.connectionMode = ConnectionMode::Single;
    ServerPool other(wish);
    if (stage == u"pending") // in a TLS handshake that the peer does not begin
        wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(wish);
    QTcpServer application;
    QVERIFY(application.listen(QHostAddress::LocalHost));
    application.pauseAccepting();
    QTcpSocket peer;
    QVERIFY(connectsTo(peer, QHostAddress::LocalHost, application.serverPort()));
    const int accepted = ::accept(int(application.socketDescriptor()), nullptr, nullptr);
    QVERIFY(server.addConnection(accepted));
    Connection lease;
    if (stage != u"pending")
        QTRY_COMPARE(server.idleCount(), 1);
    if (stage == u"leased")
        lease = server.take();

    ServerPool &second = isOther ? other : server;
    QSignalSpy errors(&second, &Pool::errorOccurred);
    QVERIFY(!second.addConnection(accepted));
    QCOMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::AcceptFailed);
    QCOMPARE(lastMessage(errors),
             QStringLiteral("cannot add descriptor %1: it is in a pool already: call detach() of its Connection first")
                     .arg(accepted));
    QCOMPARE(server.connections().size(), 1);
    QVERIFY(::fcntl(accepted, F_GETFD) >= 0); // and it is not closed
    if (stage == u"pending")
        return;
    if (!lease)
        lease = server.take();
    QCOMPARE(pass(&peer, lease.socket(), "still there"), QByteArray("still there"));
#else
    QSKIP("known where sockets have numbers");
#endif
}

void tst_ServerPool::refusesToListenWhereAPoolDoes()
{
#ifdef Q_OS_LINUX
    const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
    QCOMPARE(::listen(listening, 5), 0);
    ServerPool server;
    QVERIFY(server.listen(qintptr(listening)));
    ServerPool other;
    QSignalSpy errors(&other, &Pool::errorOccurred);
    QVERIFY(!other.listen(qintptr(listening)));
    QCOMPARE(lastMessage(errors),
             QStringLiteral("cannot listen on descriptor %1: a pool listens on it already").arg(listening));
    QTcpSocket peer;
    QVERIFY(connectsTo(peer, QHostAddress::LocalHost, server.serverPort()));
    QTRY_COMPARE(server.idleCount(), 1);
#else
    QSKIP("known where sockets have numbers");
#endif
}

// It would keep the connection, or the port, open for as long as they run.
void tst_ServerPool::programsDoNotInheritWhatItIsGiven()
{
#ifdef Q_OS_UNIX
    const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
    QCOMPARE(::listen(listening, 5), 0);
    ServerPool server;
    QVERIFY(server.listen(qintptr(listening)));
    QCOMPARE(::fcntl(listening, F_GETFD), FD_CLOEXEC);

    QTcpServer application;
    QVERIFY(application.listen(QHostAddress::LocalHost));
    application.pauseAccepting();
    QTcpSocket peer;
    QVERIFY(connectsTo(peer, QHostAddress::LocalHost, application.serverPort()));
    const int accepted = ::accept(int(application.socketDescriptor()), nullptr, nullptr);
    QVERIFY(accepted >= 0);
    QVERIFY(server.addConnection(accepted));
    QCOMPARE(::fcntl(accepted, F_GETFD), FD_CLOEXEC);
    QTRY_COMPARE(server.idleCount(), 1);
#else
    QSKIP("written for POSIX sockets");
#endif
}

void tst_ServerPool::listensOnThisHostWhateverTheProxy_data()
{
    QTest::addColumn<QNetworkProxy::ProxyType>("type");
    QTest::addColumn<bool>("isEncrypted");
    for (const bool isEncrypted : {false, true}) {
        QTest::addRow("HTTP%s", isEncrypted ? ", TLS" : "") << QNetworkProxy::HttpProxy << isEncrypted;
        QTest::addRow("SOCKS 5%s", isEncrypted ? ", TLS" : "") << QNetworkProxy::Socks5Proxy << isEncrypted;
    }
}

void tst_ServerPool::listensOnThisHostWhateverTheProxy()
{
    QFETCH(const QNetworkProxy::ProxyType, type);
    QFETCH(const bool, isEncrypted);
    const auto reset = qScopeGuard([] { QNetworkProxy::setApplicationProxy(QNetworkProxy::NoProxy); });
    QNetworkProxy::setApplicationProxy(QNetworkProxy(type, QStringLiteral("127.0.0.1"), 9));
    ServerPool::Configuration wish;
    if (isEncrypted)
        wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(wish);
    QVERIFY(server.listen(QHostAddress::AnyIPv4)); // Qt uses no proxy for a loopback address
    QVERIFY(server.serverPort() != 0);
    QSslSocket client;
    client.setProxy(QNetworkProxy::NoProxy);
    client.setPeerVerifyMode(QSslSocket::VerifyNone);
    if (isEncrypted)
        client.connectToHostEncrypted(QStringLiteral("127.0.0.1"), server.serverPort());
    else
        client.connectToHost(QHostAddress(QHostAddress::LocalHost), server.serverPort());
    QTRY_COMPARE(client.bytesAvailable(), 8);
    QTRY_COMPARE(server.idleCount(), 1);
    QCOMPARE(client.readAll(), server.take().id().toByteArray());
}

void tst_ServerPool::refusesADescriptorThatDoesNotListen()
{
    ServerPool server;
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QVERIFY(!server.listen(qintptr(-1)));
    QCOMPARE(lastError(errors), Pool::Error::ListenFailed);
    QCOMPARE(server.state(), Pool::State::Stopped);
}

class OwnServer : public QTcpServer
{
public:
    explicit OwnServer(ServerPool &pool) : m_pool(pool) { }
    QList<bool> taken;

protected:
    void incomingConnection(qintptr descriptor) override { taken << m_pool.addConnection(descriptor); }

private:
    ServerPool &m_pool;
};

void tst_ServerPool::takesInConnectionsOfAnotherServer()
{
    ServerPool::Configuration wish;
    wish.allowedPeers = QStringList{QStringLiteral("127.0.0.1")};
    ServerPool pool(wish);
    OwnServer own(pool);
    QVERIFY(own.listen(QHostAddress::LocalHost));
    QTcpSocket socket;
    QVERIFY(connectsTo(socket, QHostAddress::LocalHost, own.serverPort()));
    QTRY_COMPARE(pool.idleCount(), 1);
    QCOMPARE(pool.state(), Pool::State::Ready);
    QCOMPARE(pool.serverPort(), 0);
    QTRY_COMPARE(socket.bytesAvailable(), 8);

    wish.allowedPeers = QStringList{QStringLiteral("192.0.2.1")};
    QVERIFY(pool.setConfiguration(wish));
    QTcpSocket other;
    QVERIFY(connectsTo(other, QHostAddress::LocalHost, own.serverPort()));
    QTRY_COMPARE(own.taken, QList<bool>({true, false}));
    QTRY_COMPARE(other.state(), QAbstractSocket::UnconnectedState);
}

void tst_ServerPool::turnsAwayPeersThatAreNotAllowed_data()
{
    QTest::addColumn<QHostAddress>("listenOn");
    QTest::addColumn<QHostAddress>("connectTo");
    QTest::addColumn<QStringList>("allowed");
    QTest::addColumn<bool>("isAllowed");
    const QHostAddress any(QHostAddress::Any); // both families
    const QHostAddress v4(QHostAddress::LocalHost);
    const QHostAddress v6(QHostAddress::LocalHostIPv6);
    const auto list = [](const char *text) { return QString::fromLatin1(text).split(u' ', Qt::SkipEmptyParts); };
    QTest::newRow("no list: any") << v4 << v4 << list("") << true;
    QTest::newRow("address") << v4 << v4 << list("127.0.0.1") << true;
    QTest::newRow("other address") << v4 << v4 << list("127.0.0.2") << false;
    QTest::newRow("subnet") << v4 << v4 << list("10.0.0.0/8 127.0.0.0/8") << true;
    QTest::newRow("other subnet") << v4 << v4 << list("10.0.0.0/8") << false;
    QTest::newRow("mapped, on a dual-stack listener") << any << v4 << list("127.0.0.1") << true;
    QTest::newRow("mapped, other address") << any << v4 << list("::1 127.0.0.2") << false;
    QTest::newRow("IPv6 on a dual-stack listener") << any << v6 << list("::1") << true;
    QTest::newRow("IPv6 subnet") << v6 << v6 << list("::/64") << true;
    QTest::newRow("other IPv6 subnet") << v6 << v6 << list("2001:db8::/32") << false;
    QTest::newRow("IPv4 list, IPv6 peer") << any << v6 << list("0.0.0.0/0") << false;
}

void tst_ServerPool::turnsAwayPeersThatAreNotAllowed()
{
    QFETCH(const QHostAddress, listenOn);
    QFETCH(const QHostAddress, connectTo);
    QFETCH(const QStringList, allowed);
    QFETCH(const bool, isAllowed);
    ServerPool::Configuration wish;
    wish.allowedPeers = allowed;
    ServerPool server(wish);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QVERIFY(server.listen(listenOn));
    QTcpSocket socket;
    socket.connectToHost(connectTo, server.serverPort());
    if (isAllowed) {
        QTRY_COMPARE(server.idleCount(), 1);
        QVERIFY(errors.isEmpty());
        return;
    }
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::PeerRejected);
    QVERIFY2(lastMessage(errors).contains(connectTo.toString()), qPrintable(lastMessage(errors)));
    QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
    QVERIFY(socket.readAll().isEmpty());
    QCOMPARE(server.pendingCount() + server.idleCount(), 0);
    QCOMPARE(server.state(), Pool::State::Ready);
}

void tst_ServerPool::allowedPeersThatMakeNoSenseAreRefused()
{
    ServerPool::Configuration wish;
    wish.allowedPeers = QStringList{QStringLiteral("127.0.0.1"), QStringLiteral("127.0.0.1/33")};
    ServerPool server(wish);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QVERIFY(!server.listen(QHostAddress::LocalHost));
    QCOMPARE(lastError(errors), Pool::Error::InvalidConfiguration);
    QVERIFY(lastMessage(errors).contains(u"\"127.0.0.1/33\""));
    QCOMPARE(server.state(), Pool::State::Stopped);
}

void tst_ServerPool::holdsAtMostItsCapacity()
{
    ServerPool::Configuration wish;
    wish.maximumCapacity = 2;
    ServerPool server(wish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QTcpSocket sockets[3];
    for (QTcpSocket &socket : sockets)
        QVERIFY(connectsTo(socket, QHostAddress::LocalHost, server.serverPort()));
    QTRY_COMPARE(server.idleCount(), 2);
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
    QTRY_COMPARE(sockets[2].state(), QAbstractSocket::UnconnectedState);

    const Connection taken = server.take(); // there is room again
    QTcpSocket next;
    QVERIFY(connectsTo(next, QHostAddress::LocalHost, server.serverPort()));
    QTRY_COMPARE(server.idleCount(), 2);
}

void tst_ServerPool::namesConnectionsDifferently()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 200));
    fill(server, client, 200);
    QSet<ConnectionId> ids;
    std::vector<Connection> taken;
    for (int i = 0; i < 200; ++i) {
        taken.push_back(server.take());
        ids.insert(taken.back().id());
    }
    QCOMPARE(ids.size(), 200);
}

void tst_ServerPool::sendsTheIdAsEightHexDigits()
{
    ServerPool server;
    listen(server);
    QTcpSocket socket;
    QVERIFY(connectsTo(socket, QHostAddress::LocalHost, server.serverPort()));
    QTRY_COMPARE(server.idleCount(), 1);
    QTRY_COMPARE(socket.bytesAvailable(), 8);
    const QByteArray id = socket.readAll();
    QCOMPARE(QByteArray::fromHex(id).toHex(), id);
    QVERIFY(server.take(ConnectionId::fromBytes(id)));
}

void tst_ServerPool::silentClientDelaysNobody()
{
    ServerPool::Configuration wish;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    wish.handshakeTimeout = longer(300ms);
    ServerPool server(wish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QTcpSocket silent[20];
    for (QTcpSocket &socket : silent)
        QVERIFY(connectsTo(socket, QHostAddress::LocalHost, server.serverPort()));
    ClientPool::Configuration honest = clientOf(server.serverPort(), 2);
    honest.tls.mode = TlsMode::SelfSigned;
    ClientPool client(honest);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 2);
    QTRY_COMPARE_WITH_TIMEOUT(server.errorCount(), 20, longer(20000));
    QCOMPARE(lastError(errors), Pool::Error::HandshakeTimeout);
    const QString time = QStringLiteral("%1 ms").arg(wish.handshakeTimeout.count());
    QVERIFY2(lastMessage(errors).contains(u"127.0.0.1") && lastMessage(errors).contains(time),
             qPrintable(lastMessage(errors)));
    QTRY_COMPARE(silent[19].state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(server.pendingCount(), 0);
}

void tst_ServerPool::demandsClientCertificates_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<bool>("isAccepted");
    QTest::newRow("of the authority") << QStringLiteral("client") << true;
    QTest::newRow("none") << QString() << false;
    QTest::newRow("of nobody") << QStringLiteral("self-signed") << false;
}

void tst_ServerPool::demandsClientCertificates()
{
    QFETCH(const QString, certificate);
    QFETCH(const bool, isAccepted);
    ServerPool::Configuration wish;
    wish.tls = {.enabled = true,
                .configuration = Certificates::demandingClientCertificate(Certificates::showing(QStringLiteral("server")))};
    ServerPool server(wish);
    listen(server);
    QSignalSpy serverErrors(&server, &Pool::errorOccurred);
    ClientPool::Configuration clientWish = clientOf(server.serverPort(), 1);
    clientWish.tls.mode = TlsMode::Verified;
    clientWish.tls.configuration = Certificates::trustingCa(certificate.isEmpty() ? QSslConfiguration::defaultConfiguration()
                                                                                  : Certificates::showing(certificate));
    ClientPool client(clientWish);
    QSignalSpy clientErrors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    if (isAccepted) {
        QTRY_COMPARE(client.idleCount(), 1);
        QCOMPARE(client.errorCount() + server.errorCount(), 0);
        const Connection there = server.take();
        QCOMPARE(qobject_cast<QSslSocket *>(there.socket())->peerCertificate(),
                 Certificates::certificate(QStringLiteral("client")));
        return;
    }
    QTRY_VERIFY(!serverErrors.isEmpty() && !clientErrors.isEmpty());
    QCOMPARE(lastError(serverErrors), Pool::Error::TlsFailed);
    QCOMPARE(client.idleCount() + server.idleCount(), 0);
}

void tst_ServerPool::configurationCanBeReplacedWhileRunning()
{
    ServerPool server;
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    ServerPool::Configuration wish;
    wish.idFormat = IdFormat::Binary;
    wish.maximumCapacity = 7;
    QVERIFY(server.setConfiguration(wish));
    QCOMPARE(server.capacity(), 7);
    QTcpSocket socket;
    QVERIFY(connectsTo(socket, QHostAddress::LocalHost, server.serverPort()));
    QTRY_COMPARE(server.idleCount(), 1);
    QTRY_COMPARE(socket.bytesAvailable(), 4);

    wish.tls = {.enabled = true, .configuration = Certificates::trustingCa()}; // neither a certificate nor a key
    QVERIFY(!server.setConfiguration(wish));
    QCOMPARE(lastError(errors), Pool::Error::InvalidConfiguration);
    QVERIFY(server.configuration().tls.configuration.isNull());
}

void tst_ServerPool::clampsNumbersWithAWarning()
{
    ServerPool::Configuration wish;
    wish.maximumCapacity = 0;
    wish.handshakeTimeout = 0ms;
    ServerPool server(wish);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("maximumCapacity is 0")));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("handshakeTimeout is 0 ms")));
    listen(server);
    QCOMPARE(server.capacity(), 1);
}

void tst_ServerPool::warnsOfEachValueThatItClamps()
{
    ServerPool::Configuration wish;
    wish.maximumPendingHandshakes = wish.maximumPendingPerPeer = wish.listenBacklog = -1;
    wish.tcp.keepAlivePeriod = -1ms; // the client pool's test has the others that both have in common
    wish.limits.maximumWaiters = -1;
    wish.hooks.validateAfter = -1ms;
    for (const char *warning :
         {"maximumPendingHandshakes is -1, out of range: it becomes 0",
          "maximumPendingPerPeer is -1, out of range: it becomes 0", "listenBacklog is -1, out of range: it becomes 1",
          "tcp.keepAlivePeriod is -1 ms, out of range: it becomes 0 ms",
          "limits.maximumWaiters is -1, out of range: it becomes 0",
          "hooks.validateAfter is -1 ms, out of range: it becomes 0 ms"})
        QTest::ignoreMessage(QtWarningMsg, warning);
    QTest::failOnWarning(QRegularExpression(QStringLiteral(".")));
    ServerPool server(wish);
    listen(server);
}

void tst_ServerPool::mayBeDestroyedDuringHandshakes()
{
    ServerPool::Configuration wish;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    std::optional<ServerPool> server(wish);
    listen(*server);
    QTcpSocket silent[5];
    for (QTcpSocket &socket : silent)
        QVERIFY(connectsTo(socket, QHostAddress::LocalHost, server->serverPort()));
    QTRY_COMPARE(server->pendingCount(), 5);
    server.reset();
    for (QTcpSocket &socket : silent)
        QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
}

void tst_ServerPool::survivesClientsThatResetAtOnce_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::newRow("plain") << false;
    QTest::newRow("TLS") << true;
}

void tst_ServerPool::survivesClientsThatResetAtOnce()
{
#ifdef Q_OS_UNIX
    QFETCH(const bool, isTls);
    ServerPool::Configuration wish;
    if (isTls)
        wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(wish);
    listen(server);
    for (int i = 0; i < 20; ++i) {
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, server.serverPort());
        QVERIFY(socket.waitForConnected()); // by the kernel: the pool has not seen it yet
        const linger now{1, 0};
        setsockopt(int(socket.socketDescriptor()), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        socket.abort();
    }
    QTcpSocket honest;
    QVERIFY(connectsTo(honest, QHostAddress::LocalHost, server.serverPort()));
    if (!isTls)
        QTRY_COMPARE(server.idleCount(), 1);
    QTRY_COMPARE(server.pendingCount(), isTls ? 1 : 0);
#else
    QSKIP("written for POSIX sockets");
#endif
}

void tst_ServerPool::failedListenLeavesOtherConnectionsAlone()
{
    ServerPool pool;
    OwnServer own(pool);
    QVERIFY(own.listen(QHostAddress::LocalHost));
    QTcpSocket socket;
    QVERIFY(connectsTo(socket, QHostAddress::LocalHost, own.serverPort()));
    QTRY_COMPARE(pool.idleCount(), 1);
    QVERIFY(!pool.listen(QHostAddress::LocalHost, own.serverPort())); // in use
    QCOMPARE(pool.idleCount(), 1);
    QCOMPARE(pool.state(), Pool::State::Ready);
}

QTEST_GUILESS_MAIN(tst_ServerPool)
#include "tst_serverpool.moc"
