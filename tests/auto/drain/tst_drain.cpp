// SPDX-License-Identifier: BSD-3-Clause
#include "numbers.h"
#include "pools.h"
#include "testmain.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QMetaEnum>
#include <QtCore/QPointer>
#include <QtCore/QPromise>
#include <QtNetwork/QTcpServer>

#include <climits>
#include <optional>
#include <thread>

// drain(): nothing goes out any more, what is out may come home in peace, and it ends in a bounded time with any peer.
class tst_Drain : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void endsAtOnceWithoutLeases();
    void waitsForLeases_data();
    void waitsForLeases();
    void handsOutNothing();
    void waitersAreTold();
    void timeoutEndsIt();
    void closeEndsIt();
    void runningAgainEndsIt();
    void anotherCallSetsAnotherTime();
    void isDoneFromAnotherThread();
    void aStoppedPoolStaysAsItIs();
    void takesNoConnectionsIn();
    void abandonsWhatIsBeingSetUp_data();
    void abandonsWhatIsBeingSetUp();
    void peerThatReadsNothingDelaysNobody();
    void validatorIsWaitedFor();
    void nobodyIsWokenForWhatIsOver_data();
    void nobodyIsWokenForWhatIsOver();
    void mayDeleteThePool_data();
    void mayDeleteThePool();

private:
    std::optional<ServerPool> server;
    std::optional<ClientPool> client;
    std::optional<QSignalSpy> changes; // of the client's state, since it was full
};

void tst_Drain::init()
{
    server.emplace();
    listen(*server);
    client.emplace(stepwiseClientOf(server->serverPort()));
    fill(*server, *client);
    QTRY_COMPARE(client->state(), Pool::State::Ready);
    changes.emplace(&*client, &Pool::stateChanged);
}

void tst_Drain::cleanup()
{
    if (client)
        QCOMPARE(whatIsWrong(client->statistics(), INT_MAX), QString());
    changes.reset();
    client.reset();
    server.reset();
}

static QString names(const QSignalSpy &changes)
{
    QStringList result;
    for (const QList<QVariant> &arguments : changes)
        result << QString::fromLatin1(
                QMetaEnum::fromType<Pool::State>().valueToKey(int(arguments.at(0).value<Pool::State>())));
    return result.join(u' ');
}

void tst_Drain::endsAtOnceWithoutLeases()
{
    client->drain();
    QCOMPARE(names(*changes), QStringLiteral("Stopped"));
    QCOMPARE(client->idleCount(), 0);
    QTRY_COMPARE(server->idleCount(), 0);
}

using End = std::function<void(Connection &)>;
Q_DECLARE_METATYPE(End)

void tst_Drain::waitsForLeases_data()
{
    QTest::addColumn<End>("end");
    QTest::newRow("given back") << End([](Connection &lease) { lease.giveBack(); });
    QTest::newRow("discarded") << End([](Connection &lease) { lease.discard(); });
    QTest::newRow("detached") << End([](Connection &lease) { lease.detach(); });
    QTest::newRow("destroyed in another thread")
            << End([](Connection &lease) { std::thread([moved = std::move(lease)]() mutable { moved = {}; }).join(); });
}

void tst_Drain::waitsForLeases()
{
    QFETCH(const End, end);
    Connection first = client->take();
    Connection second = client->take();
    Connection other = server->take(first.id());
    client->drain();
    QCOMPARE(names(*changes), QStringLiteral("Draining"));
    QTRY_COMPARE(server->idleCount(), 1); // the second
    QCOMPARE(pass(first.socket(), other.socket(), "how far"), QByteArray("how far"));
    QCOMPARE(pass(other.socket(), first.socket(), "done"), QByteArray("done"));
    end(first);
    QCOMPARE(client->state(), Pool::State::Draining);
    end(second);
    QTRY_COMPARE(names(*changes), QStringLiteral("Draining Stopped"));
    QCOMPARE(client->leasedCount() + client->idleCount(), 0);
    QTRY_COMPARE(other->state(), QAbstractSocket::UnconnectedState);
}

void tst_Drain::handsOutNothing()
{
    const Connection lease = client->take();
    const ConnectionId id = lease.id();
    QVERIFY(client->take());
    client->drain();
    QVERIFY(!client->take());
    QVERIFY(!client->take(id));
    QVERIFY(!client->waitForConnection(10s));
    QFuture<Connection> future = client->acquire();
    QVERIFY(future.isFinished());
    try {
        future.takeResult();
        QFAIL("got a connection");
    } catch (const PoolException &exception) {
        QCOMPARE(exception.error(), Pool::Error::Closed);
    }
    QTcpSocket socket;
    QVERIFY(!client->put({}, &socket));
    QCOMPARE(client->pendingCount(), 0);
    QCOMPARE(client->state(), Pool::State::Draining);
}

void tst_Drain::waitersAreTold()
{
    std::vector<Connection> all;
    while (Connection lease = client->take())
        all.push_back(std::move(lease));
    server->close(); // nobody answers the dials
    QFuture<Connection> future = client->acquire();
    QVERIFY(!future.isFinished());
    client->drain();
    QTRY_VERIFY(future.isFinished());
    try {
        future.takeResult();
        QFAIL("got a connection");
    } catch (const PoolException &exception) {
        QCOMPARE(exception.error(), Pool::Error::Closed);
        QCOMPARE(exception.message(), QStringLiteral("the pool is draining"));
    }
}

void tst_Drain::timeoutEndsIt()
{
    Connection lease = client->take();
    Connection other = server->take(lease.id());
    client->drain(50ms);
    QCOMPARE(names(*changes), QStringLiteral("Draining"));
    QTRY_COMPARE(names(*changes), QStringLiteral("Draining Stopped"));
    QCOMPARE(client->leasedCount(), 1); // it stays valid
    QCOMPARE(pass(lease.socket(), other.socket(), "still here"), QByteArray("still here"));
    lease.giveBack();
    QTRY_COMPARE(other->state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(client->idleCount(), 0);
}

void tst_Drain::closeEndsIt()
{
    const Connection lease = client->take();
    client->drain(-1ms);
    QCOMPARE(client->state(), Pool::State::Draining);
    client->close();
    QCOMPARE(names(*changes), QStringLiteral("Draining Stopped"));
}

void tst_Drain::runningAgainEndsIt()
{
    Connection old = client->take();
    client->drain();
    QVERIFY(client->start());
    QCOMPARE(names(*changes), QStringLiteral("Draining Stopped Starting"));
    QTRY_COMPARE(client->idleCount(), 4);
    old.giveBack();
    QCOMPARE(client->idleCount(), 4);
    QCOMPARE(client->leasedCount(), 0);

    const Connection serving = server->take();
    const quint16 port = server->serverPort();
    server->drain();
    QCOMPARE(server->state(), Pool::State::Draining);
    QCOMPARE(server->serverPort(), 0);
    QVERIFY(server->listen(QHostAddress::LocalHost, port));
    QCOMPARE(server->state(), Pool::State::Ready);
    QTRY_COMPARE(server->idleCount(), 3); // the client's new ones: it still has the one that is leased here
}

void tst_Drain::anotherCallSetsAnotherTime()
{
    const Connection lease = client->take();
    client->drain(1h);
    client->drain(10ms);
    QTRY_COMPARE(names(*changes), QStringLiteral("Draining Stopped"));
}

void tst_Drain::isDoneFromAnotherThread()
{
    Connection lease = client->take();
    std::thread([this] { client->drain(); }).join();
    QVERIFY(!client->take()); // from the call on
    QTRY_COMPARE(client->state(), Pool::State::Draining);
    lease.giveBack();
    QTRY_COMPARE(names(*changes), QStringLiteral("Draining Stopped"));
}

void tst_Drain::aStoppedPoolStaysAsItIs()
{
    client->close();
    changes->clear();
    client->drain();
    QCoreApplication::processEvents();
    QCOMPARE(changes->size(), 0);
    QVERIFY(client->start());
    QTRY_COMPARE(client->idleCount(), 4);
}

void tst_Drain::takesNoConnectionsIn()
{
    class Accepting : public QTcpServer
    {
    public:
        qintptr accepted = -1;

    protected:
        void incomingConnection(qintptr descriptor) override { accepted = descriptor; }
    } own;
    QVERIFY(own.listen(QHostAddress::LocalHost));
    QTcpSocket stranger;
    stranger.connectToHost(QHostAddress::LocalHost, own.serverPort());
    QTRY_VERIFY(own.accepted >= 0);
    const Connection lease = server->take();
    server->drain();
    QVERIFY(!server->addConnection(own.accepted));
    QTRY_COMPARE(stranger.state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(server->state(), Pool::State::Draining);
    QCOMPARE(server->pendingCount(), 0);
}

void tst_Drain::abandonsWhatIsBeingSetUp_data()
{
    QTest::addColumn<TlsMode>("tls");
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("TCP") << TlsMode::None << 0;
    QTest::newRow("TCP, own thread") << TlsMode::None << 1;
    QTest::newRow("TLS") << TlsMode::SelfSigned << 0;
    QTest::newRow("TLS, own thread") << TlsMode::SelfSigned << 1;
}

// A peer that accepts and says nothing: no ID, no TLS.
void tst_Drain::abandonsWhatIsBeingSetUp()
{
    QFETCH(const TlsMode, tls);
    QFETCH(const int, setupThreads);
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = stepwiseClientOf(silent.serverPort());
    wish.tls.mode = tls;
    wish.setupThreads = setupThreads;
    wish.handshakeTimeout = wish.connectTimeout = 1h;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.pendingCount(), 4);
    pool.drain();
    QCOMPARE(pool.state(), Pool::State::Stopped);
    QCOMPARE(pool.pendingCount(), 0);
}

void tst_Drain::peerThatReadsNothingDelaysNobody()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = stepwiseClientOf(silent.serverPort(), 1);
    wish.connectionMode = ConnectionMode::Single;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 1);
    Connection lease = pool.take();
    lease->write(QByteArray(64 << 20, 'x')); // more than the kernel holds
    pool.drain();
    QCOMPARE(pool.state(), Pool::State::Draining);
    lease.giveBack();
    QTRY_COMPARE(pool.state(), Pool::State::Stopped);
    QCOMPARE(pool.statistics().closedDirty, 1);
}

void tst_Drain::validatorIsWaitedFor()
{
    QPromise<bool> answer;
    ClientPool::Configuration wish = stepwiseClientOf(server->serverPort(), 1);
    wish.hooks.validator = [&answer](QTcpSocket *) {
        answer.start();
        return answer.future();
    };
    wish.hooks.validateAfter = 0ms;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 1);
    QFuture<Connection> future = pool.acquire();
    QTRY_VERIFY(answer.future().isStarted());
    pool.drain();
    QCOMPARE(pool.state(), Pool::State::Draining);
    answer.addResult(true);
    answer.finish();
    QTRY_COMPARE(pool.state(), Pool::State::Stopped);
    QCOMPARE(pool.statistics().created, pool.statistics().closed());
}

void tst_Drain::nobodyIsWokenForWhatIsOver_data()
{
    QTest::addColumn<bool>("isClosed"); // before
    QTest::addColumn<std::chrono::milliseconds>("timeout");
    QTest::newRow("for ever") << false << -1ms;
    QTest::newRow("in vain") << false << 1ms;
    QTest::newRow("closed before") << true << 1ms;
}

// The event loop finds nothing to do, though a lease is out.
void tst_Drain::nobodyIsWokenForWhatIsOver()
{
    QFETCH(const bool, isClosed);
    QFETCH(const std::chrono::milliseconds, timeout);
    const Connection lease = client->take();
    if (isClosed)
        client->close();
    client->drain(timeout);
    QTRY_COMPARE(client->state(), timeout < 0ms ? Pool::State::Draining : Pool::State::Stopped);
    server.reset();
    int turns = 0;
    while (turns < 1000 && QAbstractEventDispatcher::instance()->processEvents(QEventLoop::AllEvents))
        ++turns;
    QVERIFY(turns < 1000);
}

void tst_Drain::mayDeleteThePool_data()
{
    QTest::addColumn<Pool::State>("at");
    QTest::newRow("as it begins") << Pool::State::Draining;
    QTest::newRow("at its end") << Pool::State::Stopped;
}

void tst_Drain::mayDeleteThePool()
{
    QFETCH(const Pool::State, at);
    auto *pool = new ClientPool(stepwiseClientOf(server->serverPort()));
    const QPointer<ClientPool> alive(pool);
    QVERIFY(pool->start());
    QTRY_COMPARE(pool->idleCount(), 4);
    Connection lease = pool->take();
    connect(pool, &Pool::stateChanged, this, [pool, at](Pool::State state) {
        if (state == at)
            delete pool;
    });
    pool->drain();
    QCOMPARE(bool(alive), at != Pool::State::Draining);
    lease.giveBack();
    QTRY_VERIFY(!alive);
}

QNETPOOL_TEST_MAIN(tst_Drain)
#include "tst_drain.moc"
