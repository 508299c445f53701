// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "pools.h"
#include "short.h"
#include "testmain.h"

#include <functional>
#include <optional>
#include <thread>
#include <vector>
#ifdef Q_OS_UNIX
#include <unistd.h>
#endif

// A process that runs out of descriptors lives on: the pool leaves it some, and gives up what it can do without.
class tst_Descriptors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void serverLeavesAReserve_data();
    void serverLeavesAReserve();
    void clientLeavesAReserve_data();
    void clientLeavesAReserve();
    void exhaustionIsToldOnce_data();
    void exhaustionIsToldOnce();
    void lateSetupThreadIsDoneWithout();
    void leaseUsedWithoutDescriptors_data();
    void leaseUsedWithoutDescriptors();
    void poolStartedWithoutDescriptors();
    void lastWordsGiveTheirs_data();
    void lastWordsGiveTheirs();
};

#ifndef Q_OS_UNIX
void tst_Descriptors::initTestCase()
{
    QSKIP("needs setrlimit()");
}
#else
static void inAThread(const std::function<void()> &act)
{
    std::thread(act).join();
}

void tst_Descriptors::initTestCase() { }

// Clients that connect and wait.
class Strangers
{
public:
    Strangers(quint16 port, int count)
    {
        for (int i = 0; i < count; ++i) {
            sockets.push_back(std::make_unique<QTcpSocket>());
            sockets.back()->connectToHost(QHostAddress::LocalHost, port);
            if (!sockets.back()->waitForConnected(longer(5000)))
                qFatal("cannot connect");
        }
    }
    // That have been told their ID.
    qsizetype named() const
    {
        return std::count_if(sockets.begin(), sockets.end(),
                             [](const auto &socket) { return socket->bytesAvailable() > 0; });
    }

    std::vector<std::unique_ptr<QTcpSocket>> sockets;
};

// The numbers of the ends that have been closed, so that the limit can only be above those that are open.
class NumbersBelowOthers
{
public:
    NumbersBelowOthers()
    {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        const QStringList names = descriptorNames();
        int highest = 0;
        for (const QString &name : names) {
            if (const int number = name.toInt(); rlim_t(number) < limit.rlim_cur) // beyond are valgrind's own
                highest = std::max(highest, number);
        }
        do
            m_taken.push_back(::dup(0));
        while (m_taken.back() >= 0 && m_taken.back() < highest);
    }
    ~NumbersBelowOthers()
    {
        for (const int descriptor : m_taken)
            ::close(descriptor);
    }

private:
    Q_DISABLE_COPY_MOVE(NumbersBelowOthers)
    std::vector<int> m_taken;
};

// A thread that needs descriptors of its own uses a connection; without any, Qt or GLib would end this process.
static bool usesItInAThread(Connection connection)
{
    bool isSent = false;
    inAThread([&] {
        connection->write("hello");
        isSent = connection->waitForBytesWritten(longer(5000));
        QEventLoop().processEvents();
        connection.discard();
    });
    return isSent;
}

void tst_Descriptors::serverLeavesAReserve_data()
{
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("pool's thread") << 0;
    QTest::newRow("own threads") << 2;
}

void tst_Descriptors::serverLeavesAReserve()
{
    QFETCH(const int, setupThreads);
    constexpr int many = 150;
    ServerPool server(ServerPool::Configuration{.setupThreads = setupThreads});
    QSignalSpy errors(&server, &Pool::errorOccurred);
    listen(server);
    const Strangers strangers(server.serverPort(), many); // who wait in the backlog
    {
        const NoNewDescriptors butFew(many / 2 + 30);
        QVERIFY(butFew.isSet());
        QTRY_COMPARE(server.state(), Pool::State::Degraded);
        QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
        QTRY_COMPARE(server.pendingCount(), 0);
        const int served = server.idleCount();
        QVERIFY(served > 0 && served < many);
        QCOMPARE(errors.size(), 1);
        QVERIFY(usesItInAThread(server.take()));
        QTRY_VERIFY(server.statistics().created > served); // by what that one had
    }
    QTRY_COMPARE(server.statistics().created, many);
    QTRY_COMPARE(strangers.named(), many); // none was turned away
    QCOMPARE(server.state(), Pool::State::Ready);
}

void tst_Descriptors::clientLeavesAReserve_data()
{
    QTest::addColumn<int>("setupThreads");
    QTest::addColumn<bool>("hasDialer");
    for (const int threads : {0, 2}) {
        QTest::addRow("direct, %d setup threads", threads) << threads << false;
        QTest::addRow("dialer, %d setup threads", threads) << threads << true;
    }
}

void tst_Descriptors::clientLeavesAReserve()
{
    QFETCH(const int, setupThreads);
    QFETCH(const bool, hasDialer);
    QTcpServer server;
    server.setListenBacklogSize(200);
    QVERIFY(server.listen(QHostAddress::LocalHost));
    server.pauseAccepting(); // the kernel answers, without a descriptor of this process
    ClientPool::Configuration wish = clientOf(server.serverPort(), 5);
    wish.connectionMode = ConnectionMode::Single;
    wish.setupThreads = setupThreads;
    if (hasDialer)
        wish.dialer = [port = wish.port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 5);
    {
        const NoNewDescriptors butFew(60);
        QVERIFY(butFew.isSet());
        wish.sizing.minimumCapacity = wish.sizing.maximumCapacity = 100;
        wish.sizing.maximumPending = 4;
        wish.dialer = client.configuration().dialer;
        QVERIFY(client.setConfiguration(wish));
        QTRY_VERIFY(!errors.isEmpty());
        QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
        QVERIFY(client.idleCount() > 5);
        QVERIFY(usesItInAThread(client.take()));
    }
    QTRY_COMPARE(client.idleCount(), 100);
}

static rlim_t countFree()
{
    std::vector<int> taken;
    for (int next = ::dup(0); next >= 0; next = ::dup(0))
        taken.push_back(next);
    for (const int descriptor : taken)
        ::close(descriptor);
    return taken.size();
}

void tst_Descriptors::exhaustionIsToldOnce_data()
{
    QTest::addColumn<int>("setupThreads");
    QTest::addColumn<bool>("hasDialer");
    for (const int threads : {0, 8, 20}) {
        QTest::addRow("direct, %d setup threads", threads) << threads << false;
        QTest::addRow("dialer, %d setup threads", threads) << threads << true;
    }
}

// Of the dials that begin together, those that still got a descriptor succeed after the first that got none.
void tst_Descriptors::exhaustionIsToldOnce()
{
    QFETCH(const int, setupThreads);
    QFETCH(const bool, hasDialer);
    QTcpServer server;
    server.setListenBacklogSize(200);
    QVERIFY(server.listen(QHostAddress::LocalHost));
    server.pauseAccepting();
    ClientPool::Configuration wish = clientOf(server.serverPort(), 100);
    wish.connectionMode = ConnectionMode::Single;
    wish.setupThreads = setupThreads;
    wish.sizing.maximumBackoff = 100ms;
    if (hasDialer)
        wish.dialer = [port = wish.port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QSignalSpy intervals(&client, &Pool::intervalChanged);
    const NoNewDescriptors butFew(70);
    QVERIFY(butFew.isSet());
    QVERIFY(client.start());
    QTRY_VERIFY(intervals.size() >= 4); // attempts that came to nothing
    QVERIFY(client.idleCount() > 0);
    QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
    QCOMPARE(errors.size(), 1);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    QTRY_VERIFY(countFree() >= limit.rlim_cur / 8);
    {
        const auto room = client.take(); // once more
        room->abort();
        const qsizetype before = intervals.size();
        QTRY_VERIFY(intervals.size() >= before + 2);
    }
    QCOMPARE(errors.size(), 1);
}

void tst_Descriptors::lateSetupThreadIsDoneWithout()
{
    ServerPool server(ServerPool::Configuration{.setupThreads = 1});
    QTcpServer own;
    QVERIFY(own.listen(QHostAddress::LocalHost));
    QVERIFY(server.listen(QHostAddress::LocalHost));
    QTcpSocket peer;
    peer.connectToHost(QHostAddress::LocalHost, own.serverPort());
    QVERIFY(own.waitForNewConnection(5000));
    QTcpSocket *const accepted = own.nextPendingConnection();
    const int descriptor = ::dup(int(accepted->socketDescriptor()));
    delete accepted;
    const NoNewDescriptors none(NoNewDescriptors::TooFew);
    QVERIFY(none.isSet());
    QVERIFY(server.addConnection(descriptor));
    QTRY_COMPARE(server.idleCount(), 1);
}

void tst_Descriptors::leaseUsedWithoutDescriptors_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::newRow("plain") << false;
    QTest::newRow("TLS") << true;
}

void tst_Descriptors::leaseUsedWithoutDescriptors()
{
    QFETCH(const bool, isTls);
    ServerPool::Configuration serverWish;
    if (isTls)
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.tls.mode = isTls ? TlsMode::SelfSigned : TlsMode::None;
    ClientPool client(wish);
    fill(server, client, 1);
    Connection connection = server.take();
    QString problem;
    {
        const NoNewDescriptors none(NoNewDescriptors::TooFew);
        QVERIFY(none.isSet());
        inAThread([&] {
            if (connection->state() == QAbstractSocket::UnconnectedState)
                problem = connection->errorString();
            connection.giveBack();
        });
    }
    QVERIFY2(problem.contains(u"descriptors"), qPrintable(problem));
    QCOMPARE(server.statistics().closedDirty, 1);
    QTRY_COMPARE(server.idleCount(), 1); // the client's next
    QVERIFY(usesItInAThread(server.take()));
}

void tst_Descriptors::poolStartedWithoutDescriptors()
{
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    const NoNewDescriptors none(NoNewDescriptors::TooFew);
    QVERIFY(none.isSet());
    inAThread([&] {
        ClientPool client(clientOf(server.serverPort(), 1));
        std::optional<Pool::Error> error;
        connect(&client, &Pool::errorOccurred, &client, [&](Pool::Error reported) { error = reported; });
        QVERIFY(!client.start());
        QCOMPARE(error, Pool::Error::ResourcesExhausted);
    });
}

void tst_Descriptors::lastWordsGiveTheirs_data()
{
    QTest::addColumn<bool>("isClient");
    QTest::addColumn<bool>("hasDialer");
    QTest::newRow("server") << false << false;
    QTest::newRow("client") << true << false;
    QTest::newRow("client with a dialer") << true << true;
}

void tst_Descriptors::lastWordsGiveTheirs()
{
    if (isShort())
        QSKIP("at the limit valgrind closes what the kernel has accepted, so the peers are lost");
    QFETCH(const bool, isClient);
    QFETCH(const bool, hasDialer);
    constexpr int many = 40;
    ServerPool::Configuration serverWish;
    serverWish.limits.unclaimedTimeout = 1h;
    if (isClient) // so that its dials need the kernel alone
        serverWish.connectionMode = ConnectionMode::Single;
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), many);
    wish.limits.unclaimedTimeout = 1h;
    wish.connectionMode = serverWish.connectionMode;
    wish.dropUnexpectedBytes = false;
    if (isClient) // none is dialled after the first round but below
        wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    if (hasDialer)
        wish.dialer = [port = wish.port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    fill(server, client, many);
    Pool &subject = isClient ? static_cast<Pool &>(client) : server;
    Pool &other = isClient ? static_cast<Pool &>(server) : client;

    // Nor when the server is the subject.
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    wish.dialer = client.configuration().dialer;
    QVERIFY(client.setConfiguration(wish));
    {
        std::vector<Connection> used; // else their ends are failed attempts
        while (Connection one = client.take())
            used.push_back(std::move(one));
    }
    while (Connection farewell = other.take()) {
        farewell->write("bye");
        QVERIFY(farewell->waitForBytesWritten());
        farewell->disconnectFromHost();
    }
    QTRY_COMPARE(subject.statistics().unclaimed, many);
    QTRY_COMPARE(other.idleCount(), 0);
    Strangers strangers(server.serverPort(), isClient ? 0 : 1);
    const NumbersBelowOthers taken;
    const NoNewDescriptors none(NoNewDescriptors::TooFew);
    QVERIFY(none.isSet());
    if (isClient) {
        QFuture<Connection> dialled = client.acquire(10s);
        QTRY_VERIFY(dialled.isFinished());
        QVERIFY(dialled.takeResult());
        QCOMPARE(errors.size(), 0);
    } else {
        QTRY_COMPARE(strangers.named(), 1);
        QCOMPARE(server.state(), Pool::State::Ready);
    }
    QVERIFY(subject.statistics().unclaimed > 0); // no more than had to
    QVERIFY(subject.statistics().unclaimed < many);
}
#endif

QNETPOOL_TEST_MAIN(tst_Descriptors)
#include "tst_descriptors.moc"
