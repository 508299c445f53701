// SPDX-License-Identifier: BSD-3-Clause
#include "stock/store.h"

#include <QtCore/QSet>
#include <QtTest/QTest>

#include <algorithm>
#include <list>
#include <random>
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
    void randomTrafficAgreesWithASimpleModel();
};

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
    store.move(entry, Stage::Idle, {});
    return entry;
}

static QList<const Entry *> lineFrom(const Entry *first)
{
    QList<const Entry *> line;
    for (const Entry *entry = first; entry && line.size() < 100000; entry = entry->next)
        line << entry;
    return line;
}

using Line = QList<const Entry *>;

void tst_Store::newStoreIsEmpty()
{
    Store store;
    for (const Stage stage : {Stage::Free, Stage::Pending, Stage::Idle, Stage::Leased, Stage::Unclaimed})
        QCOMPARE(store.count(stage), 0);
    QVERIFY(!store.first(Stage::Idle));
    QVERIFY(!store.first(Stage::Unclaimed));
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
    store.move(second, Stage::Idle, {}); // the order is that of becoming idle
    store.move(third, Stage::Idle, {});
    store.move(first, Stage::Idle, {});
    for (Entry *expected : {second, third, first}) {
        QCOMPARE(store.first(Stage::Idle), expected);
        store.move(expected, Stage::Leased, {});
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
    store.move(first, Stage::Leased, {});
    QCOMPARE(lineFrom(store.first(Stage::Idle)), (Line{second, third}));
    store.move(first, Stage::Idle, {});
    QCOMPARE(lineFrom(store.first(Stage::Idle)), (Line{second, third, first}));
    store.move(second, Stage::Idle, {}); // from the line itself, too
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
            store.move(out, Stage::Leased, {});
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
    store.move(second, Stage::Unclaimed, TimePoint(5s));
    store.move(first, Stage::Unclaimed, TimePoint(6s));
    store.move(third, Stage::Unclaimed, TimePoint(7s));
    QCOMPARE(lineFrom(store.first(Stage::Unclaimed)), (Line{second, first, third}));
    QCOMPARE(lineFrom(store.first(Stage::Idle)), Line{idle});
    QCOMPARE(store.count(Stage::Unclaimed), 3);
    QVERIFY(second->since == TimePoint(5s) && first->since == TimePoint(6s) && third->since == TimePoint(7s));

    store.move(first, Stage::Leased, {}); // take(id)
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
    store.move(entry, Stage::Idle, {});
    QCOMPARE(store.find(numberedId(1)), entry);
    store.move(entry, Stage::Leased, {});
    QCOMPARE(store.find(numberedId(1)), entry);
    store.move(entry, Stage::Unclaimed, TimePoint());
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
    store.move(first, Stage::Idle, {});
    QVERIFY(isRefused());
    store.move(first, Stage::Leased, {});
    QVERIFY(isRefused());
    store.move(first, Stage::Unclaimed, TimePoint());
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
    for (const Stage stage : {Stage::Free, Stage::Pending, Stage::Idle, Stage::Leased, Stage::Unclaimed})
        QCOMPARE(store.count(stage), 0);
}

void tst_Store::tokenIsVoidOnceTheRecordIsRemoved()
{
    Store store;
    Entry *entry = addIdle(store, 1);
    const quint64 token = entry->token();
    QCOMPARE(store.find(token), entry);
    store.move(entry, Stage::Leased, {});
    QCOMPARE(store.find(token), entry); // the same through its life
    store.move(entry, Stage::Idle, {});
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
    entry->encrypted = entry->hasBytes = entry->pulled = true;
    store.move(entry, Stage::Unclaimed, TimePoint(5s));
    store.remove(addIdle(store, 2)); // another that is free
    store.remove(entry);
    Entry *tenant = store.add();
    QCOMPARE(tenant, entry);
    QCOMPARE(tenant->stage, Stage::Pending);
    QVERIFY(tenant->id.isNull());
    QCOMPARE(tenant->epoch, 0u);
    QCOMPARE(tenant->descriptor, -1);
    QVERIFY(!tenant->encrypted && !tenant->hasBytes && !tenant->pulled);
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
    store.move(one, Stage::Idle, {});
    QCOMPARE(counts(), (QList<int>{1, 1, 0, 0}));
    store.move(two, Stage::Idle, {});
    QCOMPARE(counts(), (QList<int>{0, 2, 0, 0}));
    store.move(one, Stage::Leased, {});
    QCOMPARE(counts(), (QList<int>{0, 1, 1, 0}));
    store.move(two, Stage::Unclaimed, TimePoint());
    QCOMPARE(counts(), (QList<int>{0, 0, 1, 1}));
    store.move(two, Stage::Leased, {});
    QCOMPARE(counts(), (QList<int>{0, 0, 2, 0}));
    store.move(one, Stage::Idle, {});
    QCOMPARE(counts(), (QList<int>{0, 1, 1, 0}));
    store.remove(two);
    QCOMPARE(counts(), (QList<int>{0, 1, 0, 0}));
    store.remove(one);
    QCOMPARE(counts(), (QList<int>{0, 0, 0, 0}));
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
            model.records.push_back({entry, entry->token(), {}, Stage::Pending});
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
                store.move(entry, Stage::Idle, {});
                model.enter(record, Stage::Idle);
            } else if (dice < 9) {
                store.move(entry, Stage::Leased, {});
                model.enter(record, Stage::Leased);
            } else {
                store.move(entry, Stage::Unclaimed, TimePoint(std::chrono::seconds(i)));
                model.enter(record, Stage::Unclaimed);
                QVERIFY(entry->since == TimePoint(std::chrono::seconds(i)));
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
        }
        if (i % 20 == 0 || i > 99000) {
            QCOMPARE(lineFrom(store.first(Stage::Idle)), model.line(Stage::Idle));
            QCOMPARE(lineFrom(store.first(Stage::Unclaimed)), model.line(Stage::Unclaimed));
            for (const Stage stage : {Stage::Free, Stage::Pending, Stage::Idle, Stage::Leased, Stage::Unclaimed})
                QCOMPARE(store.count(stage), model.line(stage).size());
        }
    }
    const QString seen = QStringLiteral("%1 refusals, %2 removals, %3 at most").arg(refusals).arg(removals).arg(peak);
    QVERIFY2(refusals > 1000 && removals > 10000 && peak > 100 && peak < 400, qPrintable(seen));
}

QTEST_APPLESS_MAIN(tst_Store)
#include "tst_store.moc"
