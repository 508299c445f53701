// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "readyfuture.h"
#include "settle.h"
#include "stock/stock.h"
#ifdef Q_OS_LINUX
#include "suspend.h"
#endif
#include "system/networkchange.h"
#include "system/sleepdetector.h"
#include "system/timeasleep.h"
#include "testmain.h"
#include "worker.h"

#include <QtCore/QTimer>

#include <thread>

// The host's network changes: what was in the stock is looked at, and a client tries again at once.
class tst_NetworkChange : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void burstIsToldOnce();
    void firstKnowledgeIsNoChange();
    void firstKnowledgeIsNoChangeInABusyThread();
    void whatWasUnknownIsNoChange();
    void poolsFollow_data();
    void poolsFollow();
    void clientTriesAgainAtOnce_data();
    void clientTriesAgainAtOnce();
    void clientTriesAgainAfterTheDialThatIsOnItsWay();
    void clientThatIsFullDialsNothing();
    void validatorIsAskedAgain();
    void connectionFromAnAddressThatIsGoneIsClosed();
    void addressesOfThisHostAreKnown();
    void connectionFromAnyAddressOfThisHostStays();
    void stoppedPoolDoesNothing();
    void sleepIsNoticedOnce();
    void lateReadingsAreNoSleep();
#ifdef Q_OS_LINUX
    void suspendIsACheck_data();
    void suspendIsACheck();
    void suspendIsNoticedInARound();
    void suspendBeforeTheStartIsNone();
#endif
};

namespace {

// A client whose attempts are so far apart that no test sees a second one.
ClientPool::Configuration patientClientOf(quint16 port, int capacity = 1)
{
    ClientPool::Configuration wish = clientOf(port, capacity);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = wish.sizing.maximumBackoff = 1h;
    return wish;
}

quint16 closedPort()
{
    QTcpServer port;
    if (!port.listen(QHostAddress::LocalHost))
        qFatal("cannot listen");
    return port.serverPort();
}

struct Timers
{
    const QTimer *settling;
    const QTimer *delay;
};
Timers timersOf(const NetworkChange &change)
{
    const QList<QTimer *> all = change.findChildren<QTimer *>();
    return {all.value(0), all.value(1)};
}

} // namespace

void tst_NetworkChange::burstIsToldOnce()
{
    NetworkChange change;
    QSignalSpy happened(&change, &NetworkChange::happened);
    for (int i = 0; i < 20; ++i)
        change.note();
    QTRY_COMPARE(happened.size(), 1);
    settle();
    QCOMPARE(happened.size(), 1);
    change.note();
    QTRY_COMPARE(happened.size(), 2);
}

// Qt 6.11's backend begins with Disconnected and is Online two milliseconds later.
void tst_NetworkChange::firstKnowledgeIsNoChange()
{
    NetworkChange change;
    QSignalSpy happened(&change, &NetworkChange::happened);
    change.startFrom(NetworkChange::Reachability::Disconnected, NetworkChange::Medium::Ethernet);
    change.noteReachability(NetworkChange::Reachability::Online);
    change.noteMedium(NetworkChange::Medium::WiFi);
    QVERIFY(change.isSettling());
    QVERIFY(!timersOf(change).delay->isActive());
    QTRY_VERIFY(!change.isSettling());
    change.noteReachability(NetworkChange::Reachability::Disconnected); // now it is one
    QTRY_COMPARE(happened.size(), 1);
    change.noteMedium(NetworkChange::Medium::Ethernet);
    QTRY_COMPARE(happened.size(), 2);
}

// As after having been busy for all that time: what was said meanwhile comes in the turn of the loop in which that time ends.
void tst_NetworkChange::firstKnowledgeIsNoChangeInABusyThread()
{
    NetworkChange change;
    change.startFrom(NetworkChange::Reachability::Disconnected, NetworkChange::Medium::Ethernet);
    bool isOver = false;
    connect(timersOf(change).settling, &QTimer::timeout, &change, [&] {
        change.noteReachability(NetworkChange::Reachability::Online);
        isOver = true;
    });
    QTRY_VERIFY(isOver && !change.isSettling());
    QVERIFY(!timersOf(change).delay->isActive());
    change.noteReachability(NetworkChange::Reachability::Disconnected);
    QVERIFY(timersOf(change).delay->isActive());
}

void tst_NetworkChange::whatWasUnknownIsNoChange()
{
    NetworkChange change;
    change.startFrom(NetworkChange::Reachability::Unknown, NetworkChange::Medium::Unknown);
    QTRY_VERIFY(!change.isSettling());
    change.noteReachability(NetworkChange::Reachability::Online);
    change.noteMedium(NetworkChange::Medium::Ethernet);
    QVERIFY(!timersOf(change).delay->isActive());
    change.noteMedium(NetworkChange::Medium::WiFi);
    QVERIFY(timersOf(change).delay->isActive());
}

void tst_NetworkChange::poolsFollow_data()
{
    QTest::addColumn<bool>("isInMainThread");
    QTest::newRow("in the main thread") << true;
    QTest::newRow("in another thread") << false;
}

// As when QNetworkInformation tells it, which nobody can make it do.
void tst_NetworkChange::poolsFollow()
{
    QFETCH(const bool, isInMainThread);
    const quint16 port = closedPort();
    Worker worker;
    auto client = std::make_unique<ClientPool>(patientClientOf(port));
    ClientPool::Configuration deafWish = patientClientOf(port);
    deafWish.checkOnNetworkChange = false;
    ClientPool deaf(deafWish);
    if (!isInMainThread)
        client->moveToThread(worker.thread());
    QMetaObject::invokeMethod(client.get(), &ClientPool::start);
    QVERIFY(deaf.start());
    QTRY_COMPARE(client->state(), Pool::State::Degraded);
    QTRY_COMPARE(deaf.state(), Pool::State::Degraded);
    ServerPool server;
    QVERIFY(server.listen(QHostAddress::LocalHost, port));
    NetworkChange::instance().note();
    QTRY_COMPARE(client->state(), Pool::State::Ready);
    settle();
    QCOMPARE(deaf.state(), Pool::State::Degraded);
    if (!isInMainThread)
        worker.run([&] { client.reset(); });
}

void tst_NetworkChange::clientTriesAgainAtOnce_data()
{
    QTest::addColumn<bool>("isInMainThread");
    QTest::newRow("told in the pool's thread") << true;
    QTest::newRow("told in another thread") << false;
}

void tst_NetworkChange::clientTriesAgainAtOnce()
{
    QFETCH(const bool, isInMainThread);
    const quint16 port = closedPort();
    ClientPool client(patientClientOf(port, 3));
    QVERIFY(client.start());
    QTRY_COMPARE(client.state(), Pool::State::Degraded);
    const int errors = client.errorCount();
    ServerPool server;
    QVERIFY(server.listen(QHostAddress::LocalHost, port));
    if (isInMainThread)
        client.checkStock();
    else
        std::thread([&client] { client.checkStock(); }).join();
    QTRY_COMPARE(client.state(), Pool::State::Ready);
    QTRY_COMPARE(client.idleCount(), 3);
    QCOMPARE(client.errorCount(), errors);
}

// A peer that accepts and sends no ID.
void tst_NetworkChange::clientTriesAgainAfterTheDialThatIsOnItsWay()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = patientClientOf(silent.serverPort());
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_VERIFY(silent.hasPendingConnections());
    client.checkStock();
    settle();
    QCOMPARE(client.pendingCount(), 1);
    QCOMPARE(client.errorCount(), 0);
    delete silent.nextPendingConnection(); // the dial fails
    QTRY_VERIFY(silent.hasPendingConnections()); // and there is another one
    delete silent.nextPendingConnection();
    QTRY_COMPARE(client.errorCount(), 2);
    settle();
    QVERIFY(!silent.hasPendingConnections()); // but only one
}

void tst_NetworkChange::clientThatIsFullDialsNothing()
{
    ServerPool server;
    listen(server);
    ClientPool client(patientClientOf(server.serverPort(), 3));
    fill(server, client, 3);
    QSignalSpy available(&client, &Pool::connectionAvailable);
    for (int i = 0; i < 5; ++i) {
        client.checkStock();
        settle();
    }
    QCOMPARE(client.statistics().created, 3);
    QCOMPARE(client.capacity(), 3);
    QCOMPARE(client.idleCount(), 3);
    QVERIFY(available.isEmpty());
}

void tst_NetworkChange::validatorIsAskedAgain()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 3);
    int asked = 0;
    wish.hooks.validator = [&asked](QTcpSocket *) {
        ++asked;
        return readyFuture(true);
    };
    wish.hooks.validateAfter = 1h;
    ClientPool client(wish);
    fill(server, client, 3);
    QVERIFY(client.take());
    QCOMPARE(asked, 0);
    client.checkStock();
    QVERIFY(!client.take()); // it does not wait
    for (int i = 1; i <= 3; ++i) {
        const ConnectionId id = client.waitForConnection().id();
        QVERIFY(!id.isNull());
    }
    QTRY_COMPARE(client.idleCount(), 3);
    const int until = asked;
    QVERIFY(until >= 1 && until <= 3);
    QVERIFY(client.take()); // one that was asked since
    QCOMPARE(asked, until);
}

static std::unique_ptr<QTcpSocket> connectedFrom(const QString &address, quint16 port)
{
    auto socket = std::make_unique<QTcpSocket>();
    if (!socket->bind(QHostAddress(address)))
        qFatal("cannot bind to %s", qPrintable(address));
    socket->connectToHost(QHostAddress(QHostAddress::LocalHost), port);
    if (!socket->waitForConnected(5000))
        qFatal("cannot connect from %s", qPrintable(address));
    return socket;
}

void tst_NetworkChange::connectionFromAnAddressThatIsGoneIsClosed()
{
    QTcpServer peer;
    QVERIFY(peer.listen(QHostAddress::LocalHost));
    const auto stock = std::make_shared<Stock>(&clientLog);
    Policy policy;
    policy.maximumIdle = 10;
    stock->open(policy, Watcher::create(this, [](quint64) {}), [] {});
    stock->setReceivers({true, true, true});
    std::vector<ConnectionId> ids;
    for (const char *address : {"127.0.0.2", "127.0.0.1", "127.0.0.2", "127.0.0.3"}) {
        ids.push_back(ConnectionId::fromString(QStringLiteral("0000000%1").arg(ids.size() + 1)));
        QVERIFY(stock->admit(stock->addPending(), ids.back(), connectedFrom(QString::fromLatin1(address), peer.serverPort()))
                == Stock::Admission::Admitted);
    }
    const Connection leased = stock->take(ids[2]);
    stock->takeNotifications();
    QStringList asked;
    stock->revalidateAll([&asked](const QHostAddress &address) {
        asked << address.toString();
        return address != QHostAddress(QStringLiteral("127.0.0.2"));
    });
    asked.sort();
    QCOMPARE(asked.join(u' '), QStringLiteral("127.0.0.1 127.0.0.2 127.0.0.3"));
    QCOMPARE(stock->idleCount(), 2);
    QVERIFY(!stock->take(ids[0]));
    QVERIFY(stock->take(ids[1]));
    QVERIFY(stock->take(ids[3]));
    QCOMPARE(leased->state(), QAbstractSocket::ConnectedState); // the application's
    QCOMPARE(stock->statistics().diedIdle, 1);
    const Stock::Notifications notifications = stock->takeNotifications();
    QVERIFY(notifications.isRetryDue);
    QVERIFY(!notifications.events.empty());
    QCOMPARE(notifications.events.front().type, Stock::EventType::Lost);
    QCOMPARE(notifications.events.front().id, ids[0]);
    QVERIFY(!stock->takeNotifications().isRetryDue);
    stock->tearDown();
}

void tst_NetworkChange::addressesOfThisHostAreKnown()
{
    for (const char *address : {"127.0.0.1", "127.0.0.2", "::ffff:127.0.0.1"})
        QVERIFY2(isOnThisHost(QHostAddress(QString::fromLatin1(address))), address);
    for (const char *address : {"192.0.2.254", "2001:db8::254", "::ffff:192.0.2.254"})
        QVERIFY2(!isOnThisHost(QHostAddress(QString::fromLatin1(address))), address);
    QVERIFY(isOnThisHost(QHostAddress())); // not known
}

// Also from one that no interface has, and that works all the same.
void tst_NetworkChange::connectionFromAnyAddressOfThisHostStays()
{
    ServerPool server;
    QVERIFY(server.listen(QHostAddress(QHostAddress::Any)));
    ClientPool::Configuration wish = clientOf(server.serverPort(), 2);
    wish.host = QStringLiteral("127.0.0.2");
    ClientPool client(wish);
    fill(server, client, 2);
    client.checkStock();
    server.checkStock();
    settle();
    QCOMPARE(client.statistics().closed(), 0);
    QCOMPARE(server.statistics().closed(), 0);
    const Connection here = client.take();
    QVERIFY(here && server.take(here.id()));
}

void tst_NetworkChange::stoppedPoolDoesNothing()
{
    ServerPool server;
    listen(server);
    ClientPool client(patientClientOf(server.serverPort()));
    client.checkStock();
    fill(server, client, 1);
    client.close();
    std::thread([&client] { client.checkStock(); }).join();
    settle();
    QSignalSpy happened(&NetworkChange::instance(), &NetworkChange::happened);
    NetworkChange::instance().note();
    QTRY_COMPARE(happened.size(), 1);
    settle();
    QCOMPARE(client.state(), Pool::State::Stopped);
    QCOMPARE(client.statistics().created, 1);
    QCOMPARE(client.errorCount(), 0);
}

void tst_NetworkChange::sleepIsNoticedOnce()
{
    SleepDetector detector(1h);
    QVERIFY(!detector.hasSlept(1h));
    QVERIFY(!detector.hasSlept(1h + 999ms));
    QVERIFY(detector.hasSlept(1h + 1s));
    QVERIFY(!detector.hasSlept(1h + 1s));
    for (int i = 1; i < 10; ++i)
        QVERIFY(!detector.hasSlept(1h + 1s + i * 100ms));
    QVERIFY(detector.hasSlept(1h + 2s)); // all of them together
    QVERIFY(detector.hasSlept(9h));
    QVERIFY(!detector.hasSlept(9h));
}

// Whose thread was interrupted between both clocks.
void tst_NetworkChange::lateReadingsAreNoSleep()
{
    SleepDetector detector(1h);
    for (const std::chrono::milliseconds late : {500ms, 5000ms, 1ms, 3600000ms}) {
        QVERIFY(!detector.hasSlept(1h - late));
        QVERIFY(!detector.hasSlept(1h));
    }
    QVERIFY(detector.hasSlept(1h + 1s));
    std::chrono::steady_clock::time_point now;
    detector = SleepDetector(timeAsleep(&now));
    for (int i = 0; i < 100000; ++i)
        QVERIFY(!detector.hasSlept(timeAsleep(&now)));
    QVERIFY(std::chrono::steady_clock::now() >= now);
}

#ifdef Q_OS_LINUX
void tst_NetworkChange::suspendIsACheck_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<QString>("how");
    for (const bool isServer : {false, true}) {
        for (const char *how : {"take", "take by ID", "acquire", "acquire by ID", "wait"})
            QTest::addRow("%s, %s", isServer ? "server" : "client", how) << isServer << QString::fromLatin1(how);
    }
}

void tst_NetworkChange::suspendIsACheck()
{
    QFETCH(const bool, isServer);
    QFETCH(const QString, how);
    int asked = 0;
    Pool::Hooks hooks;
    hooks.validateAfter = 1h;
    hooks.validator = [&asked](QTcpSocket *) {
        ++asked;
        return readyFuture(true);
    };
    ServerPool::Configuration serving;
    ClientPool::Configuration wish;
    (isServer ? serving.hooks : wish.hooks) = hooks;
    ServerPool server(serving);
    listen(server);
    const ClientPool::Hooks clientHooks = wish.hooks;
    wish = patientClientOf(server.serverPort(), 3);
    wish.hooks = clientHooks;
    ClientPool client(wish);
    fill(server, client, 3);
    Pool &pool = isServer ? static_cast<Pool &>(server) : client;
    const ConnectionId id = pool.take().id();
    QVERIFY(!id.isNull());
    QCOMPARE(asked, 0);
    Suspend::lasts(8h);
    if (how == u"take") {
        QVERIFY(!pool.take()); // it does not wait
        QTRY_COMPARE(asked, 1);
    } else if (how == u"take by ID") {
        QVERIFY(!pool.take(id));
        QTRY_COMPARE(asked, 1);
    } else if (how == u"wait") {
        QVERIFY(pool.waitForConnection());
        QVERIFY(asked > 0);
    } else {
        QFuture<Connection> future = how == u"acquire" ? pool.acquire() : pool.acquire(id);
        QVERIFY(!future.isFinished());
        QTRY_VERIFY(future.isFinished());
        QVERIFY(future.takeResult());
        QVERIFY(asked > 0);
    }
    QTRY_COMPARE(pool.idleCount(), 3);
    for (int i = 0; i < 3; ++i) // once each
        QVERIFY(pool.waitForConnection());
    QVERIFY(pool.take());
    QVERIFY(asked <= 3);
}

// Before anybody takes one: it is noticed if nothing shows any more that the host has slept.
void tst_NetworkChange::suspendIsNoticedInARound()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1);
    wish.sizing.maximumInterval = 1h; // each round adds to the interval
    wish.hooks.validateAfter = 1h;
    wish.hooks.validator = [](QTcpSocket *) { return readyFuture(true); };
    ClientPool client(wish);
    fill(server, client, 1);
    {
        const Connection taken = client.take();
        QVERIFY(taken);
    }
    QSignalSpy rounds(&client, &Pool::intervalChanged);
    Suspend::lasts(8h);
    QTRY_VERIFY(rounds.size() >= 2);
    Suspend::lasts(-8h);
    QVERIFY(!client.take());
    QVERIFY(client.waitForConnection());
}

void tst_NetworkChange::suspendBeforeTheStartIsNone()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.hooks.validateAfter = 1h;
    wish.hooks.validator = [](QTcpSocket *) { return readyFuture(true); };
    ClientPool client(wish);
    for (int run = 0; run < 2; ++run) {
        Suspend::lasts(8h);
        fill(server, client, 1);
        QVERIFY(client.take());
        client.close();
        QTRY_COMPARE(server.idleCount(), 0);
    }
}
#endif

QNETPOOL_TEST_MAIN(tst_NetworkChange)
#include "tst_networkchange.moc"
