// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "numbers.h"
#include "pools.h"
#include "short.h"
#include "testmain.h"
#include "threadlimit.h"
#include "worker.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QLoggingCategory>
#include <QtCore/QMutex>
#include <QtCore/QRegularExpression>
#include <QtCore/QSemaphore>
#include <QtCore/QSet>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtNetwork/QNetworkProxy>

#include <atomic>
#include <thread>

// Connections that are set up in threads of the pool's own: all else is as if they were not.
class tst_SetupThreads : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();

    void bothEndsFillAndExchange_data();
    void bothEndsFillAndExchange();
    void dialerRunsWhereItIsToldTo_data();
    void dialerRunsWhereItIsToldTo();
    void valueOutOfRangeIsClamped_data();
    void valueOutOfRangeIsClamped();
    void signalsComeInThePoolsThread_data();
    void signalsComeInThePoolsThread();
    void errorsComeInThePoolsThread_data();
    void errorsComeInThePoolsThread();
    void waitersOfAnyThreadAreServed();
    void whoWaitsInAContinuationIsServed();
    void errorsComeInASlotThatRunsAnEventLoop();
    void endsInTheMiddle_data();
    void endsInTheMiddle();
    void closeBeginsNoMoreDials();
    void dialersSlotMayDeleteThePool();
    void changesWhileItFills_data();
    void changesWhileItFills();
#ifdef Q_OS_LINUX
    void doesWithoutThreadsThatTheSystemRefuses_data();
    void doesWithoutThreadsThatTheSystemRefuses();
#endif
#ifdef Q_OS_UNIX
    void threadsThatHaveBegunNeedNoDescriptors();
#endif
    void serverTakesInConnectionsAndLosesSome();
    void mayBeMovedWhileStopped();
    void endsWithThePoolsThread_data();
    void endsWithThePoolsThread();

private:
    int m_sockets = 0;
    int m_descriptors = 0;
};

namespace {

// What was posted in that thread until now is done, and what that has posted.
void turnTwice(QThread *thread)
{
    for (int i = 0; i < 2; ++i)
        QMetaObject::invokeMethod(
                QAbstractEventDispatcher::instance(thread), [] {}, Qt::BlockingQueuedConnection);
}

// A client pool and a server pool are configured alike.
template<typename Pool> void changeThreads(Pool &pool, int threads)
{
    auto wish = pool.configuration();
    wish.setupThreads = threads;
    QVERIFY(pool.setConfiguration(wish));
}

// The pools' own threads, as the system knows them; -1 where it does not tell.
int setupThreads()
{
    const QDir tasks(QStringLiteral("/proc/self/task"));
    if (!tasks.exists())
        return -1;
    int count = 0;
    for (const QString &task : tasks.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        QFile name(tasks.filePath(task + QStringLiteral("/comm")));
        count += name.open(QIODevice::ReadOnly) && name.readAll().startsWith("QNetPool setup");
    }
    return count;
}

QString wrongIn(const Pool &pool)
{
    return whatIsWrong(pool.statistics(), std::numeric_limits<int>::max());
}

#define VERIFY_ADDS_UP(pool) QVERIFY2(wrongIn(pool).isEmpty(), qPrintable(wrongIn(pool)))

// Remembers in which threads something was done.
class Places
{
public:
    void note()
    {
        const QMutexLocker lock(&m_mutex);
        m_threads.insert(QThread::currentThread());
        m_names.insert(QThread::currentThread()->objectName());
        ++m_count;
    }
    QSet<QThread *> threads() const
    {
        const QMutexLocker lock(&m_mutex);
        return m_threads;
    }
    QSet<QString> names() const
    {
        const QMutexLocker lock(&m_mutex);
        return m_names;
    }
    int count() const
    {
        const QMutexLocker lock(&m_mutex);
        return m_count;
    }

private:
    mutable QMutex m_mutex;
    QSet<QThread *> m_threads;
    QSet<QString> m_names;
    int m_count = 0;
};

void noteAllSignals(Pool &pool, Places &places)
{
    const auto note = [&places] { places.note(); };
    for (const auto signal : {&Pool::connectionAvailable, &Pool::connectionLost})
        QObject::connect(&pool, signal, note);
    for (const auto signal : {&Pool::capacityChanged, &Pool::idleCountChanged, &Pool::errorCountChanged})
        QObject::connect(&pool, signal, note);
    QObject::connect(&pool, &Pool::ready, note);
    QObject::connect(&pool, &Pool::errorOccurred, note);
    QObject::connect(&pool, &Pool::stateChanged, note);
    QObject::connect(&pool, &Pool::intervalChanged, note);
}

// The leases of both ends, in pairs: by their ports, since in Single mode they have no name in common.
std::vector<std::pair<Connection, Connection>> takePairs(Pool &client, Pool &server)
{
    std::vector<Connection> theirs;
    while (Connection there = server.take())
        theirs.push_back(std::move(there));
    std::vector<std::pair<Connection, Connection>> pairs;
    while (Connection here = client.take()) {
        const auto there = std::find_if(theirs.begin(), theirs.end(), [&here](const Connection &one) {
            return one && one->peerPort() == here->localPort();
        });
        if (there != theirs.end())
            pairs.emplace_back(std::move(here), std::move(*there));
    }
    return pairs;
}

} // namespace

void tst_SetupThreads::initTestCase()
{
    // What Qt and OpenSSL keep once they were used is not the pools'.
    ServerPool::Configuration serverWish;
    serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    serverWish.setupThreads = 1;
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.tls.mode = TlsMode::SelfSigned;
    wish.setupThreads = 1;
    ClientPool client(wish);
    fill(server, client, 1);
    Worker worker;
    worker.run([] {});
    worker.stop();
    client.close();
    server.close();
    QTRY_VERIFY(setupThreads() <= 0);
    m_sockets = openSockets();
    m_descriptors = openDescriptors();
}

void tst_SetupThreads::cleanup()
{
    QTRY_VERIFY(setupThreads() <= 0);
    QTRY_COMPARE(openSockets(), m_sockets);
    QTRY_COMPARE(openDescriptors(), m_descriptors);
}

void tst_SetupThreads::bothEndsFillAndExchange_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::addColumn<ConnectionMode>("mode");
    QTest::addColumn<int>("ofClient");
    QTest::addColumn<int>("ofServer");
    for (const bool isTls : {false, true}) {
        for (const ConnectionMode mode : {ConnectionMode::Multi, ConnectionMode::Single}) {
            for (const auto &[ofClient, ofServer] : {std::pair(0, 1), {1, 0}, {2, 2}, {5, 1}, {1, 5}})
                QTest::addRow("%s, %s, client %d, server %d", isTls ? "TLS" : "TCP",
                              mode == ConnectionMode::Multi ? "multi" : "single", ofClient, ofServer)
                        << isTls << mode << ofClient << ofServer;
        }
    }
}

void tst_SetupThreads::bothEndsFillAndExchange()
{
    QFETCH(const bool, isTls);
    QFETCH(const ConnectionMode, mode);
    QFETCH(const int, ofClient);
    QFETCH(const int, ofServer);
    const int many = fewer(12, 6);
    ServerPool::Configuration serverWish;
    serverWish.connectionMode = mode;
    serverWish.setupThreads = ofServer;
    serverWish.handshakeTimeout = 60s; // on a busy machine
    if (isTls)
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), many);
    wish.connectionMode = mode;
    wish.setupThreads = ofClient;
    wish.connectTimeout = wish.handshakeTimeout = 60s;
    wish.limits.maximumConnections = many;
    if (isTls) {
        wish.tls.mode = TlsMode::Verified;
        wish.tls.peerName = QStringLiteral("localhost");
        wish.tls.configuration = Certificates::trustingCa();
    }
    ClientPool client(wish);
    QSignalSpy clientErrors(&client, &Pool::errorOccurred);
    QSignalSpy serverErrors(&server, &Pool::errorOccurred);
    fill(server, client, many);
    QVERIFY2(clientErrors.isEmpty(), clientErrors.isEmpty() ? "" : qPrintable(lastMessage(clientErrors)));
    QVERIFY2(serverErrors.isEmpty(), serverErrors.isEmpty() ? "" : qPrintable(lastMessage(serverErrors)));
    if (setupThreads() >= 0)
        QTRY_COMPARE(setupThreads(), ofClient + ofServer);

    auto pairs = takePairs(client, server);
    QCOMPARE(int(pairs.size()), many);
    for (auto &[here, there] : pairs) {
        QCOMPARE(here->thread(), QThread::currentThread());
        if (mode == ConnectionMode::Multi)
            QCOMPARE(here.id(), there.id());
        QCOMPARE(here->peerPort(), there->localPort());
        QCOMPARE(bool(qobject_cast<QSslSocket *>(here.socket())), isTls);
        QCOMPARE(pass(here.socket(), there.socket(), "question"), "question");
        QCOMPARE(pass(there.socket(), here.socket(), QByteArray(100000, 'a')), QByteArray(100000, 'a'));
        QCOMPARE(here->socketOption(QAbstractSocket::KeepAliveOption).toInt(), 1);
        QCOMPARE(there->socketOption(QAbstractSocket::LowDelayOption).toInt(), 1);
    }
    pairs.clear();
    QCOMPARE(client.idleCount(), many);
    QCOMPARE(client.statistics().connectTime.count, many);
    QCOMPARE(server.statistics().handshakeTime.count, isTls || mode == ConnectionMode::Multi ? many : 0);
    QCOMPARE(client.pendingCount(), 0);
    VERIFY_ADDS_UP(client);
    VERIFY_ADDS_UP(server);
    QCOMPARE(clientErrors.size() + serverErrors.size(), 0);
    client.close();
    QTRY_VERIFY(setupThreads() <= ofServer);
}

void tst_SetupThreads::dialerRunsWhereItIsToldTo_data()
{
    QTest::addColumn<int>("threads");
    QTest::addColumn<bool>("isInWorker");
    for (const int threads : {0, 1, 3}) {
        QTest::addRow("%d", threads) << threads << false;
        QTest::addRow("%d, the pool's thread is not the main one", threads) << threads << true;
    }
}

void tst_SetupThreads::dialerRunsWhereItIsToldTo()
{
    QFETCH(const int, threads);
    QFETCH(const bool, isInWorker);
    ServerPool server;
    listen(server);
    Places places;
    Worker worker;
    ClientPool::Configuration wish = clientOf(server.serverPort(), 9);
    wish.setupThreads = threads;
    wish.dialer = [&places, port = wish.port](QTcpSocket *socket) {
        if (socket->thread() != QThread::currentThread())
            qFatal("the socket lives elsewhere");
        places.note();
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    auto client = std::make_unique<ClientPool>(wish);
    QThread *const home = isInWorker ? worker.thread() : QThread::currentThread();
    client->moveToThread(home);
    QMetaObject::invokeMethod(
            client.get(), [&] { client->start(); }, isInWorker ? Qt::BlockingQueuedConnection : Qt::DirectConnection);
    QTRY_COMPARE(client->idleCount(), 9);
    if (threads == 0) {
        QCOMPARE(places.threads(), QSet<QThread *>{home});
    } else {
        QSet<QString> expected;
        for (int i = 1; i <= threads; ++i)
            expected << QStringLiteral("QNetPool setup %1").arg(i);
        QCOMPARE(places.names(), expected);
        QVERIFY(!places.threads().contains(home));
    }
    QMetaObject::invokeMethod(
            client.get(), [&] { client.reset(); }, isInWorker ? Qt::BlockingQueuedConnection : Qt::DirectConnection);
}

void tst_SetupThreads::valueOutOfRangeIsClamped_data()
{
    QTest::addColumn<int>("value");
    QTest::addColumn<int>("becomes");
    QTest::newRow("-1") << -1 << 0;
    QTest::newRow("least") << std::numeric_limits<int>::min() << 0;
    QTest::newRow("65") << 65 << 64;
    QTest::newRow("most") << std::numeric_limits<int>::max() << 64;
}

void tst_SetupThreads::valueOutOfRangeIsClamped()
{
    QFETCH(const int, value);
    QFETCH(const int, becomes);
    const QRegularExpression warning(
            QStringLiteral("setupThreads is %1, out of range: it becomes %2").arg(value).arg(becomes));
    ServerPool::Configuration serverWish;
    serverWish.setupThreads = value;
    ServerPool server(serverWish);
    QTest::ignoreMessage(QtWarningMsg, warning);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 70);
    wish.sizing.maximumPending = 70;
    wish.setupThreads = value;
    ClientPool client(wish);
    QTest::ignoreMessage(QtWarningMsg, warning);
    fill(server, client, 70);
    QCOMPARE(client.configuration().setupThreads, value); // as it was given
    if (setupThreads() >= 0)
        QTRY_COMPARE(setupThreads(), 2 * becomes);
}

void tst_SetupThreads::signalsComeInThePoolsThread_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::newRow("TCP") << false;
    QTest::newRow("TLS") << true;
}

void tst_SetupThreads::signalsComeInThePoolsThread()
{
    QFETCH(const bool, isTls);
    Worker clientHome;
    Worker serverHome;
    Places ofClient;
    Places ofServer;
    ServerPool::Configuration serverWish;
    serverWish.setupThreads = 2;
    if (isTls)
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    auto server = std::make_unique<ServerPool>(serverWish);
    noteAllSignals(*server, ofServer);
    server->moveToThread(serverHome.thread());
    quint16 port = 0;
    serverHome.run([&] {
        server->listen(QHostAddress::LocalHost);
        port = server->serverPort();
    });
    ClientPool::Configuration wish = clientOf(port, 6);
    wish.setupThreads = 2;
    wish.tls.mode = isTls ? TlsMode::SelfSigned : TlsMode::None;
    auto client = std::make_unique<ClientPool>(wish);
    noteAllSignals(*client, ofClient);
    client->moveToThread(clientHome.thread());
    clientHome.run([&] { client->start(); });
    QTRY_COMPARE(client->idleCount(), 6);
    QTRY_COMPARE(server->idleCount(), 6);
    client->flush();
    QTRY_VERIFY(server->statistics().diedIdle >= 6);
    QTRY_COMPARE(client->idleCount(), 6);
    clientHome.run([&] { client.reset(); });
    serverHome.run([&] { server.reset(); });
    QCOMPARE(ofClient.threads(), QSet<QThread *>{clientHome.thread()});
    QCOMPARE(ofServer.threads(), QSet<QThread *>{serverHome.thread()});
    QVERIFY(ofClient.count() > 10 && ofServer.count() > 10);
}

void tst_SetupThreads::errorsComeInThePoolsThread_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<Pool::Error>("error");
    QTest::newRow("connection refused") << "refused" << Pool::Error::ConnectFailed;
    QTest::newRow("connect timeout") << "deaf" << Pool::Error::ConnectFailed;
    QTest::newRow("dialer throws") << "throw" << Pool::Error::ConnectFailed;
    QTest::newRow("certificate not trusted") << "untrusted" << Pool::Error::TlsFailed;
    QTest::newRow("no TLS") << "silent TLS" << Pool::Error::HandshakeTimeout;
    QTest::newRow("no ID") << "silent" << Pool::Error::HandshakeTimeout;
    QTest::newRow("close in place of an ID") << "close" << Pool::Error::HandshakeFailed;
    QTest::newRow("ID in use") << "same ID" << Pool::Error::HandshakeFailed;
}

void tst_SetupThreads::errorsComeInThePoolsThread()
{
    QFETCH(const QString, what);
    QFETCH(const Pool::Error, error);
    Worker home;
    QTcpServer peer;
    QVERIFY(peer.listen(QHostAddress::LocalHost));
    QList<QTcpSocket *> accepted;
    connect(&peer, &QTcpServer::newConnection, this, [&] {
        QTcpSocket *socket = peer.nextPendingConnection();
        accepted << socket;
        if (what == u"close")
            socket->abort();
        else if (what == u"same ID")
            socket->write("theSame1");
    });
    ServerPool::Configuration serverWish;
    serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    serverWish.setupThreads = 1;
    ServerPool server(serverWish);
    listen(server);

    ClientPool::Configuration wish = clientOf(peer.serverPort(), 3);
    wish.setupThreads = 2;
    wish.connectTimeout = wish.handshakeTimeout = 100ms;
    wish.sizing.maximumBackoff = 100ms;
    if (what == u"refused") {
        QTcpServer closed;
        QVERIFY(closed.listen(QHostAddress::LocalHost));
        wish.port = closed.serverPort();
    } else if (what == u"deaf") {
        wish.dialer = [port = wish.port](QTcpSocket *socket) { // through a proxy that does not answer
            socket->setProxy({QNetworkProxy::Socks5Proxy, QStringLiteral("127.0.0.1"), port});
            socket->connectToHost(QStringLiteral("127.0.0.1"), 1);
        };
    } else if (what == u"throw") {
        wish.dialer = [](QTcpSocket *) { throw std::runtime_error("no way"); };
    } else if (what == u"untrusted") {
        wish.port = server.serverPort();
        wish.tls.mode = TlsMode::Verified;
        wish.handshakeTimeout = 20s;
    } else if (what == u"silent TLS") {
        wish.tls.mode = TlsMode::SelfSigned;
    } else if (what == u"close" || what == u"same ID") {
        wish.handshakeTimeout = 20s; // or the time is up before the peer, on a busy machine
    }

    auto client = std::make_unique<ClientPool>(wish);
    client->moveToThread(home.thread());
    Places places;
    std::atomic<int> expected = 0;
    std::atomic<int> unexpected = 0;
    QString message;
    connect(
            client.get(), &Pool::errorOccurred, client.get(),
            [&](Pool::Error got, const QString &text) {
                places.note();
                ++(got == error ? expected : unexpected);
                message = text;
            },
            Qt::DirectConnection);
    home.run([&] { client->start(); });
    QTRY_VERIFY(expected >= 5); // it goes on trying
    QCOMPARE(unexpected, 0);
    home.run([&] { client->close(); });
    QCOMPARE(client->pendingCount(), 0);
    QVERIFY(!message.isEmpty());
    QCOMPARE(places.threads(), QSet<QThread *>{home.thread()});
    QCOMPARE(client->errorCount(), expected);
    VERIFY_ADDS_UP(*client);
    home.run([&] { client.reset(); });
    qDeleteAll(accepted);
}

void tst_SetupThreads::waitersOfAnyThreadAreServed()
{
    ServerPool::Configuration serverWish;
    serverWish.setupThreads = 2;
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 2);
    wish.sizing.maximumCapacity = 30;
    wish.limits.maximumConnections = 30;
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h; // dialled for at once, or not at all
    wish.setupThreads = 2;
    ClientPool client(wish);
    fill(server, client, 2);
    std::vector<std::thread> threads;
    std::atomic<int> served = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            std::vector<Connection> leases;
            for (int n = 0; n < 5; ++n)
                leases.push_back(client.waitForConnection(30s));
            served += int(std::count_if(leases.begin(), leases.end(), [](const Connection &one) { return bool(one); }));
        });
    }
    Connection atOnce = client.waitForConnection(30s); // in the pool's thread
    QFuture<Connection> future = client.acquire(30s);
    QTRY_VERIFY_WITH_TIMEOUT(future.isFinished(), longer(30000));
    Connection later = future.takeResult();
    QTRY_COMPARE_WITH_TIMEOUT(served, 20, longer(60000));
    for (std::thread &thread : threads)
        thread.join();
    QVERIFY(atOnce && later);
    VERIFY_ADDS_UP(client);
}

// What came of several setups arrives together; whoever is served first may wait for the others.
void tst_SetupThreads::whoWaitsInAContinuationIsServed()
{
    QTcpServer peer;
    QVERIFY(peer.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = clientOf(peer.serverPort(), 3);
    wish.connectionMode = ConnectionMode::Single;
    wish.setupThreads = 1;
    wish.limits.maximumConnections = 3;
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    QSemaphore mayDial;
    std::atomic<int> connected = 0;
    std::atomic<QThread *> dialling = nullptr;
    wish.dialer = [&, port = wish.port](QTcpSocket *socket) {
        connect(socket, &QTcpSocket::connected, [&connected] { ++connected; });
        dialling = socket->thread();
        mayDial.acquire();
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    ClientPool client(wish);
    int served = 0;
    std::vector<Connection> leases;
    const auto waitForMore = [&](Connection first) {
        leases.push_back(std::move(first));
        ++served;
        leases.push_back(client.waitForConnection(longer(5s)));
        served += bool(leases.back());
    };
    QVERIFY(client.start());
    auto waiting = client.acquire().then(waitForMore);
    QTRY_COMPARE(client.pendingCount(), 3);
    mayDial.release(3);
    while (connected < 3) // and this thread looks at none of them before all are there
        QThread::yieldCurrentThread();
    turnTwice(dialling);
    QTRY_COMPARE_WITH_TIMEOUT(served, 2, longer(15000));
    QTRY_VERIFY(waiting.isFinished());
    leases.clear();
}

// A message box, say.
void tst_SetupThreads::errorsComeInASlotThatRunsAnEventLoop()
{
    ClientPool::Configuration wish = clientOf(1, 3);
    wish.setupThreads = 1;
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    std::atomic<int> thrown = 0;
    std::atomic<QThread *> dialling = nullptr;
    QSemaphore gate;
    wish.dialer = [&](QTcpSocket *socket) {
        gate.acquire(); // or else some have failed before all are begun
        dialling = socket->thread();
        ++thrown;
        throw std::runtime_error("no way");
    };
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    bool isFirst = true;
    bool haveOthersCome = false;
    connect(&client, &Pool::errorOccurred, this, [&] {
        if (!std::exchange(isFirst, false))
            return;
        haveOthersCome = QTest::qWaitFor([&] { return errors.size() == 3; }, longer(5000));
    });
    QVERIFY(client.start());
    QTRY_COMPARE(client.pendingCount(), 3);
    gate.release(3);
    while (thrown < 3)
        QThread::yieldCurrentThread();
    turnTwice(dialling);
    QTRY_COMPARE_WITH_TIMEOUT(errors.size(), 3, longer(10000));
    QVERIFY(haveOthersCome);
}

namespace {

// Through a proxy that does not answer.
void connectForEver(QTcpSocket *socket, quint16 silentPort)
{
    socket->setProxy({QNetworkProxy::Socks5Proxy, QStringLiteral("127.0.0.1"), silentPort});
    socket->connectToHost(QStringLiteral("127.0.0.1"), 1);
}

// What the setups are in the middle of.
enum class Middle { Connecting, NoId, NoTls, Tls, Dialer, All };
enum class End { Close, CloseFromAnotherThread, Destroy, Restart, RestartAfterForeignClose, Reconfigure };

const char *const middles[] = {"connecting",    "waiting for an ID",       "waiting for TLS",
                               "in a slow TLS", "in a dialer that blocks", "all"};
const char *const ends[] = {"close",           "close from another thread",           "destroy",
                            "close and start", "close from another thread and start", "reconfigure and close"};

} // namespace
Q_DECLARE_METATYPE(Middle)
Q_DECLARE_METATYPE(End)

void tst_SetupThreads::endsInTheMiddle_data()
{
    QTest::addColumn<Middle>("middle");
    QTest::addColumn<End>("end");
    for (const Middle middle : {Middle::Connecting, Middle::NoId, Middle::NoTls, Middle::Tls, Middle::Dialer, Middle::All}) {
        for (const End end : {End::Close, End::CloseFromAnotherThread, End::Destroy, End::Restart,
                              End::RestartAfterForeignClose, End::Reconfigure})
            QTest::addRow("%s, %s", middles[int(middle)], ends[int(end)]) << middle << end;
    }
}

void tst_SetupThreads::endsInTheMiddle()
{
    QFETCH(const Middle, middle);
    QFETCH(const End, end);
    ServerPool::Configuration serverWish;
    serverWish.setupThreads = 2;
    if (middle == Middle::Tls)
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(serverWish);
    listen(server);
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    silent.pauseAccepting();

    ClientPool::Configuration wish = clientOf(middle == Middle::Tls ? server.serverPort() : silent.serverPort(), 8);
    wish.setupThreads = 2;
    wish.connectTimeout = wish.handshakeTimeout = 60s;
    if (middle == Middle::NoTls || middle == Middle::Tls)
        wish.tls.mode = TlsMode::SelfSigned;
    std::atomic<int> dials = 0;
    std::atomic<bool> isOpenToAll = false;
    wish.dialer = [&, silentPort = silent.serverPort(), port = server.serverPort()](QTcpSocket *socket) {
        const int number = dials++;
        if (!isOpenToAll && (middle == Middle::Dialer || (middle == Middle::All && number % 4 == 0)))
            QThread::msleep(20); // a slow one
        if (isOpenToAll || middle == Middle::Tls || (middle == Middle::All && number % 4 == 1))
            socket->connectToHost(QHostAddress::LocalHost, port);
        else if (middle != Middle::Connecting && (middle != Middle::All || number % 4 == 2))
            socket->connectToHost(QHostAddress::LocalHost, silentPort);
        else
            connectForEver(socket, silentPort);
    };
    auto client = std::make_unique<ClientPool>(wish);
    QVERIFY(client->start());
    QFuture<Connection> waiting = client->acquire(60s);
    if (middle == Middle::Tls)
        QTRY_VERIFY(server.pendingCount() > 0 || server.idleCount() > 0);
    else
        QTRY_VERIFY(client->pendingCount() >= (middle == Middle::All ? 4 : 8));
    if (middle != Middle::Dialer)
        QTRY_VERIFY(dials >= 8);
    VERIFY_ADDS_UP(*client);

    switch (end) {
    case End::Close:
    case End::Restart:
        client->close();
        break;
    case End::CloseFromAnotherThread:
    case End::RestartAfterForeignClose:
        std::thread([&] { client->close(); }).join();
        break;
    case End::Destroy:
        client.reset();
        break;
    case End::Reconfigure:
        for (const int threads : {0, 3, 1, 0}) {
            changeThreads(*client, threads);
            QCoreApplication::processEvents();
        }
        VERIFY_ADDS_UP(*client);
        client->close();
        break;
    }
    if (client) {
        if (end == End::Restart || end == End::RestartAfterForeignClose) {
            isOpenToAll = true;
            wish = client->configuration();
            wish.tls.mode = middle == Middle::Tls ? TlsMode::SelfSigned : TlsMode::None;
            QVERIFY(client->setConfiguration(wish));
            QVERIFY(client->start());
            QTRY_COMPARE(client->idleCount(), 8);
            QCOMPARE(client->state(), Pool::State::Ready);
            client->close();
        }
        QTRY_COMPARE(client->pendingCount(), 0); // a foreign close has its full effect in the event loop
        QTRY_VERIFY(waiting.isFinished());
        VERIFY_ADDS_UP(*client);
        QCOMPARE(client->idleCount(), 0);
        QTRY_VERIFY(setupThreads() <= 2); // the server's
    }
    waiting = {};
    client.reset();
    server.close();
    QTRY_COMPARE(server.pendingCount(), 0);
    VERIFY_ADDS_UP(server);
}

// What waits for its turn in a thread is not begun any more, or close() would wait for each.
void tst_SetupThreads::closeBeginsNoMoreDials()
{
    std::atomic<int> dials = 0;
    std::atomic<bool> isClosing = false;
    ClientPool::Configuration wish = clientOf(1, 20);
    wish.setupThreads = 1;
    QSemaphore isDialling;
    wish.dialer = [&](QTcpSocket *) {
        if (dials++ > 0)
            QThread::msleep(20); // a slow one: what must not begin would be seen to
        isDialling.release();
        while (!isClosing)
            QThread::yieldCurrentThread();
    };
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.pendingCount(), 20);
    isDialling.acquire();
    QTimer::singleShot(0, this, [&] {
        std::thread([&] {
            while (client.pendingCount() > 0) // until close() has abandoned them, and waits for the thread
                QThread::yieldCurrentThread();
            isClosing = true;
        }).detach();
        client.close();
    });
    QTRY_COMPARE(client.state(), Pool::State::Stopped);
    QVERIFY2(dials <= 2,
             qPrintable(QString::number(dials))); // the one that was asked for before close() may have come through
    QCOMPARE(client.pendingCount(), 0);
}

// In its own thread, and in one of the pool's in which the slot only asks for it.
void tst_SetupThreads::dialersSlotMayDeleteThePool()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    QPointer<ClientPool> client;
    Pool *pool = nullptr; // a dialer may run until its destructor has waited for it
    ClientPool::Configuration wish = clientOf(silent.serverPort(), 4);
    wish.setupThreads = 2;
    wish.dialer = [this, &client, &pool, port = wish.port](QTcpSocket *socket) {
        connect(socket, &QTcpSocket::connected, this, [&client] { delete client.data(); });
        connect(socket, &QTcpSocket::connected, [&pool] { pool->close(); });
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    pool = client = new ClientPool(wish);
    QVERIFY(client->start());
    QTRY_VERIFY(!client);
    QCoreApplication::processEvents(); // the others' slots, before what they capture is gone
}

void tst_SetupThreads::changesWhileItFills_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::newRow("TCP") << false;
    QTest::newRow("TLS") << true;
}

void tst_SetupThreads::changesWhileItFills()
{
    QFETCH(const bool, isTls);
    ServerPool::Configuration serverWish;
    serverWish.setupThreads = 3;
    if (isTls)
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(serverWish);
    listen(server);
    const int third = fewer(20, 10);
    const int many = 3 * third;
    Places places;
    ClientPool::Configuration wish = clientOf(server.serverPort(), third);
    wish.tls.mode = isTls ? TlsMode::SelfSigned : TlsMode::None;
    wish.setupThreads = 2;
    wish.sizing.maximumPending = 7;
    wish.dialer = [&places, port = wish.port](QTcpSocket *socket) {
        places.note();
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    // However late this thread looks, a third at least is dialled by those threads.
    const auto goOn = [&client](int capacity, int threads) {
        ClientPool::Configuration more = client.configuration();
        more.sizing.minimumCapacity = more.sizing.maximumCapacity = capacity;
        more.setupThreads = threads;
        return client.setConfiguration(more);
    };
    QVERIFY(client.start());
    QTRY_VERIFY(client.idleCount() > 0);
    QTRY_COMPARE(places.names(), (QSet<QString>{QStringLiteral("QNetPool setup 1"), QStringLiteral("QNetPool setup 2")}));
    QVERIFY(goOn(2 * third, 0));
    changeThreads(server, 1);
    QTRY_VERIFY_WITH_TIMEOUT(client.idleCount() > third, longer(20000));
    QTRY_VERIFY(places.threads().contains(QThread::currentThread()));
    if (setupThreads() >= 0) // those that are too many end when they have nothing left to do
        QTRY_COMPARE(setupThreads(), 1);
    QVERIFY(goOn(many, 3));
    changeThreads(server, 0);
    QTRY_COMPARE_WITH_TIMEOUT(client.idleCount(), many, longer(20000));
    QTRY_COMPARE(server.idleCount(), many);
    QVERIFY(places.names().contains(QStringLiteral("QNetPool setup 3")));
    if (setupThreads() >= 0)
        QTRY_COMPARE(setupThreads(), 3);
    QVERIFY(errors.isEmpty());
    QCOMPARE(client.pendingCount(), 0);
    QCOMPARE(client.statistics().created, many);
    VERIFY_ADDS_UP(client);
    VERIFY_ADDS_UP(server);
    auto pairs = takePairs(client, server);
    QCOMPARE(int(pairs.size()), many);
    for (auto &[here, there] : pairs)
        QCOMPARE(pass(here.socket(), there.socket(), "x"), "x");
}

#ifdef Q_OS_LINUX
void tst_SetupThreads::doesWithoutThreadsThatTheSystemRefuses_data()
{
    QTest::addColumn<int>("threadsAtFirst");
    QTest::newRow("the pool's own does it all") << 0;
    QTest::newRow("one does what two were to do") << 1;
}

void tst_SetupThreads::doesWithoutThreadsThatTheSystemRefuses()
{
    QFETCH(const int, threadsAtFirst);
    constexpr int Many = 6;
    ServerPool server;
    listen(server);
    Places places;
    ClientPool::Configuration wish = clientOf(server.serverPort(), Many);
    wish.setupThreads = threadsAtFirst;
    wish.dialer = [&](QTcpSocket *socket) {
        places.note();
        socket->connectToHost(QHostAddress::LocalHost, server.serverPort());
    };
    ClientPool client(wish);
    fill(server, client, Many);
    {
        const NoThreadLeft refuse;
        wish.setupThreads = 2;
        QVERIFY(client.setConfiguration(wish));
        client.flush();
        QTRY_COMPARE(client.idleCount(), Many);
    }
    QTRY_COMPARE(setupThreads(), threadsAtFirst);
    QCOMPARE(places.count(), 2 * Many);
    QCOMPARE(int(places.threads().size()), 1);
    QCOMPARE(places.threads().contains(client.thread()), threadsAtFirst == 0);

    client.flush();
    QTRY_COMPARE(client.idleCount(), Many);
    QTRY_COMPARE(setupThreads(), 2);
    VERIFY_ADDS_UP(client);
    client.close();
    server.close();
}
#endif

#ifdef Q_OS_UNIX
// Without descriptors for an event loop, Qt ends the process.
void tst_SetupThreads::threadsThatHaveBegunNeedNoDescriptors()
{
    constexpr int Many = 20;
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), Many);
    wish.setupThreads = Many;
    wish.sizing.maximumBackoff = 100ms;
    wish.handshakeTimeout = 500ms; // the server has no descriptors either
    ClientPool client(wish);
    QVERIFY(client.start());
    while (client.pendingCount() == 0)
        QCoreApplication::processEvents();
    {
        const NoNewDescriptors none;
        QVERIFY(none.isSet());
        QTRY_VERIFY(client.errorCount() > 0);
    }
    QTRY_COMPARE(client.idleCount(), Many);
}
#endif

void tst_SetupThreads::serverTakesInConnectionsAndLosesSome()
{
    ServerPool::Configuration serverWish;
    serverWish.setupThreads = 2;
    serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    serverWish.handshakeTimeout = 60s;
    ServerPool server(serverWish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    std::vector<std::unique_ptr<QTcpSocket>> clients;
    for (int i = 0; i < 12; ++i) {
        clients.push_back(std::make_unique<QTcpSocket>());
        clients.back()->connectToHost(QHostAddress::LocalHost, server.serverPort());
        QVERIFY(clients.back()->waitForConnected());
    }
    QTRY_COMPARE(server.pendingCount(), 12);
    for (int i = 0; i < 12; i += 3) {
        clients[std::size_t(i)]->write("no TLS at all, this is some other protocol");
        clients[std::size_t(i + 1)]->abort();
    }
    QTRY_COMPARE(errors.size(), 8);
    for (const auto &error : errors)
        QCOMPARE(error.at(0).value<Pool::Error>(), Pool::Error::TlsFailed);
    QCOMPARE(server.pendingCount(), 4);
    server.close();
    QCOMPARE(server.pendingCount(), 0);
    for (int i = 2; i < 12; i += 3)
        QTRY_COMPARE(clients[std::size_t(i)]->state(), QAbstractSocket::UnconnectedState);
    VERIFY_ADDS_UP(server);
}

void tst_SetupThreads::mayBeMovedWhileStopped()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 4);
    wish.setupThreads = 2;
    auto client = std::make_unique<ClientPool>(wish);
    fill(server, *client);
    client->close();
    QTRY_VERIFY(setupThreads() <= 0);
    Worker first;
    Worker second;
    for (Worker *home : {&first, &second}) {
        Places places;
        QThread *const from = client->thread();
        const auto move = [&] { client->moveToThread(home->thread()); };
        if (from == QThread::currentThread())
            move();
        else
            first.run(move);
        noteAllSignals(*client, places);
        bool isStarted = false;
        home->run([&] { isStarted = client->start(); });
        QVERIFY(isStarted);
        QTRY_COMPARE(client->idleCount(), 4);
        if (setupThreads() >= 0)
            QTRY_COMPARE(setupThreads(), 2);
        Connection lease = client->take();
        Connection there;
        QTRY_VERIFY(there || (there = server.take(lease.id())));
        QCOMPARE(pass(lease.socket(), there.socket(), "x"), "x");
        lease.giveBack();
        home->run([&] {
            client->close();
            client->disconnect();
        });
        QCOMPARE(places.threads(), QSet<QThread *>{home->thread()});
    }
    second.run([&] { client.reset(); });
}

void tst_SetupThreads::endsWithThePoolsThread_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<bool>("isDestroyedLate");
    QTest::newRow("client") << false << false;
    QTest::newRow("client, destroyed after its thread") << false << true;
    QTest::newRow("server") << true << false;
    QTest::newRow("server, destroyed after its thread") << true << true;
}

void tst_SetupThreads::endsWithThePoolsThread()
{
    QFETCH(const bool, isServer);
    QFETCH(const bool, isDestroyedLate);
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    std::vector<std::unique_ptr<QTcpSocket>> callers;
    std::unique_ptr<Pool> pool; // whichever way this test ends, its thread has ended before
    auto home = std::make_unique<Worker>();
    if (isServer) {
        ServerPool::Configuration wish;
        wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
        wish.handshakeTimeout = 60s;
        wish.setupThreads = 2;
        pool = std::make_unique<ServerPool>(wish);
    } else {
        ClientPool::Configuration wish = clientOf(silent.serverPort(), 6);
        wish.handshakeTimeout = 60s;
        wish.setupThreads = 2;
        pool = std::make_unique<ClientPool>(wish);
    }
    pool->moveToThread(home->thread());
    quint16 port = 0;
    home->run([&] {
        if (auto *server = qobject_cast<ServerPool *>(pool.get())) {
            server->listen(QHostAddress::LocalHost);
            port = server->serverPort();
        } else {
            static_cast<ClientPool *>(pool.get())->start();
        }
    });
    for (int i = 0; isServer && i < 6; ++i) {
        callers.push_back(std::make_unique<QTcpSocket>());
        callers.back()->connectToHost(QHostAddress::LocalHost, port);
    }
    QTRY_COMPARE(pool->pendingCount(), 6);
    if (setupThreads() >= 0)
        QTRY_COMPARE(setupThreads(), 2);
    home->stop();
    QCOMPARE(pool->pendingCount(), 0);
    QCOMPARE(pool->state(), Pool::State::Stopped);
    QTRY_VERIFY(setupThreads() <= 0);
    VERIFY_ADDS_UP(*pool);
    if (isDestroyedLate)
        home.reset();
    pool.reset();
}

QNETPOOL_TEST_MAIN(tst_SetupThreads)
#include "tst_setupthreads.moc"
