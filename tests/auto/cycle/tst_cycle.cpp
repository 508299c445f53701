// SPDX-License-Identifier: BSD-3-Clause
#include "sizing/cycle.h"

#include <QtTest/QTest>

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>
#include <random>
#include <tuple>

using namespace QNetPool;
using namespace std::chrono_literals;

class tst_Cycle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void startsAtTheMinimums();
    void oneRoundFillsToCapacity();
    void neverMoreAtOnceThanMaximumPending();
    void fullStockEndsTheRoundAtOnce();
    void intervalIsAdjustedAtTheStartOfARound();
    void capacityIsAdjustedAtTheEndOfARound();
    void fixedLimitsAdjustNothing();

    void creatingNothingBeginsAnOutageAndThePausesGrow();
    void oneDialProbesDuringAnOutage();
    void successEndsTheOutageAndTheRestFollows();
    void nextOutageStartsWithShortPausesAgain();
    void stockFilledByOthersEndsTheOutage();
    void roundThatTriedNothingIsNoOutage();
    void oneSuccessAmongFailuresIsNoOutage();
    void moreFailuresThanSuccessesStopTheRound();
    void probesGoOnWhileAllTakeLong();
    void whatALaterSuccessHasOvertakenIsNoFailure();
    void laterSuccessesLetTheRoundGoOn();

    void waitersStartARoundOfTheirOwn();
    void waitersRoundLeavesCapacityAndSleepAlone();
    void whatWaitersHadDialledCountsForTheCapacity();
    void demandIsMetOnce();
    void demandJoinsTheRoundThatRuns();
    void waitersCountInTheTimersRound();
    void timerTakesOverTheRoundOfWaiters();
    void demandDuringAnOutageDialsNothing();
    void failedRoundOfWaitersBeginsAnOutage();
    void oneFailureIsAnAccident();
    void firstFailureOfAPeerIsAnOutage();
    void whatFailsTwiceIsAnOutage();
    void firstPauseIsShortHoweverIdleItWas();

    void roundWithoutRoomEnds();
    void whatIsInFlightIsAwaitedWithoutRoom();
    void withoutRoomThePauseOfTheTimerGoesOn();
    void roundThatCouldLaunchNoneIsNoOutage();
    void roundWithoutRoomThatFailedIsAnOutage();
    void roundWithoutRoomDuringAnOutageLeavesItAsItIs();
    void whatWasForgoneIsNotMadeUpFor();
    void demandAsksAgainOnceThereIsRoom();
    void onlyWhatWasCreatedCountsForTheCapacityWithoutRoom();
    void forgoWithNothingWantedChangesNothing();

    void roundEndsThoughDemandIsDialledOn();
    void capacityFollowsDemandThatNeverPauses();
    void outageBeginsThoughDemandIsDialledOn();
    void whatNobodyWantsAnyMoreIsNotDialled();
    void whatCameBackIsNotDialled();

    void targetIsKeptBetweenRounds();
    void waitersComeOnTopOfTheTarget();
    void capacityIsTheTarget();
    void rulesAreSwitchedInTheMiddle();
    void whatIdledOutIsNotDialledButForOne();
    void surplusIsNotDialledBetweenRounds();
    void lowerMinimumLowersTheCapacity();
    void nothingOnDemandBeforeItIsAskedFor();
    void heldBackByMaximumPending();

    void oneOfManyThatDiesIsNoOutage();
    void mostThatDieAreAnOutage();
    void probeThatDiesPostponesTheNext();
    void probeHasToSurviveBeforeTheOthersFollow();
    void refusalAfterADeathIsAPlainOutage();
    void anotherPeerBeginsAfresh();

    void newLimitsBoundCapacityAndIntervalAtOnce();
    void newLimitsCountInTheMiddleOfARound();
    void newMaximumBoundsTheBackoff();
    void aDayOfPoolLife();
};

static const Sizing tenToTwenty{.minimumCapacity = 10,
                                .maximumCapacity = 20,
                                .minimumInterval = 500ms,
                                .maximumInterval = 5s,
                                .maximumBackoff = 60s,
                                .maximumPending = 64,
                                .rule = ClientPool::Rule::Stepwise};

static Sizing withPending(int maximumPending)
{
    Sizing limits = tenToTwenty;
    limits.maximumPending = maximumPending;
    return limits;
}

static int launchAll(Cycle &cycle)
{
    int launched = 0;
    for (; cycle.dialsWanted() > 0 && launched < 1000; ++launched)
        cycle.launched();
    return launched;
}

static void finish(Cycle &cycle, int count, bool created)
{
    for (int i = 0; i < count; ++i)
        cycle.finished(created);
}

// Launches and finishes until the round is over. Returns the number of dials.
static int runRound(Cycle &cycle, bool created)
{
    int dials = 0;
    while (!cycle.isOver()) {
        const int launched = launchAll(cycle);
        if (!launched)
            return -1; // stuck: nothing to launch, and yet not over
        finish(cycle, launched, created);
        dials += launched;
    }
    return dials;
}

// A round of the timer from the start to the end; the pause after it.
static milliseconds timerRound(Cycle &cycle, int idle, bool created, double random = 0)
{
    cycle.begin({.idle = idle, .waiting = 0});
    runRound(cycle, created);
    return cycle.end(random).value_or(0ms);
}

void tst_Cycle::startsAtTheMinimums()
{
    const Cycle cycle(tenToTwenty);
    QCOMPARE(cycle.capacity(), 10);
    QCOMPARE(cycle.interval().count(), 500);
    QVERIFY(!cycle.isOutage());
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(!cycle.isOver()); // there is no round that could be
}

void tst_Cycle::oneRoundFillsToCapacity()
{
    Cycle cycle(tenToTwenty);
    cycle.begin({.idle = 4, .waiting = 0});
    QCOMPARE(cycle.dialsWanted(), 6);
    QCOMPARE(launchAll(cycle), 6);
    QVERIFY(!cycle.isOver());
    finish(cycle, 5, true);
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(!cycle.isOver()); // one is on its way
    cycle.finished(true);
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::optional(500ms));
    QVERIFY(!cycle.isOver()); // once
    QVERIFY(!cycle.isOutage());
}

void tst_Cycle::neverMoreAtOnceThanMaximumPending()
{
    Cycle cycle(withPending(3));
    cycle.begin({.idle = 0, .waiting = 0});
    QCOMPARE(cycle.dialsWanted(), 3);
    cycle.launched();
    QCOMPARE(cycle.dialsWanted(), 2);
    QCOMPARE(launchAll(cycle), 2);
    int launched = 3;
    int inFlight = 3;
    while (inFlight) {
        cycle.finished(true);
        QVERIFY(launched == 10 || !cycle.isOver());
        const int more = launchAll(cycle);
        QCOMPARE(more, launched < 10 ? 1 : 0); // for each that ends, one more
        launched += more;
        inFlight += more - 1;
    }
    QCOMPARE(launched, 10);
    QVERIFY(cycle.isOver());
}

void tst_Cycle::fullStockEndsTheRoundAtOnce()
{
    for (const int idle : {10, 11, 1000}) {
        Cycle cycle(tenToTwenty);
        cycle.begin({.idle = idle, .waiting = 0});
        QCOMPARE(cycle.dialsWanted(), 0);
        QVERIFY(cycle.isOver());
        QCOMPARE(cycle.end(0), std::optional(600ms));
    }
}

void tst_Cycle::intervalIsAdjustedAtTheStartOfARound()
{
    Cycle cycle(tenToTwenty);
    cycle.begin({.idle = 10, .waiting = 0});
    QCOMPARE(cycle.interval().count(), 600); // before anything is dialled
    runRound(cycle, true);
    QCOMPARE(cycle.end(0), std::optional(600ms));
    QCOMPARE(timerRound(cycle, 10, true).count(), 700);
    QCOMPARE(timerRound(cycle, 5, true).count(), 700);
    QCOMPARE(timerRound(cycle, 0, true).count(), 600);
    for (int i = 0; i < 100; ++i)
        timerRound(cycle, 20, true);
    QCOMPARE(cycle.interval().count(), 5000);
    for (int i = 0; i < 100; ++i)
        timerRound(cycle, 0, true);
    QCOMPARE(cycle.interval().count(), 500);
}

void tst_Cycle::capacityIsAdjustedAtTheEndOfARound()
{
    Cycle cycle(tenToTwenty);
    cycle.begin({.idle = 0, .waiting = 0});
    runRound(cycle, true); // 10 of 10
    QCOMPARE(cycle.capacity(), 10); // the end is still to come
    cycle.end(0);
    QCOMPARE(cycle.capacity(), 11);
    timerRound(cycle, 6, true); // 5 of 11
    QCOMPARE(cycle.capacity(), 11);
    timerRound(cycle, 1, true); // 10 of 11
    QCOMPARE(cycle.capacity(), 12);
    timerRound(cycle, 10, true); // 2 of 12
    QCOMPARE(cycle.capacity(), 11);
    timerRound(cycle, 11, true); // 0 of 11
    QCOMPARE(cycle.capacity(), 10);
    timerRound(cycle, 10, true);
    QCOMPARE(cycle.capacity(), 10); // the minimum
    for (int i = 0; i < 50; ++i)
        timerRound(cycle, 0, true);
    QCOMPARE(cycle.capacity(), 20); // the maximum
}

void tst_Cycle::fixedLimitsAdjustNothing()
{
    Cycle cycle({.minimumCapacity = 3,
                 .maximumCapacity = 3,
                 .minimumInterval = 1s,
                 .maximumInterval = 1s,
                 .rule = ClientPool::Rule::Stepwise});
    for (const int idle : {0, 3, 0, 0, 3, 3, 100}) {
        QCOMPARE(timerRound(cycle, idle, true).count(), 1000);
        QCOMPARE(cycle.capacity(), 3);
    }
}

void tst_Cycle::creatingNothingBeginsAnOutageAndThePausesGrow()
{
    Cycle cycle(tenToTwenty);
    QCOMPARE(timerRound(cycle, 0, false).count(), 1000);
    QVERIFY(cycle.isOutage());
    QCOMPARE(cycle.interval().count(), 1000); // the pause in force
    for (const int expected : {2000, 4000, 8000, 16000, 32000, 60000, 60000}) {
        QCOMPARE(timerRound(cycle, 0, false).count(), expected);
        QCOMPARE(cycle.interval().count(), expected);
        QVERIFY(cycle.isOutage());
    }
    QCOMPARE(timerRound(cycle, 0, false, 0.5).count(), 52500); // the caller's random numbers make the jitter
}

void tst_Cycle::oneDialProbesDuringAnOutage()
{
    Cycle cycle(tenToTwenty);
    timerRound(cycle, 0, false);
    for (int i = 0; i < 10; ++i) {
        cycle.begin({.idle = 0, .waiting = 7});
        QCOMPARE(cycle.dialsWanted(), 1);
        QCOMPARE(launchAll(cycle), 1);
        QVERIFY(!cycle.isOver());
        cycle.finished(false);
        QCOMPARE(cycle.dialsWanted(), 0);
        QVERIFY(cycle.isOver());
        QVERIFY(cycle.end(0));
        QVERIFY(cycle.isOutage());
    }
}

void tst_Cycle::successEndsTheOutageAndTheRestFollows()
{
    Cycle cycle(tenToTwenty);
    for (int i = 0; i < 5; ++i)
        timerRound(cycle, 0, false);
    cycle.begin({.idle = 0, .waiting = 0});
    QCOMPARE(launchAll(cycle), 1);
    QVERIFY(cycle.isOutage()); // until the probe is back
    cycle.finished(true);
    QVERIFY(!cycle.isOutage());
    QCOMPARE(cycle.interval().count(), 500);
    QVERIFY(!cycle.isOver());
    QCOMPARE(launchAll(cycle), 9); // in the same round
    finish(cycle, 9, true);
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::optional(500ms));
    QCOMPARE(cycle.capacity(), 11);
}

void tst_Cycle::nextOutageStartsWithShortPausesAgain()
{
    Cycle cycle(tenToTwenty);
    for (int i = 0; i < 8; ++i)
        timerRound(cycle, 0, false);
    QCOMPARE(cycle.interval().count(), 60000);
    timerRound(cycle, 0, true);
    QVERIFY(!cycle.isOutage());
    QCOMPARE(timerRound(cycle, 0, false).count(), 1000);
    QCOMPARE(timerRound(cycle, 0, false).count(), 2000);
}

void tst_Cycle::stockFilledByOthersEndsTheOutage()
{
    Cycle cycle(tenToTwenty);
    timerRound(cycle, 0, false);
    cycle.begin({.idle = 9, .waiting = 0}); // one is missing, so the peer is asked
    QVERIFY(cycle.isOutage());
    QCOMPARE(runRound(cycle, false), 1);
    cycle.end(0);
    QVERIFY(cycle.isOutage());
    cycle.begin({.idle = 10, .waiting = 0}); // given back by their holders
    QVERIFY(!cycle.isOutage());
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::optional(700ms)); // no backoff: an interval that two full stocks have lengthened
    cycle.demand({.waiting = 2});
    QCOMPARE(cycle.dialsWanted(), 2);
}

void tst_Cycle::roundThatTriedNothingIsNoOutage()
{
    Cycle cycle(tenToTwenty);
    for (int i = 0; i < 10; ++i) {
        timerRound(cycle, 20, false);
        QVERIFY(!cycle.isOutage());
    }
}

void tst_Cycle::oneSuccessAmongFailuresIsNoOutage()
{
    Cycle cycle(tenToTwenty);
    cycle.begin({.idle = 0, .waiting = 0});
    QCOMPARE(launchAll(cycle), 10);
    finish(cycle, 9, false);
    QVERIFY(!cycle.isOver());
    cycle.finished(true);
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::optional(500ms));
    QVERIFY(!cycle.isOutage());
    QCOMPARE(cycle.capacity(), 9 + 1); // a tenth is under 20 %, and the minimum holds
    QCOMPARE(timerRound(cycle, 0, false).count(), 1000); // its nine failures are not carried on
}

// One at a time, whenever one is due, beyond maximumPending, and up to twice as many.
void tst_Cycle::probesGoOnWhileAllTakeLong()
{
    Sizing limits = withPending(4);
    limits.rule = ClientPool::Rule::Predictive;
    for (const int waiting : {0, 100}) {
        Cycle cycle(limits);
        cycle.begin({.waiting = waiting, .target = 4});
        QCOMPARE(launchAll(cycle), 4);
        for (int probe = 1; probe <= 4; ++probe) {
            cycle.demand({.pending = 3 + probe, .waiting = waiting, .target = 4});
            QCOMPARE(cycle.dialsWanted(), 0);
            cycle.demand({.pending = 3 + probe, .isProbeDue = true, .waiting = waiting, .target = 4});
            QCOMPARE(launchAll(cycle), 1);
        }
        cycle.demand({.pending = 8, .isProbeDue = true, .waiting = waiting, .target = 4});
        QCOMPARE(cycle.dialsWanted(), 0);
        cycle.finished(true); // the last probe: the others are not counted on any more
        cycle.demand({.idle = 1, .pending = 0, .late = 7, .waiting = waiting, .target = 4});
        QCOMPARE(cycle.dialsWanted(), 1); // to twice as many
    }
}

// It took too long, and ends when nobody counts on it any more: a server that does not answer one dial in ten is none that is away.
void tst_Cycle::whatALaterSuccessHasOvertakenIsNoFailure()
{
    Sizing limits = tenToTwenty;
    limits.rule = ClientPool::Rule::Predictive;
    Cycle cycle(limits);
    cycle.begin({.target = 10});
    QCOMPARE(launchAll(cycle), 10);
    cycle.finished(true);
    for (int i = 0; i < 9; ++i) {
        cycle.finishedInVain();
        cycle.demand({.waiting = 20, .target = 10});
        QVERIFY2(cycle.dialsWanted() > 0, QByteArray::number(i).constData());
    }
    finish(cycle, launchAll(cycle), true);
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::optional(500ms));
    cycle.demand({.idle = 9, .target = 10});
    QCOMPARE(launchAll(cycle), 1);
    cycle.finishedInVain(); // and no success in this round
    QVERIFY(cycle.isOver());
    QVERIFY(!cycle.end(0));
    QVERIFY(!cycle.isOutage());
}

void tst_Cycle::moreFailuresThanSuccessesStopTheRound()
{
    Cycle cycle(withPending(2));
    cycle.begin({.idle = 0, .waiting = 0});
    QCOMPARE(launchAll(cycle), 2);
    cycle.finished(true);
    QCOMPARE(launchAll(cycle), 1);
    cycle.finished(false); // one each
    QCOMPARE(launchAll(cycle), 1);
    cycle.finished(false); // two of three have failed
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(!cycle.isOver()); // what is on its way is waited for
    cycle.finished(false);
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(cycle.isOver()); // six of ten were never tried
    QCOMPARE(cycle.end(0), std::optional(500ms));

    cycle.demand(
            {.waiting = 1}); // the next round starts with a clean sheet: neither those six nor the failures are carried on
    QCOMPARE(cycle.dialsWanted(), 1);
    QCOMPARE(runRound(cycle, true), 1);
    QCOMPARE(cycle.end(0), std::nullopt);
    QCOMPARE(cycle.dialsWanted(), 0);
}

void tst_Cycle::laterSuccessesLetTheRoundGoOn()
{
    Cycle cycle(withPending(4));
    cycle.begin({.idle = 0, .waiting = 0});
    QCOMPARE(launchAll(cycle), 4);
    cycle.finished(false); // the first that came back, no more
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(!cycle.isOver());
    cycle.finished(true);
    QCOMPARE(launchAll(cycle), 2);
    finish(cycle, 4, true);
    QCOMPARE(launchAll(cycle), 4);
    finish(cycle, 4, true);
    QVERIFY(cycle.isOver());
}

void tst_Cycle::waitersStartARoundOfTheirOwn()
{
    Cycle cycle(tenToTwenty);
    timerRound(cycle, 0, true);
    QCOMPARE(cycle.dialsWanted(), 0);
    cycle.demand({.waiting = 3});
    QCOMPARE(cycle.dialsWanted(), 3);
    QVERIFY(!cycle.isOver());
    QCOMPARE(launchAll(cycle), 3);
    finish(cycle, 3, true);
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::nullopt); // the sleep goes on
    QVERIFY(!cycle.isOver());

    cycle.demand({.waiting = 200}); // as parallel as any, and beyond the capacity: each of them waits
    QCOMPARE(cycle.dialsWanted(), 64);
    QCOMPARE(runRound(cycle, true), 200);
}

void tst_Cycle::waitersRoundLeavesCapacityAndSleepAlone()
{
    Cycle cycle(tenToTwenty);
    for (int i = 0; i < 3; ++i)
        timerRound(cycle, 0, true);
    QCOMPARE(cycle.capacity(), 13);
    QCOMPARE(timerRound(cycle, 12, true).count(), 600);
    QCOMPARE(cycle.capacity(), 12);
    for (const int waiting : {1, 5, 12, 30}) {
        cycle.demand({.waiting = waiting});
        QCOMPARE(runRound(cycle, true), waiting);
        QCOMPARE(cycle.end(0), std::nullopt);
        QCOMPARE(cycle.capacity(), 12);
        QCOMPARE(cycle.interval().count(), 600);
    }
}

void tst_Cycle::whatWaitersHadDialledCountsForTheCapacity()
{
    Cycle cycle(tenToTwenty);
    for (int i = 0; i < 3; ++i) { // three a time: each alone would be in the middle
        cycle.demand({.waiting = 3});
        runRound(cycle, true);
        cycle.end(0);
    }
    QCOMPARE(cycle.capacity(), 10);
    timerRound(cycle, 10, true); // nothing to dial itself
    QCOMPARE(cycle.capacity(), 11); // 9 of 10 since the last adjustment
    timerRound(cycle, 11, true);
    QCOMPARE(cycle.capacity(), 10); // counted once
}

void tst_Cycle::demandIsMetOnce()
{
    Cycle cycle(tenToTwenty);
    cycle.demand({.waiting = 0});
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(!cycle.isOver());
    cycle.demand({.waiting = 2});
    cycle.demand({.waiting = 2}); // the same two, asked for again
    QCOMPARE(cycle.dialsWanted(), 2);
    QCOMPARE(launchAll(cycle), 2);
    cycle.demand({.waiting = 2});
    QCOMPARE(cycle.dialsWanted(), 0); // two are on their way
    cycle.demand({.waiting = 3});
    QCOMPARE(launchAll(cycle), 1);
    cycle.finished(true);
    cycle.demand({.waiting = 2}); // one of three has been served
    QCOMPARE(cycle.dialsWanted(), 0);
    finish(cycle, 2, true);
    cycle.demand({.waiting = 0});
    QVERIFY(cycle.isOver());
}

void tst_Cycle::demandJoinsTheRoundThatRuns()
{
    Cycle cycle(tenToTwenty);
    cycle.begin({.idle = 4, .waiting = 0});
    QCOMPARE(launchAll(cycle), 6);
    cycle.demand({.waiting = 5}); // served by what is on its way
    QCOMPARE(cycle.dialsWanted(), 0);
    cycle.demand({.waiting = 8});
    QCOMPARE(launchAll(cycle), 2);
    finish(cycle, 8, true);
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::optional(500ms)); // and it is the timer's all the same
}

void tst_Cycle::waitersCountInTheTimersRound()
{
    for (const auto &[idle, waiting, dials] : {std::tuple(0, 30, 30), std::tuple(0, 4, 10), std::tuple(10, 0, 0)}) {
        Cycle cycle(tenToTwenty);
        cycle.begin({.idle = idle, .waiting = waiting});
        QCOMPARE(runRound(cycle, true), dials);
    }
}

void tst_Cycle::timerTakesOverTheRoundOfWaiters()
{
    Cycle cycle(tenToTwenty);
    cycle.demand({.waiting = 3});
    QCOMPARE(launchAll(cycle), 3);
    cycle.begin({.idle = 0, .waiting = 3}); // the sleep is over while they are on their way
    QCOMPARE(launchAll(cycle), 7); // they count
    finish(cycle, 10, true);
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::optional(500ms)); // or the timer would never start again
    QCOMPARE(cycle.capacity(), 11);

    cycle.demand({.waiting = 3});
    QCOMPARE(launchAll(cycle), 3);
    cycle.begin({.idle = 11, .waiting = 3}); // none is missing but these
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(!cycle.isOver());
    finish(cycle, 3, false);
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::optional(1200ms)); // twice an interval that has grown
    QVERIFY(cycle.isOutage());
}

void tst_Cycle::demandDuringAnOutageDialsNothing()
{
    Cycle cycle(tenToTwenty);
    timerRound(cycle, 0, false);
    for (const int waiting : {1, 10, 1000}) {
        cycle.demand({.waiting = waiting});
        QCOMPARE(cycle.dialsWanted(), 0);
        QVERIFY(!cycle.isOver());
    }
    cycle.begin({.idle = 0, .waiting = 30});
    QCOMPARE(launchAll(cycle), 1);
    cycle.demand({.waiting = 31});
    QCOMPARE(cycle.dialsWanted(), 0); // the probe decides
    cycle.finished(true);
    QCOMPARE(launchAll(cycle), 29);
    cycle.demand({.waiting = 31});
    QCOMPARE(launchAll(cycle), 2); // now demand counts again
}

void tst_Cycle::failedRoundOfWaitersBeginsAnOutage()
{
    Cycle cycle(tenToTwenty);
    timerRound(cycle, 0, true);
    cycle.demand({.waiting = 2});
    QCOMPARE(runRound(cycle, false), 2);
    QCOMPARE(cycle.end(0), std::optional(1000ms)); // no sleep from before is shorter than the backoff
    QVERIFY(cycle.isOutage());
    QCOMPARE(cycle.capacity(), 11); // the end of a cycle it was not
    cycle.demand({.waiting = 2});
    QCOMPARE(cycle.dialsWanted(), 0);
    QCOMPARE(timerRound(cycle, 0, false).count(), 2000);
}

static Sizing predictiveLimits()
{
    Sizing limits = tenToTwenty;
    limits.rule = ClientPool::Rule::Predictive;
    return limits;
}

// Of 50 takes, one's dial is refused.
void tst_Cycle::oneFailureIsAnAccident()
{
    Cycle cycle(predictiveLimits());
    timerRound(cycle, 0, true);
    for (int i = 0; i < 50; ++i) {
        cycle.demand({.idle = 9, .target = 10});
        QCOMPARE(launchAll(cycle), 1);
        if (i % 10 == 0) {
            cycle.finished(false);
            QVERIFY(cycle.isOver());
            QVERIFY(!cycle.end(0)); // no pause
            QVERIFY(!cycle.isOutage());
            cycle.demand({.idle = 9, .target = 10});
            QCOMPARE(launchAll(cycle), 1); // at once
        }
        cycle.finished(true);
        cycle.end(0);
    }
}

// Nothing says that the peer is there at all.
void tst_Cycle::firstFailureOfAPeerIsAnOutage()
{
    Sizing one = predictiveLimits();
    one.minimumCapacity = one.maximumCapacity = 1;
    Cycle cycle(one);
    QCOMPARE(timerRound(cycle, 0, false).count(), 1000);
    QVERIFY(cycle.isOutage());
    timerRound(cycle, 0, true);
    timerRound(cycle, 0, false);
    QVERIFY(!cycle.isOutage());
    cycle.beginAfresh();
    timerRound(cycle, 0, false);
    QVERIFY(cycle.isOutage());
}

void tst_Cycle::whatFailsTwiceIsAnOutage()
{
    Cycle cycle(predictiveLimits());
    timerRound(cycle, 0, true);
    cycle.demand({.idle = 9, .target = 10});
    QCOMPARE(runRound(cycle, false), 1);
    QVERIFY(!cycle.end(0));
    cycle.demand({.idle = 9, .target = 10});
    QCOMPARE(runRound(cycle, false), 1);
    QCOMPARE(cycle.end(0), std::optional(1000ms));
    QVERIFY(cycle.isOutage());
    cycle.demand({.idle = 9, .target = 10});
    QCOMPARE(cycle.dialsWanted(), 0);
}

void tst_Cycle::firstPauseIsShortHoweverIdleItWas()
{
    Cycle cycle(predictiveLimits());
    for (int i = 0; i < 100; ++i)
        timerRound(cycle, 10, true);
    QCOMPARE(cycle.interval().count(), 5000);
    QCOMPARE(timerRound(cycle, 0, false).count(), 1000);
    QCOMPARE(timerRound(cycle, 0, false).count(), 2000);
    timerRound(cycle, 0, true);
    QCOMPARE(cycle.interval().count(), 4700); // each round that found nothing idle has shortened it
}

static void launch(Cycle &cycle, int count)
{
    for (int i = 0; i < count; ++i)
        cycle.launched();
}

void tst_Cycle::roundWithoutRoomEnds()
{
    Cycle cycle(tenToTwenty);
    cycle.begin({.idle = 4, .waiting = 0});
    QCOMPARE(cycle.dialsWanted(), 6);
    cycle.forgo();
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(cycle.isOver());
    const auto pause = cycle.end(0);
    QCOMPARE(pause, std::optional(500ms));
    QVERIFY(!cycle.isOver()); // once
}

void tst_Cycle::whatIsInFlightIsAwaitedWithoutRoom()
{
    Cycle cycle(withPending(3));
    cycle.begin({.idle = 0, .waiting = 0});
    launch(cycle, 3);
    cycle.finished(true);
    QCOMPARE(cycle.dialsWanted(), 1);
    cycle.forgo(); // seven that there is no room for
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(!cycle.isOver());
    cycle.finished(true);
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(!cycle.isOver());
    cycle.demand({.waiting = 2}); // one of them is on its way
    QCOMPARE(cycle.dialsWanted(), 1);
    cycle.forgo();
    cycle.finished(true);
    QVERIFY(cycle.isOver());
    const auto pause = cycle.end(0);
    QCOMPARE(pause, std::optional(500ms));
}

void tst_Cycle::withoutRoomThePauseOfTheTimerGoesOn()
{
    Cycle cycle(tenToTwenty);
    timerRound(cycle, 10, true);
    QCOMPARE(cycle.interval().count(), 600);
    cycle.demand({.waiting = 5});
    launch(cycle, 2);
    cycle.forgo();
    QVERIFY(!cycle.isOver());
    finish(cycle, 2, true);
    QVERIFY(cycle.isOver());
    auto pause = cycle.end(0);
    QCOMPARE(pause, std::nullopt);
    cycle.demand({.waiting = 5});
    cycle.forgo();
    QVERIFY(cycle.isOver());
    pause = cycle.end(0);
    QCOMPARE(pause, std::nullopt); // nor does one that launched none start it anew
    QCOMPARE(cycle.interval().count(), 600);

    cycle.demand({.waiting = 5});
    launch(cycle, 1);
    cycle.begin({.idle = 0, .waiting = 5}); // the timer's takes it over
    cycle.forgo();
    cycle.finished(true);
    QVERIFY(cycle.isOver());
    pause = cycle.end(0);
    QCOMPARE(pause, std::optional(500ms));
}

void tst_Cycle::roundThatCouldLaunchNoneIsNoOutage()
{
    Cycle cycle(tenToTwenty);
    for (int i = 0; i < 10; ++i) {
        cycle.begin({.idle = 0, .waiting = i});
        cycle.forgo();
        QVERIFY(cycle.isOver());
        auto pause = cycle.end(0);
        QCOMPARE(pause, std::optional(500ms)); // it does not grow
        QVERIFY(!cycle.isOutage());
        cycle.demand({.waiting = 3});
        QCOMPARE(cycle.dialsWanted(), 3); // rather than wait for a probe
        cycle.forgo();
        QVERIFY(cycle.isOver());
        pause = cycle.end(0);
        QCOMPARE(pause, std::nullopt);
        QVERIFY(!cycle.isOutage());
    }
    const milliseconds first = timerRound(cycle, 0, false);
    QCOMPARE(first.count(), 1000); // no failure was counted before it
}

void tst_Cycle::roundWithoutRoomThatFailedIsAnOutage()
{
    Cycle cycle(tenToTwenty);
    cycle.begin({.idle = 0, .waiting = 0});
    launch(cycle, 2);
    cycle.forgo();
    finish(cycle, 2, false); // all that were tried
    QVERIFY(cycle.isOver());
    const auto pause = cycle.end(0);
    QCOMPARE(pause, std::optional(1000ms));
    QVERIFY(cycle.isOutage());
}

void tst_Cycle::roundWithoutRoomDuringAnOutageLeavesItAsItIs()
{
    Cycle cycle(tenToTwenty);
    timerRound(cycle, 0, false);
    timerRound(cycle, 0, false);
    QCOMPARE(cycle.interval().count(), 2000);
    for (int i = 0; i < 3; ++i) {
        cycle.begin({.idle = 0, .waiting = 2});
        QCOMPARE(cycle.dialsWanted(), 1);
        cycle.forgo();
        QVERIFY(cycle.isOver());
        const auto pause = cycle.end(0);
        QCOMPARE(pause, std::optional(2000ms)); // nobody was asked: neither longer nor shorter
        QVERIFY(cycle.isOutage());
    }
    timerRound(cycle, 0, false);
    QCOMPARE(cycle.interval().count(), 4000);

    cycle.begin({.idle = 0, .waiting = 0});
    launch(cycle, 1);
    cycle.forgo(); // there was room for the probe alone
    cycle.finished(true);
    QVERIFY(!cycle.isOutage());
    QVERIFY(cycle.isOver());
    const auto pause = cycle.end(0);
    QCOMPARE(pause, std::optional(500ms));
}

void tst_Cycle::whatWasForgoneIsNotMadeUpFor()
{
    Cycle cycle(tenToTwenty);
    cycle.begin({.idle = 0, .waiting = 0});
    launch(cycle, 1);
    cycle.forgo();
    cycle.finished(true);
    QCOMPARE(cycle.dialsWanted(), 0);
    cycle.end(0);
    cycle.begin({.idle = 8, .waiting = 0}); // the next round sees for itself what is missing
    QCOMPARE(cycle.dialsWanted(), 2);
    cycle.forgo();
    cycle.end(0);
    cycle.demand({.waiting = 1});
    QCOMPARE(cycle.dialsWanted(), 1);
}

void tst_Cycle::demandAsksAgainOnceThereIsRoom()
{
    Cycle cycle(tenToTwenty);
    cycle.demand({.waiting = 4});
    launch(cycle, 1);
    cycle.forgo();
    cycle.demand({.waiting = 4}); // somebody closed one
    QCOMPARE(cycle.dialsWanted(), 3);
    launch(cycle, 1);
    cycle.forgo();
    finish(cycle, 2, true);
    QVERIFY(cycle.isOver());
    cycle.end(0);
    cycle.demand({.waiting = 2});
    QCOMPARE(cycle.dialsWanted(), 2); // between rounds, too
}

void tst_Cycle::onlyWhatWasCreatedCountsForTheCapacityWithoutRoom()
{
    for (const auto &[created, capacity] :
         {std::tuple(0, 14), std::tuple(2, 14), std::tuple(3, 15), std::tuple(12, 15), std::tuple(13, 16)}) {
        Cycle cycle(tenToTwenty);
        for (int i = 0; i < 5; ++i)
            timerRound(cycle, 0, true);
        QCOMPARE(cycle.capacity(), 15);
        cycle.begin({.idle = 0, .waiting = 0});
        launch(cycle, created);
        cycle.forgo();
        finish(cycle, created, true);
        QVERIFY(cycle.isOver());
        QCOMPARE(cycle.capacity(), 15); // the end is still to come
        cycle.end(0);
        QCOMPARE(cycle.capacity(), capacity);
    }

    // What was dialled for waiters counts, whether there was room for all of them or not.
    Cycle cycle(tenToTwenty);
    cycle.demand({.waiting = 20});
    launch(cycle, 9);
    cycle.forgo();
    finish(cycle, 9, true);
    cycle.end(0);
    QCOMPARE(cycle.capacity(), 10);
    cycle.begin({.idle = 0, .waiting = 0});
    cycle.forgo();
    cycle.end(0);
    QCOMPARE(cycle.capacity(), 11);
}

void tst_Cycle::forgoWithNothingWantedChangesNothing()
{
    Cycle cycle(tenToTwenty);
    cycle.forgo(); // there is no round
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(!cycle.isOver());
    cycle.begin({.idle = 4, .waiting = 0});
    launch(cycle, 6);
    cycle.forgo();
    QVERIFY(!cycle.isOver());
    finish(cycle, 6, true);
    QVERIFY(cycle.isOver());
    const auto pause = cycle.end(0);
    QCOMPARE(pause, std::optional(500ms));
    cycle.forgo();
    QVERIFY(!cycle.isOver());
    cycle.demand({.waiting = 2});
    QCOMPARE(cycle.dialsWanted(), 2);
}

void tst_Cycle::newLimitsBoundCapacityAndIntervalAtOnce()
{
    Cycle cycle(tenToTwenty);
    for (int i = 0; i < 5; ++i)
        timerRound(cycle, 0, true);
    timerRound(cycle, 15, true);
    QCOMPARE(cycle.capacity(), 14);
    QCOMPARE(cycle.interval().count(), 600);

    Sizing limits = tenToTwenty;
    cycle.setLimits(limits);
    QCOMPARE(cycle.capacity(), 14); // within: as they were
    QCOMPARE(cycle.interval().count(), 600);
    limits.minimumCapacity = 2;
    limits.maximumCapacity = 4;
    limits.minimumInterval = 50ms;
    limits.maximumInterval = 70ms;
    cycle.setLimits(limits);
    QCOMPARE(cycle.capacity(), 4);
    QCOMPARE(cycle.interval().count(), 70);
    limits.minimumCapacity = limits.maximumCapacity = 100;
    limits.minimumInterval = limits.maximumInterval = 9s;
    cycle.setLimits(limits);
    QCOMPARE(cycle.capacity(), 100);
    QCOMPARE(cycle.interval().count(), 9000);
    cycle.begin({.idle = 0, .waiting = 0});
    QCOMPARE(runRound(cycle, true), 100);
}

void tst_Cycle::newLimitsCountInTheMiddleOfARound()
{
    Cycle cycle(withPending(5));
    cycle.begin({.idle = 0, .waiting = 0});
    QCOMPARE(launchAll(cycle), 5);
    cycle.setLimits(withPending(2));
    QCOMPARE(cycle.dialsWanted(), 0); // not less than none
    finish(cycle, 3, true);
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(!cycle.isOver());
    cycle.finished(true);
    QCOMPARE(launchAll(cycle), 1);
    cycle.setLimits(withPending(64));
    QCOMPARE(launchAll(cycle), 4);
    finish(cycle, 6, true);
    QVERIFY(cycle.isOver());
}

void tst_Cycle::newMaximumBoundsTheBackoff()
{
    Cycle cycle(tenToTwenty);
    for (int i = 0; i < 8; ++i)
        timerRound(cycle, 0, false);
    QCOMPARE(cycle.interval().count(), 60000);
    Sizing limits = tenToTwenty;
    limits.maximumBackoff = 10s;
    cycle.setLimits(limits);
    QVERIFY(cycle.isOutage()); // new limits bring no peer back
    QCOMPARE(timerRound(cycle, 0, false).count(), 10000);
}

void tst_Cycle::roundEndsThoughDemandIsDialledOn()
{
    Cycle cycle(tenToTwenty);
    cycle.begin({.idle = 5});
    QCOMPARE(launchAll(cycle), 5);
    for (int i = 0; i < 5; ++i) { // for each that arrives, another one waits
        cycle.finished(true);
        cycle.demand({.waiting = 5});
        QCOMPARE(launchAll(cycle), 1);
    }
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::optional(500ms));
    cycle.demand({.waiting = 5}); // on their way
    QCOMPARE(cycle.dialsWanted(), 0);
    finish(cycle, 5, true);
    QVERIFY(!cycle.isOver()); // they were nobody's round
    QVERIFY(!cycle.isOutage());
}

void tst_Cycle::capacityFollowsDemandThatNeverPauses()
{
    Cycle cycle(tenToTwenty);
    int inFlight = 0;
    for (int round = 0; round < 10; ++round) {
        cycle.begin({.waiting = 12});
        for (int i = 0; i < 100 && !cycle.isOver(); ++i) {
            cycle.demand({.waiting = 12});
            inFlight += launchAll(cycle);
            cycle.finished(true);
            --inFlight;
        }
        QVERIFY(cycle.isOver());
        QVERIFY(cycle.end(0));
        QVERIFY(inFlight > 0); // others are always on their way
    }
    QCOMPARE(cycle.capacity(), 20);
}

void tst_Cycle::outageBeginsThoughDemandIsDialledOn()
{
    Cycle cycle(tenToTwenty);
    int dials = 0;
    for (int i = 0; i < 1000; ++i) { // it has worked for long
        cycle.demand({.waiting = 10});
        launchAll(cycle);
        cycle.finished(true);
        if (cycle.isOver())
            QCOMPARE(cycle.end(0), std::nullopt);
    }
    for (int i = 0; i < 200 && !cycle.isOutage(); ++i) {
        cycle.demand({.waiting = 10});
        dials += launchAll(cycle);
        cycle.finished(false);
        if (cycle.isOver())
            cycle.end(0);
    }
    QVERIFY(cycle.isOutage());
    QVERIFY2(dials <= 20, qPrintable(QString::number(dials)));
}

void tst_Cycle::whatNobodyWantsAnyMoreIsNotDialled()
{
    Cycle cycle(tenToTwenty);
    cycle.demand({.waiting = 2000});
    QCOMPARE(launchAll(cycle), 64);
    finish(cycle, 64, true);
    cycle.demand({.waiting = 30}); // the others were served by what was given back
    QCOMPARE(launchAll(cycle), 30);
    finish(cycle, 30, true);
    QVERIFY(cycle.isOver());
    QCOMPARE(cycle.end(0), std::nullopt);

    cycle.demand({.waiting = 2000});
    QCOMPARE(launchAll(cycle), 64);
    cycle.demand({.waiting = 0}); // all have timed out
    finish(cycle, 64, true);
    QCOMPARE(cycle.dialsWanted(), 0);
    QVERIFY(cycle.isOver());
}

void tst_Cycle::whatCameBackIsNotDialled()
{
    Cycle cycle(withPending(2));
    cycle.begin({.idle = 0});
    QCOMPARE(launchAll(cycle), 2);
    finish(cycle, 2, true);
    cycle.demand({.idle = 9}); // seven were given back meanwhile
    QCOMPARE(launchAll(cycle), 1);
    cycle.finished(true);
    QVERIFY(cycle.isOver());
}

static const Sizing predictive{.minimumCapacity = 2, .maximumCapacity = 50};

void tst_Cycle::targetIsKeptBetweenRounds()
{
    Cycle cycle(predictive);
    cycle.demand({.idle = 3, .target = 10});
    QCOMPARE(launchAll(cycle), 7);
    cycle.demand({.idle = 2, .target = 10});
    QCOMPARE(launchAll(cycle), 1);
    cycle.demand({.idle = 2, .target = 4}); // what is on its way arrives all the same
    QCOMPARE(cycle.dialsWanted(), 0);
    finish(cycle, 8, true);
    cycle.demand({.idle = 10, .target = 4});
    QCOMPARE(cycle.dialsWanted(), 0);
}

void tst_Cycle::waitersComeOnTopOfTheTarget()
{
    Cycle cycle(predictive);
    cycle.demand({.idle = 0, .waiting = 6, .target = 10});
    QCOMPARE(launchAll(cycle), 16);
    finish(cycle, 16, true);
    QCOMPARE(cycle.end(0), std::nullopt);
    cycle.begin({.idle = 10, .waiting = 0, .target = 10});
    QCOMPARE(cycle.dialsWanted(), 0);
}

void tst_Cycle::capacityIsTheTarget()
{
    Cycle cycle(predictive);
    QCOMPARE(cycle.capacity(), 2);
    cycle.demand({.idle = 10, .target = 10});
    QCOMPARE(cycle.capacity(), 10);
    for (int i = 0; i < 20; ++i) { // however much a cycle creates
        cycle.begin({.idle = 0, .target = 10});
        QCOMPARE(runRound(cycle, true), 10);
        cycle.end(0);
    }
    QCOMPARE(cycle.capacity(), 10);
    cycle.demand({.idle = 10, .target = 2});
    QCOMPARE(cycle.capacity(), 2);
}

void tst_Cycle::rulesAreSwitchedInTheMiddle()
{
    Cycle cycle(predictive);
    cycle.demand({.idle = 10, .target = 10});
    Sizing steps = predictive;
    steps.rule = ClientPool::Rule::Stepwise;
    cycle.setLimits(steps);
    cycle.demand({.idle = 10});
    QCOMPARE(cycle.capacity(), 10); // goes on from there
    timerRound(cycle, 10, true);
    QCOMPARE(cycle.capacity(), 9);
    cycle.setLimits(predictive);
    QCOMPARE(cycle.capacity(), 2);
}

void tst_Cycle::whatIdledOutIsNotDialledButForOne()
{
    Cycle cycle(predictive);
    cycle.begin({.idle = 7, .target = 10, .unreplaced = 3});
    QCOMPARE(cycle.dialsWanted(), 0);
    QCOMPARE(cycle.end(0), std::optional(500ms));
    cycle.begin({.idle = 0, .target = 10, .unreplaced = 300});
    QCOMPARE(runRound(cycle, true), 1);
    cycle.end(0);
    cycle.demand({.idle = 0, .target = 10}); // somebody has come
    QCOMPARE(launchAll(cycle), 10);
}

void tst_Cycle::surplusIsNotDialledBetweenRounds()
{
    Cycle cycle({.minimumCapacity = 5, .maximumCapacity = 5});
    cycle.demand({.idle = 4, .target = 5, .surplus = 1});
    QCOMPARE(cycle.dialsWanted(), 0);
    cycle.demand({.idle = 3, .target = 5, .surplus = 1}); // one was closed
    QCOMPARE(cycle.dialsWanted(), 1);
    cycle.demand({.idle = 0, .waiting = 2, .target = 5, .surplus = 5}); // who waits is not refused
    QCOMPARE(cycle.dialsWanted(), 2);
    runRound(cycle, true);
    cycle.end(0);
    cycle.begin({.idle = 4, .target = 5, .surplus = 5}); // the timer's fills it
    QCOMPARE(cycle.dialsWanted(), 1);
}

void tst_Cycle::lowerMinimumLowersTheCapacity()
{
    Cycle cycle({.minimumCapacity = 15, .maximumCapacity = 20});
    cycle.demand({.idle = 15, .target = 15});
    QCOMPARE(cycle.capacity(), 15);
    cycle.setLimits({.minimumCapacity = 2, .maximumCapacity = 20});
    cycle.demand({.idle = 15, .target = 2});
    QCOMPARE(cycle.capacity(), 2);
}

void tst_Cycle::nothingOnDemandBeforeItIsAskedFor()
{
    Cycle cycle({.minimumCapacity = 0, .maximumCapacity = 5});
    for (int i = 0; i < 3; ++i) {
        cycle.begin({});
        QVERIFY(cycle.isOver());
        QCOMPARE(cycle.end(0), std::optional(milliseconds(600 + 100 * i)));
    }
    cycle.demand({.waiting = 1});
    QCOMPARE(launchAll(cycle), 1);
}

void tst_Cycle::heldBackByMaximumPending()
{
    Cycle cycle(withPending(2));
    cycle.demand({.waiting = 2});
    launchAll(cycle);
    QVERIFY(!cycle.isHeldBack());
    cycle.demand({.waiting = 3});
    QVERIFY(cycle.isHeldBack());
    cycle.finished(true);
    QVERIFY(!cycle.isHeldBack());
}

void tst_Cycle::oneOfManyThatDiesIsNoOutage()
{
    Cycle cycle(predictive);
    for (int i = 0; i < 100; ++i) {
        cycle.begin({.idle = 0, .target = 4});
        QCOMPARE(runRound(cycle, true), 4);
        cycle.end(0);
        QCOMPARE(cycle.died(0), std::nullopt);
        for (int survivor = 0; survivor < 3; ++survivor)
            cycle.proved();
        QVERIFY(!cycle.isOutage());
    }
}

void tst_Cycle::mostThatDieAreAnOutage()
{
    Cycle cycle(predictive);
    cycle.begin({.idle = 0, .target = 5});
    QCOMPARE(runRound(cycle, true), 5);
    QCOMPARE(cycle.end(0), std::optional(500ms));
    QCOMPARE(cycle.died(0), std::nullopt);
    QCOMPARE(cycle.died(0), std::nullopt);
    QCOMPARE(cycle.died(0), std::optional(1000ms)); // three of five
    QVERIFY(cycle.isOutage());
    QCOMPARE(cycle.died(0), std::nullopt); // of the same lot: the pause is as long
    QCOMPARE(cycle.died(0), std::nullopt);
    cycle.demand({.idle = 0, .waiting = 3, .target = 5});
    QCOMPARE(cycle.dialsWanted(), 0);
    QCOMPARE(cycle.interval().count(), 1000);
}

void tst_Cycle::probeThatDiesPostponesTheNext()
{
    Cycle cycle(predictive);
    cycle.demand({.target = 1});
    runRound(cycle, true);
    cycle.end(0);
    milliseconds expected = 1s;
    QCOMPARE(cycle.died(0), std::optional(expected));
    for (int i = 0; i < 5; ++i) {
        cycle.begin({.idle = 0, .waiting = 7, .target = 5});
        QCOMPARE(launchAll(cycle), 1);
        cycle.finished(true);
        QCOMPARE(cycle.dialsWanted(), 0); // it has to survive
        QVERIFY(cycle.isOver());
        QVERIFY(cycle.end(0));
        QVERIFY(cycle.isOutage());
        expected *= 2;
        QCOMPARE(cycle.died(0), std::optional(expected));
    }
}

void tst_Cycle::probeHasToSurviveBeforeTheOthersFollow()
{
    Cycle cycle(predictive);
    cycle.demand({.target = 1});
    runRound(cycle, true);
    cycle.end(0);
    cycle.died(0);
    cycle.begin({.target = 5});
    QCOMPARE(launchAll(cycle), 1);
    cycle.finished(true);
    cycle.end(0);
    cycle.proved();
    QVERIFY(!cycle.isOutage());
    cycle.demand({.idle = 1, .target = 5});
    QCOMPARE(launchAll(cycle), 4);
    finish(cycle, 4, true);
    cycle.end(0);
    for (int i = 0; i < 2; ++i)
        QCOMPARE(cycle.died(0), std::nullopt);
    QCOMPARE(cycle.died(0), std::optional(1000ms)); // the backoff has begun anew
}

void tst_Cycle::refusalAfterADeathIsAPlainOutage()
{
    Cycle cycle(predictive);
    cycle.demand({.target = 1});
    runRound(cycle, true);
    cycle.end(0);
    cycle.died(0); // as the server ends
    QCOMPARE(timerRound(cycle, 0, false).count(), 2000);
    cycle.begin({.target = 5}); // it is back
    QCOMPARE(launchAll(cycle), 1);
    cycle.finished(true);
    QVERIFY(!cycle.isOutage());
    QCOMPARE(launchAll(cycle), 4); // at once
}

void tst_Cycle::anotherPeerBeginsAfresh()
{
    Cycle cycle(tenToTwenty);
    cycle.begin({});
    QCOMPARE(launchAll(cycle), 10);
    finish(cycle, 5, false);
    for (int i = 0; i < 5; ++i)
        cycle.beginAfresh();
    QVERIFY(!cycle.isOver());
    QVERIFY(!cycle.isOutage());
    timerRound(cycle, 0, false);
    timerRound(cycle, 0, false);
    QCOMPARE(cycle.interval().count(), 2000);
    cycle.beginAfresh();
    QCOMPARE(cycle.interval().count(), 500);
    QVERIFY(!cycle.isOutage());
    cycle.begin({.idle = 4});
    QCOMPARE(runRound(cycle, true), 6);
}

// A client pool without sockets, its application and its peer, in simulated time. The peer is away for three hours of
// the night, when nobody wants a connection, and for an hour and a half at noon, when many do.
class Day
{
public:
    static constexpr Sizing limits{.minimumCapacity = 5,
                                   .maximumCapacity = 20,
                                   .minimumInterval = 500ms,
                                   .maximumInterval = 5s,
                                   .maximumBackoff = 60s,
                                   .maximumPending = 8,
                                   .rule = ClientPool::Rule::Stepwise};
    struct Outage
    {
        milliseconds from;
        milliseconds to;
        int blindDials = 0; // before the pool knew
        int probes = 0; // once it knew
        milliseconds lastDial{0};
        milliseconds fullAgain{-1};
    };

    QString run(); // the first thing that was wrong

    Outage night{2h, 5h};
    Outage noon{12h, 13h + 30min};
    int served = 0;
    int expired = 0;
    int rounds = 0;
    int waitersRounds = 0;
    int lowestCapacity = limits.maximumCapacity;
    int highestCapacity = 0;
    milliseconds longestInterval{0};

private:
    enum class Event { Pause, DialSucceeded, DialFailed, Customer, PeerGoes, PeerReturns };
    struct Planned
    {
        milliseconds time;
        int number; // of events at one time the earlier planned comes first
        Event event;
        int pause = 0;
        bool operator<(const Planned &other) const // a priority_queue's top is its greatest
        {
            return std::tie(time, number) > std::tie(other.time, other.number);
        }
    };

    void plan(milliseconds delay, Event event, int pause = 0) { m_plan.push({m_now + delay, m_count++, event, pause}); }
    int below(int count) { return int(m_random() % unsigned(count)); }
    double fraction() { return double(m_random() >> 1) / 2147483648.0; }
    Outage *outage();
    void happens(const Planned &planned);
    void advance();
    void dial();
    void customerComes();
    void connectionCreated();
    void sleepFor(milliseconds pause);
    void check(bool condition, const char *what);

    Cycle m_cycle{limits};
    std::mt19937 m_random{5489}; // the same day each time
    std::priority_queue<Planned> m_plan;
    milliseconds m_now{0};
    int m_count = 0;
    int m_idle = 0;
    int m_inFlight = 0;
    int m_pause = 0; // the number of the pause that is on; the planned ones before it are void
    bool m_isAsleep = false;
    std::deque<milliseconds> m_waiters; // until when
    QString m_wrong;
};

void Day::check(bool condition, const char *what)
{
    if (!condition && m_wrong.isEmpty())
        m_wrong = QStringLiteral("%1 at %2 ms").arg(QLatin1String(what)).arg(m_now.count());
}

Day::Outage *Day::outage()
{
    for (Outage *outage : {&night, &noon}) {
        if (m_now >= outage->from && m_now < outage->to)
            return outage;
    }
    return nullptr;
}

void Day::sleepFor(milliseconds pause)
{
    m_isAsleep = true;
    plan(pause, Event::Pause, ++m_pause);
}

void Day::dial()
{
    if (Outage *away = outage()) {
        ++(m_cycle.isOutage() ? away->probes : away->blindDials);
        away->lastDial = m_now;
        plan(milliseconds(1 + below(3000)), Event::DialFailed); // refused, or left without an answer
    } else {
        plan(milliseconds(5 + below(45)), Event::DialSucceeded);
    }
    m_cycle.launched();
    ++m_inFlight;
    check(m_inFlight <= limits.maximumPending, "too many dials at once");
    check(!m_cycle.isOutage() || m_inFlight == 1, "more than a probe");
}

void Day::advance()
{
    while (m_cycle.dialsWanted() > 0)
        dial();
    if (!m_cycle.isOver())
        return;
    if (const std::optional<milliseconds> pause = m_cycle.end(fraction())) {
        check(*pause == m_cycle.interval(), "the pause is not the interval shown");
        check(m_cycle.isOutage() || m_cycle.interval() <= limits.maximumInterval, "a long sleep without an outage");
        sleepFor(*pause);
        ++rounds;
    } else {
        ++waitersRounds;
    }
}

void Day::connectionCreated()
{
    if (m_waiters.empty()) {
        ++m_idle;
    } else {
        m_waiters.pop_front();
        ++served;
    }
    for (Outage *past : {&night, &noon}) {
        if (m_now >= past->to && past->fullAgain < 0ms && m_idle >= m_cycle.capacity())
            past->fullAgain = m_now;
    }
}

void Day::customerComes()
{
    const bool isDay = m_now >= 7h && m_now < 21h;
    const bool isRushHour = m_now >= 16h && m_now < 18h;
    plan(isRushHour ? milliseconds(below(60)) : isDay ? milliseconds(below(4000)) : 10min, Event::Customer);
    if (!isDay) {
        m_idle = std::max(0, m_idle - 1); // none comes; a connection dies of old age
    } else if (m_idle) {
        --m_idle;
        ++served;
    } else {
        m_waiters.push_back(m_now + 30s);
        m_cycle.demand({.waiting = int(m_waiters.size())});
    }
}

void Day::happens(const Planned &planned)
{
    switch (planned.event) {
    case Event::Pause:
        if (planned.pause != m_pause)
            return;
        m_isAsleep = false;
        m_cycle.begin({.idle = m_idle, .waiting = int(m_waiters.size())});
        break;
    case Event::DialSucceeded:
    case Event::DialFailed:
        --m_inFlight;
        if (planned.event == Event::DialSucceeded)
            connectionCreated();
        m_cycle.finished(planned.event == Event::DialSucceeded);
        break;
    case Event::Customer:
        customerComes();
        break;
    case Event::PeerGoes:
        m_idle = 0;
        break;
    case Event::PeerReturns:
        break;
    }
    advance();
}

QString Day::run()
{
    for (const Outage *away : {&night, &noon}) {
        plan(away->from, Event::PeerGoes);
        plan(away->to, Event::PeerReturns);
    }
    plan(0ms, Event::Customer);
    sleepFor(0ms);
    while (m_now < 24h && m_wrong.isEmpty()) {
        const Planned planned = m_plan.top();
        m_plan.pop();
        m_now = planned.time;
        for (; !m_waiters.empty() && m_waiters.front() <= m_now; m_waiters.pop_front())
            ++expired;
        happens(planned);

        check(m_isAsleep || m_inFlight > 0, "neither asleep nor dialling: it never will again");
        const int capacity = m_cycle.capacity();
        check(capacity >= limits.minimumCapacity && capacity <= limits.maximumCapacity, "the capacity is out of its limits");
        check(m_cycle.interval() >= limits.minimumInterval, "the interval is too short");
        check(m_cycle.interval() <= limits.maximumBackoff, "the interval is too long");
        lowestCapacity = std::min(lowestCapacity, capacity);
        highestCapacity = std::max(highestCapacity, capacity);
        if (!m_cycle.isOutage())
            longestInterval = std::max(longestInterval, m_cycle.interval());
    }
    return m_wrong;
}

void tst_Cycle::aDayOfPoolLife()
{
    Day day;
    const QString wrong = day.run();
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));

    for (const Day::Outage &outage : {day.night, day.noon}) {
        // What the backoff allows: the doublings from the shortest interval, then never less than three quarters of the
        // maximum from one to the next. And what it owes: one within each maximum, plus the time a dial takes.
        const milliseconds length = outage.to - outage.from;
        const double doublings = std::ceil(std::log2(double(Day::limits.maximumBackoff / Day::limits.minimumInterval)));
        const double most = doublings + double(length / 1ms) / (0.75 * double(Day::limits.maximumBackoff / 1ms)) + 1;
        const double least = double(length / (Day::limits.maximumBackoff + 3s));
        const QString probes = QStringLiteral("%1 probes, not %2 to %3").arg(outage.probes).arg(least).arg(most);
        QVERIFY2(outage.probes <= most && outage.probes >= least, qPrintable(probes));
        QVERIFY2(outage.blindDials <= Day::limits.maximumCapacity + 2 * Day::limits.maximumPending,
                 qPrintable(QString::number(outage.blindDials)));
        QVERIFY(outage.to - outage.lastDial <= Day::limits.maximumBackoff + 3s); // it has not given up
    }
    // A probe that left before the return takes up to three seconds to fail; a fill takes three lots of up to 50 ms.
    QVERIFY(day.night.fullAgain >= day.night.to);
    QVERIFY2(day.night.fullAgain <= day.night.to + Day::limits.maximumBackoff + 3s + 150ms,
             qPrintable(QString::number((day.night.fullAgain - day.night.to).count())));
    // At noon the customers in line are served first, and the stock is filled by the rounds that follow.
    QVERIFY(day.noon.fullAgain >= day.noon.to);
    QVERIFY2(day.noon.fullAgain <= day.noon.to + Day::limits.maximumBackoff + 3s + 2 * Day::limits.maximumInterval,
             qPrintable(QString::number((day.noon.fullAgain - day.noon.to).count())));

    // The day had all there was to see.
    const QString seen = QStringLiteral("%1 served, %2 expired, %3 and %4 rounds, capacity %5 to %6, interval to %7 ms")
                                 .arg(day.served)
                                 .arg(day.expired)
                                 .arg(day.rounds)
                                 .arg(day.waitersRounds)
                                 .arg(day.lowestCapacity)
                                 .arg(day.highestCapacity)
                                 .arg(day.longestInterval.count());
    QVERIFY2(day.served > 10000 && day.expired > 1000 && day.rounds > 10000 && day.waitersRounds > 1000, qPrintable(seen));
    QVERIFY2(day.lowestCapacity == Day::limits.minimumCapacity && day.highestCapacity == Day::limits.maximumCapacity,
             qPrintable(seen));
    QCOMPARE(day.longestInterval.count(), Day::limits.maximumInterval.count());
}

QTEST_APPLESS_MAIN(tst_Cycle)
#include "tst_cycle.moc"
