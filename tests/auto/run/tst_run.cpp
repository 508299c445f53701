// SPDX-License-Identifier: BSD-3-Clause
#include "demoruns.h"

#include <atomic>

Q_DECLARE_METATYPE(Demo::Fault)

// Both ends of the demo, each at its site: what is done to them, and what is done by others meanwhile.
class tst_Run : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void bothEndsExchange_data();
    void bothEndsExchange();
    void oneEndEach_data();
    void oneEndEach();
    void faultIsNoticedAndCleared_data();
    void faultIsNoticedAndCleared();
    void droppedConnectionsAreReplaced_data();
    void droppedConnectionsAreReplaced();
    void frozenServerBlocksNothingElse();
    void frozenServerCanBeStoppedAndDeleted();
    void usedOnceClosesEachConnection_data();
    void usedOnceClosesEachConnection();
    void ruleIsSwitchedWhileItRuns();
    void configurationReachesThePools();
    void invalidConfigurationIsReported();
    void configurationOutlivesAFault();
    void stopWaitsForExchangesInFlight_data();
    void stopWaitsForExchangesInFlight();
    void nothingBeginsAfterStop();
    void stopCompletesWithoutAPeer();
    void failedStartIsReported_data();
    void failedStartIsReported();
    void clientInjectsNoFaults();
    void actionsAreLogged();
    void idOfAHostileServerIsEscaped();
};

namespace {

void addModes()
{
    QTest::addColumn<ConnectionMode>("mode");
    QTest::newRow("multi") << ConnectionMode::Multi;
    QTest::newRow("single") << ConnectionMode::Single;
}

// Whether a site's thread does what is posted to it.
class Answer
{
public:
    explicit Answer(Site *site)
    {
        site->post([isThere = m_isThere](Engine &) { isThere->store(true); });
    }
    bool isThere() const { return m_isThere->load(); }

private:
    std::shared_ptr<std::atomic<bool>> m_isThere = std::make_shared<std::atomic<bool>>(false);
};

} // namespace

void tst_Run::bothEndsExchange_data()
{
    QTest::addColumn<ConnectionMode>("mode");
    QTest::addColumn<TlsMode>("tls");
    for (const auto &[name, mode] :
         {std::pair("multi", ConnectionMode::Multi), std::pair("single", ConnectionMode::Single)}) {
        for (const TlsMode tls : {TlsMode::None, TlsMode::SelfSigned, TlsMode::Verified})
            QTest::addRow("%s, tls %d", name, int(tls)) << mode << tls;
    }
}

void tst_Run::bothEndsExchange()
{
    QFETCH(ConnectionMode, mode);
    QFETCH(TlsMode, tls);
    Run run(quickly(mode, tls));
    QVERIFY(!run.server() && !run.client());
    QVERIFY(run.start());
    QTRY_VERIFY(run.snapshot().exchanges > 20);
    QTRY_VERIFY(isReady(run));
    QCOMPARE(run.snapshot().failed, 0);
    QCOMPARE(run.snapshot().errors, 0);
    QVERIFY(run.settings().data.port != 0); // a free one
    QCOMPARE(run.settings().control.port != 0, mode == ConnectionMode::Multi);
    const auto traffic = run.client()->meter().traffic();
    QVERIFY(std::any_of(traffic.cbegin(), traffic.cend(), [](const Traffic &one) { return one.bytes > 0; }));
}

void tst_Run::oneEndEach_data()
{
    addModes();
}

// As two programs that know of each other what --connect and --control say.
void tst_Run::oneEndEach()
{
    QFETCH(ConnectionMode, mode);
    Settings settings = quickly(mode, TlsMode::Verified);
    settings.role = Role::Server;
    Run server(settings);
    QVERIFY(server.start());
    QVERIFY(!server.client());

    settings.role = Role::Client;
    settings.data = server.server()->data();
    settings.control = server.server()->control();
    Run client(settings);
    QVERIFY(client.start());
    QVERIFY(!client.server());
    QTRY_VERIFY(client.snapshot().exchanges > 20);
    QTRY_VERIFY(server.snapshot().exchanges > 20);
    QTRY_COMPARE(client.snapshot().state, Pool::State::Ready);
    QCOMPARE(server.snapshot().state, Pool::State::Ready);

    QSignalSpy clientStopped(&client, &Run::stopped);
    client.stop();
    QTRY_COMPARE(clientStopped.size(), 1);
    QSignalSpy serverStopped(&server, &Run::stopped);
    server.stop();
    QTRY_COMPARE(serverStopped.size(), 1);
    QCOMPARE(client.snapshot().failed, 0);
    QCOMPARE(server.snapshot().failed, 0);
}

// What is idle at the client's end is there at the server's, too.
static bool isHeldByBoth(const Run &run, ConnectionMode mode)
{
    const PoolStatistics server = run.server()->pool().statistics();
    return (mode == ConnectionMode::Multi ? server.idle : server.leased) == run.snapshot().pool.idle;
}

void tst_Run::faultIsNoticedAndCleared_data()
{
    QTest::addColumn<ConnectionMode>("mode");
    QTest::addColumn<Fault>("fault");
    QTest::addColumn<QString>("cause"); // in a note of the client's
    for (const auto &[name, mode] :
         {std::pair("multi", ConnectionMode::Multi), std::pair("single", ConnectionMode::Single)}) {
        QTest::addRow("stopped, %s", name) << mode << Fault::Stopped << "Connection refused";
        QTest::addRow("peer refused, %s", name) << mode << Fault::PeerRefused << "closed";
        QTest::addRow("certificate expired, %s", name) << mode << Fault::CertificateExpired << "expired";
    }
}

void tst_Run::faultIsNoticedAndCleared()
{
    QFETCH(ConnectionMode, mode);
    QFETCH(Fault, fault);
    QFETCH(QString, cause);
    Settings settings = quickly(mode, TlsMode::Verified);
    const Load load = std::exchange(settings.load, {.rate = 0}); // what is out when a fault begins comes back
    Run run(settings);
    QVERIFY(run.start());
    QTRY_VERIFY(isReady(run));
    QTRY_VERIFY(isHeldByBoth(run, mode)); // none is still being set up, which would get in
    Reading client(run.client());
    run.perform(Break{fault, true});
    QTRY_COMPARE(run.snapshot().state, Pool::State::Degraded);
    QTRY_VERIFY(client.has(Note::Kind::Error, cause));
    QTRY_COMPARE(run.snapshot().pool.idle, 0);
    run.perform(Break{fault, true}); // again, which changes nothing
    run.perform(Break{fault, false});
    QTRY_VERIFY(isReady(run));
    run.perform(load);
    const qint64 exchanges = run.snapshot().exchanges;
    QTRY_VERIFY(run.snapshot().exchanges > exchanges);
}

void tst_Run::droppedConnectionsAreReplaced_data()
{
    addModes();
}

void tst_Run::droppedConnectionsAreReplaced()
{
    QFETCH(ConnectionMode, mode);
    Settings settings = quickly(mode);
    settings.load.rate = 0; // all are idle
    Run run(settings);
    QVERIFY(run.start());
    QTRY_VERIFY(isReady(run));
    QTRY_VERIFY(isHeldByBoth(run, mode));
    const PoolStatistics before = run.snapshot().pool;
    run.perform(Drop{0.5});
    QTRY_COMPARE(run.snapshot().pool.diedIdle - before.diedIdle, (before.idle + 1) / 2);
    QTRY_VERIFY(isReady(run) && isHeldByBoth(run, mode));
    const qint64 died = run.snapshot().pool.diedIdle;
    const int idle = run.snapshot().pool.idle;
    run.perform(Drop{1});
    QTRY_COMPARE(run.snapshot().pool.diedIdle - died, idle);
    QTRY_VERIFY(isReady(run));
}

void tst_Run::frozenServerBlocksNothingElse()
{
    Run run(quickly());
    QVERIFY(run.start());
    QTRY_VERIFY(run.snapshot().exchanges > 0);
    run.perform(Freeze{true});
    run.perform(Freeze{true});
    QVERIFY(run.server()->isFrozen());
    const Answer server(run.server());
    const Answer client(run.client());
    QTRY_VERIFY(client.isThere());
    const qint64 exchanges = run.snapshot().exchanges; // read from here, where nobody waits for the server
    QCOMPARE(run.server()->pool().state(), Pool::State::Ready);
    const Answer later(run.client());
    QTRY_VERIFY(later.isThere());
    QVERIFY(!server.isThere());
    run.perform(Freeze{false});
    QVERIFY(!run.server()->isFrozen());
    QTRY_VERIFY(server.isThere());
    QTRY_VERIFY(run.snapshot().exchanges > exchanges);
}

void tst_Run::frozenServerCanBeStoppedAndDeleted()
{
    {
        Run run(quickly());
        QVERIFY(run.start());
        QTRY_VERIFY(isReady(run));
        QSignalSpy stopped(&run, &Run::stopped);
        run.perform(Freeze{true});
        run.stop();
        QVERIFY(!run.server()->isFrozen());
        QTRY_COMPARE_WITH_TIMEOUT(stopped.size(), 1, longer(20000));
    }
    Run run(quickly());
    QVERIFY(run.start());
    run.perform(Freeze{true});
}

void tst_Run::usedOnceClosesEachConnection_data()
{
    addModes();
}

void tst_Run::usedOnceClosesEachConnection()
{
    QFETCH(ConnectionMode, mode);
    Settings settings = quickly(mode);
    settings.load.isUsedOnce = true;
    Run run(settings);
    QVERIFY(run.start());
    QTRY_VERIFY(run.snapshot().exchanges > 20);
    QVERIFY(QTest::qWaitFor([&run] { return isReady(run); }, longer(5000))); // now and then: each use takes one
    QSignalSpy stopped(&run, &Run::stopped);
    run.stop();
    QTRY_COMPARE(stopped.size(), 1);
    const Snapshot end = run.snapshot();
    QCOMPARE(end.failed, 0);
    QCOMPARE(end.pool.givenBack, 0);
    QCOMPARE(end.pool.discarded, end.exchanges);
    run.perform(Load{});
    QVERIFY(!run.settings().load.isUsedOnce);
}

void tst_Run::ruleIsSwitchedWhileItRuns()
{
    Settings settings = quickly();
    settings.client.sizing.waitProbability = 0.25; // which Rule::Stepwise does not allow
    Run run(settings);
    QVERIFY(run.start());
    QTRY_VERIFY(isReady(run));
    QCOMPARE(run.snapshot().pool.target, 4);
    Reading client(run.client());
    run.perform(Size{ClientPool::Rule::Stepwise});
    QCOMPARE(run.client()->settings().client.sizing.rule, ClientPool::Rule::Stepwise);
    QTRY_COMPARE(run.snapshot().pool.target, 0);
    run.perform(Size{ClientPool::Rule::Predictive});
    QTRY_COMPARE(run.snapshot().pool.target, 4);
    QVERIFY(!client.has(Note::Kind::Error, QString()));
    QVERIFY(client.has(Note::Kind::Action, describe(Size{ClientPool::Rule::Stepwise})));
}

void tst_Run::configurationReachesThePools()
{
    Run run(quickly());
    QVERIFY(run.start());
    QTRY_VERIFY(isReady(run));
    ClientPool::Configuration client = run.client()->settings().client;
    client.sizing.minimumCapacity = client.sizing.maximumCapacity = 9;
    run.client()->configure(client);
    QCOMPARE(run.client()->settings().client.sizing.maximumCapacity, 9);
    QTRY_VERIFY(run.snapshot().pool.idle >= 9); // and at the same peer, which the demo knows
    ServerPool::Configuration server = run.server()->settings().server;
    server.allowedPeers = QStringList{QStringLiteral("192.0.2.1")};
    run.server()->configure(server);
    run.perform(Drop{1});
    QTRY_COMPARE(run.snapshot().state, Pool::State::Degraded);
    server.allowedPeers.clear();
    run.server()->configure(server);
    QTRY_COMPARE(run.snapshot().state, Pool::State::Ready);
}

void tst_Run::invalidConfigurationIsReported()
{
    Run run(quickly());
    QVERIFY(run.start());
    ServerPool::Configuration server;
    server.tls = {.enabled = true, .configuration = QSslConfiguration::defaultConfiguration()}; // without a certificate
    Reading reading(run.server());
    run.server()->configure(server);
    QTRY_VERIFY(reading.has(Note::Kind::Error, QStringLiteral("certificate")));
}

// A fault is applied on top of the requested configuration, and does not become a part of it.
void tst_Run::configurationOutlivesAFault()
{
    Run run(quickly());
    QVERIFY(run.start());
    QTRY_VERIFY(isReady(run));
    run.perform(Break{Fault::PeerRefused, true});
    QTRY_COMPARE(run.snapshot().state, Pool::State::Degraded);
    ServerPool::Configuration server = run.server()->settings().server;
    server.maximumCapacity = 50;
    run.server()->configure(server);
    const Answer hasConfigured(run.server());
    QTRY_VERIFY(hasConfigured.isThere());
    Reading refused(run.server());
    QTRY_VERIFY(refused.has(Note::Kind::Error, QStringLiteral("not allowed")));
    QCOMPARE(run.snapshot().state, Pool::State::Degraded);
    run.perform(Break{Fault::PeerRefused, false});
    QTRY_VERIFY(isReady(run));
}

void tst_Run::stopWaitsForExchangesInFlight_data()
{
    addModes();
}

void tst_Run::stopWaitsForExchangesInFlight()
{
    QFETCH(ConnectionMode, mode);
    Settings settings = quickly(mode);
    settings.load.hold = 200ms;
    Run run(settings);
    QVERIFY(run.start());
    QTRY_VERIFY(run.snapshot().exchanges > 0 && run.snapshot().pool.leased > 0);
    QSignalSpy stopped(&run, &Run::stopped);
    run.stop();
    QVERIFY(run.isStopping());
    run.stop(); // again, which changes nothing
    QTRY_COMPARE(stopped.size(), 1);
    QCOMPARE(run.snapshot().failed, 0);
    QCOMPARE(run.snapshot().pool.leased, 0);
}

// A scenario may go on while a run is stopping.
void tst_Run::nothingBeginsAfterStop()
{
    Run run(quickly(ConnectionMode::Single));
    QVERIFY(run.start());
    QTRY_VERIFY(run.snapshot().exchanges > 0);
    QSignalSpy clientStopped(run.client(), &Site::stopped);
    run.stop();
    QTRY_COMPARE(clientStopped.size(), 1);
    const qint64 exchanges = run.snapshot().exchanges;
    const qint64 taken = run.snapshot().pool.taken;
    run.perform(Burst{5});
    run.perform(Load{.rate = 1000});
    const Answer client(run.client());
    QTRY_VERIFY(client.isThere());
    QCOMPARE(run.snapshot().pool.taken, taken);
    QCOMPARE(run.snapshot().exchanges, exchanges);
    QCOMPARE(clientStopped.size(), 1);
}

void tst_Run::stopCompletesWithoutAPeer()
{
    for (const Role role : {Role::Server, Role::Client}) {
        QTcpServer unused;
        QVERIFY(unused.listen(QHostAddress::LocalHost));
        Settings settings = quickly();
        settings.role = role;
        if (role == Role::Client)
            settings.data = settings.control = {QStringLiteral("127.0.0.1"), unused.serverPort()};
        unused.close();
        Run run(settings);
        QVERIFY(run.start());
        QSignalSpy stopped(&run, &Run::stopped);
        if (role == Role::Client) {
            Reading client(run.client());
            QTRY_VERIFY(client.has(Note::Kind::Error, QStringLiteral("the control channel to")));
        }
        run.stop();
        QTRY_COMPARE(stopped.size(), 1);
    }
}

void tst_Run::failedStartIsReported_data()
{
    QTest::addColumn<bool>("isControl");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("connections") << false << "cannot listen on";
    QTest::newRow("control") << true << "cannot announce IDs on";
}

void tst_Run::failedStartIsReported()
{
    QFETCH(bool, isControl);
    QFETCH(QString, sentence);
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    Settings settings = quickly();
    (isControl ? settings.control : settings.data).port = other.serverPort();
    Run run(settings);
    QVERIFY(!run.start());
    QVERIFY(!run.client());
    Reading server(run.server());
    QVERIFY(server.has(Note::Kind::Error, sentence));
    QVERIFY(server.has(Note::Kind::Error, QString::number(other.serverPort())));
}

void tst_Run::clientInjectsNoFaults()
{
    Settings settings = quickly(ConnectionMode::Single);
    settings.role = Role::Server;
    Run server(settings);
    QVERIFY(server.start());
    settings.role = Role::Client;
    settings.data = server.server()->data();
    Run client(settings);
    QVERIFY(client.start());
    QTRY_VERIFY(isReady(client));
    for (const Act &act : {Act(Freeze{true}), Act(Break{Fault::Stopped, true}), Act(Drop{1})})
        client.perform(act);
    const qint64 exchanges = client.snapshot().exchanges;
    QTRY_VERIFY(client.snapshot().exchanges > exchanges);
    QCOMPARE(client.snapshot().pool.diedIdle, 0);
    QVERIFY(!server.server()->isFrozen());
}

void tst_Run::actionsAreLogged()
{
    Run run(quickly());
    QVERIFY(run.start());
    QSignalSpy performed(&run, &Run::performed);
    const Act act = Load{.rate = 7, .hold = 3ms};
    run.perform(act);
    QCOMPARE(performed.size(), 1);
    for (Site *site : {run.server(), run.client()})
        QVERIFY(Reading(site).has(Note::Kind::Action, describe(act)));
    QCOMPARE(run.settings().load.rate, 7);
}

// In all that is written of its connections, in the window's log as on the console.
void tst_Run::idOfAHostileServerIsEscaped()
{
    const QByteArray id("\x1b]0;a\n\x1b\x9b");
    QTcpServer data;
    QTcpServer control;
    QVERIFY(data.listen(QHostAddress::LocalHost) && control.listen(QHostAddress::LocalHost));
    connect(&data, &QTcpServer::newConnection, &data, [&] {
        QTcpSocket *socket = data.nextPendingConnection();
        socket->write(id + QByteArray(1000, '\xff')); // no message of the demo's
    });
    connect(&control, &QTcpServer::newConnection, &control, [&] { control.nextPendingConnection()->write(id + '\n'); });
    Settings settings = quickly(ConnectionMode::Multi, TlsMode::None);
    settings.role = Role::Client;
    settings.data = {QStringLiteral("127.0.0.1"), data.serverPort()};
    settings.control = {QStringLiteral("127.0.0.1"), control.serverPort()};
    Run client(settings);
    QVERIFY(client.start());
    const QString escaped = QStringLiteral("0x") + QLatin1String(id.toHex());
    QStringList texts;
    const auto isTold = [&](const QString &start) {
        const QList<Note> notes = client.client()->chronicle().take();
        for (const Note &note : notes)
            texts << note.text;
        return !texts.filter(start + escaped).isEmpty();
    };
    QTRY_VERIFY(isTold(QStringLiteral("connection ")) && isTold({}));
    for (const QString &text : std::as_const(texts))
        QVERIFY2(std::all_of(text.begin(), text.end(), [](QChar c) { return c.isPrint(); }), qPrintable(text));
}

QTEST_GUILESS_MAIN(tst_Run)
#include "tst_run.moc"
