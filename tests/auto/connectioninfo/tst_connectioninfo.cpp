// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QPromise>

#include <algorithm>

using State = ConnectionInfo::State;

// What connections() tells of each connection, through all of its life.
class tst_ConnectionInfo : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nothingIsThere();
    void pendingOnesAreThere();
    void stateFollowsTheConnection();
    void checkedOnesAreThere();
    void lastWordsAreUnclaimed();
    void timesAreThoseOfTheConnection();
    void aPlaceIsKept();
    void numbersAreThoseOfTheStatistics();
};

namespace {

ConnectionInfo infoOf(const Pool &pool, ConnectionId id)
{
    const QList<ConnectionInfo> all = pool.connections();
    const auto it = std::find_if(all.begin(), all.end(), [id](const ConnectionInfo &info) { return info.id == id; });
    return it == all.end() ? ConnectionInfo() : *it;
}

int count(const Pool &pool, State state)
{
    const QList<ConnectionInfo> all = pool.connections();
    return int(std::count_if(all.begin(), all.end(), [state](const ConnectionInfo &info) { return info.state == state; }));
}

QList<ConnectionId> idsOf(const Pool &pool)
{
    QList<ConnectionId> ids;
    const QList<ConnectionInfo> all = pool.connections();
    for (const ConnectionInfo &info : all)
        ids << info.id;
    return ids;
}

} // namespace

void tst_ConnectionInfo::nothingIsThere()
{
    QVERIFY(ClientPool().connections().isEmpty());
    ServerPool server;
    listen(server);
    QVERIFY(server.connections().isEmpty());
    QVERIFY(ConnectionInfo() == ConnectionInfo());
}

void tst_ConnectionInfo::pendingOnesAreThere()
{
    QTcpServer silent; // names nobody
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    ClientPool client(clientOf(silent.serverPort(), 3));
    QVERIFY(client.start());
    QTRY_COMPARE(client.connections().size(), 3);
    QCOMPARE(count(client, State::Pending), 3);
    QCOMPARE(idsOf(client), QList<ConnectionId>(3));
    QTRY_VERIFY(client.connections().constFirst().age > 0ms);
    client.close();
    QTRY_VERIFY(client.connections().isEmpty());
}

void tst_ConnectionInfo::stateFollowsTheConnection()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort()));
    fill(server, client);
    QCOMPARE(count(client, State::Idle), 4);
    QCOMPARE(count(server, State::Idle), 4);

    Connection lease = client.take();
    const ConnectionId id = lease.id();
    QCOMPARE(infoOf(client, id).state, State::Leased);
    QCOMPARE(infoOf(server, id).state, State::Idle);
    lease.giveBack();
    QTRY_COMPARE(infoOf(client, id).state, State::Idle);

    lease = client.take(id);
    QVERIFY(lease);
    lease.discard();
    QTRY_VERIFY(!idsOf(client).contains(id));
    QTRY_VERIFY(!idsOf(server).contains(id));
}

void tst_ConnectionInfo::checkedOnesAreThere()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    QPromise<bool> verdict;
    verdict.start();
    wish.hooks.validateAfter = 0ms;
    wish.hooks.timeout = 60s;
    wish.hooks.validator = [&verdict](QTcpSocket *) { return verdict.future(); };
    ClientPool client(wish);
    fill(server, client, 1);
    QFuture<Connection> asked = client.acquire();
    QTRY_COMPARE(count(client, State::Checking), 1);
    verdict.addResult(true);
    verdict.finish();
    QTRY_VERIFY(asked.isFinished());
    const Connection lease = asked.takeResult();
    QCOMPARE(infoOf(client, lease.id()).state, State::Leased);
}

void tst_ConnectionInfo::lastWordsAreUnclaimed()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 1));
    fill(server, client, 1);
    Connection there = server.take();
    const ConnectionId id = there.id();
    there->write("the answer");
    there->flush();
    there.discard();
    QTRY_COMPARE(infoOf(client, id).state, State::Unclaimed);
    QCOMPARE(client.statistics().unclaimed, 1);
}

void tst_ConnectionInfo::timesAreThoseOfTheConnection()
{
    ServerPool server;
    listen(server);
    QElapsedTimer clock;
    clock.start();
    ClientPool client(clientOf(server.serverPort(), 1));
    fill(server, client, 1);
    const ConnectionId id = client.connections().constFirst().id;
    QTRY_VERIFY(infoOf(client, id).timeInState >= 20ms);
    const ConnectionInfo idle = infoOf(client, id);
    QVERIFY(idle.age >= idle.timeInState);
    QVERIFY(idle.age <= std::chrono::milliseconds(clock.elapsed()));

    clock.start();
    const Connection lease = client.take(id);
    const ConnectionInfo leased = infoOf(client, id);
    QVERIFY(leased.timeInState <= std::chrono::milliseconds(clock.elapsed())); // begins anew
    QVERIFY(leased.age >= idle.age);
}

void tst_ConnectionInfo::aPlaceIsKept()
{
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort());
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h; // nothing is dialled for what goes
    ClientPool client(wish);
    fill(server, client);
    QList<ConnectionId> ids = idsOf(client);
    std::vector<Connection> leases;
    for (int i : {2, 0, 3, 1})
        leases.push_back(client.take(ids[i]));
    QCOMPARE(idsOf(client), ids);
    leases[1].discard();
    ids.removeFirst();
    QCOMPARE(idsOf(client), ids);
    leases.clear();
    QTRY_COMPARE(client.idleCount(), 3);
    QCOMPARE(idsOf(client), ids);
}

void tst_ConnectionInfo::numbersAreThoseOfTheStatistics()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 20));
    fill(server, client, 20);
    std::vector<Connection> leases;
    for (int i = 0; i < 7; ++i)
        leases.push_back(client.take());
    const PoolStatistics now = client.statistics();
    QCOMPARE(count(client, State::Leased), now.leased);
    QCOMPARE(count(client, State::Idle), now.idle);
    QList<ConnectionId> flushed;
    for (const ConnectionInfo &one : client.connections()) {
        if (one.state == State::Idle)
            flushed << one.id;
    }
    client.flush();
    for (const ConnectionId id : idsOf(client))
        QVERIFY(!flushed.contains(id));
    QCOMPARE(count(client, State::Leased), 7);
    leases.clear();
    client.close();
    QTRY_VERIFY(client.connections().isEmpty());
}

QTEST_GUILESS_MAIN(tst_ConnectionInfo)
#include "tst_connectioninfo.moc"
