// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "troubleshooting.h"

#include <QtCore/QThread>

#include <map>
#include <stdexcept>
#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <unistd.h>
#endif

// What an application's dialer may do with the socket, and what it is told if it does anything else.
class tst_Dialer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void socketMayBeConnectedAlready_data();
    void socketMayBeConnectedAlready();
    void whatItWritesIsSentWhileIdle_data();
    void whatItWritesIsSentWhileIdle();
    void parentOfTheSocketDoesNotOwnTheConnection();
    void socketIsNotForPut();
    void mistakeIsToldAtOnce_data();
    void mistakeIsToldAtOnce();
    void verificationIsNotTheDialersToChange_data();
    void verificationIsNotTheDialersToChange();
    void tlsIsNotTheDialersToBegin_data();
    void tlsIsNotTheDialersToBegin();

private:
    QThread m_otherThread;
};

namespace {

// Each way to set up a connection: the mode, TLS or not, and in whose thread.
void addWays(const std::function<void(const QByteArray &way)> &add)
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<ConnectionMode>("mode");
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<int>("setupThreads");
    for (const ConnectionMode mode : {ConnectionMode::Single, ConnectionMode::Multi}) {
        for (const bool isEncrypted : {false, true}) {
            for (const int setupThreads : {0, 1})
                add(QByteArray(mode == ConnectionMode::Single ? ", single" : ", multi") + (isEncrypted ? ", TLS" : "")
                    + (setupThreads ? ", thread" : ""));
        }
    }
}

void addRows(const std::vector<const char *> &names)
{
    addWays([&names](const QByteArray &way) {
        for (const char *name : names)
            QTest::newRow((name + way).constData())
                    << QString::fromLatin1(name) << (way.contains("single") ? ConnectionMode::Single : ConnectionMode::Multi)
                    << way.contains("TLS") << int(way.contains("thread"));
    });
}

// Both ends as the row has them.
struct Ends
{
    Ends()
    {
        QFETCH(const ConnectionMode, mode);
        QFETCH(const bool, isEncrypted);
        QFETCH(const int, setupThreads);
        ServerPool::Configuration serving;
        serving.connectionMode = mode;
        if (isEncrypted)
            serving.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
        server.setConfiguration(serving);
        listen(server);
        wish = stepwiseClientOf(server.serverPort(), 1);
        wish.connectionMode = mode;
        wish.tls.mode = isEncrypted ? TlsMode::SelfSigned : TlsMode::None;
        wish.setupThreads = setupThreads;
    }

    ServerPool server;
    ClientPool::Configuration wish;
};

void connectTo(quint16 port, QTcpSocket *socket)
{
    socket->connectToHost(QHostAddress::LocalHost, port);
    socket->waitForConnected();
}

#ifdef Q_OS_UNIX
void handOver(quint16 port, QTcpSocket *socket)
{
    QTcpSocket connected;
    connectTo(port, &connected);
    socket->setSocketDescriptor(::dup(int(connected.socketDescriptor())));
}
#endif

} // namespace

void tst_Dialer::initTestCase()
{
    m_otherThread.start();
}

void tst_Dialer::cleanupTestCase()
{
    m_otherThread.quit();
    m_otherThread.wait();
}

void tst_Dialer::socketMayBeConnectedAlready_data()
{
#ifdef Q_OS_UNIX
    addRows({"handed over", "waited for"});
#else
    addRows({"waited for"});
#endif
}

void tst_Dialer::socketMayBeConnectedAlready()
{
    QFETCH(const QString, what);
    Ends ends;
    ends.wish.dialer = [port = ends.wish.port, what](QTcpSocket *socket) {
        if (what == u"waited for")
            connectTo(port, socket);
#ifdef Q_OS_UNIX
        else
            handOver(port, socket);
#endif
    };
    ClientPool client(ends.wish);
    fill(ends.server, client, 1);
    Connection there = ends.server.take();
    Connection here = client.take();
    QVERIFY(here && there);
#ifdef Q_OS_UNIX
    QCOMPARE(::fcntl(int(here->socketDescriptor()), F_GETFD), FD_CLOEXEC); // programs do not inherit it
#endif
    QCOMPARE(pass(here.socket(), there.socket(), "question"), QByteArray("question"));
    QCOMPARE(pass(there.socket(), here.socket(), "answer"), QByteArray("answer"));
    QCOMPARE(client.errorCount(), 0);
}

void tst_Dialer::whatItWritesIsSentWhileIdle_data()
{
    addRows({"connected", "encrypted", "dialer"});
}

void tst_Dialer::whatItWritesIsSentWhileIdle()
{
    QFETCH(const QString, what);
    QFETCH(const bool, isEncrypted);
    Ends ends;
    ends.wish.dialer = [port = ends.wish.port, what, isEncrypted](QTcpSocket *socket) {
        const auto greet = [socket] { socket->write("HELLO"); };
        if (what == u"encrypted" && isEncrypted)
            connect(static_cast<QSslSocket *>(socket), &QSslSocket::encrypted, socket, greet);
        else if (what != u"dialer" || isEncrypted) // what is written before TLS is for another receiver than this server
            connect(socket, &QTcpSocket::connected, socket, greet);
        if (what == u"dialer" && !isEncrypted) {
            connectTo(port, socket);
            greet();
        } else {
            socket->connectToHost(QHostAddress::LocalHost, port);
        }
    };
    ClientPool client(ends.wish);
    fill(ends.server, client, 1);
    Connection there = ends.server.take();
    QVERIFY(there);
    QTRY_COMPARE(there->bytesAvailable(), 5);
    QCOMPARE(there->readAll(), QByteArray("HELLO"));
    QCOMPARE(client.idleCount(), 1);
    QCOMPARE(client.statistics().taken, 0);
}

void tst_Dialer::parentOfTheSocketDoesNotOwnTheConnection()
{
    ServerPool server;
    listen(server);
    auto owner = std::make_unique<QObject>();
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1);
    wish.dialer = [port = wish.port, parent = owner.get()](QTcpSocket *socket) {
        socket->setParent(parent);
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    ClientPool client(wish);
    fill(server, client, 1);
    owner.reset();
    Connection there = server.take();
    Connection here = client.take();
    QVERIFY(here && there);
    QCOMPARE(pass(here.socket(), there.socket(), "question"), QByteArray("question"));
}

// It is in a pool already.
void tst_Dialer::socketIsNotForPut()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    ClientPool *pool = nullptr;
    QStringList reasons;
    wish.dialer = [&pool, &reasons, port = wish.port](QTcpSocket *socket) {
        connectTo(port, socket);
        QVERIFY(!pool->put({}, socket, &reasons.emplaceBack()));
    };
    ClientPool client(wish);
    pool = &client;
    fill(server, client, 1);
    QVERIFY2(reasons.value(0).startsWith(u"the socket is in a pool already"), qPrintable(reasons.value(0)));
}

void tst_Dialer::mistakeIsToldAtOnce_data()
{
    addRows({"returns", "binds", "fails", "deletes", "deletes later", "moves", "connects and moves"});
}

void tst_Dialer::mistakeIsToldAtOnce()
{
    QFETCH(const QString, what);
    const std::map<QString, QString> sentences{
            {QStringLiteral("returns"), QStringLiteral("the dialer has returned without beginning to connect the socket")},
            {QStringLiteral("binds"), QStringLiteral("the dialer has returned without beginning to connect the socket")},
            {QStringLiteral("fails"), QStringLiteral("refused")},
            {QStringLiteral("deletes"), QStringLiteral("the dialer has deleted the socket")},
            {QStringLiteral("deletes later"), QString()}, // its end comes first with TLS
            {QStringLiteral("moves"), QStringLiteral("the dialer has moved the socket to another thread")},
            {QStringLiteral("connects and moves"), QStringLiteral("the dialer has moved the socket to another thread")}};
    Ends ends;
    ends.wish.connectTimeout = ends.wish.handshakeTimeout = 1h;
    ends.wish.dialer = [port = ends.wish.port, what, other = &m_otherThread](QTcpSocket *socket) {
        if (what == u"binds")
            socket->bind(QHostAddress(QHostAddress::LocalHost));
        else if (what == u"fails")
            connectTo(1, socket);
        else if (what == u"deletes")
            delete socket;
        else if (what == u"deletes later" || what == u"connects and moves")
            socket->connectToHost(QHostAddress::LocalHost, port);
        if (what == u"deletes later")
            connect(socket, &QTcpSocket::connected, socket, &QObject::deleteLater);
        else if (what == u"moves" || what == u"connects and moves")
            socket->moveToThread(other);
    };
    ClientPool client(ends.wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_VERIFY(!errors.isEmpty());
    if (what != u"deletes later")
        QCOMPARE(lastError(errors), Pool::Error::ConnectFailed);
    QVERIFY2(lastMessage(errors).contains(sentences.at(what)), qPrintable(lastMessage(errors)));
    QTRY_COMPARE(client.state(), Pool::State::Degraded);
    QCOMPARE(client.idleCount(), 0);
}

namespace {

using Touch = std::function<void(QSslSocket *)>;

// What is done to the socket before it is connected, or by a slot of the dialer.
struct Weakening
{
    const char *name;
    const char *shown; // the server's certificate
    const char *refusal;
    Touch before;
    Touch onConnected;
    Touch onErrors;
    QString peerName = QStringLiteral("localhost");
};

void dontVerify(QSslSocket *socket)
{
    socket->setPeerVerifyMode(QSslSocket::VerifyNone);
}

void trustEverybody(QSslSocket *socket)
{
    QSslConfiguration configuration = Certificates::trustingCa();
    configuration.setCaCertificates({Certificates::certificate(QStringLiteral("self-signed"))});
    configuration.setPeerVerifyMode(QSslSocket::VerifyNone);
    socket->setSslConfiguration(configuration);
}

void ignoreAll(QSslSocket *socket)
{
    socket->ignoreSslErrors();
}

void ignoreThese(QSslSocket *socket)
{
    socket->ignoreSslErrors(socket->sslHandshakeErrors());
}

void verifyLocalhost(QSslSocket *socket)
{
    socket->setPeerVerifyName(QStringLiteral("localhost"));
}

const std::vector<Weakening> &weakenings()
{
    constexpr const char *selfSigned = "self-signed, and not among";
    constexpr const char *changed = "the dialer has changed how the peer is verified";
    constexpr const char *ignored = "self-signed, and not among the authorities of tls.configuration, which has 1; the "
                                    "dialer has ignored that";
    static const std::vector<Weakening> all{
            {"mode, before", "self-signed", selfSigned, dontVerify, {}, {}},
            {"configuration, before", "self-signed", selfSigned, trustEverybody, {}, {}},
            {"errors, before", "self-signed", selfSigned, ignoreAll, {}, {}},
            {"mode, connected", "self-signed", changed, {}, dontVerify, {}},
            {"mode, connected, good peer", "server", changed, {}, dontVerify, {}},
            {"configuration, connected", "self-signed", changed, {}, trustEverybody, {}},
            {"all errors, connected", "self-signed", ignored, {}, ignoreAll, {}},
            {"all errors", "self-signed", ignored, {}, {}, ignoreAll},
            {"these errors", "self-signed", ignored, {}, {}, ignoreThese},
            {"mode, and back",
             "self-signed",
             selfSigned,
             {},
             dontVerify,
             [](QSslSocket *socket) { socket->setPeerVerifyMode(QSslSocket::VerifyPeer); }},
            {"name, before",
             "server",
             "not for the host name \"other.example\"",
             verifyLocalhost,
             {},
             {},
             QStringLiteral("other.example")},
            {"name, connected", "server", changed, {}, verifyLocalhost, {}, QStringLiteral("other.example")},
            {"name of another host",
             "other-host",
             changed,
             {},
             [](QSslSocket *socket) { socket->setPeerVerifyName(QStringLiteral("other.example")); },
             {}},
    };
    return all;
}

// A client that verifies its peer, which has such a certificate.
struct Verifying
{
    explicit Verifying(const QString &shown)
    {
        ServerPool::Configuration serving;
        serving.tls = {.enabled = true, .configuration = Certificates::showing(shown)};
        server.setConfiguration(serving);
        listen(server);
        wish = stepwiseClientOf(server.serverPort(), 1);
        wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h; // one dial: a second one may wait for this thread
        wish.tls = {.mode = TlsMode::Verified,
                    .peerName = QStringLiteral("localhost"),
                    .configuration = Certificates::trustingCa()};
    }

    void verifyIsRefused(Pool::Error error, const QString &refusal) const
    {
        ClientPool client(wish);
        QSignalSpy errors(&client, &Pool::errorOccurred);
        QVERIFY(client.start());
        QTRY_VERIFY(!errors.isEmpty() || client.idleCount() > 0);
        QCOMPARE(client.idleCount(), 0);
        QVERIFY2(lastMessage(errors).contains(refusal), qPrintable(lastMessage(errors)));
        QCOMPARE(lastError(errors), error);
        QVERIFY2(Troubleshooting::tells(error, lastMessage(errors)), qPrintable(lastMessage(errors)));
        QCOMPARE(client.statistics().created, 0);
    }

    ServerPool server;
    ClientPool::Configuration wish;
};

} // namespace

void tst_Dialer::verificationIsNotTheDialersToChange_data()
{
    QTest::addColumn<int>("number");
    QTest::addColumn<int>("setupThreads");
    for (const int threads : {0, 1}) {
        for (std::size_t i = 0; i < weakenings().size(); ++i)
            QTest::addRow("%s, %d threads", weakenings()[i].name, threads) << int(i) << threads;
    }
}

void tst_Dialer::verificationIsNotTheDialersToChange()
{
    QFETCH(const int, number);
    QFETCH(const int, setupThreads);
    const Weakening &weakening = weakenings()[std::size_t(number)];
    Verifying ends(QString::fromLatin1(weakening.shown));
    ends.wish.setupThreads = setupThreads;
    ends.wish.tls.peerName = weakening.peerName;
    ends.wish.dialer = [&weakening, port = ends.wish.port](QTcpSocket *socket) {
        auto *const tls = static_cast<QSslSocket *>(socket);
        if (weakening.before)
            weakening.before(tls);
        if (weakening.onConnected)
            connect(tls, &QTcpSocket::connected, tls, [&weakening, tls] { weakening.onConnected(tls); });
        if (weakening.onErrors)
            connect(tls, &QSslSocket::sslErrors, tls, [&weakening, tls] { weakening.onErrors(tls); });
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    ends.verifyIsRefused(Pool::Error::TlsFailed, QString::fromLatin1(weakening.refusal));
}

void tst_Dialer::tlsIsNotTheDialersToBegin_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("shown");
    QTest::addColumn<TlsMode>("mode");
    QTest::addColumn<int>("setupThreads");
    const auto row = [](const char *what, const char *shown, TlsMode mode, int threads) {
        QTest::addRow("%s, %s, mode %d, %d threads", what, shown, int(mode), threads)
                << QString::fromLatin1(what) << QString::fromLatin1(shown) << mode << threads;
    };
    for (const TlsMode mode : {TlsMode::Verified, TlsMode::SelfSigned}) {
        for (const char *shown : {"server", "self-signed"}) {
            row("encrypts", shown, mode, 0);
            row("encrypts", shown, mode, 1);
            row("encrypts and waits", shown, mode, 1); // the server is in the other thread
#ifdef Q_OS_UNIX
            row("hands over", shown, mode, 0);
            row("hands over", shown, mode, 1);
            row("hands over and waits", shown, mode, 1);
#endif
        }
    }
}

void tst_Dialer::tlsIsNotTheDialersToBegin()
{
    QFETCH(const QString, what);
    QFETCH(const QString, shown);
    QFETCH(const TlsMode, mode);
    QFETCH(const int, setupThreads);
    Verifying ends(shown);
    ends.wish.setupThreads = setupThreads;
    if (mode == TlsMode::SelfSigned)
        ends.wish.tls = {.mode = mode};
    ends.wish.dialer = [what, port = ends.wish.port](QTcpSocket *socket) {
        auto *const tls = static_cast<QSslSocket *>(socket);
        dontVerify(tls);
#ifdef Q_OS_UNIX
        if (what.startsWith(u"hands over")) {
            handOver(port, tls);
            tls->startClientEncryption();
        }
#endif
        if (what.startsWith(u"encrypts"))
            tls->connectToHostEncrypted(QStringLiteral("localhost"), port);
        if (what.endsWith(u"waits"))
            tls->waitForEncrypted();
    };
    ends.verifyIsRefused(Pool::Error::ConnectFailed, QStringLiteral("the dialer has begun TLS"));
}

QTEST_GUILESS_MAIN(tst_Dialer)
#include "tst_dialer.moc"
