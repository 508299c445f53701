// SPDX-License-Identifier: BSD-3-Clause
#include "sizing/backoff.h"

#include <QtTest/QTest>

#include <cmath>

using namespace QNetPool;
using namespace std::chrono_literals;

// The extremes of the random numbers: the longest wait and the shortest.
static constexpr double noJitter = 0.0;
static const double mostJitter = std::nextafter(1.0, 0.0);

class tst_Backoff : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void waitDoublesUpToTheMaximum();
    void jitterShortensByAQuarterAtMost_data();
    void jitterShortensByAQuarterAtMost();
    void jitterDoesNotAccumulate();
    void waitGrowsWhateverTheJitter_data();
    void waitGrowsWhateverTheJitter();
    void waitNeverExceedsTheMaximum_data();
    void waitNeverExceedsTheMaximum();
    void maximumIsJitteredToo();
    void hugeValuesDoNotOverflow();
    void waitIsNeverNothing();
    void baseCountsForTheFirstFailureOnly();
    void maximumMayChangeOnTheWay();
    void resetStartsOver();
};

void tst_Backoff::waitDoublesUpToTheMaximum()
{
    Backoff backoff;
    for (const int expected : {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000})
        QCOMPARE(backoff.afterFailure(500ms, 60s, noJitter).count(), expected);
}

void tst_Backoff::jitterShortensByAQuarterAtMost_data()
{
    QTest::addColumn<double>("random");
    QTest::addColumn<int>("first"); // of a base of 1000
    QTest::newRow("none") << noJitter << 2000;
    QTest::newRow("a quarter of it") << 0.25 << 1875;
    QTest::newRow("half") << 0.5 << 1750;
    QTest::newRow("three quarters of it") << 0.75 << 1625;
    QTest::newRow("most") << mostJitter << 1501;
}

void tst_Backoff::jitterShortensByAQuarterAtMost()
{
    QFETCH(const double, random);
    QFETCH(const int, first);
    Backoff backoff;
    QCOMPARE(backoff.afterFailure(1s, 60s, random).count(), first);
    for (qint64 full : {4000, 8000, 16000, 32000, 60000, 60000}) {
        const qint64 wait = backoff.afterFailure(1s, 60s, random).count();
        QVERIFY2(wait > full - full / 4 - 1 && wait <= full, qPrintable(QString::number(wait)));
        QVERIFY(random == noJitter || wait < full); // used at every step
    }
}

void tst_Backoff::jitterDoesNotAccumulate()
{
    Backoff backoff;
    for (int i = 0; i < 5; ++i)
        backoff.afterFailure(1s, 1h, mostJitter);
    QCOMPARE(backoff.afterFailure(1s, 1h, noJitter).count(), 64000);
}

void tst_Backoff::waitGrowsWhateverTheJitter_data()
{
    QTest::addColumn<int>("base");
    for (const int base : {1, 2, 3, 5, 7, 100, 499, 500, 1000, 5000, 86400000})
        QTest::addRow("from %d ms", base) << base;
}

// The worst sequence: a wait without jitter, then one with most of it.
void tst_Backoff::waitGrowsWhateverTheJitter()
{
    QFETCH(const int, base);
    for (const bool startsLong : {true, false}) {
        Backoff backoff;
        milliseconds last(base);
        for (int i = 0; i < 24; ++i) {
            const bool isLong = (i % 2 == 0) == startsLong;
            const milliseconds wait = backoff.afterFailure(milliseconds(base), milliseconds(qint64(base) << 24),
                                                           isLong ? noJitter : mostJitter);
            QVERIFY2(wait > last, qPrintable(QStringLiteral("%1 after %2").arg(wait.count()).arg(last.count())));
            last = wait;
        }
    }
}

void tst_Backoff::waitNeverExceedsTheMaximum_data()
{
    QTest::addColumn<int>("base");
    QTest::addColumn<int>("maximum");
    QTest::newRow("a power of two of the base") << 1000 << 32000;
    QTest::newRow("one more") << 1000 << 32001;
    QTest::newRow("one less") << 1000 << 31999;
    QTest::newRow("odd") << 3 << 7;
    QTest::newRow("equal to the base") << 1000 << 1000;
    QTest::newRow("under the base") << 1000 << 10;
    QTest::newRow("one millisecond") << 1 << 1;
}

void tst_Backoff::waitNeverExceedsTheMaximum()
{
    QFETCH(const int, base);
    QFETCH(const int, maximum);
    Backoff backoff;
    milliseconds wait{};
    for (int i = 0; i < 100; ++i) {
        wait = backoff.afterFailure(milliseconds(base), milliseconds(maximum), noJitter);
        QVERIFY(wait.count() <= maximum);
        QVERIFY(wait.count() > 0);
    }
    QCOMPARE(wait.count(), maximum); // it gets there
}

void tst_Backoff::maximumIsJitteredToo()
{
    Backoff backoff;
    for (int i = 0; i < 20; ++i)
        backoff.afterFailure(1s, 60s, noJitter);
    QCOMPARE(backoff.afterFailure(1s, 60s, 0.5).count(), 52500);
    QCOMPARE(backoff.afterFailure(1s, 60s, mostJitter).count(), 45001);
    QCOMPARE(backoff.afterFailure(1s, 60s, noJitter).count(), 60000);
}

void tst_Backoff::hugeValuesDoNotOverflow()
{
    constexpr milliseconds forever = milliseconds::max();
    Backoff backoff;
    milliseconds last(1);
    for (int i = 0; i < 200; ++i) {
        const milliseconds wait = backoff.afterFailure(1ms, forever, noJitter);
        QVERIFY(wait > last || wait == forever);
        last = wait;
    }
    QCOMPARE(last.count(), forever.count());
    const milliseconds jittered = backoff.afterFailure(1ms, forever, mostJitter);
    QVERIFY(jittered < forever && jittered >= forever / 4 * 3);

    Backoff enormous;
    QCOMPARE(enormous.afterFailure(forever, forever, noJitter).count(), forever.count());
    QCOMPARE(enormous.afterFailure(forever, forever, noJitter).count(), forever.count());
    Backoff half;
    QCOMPARE(half.afterFailure(forever / 2, forever, noJitter).count(), forever.count() - 1); // doubled exactly
    Backoff overHalf;
    QCOMPARE(overHalf.afterFailure(forever / 2 + 1ms, forever, noJitter).count(), forever.count());
}

void tst_Backoff::waitIsNeverNothing()
{
    Backoff backoff;
    for (int i = 0; i < 10; ++i)
        QCOMPARE(backoff.afterFailure(1ms, 1ms, mostJitter).count(), 1);
}

void tst_Backoff::baseCountsForTheFirstFailureOnly()
{
    Backoff backoff;
    QCOMPARE(backoff.afterFailure(500ms, 60s, noJitter).count(), 1000);
    QCOMPARE(backoff.afterFailure(5s, 60s, noJitter).count(), 2000);
    QCOMPARE(backoff.afterFailure(1ms, 60s, noJitter).count(), 4000);
}

void tst_Backoff::maximumMayChangeOnTheWay()
{
    Backoff backoff;
    for (int i = 0; i < 10; ++i)
        backoff.afterFailure(1s, 60s, noJitter);
    QCOMPARE(backoff.afterFailure(1s, 5s, noJitter).count(), 5000);
    QCOMPARE(backoff.afterFailure(1s, 60s, noJitter).count(), 10000);
}

void tst_Backoff::resetStartsOver()
{
    Backoff backoff;
    backoff.reset(); // without a failure: nothing to forget
    for (int i = 0; i < 10; ++i)
        backoff.afterFailure(1s, 60s, mostJitter);
    backoff.reset();
    QCOMPARE(backoff.afterFailure(500ms, 60s, noJitter).count(), 1000);
    QCOMPARE(backoff.afterFailure(500ms, 60s, noJitter).count(), 2000);
    backoff.reset();
    backoff.reset();
    QCOMPARE(backoff.afterFailure(1s, 60s, noJitter).count(), 2000);
}

QTEST_APPLESS_MAIN(tst_Backoff)
#include "tst_backoff.moc"
