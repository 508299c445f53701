// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

#include <QtCore/QElapsedTimer>

#include <optional>

// The server goes away and comes back: the client notices, backs off, and recovers by itself.
class tst_Outage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void backsOffAndRecovers();
    void startsBeforeItsServer();
    void probesWithOneDialDuringAnOutage();
    void waitersAreServedAfterTheOutage();
};

void tst_Outage::backsOffAndRecovers()
{
    std::optional<ServerPool> server(std::in_place);
    listen(*server);
    const quint16 port = server->serverPort();
    ClientPool::Configuration wish = clientOf(port, 5);
    wish.sizing.maximumBackoff = 600ms;
    ClientPool client(wish);
    QSignalSpy ready(&client, &Pool::ready);
    QSignalSpy lost(&client, &Pool::connectionLost);
    fill(*server, client, 5);
    QTRY_COMPARE(ready.size(), 1);

    QSignalSpy states(&client, &Pool::stateChanged);
    QSignalSpy intervals(&client, &Pool::intervalChanged);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    server.reset();
    QTRY_COMPARE(lost.size(), 5);
    QTRY_COMPARE(client.state(), Pool::State::Degraded);
    QVERIFY(!client.isReady());
    QCOMPARE(lastError(errors), Pool::Error::ConnectFailed);

    QTRY_VERIFY(client.interval() > 400ms); // near the maximum, jitter taken off
    QList<qint64> waits;
    for (const QVariantList &change : std::as_const(intervals)) {
        const auto wait = change.first().value<std::chrono::milliseconds>();
        if (wait > wish.sizing.maximumInterval || !waits.isEmpty())
            waits << wait.count();
    }
    QVERIFY2(waits.size() >= 2, qPrintable(QString::number(waits.size())));
    QVERIFY(std::is_sorted(waits.begin(), waits.end()));
    QVERIFY(waits.last() <= 600);
    const int attempts = client.errorCount();
    QElapsedTimer time;
    time.start();
    QTRY_VERIFY(client.errorCount() > attempts);
    QVERIFY(client.errorCount() - attempts <= 1 + time.elapsed() / 400);

    server.emplace();
    QVERIFY(server->listen(QHostAddress::LocalHost, port));
    QTRY_COMPARE(client.state(), Pool::State::Ready);
    QTRY_COMPARE(client.idleCount(), 5);
    QCOMPARE(ready.size(), 2);
    QTRY_VERIFY(client.interval() <= wish.sizing.maximumInterval);
    QCOMPARE(states.size(), 2);
    const Connection here = client.take();
    QVERIFY(server->take(here.id()));
}

void tst_Outage::startsBeforeItsServer()
{
    QTcpServer port;
    QVERIFY(port.listen(QHostAddress::LocalHost));
    const quint16 number = port.serverPort();
    port.close();
    ClientPool client(clientOf(number, 2));
    QSignalSpy ready(&client, &Pool::ready);
    QVERIFY(client.start());
    QTRY_COMPARE(client.state(), Pool::State::Degraded);
    ServerPool server;
    QVERIFY(server.listen(QHostAddress::LocalHost, number));
    QTRY_COMPARE(client.state(), Pool::State::Ready);
    QCOMPARE(ready.size(), 1);
}

void tst_Outage::probesWithOneDialDuringAnOutage()
{
    QTcpServer port;
    QVERIFY(port.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = clientOf(port.serverPort(), 20);
    port.close();
    ClientPool client(wish);
    QList<int> attempts; // after each round
    connect(&client, &Pool::intervalChanged, this, [&] { attempts << client.errorCount(); });
    QVERIFY(client.start());
    QTRY_VERIFY(attempts.size() >= 5);
    QCOMPARE(attempts.first(), 0);
    QVERIFY(attempts.at(1) >= 1 && attempts.at(1) <= 20);
    for (int i = 2; i < 5; ++i)
        QCOMPARE(attempts.at(i) - attempts.at(i - 1), 1);
}

void tst_Outage::waitersAreServedAfterTheOutage()
{
    QTcpServer port;
    QVERIFY(port.listen(QHostAddress::LocalHost));
    const quint16 number = port.serverPort();
    port.close();
    ClientPool::Configuration wish = clientOf(number, 1);
    wish.sizing.maximumBackoff = 400ms;
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.state(), Pool::State::Degraded);
    const int errors = client.errorCount();
    QList<QFuture<Connection>> waiting;
    for (int i = 0; i < 10; ++i)
        waiting << client.acquire();
    QTRY_VERIFY(client.errorCount() > errors);
    QVERIFY(client.errorCount() - errors < 5); // waiters do not make it dial faster than the backoff allows
    ServerPool server;
    QVERIFY(server.listen(QHostAddress::LocalHost, number));
    for (QFuture<Connection> &future : waiting)
        QTRY_VERIFY(future.isFinished());
}

QTEST_GUILESS_MAIN(tst_Outage)
#include "tst_outage.moc"
