// SPDX-License-Identifier: BSD-3-Clause
#include "stock/histogram.h"

#include <QtTest/QTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace QNetPool;
using namespace std::chrono_literals;

using Times = QList<qint64>; // in nanoseconds
Q_DECLARE_METATYPE(Times)

class tst_Histogram : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void weeksAreWithinASixteenth();
    void newHistogramIsAllZero();
    void oneTimeIsAllThereIs_data();
    void oneTimeIsAllThereIs();
    void countSumAndMaximumAreExact_data() { distributions(); }
    void countSumAndMaximumAreExact();
    void percentilesAreNeverTooLowAndHardlyTooHigh_data() { distributions(); }
    void percentilesAreNeverTooLowAndHardlyTooHigh();
    void percentilesFollowEachTime();
    void rankIsTheNearest();
    void tinyTimesAreExact();
    void everyPowerOfTwoIsWithinASixteenth();
    void negativeTimeIsNone();
    void noPercentileIsOverTheMaximum();
    void longTimesAreNotTooLow();
    void orderDoesNotMatter();
    void copyIsASnapshot();

private:
    static void distributions();
};

static Histogram histogramOf(const Times &times)
{
    Histogram histogram;
    for (const qint64 time : times)
        histogram.record(std::chrono::nanoseconds(time));
    return histogram;
}

static Times series(int count, auto next)
{
    Times result;
    for (int i = 0; i < count; ++i)
        result << qint64(next(i));
    return result;
}

// Nearest rank, in whole numbers: the least time that at least so many thousandths did not exceed.
static qint64 exactPercentile(const Times &sorted, int thousandths)
{
    const qsizetype rank = (sorted.size() * thousandths + 999) / 1000;
    return sorted.at(rank - 1);
}

// The first thing that is wrong with the percentiles; empty if they keep the promise.
static QString whatIsWrong(const DurationStatistics &summary, Times recorded)
{
    for (qint64 &time : recorded)
        time = std::max<qint64>(time, 0);
    std::sort(recorded.begin(), recorded.end());
    struct Claim
    {
        int thousandths;
        std::chrono::nanoseconds time;
    };
    std::chrono::nanoseconds below{};
    for (const Claim &claim : {Claim{500, summary.p50}, {900, summary.p90}, {990, summary.p99}, {999, summary.p999}}) {
        const qint64 exact = exactPercentile(recorded, claim.thousandths);
        const qint64 got = claim.time.count();
        const char *wrong = got < exact         ? "too low"
                : got - exact > exact / 16      ? "too high"
                : got > summary.maximum.count() ? "over the maximum"
                : got < qint64(below.count())   ? "below a smaller percentile"
                                                : nullptr;
        if (wrong) {
            return QStringLiteral("%1 thousandths of %2 times: %3 ns for %4 ns is %5")
                    .arg(claim.thousandths)
                    .arg(recorded.size())
                    .arg(got)
                    .arg(exact)
                    .arg(QLatin1String(wrong));
        }
        below = claim.time;
    }
    return {};
}

void tst_Histogram::distributions()
{
    QTest::addColumn<Times>("recorded");
    std::mt19937_64 random(20110901); // the same times each run
    const auto below = [&random](qint64 count) { return qint64(random() % quint64(count)); };
    const auto fraction = [&random] { return (double(random() >> 11) + 0.5) / 9007199254740992.0; };
    constexpr qint64 ms = 1000000;
    constexpr qint64 day = 24 * 3600 * 1000 * ms;

    for (const int count : {1, 2, 3, 9, 10, 11, 99, 100, 101, 999, 1000, 1001, 20011})
        QTest::addRow("uniform, %d", count) << series(count, [&](int) { return below(50 * ms); });
    for (const int count : {10, 1000, 50000})
        QTest::addRow("exponential, %d", count) << series(count, [&](int) { return -std::log(fraction()) * 3 * ms; });
    QTest::newRow("each as likely on every scale")
            << series(20000, [&](int) { return std::exp(fraction() * std::log(day)); });
    QTest::newRow("in steps of one") << series(10000, [](int i) { return i; });

    for (const qint64 constant : {qint64(0), qint64(1), qint64(15), qint64(16), qint64(17), 31 * ms, 86399 * ms, 12 * day})
        QTest::addRow("constant, %lld", constant) << series(1000, [=](int) { return constant; });

    // The jump is exactly at a percentile, just before it and just after it.
    for (const int slow : {1, 2, 9, 10, 11, 99, 100, 101, 499, 500, 501, 999})
        QTest::addRow("two points, %d of 1000 slow", slow)
                << series(1000, [=](int i) { return i < slow ? 5000 * ms : ms / 7; });
    QTest::newRow("two points, one of ten slow") << series(10, [](int i) { return i ? 3 * ms : 700 * ms; });

    QTest::newRow("under 16 ns") << series(5000, [&](int) { return below(16); });
    QTest::newRow("under 64 ns") << series(5000, [&](int) { return below(64); });
    QTest::newRow("hours") << series(3000, [&](int) { return below(day); });
    QTest::newRow("days") << series(3000, [&](int) { return below(12 * day); });
    QTest::newRow("a few days among milliseconds")
            << series(3000, [&](int i) { return i % 100 ? below(ms) : below(7 * day); });
    QTest::newRow("some below zero") << series(3000, [&](int) { return below(20 * ms) - 5 * ms; });
    QTest::newRow("all below zero") << series(100, [&](int) { return -1 - below(day); });
}

void tst_Histogram::newHistogramIsAllZero()
{
    const DurationStatistics summary = Histogram().summary();
    QCOMPARE(summary.count, 0);
    QCOMPARE(summary.sum.count(), 0);
    QCOMPARE(summary.maximum.count(), 0);
    QCOMPARE(summary.p50.count(), 0);
    QCOMPARE(summary.p90.count(), 0);
    QCOMPARE(summary.p99.count(), 0);
    QCOMPARE(summary.p999.count(), 0);
    QCOMPARE(summary, DurationStatistics());
}

void tst_Histogram::oneTimeIsAllThereIs_data()
{
    QTest::addColumn<qint64>("time");
    for (const qint64 time : {0ll, 1ll, 15ll, 16ll, 33ll, 1000ll, 123456789ll, 86400000000000ll, 864000000000000ll})
        QTest::addRow("%lld", time) << qint64(time);
}

// The maximum is exact, and so is what can only be the maximum.
void tst_Histogram::oneTimeIsAllThereIs()
{
    QFETCH(const qint64, time);
    const DurationStatistics summary = histogramOf({time}).summary();
    QCOMPARE(summary.count, 1);
    for (const std::chrono::nanoseconds got :
         {summary.sum, summary.maximum, summary.p50, summary.p90, summary.p99, summary.p999})
        QCOMPARE(qint64(got.count()), time);
}

void tst_Histogram::countSumAndMaximumAreExact()
{
    QFETCH(const Times, recorded);
    const DurationStatistics summary = histogramOf(recorded).summary();
    qint64 sum = 0;
    qint64 maximum = 0;
    for (const qint64 time : recorded) {
        sum += std::max<qint64>(time, 0);
        maximum = std::max(maximum, time);
    }
    QCOMPARE(summary.count, recorded.size());
    QCOMPARE(qint64(summary.sum.count()), sum);
    QCOMPARE(qint64(summary.maximum.count()), maximum);
}

void tst_Histogram::percentilesAreNeverTooLowAndHardlyTooHigh()
{
    QFETCH(const Times, recorded);
    const QString wrong = whatIsWrong(histogramOf(recorded).summary(), recorded);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

// At every count, so at every way in which a rank is rounded.
void tst_Histogram::percentilesFollowEachTime()
{
    std::mt19937 random(7);
    Histogram histogram;
    Times recorded;
    for (int i = 0; i < 2100; ++i) {
        recorded << qint64(random() >> random() % 20);
        histogram.record(std::chrono::nanoseconds(recorded.last()));
        const QString wrong = whatIsWrong(histogram.summary(), recorded);
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }
}

// One rank more would be the slow ones: for them the percentiles are a thousand times too high, not a sixteenth.
void tst_Histogram::rankIsTheNearest()
{
    struct Case
    {
        int fast;
        int slow;
        std::chrono::nanoseconds DurationStatistics::*lastFast;
    };
    for (int scale = 1; scale < 300; scale += 1 + scale / 10) {
        for (const Case &c : {Case{1, 1, &DurationStatistics::p50}, Case{9, 1, &DurationStatistics::p90},
                              Case{99, 1, &DurationStatistics::p99}, Case{999, 1, &DurationStatistics::p999}}) {
            Histogram histogram;
            for (int i = 0; i < c.fast * scale; ++i)
                histogram.record(10ns);
            for (int i = 0; i < c.slow * scale; ++i)
                histogram.record(10000ns);
            QCOMPARE((histogram.summary().*c.lastFast).count(), 10);
            histogram.record(10000ns); // half a rank is a whole one
            QCOMPARE((histogram.summary().*c.lastFast).count(), 10000);
        }
    }
}

void tst_Histogram::tinyTimesAreExact()
{
    for (qint64 tiny = 0; tiny < 16; ++tiny) {
        Times recorded(997, tiny);
        recorded << 1000000 << 1000000 << 1000000; // so that the maximum bounds nothing
        const DurationStatistics summary = histogramOf(recorded).summary();
        QCOMPARE(qint64(summary.p50.count()), tiny);
        QCOMPARE(qint64(summary.p90.count()), tiny);
        QCOMPARE(qint64(summary.p99.count()), tiny);
    }
}

void tst_Histogram::everyPowerOfTwoIsWithinASixteenth()
{
    for (int power = 4; power < 50; ++power) {
        for (int sixteenth = 0; sixteenth < 16; ++sixteenth) {
            for (const qint64 off : {-1, 0, 1}) {
                const qint64 time = (qint64(1) << power) + (qint64(sixteenth) << (power - 4)) + off;
                const Times recorded{time, time, qint64(1) << 62}; // the maximum bounds nothing
                const DurationStatistics summary = histogramOf(recorded).summary();
                const qint64 got = qint64(summary.p50.count());
                QVERIFY2(got >= time && got - time <= time / 16, qPrintable(QStringLiteral("%1 for %2").arg(got).arg(time)));
            }
        }
    }
}

void tst_Histogram::negativeTimeIsNone()
{
    Histogram histogram;
    histogram.record(-1ns);
    histogram.record(-5h);
    histogram.record(std::chrono::nanoseconds::min());
    QCOMPARE(histogram.summary().count, 3);
    QCOMPARE(histogram.summary().sum.count(), 0);
    QCOMPARE(histogram.summary().maximum.count(), 0);
    QCOMPARE(histogram.summary().p999.count(), 0);
    histogram.record(7ns);
    QCOMPARE(histogram.summary().sum.count(), 7);
    QCOMPARE(histogram.summary().maximum.count(), 7);
    QCOMPARE(histogram.summary().p50.count(), 0);
    QCOMPARE(histogram.summary().p90.count(), 7);
}

void tst_Histogram::noPercentileIsOverTheMaximum()
{
    for (qint64 time = 1; time < qint64(1) << 54; time += 1 + time / 5) {
        const DurationStatistics summary = histogramOf({time, time - 1, time}).summary();
        QCOMPARE(qint64(summary.maximum.count()), time);
        QCOMPARE(qint64(summary.p50.count()), time); // not the end of its bucket
        QCOMPARE(qint64(summary.p999.count()), time);
    }
}

void tst_Histogram::longTimesAreNotTooLow()
{
    constexpr std::chrono::nanoseconds longest = std::chrono::nanoseconds::max();
    Histogram histogram;
    for (const std::chrono::nanoseconds time :
         {std::chrono::nanoseconds(24h * 30), std::chrono::nanoseconds(24h * 365), 1ns}) {
        histogram.record(time);
        const DurationStatistics summary = histogram.summary();
        QVERIFY(summary.maximum >= time);
        QVERIFY(summary.p50 >= std::chrono::nanoseconds(24h * 30) && summary.p50 <= summary.maximum);
        QCOMPARE(summary.p999, summary.maximum);
    }
    Histogram endless;
    endless.record(longest);
    QCOMPARE(endless.summary().maximum, longest);
    QCOMPARE(endless.summary().sum, longest);
    QCOMPARE(endless.summary().p50, longest);
}

void tst_Histogram::orderDoesNotMatter()
{
    std::mt19937 random(42);
    Times recorded = series(5000, [&random](int) { return random() >> random() % 32; });
    const DurationStatistics summary = histogramOf(recorded).summary();
    std::sort(recorded.begin(), recorded.end());
    QCOMPARE(histogramOf(recorded).summary(), summary);
    std::reverse(recorded.begin(), recorded.end());
    QCOMPARE(histogramOf(recorded).summary(), summary);
}

void tst_Histogram::copyIsASnapshot()
{
    Histogram histogram = histogramOf({100, 200, 300});
    const Histogram copy = histogram;
    const DurationStatistics summary = copy.summary();
    QCOMPARE(summary, histogram.summary());
    for (int i = 0; i < 1000; ++i)
        histogram.record(5s);
    QCOMPARE(copy.summary(), summary);
    QCOMPARE(histogram.summary().count, 1003);
    QCOMPARE(histogram.summary().p50.count(), 5000000000);

    Histogram other = copy; // goes on by itself
    other.record(1h);
    QCOMPARE(other.summary().count, 4);
    QCOMPARE(copy.summary(), summary);
    QCOMPARE(histogram.summary().maximum.count(), 5000000000);
}

void tst_Histogram::weeksAreWithinASixteenth()
{
    Histogram histogram;
    for (const std::chrono::hours time : {24h * 20, 24h * 20, 24h * 400})
        histogram.record(time);
    QVERIFY(histogram.summary().p50 <= 24h * 20 * 17 / 16);
}

QTEST_APPLESS_MAIN(tst_Histogram)
#include "tst_histogram.moc"
