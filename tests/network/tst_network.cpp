// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "ends.h"
#include "network.h"
#include "numbers.h"
#include "traffic.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QRandomGenerator>

#include <future>
#include <optional>

Q_DECLARE_METATYPE(Fault)

// A client pool and a server pool on both ends of a network path that goes wrong. Whatever happens to it, each exchange
// completes with its own bytes or fails, both pools get rid of dead connections, and the stock is full again in time.
// QNETPOOL_NETWORK_SEED repeats the payloads and the relay's delays of an earlier run; what nft drops is the kernel's choice.
class tst_Network : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void exchanges_data();
    void exchanges();
    void deadPath_data();
    void deadPath();
    void serverForgets_data();
    void serverForgets();
    void toldOfTheChange_data();
    void toldOfTheChange();

private:
    std::uint32_t m_seed = 0;
};

namespace {

// Both ends, with nothing wrong yet.
class Scene
{
public:
    Scene(Fault fault, bool isEncrypted, std::uint32_t seed)
        : network(fault, isEncrypted, seed), m_isEncrypted(isEncrypted), m_seed(seed)
    {
    }

    void begin(const std::function<void(ClientPool::Configuration &)> &change = [](auto &) {});
    bool isFull() const;
    void checkNumbers() const;
    void exchangesAllComplete();
    void end();

    Network network;
    std::optional<ClientPool> client;

private:
    const bool m_isEncrypted;
    const std::uint32_t m_seed;
    int m_descriptors = 0;
};

void Scene::begin(const std::function<void(ClientPool::Configuration &)> &change)
{
    QTRY_VERIFY(network.server().port() > 0);
    m_descriptors = openDescriptors();
    ClientPool::Configuration configuration = Ends::client(network.serverAddress(), network.server().port(), m_isEncrypted);
    change(configuration);
    client.emplace(configuration);
    QVERIFY(client->start());
    QTRY_VERIFY_WITH_TIMEOUT(isFull(), 20000);
}

// At both ends, and the server has not kept any that are dead.
bool Scene::isFull() const
{
    const ServerProcess::Numbers &server = network.server().numbers();
    return client->isReady() && client->idleCount() == Ends::Capacity && client->pendingCount() == 0
            && server.idle == Ends::Capacity && server.leased == 0 && server.pending == 0;
}

void Scene::checkNumbers() const
{
    const PoolStatistics numbers = client->statistics();
    QVERIFY2(whatIsWrong(numbers, INT_MAX).isEmpty(), qPrintable(whatIsWrong(numbers, INT_MAX) + text(numbers)));
}

void Scene::exchangesAllComplete()
{
    Traffic traffic(*client, network.server(), m_seed + 1, {20s, 20s});
    traffic.run(50, Ends::Capacity);
    QTRY_VERIFY_WITH_TIMEOUT(traffic.isOver(), 60000);
    QVERIFY2(traffic.finding().isEmpty(), qPrintable(traffic.finding()));
    QVERIFY2(traffic.failed() == 0, qPrintable(traffic.text()));
    checkNumbers();
}

void Scene::end()
{
    client.reset();
    QTRY_COMPARE(openDescriptors(), m_descriptors);
    ServerProcess &server = network.server();
    QTRY_VERIFY(server.numbers().idle == 0 && server.numbers().leased == 0);
    server.close();
    QTRY_COMPARE(server.numbers(), ServerProcess::Numbers());
    QVERIFY2(server.wrong().isEmpty(), qPrintable(server.wrong()));
    QVERIFY(server.exit());
}

} // namespace

void tst_Network::initTestCase()
{
    if (const QString cause = Network::whyNot(); !cause.isEmpty()) {
        const QString text = QStringLiteral("Network namespaces are not permitted here: ") + cause;
        QVERIFY2(!qEnvironmentVariableIsSet("QNETPOOL_NETWORK_REQUIRED"), qPrintable(text));
        QSKIP(qPrintable(text));
    }
    bool isGiven = false;
    m_seed = qEnvironmentVariable("QNETPOOL_NETWORK_SEED").toUInt(&isGiven);
    if (!isGiven)
        m_seed = QRandomGenerator::system()->generate();
    qInfo("QNETPOOL_NETWORK_SEED=%u", m_seed);
    // What Qt keeps once it was used is not the pools'.
    Scene rehearsal(Fault::Loss, true, m_seed);
    rehearsal.begin();
    if (QTest::currentTestFailed())
        return;
    rehearsal.exchangesAllComplete();
}

static void addBoth(const char *name, const std::function<void(QTestData &row, bool isEncrypted)> &fill)
{
    fill(QTest::addRow("%s TCP", name), false);
    fill(QTest::addRow("%s TLS", name), true);
}

void tst_Network::exchanges_data()
{
    QTest::addColumn<Fault>("fault");
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("during"); // so many of them end while the fault lasts
    QTest::addColumn<bool>("mayFail"); // TCP makes up for some faults
    QTest::addColumn<Traffic::Patience>("patience");
    QTest::addColumn<std::chrono::milliseconds>(
            "full"); // again within that time after the fault, at both ends, exchanges in progress included

    const Traffic::Patience little{1s, 2s};
    const Traffic::Patience much{10s, 10s};
    addBoth("loss", [&](QTestData &row, bool isEncrypted) {
        row << Fault::Loss << isEncrypted << 400 << 200 << true << much << Ends::Notice + Ends::Refill + much.answer;
    });
    addBoth("delay", [&](QTestData &row, bool isEncrypted) {
        row << Fault::Delay << isEncrypted << 200 << 100 << false << much << Ends::Refill;
    });
    addBoth("reordering", [&](QTestData &row, bool isEncrypted) {
        row << Fault::Reordering << isEncrypted << 400 << 200 << false << much << Ends::Refill;
    });
    addBoth("slow link", [&](QTestData &row, bool isEncrypted) {
        row << Fault::SlowLink << isEncrypted << 400 << 200 << false << much << Ends::Refill;
    });
    addBoth("partition", [&](QTestData &row, bool isEncrypted) {
        row << Fault::SilentDrop << isEncrypted << 500 << 24 << true << little << Ends::Notice + Ends::Refill;
    });
}

void tst_Network::exchanges()
{
    QFETCH(const Fault, fault);
    QFETCH(const bool, isEncrypted);
    QFETCH(const int, count);
    QFETCH(const int, during);
    QFETCH(const bool, mayFail);
    QFETCH(const Traffic::Patience, patience);
    QFETCH(const std::chrono::milliseconds, full);

    Scene scene(fault, isEncrypted, m_seed);
    scene.begin();
    if (QTest::currentTestFailed())
        return;
    Traffic traffic(*scene.client, scene.network.server(), m_seed, patience);
    QElapsedTimer time;
    traffic.onEnd = [&] {
        scene.checkNumbers();
        if (traffic.ended() == count / 4)
            scene.network.begin();
        if (traffic.ended() != count / 4 + during)
            return;
        scene.network.end();
        time.start();
    };
    traffic.run(count, Ends::Capacity);
    QTRY_VERIFY_WITH_TIMEOUT(time.isValid(), 120000);
    QTRY_VERIFY_WITH_TIMEOUT(traffic.isOver() && scene.isFull(), int(full.count()));
    qInfo().noquote() << traffic.text()
                    + QStringLiteral("; over and full again %1 ms after a fault that met %2 packets")
                              .arg(time.elapsed())
                              .arg(scene.network.hits());

    QVERIFY(scene.network.hits() > 0);
    QVERIFY2(traffic.finding().isEmpty(), qPrintable(traffic.finding()));
    QCOMPARE(traffic.started(), count);
    QCOMPARE(traffic.completed() + traffic.failed(), count);
    QVERIFY(traffic.failed() < (mayFail ? count / 4 : 1));
    scene.exchangesAllComplete();
    scene.end();
}

void tst_Network::deadPath_data()
{
    QTest::addColumn<Fault>("fault");
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<std::chrono::milliseconds>("noticed"); // by both ends, within that time after its begin
    QTest::addColumn<std::chrono::milliseconds>("full"); // again within that time after its end
    addBoth("silent drop", [](QTestData &row, bool isEncrypted) {
        row << Fault::SilentDrop << isEncrypted << Ends::Notice << Ends::Refill;
    });
    // One end hears the other's retransmissions and probes until that has given up, and counts from then.
    addBoth("requests lost", [](QTestData &row, bool isEncrypted) {
        row << Fault::LostRequests << isEncrypted << 2 * Ends::Notice << Ends::Refill;
    });
    addBoth("answers lost", [](QTestData &row, bool isEncrypted) {
        row << Fault::LostAnswers << isEncrypted << 2 * Ends::Notice << Ends::Refill;
    });
    addBoth("vanished address", [](QTestData &row, bool isEncrypted) {
        row << Fault::VanishedAddress << isEncrypted << Ends::Notice << Ends::Refill;
    });
}

// Some connections are idle and some are leased, of which one has a request on its way.
void tst_Network::deadPath()
{
    QFETCH(const Fault, fault);
    QFETCH(const bool, isEncrypted);
    QFETCH(const std::chrono::milliseconds, noticed);
    QFETCH(const std::chrono::milliseconds, full);

    Scene scene(fault, isEncrypted, m_seed);
    scene.begin();
    if (QTest::currentTestFailed())
        return;
    ClientPool &client = *scene.client;
    ServerProcess &server = scene.network.server();
    Connection silent = client.take();
    Connection asking = client.take();
    QVERIFY(silent && asking);
    server.serve(silent.id());
    QTRY_COMPARE(client.idleCount(), Ends::Capacity);
    QTRY_COMPARE(server.numbers().leased, 1);
    QTRY_COMPARE(server.numbers().idle, Ends::Capacity + 1);

    QSignalSpy lost(&client, &Pool::connectionLost);
    QElapsedTimer time;
    scene.network.begin();
    time.start();
    asking->write("a request");
    const auto isNoticed = [&] {
        return lost.size() == Ends::Capacity && silent->state() == QAbstractSocket::UnconnectedState
                && asking->state() == QAbstractSocket::UnconnectedState
                && server.numbers().idle + server.numbers().leased == 0;
    };
    QTRY_VERIFY_WITH_TIMEOUT(isNoticed(), int(noticed.count()));
    qInfo("noticed within %lld ms", time.elapsed());

    // Nothing pretends to live.
    silent.giveBack();
    asking.giveBack();
    QCOMPARE(client.idleCount(), 0);
    QFuture<Connection> patient = client.acquire();
    QFuture<Connection> impatient = client.acquire(500ms);
    auto blocked = std::async(std::launch::async, [&client] { return client.waitForConnection(500ms); });
    QTRY_VERIFY(impatient.isFinished() && blocked.wait_for(0s) == std::future_status::ready);
    QVERIFY_THROWS_EXCEPTION(PoolException, impatient.takeResult());
    QVERIFY(!blocked.get());
    QTRY_COMPARE_WITH_TIMEOUT(client.state(), Pool::State::Degraded, int(Ends::Refill.count())); // a round may be under way
    bool isServed = false; // who has waited through all of it
    patient.then(this, [&isServed](const Connection &connection) { isServed = bool(connection); });

    scene.network.end();
    time.start();
    QTRY_VERIFY_WITH_TIMEOUT(isServed && scene.isFull(), int(full.count()));
    qInfo("full again %lld ms after the fault", time.elapsed());
    scene.exchangesAllComplete();
    scene.end();
}

void tst_Network::serverForgets_data()
{
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<std::chrono::milliseconds>("full"); // again within that time after the path's return
    addBoth("forgetful server", [](QTestData &row, bool isEncrypted) { row << isEncrypted << Ends::Notice + Ends::Refill; });
}

// It closes its connections while the path is cut, so its goodbye does not arrive, and the client keeps what is none any more.
void tst_Network::serverForgets()
{
    QFETCH(const bool, isEncrypted);
    QFETCH(const std::chrono::milliseconds, full);

    Scene scene(Fault::SilentDrop, isEncrypted, m_seed);
    scene.begin();
    if (QTest::currentTestFailed())
        return;
    QSignalSpy lost(&*scene.client, &Pool::connectionLost);
    scene.network.begin();
    scene.network.server().flush();
    QTRY_COMPARE(scene.network.server().numbers().idle, 0);
    scene.network.end();
    QElapsedTimer time;
    time.start();
    QTRY_VERIFY_WITH_TIMEOUT(lost.size() == Ends::Capacity && scene.isFull(), int(full.count()));
    qInfo("full again %lld ms after the fault", time.elapsed());
    scene.exchangesAllComplete();
    scene.end();
}

void tst_Network::toldOfTheChange_data()
{
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<std::chrono::milliseconds>("full"); // again within that time after checkStock()
    addBoth("changed network", [](QTestData &row, bool isEncrypted) { row << isEncrypted << Ends::Notice + Ends::Refill; });
}

// A client that looks after itself once in a minute only is told that its address has gone, and that it has another one.
void tst_Network::toldOfTheChange()
{
    QFETCH(const bool, isEncrypted);
    QFETCH(const std::chrono::milliseconds, full);

    Scene scene(Fault::VanishedAddress, isEncrypted, m_seed);
    scene.begin([](ClientPool::Configuration &configuration) {
        configuration.tcp.keepAlivePeriod = configuration.tcp.userTimeout = 60s;
        configuration.sizing.minimumInterval = configuration.sizing.maximumInterval = configuration.sizing.maximumBackoff =
                60s;
    });
    if (QTest::currentTestFailed())
        return;
    ClientPool &client = *scene.client;
    QSignalSpy lost(&client, &Pool::connectionLost);
    scene.network.begin();
    client.checkStock();
    QTRY_COMPARE(lost.size(), Ends::Capacity);
    QTRY_COMPARE(client.state(), Pool::State::Degraded);

    scene.network.end();
    client.checkStock();
    QElapsedTimer time;
    time.start();
    QTRY_VERIFY_WITH_TIMEOUT(scene.isFull(), int(full.count()));
    qInfo("full again %lld ms after it was told", time.elapsed());
    scene.exchangesAllComplete();
    scene.end();
}

QTEST_GUILESS_MAIN(tst_Network)
#include "tst_network.moc"
