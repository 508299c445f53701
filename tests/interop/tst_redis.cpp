// SPDX-License-Identifier: BSD-3-Clause
#include "asking.h"

#include <future>

// A client of Redis.
class tst_Redis : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void everyThreadGetsItsAnswers_data();
    void everyThreadGetsItsAnswers();
    void replacesConnectionsThatTheServerFindsIdle_data() { everyThreadGetsItsAnswers_data(); }
    void replacesConnectionsThatTheServerFindsIdle();
    void comesBackAfterARestart_data() { everyThreadGetsItsAnswers_data(); }
    void comesBackAfterARestart();
    void handsOutNoSubscriber();
    void validatorFindsAFrozenServer();
    void tellsTheFarewellOfAFullServer();
};

namespace {

class Redis
{
public:
    explicit Redis(bool isEncrypted, const QStringList &more = {}) : m_isEncrypted(isEncrypted), m_more(more) { }

    void start();
    ClientPool::Configuration client() const { return singleClientOf(port, m_isEncrypted); }

    Program program;
    const quint16 port = Program::freePort();

private:
    const bool m_isEncrypted;
    const QStringList m_more;
};

void Redis::start()
{
    QStringList arguments{QStringLiteral("--save"), {}, QStringLiteral("--bind"), QStringLiteral("127.0.0.1")};
    const QString number = QString::number(port);
    if (m_isEncrypted) {
        arguments << QStringLiteral("--port") << QStringLiteral("0") << QStringLiteral("--tls-port") << number
                  << QStringLiteral("--tls-cert-file") << QStringLiteral("server.crt") << QStringLiteral("--tls-key-file")
                  << QStringLiteral("server.key") << QStringLiteral("--tls-ca-cert-file") << QStringLiteral("ca.crt")
                  << QStringLiteral("--tls-auth-clients") << QStringLiteral("no");
    } else {
        arguments << QStringLiteral("--port") << number;
    }
    program.start(QStringLiteral("redis-server"), arguments + m_more);
    QVERIFY2(program.waitForPort(port), program.output().constData());
}

// The first wrong answer; empty: all were right.
QByteArray wrongAnswer(Pool &pool, const QByteArray &who, int count)
{
    for (int i = 0; i < count; ++i) {
        const Connection connection = pool.waitForConnection(longer(10000ms));
        if (!connection)
            return who + " got no connection";
        const QByteArray word = who + '-' + QByteArray::number(i);
        const QByteArray expected = '$' + QByteArray::number(word.size()) + "\r\n" + word + "\r\n";
        const QByteArray answer = ask(connection, "ECHO " + word + "\r\n", word + "\r\n");
        if (answer != expected)
            return word + " was answered " + answer;
    }
    return {};
}

} // namespace

void tst_Redis::initTestCase()
{
    QNETPOOL_NEED_PROGRAMS(QStringLiteral("redis-server"));
}

void tst_Redis::everyThreadGetsItsAnswers_data()
{
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("TCP") << false << 0;
    QTest::newRow("TLS") << true << 0;
    QTest::newRow("TLS, setup thread") << true << 1;
}

void tst_Redis::everyThreadGetsItsAnswers()
{
    QFETCH(const bool, isEncrypted);
    QFETCH(const int, setupThreads);
    Redis redis(isEncrypted);
    redis.start();
    ClientPool::Configuration configuration = redis.client();
    configuration.setupThreads = setupThreads;
    ClientPool pool(configuration);
    QVERIFY(pool.start());
    std::vector<std::future<QByteArray>> threads;
    for (const char *name : {"a", "b", "c", "d", "e", "f"})
        threads.push_back(std::async(std::launch::async, [&pool, name] { return wrongAnswer(pool, name, 100); }));
    for (auto &thread : threads) {
        QTRY_VERIFY_WITH_TIMEOUT(thread.wait_for(0s) == std::future_status::ready, longer(20000));
        QCOMPARE(thread.get(), QByteArray());
    }
    QCOMPARE(pool.statistics().closedDirty, 0);
    QCOMPARE(pool.errorCount(), 0);
}

void tst_Redis::replacesConnectionsThatTheServerFindsIdle()
{
    QFETCH(const bool, isEncrypted);
    QFETCH(const int, setupThreads);
    Redis redis(isEncrypted, {QStringLiteral("--timeout"), QStringLiteral("1")}); // s
    redis.start();
    ClientPool::Configuration configuration = redis.client();
    configuration.setupThreads = setupThreads;
    ClientPool pool(configuration);
    QSignalSpy lost(&pool, &Pool::connectionLost);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 4);
    QTRY_VERIFY_WITH_TIMEOUT(lost.size() >= 4, longer(10000));
    QTRY_COMPARE(pool.idleCount(), 4);
    QCOMPARE(wrongAnswer(pool, "after", 8), QByteArray());
    QCOMPARE(pool.statistics().closedDirty, 0);
    QCOMPARE(pool.state(), Pool::State::Ready);
    QCOMPARE(pool.errorCount(), 0);
}

void tst_Redis::comesBackAfterARestart()
{
    QFETCH(const bool, isEncrypted);
    QFETCH(const int, setupThreads);
    Redis redis(isEncrypted);
    redis.start();
    ClientPool::Configuration configuration = redis.client();
    configuration.setupThreads = setupThreads;
    ClientPool pool(configuration);
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 4);
    for (const int signal : {SIGTERM, SIGKILL}) {
        QVERIFY(redis.program.stop(signal));
        QTRY_COMPARE(pool.state(), Pool::State::Degraded);
        QCOMPARE(pool.idleCount(), 0);
        QTRY_VERIFY2(told(errors).contains("refused"), told(errors).constData());
        QFuture<Connection> waiter = pool.acquire();
        redis.start();
        QTRY_VERIFY(waiter.isFinished());
        waiter.takeResult().giveBack();
        QTRY_VERIFY(pool.isReady() && pool.idleCount() == 4);
        QCOMPARE(wrongAnswer(pool, "after", 8), QByteArray());
    }
}

// Its connection gets messages that nobody asked for.
void tst_Redis::handsOutNoSubscriber()
{
    Redis redis(false);
    redis.start();
    ClientPool::Configuration configuration = redis.client();
    configuration.sizing.maximumCapacity = 8; // none of these is one too many
    ClientPool pool(configuration);
    QVERIFY(pool.start());
    Connection subscriber = pool.waitForConnection();
    const ConnectionId id = subscriber.id();
    QVERIFY(ask(subscriber, "SUBSCRIBE news\r\n", ":1\r\n").contains("subscribe"));
    subscriber.giveBack();
    QVERIFY(pool.take(id).id() == id); // silent so far
    QSignalSpy lost(&pool, &Pool::connectionLost);
    Connection publisher = pool.take();
    QVERIFY(publisher.id() != id);
    QCOMPARE(ask(publisher, "PUBLISH news hello\r\n", "\r\n"), QByteArray(":1\r\n"));
    QTRY_COMPARE(lost.size(), 1);
    QCOMPARE(lost.first().first().value<ConnectionId>(), id);
    publisher.giveBack();
    QCOMPARE(wrongAnswer(pool, "after", 8), QByteArray());
}

void tst_Redis::validatorFindsAFrozenServer()
{
    Redis redis(false);
    redis.start();
    ClientPool::Configuration configuration = redis.client();
    configuration.hooks.validateAfter = 0ms;
    configuration.hooks.timeout = 100ms;
    configuration.hooks.validator = [](QTcpSocket *socket) {
        socket->write("PING\r\n");
        return QtFuture::connect(socket, &QTcpSocket::readyRead).then([socket] { return socket->readAll() == "+PONG\r\n"; });
    };
    ClientPool pool(configuration);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 4);
    QCOMPARE(wrongAnswer(pool, "before", 8), QByteArray());
    QCOMPARE(pool.statistics().failedCheck, 0);
    QTRY_VERIFY(pool.idleCount() == 4 && pool.connections().size() == 4);
    redis.program.signal(SIGSTOP);
    QFuture<Connection> waiter = pool.acquire();
    QTRY_VERIFY(pool.statistics().failedCheck > 0);
    redis.program.signal(SIGCONT);
    QTRY_VERIFY(waiter.isFinished());
    waiter.takeResult().giveBack();
    QCOMPARE(wrongAnswer(pool, "after", 8), QByteArray());
}

void tst_Redis::tellsTheFarewellOfAFullServer()
{
    Redis redis(false, {QStringLiteral("--maxclients"), QStringLiteral("3")});
    redis.start();
    ClientPool pool(redis.client());
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    QTRY_VERIFY2(told(errors).contains("max number of clients reached"), told(errors).constData());
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QCOMPARE(wrongAnswer(pool, "three", 8), QByteArray());
}

QTEST_GUILESS_MAIN(tst_Redis)
#include "tst_redis.moc"
