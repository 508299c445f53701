// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "pools.h"

#include <vector>

// Thousands of connections, and nothing of them left over.
class tst_Scale : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void twoThousandFillIdleAndFlush();
    void thousandsDieAtOnce();
};

void tst_Scale::initTestCase()
{
    QVERIFY(allowDescriptors(4200));
}

void tst_Scale::twoThousandFillIdleAndFlush()
{
    constexpr int many = 2000;
    const int before = openDescriptors();
    {
        ServerPool server;
        listen(server);
        ClientPool::Configuration wish = clientOf(server.serverPort(), many);
        wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
        ClientPool client(wish);
        fill(server, client, many);
        QCOMPARE(openDescriptors() < 0, before < 0);
        QVERIFY(before < 0 || openDescriptors() >= before + 2 * many);

        for (int i = 0; i < many; i += 100) { // they work
            const Connection there = server.take();
            const Connection here = client.take(there.id());
            QVERIFY(there && here);
            QCOMPARE(pass(here.socket(), there.socket(), "x"), "x");
        }
        QTRY_COMPARE(client.idleCount(), many);
        client.close();
        QTRY_COMPARE(server.idleCount(), 0); // it has noticed each of them
        QCOMPARE(server.statistics().diedIdle, many);
        QCOMPARE(client.statistics().flushed, many);
        QCOMPARE(client.errorCount(), 0);
        QCOMPARE(server.errorCount(), 0);

        QVERIFY(client.start());
        QTRY_COMPARE_WITH_TIMEOUT(server.idleCount(), many, longer(20000));
        QTRY_COMPARE(client.idleCount(), many); // the server's are idle first
        client.flush();
        QCOMPARE(client.statistics().flushed, 2 * many);
        client.close();
        server.flush();
        QCOMPARE(client.errorCount(), 0);
        QCOMPARE(server.errorCount(), 0);
    }
    QTRY_COMPARE(openDescriptors(), before);
}

void tst_Scale::thousandsDieAtOnce()
{
    constexpr int many = 1000;
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), many);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    ClientPool client(wish);
    fill(server, client, many);
    std::vector<Connection> used; // or so young ones would count as failed attempts
    while (Connection connection = client.take())
        used.push_back(std::move(connection));
    used.clear();
    QSignalSpy lost(&client, &Pool::connectionLost);
    server.close();
    QTRY_COMPARE(client.statistics().diedIdle, many);
    QTRY_COMPARE(lost.size(), many);
    QCOMPARE(client.errorCount(), 0);
}

QTEST_GUILESS_MAIN(tst_Scale)
#include "tst_scale.moc"
