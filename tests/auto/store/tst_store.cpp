// SPDX-License-Identifier: BSD-3-Clause
#include "stages.h"

#include <QtCore/QSet>
#include <QtTest/QTest>

#include <algorithm>
#include <list>
#include <random>
#include <set>
#include <unordered_map>

using namespace QNetPool;
using namespace std::chrono_literals;

using TimePoint = std::chrono::steady_clock::time_point;

class tst_Store : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void newStoreIsEmpty();
    void newRecordIsPendingAndHasNoId();
    void idleOnesGoOutInTheOrderTheyCame();
    void whoComesBackStandsAtTheEnd();
    void lineClosesWhereOneIsTakenOut_data();
    void lineClosesWhereOneIsTakenOut();
    void unclaimedOnesStandInALineOfTheirOwn();
    void idFindsItsRecordInEveryStage();
    void idIsUniqueWhileItsConnectionLives();
    void nullIsNoName();
    void removedRecordLeavesNoTrace();
    void tokenIsVoidOnceTheRecordIsRemoved();
    void tokenOfAnEarlierTenantIsVoid();
    void tokenThatWasNeverGivenIsVoid();
    void newTenantFindsTheRecordAsNew();
    void addressesAreStable();
    void slotsAreUsedAgain();
    void countsFollowTheStages();
    void eachStageHasALineOfItsOwn();
    void stockAndLeasesAreTheSumOfTheirStages();
    void moveBeginsANewTime();
    void moveAsItIsKeepsTheTime();
    void ownLineIsAMoveToItsEnd();
    void lifeWithoutALimitHasNoEnd();
    void firstEndIsTheEarliest();
    void newLimitTakesThePlaceOfTheOld();
    void lifeGoesOnInEveryStage();
    void forgottenEndIsNotTheFirst();
    void removalForgetsTheEnd();
    void livesThatEndTogetherAreToldApart();
    void everyStageIsFollowedByThoseOfItsLife();
    void everyLifeBeginsPendingAndMayEndAtAnyTime();
    void randomTrafficAgreesWithASimpleModel();
};

static constexpr Stage allStages[] = {Stage::Free,    Stage::Pending, Stage::Idle,    Stage::Stale,    Stage::Unchecked,
                                      Stage::Checked, Stage::Leased,  Stage::Overdue, Stage::Unclaimed};
static_assert(std::size(allStages) == StageCount);

// Where an entry that is in use may be.
static constexpr Stage usedStages[] = {Stage::Pending, Stage::Idle,   Stage::Stale,   Stage::Unchecked,
                                       Stage::Checked, Stage::Leased, Stage::Overdue, Stage::Unclaimed};

// Where it may go from there.
static constexpr Stage laterStages[] = {Stage::Idle,   Stage::Stale,   Stage::Unchecked, Stage::Checked,
                                        Stage::Leased, Stage::Overdue, Stage::Unclaimed};

static ConnectionId numberedId(int number)
{
    return ConnectionId::fromBytes(QByteArray::number(10000000 + number));
}

static Entry *addNamed(Store &store, int number)
{
    Entry *entry = store.add();
    return store.name(entry, numberedId(number)) ? entry : nullptr;
}

static Entry *addIdle(Store &store, int number)
{
    Entry *entry = addNamed(store, number);
    walk(store, entry, Stage::Idle, {});
    return entry;
}

static QList<const Entry *> lineFrom(const Entry *first)
{
    QList<const Entry *> line;
    for (const Entry *entry = first; entry && line.size() < 100000; entry = entry->next)
        line << entry;
    return line;
}

// From the end to the front; the same line if it is linked both ways.
static QList<const Entry *> lineBackFrom(const Entry *last)
{
    QList<const Entry *> line;
    for (const Entry *entry = last; entry && line.size() < 100000; entry = entry->previous)
        line.prepend(entry);
    return line;
}

using Line = QList<const Entry *>;

void tst_Store::newStoreIsEmpty()
{
    Store store;
    for (const Stage stage : allStages) {
        QCOMPARE(store.count(stage), 0);
        QVERIFY(!store.first(stage) && !store.last(stage));
    }
    QCOMPARE(store.idle(), 0);
    QCOMPARE(store.leased(), 0);
    QVERIFY(!store.firstEnd());
    QVERIFY(!store.find(numberedId(1)));
    QVERIFY(!store.find(ConnectionId()));
    QVERIFY(!store.find(quint64(0)));
}

void tst_Store::newRecordIsPendingAndHasNoId()
{
    Store store;
    Entry *entry = store.add();
    QCOMPARE(entry->stage, Stage::Pending);
    QVERIFY(entry->id.isNull());
    QVERIFY(!entry->socket && !entry->guard && !entry->owner && entry->descriptor == -1);
    QCOMPARE(store.count(Stage::Pending), 1);
    QCOMPARE(store.find(entry->token()), entry);
    QVERIFY(!store.first(Stage::Idle));
    QVERIFY(!store.find(ConnectionId())); // null finds nobody, though this one's ID is null
    QVERIFY(store.add() != entry);
    QCOMPARE(store.count(Stage::Pending), 2);
}

void tst_Store::idleOnesGoOutInTheOrderTheyCame()
{
    Store store;
    Entry *first = addNamed(store, 1);
    Entry *second = addNamed(store, 2);
    Entry *third = addNamed(store, 3);
    walk(store, second, Stage::Idle, {}); // the order is that of becoming idle
    walk(store, third, Stage::Idle, {});
    walk(store, first, Stage::Idle, {});
    for (Entry *expected : {second, third, first}) {
        QCOMPARE(store.first(Stage::Idle), expected);
        walk(store, expected, Stage::Leased, {});
    }
    QVERIFY(!store.first(Stage::Idle));
    QCOMPARE(store.count(Stage::Leased), 3);
}

void tst_Store::whoComesBackStandsAtTheEnd()
{
    Store store;
    Entry *first = addIdle(store, 1);
    Entry *second = addIdle(store, 2);
    Entry *third = addIdle(store, 3);
    walk(store, first, Stage::Leased, {});
    QCOMPARE(lineFrom(store.first(Stage::Idle)), (Line{second, third}));
    walk(store, first, Stage::Idle, {});
    QCOMPARE(lineFrom(store.first(Stage::Idle)), (Line{second, third, first}));
    walk(store, second, Stage::Idle, {}); // from the line itself, too
    QCOMPARE(lineFrom(store.first(Stage::Idle)), (Line{third, first, second}));
    QCOMPARE(store.count(Stage::Idle), 3);
}

void tst_Store::lineClosesWhereOneIsTakenOut_data()
{
    QTest::addColumn<int>("place");
    QTest::newRow("first") << 0;
    QTest::newRow("second") << 1;
    QTest::newRow("in the middle") << 2;
    QTest::newRow("last") << 4;
}

void tst_Store::lineClosesWhereOneIsTakenOut()
{
    QFETCH(const int, place);
    for (const bool isRemoved : {false, true}) {
        Store store;
        QList<Entry *> entries;
        for (int i = 0; i < 5; ++i)
            entries << addIdle(store, i);
        Entry *out = entries.takeAt(place);
        if (isRemoved)
            store.remove(out);
        else
            walk(store, out, Stage::Leased, {});
        QCOMPARE(lineFrom(store.first(Stage::Idle)), Line(entries.cbegin(), entries.cend()));
        for (qsizetype i = 0; i < entries.size(); ++i) // backwards, too
            QCOMPARE(entries[i]->previous, i == 0 ? nullptr : entries[i - 1]);
        entries << addIdle(store, 9);
        QCOMPARE(lineFrom(store.first(Stage::Idle)), Line(entries.cbegin(), entries.cend()));
    }
}

void tst_Store::unclaimedOnesStandInALineOfTheirOwn()
{
    Store store;
    Entry *idle = addIdle(store, 1);
    Entry *first = addIdle(store, 2);
    Entry *second = addIdle(store, 3);
    Entry *third = addIdle(store, 4);
    walk(store, second, Stage::Unclaimed, TimePoint(5s));
    walk(store, first, Stage::Unclaimed, TimePoint(6s));
    walk(store, third, Stage::Unclaimed, TimePoint(7s));
    QCOMPARE(lineFrom(store.first(Stage::Unclaimed)), (Line{second, first, third}));
    QCOMPARE(lineFrom(store.first(Stage::Idle)), Line{idle});
    QCOMPARE(store.count(Stage::Unclaimed), 3);
    QVERIFY(second->since == TimePoint(5s) && first->since == TimePoint(6s) && third->since == TimePoint(7s));

    walk(store, first, Stage::Leased, {}); // take(id)
    QCOMPARE(lineFrom(store.first(Stage::Unclaimed)), (Line{second, third}));
    store.remove(second);
    QCOMPARE(lineFrom(store.first(Stage::Unclaimed)), Line{third});
    store.remove(third);
    QVERIFY(!store.first(Stage::Unclaimed));
    QCOMPARE(store.count(Stage::Unclaimed), 0);
    QCOMPARE(lineFrom(store.first(Stage::Idle)), Line{idle});
}

void tst_Store::idFindsItsRecordInEveryStage()
{
    Store store;
    Entry *other = addIdle(store, 2);
    Entry *entry = addNamed(store, 1);
    QCOMPARE(store.find(numberedId(1)), entry);
    walk(store, entry, Stage::Idle, {});
    QCOMPARE(store.find(numberedId(1)), entry);
    walk(store, entry, Stage::Leased, {});
    QCOMPARE(store.find(numberedId(1)), entry);
    walk(store, entry, Stage::Unclaimed, TimePoint());
    QCOMPARE(store.find(numberedId(1)), entry);
    QCOMPARE(entry->id, numberedId(1));
    store.remove(entry);
    QVERIFY(!store.find(numberedId(1)));
    QCOMPARE(store.find(numberedId(2)), other);
    QVERIFY(!store.find(numberedId(3)));
}

void tst_Store::idIsUniqueWhileItsConnectionLives()
{
    Store store;
    Entry *first = addNamed(store, 1);
    Entry *second = store.add();
    const auto isRefused = [&] { return !store.name(second, numberedId(1)) && second->id.isNull(); };
    QVERIFY(isRefused());
    walk(store, first, Stage::Idle, {});
    QVERIFY(isRefused());
    walk(store, first, Stage::Leased, {});
    QVERIFY(isRefused());
    walk(store, first, Stage::Unclaimed, TimePoint());
    QVERIFY(isRefused());
    QCOMPARE(store.find(numberedId(1)), first); // which none of this has shaken
    store.remove(first);
    QVERIFY(store.name(second, numberedId(1)));
    QCOMPARE(store.find(numberedId(1)), second);
    QCOMPARE(second->stage, Stage::Pending);
}

void tst_Store::nullIsNoName()
{
    Store store;
    Entry *entry = store.add();
    QVERIFY(!store.name(entry, {}));
    QVERIFY(!store.find(ConnectionId()));
    QVERIFY(store.name(entry, numberedId(1))); // a refusal is not the end
    QCOMPARE(store.find(numberedId(1)), entry);
}

void tst_Store::removedRecordLeavesNoTrace()
{
    Store store;
    Entry *unnamed = store.add();
    const quint64 token = unnamed->token();
    store.remove(unnamed);
    QVERIFY(!store.find(token));

    Entry *refused = store.add(); // the one that wanted an ID in use must not take that ID with it
    Entry *holder = addNamed(store, 1);
    QVERIFY(!store.name(refused, numberedId(1)));
    store.remove(refused);
    QCOMPARE(store.find(numberedId(1)), holder);
    store.remove(holder);
    for (const Stage stage : allStages)
        QCOMPARE(store.count(stage), 0);
}

void tst_Store::tokenIsVoidOnceTheRecordIsRemoved()
{
    Store store;
    Entry *entry = addIdle(store, 1);
    const quint64 token = entry->token();
    QCOMPARE(store.find(token), entry);
    walk(store, entry, Stage::Leased, {});
    QCOMPARE(store.find(token), entry); // the same through its life
    walk(store, entry, Stage::Idle, {});
    QCOMPARE(store.find(token), entry);
    store.remove(entry);
    QVERIFY(!store.find(token));
}

void tst_Store::tokenOfAnEarlierTenantIsVoid()
{
    Store store;
    QSet<quint64> tokens;
    Entry *entry = nullptr;
    for (int i = 0; i < 1000; ++i) {
        entry = store.add();
        QVERIFY(!tokens.contains(entry->token()));
        for (const quint64 earlier : std::as_const(tokens))
            QVERIFY(!store.find(earlier));
        tokens << entry->token();
        QCOMPARE(store.find(entry->token()), entry);
        if (i < 999)
            store.remove(entry);
    }
    QCOMPARE(entry->slot, 0u); // it has been one slot all the time
}

void tst_Store::tokenThatWasNeverGivenIsVoid()
{
    Store store;
    Entry *entry = store.add();
    for (quint64 slots = 1; slots < 100; ++slots) {
        QVERIFY(!store.find(slots)); // a slot beyond the last
        store.add();
        QVERIFY(store.find(slots));
    }
    QCOMPARE(entry->token(), 0u);
    QVERIFY(!store.find(quint64(0xffffffffu)));
    QVERIFY(!store.find(entry->token() + (quint64(1) << 32))); // its next tenant's
    store.remove(entry);
    QVERIFY(!store.find(quint64(1) << 32)); // nor while the slot stands empty
}

void tst_Store::newTenantFindsTheRecordAsNew()
{
    Store store;
    Entry *entry = addIdle(store, 1);
    entry->epoch = 7;
    entry->descriptor = 42;
    entry->encrypted = entry->hasBytes = entry->isUsed = entry->isReturning = true;
    entry->holder = QStringLiteral("a thread");
    store.limitLife(entry, TimePoint(9s));
    walk(store, entry, Stage::Unclaimed, TimePoint(5s));
    store.remove(addIdle(store, 2)); // another that is free
    store.remove(entry);
    Entry *tenant = store.add();
    QCOMPARE(tenant, entry);
    QCOMPARE(tenant->stage, Stage::Pending);
    QVERIFY(tenant->id.isNull());
    QCOMPARE(tenant->epoch, 0u);
    QCOMPARE(tenant->descriptor, -1);
    QVERIFY(!tenant->encrypted && !tenant->hasBytes && !tenant->isUsed && !tenant->isReturning);
    QVERIFY(tenant->holder.isEmpty());
    QVERIFY(tenant->endOfLife == TimePoint::max());
    QVERIFY(!tenant->previous && !tenant->next);
    QVERIFY(tenant->since == TimePoint());
}

void tst_Store::addressesAreStable()
{
    Store store;
    QList<Entry *> entries;
    QList<quint64> tokens;
    for (int i = 0; i < 10000; ++i) {
        entries << addIdle(store, i);
        tokens << entries.last()->token();
    }
    QCOMPARE(QSet<Entry *>(entries.cbegin(), entries.cend()).size(), 10000);
    QCOMPARE(QSet<quint64>(tokens.cbegin(), tokens.cend()).size(), 10000);
    for (int i = 0; i < 10000; ++i) {
        QCOMPARE(store.find(tokens[i]), entries[i]);
        QCOMPARE(store.find(numberedId(i)), entries[i]);
        QCOMPARE(entries[i]->id, numberedId(i));
    }
    QCOMPARE(lineFrom(store.first(Stage::Idle)), Line(entries.cbegin(), entries.cend()));
}

void tst_Store::slotsAreUsedAgain()
{
    Store store;
    QList<Entry *> entries;
    for (int i = 0; i < 10; ++i)
        entries << store.add();
    for (int round = 0; round < 100; ++round) {
        for (Entry *entry : std::as_const(entries))
            store.remove(entry);
        QSet<Entry *> again;
        for (qsizetype i = 0; i < entries.size(); ++i)
            again << store.add();
        QCOMPARE(again, QSet<Entry *>(entries.cbegin(), entries.cend())); // no memory beyond the peak
    }
    QVERIFY(!entries.contains(store.add()));
}

void tst_Store::countsFollowTheStages()
{
    Store store;
    const auto counts = [&store] {
        return QList<int>{store.count(Stage::Pending), store.count(Stage::Idle), store.count(Stage::Leased),
                          store.count(Stage::Unclaimed)};
    };
    Entry *one = addNamed(store, 1);
    Entry *two = addNamed(store, 2);
    QCOMPARE(counts(), (QList<int>{2, 0, 0, 0}));
    walk(store, one, Stage::Idle, {});
    QCOMPARE(counts(), (QList<int>{1, 1, 0, 0}));
    walk(store, two, Stage::Idle, {});
    QCOMPARE(counts(), (QList<int>{0, 2, 0, 0}));
    walk(store, one, Stage::Leased, {});
    QCOMPARE(counts(), (QList<int>{0, 1, 1, 0}));
    walk(store, two, Stage::Unclaimed, TimePoint());
    QCOMPARE(counts(), (QList<int>{0, 0, 1, 1}));
    walk(store, two, Stage::Leased, {});
    QCOMPARE(counts(), (QList<int>{0, 0, 2, 0}));
    walk(store, one, Stage::Idle, {});
    QCOMPARE(counts(), (QList<int>{0, 1, 1, 0}));
    store.remove(two);
    QCOMPARE(counts(), (QList<int>{0, 1, 0, 0}));
    store.remove(one);
    QCOMPARE(counts(), (QList<int>{0, 0, 0, 0}));
}

void tst_Store::eachStageHasALineOfItsOwn()
{
    for (const Stage stage : usedStages) {
        Store store;
        QList<const Entry *> expected;
        for (int i = 0; i < 4; ++i) {
            Entry *entry = addNamed(store, i);
            walk(store, entry, stage, {});
            expected << entry;
            QCOMPARE(store.first(stage), expected.first());
            QCOMPARE(store.last(stage), entry);
        }
        for (const Stage other : allStages) {
            QCOMPARE(lineFrom(store.first(other)), other == stage ? expected : Line());
            QCOMPARE(lineBackFrom(store.last(other)), other == stage ? expected : Line());
            QCOMPARE(store.count(other), other == stage ? 4 : 0);
        }
        store.remove(store.last(stage));
        expected.removeLast();
        QCOMPARE(store.last(stage), expected.last());
        store.remove(store.first(stage));
        expected.removeFirst();
        QCOMPARE(lineFrom(store.first(stage)), expected);
        walk(store, store.first(stage), Stage::Leased, {});
        store.remove(store.last(stage));
        if (stage != Stage::Leased)
            QVERIFY(!store.first(stage) && !store.last(stage));
    }
}

void tst_Store::stockAndLeasesAreTheSumOfTheirStages()
{
    const auto isOneOf = [](Stage stage, std::initializer_list<Stage> stages) {
        return std::find(stages.begin(), stages.end(), stage) != stages.end();
    };
    Store all;
    for (const Stage stage : usedStages) {
        Store store;
        Entry *entry = addNamed(store, 1);
        walk(store, entry, stage, {});
        QCOMPARE(store.idle(), isOneOf(stage, {Stage::Idle, Stage::Stale}) ? 1 : 0);
        QCOMPARE(store.leased(), isOneOf(stage, {Stage::Leased, Stage::Overdue, Stage::Unchecked, Stage::Checked}) ? 1 : 0);
        store.remove(entry);
        QCOMPARE(store.idle(), 0);
        QCOMPARE(store.leased(), 0);
        walk(all, all.add(), stage, {});
    }
    QCOMPARE(all.idle(), 2);
    QCOMPARE(all.leased(), 4);
}

void tst_Store::moveBeginsANewTime()
{
    Store store;
    Entry *entry = addNamed(store, 1);
    auto now = 1s;
    for (const Stage stage : usedStages) {
        walk(store, entry, stage, TimePoint(now));
        QCOMPARE(entry->stage, stage);
        QVERIFY(entry->since == TimePoint(now));
        walk(store, entry, stage, TimePoint(now + 500ms)); // within its line, too
        QVERIFY(entry->since == TimePoint(now + 500ms));
        now += 1s;
    }
}

void tst_Store::moveAsItIsKeepsTheTime()
{
    Store store;
    Entry *entry = addNamed(store, 1);
    walk(store, entry, Stage::Idle, TimePoint(7s));
    for (const Stage stage : laterStages) {
        walkAsItIs(store, entry, stage);
        QCOMPARE(entry->stage, stage);
        QCOMPARE(store.count(stage), 1);
        QCOMPARE(store.last(stage), entry);
        QVERIFY(entry->since == TimePoint(7s));
    }
    QCOMPARE(store.count(Stage::Idle), 0);

    Entry *first = addIdle(store, 2);
    Entry *second = addIdle(store, 3);
    walkAsItIs(store, second, Stage::Stale);
    walkAsItIs(store, first, Stage::Stale); // in the order of the moves
    QCOMPARE(lineFrom(store.first(Stage::Stale)), (Line{second, first}));
}

void tst_Store::ownLineIsAMoveToItsEnd()
{
    for (const Stage stage : laterStages) {
        Store store;
        Entry *first = addNamed(store, 1);
        Entry *second = addNamed(store, 2);
        walk(store, first, stage, {});
        walk(store, second, stage, {});
        walkAsItIs(store, first, stage);
        QCOMPARE(lineFrom(store.first(stage)), (Line{second, first}));
        walk(store, second, stage, {});
        QCOMPARE(lineFrom(store.first(stage)), (Line{first, second}));
        QCOMPARE(lineBackFrom(store.last(stage)), (Line{first, second}));
        walk(store, second, stage, {}); // the last is the last
        QCOMPARE(lineFrom(store.first(stage)), (Line{first, second}));
        QCOMPARE(store.count(stage), 2);
    }
}

void tst_Store::lifeWithoutALimitHasNoEnd()
{
    Store store;
    Entry *entry = addIdle(store, 1);
    QVERIFY(entry->endOfLife == TimePoint::max());
    QVERIFY(!store.firstEnd());
    store.limitLife(entry, TimePoint::max());
    QVERIFY(!store.firstEnd());
    store.clearEndOfLife(entry);
    QVERIFY(!store.firstEnd());
    Entry *other = addIdle(store, 2);
    store.limitLife(other, TimePoint::max() - 1ns);
    QCOMPARE(store.firstEnd(), other); // the last of all moments is one
    store.limitLife(other, TimePoint::max());
    QVERIFY(!store.firstEnd());
}

void tst_Store::firstEndIsTheEarliest()
{
    Store store;
    QList<Entry *> entries;
    for (int i = 0; i < 5; ++i)
        entries << addIdle(store, i);
    const auto limit = [&](int which, auto end) { store.limitLife(entries[which], TimePoint(end)); };
    limit(2, 30s);
    QCOMPARE(store.firstEnd(), entries[2]);
    limit(0, 40s);
    QCOMPARE(store.firstEnd(), entries[2]);
    limit(3, 20s);
    QCOMPARE(store.firstEnd(), entries[3]);
    limit(1, 20s - 1ns);
    QCOMPARE(store.firstEnd(), entries[1]);
    limit(4, 35s);
    for (const int expected : {1, 3, 2, 4, 0}) {
        QCOMPARE(store.firstEnd(), entries[expected]);
        store.remove(store.firstEnd());
    }
    QVERIFY(!store.firstEnd());
}

void tst_Store::newLimitTakesThePlaceOfTheOld()
{
    Store store;
    Entry *one = addIdle(store, 1);
    Entry *two = addIdle(store, 2);
    store.limitLife(one, TimePoint(10s));
    store.limitLife(two, TimePoint(20s));
    store.limitLife(one, TimePoint(30s)); // later
    QCOMPARE(store.firstEnd(), two);
    QVERIFY(one->endOfLife == TimePoint(30s));
    store.limitLife(one, TimePoint(5s)); // earlier
    QCOMPARE(store.firstEnd(), one);
    store.limitLife(one, TimePoint(5s)); // the same again
    store.limitLife(one, TimePoint::max()); // none
    QCOMPARE(store.firstEnd(), two);
    store.limitLife(two, TimePoint::max());
    QVERIFY(!store.firstEnd()); // no old one was left behind
}

void tst_Store::lifeGoesOnInEveryStage()
{
    Store store;
    Entry *entry = addNamed(store, 1);
    store.limitLife(entry, TimePoint(10s));
    for (const Stage stage : usedStages) {
        walk(store, entry, stage, TimePoint(60s));
        QCOMPARE(store.firstEnd(), entry);
        walkAsItIs(store, entry, stage);
        QCOMPARE(store.firstEnd(), entry);
        QVERIFY(entry->endOfLife == TimePoint(10s));
    }
}

void tst_Store::forgottenEndIsNotTheFirst()
{
    Store store;
    Entry *one = addIdle(store, 1);
    Entry *two = addIdle(store, 2);
    store.limitLife(one, TimePoint(10s));
    store.limitLife(two, TimePoint(20s));
    store.clearEndOfLife(one);
    QCOMPARE(store.firstEnd(), two);
    QVERIFY(one->endOfLife == TimePoint(10s)); // whoever gives it back can see that it is over
    store.clearEndOfLife(one); // again
    QCOMPARE(store.firstEnd(), two);
    store.remove(one);
    QCOMPARE(store.firstEnd(), two);
    store.clearEndOfLife(two);
    QVERIFY(!store.firstEnd());
    store.limitLife(two, TimePoint(20s)); // a new limit is remembered, the same time or not
    QCOMPARE(store.firstEnd(), two);
}

void tst_Store::removalForgetsTheEnd()
{
    Store store;
    Entry *entry = addIdle(store, 1);
    store.limitLife(entry, TimePoint(10s));
    store.remove(entry);
    QVERIFY(!store.firstEnd());
    Entry *tenant = store.add();
    QCOMPARE(tenant, entry);
    QVERIFY(!store.firstEnd()); // nor is it the next tenant's
    store.limitLife(tenant, TimePoint(20s));
    QCOMPARE(store.firstEnd(), tenant);
    QVERIFY(tenant->endOfLife == TimePoint(20s));
    store.remove(tenant);
    QVERIFY(!store.firstEnd());
}

void tst_Store::livesThatEndTogetherAreToldApart()
{
    Store store;
    QSet<Entry *> entries;
    for (int i = 0; i < 100; ++i) {
        Entry *entry = addIdle(store, i);
        store.limitLife(entry, TimePoint(10s));
        entries << entry;
    }
    Entry *spared = store.find(numberedId(50));
    store.limitLife(spared, TimePoint(20s));
    entries.remove(spared);
    for (int i = 0; i < 99; ++i) {
        Entry *next = store.firstEnd();
        const bool isNew = entries.remove(next);
        QVERIFY(isNew); // each of them once
        if (i % 2)
            store.clearEndOfLife(next);
        else
            store.remove(next);
    }
    QCOMPARE(store.firstEnd(), spared);
}

void tst_Store::everyStageIsFollowedByThoseOfItsLife()
{
    static const std::set<std::pair<Stage, Stage>> life{
            {Stage::Free, Stage::Pending}, // a setup begins
            {Stage::Pending, Stage::Idle}, // it is set up
            {Stage::Pending, Stage::Leased}, // somebody waits for it
            {Stage::Pending, Stage::Unchecked}, // all checks fail
            {Stage::Pending, Stage::Unclaimed}, // the peer has sent bytes and closed already
            {Stage::Idle, Stage::Stale}, // idle for longer than validateAfter
            {Stage::Idle, Stage::Unchecked}, // asked for by its ID, it is to be validated
            {Stage::Stale, Stage::Unchecked},   {Stage::Idle, Stage::Leased}, // taken
            {Stage::Stale, Stage::Leased}, // the validator has gone
            {Stage::Idle, Stage::Unclaimed},    {Stage::Stale, Stage::Unclaimed},
            {Stage::Unchecked, Stage::Checked}, // its validator or resetter begins
            {Stage::Checked, Stage::Idle},      {Stage::Checked, Stage::Leased},
            {Stage::Checked, Stage::Unchecked}, // reset, and to be validated as all checks fail
            {Stage::Checked, Stage::Unclaimed}, {Stage::Leased, Stage::Leased}, // given back, and the next one waits
            {Stage::Leased, Stage::Overdue}, // leakThreshold
            {Stage::Overdue, Stage::Leased},    {Stage::Leased, Stage::Idle}, // given back
            {Stage::Overdue, Stage::Idle},      {Stage::Leased, Stage::Unchecked}, // to its resetter
            {Stage::Overdue, Stage::Unchecked}, {Stage::Leased, Stage::Unclaimed},
            {Stage::Overdue, Stage::Unclaimed}, {Stage::Unclaimed, Stage::Leased}, // take(id)
    };
    for (const Stage from : allStages) {
        for (const Stage to : allStages) {
            const QByteArray pair = QByteArray::number(int(from)) + " to " + QByteArray::number(int(to));
            const bool isEnd = to == Stage::Free && from != Stage::Free;
            QVERIFY2(mayFollow(from, to) == (isEnd || life.count({from, to}) > 0), pair.constData());
            if (!mayFollow(from, to) || from == Stage::Free)
                continue;
            Store store;
            Entry *entry = addNamed(store, 1);
            walk(store, entry, from, {});
            if (isEnd)
                store.remove(entry);
            else
                store.move(entry, to, {});
            QCOMPARE(entry->stage, to);
        }
    }
}

void tst_Store::everyLifeBeginsPendingAndMayEndAtAnyTime()
{
    for (const Stage stage : laterStages) {
        QVERIFY(!wayTo(Stage::Pending, stage).empty());
        QVERIFY(wayTo(stage, Stage::Pending).empty());
        QVERIFY(mayFollow(stage, Stage::Free));
    }
}

// What a store is to do, in the plainest way there is: lists that are searched.
class Model
{
public:
    struct Record
    {
        Entry *entry;
        quint64 token;
        ConnectionId id;
        Stage stage;
        TimePoint since;
        TimePoint end = TimePoint::max();
        bool isEndForgotten = false;
    };
    using Records = std::list<Record>; // each stage in the order of entering it

    Records records;
    QList<quint64> voidTokens;

    Records::iterator at(int place) { return std::next(records.begin(), place); }
    void enter(Records::iterator record, Stage stage)
    {
        record->stage = stage;
        records.splice(records.end(), records, record);
    }
    Entry *byId(ConnectionId id) const
    {
        const auto found = std::find_if(records.begin(), records.end(), [id](const Record &r) { return r.id == id; });
        return id.isNull() || found == records.end() ? nullptr : found->entry;
    }
    Record *byEntry(const Entry *entry)
    {
        const auto found =
                std::find_if(records.begin(), records.end(), [entry](const Record &r) { return r.entry == entry; });
        return found == records.end() ? nullptr : &*found;
    }
    TimePoint earliestEnd() const
    {
        TimePoint earliest = TimePoint::max();
        for (const Record &record : records) {
            if (!record.isEndForgotten)
                earliest = std::min(earliest, record.end);
        }
        return earliest;
    }
    int count(std::initializer_list<Stage> stages) const
    {
        return int(std::count_if(records.begin(), records.end(), [stages](const Record &record) {
            return std::find(stages.begin(), stages.end(), record.stage) != stages.end();
        }));
    }
    Line line(Stage stage) const
    {
        Line result;
        for (const Record &record : records) {
            if (record.stage == stage)
                result << record.entry;
        }
        return result;
    }
};

void tst_Store::randomTrafficAgreesWithASimpleModel()
{
    std::mt19937 random(19700101); // the same traffic each time
    const auto below = [&random](qsizetype count) { return int(random() % unsigned(count)); };
    Store store;
    Model model;
    int refusals = 0;
    int removals = 0;
    qsizetype peak = 0;
    for (int i = 0; i < 100000; ++i) {
        const bool isGrowing = i / 500 % 2 == 0; // floods and ebbs
        const int dice = below(10);
        if (model.records.empty() || dice < (isGrowing ? 3 : 1)) {
            Entry *entry = store.add();
            QCOMPARE(entry->stage, Stage::Pending);
            QVERIFY(entry->id.isNull());
            QVERIFY(!model.voidTokens.contains(entry->token()));
            for (const Model::Record &record : model.records)
                QVERIFY(record.entry != entry);
            model.records.push_back({entry, entry->token(), {}, Stage::Pending, {}});
        } else {
            const auto record = model.at(below(qsizetype(model.records.size())));
            Entry *entry = record->entry;
            if (dice < 4) {
                store.remove(entry);
                model.voidTokens << record->token;
                if (model.voidTokens.size() > 200)
                    model.voidTokens.removeAt(below(200));
                model.records.erase(record);
                ++removals;
            } else if (record->id.isNull()) {
                const ConnectionId id = below(20) ? numberedId(below(400)) : ConnectionId();
                const bool isFree = !id.isNull() && !model.byId(id);
                QCOMPARE(store.name(entry, id), isFree);
                if (isFree)
                    record->id = id;
                else
                    ++refusals;
            } else if (dice < 7) {
                const Stage stage = laterStages[below(qsizetype(std::size(laterStages)))];
                record->since = TimePoint(std::chrono::seconds(i));
                walk(store, entry, stage, record->since);
                model.enter(record, stage);
            } else if (dice < 8) {
                const Stage stage = laterStages[below(qsizetype(std::size(laterStages)))];
                walkAsItIs(store, entry, stage);
                model.enter(record, stage);
            } else if (below(4)) {
                record->end = below(5) ? TimePoint(std::chrono::seconds(below(300))) : TimePoint::max(); // some are equal
                record->isEndForgotten = false;
                store.limitLife(entry, record->end);
            } else {
                // The first to end is the one that is forgotten, most of the time.
                Entry *first = below(4) ? store.firstEnd() : entry;
                if (first) {
                    store.clearEndOfLife(first);
                    model.byEntry(first)->isEndForgotten = true;
                }
            }
        }
        peak = std::max(peak, qsizetype(model.records.size()));

        const ConnectionId id = numberedId(below(400));
        QCOMPARE(store.find(id), model.byId(id));
        if (!model.voidTokens.isEmpty())
            QVERIFY(!store.find(model.voidTokens[below(model.voidTokens.size())]));
        if (!model.records.empty()) {
            const auto record = model.at(below(qsizetype(model.records.size())));
            QCOMPARE(store.find(record->token), record->entry);
            QCOMPARE(record->entry->stage, record->stage);
            QCOMPARE(record->entry->id, record->id);
            QVERIFY(record->entry->since == record->since);
            QVERIFY(record->entry->endOfLife == record->end);
        }
        const Entry *next = store.firstEnd();
        const Model::Record *ending = model.byEntry(next);
        QCOMPARE(ending != nullptr, next != nullptr);
        QVERIFY((ending ? ending->end : TimePoint::max()) == model.earliestEnd());
        QVERIFY(!ending || !ending->isEndForgotten);
        if (i % 20 == 0 || i > 99000) {
            for (const Stage stage : allStages) {
                const Line line = model.line(stage);
                QCOMPARE(lineFrom(store.first(stage)), line);
                QCOMPARE(lineBackFrom(store.last(stage)), line);
                QCOMPARE(store.count(stage), line.size());
            }
            QCOMPARE(store.idle(), model.count({Stage::Idle, Stage::Stale}));
            QCOMPARE(store.leased(), model.count({Stage::Leased, Stage::Overdue, Stage::Unchecked, Stage::Checked}));
        }
    }
    const QString seen = QStringLiteral("%1 refusals, %2 removals, %3 at most").arg(refusals).arg(removals).arg(peak);
    QVERIFY2(refusals > 1000 && removals > 10000 && peak > 100 && peak < 400, qPrintable(seen));
}

QTEST_APPLESS_MAIN(tst_Store)
#include "tst_store.moc"
