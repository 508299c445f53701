// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "pools.h"
#include "readyfuture.h"
#include "settle.h"
#include "testmain.h"

#include <QtCore/QEventLoop>
#include <QtCore/QFutureWatcher>
#include <QtCore/QPromise>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <optional>
#include <stdexcept>

// The application's validator and resetter: on which connections they run, and what becomes of these.
class tst_Checks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void validatesWhatWasIdleForLong_data();
    void validatesWhatWasIdleForLong();
    void freshGoesOutWithoutValidation_data();
    void freshGoesOutWithoutValidation();
    void takeDoesNotWaitForIt_data();
    void takeDoesNotWaitForIt();
    void takePassesOverTheStale();
    void nextOneIsTriedWhenItFails_data();
    void nextOneIsTriedWhenItFails();
    void clientDialsWhenAllFail();
    void failureKeepsTheOrderOfArrival();
    void manyRunSideBySide();
    void theSameFutureServesEachTime();
    void timedOutValidatorIsCancelled();
    void runsInThePoolsThread();
    void whatItDidToTheSocketIsUndone();
    void bytesForTheHolderAreDelivered_data();
    void bytesForTheHolderAreDelivered();
    void waiterBesideOneForAnIdIsServed();
    void endsWithThePool_data();
    void endsWithThePool();
    void everyOneIsValidatedWithoutATime_data();
    void everyOneIsValidatedWithoutATime();
    void nothingIsDialledInPlaceOfAChecked_data();
    void nothingIsDialledInPlaceOfAChecked();
    void waitersDoNotWaitForLateResets();
    void runningChecksLimitDialsAfterOneThatFailed_data();
    void runningChecksLimitDialsAfterOneThatFailed();
    void degradedWhenAllFail_data();
    void degradedWhenAllFail();
    void clientNoticesThatTheyPassAgain();
    void clientBacksOffWhenNewOnesFail();
    void otherHooksEndTheDoubt();
    void validatorMayBeRemoved_data();
    void validatorMayBeRemoved();

    void resetsWhatWasUsed_data();
    void resetsWhatWasUsed();
    void doesNotResetWhatWasNotUsed();
    void doesNotResetWhatIsNotGivenBack_data();
    void doesNotResetWhatIsNotGivenBack();
    void waiterIsServedAfterTheReset();
    void failedResetCloses_data();
    void failedResetCloses();
    void resetsInThePoolsThread();
    void resetEndsWithThePool_data();
    void resetEndsWithThePool();
    void resetterMayBeRemoved();
    void whatWasResetNeedsNoValidation();
};

using Function = std::function<QFuture<bool>(QTcpSocket *)>;

// --- What the tests stand on -------------------------------------------------------------------------------------------

// The other ends. Each answers "ping\n" with "pong\n", or as it is told.
class Answering : public QObject
{
public:
    explicit Answering(Pool &pool)
    {
        connect(&pool, &Pool::connectionAvailable, this, [this, &pool](ConnectionId id) {
            Connection connection = pool.take(id);
            if (!connection)
                return;
            QTcpSocket *socket = connection.socket();
            const auto respond = [this, socket] { answer(socket); };
            connect(socket, &QTcpSocket::readyRead, this, respond);
            m_leases.push_back(std::move(connection));
        });
    }

    QTcpSocket *of(ConnectionId id) const
    {
        const auto found =
                std::find_if(m_leases.begin(), m_leases.end(), [id](const Connection &c) { return c.id() == id; });
        return found == m_leases.end() ? nullptr : found->socket();
    }
    int count() const { return int(m_leases.size()); }

    QByteArray reply = "pong\n";
    bool hangsUp = false;
    int pings = 0;

private:
    void answer(QTcpSocket *socket)
    {
        if (!socket->canReadLine() || socket->readLine() != "ping\n")
            return;
        ++pings;
        if (hangsUp)
            return socket->disconnectFromHost();
        socket->write(reply);
    }

    std::vector<Connection> m_leases;
};

static QFuture<bool> ping(QTcpSocket *socket)
{
    socket->write("ping\n");
    return QtFuture::connect(socket, &QTcpSocket::readyRead).then([socket] { return socket->readAll() == "pong\n"; });
}

// A check that the test ends. Copies are the same one.
class Pending
{
public:
    QFuture<bool> operator()(QTcpSocket *)
    {
        m_running->push_back(std::make_unique<QPromise<bool>>());
        m_running->back()->start();
        return m_running->back()->future();
    }
    int count() const { return int(m_running->size()); }
    QPromise<bool> &at(int i) const { return *m_running->at(std::size_t(i)); }
    void say(int i, bool answer) const
    {
        at(i).addResult(answer);
        at(i).finish();
    }

private:
    std::shared_ptr<std::vector<std::unique_ptr<QPromise<bool>>>> m_running =
            std::make_shared<std::vector<std::unique_ptr<QPromise<bool>>>>();
};

// The subject, with a full stock, and the other ends, which answer. A client dials at its start and for those who wait, and
// then no more; nobody dials a server again.
class Scene
{
public:
    template<typename Change> Scene(bool isClient, bool isTls, int count, Change change)
    {
        ServerPool::Configuration wish;
        if (isTls)
            wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
        wish.hooks.validateAfter = 0ms;
        if (!isClient)
            change(wish);
        server.emplace(wish);
        listen(*server);
        ClientPool::Configuration clientWish = stepwiseClientOf(server->serverPort(), count);
        clientWish.tls.mode = isTls ? TlsMode::SelfSigned : TlsMode::None;
        clientWish.hooks.validateAfter = 0ms;
        clientWish.limits.maximumConnections = isClient ? 0 : count;
        if (isClient) {
            clientWish.sizing.minimumInterval = clientWish.sizing.maximumInterval = 1h;
            change(clientWish);
        }
        client.emplace(clientWish);
        peers.emplace(isClient ? static_cast<Pool &>(*server) : *client);
        subject = isClient ? static_cast<Pool *>(&*client) : &*server;
        isReady = client->start()
                && QTest::qWaitFor([&] { return subject->idleCount() == count && peers->count() == count; }, longer(20000));
    }

    bool isReady = false;
    Pool *subject = nullptr;
    std::optional<ServerPool> server;
    std::optional<ClientPool> client;
    std::optional<Answering> peers;
};

static bool addsUp(const Pool &pool)
{
    const PoolStatistics now = pool.statistics();
    return now.created == now.idle + now.leased + now.unclaimed + now.detached + now.closed()
            && now.taken == now.fromStock + now.hadToWait
            && now.queued == now.hadToWait + now.timedOut + now.cancelled + now.abandoned + now.waiters;
}

static bool works(const Connection &connection)
{
    if (!connection)
        return false;
    QFuture<bool> answer = ping(connection.socket());
    return QTest::qWaitFor([&] { return answer.isFinished(); }, longer(5000)) && answer.result();
}

// What is in the stock has been there for longer than this then.
static bool letTimePass(std::chrono::milliseconds time)
{
    const auto end = std::chrono::steady_clock::now() + time;
    return QTest::qWaitFor([end] { return std::chrono::steady_clock::now() > end; }, longer(5000));
}

// With the connection, the hook and what it did.
static void checkTold(const QSignalSpy &errors, ConnectionId id, const char *hook, const QString &failure)
{
    QString words = QStringLiteral("has said no");
    if (failure == u"throws" || failure == u"exceptional")
        words = QStringLiteral("has thrown: broken");
    else if (failure == u"throwsSomething")
        words = QStringLiteral("has thrown");
    else if (failure == u"cancelled" || failure == u"constructedByDefault")
        words = QStringLiteral("was canceled");
    else if (failure == u"withoutResult")
        words = QStringLiteral("has ended without a result");
    else if (failure == u"neverEnds")
        words = QStringLiteral("has not finished within ");
    else if (failure == u"peerCloses")
        words = QStringLiteral("has not finished before the connection was closed");
    else if (failure == u"leavesBytes" || failure == u"closes" || failure == u"aborts" || failure.startsWith(u"deletes"))
        words = QStringLiteral("has closed it, or has left bytes in it unread or unsent");
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::CheckFailed);
    const QString start =
            QStringLiteral("connection %1 is closed: its %2 %3").arg(id.toString(), QLatin1String(hook), words);
    QVERIFY2(lastMessage(errors).startsWith(start), qPrintable(lastMessage(errors)));
}

static void eachEnd()
{
    QTest::addColumn<bool>("isClient");
    QTest::addColumn<bool>("isTls");
    QTest::newRow("client, plain") << true << false;
    QTest::newRow("client, TLS") << true << true;
    QTest::newRow("server, plain") << false << false;
    QTest::newRow("server, TLS") << false << true;
}

// --- The validator -----------------------------------------------------------------------------------------------------

void tst_Checks::validatesWhatWasIdleForLong_data()
{
    eachEnd();
}

void tst_Checks::validatesWhatWasIdleForLong()
{
    QFETCH(const bool, isClient);
    QFETCH(const bool, isTls);
    int calls = 0;
    Scene scene(isClient, isTls, 1, [&calls](auto &wish) {
        wish.hooks.validator = [&calls](QTcpSocket *socket) {
            ++calls;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    Pool &pool = *scene.subject;

    QFuture<Connection> future = pool.acquire();
    QVERIFY(!future.isFinished());
    QCOMPARE(pool.leasedCount(), 1); // as a connection that is being validated counts
    QCOMPARE(pool.idleCount(), 0);
    QCOMPARE(pool.waiterCount(), 1);
    QVERIFY(addsUp(pool));
    QTRY_VERIFY(future.isFinished());
    Connection got = future.takeResult();
    const ConnectionId id = got.id();
    QCOMPARE(calls, 1);
    QCOMPARE(scene.peers->pings, 1);
    QVERIFY(works(got));
    QVERIFY(addsUp(pool));
    got.giveBack();

    future = pool.acquire(id);
    QTRY_VERIFY(future.isFinished());
    QCOMPARE(future.takeResult().id(), id); // and goes back at once
    QCOMPARE(calls, 2);

    got = pool.waitForConnection(20s);
    QCOMPARE(got.id(), id);
    QCOMPARE(calls, 3);
    got.giveBack();

    std::atomic<bool> isServed = false;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        const Connection there = pool.waitForConnection(20s);
        isServed = there && there->state() == QAbstractSocket::ConnectedState;
    }));
    thread->start();
    QTRY_VERIFY(thread->isFinished());
    QVERIFY(isServed);
    QCOMPARE(calls, 4);
    QTRY_COMPARE(pool.idleCount(), 1);
    QCOMPARE(pool.statistics().failedCheck, 0);
    QCOMPARE(pool.statistics().created, 1);
    QCOMPARE(pool.statistics().hadToWait, 4);
    QCOMPARE(pool.statistics().givenBack, 4); // by holders, not by the validator
    QVERIFY(addsUp(pool));
}

void tst_Checks::freshGoesOutWithoutValidation_data()
{
    eachEnd();
}

void tst_Checks::freshGoesOutWithoutValidation()
{
    QFETCH(const bool, isClient);
    QFETCH(const bool, isTls);
    int calls = 0;
    Scene scene(isClient, isTls, 1, [&calls](auto &wish) {
        wish.hooks.validateAfter = 1h;
        wish.hooks.validator = [&calls](QTcpSocket *socket) {
            ++calls;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    Pool &pool = *scene.subject;
    Connection taken = pool.take();
    QVERIFY(taken);
    const ConnectionId id = taken.id();
    QVERIFY(works(taken));
    taken.giveBack();
    QVERIFY(pool.take(id));
    QFuture<Connection> future = pool.acquire();
    QVERIFY(future.isFinished());
    QVERIFY(future.takeResult());
    QVERIFY(pool.waitForConnection());
    QCOMPARE(calls, 0);
    QCOMPARE(scene.subject->statistics().hadToWait, 0);
}

void tst_Checks::takeDoesNotWaitForIt_data()
{
    QTest::addColumn<bool>("isClient");
    QTest::addColumn<bool>("isById");
    QTest::newRow("client, any") << true << false;
    QTest::newRow("client, by ID") << true << true;
    QTest::newRow("server, any") << false << false;
    QTest::newRow("server, by ID") << false << true;
}

void tst_Checks::takeDoesNotWaitForIt()
{
    QFETCH(const bool, isClient);
    QFETCH(const bool, isById);
    int calls = 0;
    Scene scene(isClient, false, 1, [&calls](auto &wish) {
        wish.hooks.validateAfter = 200ms;
        wish.hooks.validator = [&calls](QTcpSocket *socket) {
            ++calls;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    Pool &pool = *scene.subject;
    const ConnectionId id = isClient ? scene.client->take().id() : scene.server->take().id();
    QVERIFY(!id.isNull());
    QVERIFY(letTimePass(200ms));
    QList<ConnectionId> available;
    Connection got;
    connect(&pool, &Pool::connectionAvailable, this, [&](ConnectionId which) {
        available << which;
        if (!got) // on a machine too busy for 200 ms this starts another validation
            got = isById ? pool.take(id) : pool.take();
    });
    QVERIFY(!(isById ? pool.take(id) : pool.take()));
    QCOMPARE(pool.leasedCount(), 1);
    QCOMPARE(pool.idleCount(), 0);
    QVERIFY(!(isById ? pool.take(id) : pool.take())); // which does not start a second one
    QTRY_VERIFY(got);
    QCOMPARE(available.first(), id);
    QCOMPARE(got.id(), id);
    QCOMPARE(calls, available.size());
    QVERIFY(works(got));
    QCOMPARE(pool.statistics().taken, 2);
    QVERIFY(addsUp(pool));
    disconnect(&pool, nullptr, this, nullptr);
}

void tst_Checks::takePassesOverTheStale()
{
    int calls = 0;
    Scene scene(true, false, 2, [&calls](auto &wish) {
        wish.hooks.validateAfter = 500ms;
        wish.hooks.validator = [&calls](QTcpSocket *socket) {
            ++calls;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    const auto begin = std::chrono::steady_clock::now();
    Connection fresh = scene.client->take();
    const ConnectionId id = fresh.id();
    QVERIFY(letTimePass(500ms));
    fresh.giveBack();
    const Connection got = scene.client->take();
    if (std::chrono::steady_clock::now() - begin < 900ms) { // else the machine was too busy to tell
        QCOMPARE(got.id(), id);
        QCOMPARE(calls, 0);
        QCOMPARE(scene.client->idleCount() + scene.client->leasedCount(), 2);
    }
}

void tst_Checks::nextOneIsTriedWhenItFails_data()
{
    QTest::addColumn<QString>("failure");
    QTest::addColumn<bool>("isClient");
    QTest::addColumn<bool>("isBlocking");
    for (const char *failure :
         {"saysNo", "throws", "throwsSomething", "cancelled", "constructedByDefault", "exceptional", "withoutResult",
          "neverEnds", "wrongAnswer", "leavesBytes", "closes", "aborts", "deletes", "deletesLater", "peerCloses"}) {
        QTest::addRow("%s, client", failure) << QString::fromLatin1(failure) << true << false;
        QTest::addRow("%s, server", failure) << QString::fromLatin1(failure) << false << false;
    }
    QTest::newRow("saysNo, blocking") << QStringLiteral("saysNo") << false << true;
    QTest::newRow("neverEnds, blocking") << QStringLiteral("neverEnds") << true << true;
}

void tst_Checks::nextOneIsTriedWhenItFails()
{
    QFETCH(const QString, failure);
    QFETCH(const bool, isClient);
    QFETCH(const bool, isBlocking);
    int calls = 0;
    Pending never;
    std::optional<Answering> *peers = nullptr;
    const auto fail = [&](QTcpSocket *socket) -> QFuture<bool> {
        if (failure == u"saysNo")
            return readyFuture(false);
        if (failure == u"throws")
            throw std::runtime_error("broken");
        if (failure == u"throwsSomething")
            throw 7;
        if (failure == u"constructedByDefault")
            return {};
        if (failure == u"exceptional")
            return QtFuture::makeExceptionalFuture<bool>(PoolException(Pool::Error::Closed, QStringLiteral("broken")));
        if (failure == u"cancelled" || failure == u"withoutResult") {
            QPromise<bool> promise;
            promise.start();
            QFuture<bool> future = promise.future();
            if (failure == u"cancelled")
                future.cancel();
            promise.finish();
            return future;
        }
        if (failure == u"neverEnds")
            return never(socket);
        if (failure == u"leavesBytes") {
            socket->write("ping\n");
            return QtFuture::connect(socket, &QTcpSocket::readyRead).then([] { return true; });
        }
        if (failure == u"closes" || failure == u"aborts") {
            if (failure == u"closes")
                socket->disconnectFromHost();
            else
                socket->abort();
            return readyFuture(true);
        }
        if (failure == u"deletes" || failure == u"deletesLater") {
            if (failure == u"deletes")
                delete socket;
            else
                socket->deleteLater();
            return readyFuture(true);
        }
        if (failure == u"wrongAnswer")
            (*peers)->reply = "what?\n";
        else // peerCloses
            (*peers)->hangsUp = true;
        return ping(socket);
    };
    const bool isSlow = failure == u"neverEnds" || failure == u"peerCloses";
    Scene scene(isClient, false, 2, [&](auto &wish) {
        wish.hooks.validateAfter = 10ms; // so that what is dialled meanwhile needs no validation
        wish.hooks.timeout = isSlow ? 150ms : 60000ms;
        if constexpr (requires { wish.sizing; }) { // else one would be dialled while the first is being validated
            if (isSlow)
                wish.limits.maximumConnections = 2;
        }
        wish.hooks.validator = [&](QTcpSocket *socket) {
            if (++calls == 1)
                return fail(socket);
            (*peers)->hangsUp = false;
            (*peers)->reply = "pong\n";
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady && letTimePass(20ms));
    peers = &scene.peers;
    Pool &pool = *scene.subject;
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QSignalSpy closed(&pool, &Pool::connectionClosed);
    Connection got;
    if (isBlocking) {
        got = pool.waitForConnection(20s);
    } else {
        QFuture<Connection> future = pool.acquire();
        QTRY_VERIFY(future.isFinished());
        got = future.takeResult();
    }
    QVERIFY(got);
    QCOMPARE(calls, 2);
    QVERIFY(works(got));
    QVERIFY(scene.peers->of(got.id()));
    QCOMPARE(pool.statistics().failedCheck, 1);
    QCOMPARE(pool.statistics().closed(), 1);
    QVERIFY(pool.statistics().created >= 2); // after a failure, the client dials for the one who waits as well
    QCOMPARE(pool.leasedCount(), 1);
    QCOMPARE(pool.waiterCount(), 0);
    checkTold(errors, closed.first().at(0).value<ConnectionId>(), "validator", failure);
    QVERIFY(addsUp(pool));
    if (failure == u"neverEnds")
        QVERIFY(never.at(0).isCanceled());
}

void tst_Checks::clientDialsWhenAllFail()
{
    int calls = 0;
    Scene scene(true, false, 2, [&calls](auto &wish) {
        wish.hooks.validateAfter = 10ms;
        wish.hooks.validator = [&calls](QTcpSocket *) {
            ++calls;
            return readyFuture(false);
        };
    });
    QVERIFY(scene.isReady && letTimePass(20ms));
    QFuture<Connection> future = scene.client->acquire();
    QTRY_VERIFY(future.isFinished());
    QVERIFY(works(future.takeResult())); // it is new: there is nothing to validate
    QCOMPARE(calls, 2);
    QCOMPARE(scene.client->statistics().failedCheck, 2);
    QCOMPARE(scene.client->statistics().created, 3);
    QVERIFY(addsUp(*scene.client));
}

void tst_Checks::failureKeepsTheOrderOfArrival()
{
    Pending pending;
    Scene scene(false, false, 3, [&](auto &wish) { wish.hooks.validator = pending; });
    QVERIFY(scene.isReady);
    QList<int> order;
    std::vector<Connection> kept;
    QList<QFuture<void>> done;
    for (int i = 0; i < 2; ++i) {
        done << scene.server->acquire().then(this, [&, i](Connection connection) {
            order << i;
            kept.push_back(std::move(connection));
        });
    }
    QTRY_COMPARE(pending.count(), 2);
    pending.say(0, false);
    QTRY_COMPARE(pending.count(), 3); // the third one, instead
    QVERIFY(order.isEmpty());
    pending.say(1, true);
    QTRY_COMPARE(order, QList<int>({0}));
    pending.say(2, true);
    QTRY_COMPARE(order, QList<int>({0, 1}));
    QCOMPARE(scene.server->statistics().failedCheck, 1);
    QVERIFY(addsUp(*scene.server));
}

void tst_Checks::manyRunSideBySide()
{
    Pending pending;
    Scene scene(true, false, 4, [&](auto &wish) { wish.hooks.validator = pending; });
    QVERIFY(scene.isReady);
    std::vector<QFuture<Connection>> waiting;
    for (int i = 0; i < 3; ++i)
        waiting.push_back(scene.client->acquire());
    QTRY_COMPARE(pending.count(), 3); // one for each who waits, and no more
    QCOMPARE(scene.client->leasedCount(), 3);
    QCOMPARE(scene.client->statistics().leased, 3);
    QCOMPARE(scene.client->idleCount(), 1);
    QCOMPARE(scene.client->waiterCount(), 3);
    QCOMPARE(scene.client->pendingCount(), 0); // nothing is dialled meanwhile
    QVERIFY(addsUp(*scene.client));
    for (int i = 2; i >= 0; --i)
        pending.say(i, true);
    for (QFuture<Connection> &future : waiting) {
        QTRY_VERIFY(future.isFinished());
        QCOMPARE(future.resultCount(), 1);
    }
    QCOMPARE(pending.count(), 3);
    QCOMPARE(scene.client->statistics().created, 4);
}

// What a validator returns is the application's: it may have one ready answer for all of them, and wait for it itself.
void tst_Checks::theSameFutureServesEachTime()
{
    const QFuture<bool> yes = readyFuture(true);
    int calls = 0;
    Scene scene(true, false, 1, [&](auto &wish) {
        wish.hooks.validator = [&](QTcpSocket *) {
            ++calls;
            return yes;
        };
    });
    QVERIFY(scene.isReady);
    for (int i = 1; i <= 3; ++i) {
        QFuture<Connection> future = scene.client->acquire();
        QTRY_VERIFY(future.isFinished());
        QVERIFY(future.takeResult());
        QCOMPARE(calls, i);
        QCOMPARE(scene.client->statistics().failedCheck, 0);
        QVERIFY(!yes.isCanceled());
    }
    QCOMPARE(scene.client->statistics().created, 1);
}

void tst_Checks::timedOutValidatorIsCancelled()
{
    Pending pending;
    Scene scene(true, false, 1, [&](auto &wish) {
        wish.hooks.validator = pending;
        wish.hooks.timeout = 50ms;
    });
    QVERIFY(scene.isReady);
    QVERIFY(!scene.client->take());
    QTRY_COMPARE(pending.count(), 1);
    QTRY_VERIFY(pending.at(0).isCanceled());
    QCOMPARE(scene.client->statistics().failedCheck, 1);
    QCOMPARE(scene.client->leasedCount(), 0);
    pending.say(0, true); // comes too late
    QCoreApplication::processEvents();
    QCOMPARE(scene.client->idleCount(), 0);
    QVERIFY(addsUp(*scene.client));
}

void tst_Checks::runsInThePoolsThread()
{
    std::atomic<bool> isRight = false;
    Scene scene(true, false, 1, [&](auto &wish) {
        wish.hooks.validator = [&, home = QThread::currentThread()](QTcpSocket *socket) {
            isRight = QThread::currentThread() == home && socket->thread() == home && qobject_cast<QTcpSocket *>(socket);
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    std::atomic<bool> isServed = false;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        isServed = !scene.client->take(); // asks for it
        const Connection got = scene.client->waitForConnection(20s);
        isServed = isServed && got && got->thread() == QThread::currentThread();
    }));
    thread->start();
    QTRY_VERIFY(thread->isFinished());
    QVERIFY(isServed);
    QVERIFY(isRight);
}

void tst_Checks::whatItDidToTheSocketIsUndone()
{
    int heard = 0;
    Scene scene(true, false, 1, [&](auto &wish) {
        wish.hooks.validator = [&](QTcpSocket *socket) {
            connect(socket, &QTcpSocket::readyRead, this, [&heard] { ++heard; });
            socket->setProperty("mine", 1);
            socket->setReadBufferSize(100);
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    QFuture<Connection> future = scene.client->acquire();
    QTRY_VERIFY(future.isFinished());
    const Connection got = future.takeResult();
    QCOMPARE(heard, 1);
    QVERIFY(works(got));
    QCOMPARE(heard, 1);
    QVERIFY(got->dynamicPropertyNames().isEmpty());
    QCOMPARE(got->readBufferSize(), 0);
}

void tst_Checks::bytesForTheHolderAreDelivered_data()
{
    eachEnd();
}

void tst_Checks::bytesForTheHolderAreDelivered()
{
    QFETCH(const bool, isClient);
    QFETCH(const bool, isTls);
    int calls = 0;
    Scene scene(isClient, isTls, 1, [&calls](auto &wish) {
        wish.hooks.validator = [&calls](QTcpSocket *socket) {
            ++calls;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    QFuture<Connection> future = scene.subject->acquire(); // to know its ID
    QTRY_VERIFY(future.isFinished());
    const ConnectionId id = future.takeResult().id();
    QTcpSocket *there = scene.peers->of(id);
    QCOMPARE(calls, 1);
    there->write("news");
    there->flush();
    future = scene.subject->acquire();
    QTRY_VERIFY(future.isFinished());
    const Connection got = future.takeResult();
    QCOMPARE(got.id(), id);
    QCOMPARE(calls, 1);
    QTRY_COMPARE(got->bytesAvailable(), 4);
    QCOMPARE(got->readAll(), "news");
    QCOMPARE(scene.subject->statistics().failedCheck, 0);
}

// One waits for a certain connection that is being validated, and is served with it: the validation was not for the other one,
// for whom there is another one in the stock.
void tst_Checks::waiterBesideOneForAnIdIsServed()
{
    int calls = 0;
    Scene scene(false, false, 2, [&calls](auto &wish) {
        wish.hooks.validateAfter = 50ms;
        wish.hooks.validator = [&calls](QTcpSocket *socket) {
            ++calls;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    const ConnectionId id = [&] {
        const Connection one = scene.server->waitForConnection();
        return one.id();
    }();
    QVERIFY(letTimePass(50ms));
    QFuture<Connection> certain = scene.server->acquire(id);
    QFuture<Connection> any = scene.server->acquire();
    QTRY_VERIFY(certain.isFinished());
    const Connection first = certain.takeResult();
    QCOMPARE(first.id(), id);
    QTRY_VERIFY(any.isFinished());
    const Connection second = any.takeResult();
    QVERIFY(second.id() != id);
}

void tst_Checks::endsWithThePool_data()
{
    QTest::addColumn<QString>("end");
    QTest::addColumn<bool>("isInLoop");
    for (const char *end : {"close", "destroy", "closeFromAnotherThread", "closeInValidator", "destroyInValidator"}) {
        QTest::newRow(end) << QString::fromLatin1(end) << false;
        QTest::addRow("%s, in an event loop", end) << QString::fromLatin1(end) << true;
    }
}

void tst_Checks::endsWithThePool()
{
    QFETCH(const QString, end);
    QFETCH(const bool, isInLoop);
    const int before = openSockets();
    Pending pending;
    QPointer<QTcpSocket> checked;
    Scene scene(false, false, 2, [&](auto &wish) {
        wish.hooks.validator = [&](QTcpSocket *socket) {
            checked = socket;
            if (end == u"closeInValidator")
                scene.server->close();
            else if (end == u"destroyInValidator")
                scene.server.reset();
            return pending(socket);
        };
    });
    QVERIFY(scene.isReady);
    QFuture<Connection> future = scene.server->acquire();
    const auto act = [&] {
        if (end == u"close") {
            scene.server->close();
        } else if (end == u"destroy") {
            scene.server.reset();
        } else if (end == u"closeFromAnotherThread") {
            const std::unique_ptr<QThread> thread(QThread::create([&] { scene.server->close(); }));
            thread->start();
            thread->wait();
        }
    };
    if (isInLoop) {
        QEventLoop loop;
        QTimer poll;
        connect(&poll, &QTimer::timeout, &loop, [&] {
            if (pending.count() == 0)
                return;
            poll.stop();
            act();
            QTimer::singleShot(0, &loop, &QEventLoop::quit);
        });
        poll.start(1);
        QTimer::singleShot(20s, &loop, &QEventLoop::quit);
        loop.exec();
    } else {
        QTRY_COMPARE(pending.count(), 1);
        act();
    }
    QTRY_VERIFY(future.isFinished());
    QVERIFY(future.isCanceled());
    QVERIFY_THROWS_EXCEPTION(PoolException, future.waitForFinished());
    QTRY_VERIFY(!checked);
    QCOMPARE(pending.count(), 1);
    if (scene.server) {
        QTRY_COMPARE(scene.server->leasedCount(), 0);
        QCOMPARE(scene.server->statistics().flushed, 2);
        QCOMPARE(scene.server->statistics().failedCheck, 0);
        QVERIFY(addsUp(*scene.server));
        QCOMPARE(scene.server->state(), Pool::State::Stopped);
    }
    if (!end.endsWith(u"InValidator"))
        QVERIFY(pending.at(0).isCanceled());
    pending.say(0, true); // and nobody cares
    QCoreApplication::processEvents();
    scene.peers.reset();
    scene.client.reset();
    scene.server.reset();
    QTRY_COMPARE(openSockets(), before);
}

// With validateAfter 0, whichever way a connection goes to a waiter: new, given back, or reset.
void tst_Checks::everyOneIsValidatedWithoutATime_data()
{
    eachEnd();
}

void tst_Checks::everyOneIsValidatedWithoutATime()
{
    QFETCH(const bool, isClient);
    QFETCH(const bool, isTls);
    int validations = 0;
    int resets = 0;
    bool hasResetter = false;
    Scene scene(isClient, isTls, 1, [&](auto &wish) {
        wish.limits.maximumConnections = 1;
        wish.hooks.validator = [&](QTcpSocket *socket) {
            ++validations;
            return ping(socket);
        };
        wish.hooks.resetter = [&](QTcpSocket *socket) {
            resets += hasResetter;
            return hasResetter ? ping(socket) : readyFuture(true);
        };
    });
    QVERIFY(scene.isReady);
    Pool &pool = *scene.subject;
    QCOMPARE(validations, 0);
    QFuture<Connection> first = pool.acquire();
    QTRY_VERIFY(first.isFinished());
    Connection lease = first.takeResult();
    QCOMPARE(validations, 1); // it was idle

    QFuture<Connection> second = pool.acquire();
    lease = {}; // not used
    QVERIFY(!second.isFinished());
    QTRY_VERIFY(second.isFinished());
    lease = second.takeResult();
    QCOMPARE(validations, 2); // it was given back

    hasResetter = true;
    QFuture<Connection> third = pool.acquire();
    QVERIFY(works(lease));
    lease.giveBack();
    QTRY_VERIFY(third.isFinished());
    lease = third.takeResult();
    QCOMPARE(resets, 1);
    QCOMPARE(validations, 3); // it was reset

    QFuture<Connection> fourth = pool.acquire();
    lease.discard();
    std::optional<ClientPool> another;
    std::optional<Answering> answering;
    if (!isClient) { // nobody dials a server again
        another.emplace(scene.client->configuration());
        answering.emplace(*another);
        QVERIFY(another->start());
    }
    QTRY_VERIFY(fourth.isFinished());
    lease = fourth.takeResult();
    QCOMPARE(validations, 4); // it is new
    QVERIFY(works(lease));
    const PoolStatistics now = pool.statistics();
    QCOMPARE(now.taken, 4);
    QCOMPARE(now.givenBack, 2);
    QCOMPARE(now.failedCheck, 0);
    QVERIFY(addsUp(pool));
}

void tst_Checks::nothingIsDialledInPlaceOfAChecked_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::addColumn<bool>("hasValidator");
    QTest::addColumn<bool>("hasResetter");
    QTest::newRow("validated, plain") << false << true << false;
    QTest::newRow("validated, TLS") << true << true << false;
    QTest::newRow("reset, plain") << false << false << true;
    QTest::newRow("reset, TLS") << true << false << true;
    QTest::newRow("both, plain") << false << true << true;
}

// It is neither idle nor leased, but it is there.
void tst_Checks::nothingIsDialledInPlaceOfAChecked()
{
    QFETCH(const bool, isTls);
    QFETCH(const bool, hasValidator);
    QFETCH(const bool, hasResetter);
    constexpr int count = 4;
    Scene scene(true, isTls, count, [&](auto &wish) {
        if (hasValidator)
            wish.hooks.validator = ping;
        if (hasResetter)
            wish.hooks.resetter = ping;
        if constexpr (requires { wish.sizing; })
            wish.sizing.rule = ClientPool::Rule::Predictive;
    });
    QVERIFY(scene.isReady);
    Pool &pool = *scene.subject;
    QCOMPARE(pool.statistics().created, count);
    for (int i = 0; i < 20; ++i) {
        QFuture<Connection> future = pool.acquire();
        QTRY_VERIFY(future.isFinished());
        Connection lease = future.takeResult();
        QVERIFY(works(lease));
    }
    QTRY_COMPARE(pool.idleCount(), count);
    const PoolStatistics now = pool.statistics();
    QCOMPARE(now.created, count);
    QCOMPARE(now.stockFull, 0);
    QCOMPARE(now.failedCheck, 0);
}

// It takes several times as long as a setup: others are dialled.
void tst_Checks::waitersDoNotWaitForLateResets()
{
    constexpr int many = 8;
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1); // nothing is dialled but for waiters
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    Pending resets;
    wish.hooks.resetter = resets;
    wish.hooks.timeout = 1h;
    ClientPool client(wish);
    QVERIFY(client.start());
    std::vector<QFuture<Connection>> futures;
    for (int i = 0; i < many; ++i)
        futures.push_back(client.acquire());
    for (QFuture<Connection> &future : futures) {
        QTRY_VERIFY(future.isFinished());
        Connection lease = future.takeResult();
        lease->write("ping\n");
        lease.giveBack();
    }
    QTRY_COMPARE(resets.count(), many);
    for (QFuture<Connection> &future : futures)
        future = client.acquire();
    for (const QFuture<Connection> &future : futures)
        QTRY_VERIFY(future.isFinished());
    QCOMPARE(resets.count(), many); // that run still
    for (int i = 0; i < many; ++i)
        resets.say(i, true);
}

void tst_Checks::runningChecksLimitDialsAfterOneThatFailed_data()
{
    QTest::addColumn<ClientPool::Rule>("rule");
    QTest::newRow("stepwise") << ClientPool::Rule::Stepwise;
    QTest::newRow("predictive") << ClientPool::Rule::Predictive;
}

// Of a peer that has stopped to answer. Nobody counts on its connections that are being checked, but further ones end there, too.
void tst_Checks::runningChecksLimitDialsAfterOneThatFailed()
{
    QFETCH(const ClientPool::Rule, rule);
    constexpr int wanted = 3 + 1; // waiters, and the stock
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.sizing.rule = rule;
    Pending checks;
    wish.hooks.validateAfter = 0ms;
    wish.hooks.validator = checks;
    wish.hooks.timeout = 1h;
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    std::vector<QFuture<Connection>> futures;
    for (int i = 1; i < wanted; ++i)
        futures.push_back(client.acquire());
    QTRY_VERIFY(checks.count() >= wanted - 1);
    settle();
    QVERIFY2(checks.count() <= wanted, qPrintable(QString::number(checks.count())));
    checks.say(0, false);
    QTRY_VERIFY(checks.count() > wanted); // in place of those that may fail, too
    settle();
    QVERIFY2(checks.count() <= 1 + 2 * wanted, qPrintable(QString::number(checks.count())));

    for (int i = 1; i < checks.count(); ++i)
        checks.say(i, true);
    for (const QFuture<Connection> &future : futures)
        QTRY_VERIFY(future.isFinished());
    QVERIFY(addsUp(client));
}

void tst_Checks::degradedWhenAllFail_data()
{
    eachEnd();
}

void tst_Checks::degradedWhenAllFail()
{
    QFETCH(const bool, isClient);
    QFETCH(const bool, isTls);
    bool isFit = false;
    Scene scene(isClient, isTls, 6,
                [&](auto &wish) { wish.hooks.validator = [&](QTcpSocket *) { return readyFuture(isFit); }; });
    QVERIFY(scene.isReady && letTimePass(1100ms)); // or a client's were set up in vain
    Pool &pool = *scene.subject;
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QTRY_COMPARE(pool.state(), Pool::State::Ready);
    for (int failed = 1; failed <= 2; ++failed) {
        QVERIFY(!pool.take());
        QTRY_COMPARE(errors.size(), failed);
    }
    QCOMPARE(pool.state(), Pool::State::Ready); // two may be an accident
    isFit = true;
    QVERIFY(!pool.take());
    QTRY_COMPARE(pool.leasedCount(), 0);
    isFit = false;
    for (int failed = 3; failed <= 4; ++failed) {
        QVERIFY(!pool.take());
        QTRY_COMPARE(errors.size(), failed);
    }
    QCOMPARE(pool.state(), Pool::State::Ready); // one of the last three has passed
    QVERIFY(!pool.take());
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QCOMPARE(errors.size(), 5);
    QCOMPARE(lastError(errors), Pool::Error::CheckFailed);

    isFit = true;
    QFuture<Connection> future = pool.acquire();
    QTRY_VERIFY(future.isFinished());
    QVERIFY(future.takeResult());
    if (isClient) // which fills its stock before it is ready again
        scene.client->checkStock();
    QTRY_COMPARE(pool.state(), Pool::State::Ready);
    QVERIFY(addsUp(pool));
}

// Though nobody asks for a connection: who waits for ready() would do so for ever.
void tst_Checks::clientNoticesThatTheyPassAgain()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 3);
    bool isFit = false;
    wish.hooks.validateAfter = 0ms;
    wish.hooks.validator = [&](QTcpSocket *) { return readyFuture(isFit); };
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.state(), Pool::State::Ready);
    QTRY_VERIFY(!client.take() && client.state() == Pool::State::Degraded);
    QSignalSpy ready(&client, &Pool::ready);
    isFit = true;
    QTRY_COMPARE(client.state(), Pool::State::Ready);
    QTRY_COMPARE(ready.size(), 1);
}

// What fails as soon as it is set up was set up in vain, whoever waits.
void tst_Checks::clientBacksOffWhenNewOnesFail()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 2);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 200ms;
    wish.hooks.validateAfter = 0ms;
    wish.hooks.validator = [](QTcpSocket *) { return readyFuture(false); };
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QFuture<Connection> future = client.acquire(1500ms);
    QString message;
    future.onFailed(&client, [&message](const PoolException &failure) {
        message = failure.message();
        return Connection();
    });
    QTRY_VERIFY(!message.isEmpty());
    QVERIFY2(message.contains(u"its validator has said no"), qPrintable(message));
    QCOMPARE(client.state(), Pool::State::Degraded);
    const PoolStatistics now = client.statistics();
    QVERIFY2(now.created < 20, QByteArray::number(now.created).constData());
    QCOMPARE(now.taken, 0);
    QCOMPARE(client.errorCount(), int(now.failedCheck));
    QVERIFY(addsUp(client));
}

void tst_Checks::otherHooksEndTheDoubt()
{
    Scene scene(false, false, 3,
                [&](auto &wish) { wish.hooks.validator = [](QTcpSocket *) { return readyFuture(false); }; });
    QVERIFY(scene.isReady);
    QTRY_VERIFY(!scene.server->take() && scene.server->state() == Pool::State::Degraded);
    QVERIFY(scene.server->setConfiguration({}));
    QTRY_COMPARE(scene.server->state(), Pool::State::Ready);
}

void tst_Checks::validatorMayBeRemoved_data()
{
    QTest::addColumn<QString>("when");
    for (const char *when : {"notAsked", "asked", "running"})
        QTest::newRow(when) << QString::fromLatin1(when);
}

// What was to be validated need not be any more: that is no reason to close it.
void tst_Checks::validatorMayBeRemoved()
{
    QFETCH(const QString, when);
    Pending pending;
    Scene scene(true, false, 1, [&](auto &wish) { wish.hooks.validator = pending; });
    QVERIFY(scene.isReady);
    if (when != u"notAsked")
        QVERIFY(!scene.client->take());
    if (when == u"running")
        QTRY_COMPARE(pending.count(), 1);
    ClientPool::Configuration wish = scene.client->configuration();
    wish.hooks.validator = nullptr;
    QVERIFY(scene.client->setConfiguration(wish));
    if (when == u"running") { // comes to its end
        QVERIFY(!scene.client->take());
        pending.say(0, true);
    }
    if (when != u"notAsked")
        QTRY_COMPARE(scene.client->leasedCount(), 0);
    QCOMPARE(scene.client->statistics().failedCheck, 0);
    QCOMPARE(scene.client->idleCount(), 1);
    QVERIFY(works(scene.client->take()));
    QCOMPARE(pending.count(), when == u"running");
    QVERIFY(addsUp(*scene.client));
}

// --- The resetter ------------------------------------------------------------------------------------------------------

void tst_Checks::resetsWhatWasUsed_data()
{
    eachEnd();
}

void tst_Checks::resetsWhatWasUsed()
{
    QFETCH(const bool, isClient);
    QFETCH(const bool, isTls);
    int calls = 0;
    Scene scene(isClient, isTls, 1, [&calls](auto &wish) {
        wish.hooks.resetter = [&calls](QTcpSocket *socket) {
            ++calls;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    Pool &pool = *scene.subject;
    QSignalSpy available(&pool, &Pool::connectionAvailable);
    for (int i = 1; i <= 3; ++i) {
        Connection used = pool.take();
        const ConnectionId id = used.id();
        QVERIFY(works(used));
        QVERIFY(addsUp(pool));
        used.giveBack();
        QCOMPARE(pool.leasedCount(), 1); // out with the resetter
        QCOMPARE(pool.idleCount(), 0);
        QCOMPARE(pool.statistics().givenBack, i - 1);
        QVERIFY(!pool.take());
        QVERIFY(addsUp(pool));
        QTRY_COMPARE(available.size(), i);
        QCOMPARE(available.last().first().value<ConnectionId>(), id);
        QCOMPARE(calls, i);
        QCOMPARE(pool.idleCount(), 1);
        QCOMPARE(pool.leasedCount(), 0);
        QCOMPARE(pool.statistics().givenBack, i);
        QCOMPARE(pool.statistics().leaseTime.count, i); // the application's alone
        QVERIFY(addsUp(pool));
    }
    QCOMPARE(pool.statistics().failedCheck, 0);
    QCOMPARE(pool.statistics().created, 1);
}

void tst_Checks::doesNotResetWhatWasNotUsed()
{
    int calls = 0;
    Scene scene(true, false, 1, [&calls](auto &wish) {
        wish.hooks.resetter = [&calls](QTcpSocket *socket) {
            ++calls;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    QVERIFY(scene.client->take());
    QCOMPARE(scene.client->idleCount(), 1); // at once
    QFuture<Connection> future = scene.client->acquire();
    QVERIFY(future.takeResult());
    QCOMPARE(scene.client->idleCount(), 1);
    QCOMPARE(scene.client->statistics().givenBack, 2);
    QCOMPARE(calls, 0);
    QVERIFY(addsUp(*scene.client));
}

void tst_Checks::doesNotResetWhatIsNotGivenBack_data()
{
    QTest::addColumn<QString>("end");
    for (const char *end : {"discard", "detach", "delete", "dirty", "closed", "poolClosed"})
        QTest::newRow(end) << QString::fromLatin1(end);
}

void tst_Checks::doesNotResetWhatIsNotGivenBack()
{
    QFETCH(const QString, end);
    int calls = 0;
    Scene scene(true, false, 1, [&calls](auto &wish) {
        wish.hooks.resetter = [&calls](QTcpSocket *socket) {
            ++calls;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    Connection used = scene.client->take();
    QVERIFY(works(used));
    std::unique_ptr<QTcpSocket> detached;
    if (end == u"discard") {
        used.discard();
    } else if (end == u"detach") {
        detached = used.detach();
    } else if (end == u"delete") {
        delete used.socket();
    } else if (end == u"dirty") {
        used->write("ping\n");
        QTRY_VERIFY(used->bytesAvailable() > 0);
    } else if (end == u"closed") {
        used->abort();
    } else {
        scene.client->close();
    }
    used.giveBack();
    const PoolStatistics now = scene.client->statistics();
    QCOMPARE(now.leased, 0);
    QCOMPARE(now.givenBack, 0);
    QCOMPARE(now.discarded, end == u"discard" || end == u"delete");
    QCOMPARE(now.detached, end == u"detach");
    QCOMPARE(now.closedDirty, end == u"dirty" || end == u"closed");
    QCOMPARE(now.flushed, end == u"poolClosed");
    QCOMPARE(now.failedCheck, 0);
    QVERIFY(addsUp(*scene.client));
    QCoreApplication::processEvents();
    QCOMPARE(calls, 0);
}

void tst_Checks::waiterIsServedAfterTheReset()
{
    Pending pending;
    Scene scene(false, false, 1, [&](auto &wish) { wish.hooks.resetter = pending; });
    QVERIFY(scene.isReady);
    Connection used = scene.server->take();
    const ConnectionId id = used.id();
    QVERIFY(works(used));
    QFuture<Connection> future = scene.server->acquire();
    used.giveBack();
    QTRY_COMPARE(pending.count(), 1);
    QVERIFY(!future.isFinished());
    QCOMPARE(scene.server->leasedCount(), 1);
    QCOMPARE(scene.server->waiterCount(), 1);
    QCOMPARE(scene.server->statistics().hadToWait, 0);
    QVERIFY(addsUp(*scene.server));
    pending.say(0, true);
    QTRY_VERIFY(future.isFinished());
    const Connection got = future.takeResult();
    QCOMPARE(got.id(), id);
    QVERIFY(works(got));
    QCOMPARE(scene.server->statistics().hadToWait, 1);
    QCOMPARE(scene.server->statistics().givenBack, 1);
    QVERIFY(addsUp(*scene.server));
}

void tst_Checks::failedResetCloses_data()
{
    QTest::addColumn<QString>("failure");
    for (const char *failure : {"saysNo", "throws", "constructedByDefault", "neverEnds", "leavesBytes", "deletes"})
        QTest::newRow(failure) << QString::fromLatin1(failure);
}

void tst_Checks::failedResetCloses()
{
    QFETCH(const QString, failure);
    Pending never;
    Scene scene(true, false, 1, [&](auto &wish) {
        wish.limits.maximumConnections = 1;
        wish.hooks.timeout = failure == u"neverEnds" ? 100ms : 60000ms;
        wish.hooks.resetter = [&](QTcpSocket *socket) -> QFuture<bool> {
            if (failure == u"saysNo")
                return readyFuture(false);
            if (failure == u"throws")
                throw std::runtime_error("broken");
            if (failure == u"constructedByDefault")
                return {};
            if (failure == u"neverEnds")
                return never(socket);
            if (failure == u"deletes") {
                delete socket;
                return readyFuture(true);
            }
            socket->write("ping\n");
            return QtFuture::connect(socket, &QTcpSocket::readyRead).then([] { return true; });
        };
    });
    QVERIFY(scene.isReady);
    QSignalSpy errors(scene.subject, &Pool::errorOccurred);
    Connection used = scene.client->take();
    const ConnectionId id = used.id();
    QVERIFY(works(used));
    QFuture<Connection> next = scene.client->acquire();
    used.giveBack();
    QCOMPARE(scene.client->leasedCount(), 1);
    QVERIFY(!next.isFinished());
    QTRY_VERIFY(next.isFinished()); // the room that it leaves is dialled for at once
    const Connection fresh = next.takeResult();
    QVERIFY(fresh.id() != id);
    QCOMPARE(scene.client->statistics().failedCheck, 1);
    QCOMPARE(scene.client->statistics().givenBack, 0);
    QCOMPARE(scene.client->statistics().created, 2);
    QVERIFY(addsUp(*scene.client));
    checkTold(errors, id, "resetter", failure);
    QTRY_COMPARE(scene.peers->of(id)->state(), QAbstractSocket::UnconnectedState);
    if (failure == u"neverEnds")
        QVERIFY(never.at(0).isCanceled());
}

void tst_Checks::resetsInThePoolsThread()
{
    std::atomic<bool> isRight = false;
    Scene scene(true, false, 1, [&](auto &wish) {
        wish.hooks.resetter = [&, home = QThread::currentThread()](QTcpSocket *socket) {
            isRight = QThread::currentThread() == home && socket->thread() == home;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        Connection used = scene.client->take();
        used.socket();
    }));
    thread->start();
    QVERIFY(thread->wait(longer(20000)));
    QCOMPARE(scene.client->leasedCount(), 1);
    QTRY_COMPARE(scene.client->idleCount(), 1);
    QVERIFY(isRight);
    QVERIFY(works(scene.client->take()));
}

void tst_Checks::resetEndsWithThePool_data()
{
    QTest::addColumn<QString>("end");
    for (const char *end : {"close", "destroy", "closeBefore", "destroyBefore", "flushBefore"})
        QTest::newRow(end) << QString::fromLatin1(end);
}

void tst_Checks::resetEndsWithThePool()
{
    QFETCH(const QString, end);
    const int before = openSockets();
    Pending pending;
    Scene scene(true, false, 1, [&](auto &wish) { wish.hooks.resetter = pending; });
    QVERIFY(scene.isReady);
    Connection used = scene.client->take();
    const QPointer<QTcpSocket> socket(used.socket());
    used.giveBack();
    if (!end.endsWith(u"Before"))
        QTRY_COMPARE(pending.count(), 1);
    if (end.startsWith(u"destroy"))
        scene.client.reset();
    else if (end.startsWith(u"close"))
        scene.client->close();
    else
        scene.client->flush();
    QTRY_VERIFY(!socket);
    QCOMPARE(pending.count(), !end.endsWith(u"Before"));
    if (scene.client) {
        QCOMPARE(scene.client->leasedCount(), 0);
        QCOMPARE(scene.client->statistics().flushed, 1);
        QCOMPARE(scene.client->statistics().givenBack, 0);
        QVERIFY(addsUp(*scene.client));
    }
    scene.peers.reset();
    scene.client.reset();
    scene.server.reset();
    QTRY_COMPARE(openSockets(), before);
}

void tst_Checks::resetterMayBeRemoved()
{
    Pending pending;
    Scene scene(true, false, 1, [&](auto &wish) { wish.hooks.resetter = pending; });
    QVERIFY(scene.isReady);
    Connection used = scene.client->take();
    QVERIFY(works(used));
    used.giveBack();
    ClientPool::Configuration wish = scene.client->configuration();
    wish.hooks.resetter = nullptr;
    QVERIFY(scene.client->setConfiguration(wish));
    QTRY_COMPARE(scene.client->leasedCount(), 0);
    QCOMPARE(pending.count(), 0);
    QCOMPARE(scene.client->statistics().failedCheck, 0);
    QCOMPARE(scene.client->idleCount(), 1);
    QVERIFY(addsUp(*scene.client));
}

void tst_Checks::whatWasResetNeedsNoValidation()
{
    int validations = 0;
    int resets = 0;
    Scene scene(true, false, 1, [&](auto &wish) {
        wish.hooks.validateAfter = 1h;
        wish.hooks.validator = [&](QTcpSocket *socket) {
            ++validations;
            return ping(socket);
        };
        wish.hooks.resetter = [&](QTcpSocket *socket) {
            ++resets;
            return ping(socket);
        };
    });
    QVERIFY(scene.isReady);
    Connection used = scene.client->take();
    QVERIFY(works(used));
    used.giveBack();
    QTRY_COMPARE(scene.client->idleCount(), 1);
    QVERIFY(scene.client->take());
    QCOMPARE(resets, 1);
    QCOMPARE(validations, 0);
}

QNETPOOL_TEST_MAIN(tst_Checks)
#include "tst_checks.moc"
