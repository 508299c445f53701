// SPDX-License-Identifier: BSD-3-Clause
#include "short.h"
#include "simulation.h"
#include "sizing/sizing.h"

#include <QtTest/QTest>

#include <algorithm>
#include <limits>

using namespace QNetPool;
using namespace std::chrono_literals;

// The seed's rules for interval and capacity, at their boundaries; milliseconds are plain numbers, which QTest prints. And
// both rules in simulated pools.
class tst_Sizing : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void intervalFollowsTheIdleShare_data();
    void intervalFollowsTheIdleShare();
    void capacityFollowsTheCreatedShare_data();
    void capacityFollowsTheCreatedShare();
    void capacityWalksBetweenItsLimitsStepByStep();
    void clampingChangesWhatIsOutOfRange_data();
    void clampingChangesWhatIsOutOfRange();
    void onDemandOnlyWithoutSteps();
    void clampingSaysWhatItChanged();
    void clampingRaisesTheBackoffToTheInterval();

    void fewWaitAndLittleIsIdle_data();
    void fewWaitAndLittleIsIdle();
    void leasesThatAreKept_data();
    void leasesThatAreKept();
    void hiddenDemandIsLearnedAndForgotten_data();
    void hiddenDemandIsLearnedAndForgotten();
    void outagesInTheMiddle_data();
    void outagesInTheMiddle();
};

void tst_Sizing::intervalFollowsTheIdleShare_data()
{
    QTest::addColumn<int>("idle");
    QTest::addColumn<int>("capacity");
    QTest::addColumn<int>("interval"); // within 500 to 5000
    QTest::addColumn<int>("expected");

    QTest::newRow("none idle") << 0 << 10 << 1000 << 900;
    QTest::newRow("10 %") << 1 << 10 << 1000 << 900;
    QTest::newRow("just under 20 %") << 199 << 1000 << 1000 << 900;
    QTest::newRow("exactly 20 %") << 200 << 1000 << 1000 << 1000;
    QTest::newRow("just over 20 %") << 201 << 1000 << 1000 << 1000;
    QTest::newRow("half") << 5 << 10 << 1000 << 1000;
    QTest::newRow("just under 80 %") << 799 << 1000 << 1000 << 1000;
    QTest::newRow("exactly 80 %") << 800 << 1000 << 1000 << 1000;
    QTest::newRow("just over 80 %") << 801 << 1000 << 1000 << 1100;
    QTest::newRow("full") << 10 << 10 << 1000 << 1100;
    QTest::newRow("more than full") << 30 << 10 << 1000 << 1100; // the capacity has shrunk

    QTest::newRow("one of five") << 1 << 5 << 1000 << 1000; // a share of 0.2, which no double is
    QTest::newRow("one of six") << 1 << 6 << 1000 << 900;
    QTest::newRow("three of fifteen") << 3 << 15 << 1000 << 1000;
    QTest::newRow("four of five") << 4 << 5 << 1000 << 1000;
    QTest::newRow("five of six") << 5 << 6 << 1000 << 1100;
    QTest::newRow("twelve of fifteen") << 12 << 15 << 1000 << 1000;
    QTest::newRow("capacity of one, none") << 0 << 1 << 1000 << 900;
    QTest::newRow("capacity of one, full") << 1 << 1 << 1000 << 1100;

    QTest::newRow("few, a step above the minimum") << 0 << 10 << 600 << 500;
    QTest::newRow("few, less than a step above the minimum") << 0 << 10 << 501 << 500;
    QTest::newRow("few, at the minimum") << 0 << 10 << 500 << 500;
    QTest::newRow("few, at the maximum") << 0 << 10 << 5000 << 4900;
    QTest::newRow("many, a step below the maximum") << 10 << 10 << 4900 << 5000;
    QTest::newRow("many, less than a step below the maximum") << 10 << 10 << 4999 << 5000;
    QTest::newRow("many, at the maximum") << 10 << 10 << 5000 << 5000;
    QTest::newRow("many, at the minimum") << 10 << 10 << 500 << 600;

    QTest::newRow("below the limits") << 5 << 10 << 100 << 500;
    QTest::newRow("far above the limits") << 5 << 10 << 60000 << 5000;
    QTest::newRow("few, below the limits") << 0 << 10 << 450 << 500;
    QTest::newRow("many, above the limits") << 10 << 10 << 5050 << 5000;

    QTest::newRow("two thousand millions, just under 20 %") << 399999999 << 2000000000 << 1000 << 900;
    QTest::newRow("two thousand millions, exactly 20 %") << 400000000 << 2000000000 << 1000 << 1000;
    QTest::newRow("two thousand millions, exactly 80 %") << 1600000000 << 2000000000 << 1000 << 1000;
    QTest::newRow("two thousand millions, just over 80 %") << 1600000001 << 2000000000 << 1000 << 1100;
}

void tst_Sizing::intervalFollowsTheIdleShare()
{
    QFETCH(const int, idle);
    QFETCH(const int, capacity);
    QFETCH(const int, interval);
    QFETCH(const int, expected);
    Sizing limits;
    limits.minimumInterval = 500ms;
    limits.maximumInterval = 5s;
    QCOMPARE(nextInterval(milliseconds(interval), idle, capacity, limits).count(), expected);

    limits.minimumInterval = limits.maximumInterval = milliseconds(interval); // no room, no change
    QCOMPARE(nextInterval(milliseconds(interval), idle, capacity, limits).count(), interval);
}

void tst_Sizing::capacityFollowsTheCreatedShare_data()
{
    QTest::addColumn<int>("created");
    QTest::addColumn<int>("capacity"); // within 5 to 2000
    QTest::addColumn<int>("expected");

    QTest::newRow("none created") << 0 << 10 << 9;
    QTest::newRow("10 %") << 1 << 10 << 9;
    QTest::newRow("just under 20 %") << 199 << 1000 << 999;
    QTest::newRow("exactly 20 %") << 200 << 1000 << 1000;
    QTest::newRow("just over 20 %") << 201 << 1000 << 1000;
    QTest::newRow("half") << 5 << 10 << 10;
    QTest::newRow("just under 80 %") << 799 << 1000 << 1000;
    QTest::newRow("exactly 80 %") << 800 << 1000 << 1000;
    QTest::newRow("just over 80 %") << 801 << 1000 << 1001;
    QTest::newRow("all") << 10 << 10 << 11;
    QTest::newRow("more than all") << 30 << 10 << 11; // one at a time

    QTest::newRow("three of fifteen") << 3 << 15 << 15;
    QTest::newRow("two of eleven") << 2 << 11 << 10;
    QTest::newRow("twelve of fifteen") << 12 << 15 << 15;
    QTest::newRow("nine of eleven") << 9 << 11 << 12;

    QTest::newRow("none, one above the minimum") << 0 << 6 << 5;
    QTest::newRow("none, at the minimum") << 0 << 5 << 5;
    QTest::newRow("none, at the maximum") << 0 << 2000 << 1999;
    QTest::newRow("all, one below the maximum") << 1999 << 1999 << 2000;
    QTest::newRow("all, at the maximum") << 2000 << 2000 << 2000;
    QTest::newRow("all, at the minimum") << 5 << 5 << 6;

    QTest::newRow("below the limits") << 1 << 2 << 5;
    QTest::newRow("far above the limits") << 2500 << 5000 << 2000;
    QTest::newRow("none, below the limits") << 0 << 2 << 5;
    QTest::newRow("all, above the limits") << 5000 << 5000 << 2000;
}

void tst_Sizing::capacityFollowsTheCreatedShare()
{
    QFETCH(const int, created);
    QFETCH(const int, capacity);
    QFETCH(const int, expected);
    Sizing limits;
    limits.minimumCapacity = 5;
    limits.maximumCapacity = 2000;
    QCOMPARE(nextCapacity(capacity, created, limits), expected);

    limits.minimumCapacity = limits.maximumCapacity = capacity; // no room, no change
    QCOMPARE(nextCapacity(capacity, created, limits), capacity);
}

void tst_Sizing::capacityWalksBetweenItsLimitsStepByStep()
{
    constexpr int most = std::numeric_limits<int>::max();
    Sizing limits;
    limits.minimumCapacity = most - 2;
    limits.maximumCapacity = most;
    QCOMPARE(nextCapacity(most - 2, most, limits), most - 1); // and nothing overflows
    QCOMPARE(nextCapacity(most - 1, most, limits), most);
    QCOMPARE(nextCapacity(most, most, limits), most);
    QCOMPARE(nextCapacity(most, 0, limits), most - 1);
    QCOMPARE(nextCapacity(most, most / 2, limits), most);
    limits = {.minimumCapacity = 1, .maximumCapacity = 2};
    QCOMPARE(nextCapacity(1, 1, limits), 2);
    QCOMPARE(nextCapacity(2, 0, limits), 1);
    QCOMPARE(nextCapacity(1, 0, limits), 1);
}

void tst_Sizing::clampingChangesWhatIsOutOfRange_data()
{
    using Capacities = std::pair<int, int>;
    using Intervals = std::pair<int, int>;
    QTest::addColumn<Capacities>("capacities"); // minimum, maximum
    QTest::addColumn<Intervals>("intervals");
    QTest::addColumn<int>("pending");
    QTest::addColumn<Capacities>("clampedCapacities");
    QTest::addColumn<Intervals>("clampedIntervals");
    QTest::addColumn<int>("clampedPending");
    QTest::addColumn<int>("changes");

    const auto row = [](const char *name, Capacities capacities, Intervals intervals, int pending,
                        Capacities clampedCapacities, Intervals clampedIntervals, int clampedPending, int changes) {
        QTest::newRow(name) << capacities << intervals << pending << clampedCapacities << clampedIntervals << clampedPending
                            << changes;
    };
    row("good", {5, 20}, {500, 5000}, 64, {5, 20}, {500, 5000}, 64, 0);
    row("smallest", {1, 1}, {1, 1}, 1, {1, 1}, {1, 1}, 1, 0);
    row("equal", {7, 7}, {700, 700}, 7, {7, 7}, {700, 700}, 7, 0);
    row("zero minimum capacity", {0, 20}, {500, 5000}, 64, {1, 20}, {500, 5000}, 64, 1);
    row("negative minimum capacity", {-3, 20}, {500, 5000}, 64, {1, 20}, {500, 5000}, 64, 1);
    row("zero maximum capacity", {1, 0}, {500, 5000}, 64, {1, 1}, {500, 5000}, 64, 1);
    row("no capacity at all", {0, 0}, {500, 5000}, 64, {1, 1}, {500, 5000}, 64, 2);
    row("swapped capacities", {20, 5}, {500, 5000}, 64, {5, 20}, {500, 5000}, 64, 1);
    row("clamped, then swapped", {5, 0}, {500, 5000}, 64, {1, 5}, {500, 5000}, 64, 2);
    row("zero minimum interval", {5, 20}, {0, 5000}, 64, {5, 20}, {1000, 5000}, 64, 1);
    row("zero maximum interval", {5, 20}, {500, 0}, 64, {5, 20}, {500, 1000}, 64, 1);
    row("negative interval", {5, 20}, {-1, 5000}, 64, {5, 20}, {1000, 5000}, 64, 1);
    row("no interval at all", {5, 20}, {0, -5}, 64, {5, 20}, {1000, 1000}, 64, 2);
    row("swapped intervals", {5, 20}, {5000, 500}, 64, {5, 20}, {500, 5000}, 64, 1);
    row("interval clamped, then swapped", {5, 20}, {0, 500}, 64, {5, 20}, {500, 1000}, 64, 2);
    row("none pending", {5, 20}, {500, 5000}, 0, {5, 20}, {500, 5000}, 1, 1);
    row("negative pending", {5, 20}, {500, 5000}, -64, {5, 20}, {500, 5000}, 1, 1);
    row("everything", {0, -1}, {0, -1}, 0, {1, 1}, {1000, 1000}, 1, 5);
}

void tst_Sizing::clampingChangesWhatIsOutOfRange()
{
    using Pair = std::pair<int, int>;
    QFETCH(const Pair, capacities);
    QFETCH(const Pair, intervals);
    QFETCH(const int, pending);
    QFETCH(const Pair, clampedCapacities);
    QFETCH(const Pair, clampedIntervals);
    QFETCH(const int, clampedPending);
    QFETCH(const int, changes);
    Sizing limits{
            capacities.first, capacities.second,         milliseconds(intervals.first), milliseconds(intervals.second), 60s,
            pending,          ClientPool::Rule::Stepwise};
    const QStringList sentences = clampSizing(limits);
    QCOMPARE(limits.minimumCapacity, clampedCapacities.first);
    QCOMPARE(limits.maximumCapacity, clampedCapacities.second);
    QCOMPARE(limits.minimumInterval.count(), clampedIntervals.first);
    QCOMPARE(limits.maximumInterval.count(), clampedIntervals.second);
    QCOMPARE(limits.maximumPending, clampedPending);
    QCOMPARE(limits.maximumBackoff.count(), 60000);
    QVERIFY2(sentences.size() == changes, qPrintable(sentences.join(QLatin1Char('\n'))));
    QCOMPARE(clampSizing(limits), QStringList()); // what is right stays
}

void tst_Sizing::onDemandOnlyWithoutSteps()
{
    Sizing limits{.minimumCapacity = 0, .maximumCapacity = 20};
    QCOMPARE(clampSizing(limits), QStringList());
    QCOMPARE(limits.minimumCapacity, 0);
    limits.minimumCapacity = -1;
    QCOMPARE(clampSizing(limits).size(), 1);
    QCOMPARE(limits.minimumCapacity, 1);
    limits = {.minimumCapacity = 0, .maximumCapacity = 0};
    QCOMPARE(clampSizing(limits).size(), 1);
    QCOMPARE(limits.minimumCapacity, 0);
    QCOMPARE(limits.maximumCapacity, 1);
}

void tst_Sizing::clampingSaysWhatItChanged()
{
    Sizing preset;
    QCOMPARE(clampSizing(preset), QStringList());

    Sizing limits{-3, 20, 500ms, -250ms, 60s, 0};
    const QStringList sentences = clampSizing(limits);
    QCOMPARE(sentences.size(), 3);
    const auto says = [](const QString &sentence, std::initializer_list<const char *> words) {
        return std::all_of(words.begin(), words.end(),
                           [&](const char *word) { return sentence.contains(QLatin1String(word)); });
    };
    QVERIFY2(says(sentences[0], {"minimumCapacity", "-3", "1"}), qPrintable(sentences[0]));
    QVERIFY2(says(sentences[1], {"maximumInterval", "-250", "1000"}), qPrintable(sentences[1]));
    QVERIFY2(says(sentences[2], {"maximumPending", "0", "1"}), qPrintable(sentences[2]));

    limits = {20, 5, 5s, 500ms, 60s, 64};
    const QStringList swaps = clampSizing(limits);
    QCOMPARE(swaps.size(), 2);
    QVERIFY2(says(swaps[0], {"minimumCapacity", "maximumCapacity", "swapped"}), qPrintable(swaps[0]));
    QVERIFY2(says(swaps[1], {"minimumInterval", "maximumInterval", "swapped"}), qPrintable(swaps[1]));
}

void tst_Sizing::clampingRaisesTheBackoffToTheInterval()
{
    Sizing limits{1, 1, 500ms, 5s, 4999ms, 1};
    clampSizing(limits);
    QCOMPARE(limits.maximumBackoff.count(), 5000);
    limits = {1, 1, 500ms, 5s, 0ms, 1};
    clampSizing(limits);
    QCOMPARE(limits.maximumBackoff.count(), 5000);
    limits = {1, 1, 9s, 5s, 1s, 1}; // the greater of the two, once they are in order
    clampSizing(limits);
    QCOMPARE(limits.maximumBackoff.count(), 9000);
    limits = {1, 1, 500ms, 5s, 5001ms, 1};
    QCOMPARE(clampSizing(limits), QStringList());
    QCOMPARE(limits.maximumBackoff.count(), 5001);
}

static constexpr double simulatedTime = 960; // seconds
static constexpr Sizing fiveToTwoHundred{.minimumCapacity = 5, .maximumCapacity = 200};

static Sizing stepwise()
{
    Sizing sizing = fiveToTwoHundred;
    sizing.rule = ClientPool::Rule::Stepwise;
    return sizing;
}

struct Load
{
    const char *name;
    bool isSteady;
    Arrivals arrivals;
};

static const std::vector<Load> &loads()
{
    constexpr double end = simulatedTime;
    static const std::vector<Load> all{
            {"Poisson 20/s", true, poisson(end, 20, [](double) { return 20; })},
            {"Poisson 200/s", true, poisson(end, 200, [](double) { return 200; })},
            {"diurnal 2 to 100/s", false,
             poisson(end, 100, [](double t) { return 51 - 49 * std::cos(t * 6.283185307 / 600); })},
            {"MMPP 5 | 150/s", false, switching(end, 5, 150, 10)},
            {"flash crowd 10 to 300/s", false, poisson(end, 300, [](double t) { return t >= 480 && t < 540 ? 300 : 10; })},
            {"on/off 0.02 | 60/s", false, switching(end, 0.02, 60, 30)},
    };
    return all;
}

void tst_Sizing::fewWaitAndLittleIsIdle_data()
{
    QTest::addColumn<int>("load");
    QTest::addColumn<bool>("isUsedOnce");
    QTest::addColumn<int>("setupTime");
    QTest::addColumn<double>("spread");

    const auto row = [](std::size_t load, bool isUsedOnce, int setupTime, double spread) {
        const QString name =
                QStringLiteral("%1, %2, %3 ms, spread %4")
                        .arg(QLatin1String(loads()[load].name), QLatin1String(isUsedOnce ? "used once" : "given back"))
                        .arg(setupTime)
                        .arg(spread);
        QTest::newRow(qPrintable(name)) << int(load) << isUsedOnce << setupTime << spread;
    };
#ifdef __SANITIZE_ADDRESS__ // which sees in the first load what it would see in all
    const std::size_t count = 1;
#else
    const std::size_t count = isShort() ? 1 : loads().size();
#endif
    for (const bool isUsedOnce : {true, false}) {
        for (std::size_t load = 0; load < count; ++load) {
            for (const int setupTime : {5, 60, 300})
                row(load, isUsedOnce, setupTime, 0.5);
        }
    }
    for (std::size_t load = 1; load <= 2 && load < count; ++load) {
        for (const double spread : {0.0, 1.5})
            row(load, true, 60, spread);
    }
}

static QString columns(const Simulation::Result &result)
{
    return QStringLiteral("%1 %2 %3 %4 %5")
            .arg(100 * result.waitShare, 8, 'f', 3)
            .arg(1000 * result.p99, 9, 'f', 1)
            .arg(1000 * result.p999, 9, 'f', 1)
            .arg(result.meanIdle, 7, 'f', 1)
            .arg(result.dialsPerSecond, 7, 'f', 1);
}

void tst_Sizing::fewWaitAndLittleIsIdle()
{
    QFETCH(const int, load);
    QFETCH(const bool, isUsedOnce);
    QFETCH(const int, setupTime);
    QFETCH(const double, spread);
    const Simulation::Case theCase{.arrivals = loads()[std::size_t(load)].arrivals,
                                   .setupTime = setupTime / 1000.0,
                                   .spread = spread,
                                   .isUsedOnce = isUsedOnce};
    const double tolerated = fiveToTwoHundred.waitProbability;
    const Simulation::Result predictive = Simulation(theCase, fiveToTwoHundred).run();
    const Simulation::Result steps = Simulation(theCase, stepwise()).run();
    const auto [stock, fixed] = Simulation::bestFixed(theCase, fiveToTwoHundred, predictive.waitShare);
    const bool isPossible = Simulation(theCase, fiveToTwoHundred, 200).run().waitShare <= tolerated;
    qInfo().noquote() << "wait % / p99 ms / p99.9 ms / idle / dials/s: Stepwise" << columns(steps) << "| Predictive"
                      << columns(predictive) << "| fixed" << stock << columns(fixed)
                      << (isPossible ? "" : "(beyond the limits)");

    if (isPossible)
        QVERIFY2(predictive.waitShare <= tolerated, qPrintable(columns(predictive)));
    if (loads()[std::size_t(load)].isSteady)
        QVERIFY2(predictive.waitShare <= std::max(tolerated, steps.waitShare), qPrintable(columns(steps)));
    if (isPossible)
        QVERIFY2(predictive.meanIdle <= 1.5 * fixed.meanIdle, qPrintable(columns(fixed)));
}

void tst_Sizing::leasesThatAreKept_data()
{
    QTest::addColumn<double>("rate");
    QTest::addColumn<double>("keptShare");
    QTest::addColumn<double>("keptFor");
    QTest::newRow("a tenth, for 30 s") << 100.0 << 0.1 << 30.0;
    QTest::newRow("a quarter, for 20 s") << 20.0 << 0.25 << 20.0;
    QTest::newRow("a few, for ever") << 100.0 << 0.01 << 1e9;
    QTest::newRow("most, for ever") << 10.0 << 0.9 << 1e9;
}

void tst_Sizing::leasesThatAreKept()
{
    QFETCH(const double, rate);
    QFETCH(const double, keptShare);
    QFETCH(const double, keptFor);
    const Simulation::Case theCase{.arrivals = poisson(240, rate, [](double) { return 1e9; }),
                                   .isUsedOnce = false,
                                   .keptShare = keptShare,
                                   .keptFor = keptFor};
    const Sizing defaults;
    Sizing steps;
    steps.rule = ClientPool::Rule::Stepwise;
    const Simulation::Result predictive = Simulation(theCase, defaults).run();
    const Simulation::Result stepwise = Simulation(theCase, steps).run();
    const auto [stock, fixed] = Simulation::bestFixed(theCase, defaults, predictive.waitShare);
    qInfo().noquote() << "Stepwise" << columns(stepwise) << "| Predictive" << columns(predictive) << "| fixed" << stock
                      << columns(fixed);
    QVERIFY2(predictive.waitShare <= defaults.waitProbability, qPrintable(columns(predictive)));
}

void tst_Sizing::hiddenDemandIsLearnedAndForgotten_data()
{
    QTest::addColumn<int>("rate");
    for (const int rate : {50, 200, 600})
        QTest::addRow("%d/s", rate) << rate;
}

void tst_Sizing::hiddenDemandIsLearnedAndForgotten()
{
    QFETCH(const int, rate);
    const auto arrivals = poisson(180, rate, [](double) { return 1e9; });
    const Simulation::Case hidden{.arrivals = arrivals, .isHidden = true};
    const Simulation::Case seen{.arrivals = arrivals};
    const Simulation::Result result = Simulation(hidden, fiveToTwoHundred).run();
    const Simulation::Result reference = Simulation(seen, fiveToTwoHundred).run();
    qInfo().noquote() << "hidden" << columns(result) << "target at most" << result.largestTarget << "at last"
                      << result.lastTarget << "| seen" << columns(reference) << "target at last" << reference.lastTarget;
    QVERIFY2(result.waitShare <= fiveToTwoHundred.waitProbability, qPrintable(columns(result)));
    QVERIFY2(result.meanIdle <= 1.5 * reference.meanIdle, qPrintable(columns(reference))); // a minute after it began
}

void tst_Sizing::outagesInTheMiddle_data()
{
    QTest::addColumn<bool>("isPredictive");
    QTest::addColumn<bool>("isUsedOnce");
    for (const bool isPredictive : {true, false}) {
        for (const bool isUsedOnce : {true, false})
            QTest::addRow("%s, %s", isPredictive ? "Predictive" : "Stepwise", isUsedOnce ? "used once" : "given back")
                    << isPredictive << isUsedOnce;
    }
}

void tst_Sizing::outagesInTheMiddle()
{
    QFETCH(const bool, isPredictive);
    QFETCH(const bool, isUsedOnce);
    std::vector<double> times; // until the stock was full again, from the first success
    for (int i = 0; i < 21; ++i) {
        const Simulation::Case theCase{.arrivals = poisson(300, 20, [](double) { return 20; }),
                                       .isUsedOnce = isUsedOnce,
                                       .outageFrom = 120.0 + i,
                                       .outageTo = 125.0 + i};
        const Simulation::Result result = Simulation(theCase, isPredictive ? fiveToTwoHundred : stepwise()).run();
        if (i == 0)
            qInfo().noquote() << columns(result);
        QVERIFY(result.full >= 0);
        times.push_back(result.full);
    }
    std::sort(times.begin(), times.end());
    qInfo() << "full after" << times[times.size() / 2] << "s," << times.back() << "s at most";
    if (isPredictive)
        QVERIFY2(times[times.size() / 2] <= 0.5, qPrintable(QString::number(times[times.size() / 2])));
}

QTEST_APPLESS_MAIN(tst_Sizing)
#include "tst_sizing.moc"
