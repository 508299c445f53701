// SPDX-License-Identifier: BSD-3-Clause
#include "asking.h"

#include <QtCore/QtEndian>

#include <set>

// A client of PostgreSQL, whose server tells why before it closes a session.
class tst_PostgreSql : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup() { QVERIFY(m_server.stop(SIGINT)); }
    void eachSessionIsUsedAgain();
    void rollsBackWhatAHolderLeaves();
    void replacesSessionsThatTheServerFindsIdle();
    void closesSessionsThatAnAdministratorEnds();
    void comesBackAfterARestart();
    void livesWithAFullServer();

private:
    void start(const QStringList &options = {});
    QByteArray query(const Connection &connection, const QByteArray &sql);
    QByteArray logIn(const Connection &connection);
    bool isServedSoon(Pool &pool);

    Program m_server;
    const quint16 m_port = Program::freePort();
    std::set<QByteArray> m_sessions; // the IDs of connections that are logged in
};

namespace {

const QByteArray Idle = QByteArray::fromRawData("Z\0\0\0\5I", 6);
const QByteArray InTransaction = QByteArray::fromRawData("Z\0\0\0\5T", 6);

QByteArray number(quint32 value)
{
    QByteArray bytes(4, Qt::Uninitialized);
    qToBigEndian(value, bytes.data());
    return bytes;
}

QByteArray sized(const QByteArray &content)
{
    return number(quint32(content.size() + 4)) + content;
}

QByteArray queryMessage(const QByteArray &sql)
{
    return 'Q' + sized(sql + '\0');
}

} // namespace

void tst_PostgreSql::initTestCase()
{
    QNETPOOL_NEED_PROGRAMS(QStringLiteral("initdb"), QStringLiteral("postgres"));
    m_server.start(QStringLiteral("initdb"),
                   {QStringLiteral("--pgdata=data"), QStringLiteral("--username=test"), QStringLiteral("--auth=trust"),
                    QStringLiteral("--locale=C"), QStringLiteral("--no-sync")});
    QVERIFY(m_server.waitForEnd());
    QVERIFY2(m_server.exitCode() == 0, m_server.output().constData());
}

void tst_PostgreSql::start(const QStringList &options)
{
    QStringList arguments{QStringLiteral("-D"), QStringLiteral("data"), QStringLiteral("-p"), QString::number(m_port)};
    for (const QString &option : QStringList{QStringLiteral("listen_addresses=127.0.0.1"),
                                             QStringLiteral("unix_socket_directories="), QStringLiteral("fsync=off")}
                 + options)
        arguments << QStringLiteral("-c") << option;
    m_server.start(QStringLiteral("postgres"), arguments);
    QVERIFY2(m_server.waitForOutput("ready to accept connections"), m_server.output().constData());
}

QByteArray tst_PostgreSql::query(const Connection &connection, const QByteArray &sql)
{
    return m_sessions.count(connection.id().toByteArray()) || logIn(connection).endsWith(Idle)
            ? ask(connection, queryMessage(sql), Idle)
            : QByteArray();
}

QByteArray tst_PostgreSql::logIn(const Connection &connection)
{
    constexpr quint32 version = 3 << 16;
    const QByteArray names = QByteArrayLiteral("user\0test\0database\0postgres\0\0");
    const QByteArray answer = ask(connection, sized(number(version) + names), Idle);
    if (answer.endsWith(Idle))
        m_sessions.insert(connection.id().toByteArray());
    return answer;
}

bool tst_PostgreSql::isServedSoon(Pool &pool)
{
    const auto isServed = [&] { return query(pool.waitForConnection(), "SELECT 'served'").contains("served"); };
    return QTest::qWaitFor(isServed, longer(5000));
}

void tst_PostgreSql::eachSessionIsUsedAgain()
{
    start();
    ClientPool pool(singleClientOf(m_port));
    QVERIFY(pool.start());
    m_sessions.clear();
    for (int i = 0; i < 200; ++i) {
        const Connection connection = pool.waitForConnection();
        QVERIFY(connection);
        const QByteArray text = "answer " + QByteArray::number(i);
        const QByteArray answer = query(connection, "SELECT '" + text + '\'');
        QVERIFY2(answer.contains(sized(text).last(text.size())), answer.constData());
    }
    const PoolStatistics numbers = pool.statistics();
    QVERIFY(numbers.created < 10);
    QCOMPARE(numbers.closedDirty, 0);
    QCOMPARE(pool.errorCount(), 0);
}

void tst_PostgreSql::rollsBackWhatAHolderLeaves()
{
    start();
    ClientPool::Configuration configuration = singleClientOf(m_port);
    configuration.sizing.minimumCapacity = configuration.sizing.maximumCapacity = configuration.limits.maximumConnections =
            1;
    configuration.hooks.resetter = [](QTcpSocket *socket) {
        socket->write(queryMessage("ROLLBACK"));
        return QtFuture::connect(socket, &QTcpSocket::readyRead).then([socket] { return socket->readAll().endsWith(Idle); });
    };
    ClientPool pool(configuration);
    QVERIFY(pool.start());
    m_sessions.clear();
    Connection first = pool.waitForConnection();
    QVERIFY(logIn(first).endsWith(Idle));
    const ConnectionId id = first.id();
    QVERIFY(ask(first, queryMessage("BEGIN"), InTransaction).endsWith(InTransaction));
    QVERIFY(ask(first, queryMessage("CREATE TABLE unfinished (i int)"), InTransaction).endsWith(InTransaction));
    first.giveBack();
    Connection second = pool.waitForConnection();
    QCOMPARE(second.id(), id);
    QVERIFY(query(second, "SELECT * FROM unfinished").contains("does not exist"));
    QCOMPARE(pool.statistics().failedCheck, 0);
}

void tst_PostgreSql::replacesSessionsThatTheServerFindsIdle()
{
    start({QStringLiteral("idle_session_timeout=1s")});
    ClientPool pool(singleClientOf(m_port));
    QSignalSpy lost(&pool, &Pool::connectionLost);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 4);
    m_sessions.clear();
    {
        std::vector<Connection> all;
        for (int i = 0; i < 3; ++i) {
            all.push_back(pool.waitForConnection());
            QVERIFY(logIn(all.back()).endsWith(Idle));
        }
    }
    QTRY_VERIFY(lost.size() >= 1); // one at least had room in the stock
    QTRY_COMPARE(pool.idleCount(), 4);
    QCOMPARE(pool.statistics().unclaimed, 0); // the farewell is nobody's
    QVERIFY(query(pool.waitForConnection(), "SELECT 'after'").contains("after"));
    QCOMPARE(pool.state(), Pool::State::Ready);
}

// Each is told why, which is for its holder only.
void tst_PostgreSql::closesSessionsThatAnAdministratorEnds()
{
    start();
    ClientPool::Configuration configuration = singleClientOf(m_port);
    configuration.sizing.maximumCapacity = 8; // none that is given back is one too many
    ClientPool pool(configuration);
    QVERIFY(pool.start());
    Connection administrator = pool.waitForConnection();
    Connection lease = pool.waitForConnection();
    Connection idle = pool.waitForConnection();
    for (const Connection *each : {&administrator, &lease, &idle})
        QVERIFY(logIn(*each).endsWith(Idle));
    const ConnectionId id = idle.id();
    idle.giveBack();
    QSignalSpy lost(&pool, &Pool::connectionLost);
    QVERIFY(query(administrator,
                  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                  " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
                    .endsWith(Idle));
    QTRY_COMPARE(lost.size(), 1);
    QCOMPARE(lost.first().first().value<ConnectionId>(), id);
    QCOMPARE(pool.statistics().unclaimed, 0);
    QTRY_VERIFY(lease->bytesAvailable() > 0);
    QVERIFY(lease->readAll().contains("administrator command"));
}

// Its end waits for those who have connected and not logged in.
void tst_PostgreSql::comesBackAfterARestart()
{
    start({QStringLiteral("authentication_timeout=2s")});
    ClientPool pool(singleClientOf(m_port));
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 4);
    m_sessions.clear();
    Connection lease = pool.waitForConnection();
    QVERIFY(query(lease, "SELECT 'before'").contains("before"));
    QVERIFY(m_server.stop(SIGINT));
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QTRY_VERIFY2(told(errors).contains("refused"), told(errors).constData());
    QCOMPARE(pool.idleCount(), 0);
    QTRY_COMPARE(lease->state(), QAbstractSocket::UnconnectedState);
    lease.giveBack();
    start();
    QTRY_VERIFY(pool.isReady() && pool.idleCount() == 4);
    m_sessions.clear();
    QVERIFY(isServedSoon(pool)); // connections from before the server was ready are refused their session
}

// It tells so when a session begins, which is after the pool's setup: the holder hears of it.
void tst_PostgreSql::livesWithAFullServer()
{
    start({QStringLiteral("max_connections=2"), QStringLiteral("superuser_reserved_connections=0"),
           QStringLiteral("max_wal_senders=0")});
    ClientPool pool(singleClientOf(m_port));
    QVERIFY(pool.start());
    m_sessions.clear();
    Connection first = pool.waitForConnection();
    Connection second = pool.waitForConnection();
    QVERIFY(logIn(first).endsWith(Idle));
    QVERIFY(logIn(second).endsWith(Idle));
    Connection third = pool.waitForConnection();
    QVERIFY(logIn(third).contains("too many clients"));
    third.giveBack();
    QCOMPARE(pool.statistics().closedDirty, 1);
    first.discard();
    QVERIFY(isServedSoon(pool));
}

QTEST_GUILESS_MAIN(tst_PostgreSql)
#include "tst_postgresql.moc"
