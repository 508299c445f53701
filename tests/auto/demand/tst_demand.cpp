// SPDX-License-Identifier: BSD-3-Clause
#include "sizing/demand.h"

#include <QtTest/QTest>

using namespace QNetPool;
using namespace std::chrono_literals;

class tst_Demand : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void startsAtTheMinimum();
    void learnsABurstAtOnce();
    void staysWithinTheCapacities();
    void givenBackIsNoDemand();
    void waiterThatLeavesIsNoDemand();
    void severalTakesWithinASetupAreOneDemand();
    void aTakeThatFoundMoreSaysNothing();
    void fewAreTolerated_data();
    void fewAreTolerated();
    void forgetsOverMinutes();
    void forgetsALongSilence();
    void backlogIsForgottenWithinAMinute();
    void backlogOfAnOutageIsForgottenWithinAMinute();

    void setupTimeIsSmoothed();
    void leadTimeGrowsWithWhatIsMissing();

    void stepwiseHasNoTarget();
    void switchingForgets();
    void newLimitsClampTheTarget();

    void takeWantsOneThatIdledOut();
    void eachTakeWantsOneMoreAgain();
    void givenBackInVainIsDemand();
    void oneOfOneComesBack();
    void unwantedEndsLowerTheTarget();
    void surplusUntilACallWaits();
    void waitForACheckIsNoShortage();
    void noSurplusWhereThereIsRoom();
    void newDemandIsNoSurplus();
    void recentWaitShareIsOfFiveMinutes();
};

static const Sizing limits{.minimumCapacity = 2, .maximumCapacity = 100};
static const Demand::TimePoint start{1h};

static Demand demandWith(std::chrono::nanoseconds setupTime, const Sizing &sizing = limits)
{
    Demand demand(sizing);
    demand.setUp(setupTime, {});
    return demand;
}

// Takes from a stock that the target fills, each replaced by a dial.
static void take(Demand &demand, Demand::TimePoint time)
{
    const int target = demand.target();
    demand.taken(time, {.idle = target, .pending = 0});
}

void tst_Demand::startsAtTheMinimum()
{
    QCOMPARE(Demand(limits).target(), 2);
    QCOMPARE(Demand({.minimumCapacity = 0, .maximumCapacity = 100}).target(), 0);
    QVERIFY(Demand(limits).setupTime() == 0ns);
    QCOMPARE(Demand(limits).recentWaitShare(start), 0);
}

void tst_Demand::learnsABurstAtOnce()
{
    Demand demand = demandWith(60ms);
    for (int i = 0; i < 20; ++i)
        demand.taken(start, {.waiting = i});
    QCOMPARE(demand.target(), 20);
}

void tst_Demand::staysWithinTheCapacities()
{
    Demand demand = demandWith(60ms);
    for (int i = 0; i < 3200; ++i)
        demand.taken(start, {.waiting = i});
    QCOMPARE(demand.target(), 100);
}

void tst_Demand::givenBackIsNoDemand()
{
    Demand demand = demandWith(60ms);
    for (int i = 0; i < 3200; ++i) {
        take(demand, start + i * 1ms);
        demand.returned(start + i * 1ms);
    }
    QCOMPARE(demand.target(), 2);
}

void tst_Demand::waiterThatLeavesIsNoDemand()
{
    Demand demand = demandWith(60ms, {.minimumCapacity = 1, .maximumCapacity = 100});
    for (int i = 0; i < 320; ++i) {
        demand.taken(start + i * 1ms, {.waiting = 0});
        demand.returned(start + i * 1ms);
    }
    QCOMPARE(demand.target(), 1);
}

void tst_Demand::severalTakesWithinASetupAreOneDemand()
{
    Demand demand = demandWith(60ms);
    for (int second = 0; second < 60; ++second) {
        for (int i = 0; i < 9; ++i)
            take(demand, start + second * 1s + i * 2ms);
    }
    QCOMPARE(demand.target(), 9);
}

void tst_Demand::aTakeThatFoundMoreSaysNothing()
{
    Demand demand = demandWith(60ms);
    for (int i = 0; i < 320; ++i)
        demand.taken(start, {.idle = 1000 - i});
    QCOMPARE(demand.target(), 2);
}

void tst_Demand::fewAreTolerated_data()
{
    QTest::addColumn<double>("waitProbability");
    QTest::addColumn<int>("target");
    QTest::newRow("as good as none") << 1e-9 << 10;
    QTest::newRow("half of the bursts") << 0.05 << 5;
    QTest::newRow("more than the bursts") << 0.2 << 2;
    QTest::newRow("nearly all") << 0.999 << 2;
}

void tst_Demand::fewAreTolerated()
{
    QFETCH(const double, waitProbability);
    QFETCH(const int, target);
    Sizing sizing = limits;
    sizing.waitProbability = waitProbability;
    Demand demand = demandWith(60ms, sizing);
    Demand::TimePoint time = start;
    for (int i = 0; i < 100; ++i) {
        for (int alone = 0; alone < 90; ++alone)
            take(demand, time += 200ms);
        time += 200ms;
        for (int together = 0; together < 10; ++together) // a tenth of all
            take(demand, time);
    }
    QCOMPARE(demand.target(), target);
}

void tst_Demand::forgetsOverMinutes()
{
    Demand demand = demandWith(60ms);
    for (int i = 0; i < 40; ++i)
        demand.taken(start, {.idle = 0, .pending = 0, .waiting = i});
    QVERIFY(demand.target() >= 32);
    Demand::TimePoint time = start;
    while (time < start + 30min && demand.target() > 2)
        take(demand, time += 1s);
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(time - start).count();
    QVERIFY2(minutes >= 5 && minutes <= 20, qPrintable(QString::number(minutes)));
}

void tst_Demand::forgetsALongSilence()
{
    Demand demand = demandWith(60ms);
    for (int i = 0; i < 320; ++i)
        demand.taken(start, {.waiting = i});
    QCOMPARE(demand.target(), 100);
    for (const Demand::TimePoint later : {start + 24h * 3650, start + 24h * 7300}) { // nothing overflows
        take(demand, later);
        QCOMPARE(demand.target(), 2);
    }
}

void tst_Demand::backlogIsForgottenWithinAMinute()
{
    Demand demand = demandWith(60ms);
    Demand::TimePoint time = start;
    for (int i = 0; i < 2000; ++i) // each is taken as it arrives
        demand.taken(time += 1ms, {.idle = 1, .pending = demand.target() - 1});
    QVERIFY2(demand.target() > 60, qPrintable(QString::number(demand.target())));
    for (const Demand::TimePoint end = time + 60s; time < end;)
        take(demand, time += 20ms);
    QVERIFY2(demand.target() <= 6, qPrintable(QString::number(demand.target())));
}

// Callers who have come meanwhile are served at the pace of maximumPending, over many setup times, and others with them.
void tst_Demand::backlogOfAnOutageIsForgottenWithinAMinute()
{
    Demand demand = demandWith(60ms, {.minimumCapacity = 2, .maximumCapacity = 4000, .maximumPending = 64});
    Demand::TimePoint time = start;
    const auto callSteadily = [&] {
        for (const Demand::TimePoint end = time + 60s; time < end;) {
            take(demand, time += 3ms);
            demand.setUp(60ms, {.idle = demand.target()});
        }
    };
    callSteadily();
    const int usual = demand.target();
    int waiting = 0;
    for (; waiting < 1000; ++waiting)
        demand.taken(time += 3ms, {.pending = 64, .waiting = waiting});
    while (waiting > 0) {
        for (int served = 0; served < 3; ++served)
            demand.setUp(60ms, {.pending = 64, .waiting = --waiting});
        demand.taken(time += 3ms, {.pending = 64, .waiting = waiting++});
    }
    QVERIFY2(demand.target() > 4 * usual, qPrintable(QString::number(demand.target())));
    callSteadily();
    QVERIFY2(demand.target() <= 2 * usual, qPrintable(QString::number(demand.target())));
}

void tst_Demand::setupTimeIsSmoothed()
{
    Demand demand(limits);
    demand.setUp(80ms, {});
    QVERIFY(demand.setupTime() == 80ms); // the first is all that is known
    demand.setUp(160ms, {});
    QVERIFY(demand.setupTime() == 90ms);
    for (int i = 0; i < 100; ++i)
        demand.setUp(10ms, {});
    QVERIFY(demand.setupTime() < 11ms);
}

// At 64 setups of 100 ms at a time, 640 a second, 100 takes 4 ms apart are 26 to 34 within 100 ms; if as many again are
// waited for as may be set up, a connection takes twice as long.
void tst_Demand::leadTimeGrowsWithWhatIsMissing()
{
    Sizing sizing = limits;
    sizing.maximumPending = 10;
    const auto targetWhenMissing = [&](int waiting) {
        Demand demand(sizing);
        for (int i = 0; i < 100; ++i)
            demand.setUp(100ms, {.idle = demand.target(), .waiting = waiting});
        for (int i = 0; i < 2000; ++i)
            take(demand, start + i * 10ms);
        return demand.target();
    };
    const int usual = targetWhenMissing(0);
    QCOMPARE(targetWhenMissing(10), usual);
    QVERIFY(targetWhenMissing(20) >= usual * 3 / 2);
}

void tst_Demand::stepwiseHasNoTarget()
{
    Sizing sizing = limits;
    sizing.rule = ClientPool::Rule::Stepwise;
    Demand demand = demandWith(60ms, sizing);
    for (int i = 0; i < 100; ++i)
        demand.taken(start, {.waiting = i});
    demand.idledOut();
    demand.foundNoRoom();
    QCOMPARE(demand.target(), 0);
    QCOMPARE(demand.unreplaced(), 0);
    QCOMPARE(demand.surplus(), 0);
    QCOMPARE(demand.recentWaitShare(start), 1); // this it knows
}

void tst_Demand::switchingForgets()
{
    Demand demand = demandWith(60ms);
    for (int i = 0; i < 100; ++i)
        demand.taken(start, {.waiting = i});
    QCOMPARE(demand.target(), 100);
    Sizing steps = limits;
    steps.rule = ClientPool::Rule::Stepwise;
    demand.setLimits(steps);
    QCOMPARE(demand.target(), 0);
    demand.setLimits(limits);
    for (int i = 0; i < 40; ++i)
        take(demand, start + 1s + i * 1s);
    QCOMPARE(demand.target(), 2);
}

void tst_Demand::newLimitsClampTheTarget()
{
    Demand demand = demandWith(60ms);
    for (int i = 0; i < 100; ++i)
        demand.taken(start, {.waiting = i});
    demand.setLimits({.minimumCapacity = 2, .maximumCapacity = 30});
    QCOMPARE(demand.target(), 30);
    demand.setLimits({.minimumCapacity = 50, .maximumCapacity = 60});
    QCOMPARE(demand.target(), 60); // as before, within the limits
    Demand quiet = demandWith(60ms, {.minimumCapacity = 15, .maximumCapacity = 60});
    quiet.setLimits(limits);
    QCOMPARE(quiet.target(), 2); // nobody has wanted more
}

void tst_Demand::takeWantsOneThatIdledOut()
{
    Demand demand(limits);
    demand.idledOut();
    QCOMPARE(demand.unreplaced(), 1);
    take(demand, start);
    QCOMPARE(demand.unreplaced(), 0);
}

void tst_Demand::eachTakeWantsOneMoreAgain()
{
    Demand demand({.minimumCapacity = 10, .maximumCapacity = 100});
    for (int i = 0; i < 1000; ++i) // through a night
        demand.idledOut();
    QCOMPARE(demand.unreplaced(), 10);
    for (int i = 1; i <= 10; ++i) {
        take(demand, start);
        QCOMPARE(demand.unreplaced(), 10 - i);
    }
}

// A server that closes after each answer, when the connection is back.
void tst_Demand::givenBackInVainIsDemand()
{
    Demand demand = demandWith(60ms);
    for (int i = 0; i < 1000; ++i) { // 100 a second
        take(demand, start + i * 10ms);
        demand.returned(start + i * 10ms + 2ms);
        demand.returnedInVain();
    }
    QVERIFY(demand.target() >= 6);
    QVERIFY(demand.target() <= 9);
}

void tst_Demand::oneOfOneComesBack()
{
    Demand demand({.minimumCapacity = 1, .maximumCapacity = 1});
    for (int i = 0; i < 10; ++i) {
        demand.taken(start + i * 1s, {.idle = 1});
        QCOMPARE(demand.surplus(), 1);
        demand.returned(start + i * 1s + 50ms);
    }
}

void tst_Demand::unwantedEndsLowerTheTarget()
{
    Demand demand = demandWith(60ms);
    for (int i = 0; i < 50; ++i)
        demand.taken(start, {});
    const int learned = demand.target();
    QVERIFY(learned >= 50);
    for (int i = 1; i <= 10; ++i) {
        demand.endedUnused();
        QCOMPARE(demand.target(), learned - i);
    }
    demand.taken(start + 1s, {.idle = 5}); // there is enough
    QVERIFY(demand.target() <= learned - 9);
    for (int i = 0; i < 200; ++i)
        demand.endedUnused();
    QCOMPARE(demand.target(), limits.minimumCapacity);
    demand.taken(start + 2s, {.idle = 1});
    QVERIFY(demand.target() >= learned - 1);
}

void tst_Demand::surplusUntilACallWaits()
{
    const Sizing fixed{.minimumCapacity = 7, .maximumCapacity = 7};
    Demand demand(fixed);
    QCOMPARE(demand.surplus(), 7); // until somebody waits, all that is taken is expected back
    take(demand, start);
    QCOMPARE(demand.surplus(), 7);
    demand.taken(start, {.idle = 0});
    QCOMPARE(demand.surplus(), 0);
    for (int i = 0; i < 3; ++i)
        demand.foundNoRoom();
    QCOMPARE(demand.surplus(), 3);
    for (int i = 0; i < 1000; ++i)
        demand.foundNoRoom();
    QCOMPARE(demand.surplus(), 7);
    demand.taken(start, {.idle = 1}); // hidden demand takes the stock empty again and again
    demand.taken(start, {.idle = 1});
    QCOMPARE(demand.surplus(), 0);
}

void tst_Demand::waitForACheckIsNoShortage()
{
    Demand demand({.minimumCapacity = 7, .maximumCapacity = 7});
    demand.taken(start, {.idle = 7}, true);
    QCOMPARE(demand.surplus(), 7);
    QCOMPARE(demand.recentWaitShare(start), 1.0);
    demand.taken(start, {.idle = 0}, true);
    QCOMPARE(demand.surplus(), 0);
}

void tst_Demand::noSurplusWhereThereIsRoom()
{
    QCOMPARE(Demand({.minimumCapacity = 7, .maximumCapacity = 10}).surplus(), 4);
    QCOMPARE(Demand({.minimumCapacity = 7, .maximumCapacity = 14}).surplus(), 0);
    QCOMPARE(Demand({.minimumCapacity = 0, .maximumCapacity = 1}).surplus(), 0);
    Demand demand({.minimumCapacity = 5, .maximumCapacity = 20});
    for (int i = 0; i < 100; ++i)
        demand.foundNoRoom();
    QCOMPARE(demand.surplus(), 0);
}

void tst_Demand::newDemandIsNoSurplus()
{
    Demand demand = demandWith(60ms, {.minimumCapacity = 5, .maximumCapacity = 20});
    for (int second = 0; second < 60; ++second) {
        for (int i = 0; i < 15; ++i)
            take(demand, start + second * 1s);
    }
    QVERIFY(demand.target() >= 15);
    QCOMPARE(demand.surplus(), 0);
    demand.foundNoRoom();
    QCOMPARE(demand.surplus(), 1);
}

void tst_Demand::recentWaitShareIsOfFiveMinutes()
{
    Demand demand(limits);
    for (int i = 0; i < 10; ++i)
        demand.taken(start, {.idle = i < 5 ? 0 : 1});
    QCOMPARE(demand.recentWaitShare(start), 0.5);
    QCOMPARE(demand.recentWaitShare(start + 4min), 0.5);
    for (int i = 0; i < 30; ++i)
        demand.taken(start + 4min, {.idle = 1});
    QCOMPARE(demand.recentWaitShare(start + 4min), 0.125);
    QCOMPARE(demand.recentWaitShare(start + 6min), 0);
    QCOMPARE(demand.recentWaitShare(start + 24h), 0);
}

QTEST_APPLESS_MAIN(tst_Demand)
#include "tst_demand.moc"
