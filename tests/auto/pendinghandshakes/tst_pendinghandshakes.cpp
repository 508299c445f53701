// SPDX-License-Identifier: BSD-3-Clause
#include "accept/peerfilter.h"
#include "accept/pendinghandshakes.h"
#include "stock/entry.h"
#include "system/peerbudget.h"

#include <QtTest/QTest>

using namespace QNetPool;
using namespace std::chrono_literals;

// How many handshakes a server takes on, with whom and for how long, and of whom too many fail: no socket, no clock.
class tst_PendingHandshakes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isFullAtItsLimit();
    void countsEachPeer();
    void countsIpv6ByNetwork();
    void hasNoLimitsAtZero();
    void endsWhatItKnows();
    void deadlineShrinksWithTheRoom_data();
    void deadlineShrinksWithTheRoom();
    void shareShrinksWithTheRoom_data();
    void shareShrinksWithTheRoom();
    void leavesRoomForAPeerThatHasNone_data();
    void leavesRoomForAPeerThatHasNone();
    void leavesRoomAfterOnePeerAfterTheOther();
    void shareIsWholeWhileMostHaveOne();
    void whoFailsTooOftenHasToWaitForTheNextSecond();
    void eachSecondCountsAfresh();
    void successesCountInAPeersFavour();
    void failuresMayBeWithoutLimit();
    void failuresAreForgottenWithTheRest();
    void failuresOfSoManyPeersAreCounted();
};

static PeerNetwork of(const char *address)
{
    return networkOf(QHostAddress(QString::fromLatin1(address)));
}

static const PeerNetwork One = of("192.0.2.1");
static const PeerNetwork Other = of("192.0.2.2");
static const PendingHandshakes::Clock::time_point Now{1h};
static constexpr int Budget = PeerBudget::FailedHandshakes;

// So many handshakes, one after the other.
static void run(PendingHandshakes &pending, PeerNetwork peer, int count, bool hasFailed,
                PendingHandshakes::Clock::time_point now = Now)
{
    const Entry entry;
    for (int i = 0; i < count; ++i) {
        pending.begin(&entry, peer);
        pending.end(&entry, hasFailed, now);
    }
}

void tst_PendingHandshakes::isFullAtItsLimit()
{
    const Entry entries[2];
    PendingHandshakes pending;
    pending.setLimits(2, 0);
    QVERIFY(!pending.isFull());
    pending.begin(&entries[0], One);
    QVERIFY(!pending.isFull());
    pending.begin(&entries[1], Other);
    QVERIFY(pending.isFull());
    pending.end(&entries[0], false, Now);
    QVERIFY(!pending.isFull());
    pending.setLimits(1, 0);
    QVERIFY(pending.isFull());
    pending.clear();
    QVERIFY(!pending.isFull());
}

void tst_PendingHandshakes::countsEachPeer()
{
    const Entry entries[3];
    PendingHandshakes pending;
    pending.setLimits(0, 2);
    pending.begin(&entries[0], One);
    QVERIFY(pending.allows(One));
    pending.begin(&entries[1], One);
    QVERIFY(!pending.allows(One));
    QVERIFY(pending.allows(Other));
    pending.begin(&entries[2], Other);
    pending.end(&entries[2], false, Now);
    QVERIFY(!pending.allows(One));
    pending.end(&entries[0], false, Now);
    QVERIFY(pending.allows(One));
}

void tst_PendingHandshakes::countsIpv6ByNetwork()
{
    const Entry entry;
    PendingHandshakes pending;
    pending.setLimits(0, 1);
    pending.begin(&entry, of("2001:db8:1:2::1"));
    QVERIFY(!pending.allows(of("2001:db8:1:2:3:4:5:6")));
    QVERIFY(pending.allows(of("2001:db8:1:3::1")));
    pending.end(&entry, false, Now);
    QVERIFY(pending.allows(of("2001:db8:1:2::2")));
}

void tst_PendingHandshakes::hasNoLimitsAtZero()
{
    const std::vector<Entry> entries(5000);
    PendingHandshakes pending;
    for (const Entry &entry : entries) {
        QVERIFY(pending.allows(One));
        QVERIFY(!pending.isFull());
        pending.begin(&entry, One);
        QCOMPARE(pending.deadline(10s), 10000ms);
    }
}

void tst_PendingHandshakes::endsWhatItKnows()
{
    const Entry known;
    const Entry unknown;
    PendingHandshakes pending;
    pending.setLimits(1, 1);
    pending.begin(&known, One);
    pending.end(&unknown, false, Now);
    QVERIFY(pending.isFull());
    pending.end(&known, false, Now);
    pending.end(&known, false, Now);
    QVERIFY(!pending.isFull());
    QVERIFY(pending.allows(One));
}

void tst_PendingHandshakes::deadlineShrinksWithTheRoom_data()
{
    QTest::addColumn<int>("taken"); // of 100
    QTest::addColumn<std::chrono::milliseconds>("deadline"); // of 10 s
    QTest::newRow("none") << 0 << 10000ms;
    QTest::newRow("half") << 50 << 10000ms;
    QTest::newRow("three quarters") << 75 << 6250ms;
    QTest::newRow("all") << 100 << 2500ms;
    QTest::newRow("more, as the limit was lowered") << 120 << 2500ms;
}

void tst_PendingHandshakes::deadlineShrinksWithTheRoom()
{
    QFETCH(const int, taken);
    QFETCH(const std::chrono::milliseconds, deadline);
    const std::vector<Entry> entries{std::size_t(taken)};
    PendingHandshakes pending;
    pending.setLimits(100, 0);
    for (const Entry &entry : entries)
        pending.begin(&entry, One);
    QCOMPARE(pending.deadline(10s), deadline);
    QVERIFY(pending.deadline(1ms) >= 1ms); // a timer of 0 would end it at once
}

void tst_PendingHandshakes::shareShrinksWithTheRoom_data()
{
    QTest::addColumn<int>("taken"); // of 100
    QTest::addColumn<int>("limit"); // of one peer
    QTest::addColumn<int>("share"); // now
    QTest::newRow("none") << 0 << 40 << 40;
    QTest::newRow("half") << 50 << 40 << 40;
    QTest::newRow("three quarters") << 75 << 40 << 10;
    QTest::newRow("one left") << 99 << 40 << 1;
    QTest::newRow("all") << 100 << 40 << 1;
    QTest::newRow("more, as the limit was lowered") << 120 << 40 << 1;
    QTest::newRow("one peer may have all but one") << 75 << 99 << 25;
    QTest::newRow("one peer may have all") << 99 << 100 << 100;
    QTest::newRow("one peer may have more than there are") << 99 << 256 << 256;
}

void tst_PendingHandshakes::shareShrinksWithTheRoom()
{
    QFETCH(const int, taken);
    QFETCH(const int, limit);
    QFETCH(const int, share);
    const std::vector<Entry> entries{std::size_t(taken)};
    PendingHandshakes pending;
    pending.setLimits(100, limit);
    for (const Entry &entry : entries)
        pending.begin(&entry, One);
    QCOMPARE(pending.share(), share);
    QCOMPARE(pending.allows(One), taken < share);
    QVERIFY(pending.allows(Other));
}

void tst_PendingHandshakes::leavesRoomForAPeerThatHasNone_data()
{
    QTest::addColumn<int>("attackers");
    QTest::addColumn<int>("fewest"); // handshakes with each of them
    QTest::newRow("1") << 1 << 256;
    QTest::newRow("2") << 2 << 256;
    QTest::newRow("4") << 4 << 144;
    QTest::newRow("100") << 100 << 9;
    QTest::newRow("400") << 400 << 2;
}

// Peers that take whatever they get, all at a time.
void tst_PendingHandshakes::leavesRoomForAPeerThatHasNone()
{
    QFETCH(const int, attackers);
    QFETCH(const int, fewest);
    const std::vector<Entry> entries(1024);
    PendingHandshakes pending;
    pending.setLimits(1024, 256);
    QHash<PeerNetwork, int> had;
    std::size_t next = 0;
    for (bool isAnyAllowed = true; isAnyAllowed;) {
        isAnyAllowed = false;
        for (PeerNetwork peer = 1; peer <= PeerNetwork(attackers) && !pending.isFull(); ++peer) {
            if (!pending.allows(peer))
                continue;
            isAnyAllowed = true;
            ++had[peer];
            pending.begin(&entries[next++], peer);
        }
    }
    for (PeerNetwork peer = 1; peer <= PeerNetwork(attackers); ++peer)
        QVERIFY(had.value(peer) >= fewest);
    QVERIFY(!pending.isFull());
    QVERIFY(pending.allows(attackers + 1));
}

// Those who come first have more than their share of what is left then, until their handshakes end.
void tst_PendingHandshakes::leavesRoomAfterOnePeerAfterTheOther()
{
    const std::vector<Entry> entries(1024);
    PendingHandshakes pending;
    pending.setLimits(1024, 256);
    std::size_t next = 0;
    for (PeerNetwork peer = 1; peer <= 50; ++peer) {
        while (pending.allows(peer)) {
            QVERIFY(!pending.isFull());
            pending.begin(&entries[next++], peer);
        }
        QVERIFY(pending.count(peer) > 0);
    }
    QVERIFY(!pending.isFull());
}

void tst_PendingHandshakes::shareIsWholeWhileMostHaveOne()
{
    const std::vector<Entry> entries(1024);
    PendingHandshakes pending;
    pending.setLimits(1024, 256);
    for (int i = 0; i < 1000; ++i)
        pending.begin(&entries[std::size_t(i)], PeerNetwork(i % 501));
    QVERIFY(pending.allows(One));
    pending.begin(&entries[1000], One);
    QCOMPARE(pending.share(), 256);
    QVERIFY(pending.allows(One)); // more of its dials that have waited in the backlog

    for (std::size_t one : {499, 500, 1000}) // those that had no second
        pending.end(&entries[one], false, Now);
    QCOMPARE(pending.share(), 1);
}

void tst_PendingHandshakes::whoFailsTooOftenHasToWaitForTheNextSecond()
{
    PendingHandshakes pending;
    pending.setLimits(0, 256);
    run(pending, One, Budget - 1, true);
    QVERIFY(!pending.failsTooOften(One, Now));
    run(pending, One, 1, true, Now + 500ms);
    QVERIFY(pending.failsTooOften(One, Now + 500ms));
    QVERIFY(pending.failsTooOften(One, Now + 999ms));
    QVERIFY(!pending.failsTooOften(Other, Now + 999ms));
    QVERIFY(!pending.failsTooOften(One, Now + 1s));
}

void tst_PendingHandshakes::eachSecondCountsAfresh()
{
    PendingHandshakes pending;
    pending.setLimits(0, 256);
    run(pending, One, Budget, true);
    run(pending, Other, 1, true, Now + 1s); // begins another second for all
    QVERIFY(!pending.failsTooOften(One, Now + 1s));
    run(pending, One, Budget - 1, true, Now + 1999ms);
    QVERIFY(!pending.failsTooOften(One, Now + 1999ms));
    run(pending, One, 1, true, Now + 1999ms);
    QVERIFY(pending.failsTooOften(One, Now + 1999ms));
}

// Many clients may be behind one address, and some of them fail.
void tst_PendingHandshakes::successesCountInAPeersFavour()
{
    PendingHandshakes pending;
    pending.setLimits(0, 256);
    run(pending, One, 100, false);
    run(pending, Other, 100, false);
    run(pending, One, 99 + Budget, true);
    QVERIFY(!pending.failsTooOften(One, Now));
    run(pending, One, 1, true);
    QVERIFY(pending.failsTooOften(One, Now));
    run(pending, One, 1, false); // one that was going on
    QVERIFY(!pending.failsTooOften(One, Now));
}

void tst_PendingHandshakes::failuresMayBeWithoutLimit()
{
    PendingHandshakes pending;
    pending.setLimits(1000, 0);
    run(pending, One, 10 * Budget, true);
    QVERIFY(!pending.failsTooOften(One, Now));
}

void tst_PendingHandshakes::failuresAreForgottenWithTheRest()
{
    PendingHandshakes pending;
    pending.setLimits(0, 256);
    run(pending, One, Budget, true);
    pending.clear();
    QVERIFY(!pending.failsTooOften(One, Now));
}

// Else a flood from as many networks as IPv6 has would have as much memory as it likes.
void tst_PendingHandshakes::failuresOfSoManyPeersAreCounted()
{
    PendingHandshakes pending;
    pending.setLimits(0, 256);
    for (int i = 0; i < PeerBudget::PeersCounted; ++i)
        run(pending, PeerNetwork(i), 1, true);
    run(pending, One, Budget, true);
    QVERIFY(!pending.failsTooOften(One, Now));
    run(pending, PeerNetwork(0), Budget - 1, true);
    QVERIFY(pending.failsTooOften(PeerNetwork(0), Now));
    run(pending, One, Budget, true, Now + 1s);
    QVERIFY(pending.failsTooOften(One, Now + 1s));
}

QTEST_GUILESS_MAIN(tst_PendingHandshakes)
#include "tst_pendinghandshakes.moc"
