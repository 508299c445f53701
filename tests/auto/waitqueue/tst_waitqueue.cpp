// SPDX-License-Identifier: BSD-3-Clause
#include "stock/waitqueue.h"

#include <QtTest/QTest>

#include <algorithm>
#include <list>
#include <random>

using namespace QNetPool;
using namespace std::chrono_literals;

using TimePoint = Waiter::TimePoint;

class QuietWaiter final : public Waiter
{
public:
    explicit QuietWaiter(ConnectionId id = {}, TimePoint until = TimePoint::max())
    {
        wanted = id;
        deadline = until;
    }

    bool serve(Connection &) override { return true; }
    void fail(Pool::Error, const QString &) override { }
    bool isCancelled() const override { return isGone; }

    bool isGone = false;
};

class tst_WaitQueue : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void emptyLineHasNobody();
    void firstComeFirstServed();
    void orderHoldsAcrossAnyAndCertain();
    void certainIdServesItsWaiterOnly();
    void waitersForOneIdAreServedInOrder();
    void whoWasNeverInLineHasNoNumber();
    void numbersGrowAndAreNeverReused();
    void leavingInTheMiddleKeepsTheOrder();
    void whoHasLeftIsNotServed();
    void expiryTakesExactlyThoseWhoseTimeHasCome();
    void whoWasServedDoesNotExpire();
    void nextDeadlineIsTheEarliestOfThoseInLine();
    void takeAllEmptiesTheLineInOrder();
    void takeCancelledTakesExactlyThoseInOrder();
    void cancelledOneStaysInLineUntilItIsTaken();
    void takenCancelledOneLeavesNothingBehind();
    void takeCancelledFindsThoseWhoCancelledSince();
    void countsTellAnyFromCertain();
    void lineLetsGoOfThoseWhoLeft();
    void randomTrafficAgreesWithASimpleModel();
};

static ConnectionId numberedId(int number)
{
    return ConnectionId::fromBytes(QByteArray::number(10000000 + number));
}

static const ConnectionId idA = numberedId(1);
static const ConnectionId idB = numberedId(2);
static const ConnectionId idC = numberedId(3);

static TimePoint at(std::chrono::seconds time) // no clock is asked
{
    return TimePoint() + time;
}

static quint64 join(WaitQueue &line, ConnectionId id = {}, TimePoint until = TimePoint::max())
{
    return line.join(std::make_shared<QuietWaiter>(id, until));
}

static quint64 numberOf(const std::shared_ptr<Waiter> &waiter)
{
    return waiter ? waiter->number : 0;
}

static QList<quint64> numbersOf(const std::vector<std::shared_ptr<Waiter>> &waiters)
{
    QList<quint64> numbers;
    for (const auto &waiter : waiters)
        numbers << numberOf(waiter);
    return numbers;
}

static std::vector<std::shared_ptr<Waiter>> takeExpired(WaitQueue &line, TimePoint now)
{
    std::vector<std::shared_ptr<Waiter>> expired;
    while (std::shared_ptr<Waiter> waiter = line.takeExpired(now))
        expired.push_back(std::move(waiter));
    return expired;
}

void tst_WaitQueue::emptyLineHasNobody()
{
    WaitQueue line;
    QCOMPARE(line.count(), 0);
    QCOMPARE(line.countForAny(), 0);
    QVERIFY(!line.next(idA));
    QVERIFY(!line.next({}));
    QVERIFY(!line.leave(0));
    QVERIFY(!line.leave(1));
    QVERIFY(line.takeAll().empty());
    QVERIFY(takeExpired(line, TimePoint::max()).empty());
    QVERIFY(!line.nextDeadline());
}

void tst_WaitQueue::firstComeFirstServed()
{
    WaitQueue line;
    const auto first = std::make_shared<QuietWaiter>();
    const auto second = std::make_shared<QuietWaiter>();
    const auto third = std::make_shared<QuietWaiter>();
    line.join(first);
    line.join(second);
    line.join(third);
    QCOMPARE(line.next(idA), first);
    QCOMPARE(line.next(idB), second);
    QCOMPARE(line.next(idA), third);
    QVERIFY(!line.next(idC));
}

void tst_WaitQueue::orderHoldsAcrossAnyAndCertain()
{
    WaitQueue line;
    const quint64 certainFirst = join(line, idA);
    const quint64 anySecond = join(line);
    const quint64 certainThird = join(line, idA);
    const quint64 anyFourth = join(line);
    QCOMPARE(numberOf(line.next(idA)), certainFirst);
    QCOMPARE(numberOf(line.next(idA)), anySecond); // came before the second one who wants just this
    QCOMPARE(numberOf(line.next(idA)), certainThird);
    QCOMPARE(numberOf(line.next(idA)), anyFourth);
    QCOMPARE(numberOf(line.next(idA)), 0u);
}

void tst_WaitQueue::certainIdServesItsWaiterOnly()
{
    WaitQueue line;
    const quint64 forA = join(line, idA);
    const quint64 forB = join(line, idB);
    QVERIFY(!line.next(idC));
    QVERIFY(!line.next({}));
    QCOMPARE(line.count(), 2);
    QCOMPARE(numberOf(line.next(idB)), forB);
    QVERIFY(!line.next(idB));
    QCOMPARE(numberOf(line.next(idA)), forA);
    QCOMPARE(line.count(), 0);
}

void tst_WaitQueue::waitersForOneIdAreServedInOrder()
{
    WaitQueue line;
    QList<quint64> joined;
    QList<quint64> served;
    for (int i = 0; i < 20; ++i) {
        joined << join(line, idA);
        join(line, idB);
    }
    for (int i = 0; i < 20; ++i)
        served << numberOf(line.next(idA));
    QCOMPARE(served, joined);
    QVERIFY(!line.next(idA));
    QCOMPARE(line.count(), 20);
}

void tst_WaitQueue::whoWasNeverInLineHasNoNumber()
{
    WaitQueue line;
    join(line);
    const auto waiter = std::make_shared<QuietWaiter>();
    QCOMPARE(waiter->number, 0u);
    QVERIFY(!line.leave(waiter->number)); // and takes nobody else's place
    QCOMPARE(line.count(), 1);
    const quint64 number = line.join(waiter);
    QVERIFY(number > 0);
    QCOMPARE(waiter->number, number);
}

void tst_WaitQueue::numbersGrowAndAreNeverReused()
{
    WaitQueue line;
    quint64 last = 0;
    for (int i = 0; i < 100; ++i) {
        const auto waiter = std::make_shared<QuietWaiter>();
        const quint64 number = line.join(waiter);
        QVERIFY(number > last);
        QCOMPARE(waiter->number, number);
        last = number;
        if (i % 3)
            line.leave(number);
        if (i % 10 == 0)
            line.takeAll();
    }
}

void tst_WaitQueue::leavingInTheMiddleKeepsTheOrder()
{
    WaitQueue line;
    const quint64 first = join(line);
    const quint64 second = join(line, idA);
    const quint64 third = join(line);
    const quint64 fourth = join(line, idA);
    const quint64 fifth = join(line);
    QCOMPARE(numberOf(line.leave(second)), second);
    QCOMPARE(numberOf(line.leave(third)), third);
    QCOMPARE(line.count(), 3);
    QCOMPARE(numberOf(line.next(idA)), first);
    QCOMPARE(numberOf(line.next(idA)), fourth);
    QCOMPARE(numberOf(line.next(idA)), fifth);
}

void tst_WaitQueue::whoHasLeftIsNotServed()
{
    WaitQueue line;
    const quint64 any = join(line, {}, at(5s));
    const quint64 certain = join(line, idA, at(5s));
    QVERIFY(line.leave(any));
    QVERIFY(line.leave(certain));
    QVERIFY(!line.leave(any)); // once only
    QVERIFY(!line.leave(certain));
    QVERIFY(!line.leave(certain + 1)); // not yet given
    QVERIFY(!line.next(idA));
    QVERIFY(!line.nextDeadline());
    QVERIFY(takeExpired(line, at(10s)).empty());
    QVERIFY(line.takeAll().empty());
}

void tst_WaitQueue::expiryTakesExactlyThoseWhoseTimeHasCome()
{
    WaitQueue line;
    const quint64 late = join(line, {}, at(30s));
    const quint64 soon = join(line, idA, at(10s));
    const quint64 never = join(line);
    const quint64 alsoSoon = join(line, {}, at(10s));
    const quint64 sooner = join(line, idB, at(5s));
    QVERIFY(takeExpired(line, at(5s) - 1ns).empty());
    QCOMPARE(numbersOf(takeExpired(line, at(5s))), QList<quint64>{sooner});
    QVERIFY(takeExpired(line, at(5s)).empty());
    QCOMPARE(numbersOf(takeExpired(line, at(29s))), (QList<quint64>{soon, alsoSoon}));
    QCOMPARE(line.count(), 2);
    QCOMPARE(numbersOf(takeExpired(line, TimePoint::max())), QList<quint64>{late}); // no deadline is none, even then
    QCOMPARE(numberOf(line.next(idA)), never);
    QCOMPARE(line.count(), 0);
}

void tst_WaitQueue::whoWasServedDoesNotExpire()
{
    WaitQueue line;
    const quint64 any = join(line, {}, at(5s));
    const quint64 certain = join(line, idA, at(5s));
    const quint64 other = join(line, idB, at(5s));
    QCOMPARE(numberOf(line.next(idA)), any);
    QCOMPARE(numberOf(line.next(idA)), certain);
    QCOMPARE(numbersOf(takeExpired(line, at(6s))), QList<quint64>{other});
    QVERIFY(!line.next(idB)); // and who expired is not served
}

void tst_WaitQueue::nextDeadlineIsTheEarliestOfThoseInLine()
{
    WaitQueue line;
    join(line);
    QVERIFY(!line.nextDeadline()); // waits for ever
    const quint64 late = join(line, {}, at(30s));
    QCOMPARE(line.nextDeadline(), at(30s));
    const quint64 soon = join(line, idA, at(10s));
    QCOMPARE(line.nextDeadline(), at(10s));
    const quint64 alsoSoon = join(line, idB, at(10s));
    join(line, idC, at(20s));
    line.leave(soon);
    QCOMPARE(line.nextDeadline(), at(10s));
    line.leave(alsoSoon);
    QCOMPARE(line.nextDeadline(), at(20s));
    QVERIFY(line.next(idC)); // the one without a deadline came first
    QCOMPARE(line.nextDeadline(), at(20s));
    QCOMPARE(numberOf(line.next(idC)), late);
    QCOMPARE(line.nextDeadline(), at(20s));
    QVERIFY(line.next(idC));
    QVERIFY(!line.nextDeadline());
    join(line, {}, at(7s));
    line.takeAll();
    QVERIFY(!line.nextDeadline());
}

void tst_WaitQueue::takeAllEmptiesTheLineInOrder()
{
    WaitQueue line;
    QList<quint64> joined;
    joined << join(line, {}, at(30s)) << join(line, idA, at(10s)) << join(line) << join(line, idB) << join(line, idA);
    QCOMPARE(numbersOf(line.takeAll()), joined);
    QCOMPARE(line.count(), 0);
    QCOMPARE(line.countForAny(), 0);
    QVERIFY(!line.next(idA));
    QVERIFY(!line.next(idB));
    QVERIFY(takeExpired(line, at(60s)).empty());
    QVERIFY(line.takeAll().empty());
    const quint64 newcomer = join(line, idA); // the line goes on
    QCOMPARE(numberOf(line.next(idA)), newcomer);
}

static std::shared_ptr<QuietWaiter> joinAs(WaitQueue &line, bool isCancelled, ConnectionId id = {},
                                           TimePoint until = TimePoint::max())
{
    auto waiter = std::make_shared<QuietWaiter>(id, until);
    waiter->isGone = isCancelled;
    line.join(waiter);
    return waiter;
}

// Everybody whom this one's arrival can serve, one after the other.
static QList<quint64> serveAll(WaitQueue &line, ConnectionId arrived)
{
    QList<quint64> served;
    while (const quint64 number = numberOf(line.next(arrived)))
        served << number;
    return served;
}

void tst_WaitQueue::takeCancelledTakesExactlyThoseInOrder()
{
    WaitQueue line;
    QVERIFY(line.takeCancelled().empty());
    const auto first = joinAs(line, false);
    const auto second = joinAs(line, true, idA, at(30s));
    const auto third = joinAs(line, true);
    const auto fourth = joinAs(line, false, idA);
    const auto fifth = joinAs(line, true, idB);
    const auto sixth = joinAs(line, false, {}, at(10s));
    const auto seventh = joinAs(line, true, {}, at(5s)); // the order is that of arrival, not that of the deadlines
    const QList<quint64> gone = numbersOf(line.takeCancelled());
    QCOMPARE(gone, (QList<quint64>{second->number, third->number, fifth->number, seventh->number}));
    QCOMPARE(line.count(), 3);
    QCOMPARE(line.countForAny(), 2);
    QVERIFY(line.takeCancelled().empty());
    const QList<quint64> served = serveAll(line, idA);
    QCOMPARE(served, (QList<quint64>{first->number, fourth->number, sixth->number}));
}

void tst_WaitQueue::cancelledOneStaysInLineUntilItIsTaken()
{
    WaitQueue line;
    const auto gone = joinAs(line, true, {}, at(5s));
    const auto alsoGone = joinAs(line, true, idA);
    QCOMPARE(line.count(), 2);
    QCOMPARE(line.countForAny(), 1);
    QCOMPARE(line.nextDeadline(), at(5s));
    const auto served = line.next(idA);
    QCOMPARE(served, gone); // it will say that it is no longer interested
    const auto left = line.leave(alsoGone->number);
    QCOMPARE(left, alsoGone);
    QVERIFY(line.takeCancelled().empty()); // who has left is not taken again
}

void tst_WaitQueue::takenCancelledOneLeavesNothingBehind()
{
    WaitQueue line;
    std::vector<std::weak_ptr<Waiter>> gone;
    for (const ConnectionId id : {ConnectionId(), idA, idA, idB})
        gone.push_back(joinAs(line, true, id, at(5s)));
    const auto later = joinAs(line, false, {}, at(20s));
    const quint64 number = gone[1].lock()->number;
    QCOMPARE(line.nextDeadline(), at(5s));
    const std::size_t taken = line.takeCancelled().size();
    QCOMPARE(taken, 4u);
    QCOMPARE(line.nextDeadline(), at(20s));
    QVERIFY(takeExpired(line, at(10s)).empty());
    QVERIFY(!line.leave(number));
    for (const std::weak_ptr<Waiter> &waiter : gone)
        QVERIFY(waiter.expired()); // only the one who took them kept them alive
    QList<quint64> served = serveAll(line, idA);
    QCOMPARE(served, QList<quint64>{later->number});
    QVERIFY(!line.next(idB));
    const quint64 newcomer = join(line, idA); // the ID can be waited for again
    served = serveAll(line, idA);
    QCOMPARE(served, QList<quint64>{newcomer});
}

void tst_WaitQueue::takeCancelledFindsThoseWhoCancelledSince()
{
    WaitQueue line;
    const auto first = joinAs(line, false, idA);
    const auto second = joinAs(line, false, idA);
    const auto third = joinAs(line, false);
    QVERIFY(line.takeCancelled().empty());
    first->isGone = true;
    QList<quint64> gone = numbersOf(line.takeCancelled());
    QCOMPARE(gone, QList<quint64>{first->number});
    third->isGone = true;
    gone = numbersOf(line.takeCancelled());
    QCOMPARE(gone, QList<quint64>{third->number});
    const QList<quint64> served = serveAll(line, idA);
    QCOMPARE(served, QList<quint64>{second->number}); // who wanted the same is still in line
}

void tst_WaitQueue::countsTellAnyFromCertain()
{
    WaitQueue line;
    const quint64 any = join(line);
    join(line, {}, at(5s));
    const quint64 certain = join(line, idA);
    join(line, idB, at(5s));
    QCOMPARE(line.count(), 4);
    QCOMPARE(line.countForAny(), 2);
    line.leave(certain);
    QCOMPARE(line.count(), 3);
    QCOMPARE(line.countForAny(), 2);
    line.leave(any);
    QCOMPARE(line.count(), 2);
    QCOMPARE(line.countForAny(), 1);
    takeExpired(line, at(5s));
    QCOMPARE(line.count(), 0);
    QCOMPARE(line.countForAny(), 0);
}

// Who is out of the line is no longer kept alive by it: a waiter holds a promise, and its future waits for that.
void tst_WaitQueue::lineLetsGoOfThoseWhoLeft()
{
    WaitQueue line;
    std::vector<std::weak_ptr<Waiter>> seen;
    for (const ConnectionId id : {ConnectionId(), idA, idB, idC, ConnectionId()}) {
        auto waiter = std::make_shared<QuietWaiter>(id, id == idC ? at(5s) : TimePoint::max());
        seen.push_back(waiter);
        line.join(std::move(waiter));
        QVERIFY(!seen.back().expired()); // the line alone keeps it
    }
    line.next({});
    QVERIFY(seen[0].expired());
    line.next(idA);
    QVERIFY(seen[1].expired());
    line.leave(3);
    QVERIFY(seen[2].expired());
    takeExpired(line, at(5s));
    QVERIFY(seen[3].expired());
    line.takeAll();
    QVERIFY(seen[4].expired());
}

void tst_WaitQueue::randomTrafficAgreesWithASimpleModel()
{
    struct Person
    {
        quint64 number;
        ConnectionId wanted;
        TimePoint deadline;
        std::shared_ptr<QuietWaiter> waiter;
    };
    std::mt19937 random(20240611); // the same traffic each time
    const auto below = [&random](unsigned count) { return int(random() % count); };
    std::list<Person> model; // in order of arrival, searched from the front
    WaitQueue line;
    TimePoint now;
    const auto takeFromModel = [&model](auto matches) {
        const auto found = std::find_if(model.begin(), model.end(), matches);
        const quint64 number = found == model.end() ? 0 : found->number;
        if (found != model.end())
            model.erase(found);
        return number;
    };

    int served = 0;
    int expired = 0;
    int cancelled = 0;
    for (int i = 0; i < 50000; ++i) {
        now += std::chrono::milliseconds(below(200));
        const ConnectionId id = below(3) ? numberedId(below(8)) : ConnectionId();
        switch (below(8)) {
        case 0:
        case 1:
        case 2:
        case 3: {
            const TimePoint deadline = below(4) ? now + std::chrono::milliseconds(below(10000)) : TimePoint::max();
            const auto waiter = joinAs(line, false, id, deadline);
            model.push_back({waiter->number, id, deadline, waiter});
            break;
        }
        case 4:
        case 5: {
            const quint64 expected =
                    takeFromModel([&](const Person &person) { return person.wanted.isNull() || person.wanted == id; });
            QCOMPARE(numberOf(line.next(id)), expected);
            served += expected != 0;
            break;
        }
        case 6: {
            const quint64 number = model.empty() ? 0 : model.front().number + quint64(below(50)); // or gone by now
            const quint64 expected = takeFromModel([&](const Person &person) { return person.number == number; });
            QCOMPARE(numberOf(line.leave(number)), expected);
            break;
        }
        case 7: {
            QList<quint64> gone = numbersOf(takeExpired(line, now));
            std::sort(gone.begin(), gone.end());
            QList<quint64> expected;
            while (const quint64 number = takeFromModel([&](const Person &person) { return person.deadline <= now; }))
                expected << number;
            QCOMPARE(gone, expected);
            expired += int(gone.size());
            break;
        }
        }
        if (below(10) == 0 && !model.empty())
            std::next(model.begin(), below(unsigned(model.size())))->waiter->isGone = true;
        if (below(50) == 0) {
            QList<quint64> expected;
            while (const quint64 number = takeFromModel([](const Person &person) { return person.waiter->isGone; }))
                expected << number;
            const QList<quint64> gone = numbersOf(line.takeCancelled());
            QCOMPARE(gone, expected);
            cancelled += int(gone.size());
        }
        if (below(5000) == 0) {
            QList<quint64> expected;
            for (const Person &person : model)
                expected << person.number;
            model.clear();
            QCOMPARE(numbersOf(line.takeAll()), expected);
        }
        QCOMPARE(line.count(), int(model.size()));
        QCOMPARE(line.countForAny(), int(std::count_if(model.begin(), model.end(), [](const Person &person) {
                     return person.wanted.isNull();
                 })));
        const auto earliest = std::min_element(model.begin(), model.end(), [](const Person &one, const Person &other) {
            return one.deadline < other.deadline;
        });
        const bool hasDeadline = earliest != model.end() && earliest->deadline != TimePoint::max();
        QCOMPARE(line.nextDeadline(), hasDeadline ? std::optional(earliest->deadline) : std::nullopt);
    }
    QVERIFY2(served > 1000 && expired > 1000 && cancelled > 1000,
             qPrintable(QStringLiteral("%1, %2, %3").arg(served).arg(expired).arg(cancelled)));
}

QTEST_APPLESS_MAIN(tst_WaitQueue)
#include "tst_waitqueue.moc"
