// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

#include <QCoroFuture>
#include <QCoroTask>

// acquire() in a coroutine of QCoro, with no code of the pool's for it.
class tst_Coroutines : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void getsAConnectionAtOnce();
    void waitsInLine();
    void failureIsAnException();
};

static std::shared_ptr<Connection> share(Connection connection)
{
    return std::make_shared<Connection>(std::move(connection));
}

static QCoro::Task<> use(Pool &pool, ConnectionId &got)
{
    const std::shared_ptr<Connection> lease = co_await pool.acquire().then(share);
    if (lease->socket()->state() == QAbstractSocket::ConnectedState)
        got = lease->id();
}

static QCoro::Task<> failToUse(Pool &pool, std::optional<Pool::Error> &error)
{
    try {
        co_await pool.acquire(1ms).then(share);
    } catch (const PoolException &failure) {
        error = failure.error();
    }
}

void tst_Coroutines::getsAConnectionAtOnce()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort()));
    fill(server, client);
    ConnectionId got;
    const auto task = use(client, got);
    QVERIFY(task.isReady());
    QVERIFY(!got.isNull());
    QCOMPARE(client.idleCount(), 4);
}

void tst_Coroutines::waitsInLine()
{
    ServerPool server;
    listen(server);
    ConnectionId got;
    const auto task = use(server, got);
    QCOMPARE(server.waiterCount(), 1);
    ClientPool client(clientOf(server.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_VERIFY(task.isReady());
    QVERIFY(!got.isNull());
    QCOMPARE(server.statistics().hadToWait, 1);
    QTRY_COMPARE(server.idleCount(), 1);
}

void tst_Coroutines::failureIsAnException()
{
    ServerPool server;
    listen(server);
    std::optional<Pool::Error> error;
    const auto task = failToUse(server, error);
    QTRY_VERIFY(task.isReady());
    QCOMPARE(error, Pool::Error::AcquireTimeout);
}

QTEST_GUILESS_MAIN(tst_Coroutines)
#include "tst_coroutines.moc"
