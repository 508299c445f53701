// SPDX-License-Identifier: BSD-3-Clause
#include "stages.h"
#include "stock/timelimits.h"

#include <QtTest/QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

using namespace QNetPool;
using namespace std::chrono_literals;

using TimeLimits::Due;
using TimeLimits::TimePoint;
using TimeLimits::Verdict;

class tst_TimeLimits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void withNoTimeToGoOutUnvalidatedNoneDoes();
    void longestTimeIsAsGoodAsNoLimit();
    void emptyStoreHasNothingDue();
    void withoutLimitsNothingIsEverDue();
    void idleOneIsDueWhenItWasIdleTooLong_data();
    void idleOneIsDueWhenItWasIdleTooLong();
    void staleOneHasBeenIdleAllTheTime();
    void lifeEndsInEveryStage();
    void forgottenLifeIsNotDueAgain();
    void leaseIsALeakOnce();
    void newLeaseIsANewChance();
    void unclaimedOneIsDueInItsTurn();
    void tooManyUnclaimedAreDueAtOnce();
    void otherStagesHaveNoLimitButTheirLife();
    void earliestOfSeveralWins_data();
    void earliestOfSeveralWins();
    void oldestOfALineIsNamed();
    void newPolicyCountsAtOnce();

    void idleTooLongIsSpent();
    void livedTooLongIsSpent();
    void dueAndSpentAreOne();
    void staleIsWhatWasIdleForLonger();
    void withoutAValidatorNothingIsStale();

    void lifeWithoutALimitHasNoEnd();
    void lifeWithoutASpreadEndsOnTime();
    void spreadShortensALifeByItsShareAtMost();
    void spreadOutOfRangeIsClamped();
    void stockFilledAtOnceDoesNotEndAtOnce();

    void aDayOfConnections();
};

static constexpr TimePoint noon{12h}; // no clock is asked

// It is asked for, not called.
static Pool::Hook someValidator()
{
    return [](QTcpSocket *) { return QFuture<bool>(); };
}

static Entry *addIn(Store &store, Stage stage, TimePoint since = noon)
{
    Entry *entry = store.add();
    walk(store, entry, stage, since);
    return entry;
}

static const char *nameOf(Verdict verdict)
{
    static constexpr const char *names[] = {"IdleTooLong", "LivedTooLong", "Unclaimed", "Leak"};
    return names[std::size_t(verdict)];
}

// Readable where a comparison fails: who, why, how long after noon.
static QString text(const Due &due)
{
    return QStringLiteral("%1 of slot %2 at %3 ns")
            .arg(QLatin1String(nameOf(due.verdict)))
            .arg(due.entry->slot)
            .arg((due.when - noon).count());
}

static QString text(const std::optional<Due> &due)
{
    return due ? text(*due) : QStringLiteral("nothing");
}

static QString text(Entry *entry, Verdict verdict, TimePoint when)
{
    return text(Due{when, entry, verdict});
}

static QString nothing()
{
    return text(std::nullopt);
}

static QString next(const Store &store, const Policy &policy)
{
    return text(TimeLimits::next(store, policy));
}

static Policy everyLimit()
{
    Policy policy;
    policy.maximumIdle = 100;
    policy.limits.idleTimeout = 60s;
    policy.limits.maximumLifetime = 10min;
    policy.limits.leakThreshold = 30s;
    policy.limits.unclaimedTimeout = 20s;
    return policy;
}

void tst_TimeLimits::emptyStoreHasNothingDue()
{
    Store store;
    QCOMPARE(next(store, Policy()), nothing());
    QCOMPARE(next(store, everyLimit()), nothing());
    store.remove(addIn(store, Stage::Idle));
    QCOMPARE(next(store, everyLimit()), nothing());
}

void tst_TimeLimits::withoutLimitsNothingIsEverDue()
{
    for (const std::chrono::milliseconds none : {0ms, -1ms}) {
        Policy policy;
        policy.limits.idleTimeout = policy.limits.maximumLifetime = policy.limits.leakThreshold = none;
        Store store;
        for (const Stage stage :
             {Stage::Pending, Stage::Idle, Stage::Stale, Stage::Unchecked, Stage::Checked, Stage::Leased, Stage::Overdue})
            store.limitLife(addIn(store, stage, TimePoint()), TimeLimits::endOfLife(policy, TimePoint(), 0.5));
        QCOMPARE(next(store, policy), nothing());
    }

    // Each limit alone is that limit alone.
    Store store;
    Entry *idle = addIn(store, Stage::Idle);
    Entry *leased = addIn(store, Stage::Leased);
    Policy policy;
    policy.limits.idleTimeout = 60s;
    QCOMPARE(next(store, policy), text(idle, Verdict::IdleTooLong, noon + 60s));
    policy.limits.idleTimeout = 0s;
    policy.limits.leakThreshold = 30s;
    QCOMPARE(next(store, policy), text(leased, Verdict::Leak, noon + 30s));
    policy.limits.leakThreshold = 0s;
    store.limitLife(idle, noon + 10s);
    QCOMPARE(next(store, policy), text(idle, Verdict::LivedTooLong, noon + 10s));
}

void tst_TimeLimits::idleOneIsDueWhenItWasIdleTooLong_data()
{
    QTest::addColumn<Stage>("stage");
    QTest::newRow("idle") << Stage::Idle;
    QTest::newRow("stale") << Stage::Stale;
}

void tst_TimeLimits::idleOneIsDueWhenItWasIdleTooLong()
{
    QFETCH(const Stage, stage);
    Store store;
    Policy policy;
    policy.limits.idleTimeout = 1ms;
    Entry *first = addIn(store, stage);
    Entry *second = addIn(store, stage, noon + 1ns);
    QCOMPARE(next(store, policy), text(first, Verdict::IdleTooLong, noon + 1ms));
    walk(store, first, stage, noon + 5s); // it went out and came back
    QCOMPARE(next(store, policy), text(second, Verdict::IdleTooLong, noon + 1ns + 1ms));
    store.remove(second);
    QCOMPARE(next(store, policy), text(first, Verdict::IdleTooLong, noon + 5s + 1ms));
    store.remove(first);
    QCOMPARE(next(store, policy), nothing());
}

void tst_TimeLimits::staleOneHasBeenIdleAllTheTime()
{
    Store store;
    Policy policy;
    policy.limits.idleTimeout = 60s;
    Entry *entry = addIn(store, Stage::Idle);
    Entry *younger = addIn(store, Stage::Idle, noon + 1s);
    walkAsItIs(store, entry, Stage::Stale);
    QCOMPARE(next(store, policy), text(entry, Verdict::IdleTooLong, noon + 60s));
    store.remove(entry);
    QCOMPARE(next(store, policy), text(younger, Verdict::IdleTooLong, noon + 61s));
}

void tst_TimeLimits::lifeEndsInEveryStage()
{
    for (const Stage stage :
         {Stage::Idle, Stage::Stale, Stage::Unchecked, Stage::Checked, Stage::Leased, Stage::Overdue, Stage::Unclaimed}) {
        Store store;
        Entry *entry = addIn(store, stage);
        store.limitLife(entry, noon + 5s);
        QCOMPARE(next(store, everyLimit()), text(entry, Verdict::LivedTooLong, noon + 5s));
        store.limitLife(entry, TimePoint::max());
        QVERIFY(next(store, everyLimit()) != text(entry, Verdict::LivedTooLong, noon + 5s));
    }
}

void tst_TimeLimits::forgottenLifeIsNotDueAgain()
{
    Store store;
    Entry *leased = addIn(store, Stage::Overdue);
    Entry *other = addIn(store, Stage::Overdue);
    store.limitLife(leased, noon + 5s);
    store.limitLife(other, noon + 6s);
    store.clearEndOfLife(leased); // it is closed when it comes back
    QCOMPARE(next(store, everyLimit()), text(other, Verdict::LivedTooLong, noon + 6s));
    store.remove(other);
    QCOMPARE(next(store, everyLimit()), nothing());
    QVERIFY(TimeLimits::isSpent(*leased, everyLimit(), noon + 5s));
}

void tst_TimeLimits::leaseIsALeakOnce()
{
    Store store;
    Policy policy;
    policy.limits.leakThreshold = 30s;
    Entry *first = addIn(store, Stage::Leased);
    Entry *second = addIn(store, Stage::Leased, noon + 10s);
    QCOMPARE(next(store, policy), text(first, Verdict::Leak, noon + 30s));
    walkAsItIs(store, first, Stage::Overdue);
    QCOMPARE(next(store, policy), text(second, Verdict::Leak, noon + 40s));
    walkAsItIs(store, second, Stage::Overdue);
    QCOMPARE(next(store, policy), nothing());
}

void tst_TimeLimits::newLeaseIsANewChance()
{
    Store store;
    Policy policy;
    policy.limits.leakThreshold = 30s;
    Entry *entry = addIn(store, Stage::Overdue);
    walk(store, entry, Stage::Idle, noon + 5min);
    QCOMPARE(next(store, policy), nothing());
    walk(store, entry, Stage::Leased, noon + 6min);
    QCOMPARE(next(store, policy), text(entry, Verdict::Leak, noon + 6min + 30s));
}

void tst_TimeLimits::unclaimedOneIsDueInItsTurn()
{
    Store store;
    Policy policy;
    policy.maximumIdle = 2;
    policy.limits.unclaimedTimeout = 20s;
    Entry *first = addIn(store, Stage::Unclaimed);
    Entry *second = addIn(store, Stage::Unclaimed, noon + 3s);
    QCOMPARE(next(store, policy), text(first, Verdict::Unclaimed, noon + 20s));
    store.remove(first);
    QCOMPARE(next(store, policy), text(second, Verdict::Unclaimed, noon + 23s));
    policy.limits.unclaimedTimeout = 0s; // from now on none are kept, not even those from before
    QCOMPARE(next(store, policy), text(second, Verdict::Unclaimed, noon + 3s));
    walk(store, second, Stage::Leased, noon + 4s);
    QCOMPARE(next(store, policy), nothing());
}

void tst_TimeLimits::tooManyUnclaimedAreDueAtOnce()
{
    Store store;
    Policy policy = everyLimit();
    policy.maximumIdle = 2;
    store.limitLife(addIn(store, Stage::Idle), noon + 1ns);
    std::vector<Entry *> unclaimed;
    for (int i = 0; i < 5; ++i)
        unclaimed.push_back(addIn(store, Stage::Unclaimed, noon + std::chrono::seconds(i)));
    for (int i = 0; i < 3; ++i) { // the oldest go, until as many are left as the stock may hold
        QCOMPARE(next(store, policy), text(unclaimed[std::size_t(i)], Verdict::Unclaimed, TimePoint()));
        store.remove(unclaimed[std::size_t(i)]);
    }
    QCOMPARE(next(store, policy), text(store.first(Stage::Idle), Verdict::LivedTooLong, noon + 1ns));
    store.remove(store.first(Stage::Idle));
    QCOMPARE(next(store, policy), text(unclaimed[3], Verdict::Unclaimed, noon + 3s + 20s));
    policy.maximumIdle = 1;
    QCOMPARE(next(store, policy), text(unclaimed[3], Verdict::Unclaimed, TimePoint()));
    addIn(store, Stage::Stale, noon - 1h); // what is idle does not take their place
    policy.maximumIdle = 2;
    policy.limits.idleTimeout = 0s;
    QCOMPARE(next(store, policy), text(unclaimed[3], Verdict::Unclaimed, noon + 3s + 20s));
}

void tst_TimeLimits::otherStagesHaveNoLimitButTheirLife()
{
    Store store;
    for (const Stage stage : {Stage::Pending, Stage::Unchecked, Stage::Checked, Stage::Overdue})
        addIn(store, stage, TimePoint());
    QCOMPARE(next(store, everyLimit()), nothing());
}

void tst_TimeLimits::earliestOfSeveralWins_data()
{
    QTest::addColumn<int>("winner");
    QTest::newRow("idle") << 0;
    QTest::newRow("stale") << 1;
    QTest::newRow("end of life") << 2;
    QTest::newRow("unclaimed") << 3;
    QTest::newRow("leak") << 4;
}

void tst_TimeLimits::earliestOfSeveralWins()
{
    QFETCH(const int, winner);
    const Policy policy = everyLimit();
    // Each would be due a second after noon, or a nanosecond before that.
    const auto due = [winner](int kind) { return noon + 1s - (kind == winner ? 1ns : 0ns); };
    Store store;
    std::array<Entry *, 5> entries{};
    entries[0] = addIn(store, Stage::Idle, due(0) - policy.limits.idleTimeout);
    entries[1] = addIn(store, Stage::Stale, due(1) - policy.limits.idleTimeout);
    entries[2] = addIn(store, Stage::Checked);
    store.limitLife(entries[2], due(2));
    entries[3] = addIn(store, Stage::Unclaimed, due(3) - policy.limits.unclaimedTimeout);
    entries[4] = addIn(store, Stage::Leased, due(4) - policy.limits.leakThreshold);
    static constexpr Verdict verdicts[] = {Verdict::IdleTooLong, Verdict::IdleTooLong, Verdict::LivedTooLong,
                                           Verdict::Unclaimed, Verdict::Leak};
    Entry *expected = entries[std::size_t(winner)];
    QCOMPARE(next(store, policy), text(expected, verdicts[winner], noon + 1s - 1ns));

    store.remove(expected);
    const std::optional<Due> rest = TimeLimits::next(store, policy);
    QVERIFY(rest && rest->when == noon + 1s); // any of them: they are due together
}

void tst_TimeLimits::oldestOfALineIsNamed()
{
    const Policy policy = everyLimit();
    for (const Stage stage : {Stage::Idle, Stage::Stale, Stage::Leased, Stage::Unclaimed}) {
        Store store;
        for (int i = 0; i < 50; ++i)
            addIn(store, stage, noon + std::chrono::seconds(i));
        for (int i = 0; i < 50; ++i) {
            Entry *oldest = store.first(stage);
            const std::optional<Due> due = TimeLimits::next(store, policy);
            QVERIFY(due && due->entry == oldest && oldest->since == noon + std::chrono::seconds(i));
            store.remove(oldest);
        }
        QCOMPARE(next(store, policy), nothing());
    }
}

void tst_TimeLimits::newPolicyCountsAtOnce()
{
    Store store;
    Entry *idle = addIn(store, Stage::Idle);
    Entry *leased = addIn(store, Stage::Leased);
    Policy policy;
    policy.limits.idleTimeout = 60s;
    policy.limits.leakThreshold = 61s;
    QCOMPARE(next(store, policy), text(idle, Verdict::IdleTooLong, noon + 60s));
    policy.limits.idleTimeout = 62s;
    QCOMPARE(next(store, policy), text(leased, Verdict::Leak, noon + 61s));
    policy.limits.idleTimeout = 1s;
    QCOMPARE(next(store, policy), text(idle, Verdict::IdleTooLong, noon + 1s));
}

void tst_TimeLimits::idleTooLongIsSpent()
{
    Entry entry;
    entry.since = noon;
    Policy policy;
    policy.limits.idleTimeout = 60s;
    QVERIFY(!TimeLimits::isSpent(entry, policy, noon));
    QVERIFY(!TimeLimits::isSpent(entry, policy, noon + 60s - 1ns));
    QVERIFY(TimeLimits::isSpent(entry, policy, noon + 60s));
    QVERIFY(TimeLimits::isSpent(entry, policy, noon + 1h));
    for (const std::chrono::milliseconds none : {0ms, -1ms}) {
        policy.limits.idleTimeout = none;
        QVERIFY(!TimeLimits::isSpent(entry, policy, noon));
        QVERIFY(!TimeLimits::isSpent(entry, policy, noon + 1000h));
    }
}

void tst_TimeLimits::livedTooLongIsSpent()
{
    Entry entry;
    entry.since = noon;
    entry.endOfLife = noon + 5s;
    QVERIFY(!TimeLimits::isSpent(entry, Policy(), noon + 5s - 1ns));
    QVERIFY(TimeLimits::isSpent(entry, Policy(), noon + 5s)); // its end was set by the policy of its day
    QVERIFY(TimeLimits::isSpent(entry, Policy(), noon + 1h));
    Policy policy;
    policy.limits.idleTimeout = 60s;
    QVERIFY(TimeLimits::isSpent(entry, policy, noon + 6s)); // either is enough
    entry.endOfLife = noon + 1h;
    QVERIFY(!TimeLimits::isSpent(entry, policy, noon + 59s));
    QVERIFY(TimeLimits::isSpent(entry, policy, noon + 60s));
    entry.endOfLife = TimePoint::max();
    QVERIFY(!TimeLimits::isSpent(entry, Policy(), noon + 100000h));
}

// What expire() would close does not go out before it came, and what goes out would not be closed.
void tst_TimeLimits::dueAndSpentAreOne()
{
    for (const Stage stage : {Stage::Idle, Stage::Stale}) {
        for (const auto life : {1s, 60s, 90s}) {
            Store store;
            Entry *entry = addIn(store, stage);
            store.limitLife(entry, noon + life);
            const std::optional<Due> due = TimeLimits::next(store, everyLimit());
            QVERIFY(due && due->entry == entry);
            QVERIFY(!TimeLimits::isSpent(*entry, everyLimit(), due->when - 1ns));
            QVERIFY(TimeLimits::isSpent(*entry, everyLimit(), due->when));
        }
    }
}

void tst_TimeLimits::staleIsWhatWasIdleForLonger()
{
    Entry entry;
    entry.since = noon;
    Policy policy;
    policy.hooks.validator = someValidator();
    policy.hooks.validateAfter = 1s;
    QVERIFY(!TimeLimits::isStale(entry, policy, noon));
    QVERIFY(!TimeLimits::isStale(entry, policy, noon + 1s)); // up to this time it goes out as it is
    QVERIFY(TimeLimits::isStale(entry, policy, noon + 1s + 1ns));
    QVERIFY(TimeLimits::isStale(entry, policy, noon + 1h));
    policy.hooks.validateAfter = 0s;
    QVERIFY(TimeLimits::isStale(entry, policy, noon + 1ns));
    QVERIFY(TimeLimits::isStale(entry, policy, noon + 1h));
}

void tst_TimeLimits::withoutAValidatorNothingIsStale()
{
    Entry entry;
    entry.since = noon;
    for (const std::chrono::milliseconds after : {0ms, 1ms, 1000ms}) {
        Policy policy;
        policy.hooks.validateAfter = after;
        QVERIFY(!TimeLimits::isStale(entry, policy, noon));
        QVERIFY(!TimeLimits::isStale(entry, policy, noon + 1h));
        QVERIFY(!TimeLimits::isStale(entry, policy, noon + 10000h));
    }
}

void tst_TimeLimits::lifeWithoutALimitHasNoEnd()
{
    for (const std::chrono::milliseconds none : {0ms, -5ms}) {
        for (const double spread : {0.0, 0.1, 1.0}) {
            Policy policy;
            policy.limits.maximumLifetime = none;
            policy.limits.lifetimeSpread = spread;
            for (const double random : {0.0, 0.5, 0.999999})
                QCOMPARE(TimeLimits::endOfLife(policy, noon, random), TimePoint::max());
        }
    }
}

static qint64 milliseconds(TimePoint end)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(end - noon).count();
}

static double nearOne()
{
    return std::nextafter(1.0, 0.0);
}

void tst_TimeLimits::lifeWithoutASpreadEndsOnTime()
{
    for (const std::chrono::milliseconds life : {1ms, 10000ms, 3600000ms, std::chrono::milliseconds(24h * 365 * 20)}) {
        Policy policy;
        policy.limits.maximumLifetime = life;
        policy.limits.lifetimeSpread = 0;
        for (const double random : {0.0, 0.5, nearOne()})
            QVERIFY(TimeLimits::endOfLife(policy, noon, random) == noon + life); // to the nanosecond
    }
}

void tst_TimeLimits::spreadShortensALifeByItsShareAtMost()
{
    Policy policy;
    policy.limits.maximumLifetime = 10s;
    policy.limits.lifetimeSpread = 0.1;
    QVERIFY(TimeLimits::endOfLife(policy, noon, 0) == noon + 10s);
    QCOMPARE(milliseconds(TimeLimits::endOfLife(policy, noon, 0.5)), 9500);
    const TimePoint shortest = TimeLimits::endOfLife(policy, noon, nearOne());
    QVERIFY(shortest >= noon + 9s && shortest < noon + 9s + 1us);
    policy.limits.lifetimeSpread = 1;
    QVERIFY(TimeLimits::endOfLife(policy, noon, 0) == noon + 10s);
    QCOMPARE(milliseconds(TimeLimits::endOfLife(policy, noon, 0.75)), 2500);
    const TimePoint atOnce = TimeLimits::endOfLife(policy, noon, nearOne());
    QVERIFY(atOnce >= noon && atOnce < noon + 1us); // not before it begins
}

void tst_TimeLimits::spreadOutOfRangeIsClamped()
{
    Policy policy;
    policy.limits.maximumLifetime = 10s;
    for (const double tooLittle : {-0.1, -100.0}) {
        policy.limits.lifetimeSpread = tooLittle;
        QVERIFY(TimeLimits::endOfLife(policy, noon, 0.5) == noon + 10s); // not longer than the maximum
    }
    for (const double tooMuch : {1.1, 100.0}) {
        policy.limits.lifetimeSpread = tooMuch;
        QCOMPARE(milliseconds(TimeLimits::endOfLife(policy, noon, 0.5)), 5000);
    }
}

void tst_TimeLimits::stockFilledAtOnceDoesNotEndAtOnce()
{
    std::mt19937 random(1964); // the same stock each time
    Policy policy;
    policy.limits.maximumLifetime = 1h;
    policy.limits.lifetimeSpread = 0.1;
    Store store;
    for (int i = 0; i < 1000; ++i)
        store.limitLife(addIn(store, Stage::Idle), TimeLimits::endOfLife(policy, noon, double(random()) / 4294967296.0));

    std::array<int, 6> ended{}; // in each of the last minutes
    TimePoint last = noon + 54min;
    for (int i = 0; i < 1000; ++i) {
        const std::optional<Due> due = TimeLimits::next(store, policy);
        QVERIFY(due && due->verdict == Verdict::LivedTooLong && due->when >= last && due->when <= noon + 1h);
        const auto minute = std::size_t((due->when - noon - 54min) / 1min);
        ++ended[std::min(minute, ended.size() - 1)];
        last = due->when;
        store.remove(due->entry);
    }
    QCOMPARE(next(store, policy), nothing());
    for (const int inAMinute : ended) // a sixth, give or take
        QVERIFY2(inAMinute > 120 && inAMinute < 215, qPrintable(QString::number(inAMinute)));
}

// A stock without sockets and its application in simulated time. What is due next is compared, at each step, with a model
// that looks at every connection there is.
class Day
{
public:
    QString run(); // the first thing that was wrong

    std::array<int, 4> carriedOut{}; // for each verdict
    int staleIdleTooLong = 0;
    int tooManyUnclaimed = 0;
    int livesEndedOutside = 0;
    int nothingDue = 0;
    int mostAtOnce = 0;
    int policies = 0;

private:
    struct Record
    {
        Entry *entry;
        Stage stage;
        TimePoint since;
        TimePoint end;
        bool hasEnded = false; // its end was reported while it was out
    };

    int below(int count) { return int(m_random() % unsigned(count)); }
    double fraction() { return double(m_random()) / 4294967296.0; }
    bool isIn(const Record &record, std::initializer_list<Stage> stages) const
    {
        return std::find(stages.begin(), stages.end(), record.stage) != stages.end();
    }
    void move(Record &record, Stage stage);
    void remove(Entry *entry);
    Record *recordOf(const Entry *entry);
    Record *anyIn(std::initializer_list<Stage> stages);
    std::vector<Due> everythingDue() const;
    void setUpOne();
    void takeOne();
    void comesBack(Record &record);
    void happens();
    void newPolicy();
    void carryOut(const Due &due);
    void expire();
    std::optional<Due> next();
    void check(bool condition, const char *what);

    Store m_store;
    Policy m_policy;
    std::vector<Record> m_records;
    TimePoint m_now = noon;
    std::mt19937 m_random{20230610}; // the same day each time
    QString m_wrong;
};

void Day::check(bool condition, const char *what)
{
    if (!condition && m_wrong.isEmpty())
        m_wrong = QStringLiteral("%1 at %2 ns").arg(QLatin1String(what)).arg((m_now - noon).count());
}

void Day::move(Record &record, Stage stage)
{
    walk(m_store, record.entry, stage, m_now);
    record.stage = stage;
    record.since = m_now;
}

Day::Record *Day::recordOf(const Entry *entry)
{
    const auto found = std::find_if(m_records.begin(), m_records.end(),
                                    [entry](const Record &record) { return record.entry == entry; });
    return found == m_records.end() ? nullptr : &*found;
}

void Day::remove(Entry *entry)
{
    m_store.remove(entry);
    std::erase_if(m_records, [entry](const Record &record) { return record.entry == entry; });
}

Day::Record *Day::anyIn(std::initializer_list<Stage> stages)
{
    std::vector<Record *> found;
    for (Record &record : m_records) {
        if (isIn(record, stages))
            found.push_back(&record);
    }
    return found.empty() ? nullptr : found[std::size_t(below(int(found.size())))];
}

std::vector<Due> Day::everythingDue() const
{
    std::vector<Due> all;
    int unclaimed = 0;
    TimePoint oldest = TimePoint::max();
    for (const Record &record : m_records) {
        if (record.stage == Stage::Unclaimed) {
            ++unclaimed;
            oldest = std::min(oldest, record.since);
        }
    }
    for (const Record &record : m_records) {
        if (record.end != TimePoint::max() && !record.hasEnded)
            all.push_back({record.end, record.entry, Verdict::LivedTooLong});
        if (isIn(record, {Stage::Idle, Stage::Stale}) && m_policy.limits.idleTimeout > 0s)
            all.push_back({record.since + m_policy.limits.idleTimeout, record.entry, Verdict::IdleTooLong});
        if (record.stage == Stage::Leased && m_policy.limits.leakThreshold > 0s)
            all.push_back({record.since + m_policy.limits.leakThreshold, record.entry, Verdict::Leak});
        if (record.stage == Stage::Unclaimed && unclaimed <= m_policy.maximumIdle)
            all.push_back({record.since + m_policy.limits.unclaimedTimeout, record.entry, Verdict::Unclaimed});
        else if (record.stage == Stage::Unclaimed && record.since == oldest)
            all.push_back({TimePoint(), record.entry, Verdict::Unclaimed});
    }
    return all;
}

// What the store says is next; it is one of those that the model finds to be the earliest.
std::optional<Due> Day::next()
{
    const std::optional<Due> due = TimeLimits::next(m_store, m_policy);
    const std::vector<Due> all = everythingDue();
    const auto earliest =
            std::min_element(all.begin(), all.end(), [](const Due &one, const Due &other) { return one.when < other.when; });
    check(due.has_value() == (earliest != all.end()), due ? "something is due that is not" : "something due is not seen");
    if (due && m_wrong.isEmpty()) {
        check(due->when == earliest->when, due->when < earliest->when ? "due too early" : "due too late");
        check(std::any_of(all.begin(), all.end(),
                          [&](const Due &one) {
                              return one.when == due->when && one.entry == due->entry && one.verdict == due->verdict;
                          }),
              "somebody or something else is due");
    }
    nothingDue += !due;
    return due;
}

void Day::setUpOne()
{
    Entry *entry = m_store.add();
    const TimePoint end = TimeLimits::endOfLife(m_policy, m_now, fraction());
    m_store.limitLife(entry, end);
    m_records.push_back({entry, Stage::Pending, m_now, end});
    move(m_records.back(), below(4) ? Stage::Idle : Stage::Leased);
}

// As a stock does: what has become stale goes into a line of its own, in which it keeps its age.
void Day::takeOne()
{
    for (Entry *oldest; (oldest = m_store.first(Stage::Idle)) && TimeLimits::isStale(*oldest, m_policy, m_now);) {
        walkAsItIs(m_store, oldest, Stage::Stale);
        recordOf(oldest)->stage = Stage::Stale;
    }
    for (const Record &record : m_records) {
        if (record.stage == Stage::Idle)
            check(!TimeLimits::isStale(*record.entry, m_policy, m_now), "a stale one behind one that is not");
    }
    Entry *entry = below(3) ? m_store.first(Stage::Idle) : m_store.last(Stage::Idle);
    if (!entry) {
        if (Entry *stale = m_store.first(Stage::Stale))
            move(*recordOf(stale), Stage::Unchecked);
        return;
    }
    check(!TimeLimits::isSpent(*entry, m_policy, m_now), "one that is spent goes out");
    move(*recordOf(entry), Stage::Leased);
}

void Day::comesBack(Record &record)
{
    static constexpr Stage homes[] = {Stage::Idle, Stage::Idle, Stage::Idle, Stage::Unchecked, Stage::Unclaimed};
    if (record.end <= m_now || below(50) == 0) {
        livesEndedOutside += record.hasEnded;
        remove(record.entry);
    } else {
        move(record, homes[below(5)]);
    }
}

void Day::happens()
{
    switch (below(11)) {
    case 0:
    case 1:
        if (m_records.size() < 60)
            setUpOne();
        return;
    case 2:
    case 3:
    case 4:
        return takeOne();
    case 5:
    case 6:
        if (Record *record = anyIn({Stage::Leased, Stage::Overdue}); record && below(3))
            comesBack(*record);
        return;
    case 7:
        if (Record *record = anyIn({Stage::Unchecked}))
            move(*record, Stage::Checked);
        return;
    case 8:
        if (Record *record = anyIn({Stage::Checked}))
            comesBack(*record);
        return;
    case 9:
        if (Record *record = anyIn({Stage::Idle, Stage::Stale})) // the peer says a last word, or by ID
            move(*record, below(3) ? Stage::Unclaimed : Stage::Leased);
        return;
    default:
        if (Record *record = anyIn({Stage::Unclaimed}); record && below(4) == 0)
            move(*record, Stage::Leased);
        return;
    }
}

void Day::newPolicy()
{
    const auto limit = [this](std::chrono::milliseconds time) { return below(4) ? time : 0ms; };
    m_policy.maximumIdle = 1 + below(6);
    m_policy.limits.idleTimeout = limit(8s);
    m_policy.limits.maximumLifetime = limit(3min);
    m_policy.limits.lifetimeSpread = fraction();
    m_policy.limits.leakThreshold = limit(20s);
    m_policy.limits.unclaimedTimeout = limit(10s);
    m_policy.hooks.validator = below(4) ? someValidator() : Pool::Hook();
    m_policy.hooks.validateAfter = limit(2s);
    ++policies;
}

void Day::carryOut(const Due &due)
{
    Record *record = recordOf(due.entry);
    ++carriedOut[std::size_t(due.verdict)];
    switch (due.verdict) {
    case Verdict::IdleTooLong:
        staleIdleTooLong += record->stage == Stage::Stale;
        return remove(due.entry);
    case Verdict::Unclaimed:
        tooManyUnclaimed += due.when == TimePoint();
        return remove(due.entry);
    case Verdict::Leak:
        walkAsItIs(m_store, due.entry, Stage::Overdue);
        record->stage = Stage::Overdue;
        return;
    case Verdict::LivedTooLong:
        m_store.clearEndOfLife(due.entry);
        record->hasEnded = true;
        if (isIn(*record, {Stage::Idle, Stage::Stale}))
            remove(due.entry);
        return;
    }
}

void Day::expire()
{
    int atOnce = 0;
    for (std::optional<Due> due = next(); m_wrong.isEmpty() && due && due->when <= m_now; due = next()) {
        carryOut(*due);
        ++atOnce;
    }
    mostAtOnce = std::max(mostAtOnce, atOnce);
    for (const Record &record : m_records) {
        if (isIn(record, {Stage::Idle, Stage::Stale}))
            check(!TimeLimits::isSpent(*record.entry, m_policy, m_now), "one that is spent was left in the stock");
    }
}

QString Day::run()
{
    TimePoint policyUntil = m_now;
    while (m_now < noon + 24h && m_wrong.isEmpty()) {
        if (m_now >= policyUntil) {
            newPolicy();
            policyUntil = m_now + 10min;
        }
        expire();
        happens();
        if (below(4) == 0) { // else several things happen at one time
            const std::optional<Due> due = next();
            if (due && due->when > m_now && below(2))
                m_now = due->when - (below(2) ? 0ns : 1ns); // the exact moment, or just before it
            else
                m_now += std::chrono::microseconds(below(5000000));
        }
    }
    return m_wrong;
}

void tst_TimeLimits::aDayOfConnections()
{
    Day day;
    const QString wrong = day.run();
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));

    // The day had all there was to see.
    for (const Verdict verdict : {Verdict::IdleTooLong, Verdict::LivedTooLong, Verdict::Unclaimed, Verdict::Leak})
        QVERIFY2(day.carriedOut[std::size_t(verdict)] > 500, nameOf(verdict));
    const QString seen = QStringLiteral("%1 stale, %2 too many, %3 ended outside, %4 times nothing, %5 at once, %6 policies")
                                 .arg(day.staleIdleTooLong)
                                 .arg(day.tooManyUnclaimed)
                                 .arg(day.livesEndedOutside)
                                 .arg(day.nothingDue)
                                 .arg(day.mostAtOnce)
                                 .arg(day.policies);
    QVERIFY2(day.staleIdleTooLong > 100 && day.tooManyUnclaimed > 100 && day.livesEndedOutside > 100 && day.nothingDue > 100
                     && day.mostAtOnce > 3 && day.policies > 100,
             qPrintable(seen));
}

void tst_TimeLimits::longestTimeIsAsGoodAsNoLimit()
{
    for (const std::chrono::milliseconds never :
         {std::chrono::milliseconds::max(), std::chrono::milliseconds(24h * 365 * 300)}) {
        Policy policy;
        policy.maximumIdle = 100;
        policy.hooks.validator = someValidator();
        policy.limits.idleTimeout = policy.limits.maximumLifetime = policy.limits.leakThreshold = never;
        policy.limits.unclaimedTimeout = policy.hooks.validateAfter = never;
        Store store;
        for (const Stage stage : {Stage::Idle, Stage::Leased, Stage::Unclaimed}) {
            Entry *entry = store.add();
            walk(store, entry, stage, noon);
            const auto due = TimeLimits::next(store, policy);
            QVERIFY(!due || due->when > noon + 24h * 365);
            QVERIFY(!TimeLimits::isSpent(*entry, policy, noon + 1h));
            QVERIFY(!TimeLimits::isStale(*entry, policy, noon + 1h));
            store.remove(entry);
        }
        for (const double random : {0.0, 0.5})
            QVERIFY(TimeLimits::endOfLife(policy, noon, random) > noon + 24h * 365);
    }
}

void tst_TimeLimits::withNoTimeToGoOutUnvalidatedNoneDoes()
{
    Entry entry;
    entry.since = noon;
    Policy policy;
    policy.hooks.validator = someValidator();
    policy.hooks.validateAfter = 0s;
    QVERIFY(TimeLimits::isStale(entry, policy, noon));
}

QTEST_APPLESS_MAIN(tst_TimeLimits)
#include "tst_timelimits.moc"
