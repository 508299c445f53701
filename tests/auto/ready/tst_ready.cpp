// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "threadedserver.h"
#include "worker.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QElapsedTimer>
#include <QtCore/QRandomGenerator>
#include <QtCore/QTimer>

#include <random>

// That connections are ready before they are asked for, over sockets; and that none is dialled in vain.
class tst_Ready : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void usedOnceHardlyWaits();
    void hiddenDemandHardlyWaits();

    void nothingIsIdleOnDemand();
    void whatIdlesOutIsNotRenewed();
    void silentSetupsAreReplaced_data();
    void silentSetupsAreReplaced();
    void silentFirstSetupIsReplaced();
    void silentServerIsNotStormed();
    void silenceOfAServerEndsForItsCallersSoon();
    void endsOfLateSetupsStopNothing();
    void givenBackInVainHardlyWaits();
    void fixedStockIsNotDialledForEachTake();
    void nobodyIsDialledForWhoHasLeft();
    void ruleCanBeSwitched();
    void uselessSettingsAreRefused();

    void endsRightAfterSetupAreFailures_data();
    void endsRightAfterSetupAreFailures();
    void refusedClientCertificateIsAFailure();
    void errorOfTlsIsTold();
    void recoversFromEndsAfterSetup();
    void usedConnectionsMayEndSoon();

    void anotherPeerBeginsAfresh_data();
    void anotherPeerBeginsAfresh();
    void dialsOfTheFormerPeerAreAbandoned_data();
    void dialsOfTheFormerPeerAreAbandoned();
    void deadPeersInTurnsDoNotMakeItSpin();
    void eventLoopTurnsWhileManyAreDialled();
    void oneRefusedConnectIsNoOutage();
    void nothingIsDialledForNobody();
    void leasesThatAreKeptDoNotStopIt();
    void lowerCapacitiesCountAtOnce();
};

// Its setup takes a while: it sends the ID late.
static std::function<void(QTcpSocket *)> slowly(std::chrono::milliseconds delay)
{
    return [delay, last = quint32(0x10000000)](QTcpSocket *socket) mutable {
        QTimer::singleShot(delay, Qt::PreciseTimer, socket,
                           [socket, id = ++last] { socket->write(QByteArray::number(id, 16)); });
    };
}

static void passOnLater(QTcpSocket *from, QTcpSocket *to, std::chrono::milliseconds delay)
{
    QObject::connect(from, &QTcpSocket::readyRead, to, [from, to, delay] {
        QTimer::singleShot(delay, Qt::PreciseTimer, to, [to, bytes = from->readAll()] { to->write(bytes); });
    });
    QObject::connect(from, &QTcpSocket::disconnected, to, &QTcpSocket::disconnectFromHost);
}

// A long way to a server.
static std::function<void(QTcpSocket *)> longWayTo(quint16 server, std::chrono::milliseconds delay)
{
    return [server, delay](QTcpSocket *client) {
        auto *onward = new QTcpSocket(client);
        passOnLater(client, onward, delay);
        passOnLater(onward, client, delay);
        onward->connectToHost(QHostAddress::LocalHost, server);
    };
}

// Callers that come at random, 200 a second. It catches up when the machine was away, as real ones would.
class Callers : public QObject
{
public:
    explicit Callers(std::function<void()> call) : m_call(std::move(call))
    {
        connect(&m_timer, &QTimer::timeout, this, [this] {
            for (const double now = double(m_time.nsecsElapsed()) / 1e9; m_next <= now; m_next += m_gap(m_random))
                m_call();
        });
        m_timer.setTimerType(Qt::PreciseTimer);
        m_time.start();
        m_timer.start(1);
    }

private:
    const std::function<void()> m_call;
    std::mt19937 m_random{42};
    std::exponential_distribution<double> m_gap{200};
    double m_next = 0;
    QElapsedTimer m_time;
    QTimer m_timer;
};

// How many callers had to wait, of the last lot.
struct Waits
{
    static constexpr int Lot = 1000;
    int calls = 0;
    int waited = 0;
    QList<int> lots;

    void count(bool waits)
    {
        waited += waits;
        if (++calls % Lot == 0)
            lots << std::exchange(waited, 0);
    }
    // Once it is steady; a machine that stands still for a moment spoils a lot, not all of them.
    bool isOneInAHundred() const { return lots.size() >= 3 && *std::min_element(lots.begin() + 2, lots.end()) <= Lot / 100; }
};

static ClientPool::Configuration fiveToTwoHundred(quint16 port)
{
    ClientPool::Configuration configuration;
    configuration.host = QStringLiteral("127.0.0.1");
    configuration.port = port;
    configuration.sizing.minimumCapacity = 5;
    configuration.sizing.maximumCapacity = 200;
    return configuration;
}

void tst_Ready::usedOnceHardlyWaits()
{
    const ThreadedServer server(slowly(60ms));
    ClientPool pool(fiveToTwoHundred(server.port()));
    QVERIFY(pool.start());
    QTRY_VERIFY(pool.isReady());
    Waits waits;
    {
        const Callers callers([&] {
            QFuture<Connection> future = pool.acquire();
            waits.count(!future.isFinished());
            future.then([](Connection connection) { connection.discard(); });
        });
        QTRY_VERIFY2_WITH_TIMEOUT(waits.isOneInAHundred(), qPrintable(QDebug::toString(waits.lots)), longer(90000));
    }
    const PoolStatistics statistics = pool.statistics();
    QVERIFY(statistics.target > 5);
    QVERIFY(statistics.setupTime >= 60ms);
    QVERIFY(statistics.recentWaitShare < 0.2);
    QVERIFY(statistics.waitShare() < 0.2);
    QVERIFY(pool.capacity() >= statistics.target);
}

void tst_Ready::hiddenDemandHardlyWaits()
{
    ServerPool server;
    listen(server);
    const ThreadedServer way(longWayTo(server.serverPort(), 60ms));
    ClientPool client(fiveToTwoHundred(way.port()));
    connect(&client, &Pool::connectionAvailable, this, [&](ConnectionId id) { // its application serves what comes
        if (auto connection = std::make_shared<Connection>(client.take(id)); *connection)
            connect(connection->socket(), &QTcpSocket::readyRead, this, [connection] { connection->discard(); });
    });
    QVERIFY(client.start());
    Waits waits;
    const Callers callers([&] {
        QFuture<Connection> future = server.acquire();
        waits.count(!future.isFinished());
        future.then([](Connection connection) { connection.socket()->write("x"); });
    });
    QTRY_VERIFY2_WITH_TIMEOUT(waits.isOneInAHundred(), qPrintable(QDebug::toString(waits.lots)), longer(90000));
}

void tst_Ready::nothingIsIdleOnDemand()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 5);
    wish.sizing.minimumCapacity = 0;
    ClientPool pool(wish);
    QSignalSpy ready(&pool, &Pool::ready);
    QSignalSpy intervals(&pool, &Pool::intervalChanged);
    QVERIFY(pool.start());
    QCOMPARE(ready.size(), 0); // from the event loop
    QTRY_COMPARE(ready.size(), 1);
    QTRY_COMPARE(pool.interval(), wish.sizing.maximumInterval); // some cycles later
    QCOMPARE(pool.statistics().created, 0);
    QCOMPARE(pool.capacity(), 0);
    QVERIFY(!pool.take());
    QFuture<Connection> future = pool.acquire();
    QTRY_VERIFY(future.isFinished());
    QVERIFY(future.takeResult());
    QTRY_VERIFY(pool.idleCount() >= 1);
}

void tst_Ready::whatIdlesOutIsNotRenewed()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 16);
    wish.sizing.maximumCapacity = 20;
    wish.limits.idleTimeout = 200ms;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.statistics().idleTooLong, 16);
    QTRY_VERIFY(pool.statistics().idleTooLong >= 16 + 3); // nobody comes
    const PoolStatistics quiet = pool.statistics();
    QVERIFY2(quiet.created - quiet.idleTooLong <= 1, qPrintable(QString::number(quiet.created))); // one is ready
    QCOMPARE(pool.capacity(), 16);
    QTRY_COMPARE(pool.idleCount(), 1);
    const qint64 created = pool.statistics().created;
    QVERIFY(pool.take());
    QTRY_VERIFY(pool.idleCount() >= 1);
    QVERIFY2(pool.statistics().created - created <= 4,
             "one that is wanted, one more, and one that idles out meanwhile, twice");
}

void tst_Ready::silentSetupsAreReplaced_data()
{
    QTest::addColumn<ClientPool::Rule>("rule");
    QTest::newRow("predictive") << ClientPool::Rule::Predictive;
    QTest::newRow("stepwise") << ClientPool::Rule::Stepwise;
}

// A few connections to a server with many threads, of which some hang, are accepted by the kernel and get no ID.
void tst_Ready::silentSetupsAreReplaced()
{
    QFETCH(const ClientPool::Rule, rule);
    int accepted = 0;
    const ThreadedServer server([&accepted](QTcpSocket *socket) {
        if (++accepted % 3 == 0)
            return; // no ID ever comes
        socket->write(QByteArray::number(0x10000000 + accepted, 16));
    });
    ClientPool::Configuration wish = clientOf(server.port(), 20);
    wish.sizing.rule = rule;
    wish.sizing.minimumCapacity = 2;
    wish.handshakeTimeout = 1h;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_VERIFY(pool.isReady());
    std::vector<Connection> taken;
    for (int i = 0; i < 30; ++i) {
        QFuture<Connection> future = pool.acquire();
        QTRY_VERIFY_WITH_TIMEOUT(future.isFinished(), longer(5000)); // not after handshakeTimeout
        future.takeResult().discard();
    }
    QCOMPARE(pool.state(), Pool::State::Ready);
}

// The first dial of all gets no answer: there is nothing to compare it with.
void tst_Ready::silentFirstSetupIsReplaced()
{
    int accepted = 0;
    const ThreadedServer server([&accepted](QTcpSocket *socket) {
        if (++accepted > 1)
            socket->write(QByteArray::number(0x10000000 + accepted, 16));
    });
    ClientPool::Configuration wish = clientOf(server.port(), 1);
    wish.handshakeTimeout = 1h;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QFuture<Connection> future = pool.acquire();
    QTRY_VERIFY(future.isFinished());
}

// It may take any time: one more is dialled now and then, not a crowd.
void tst_Ready::silentServerIsNotStormed()
{
    std::atomic<int> accepted = 0;
    const ThreadedServer server([&accepted](QTcpSocket *) { ++accepted; });
    ClientPool::Configuration wish = clientOf(server.port(), 2);
    wish.handshakeTimeout = 1h;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QFuture<Connection> future = pool.acquire(4s);
    QTRY_VERIFY(future.isFinished());
    QVERIFY2(accepted > 4 && accepted <= 6, qPrintable(QString::number(accepted))); // 3 at once, then at 1 s, 2 s and 4 s
}

// Its silence holds all that maximumPending allows: probes go on, so that callers do not wait until handshakeTimeout.
void tst_Ready::silenceOfAServerEndsForItsCallersSoon()
{
    std::atomic<bool> isSilent = false;
    std::atomic<int> accepted = 0;
    const ThreadedServer server([&](QTcpSocket *socket) {
        const int number = ++accepted;
        if (!isSilent)
            socket->write(QByteArray::number(0x10000000 + number, 16));
    });
    ClientPool::Configuration wish = clientOf(server.port(), 20);
    wish.sizing.minimumCapacity = 2;
    wish.sizing.maximumPending = 4;
    wish.handshakeTimeout = 1h;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_VERIFY(pool.isReady());
    isSilent = true;
    std::vector<QFuture<Connection>> callers;
    for (int i = 0; i < 20; ++i)
        callers.push_back(pool.acquire(1h));
    QTRY_COMPARE(pool.pendingCount(), 6); // 4, and two probes
    isSilent = false;
    for (QFuture<Connection> &caller : callers)
        QTRY_VERIFY(caller.isFinished());
    QCOMPARE(pool.state(), Pool::State::Ready);
}

// Now and then a setup gets no answer, and its end comes when others have long succeeded: it stops nothing.
void tst_Ready::endsOfLateSetupsStopNothing()
{
    std::atomic<int> accepted = 0;
    const ThreadedServer server([&](QTcpSocket *socket) {
        if (const int number = ++accepted; number % 3)
            socket->write(QByteArray::number(0x10000000 + number, 16));
    });
    ClientPool::Configuration wish = clientOf(server.port(), 20);
    wish.sizing.minimumCapacity = 2;
    wish.handshakeTimeout = longer(500ms);
    ClientPool pool(wish);
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QSignalSpy states(&pool, &Pool::stateChanged);
    QVERIFY(pool.start());
    QTRY_VERIFY(pool.isReady());
    while (errors.size() < 30) {
        QFuture<Connection> future = pool.acquire();
        QTRY_VERIFY(future.isFinished());
        future.takeResult().discard();
    }
    QVERIFY(!std::any_of(states.begin(), states.end(),
                         [](const auto &change) { return change.first() == QVariant::fromValue(Pool::State::Degraded); }));
}

// The server closes each connection when its answer has been given.
void tst_Ready::givenBackInVainHardlyWaits()
{
    const ThreadedServer server([delay = slowly(60ms)](QTcpSocket *socket) mutable {
        delay(socket);
        QObject::connect(socket, &QTcpSocket::readyRead, socket, [socket] {
            socket->readAll();
            socket->write("answer");
            QTimer::singleShot(2, socket, &QTcpSocket::disconnectFromHost);
        });
    });
    ClientPool pool(fiveToTwoHundred(server.port()));
    QVERIFY(pool.start());
    QTRY_VERIFY(pool.isReady());
    Waits waits;
    {
        const Callers callers([&] {
            QFuture<Connection> future = pool.acquire();
            waits.count(!future.isFinished());
            future.then(this, [](Connection connection) {
                QTcpSocket *socket = connection.socket();
                socket->write("question");
                connect(socket, &QTcpSocket::readyRead, socket,
                        [lease = std::make_shared<Connection>(std::move(connection))] {
                            (*lease)->readAll();
                            lease->giveBack();
                        });
            });
        });
        QTRY_VERIFY_WITH_TIMEOUT(waits.isOneInAHundred(), 30000);
    }
}

void tst_Ready::fixedStockIsNotDialledForEachTake()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 3));
    fill(server, client, 3);
    for (int i = 0; i < 500; ++i) {
        QFuture<Connection> future = client.acquire();
        QTRY_VERIFY(future.isFinished());
        future.takeResult().giveBack();
        QCoreApplication::processEvents(); // so that it could dial
    }
    QCOMPARE(client.statistics().created, 3);
}

void tst_Ready::nobodyIsDialledForWhoHasLeft()
{
    const ThreadedServer server(slowly(20ms));
    ClientPool::Configuration wish = clientOf(server.port(), 1);
    wish.sizing.maximumPending = 8;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_VERIFY(pool.isReady());
    QList<QFuture<Connection>> leaving;
    for (int i = 0; i < 1000; ++i)
        leaving << pool.acquire(30ms);
    QTRY_COMPARE(pool.waiterCount(), 0);
    QTRY_COMPARE(pool.pendingCount(), 0);
    QList<QFuture<Connection>> served;
    for (int i = 0; i < 1000; ++i) { // by what is given back, mostly
        served << pool.acquire();
        served.last().then([](Connection) {});
    }
    QTRY_COMPARE(pool.waiterCount(), 0);
    QTRY_COMPARE(pool.pendingCount(), 0);
    QVERIFY2(pool.statistics().created <= 100, qPrintable(QString::number(pool.statistics().created)));
}

void tst_Ready::ruleCanBeSwitched()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 50);
    wish.sizing.minimumCapacity = 2;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 2);
    QList<QFuture<Connection>> taken;
    for (int i = 0; i < 20; ++i)
        taken << pool.acquire();
    QTRY_VERIFY(pool.statistics().target >= 18);
    QTRY_COMPARE(pool.capacity(), pool.statistics().target);
    wish.sizing.rule = ClientPool::Rule::Stepwise;
    QVERIFY(pool.setConfiguration(wish));
    QCOMPARE(pool.statistics().target, 0);
    QVERIFY(pool.capacity() >= 18);
    taken.clear();
    QTRY_COMPARE(pool.capacity(), 2); // one less each cycle
    wish.sizing.rule = ClientPool::Rule::Predictive;
    QVERIFY(pool.setConfiguration(wish));
    QCOMPARE(pool.statistics().target, 2);
}

void tst_Ready::uselessSettingsAreRefused()
{
    ClientPool::Configuration wish = clientOf(1);
    for (const double share :
         {0.0, -0.1, 1.0, 7.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        wish.sizing.waitProbability = share;
        QCOMPARE(ClientPool::problems(wish).size(), 1);
        QVERIFY(ClientPool::problems(wish).constFirst().contains(u"sizing.waitProbability"));
    }
    wish.sizing.waitProbability = 0.05;
    QCOMPARE(ClientPool::problems(wish), QStringList());
    wish.sizing.rule = ClientPool::Rule::Stepwise;
    QCOMPARE(ClientPool::problems(wish).size(), 1);
}

// Accepts, names the connection if it is to, says something, and closes.
class Doorkeeper : public QTcpServer
{
public:
    explicit Doorkeeper(ConnectionMode mode, QByteArray farewell = {}) : m_mode(mode), m_farewell(std::move(farewell))
    {
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = nextPendingConnection())
                receive(socket);
        });
        listen(QHostAddress::LocalHost);
    }
    bool isClosing = true;
    int accepted = 0;

private:
    void receive(QTcpSocket *socket)
    {
        ++accepted;
        connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        if (m_mode == ConnectionMode::Multi)
            socket->write(QByteArray::number(accepted + 0x10000000, 16));
        if (isClosing) {
            QTimer::singleShot(20, socket, [this, socket] {
                socket->write(m_farewell);
                socket->disconnectFromHost();
            });
        }
    }

    const ConnectionMode m_mode;
    const QByteArray m_farewell;
};

void tst_Ready::endsRightAfterSetupAreFailures_data()
{
    QTest::addColumn<ConnectionMode>("mode");
    QTest::addColumn<bool>("hasDialer");
    QTest::addColumn<QByteArray>("farewell");
    QTest::addColumn<QString>("cause");
    for (const ConnectionMode mode : {ConnectionMode::Single, ConnectionMode::Multi}) {
        for (const bool hasDialer : {false, true}) {
            const char *how = mode == ConnectionMode::Single ? "single" : "multi";
            QTest::addRow("%s, %s", how, hasDialer ? "dialer" : "direct") << mode << hasDialer << QByteArray() << QString();
            QTest::addRow("%s, %s, farewell", how, hasDialer ? "dialer" : "direct")
                    << mode << hasDialer << QByteArray("-ERR max number of clients\x1b[31m reached\r\nmore")
                    << QStringLiteral("it sent \"-ERR max number of clients\\x1B[31m reached\"");
        }
    }
}

void tst_Ready::endsRightAfterSetupAreFailures()
{
    QFETCH(const ConnectionMode, mode);
    QFETCH(const bool, hasDialer);
    QFETCH(const QByteArray, farewell);
    QFETCH(const QString, cause);
    Doorkeeper server(mode, farewell);
    ClientPool::Configuration wish = clientOf(server.serverPort());
    wish.connectionMode = mode;
    if (hasDialer)
        wish.dialer = [port = wish.port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
    ClientPool pool(wish);
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QCOMPARE(lastError(errors), Pool::Error::ConnectFailed);
    QVERIFY2(lastMessage(errors).contains(QStringLiteral("127.0.0.1:%1 closed a connection").arg(server.serverPort())),
             qPrintable(lastMessage(errors)));
    QVERIFY2(lastMessage(errors).endsWith(cause.isEmpty() ? QStringLiteral("before it was used") : cause),
             qPrintable(lastMessage(errors)));
    QTRY_VERIFY(pool.interval() > 1s); // the pauses have doubled six times, each with one dial
    QVERIFY2(server.accepted <= 20, qPrintable(QString::number(server.accepted)));
    QCOMPARE(pool.state(), Pool::State::Degraded);
}

void tst_Ready::refusedClientCertificateIsAFailure()
{
    if (!QSslSocket::supportsSsl())
        QSKIP("no TLS here");
    ServerPool server;
    ServerPool::Configuration demanding;
    demanding.connectionMode = ConnectionMode::Single;
    demanding.tls.enabled = true;
    demanding.tls.configuration = Certificates::demandingClientCertificate(Certificates::showing(QStringLiteral("server")));
    QVERIFY(server.setConfiguration(demanding));
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort());
    wish.connectionMode = ConnectionMode::Single;
    wish.tls.mode = TlsMode::SelfSigned;
    ClientPool pool(wish);
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QVERIFY2(lastMessage(errors).contains(u"before it was used"), qPrintable(lastMessage(errors)));
    QTRY_VERIFY(pool.interval() > 500ms);
    QVERIFY2(pool.statistics().created <= 20, qPrintable(QString::number(pool.statistics().created)));
}

// Breaks TLS soon after the handshake, as a server does that sends an alert.
class TlsBreaker : public QTcpServer
{
public:
    TlsBreaker() { listen(QHostAddress::LocalHost); }

protected:
    void incomingConnection(qintptr descriptor) override
    {
        auto *socket = new QSslSocket(this);
        socket->setSslConfiguration(Certificates::showing(QStringLiteral("server")));
        socket->setSocketDescriptor(descriptor);
        connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QSslSocket::encrypted, socket, [socket] {
            auto *plain = socket->findChild<QTcpSocket *>();
            plain->write("this is no TLS\r\n");
            plain->disconnectFromHost();
        });
        socket->startServerEncryption();
    }
};

void tst_Ready::errorOfTlsIsTold()
{
    if (!QSslSocket::supportsSsl())
        QSKIP("no TLS here");
    TlsBreaker server;
    ClientPool::Configuration wish = clientOf(server.serverPort());
    wish.connectionMode = ConnectionMode::Single;
    wish.tls.mode = TlsMode::SelfSigned;
    ClientPool pool(wish);
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QCOMPARE(errors.first().at(0).value<Pool::Error>(), Pool::Error::TlsFailed);
    const QString message = errors.first().at(1).toString();
    QVERIFY2(message.contains(u"before it was used: Error while reading"), qPrintable(message));
}

void tst_Ready::recoversFromEndsAfterSetup()
{
    Doorkeeper server(ConnectionMode::Multi);
    ClientPool pool(clientOf(server.serverPort()));
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    server.isClosing = false;
    QTRY_COMPARE(pool.state(), Pool::State::Ready);
    QTRY_COMPARE(pool.idleCount(), 4);
    QVERIFY(pool.interval() <= 100ms);
}

void tst_Ready::usedConnectionsMayEndSoon()
{
    Doorkeeper server(ConnectionMode::Multi);
    ClientPool pool(clientOf(server.serverPort(), 1));
    QSignalSpy states(&pool, &Pool::stateChanged);
    QSet<QString> served;
    connect(&pool, &Pool::connectionAvailable, this, [&](ConnectionId id) {
        if (const auto before = served.size(); served.insert(id.toString()), served.size() > before)
            pool.take(id).giveBack();
    });
    QVERIFY(pool.start());
    QTRY_VERIFY(server.accepted >= 50);
    QCOMPARE(pool.state(), Pool::State::Ready);
}

void tst_Ready::anotherPeerBeginsAfresh_data()
{
    QTest::addColumn<QString>("change");
    for (const char *change : {"port", "host", "dialer", "mode", "TLS"})
        QTest::newRow(change) << QString::fromLatin1(change);
}

void tst_Ready::anotherPeerBeginsAfresh()
{
    QFETCH(const QString, change);
    ServerPool server;
    if (change == u"TLS") {
        if (!QSslSocket::supportsSsl())
            QSKIP("no TLS here");
        ServerPool::Configuration encrypted;
        encrypted.tls.enabled = true;
        encrypted.tls.configuration = Certificates::showing(QStringLiteral("server"));
        QVERIFY(server.setConfiguration(encrypted));
    } else if (change == u"mode") {
        ServerPool::Configuration single;
        single.connectionMode = ConnectionMode::Single;
        QVERIFY(server.setConfiguration(single));
    }
    QVERIFY(server.listen(QHostAddress::LocalHost, 0));
    ClientPool::Configuration wish = clientOf(server.serverPort(), 2);
    wish.handshakeTimeout = 100ms;
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = wish.sizing.maximumBackoff = 1h; // none ends in this test
    if (change == u"port") {
        QTcpServer closed;
        QVERIFY(closed.listen(QHostAddress::LocalHost));
        wish.port = closed.serverPort();
    } else if (change == u"host") {
        wish.host = QStringLiteral("127.0.0.2");
    } else if (change == u"dialer") {
        wish.dialer = [](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, 1); };
    }
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QVERIFY(pool.interval() >= 30min);
    wish.port = server.serverPort();
    wish.host = QStringLiteral("127.0.0.1");
    wish.dialer = nullptr;
    wish.handshakeTimeout = 1h;
    if (change == u"TLS")
        wish.tls.mode = TlsMode::SelfSigned;
    else if (change == u"mode")
        wish.connectionMode = ConnectionMode::Single;
    QVERIFY(pool.setConfiguration(wish));
    QTRY_COMPARE(pool.state(), Pool::State::Ready);
    QCOMPARE(pool.idleCount(), 2);
}

void tst_Ready::dialsOfTheFormerPeerAreAbandoned_data()
{
    QTest::addColumn<int>("setupThreads");
    QTest::addColumn<bool>("hasDialer");
    QTest::newRow("direct") << 0 << false;
    QTest::newRow("dialer") << 0 << true;
    QTest::newRow("threads") << 2 << false;
}

void tst_Ready::dialsOfTheFormerPeerAreAbandoned()
{
    QFETCH(const int, setupThreads);
    QFETCH(const bool, hasDialer);
    QTcpServer silent[2]; // no ID ever comes
    for (QTcpServer &server : silent)
        QVERIFY(server.listen(QHostAddress::LocalHost));
    ServerPool good;
    listen(good);
    const auto configurationFor = [&](quint16 port) {
        ClientPool::Configuration wish = clientOf(port, 8);
        wish.sizing.minimumInterval = 1ms;
        wish.sizing.maximumPending = wish.limits.maximumConnections = 8;
        wish.setupThreads = setupThreads;
        wish.handshakeTimeout = 1h;
        if (hasDialer)
            wish.dialer = [port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
        return wish;
    };
    ClientPool pool(configurationFor(silent[0].serverPort()));
    QVERIFY(pool.start());
    for (int i = 0; i < 20; ++i) {
        QTRY_COMPARE(pool.pendingCount(), 8);
        QVERIFY(pool.setConfiguration(configurationFor(silent[i % 2 ? 0 : 1].serverPort())));
        QCOMPARE(pool.pendingCount(), 0);
    }
    QTRY_COMPARE(pool.pendingCount(), 8);
    QVERIFY(pool.setConfiguration(configurationFor(good.serverPort())));
    QTRY_COMPARE(pool.idleCount(), 8); // none of the former ones is in the way
    QCOMPARE(pool.state(), Pool::State::Ready);
    QCOMPARE(pool.errorCount(), 0);
}

void tst_Ready::eventLoopTurnsWhileManyAreDialled()
{
    constexpr int many = 1000;
    QTcpServer silent; // no ID ever comes
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = clientOf(silent.serverPort(), many);
    wish.sizing.maximumPending = many;
    wish.handshakeTimeout = wish.connectTimeout = 1h;
    ClientPool pool(wish);
    int pending = 0;
    int mostInATurn = 0;
    connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this, [&] {
        const int before = std::exchange(pending, pool.pendingCount());
        mostInATurn = std::max(mostInATurn, pending - before);
    });
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.pendingCount(), many);
    QVERIFY2(mostInATurn > 1 && mostInATurn <= 200, qPrintable(QString::number(mostInATurn)));
    disconnect(QAbstractEventDispatcher::instance(), nullptr, this, nullptr);
}

// With any pause this would not end.
void tst_Ready::oneRefusedConnectIsNoOutage()
{
    ServerPool server;
    listen(server);
    bool isRefused = false;
    ClientPool::Configuration wish = clientOf(server.serverPort(), 3);
    wish.sizing.maximumCapacity = 20;
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    wish.dialer = [&isRefused, port = wish.port](QTcpSocket *socket) {
        if (std::exchange(isRefused, false))
            throw std::runtime_error("refused");
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    ClientPool client(wish);
    fill(server, client, 3);
    QSignalSpy states(&client, &Pool::stateChanged);
    for (int i = 1; i <= 5; ++i) {
        isRefused = true;
        client.take().discard();
        QTRY_COMPARE(client.idleCount(), 3);
        QCOMPARE(client.errorCount(), i);
    }
    QVERIFY(states.isEmpty());
}

// The server closes what is not used; and so, nobody calling, does the pool.
void tst_Ready::nothingIsDialledForNobody()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 2);
    wish.sizing.maximumCapacity = 50;
    ClientPool client(wish);
    fill(server, client, 2);
    // A setup takes a millisecond, so a machine that stands still amid a burst makes several of it.
    for (int i = 0; i < 20 && client.statistics().target <= 30; ++i) {
        std::vector<QFuture<Connection>> burst;
        for (int n = 0; n < 40; ++n)
            burst.push_back(client.acquire());
        for (QFuture<Connection> &one : burst)
            QTRY_VERIFY(one.isFinished());
        for (QFuture<Connection> &one : burst)
            one.takeResult().discard();
    }
    QVERIFY(client.statistics().target > 30);
    QTRY_COMPARE(client.idleCount(), client.capacity());
    for (int round = 0; round < 50 && client.capacity() > 2; ++round) {
        while (Connection idle = server.take())
            idle.discard();
        QTRY_COMPARE(client.idleCount(), client.capacity());
        QTRY_COMPARE(server.idleCount(), client.idleCount());
    }
    QCOMPARE(client.capacity(), 2);
}

void tst_Ready::deadPeersInTurnsDoNotMakeItSpin()
{
    quint16 ports[2];
    for (quint16 &port : ports) {
        QTcpServer closed;
        QVERIFY(closed.listen(QHostAddress::LocalHost));
        port = closed.serverPort();
    }
    ClientPool::Configuration wish = clientOf(ports[0], 4);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 100ms;
    ClientPool pool(wish);
    int turns = 0;
    connect(&pool, &Pool::errorOccurred, this, [&] { // a simple failover
        wish.port = ports[++turns % 2];
        QVERIFY(pool.setConfiguration(wish));
    });
    QElapsedTimer time;
    time.start();
    QVERIFY(pool.start());
    QTRY_VERIFY(turns >= 10);
    const qint64 rounds = 2 + time.elapsed() / 100;
    QVERIFY2(turns <= rounds, qPrintable(QStringLiteral("%1 turns in %2 ms").arg(turns).arg(time.elapsed())));
}

void tst_Ready::leasesThatAreKeptDoNotStopIt()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 20);
    wish.sizing.minimumCapacity = 5;
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h; // no round fills the stock
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 5);
    for (int i = 0; i < 100; ++i) {
        QTRY_VERIFY(pool.idleCount() >= 5);
        pool.take().giveBack();
    }
    std::vector<Connection> kept;
    while (kept.size() < 100) {
        QTRY_VERIFY(pool.idleCount() >= 5); // each is replaced
        kept.push_back(pool.take());
        QVERIFY(kept.back());
    }
}

void tst_Ready::lowerCapacitiesCountAtOnce()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 20);
    wish.sizing.minimumCapacity = 15;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 15);
    wish.sizing.minimumCapacity = 2;
    QVERIFY(pool.setConfiguration(wish));
    QTRY_COMPARE(pool.capacity(), 2);
    QCOMPARE(pool.statistics().target, 2);
    pool.flush();
    QTRY_COMPARE(pool.idleCount(), 2);
    QCOMPARE(pool.statistics().created, 15 + 2);
}

QTEST_GUILESS_MAIN(tst_Ready)
#include "tst_ready.moc"
