// SPDX-License-Identifier: BSD-3-Clause
#include "engine/meter.h"

#include <QtTest/QTest>

#include <thread>

using namespace Demo;
using QNetPool::ConnectionId;
using namespace std::chrono_literals;

class tst_Meter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void exchangesAreCounted();
    void percentilesOfWaits_data();
    void percentilesOfWaits();
    void waitsAreThoseSinceTheLastRead();
    void unreadWaitsAreBounded();
    void trafficBelongsToItsConnection();
    void closedConnectionsAreDropped();
    void severalThreadsLoseNothing();
};

void tst_Meter::exchangesAreCounted()
{
    Meter meter;
    QCOMPARE(meter.exchanges(), 0);
    QCOMPARE(meter.failed(), 0);
    for (const bool isGood : {true, false, true})
        meter.concluded(isGood);
    QCOMPARE(meter.exchanges(), 2);
    QCOMPARE(meter.failed(), 1);
}

void tst_Meter::percentilesOfWaits_data()
{
    QTest::addColumn<int>("count"); // of waits of 1 ms, 2 ms, …
    QTest::addColumn<int>("p50");
    QTest::addColumn<int>("p99");
    QTest::newRow("one") << 1 << 1 << 1;
    QTest::newRow("two") << 2 << 1 << 1;
    QTest::newRow("three") << 3 << 2 << 2;
    QTest::newRow("a hundred") << 100 << 50 << 99;
    QTest::newRow("a hundred and one") << 101 << 51 << 100;
    QTest::newRow("thousand") << 1000 << 500 << 990;
}

void tst_Meter::percentilesOfWaits()
{
    QFETCH(int, count);
    Meter meter;
    for (int i = 0; i < count; ++i)
        meter.waited(std::chrono::milliseconds(count - i));
    const Waits waits = meter.takeWaits();
    QCOMPARE(waits.count, count);
    QTEST(int(waits.p50 / 1ms), "p50");
    QTEST(int(waits.p99 / 1ms), "p99");
}

void tst_Meter::waitsAreThoseSinceTheLastRead()
{
    Meter meter;
    QCOMPARE(meter.takeWaits().count, 0);
    meter.waited(5ms);
    QCOMPARE(meter.takeWaits().p50, 5ms);
    const Waits none = meter.takeWaits();
    QCOMPARE(none.count, 0);
    QCOMPARE(none.p99, 0ns);
    meter.waited(7ms);
    QCOMPARE(meter.takeWaits().p99, 7ms);
}

void tst_Meter::unreadWaitsAreBounded()
{
    Meter meter;
    for (int i = 0; i < 100001; ++i)
        meter.waited(1ms);
    QCOMPARE(meter.takeWaits().count, 100000);
}

static ConnectionId idOf(const char *text)
{
    return ConnectionId::fromString(QString::fromLatin1(text));
}

void tst_Meter::trafficBelongsToItsConnection()
{
    const ConnectionId one = idOf("00000001");
    const ConnectionId other = idOf("00000002");
    Meter meter;
    meter.transferred(one, 10);
    meter.transferred(one, 5);
    meter.exchanged(one);
    meter.transferred(other, 1);
    const QHash<ConnectionId, Traffic> traffic = meter.traffic();
    QCOMPARE(traffic.size(), 2);
    QCOMPARE(traffic[one].bytes, 15);
    QCOMPARE(traffic[one].exchanges, 1);
    QCOMPARE(traffic[other].bytes, 1);
    QCOMPARE(traffic[other].exchanges, 0);
}

void tst_Meter::closedConnectionsAreDropped()
{
    const ConnectionId gone = idOf("00000001");
    const ConnectionId present = idOf("00000002");
    Meter meter;
    meter.transferred(gone, 1);
    meter.exchanged(present);
    meter.keepOnly({present, idOf("00000003")});
    QCOMPARE(meter.traffic().keys(), QList<ConnectionId>({present}));
}

void tst_Meter::severalThreadsLoseNothing()
{
    constexpr int threads = 4;
    constexpr int each = 2000;
    const ConnectionId id = idOf("0000000a");
    Meter meter;
    qint64 waits = 0;
    std::vector<std::thread> writers;
    for (int i = 0; i < threads; ++i) {
        writers.emplace_back([&] {
            for (int n = 0; n < each; ++n) {
                meter.concluded(n % 4 != 0);
                meter.waited(1ms);
                meter.transferred(id, 3);
                meter.exchanged(id);
            }
        });
    }
    bool isWhole = true;
    for (int i = 0; i < 100; ++i) {
        waits += meter.takeWaits().count;
        isWhole = isWhole && meter.traffic().value(id).bytes % 3 == 0;
    }
    for (std::thread &writer : writers)
        writer.join();
    QVERIFY(isWhole);
    waits += meter.takeWaits().count;
    QCOMPARE(waits, threads * each);
    QCOMPARE(meter.exchanges(), threads * each * 3 / 4);
    QCOMPARE(meter.failed(), threads * each / 4);
    QCOMPARE(meter.traffic().value(id).bytes, 3 * threads * each);
    QCOMPARE(meter.traffic().value(id).exchanges, threads * each);
}

QTEST_GUILESS_MAIN(tst_Meter)
#include "tst_meter.moc"
