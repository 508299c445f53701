// SPDX-License-Identifier: BSD-3-Clause
#include "engine/player.h"

#include "demoruns.h"

#include <QtCore/QTranslator>

// The scenarios by what their summaries say, in a tenth of their time.
class tst_Scenario : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachIsFoundByName();
    void eachIsPlayable();
    void eachActIsDescribed();
    void summaryIsTranslatedAsItIsShown();
    void fillFillsAndRests();
    void burstGrowsTheCapacity_data();
    void burstGrowsTheCapacity();
    void recoversFromBrokenPeer_data();
    void recoversFromBrokenPeer();
    void recoversFromFrozenServer();
    void droppedConnectionsAreDialledAgain();
    void usedOnceWaitsUntilItIsPredicted_data();
    void usedOnceWaitsUntilItIsPredicted();
    void playerPerformsTheStepsInOrder();
    void deletedPlayerStops();
};

namespace {

Scenario shortened(const QString &name)
{
    Scenario scenario = *findScenario(name);
    for (Scenario::Step &step : scenario.steps)
        step.at /= 10;
    scenario.duration = 0s; // each test has its own end
    return scenario;
}

// A run that is ready for a scenario.
class Stage
{
public:
    explicit Stage(const Settings &settings) : run(settings) { }

    bool isSet()
    {
        return run.start() && QTest::qWaitFor([this] { return isReady(run); }, longer(10000))
                && QTest::qWaitFor([this] { return run.snapshot().exchanges > 0; }, longer(10000));
    }

    Run run;
};

// Acts that were performed.
int count(const QSignalSpy &performed)
{
    return int(performed.size());
}

} // namespace

void tst_Scenario::eachIsFoundByName()
{
    for (const Scenario &scenario : scenarios()) {
        const Scenario *found = findScenario(scenario.name);
        QVERIFY(found);
        QCOMPARE(found->summary, scenario.summary);
    }
    QVERIFY(!findScenario(u"flood"));
    QVERIFY(!findScenario(u""));
}

void tst_Scenario::eachIsPlayable()
{
    QVERIFY(!scenarios().isEmpty());
    for (const Scenario &scenario : scenarios()) {
        QVERIFY2(QLatin1String(scenario.summary).endsWith(u'.'), qPrintable(scenario.name));
        std::chrono::milliseconds last{0};
        for (const Scenario::Step &step : scenario.steps) {
            QVERIFY2(step.at > last, qPrintable(scenario.name));
            last = step.at;
        }
        QVERIFY2(scenario.duration > last + 3s, qPrintable(scenario.name)); // there is something to see after it
    }
}

void tst_Scenario::eachActIsDescribed()
{
    QStringList texts;
    for (const Act &act : {Act(Load{}), Act(Load{.isUsedOnce = true}), Act(Size{ClientPool::Rule::Stepwise}),
                           Act(Size{ClientPool::Rule::Predictive}), Act(Freeze{true}), Act(Freeze{false}), Act(Drop{0.5}),
                           Act(Burst{150}), Act(Break{Fault::Stopped, true}), Act(Break{Fault::Stopped, false}),
                           Act(Break{Fault::PeerRefused, true}), Act(Break{Fault::PeerRefused, false}),
                           Act(Break{Fault::CertificateExpired, true}), Act(Break{Fault::CertificateExpired, false})})
        texts << describe(act);
    QVERIFY(!texts.contains(QString()));
    QCOMPARE(texts.removeDuplicates(), 0);
    QVERIFY(texts.contains(QStringLiteral("the server drops 50 % of its idle connections")));
}

void tst_Scenario::summaryIsTranslatedAsItIsShown()
{
    struct Translator : QTranslator
    {
        QString translate(const char *context, const char *, const char *, int) const override
        {
            return qstrcmp(context, "Demo::Scenario") == 0 ? QStringLiteral("in another language") : QString();
        }
        bool isEmpty() const override { return false; }
    };
    const Scenario *scenario = findScenario(u"outage"); // the command line looks for it before there is a translation
    QVERIFY(scenario);
    Translator translator;
    QVERIFY(QCoreApplication::installTranslator(&translator));
    QCOMPARE(Scenario::tr(scenario->summary), QStringLiteral("in another language"));
}

void tst_Scenario::fillFillsAndRests()
{
    Settings settings = quickly();
    Run run(settings);
    QVERIFY(run.start());
    Player player(run, shortened(QStringLiteral("fill")));
    player.start();
    QTRY_VERIFY(isReady(run));
    QTRY_COMPARE(run.snapshot().interval, settings.client.sizing.maximumInterval);
    QCOMPARE(run.snapshot().exchanges, 0);
    QCOMPARE(run.snapshot().failed, 0);
}

void tst_Scenario::burstGrowsTheCapacity_data()
{
    QTest::addColumn<ClientPool::Rule>("rule");
    QTest::newRow("stepwise") << ClientPool::Rule::Stepwise;
    QTest::newRow("predictive") << ClientPool::Rule::Predictive;
}

// Some of its exchanges may fail: the client dials for all who wait, and closes what arrives when its stock is full, which the
// server may have taken by then.
void tst_Scenario::burstGrowsTheCapacity()
{
    QFETCH(ClientPool::Rule, rule);
    Settings settings = quickly();
    settings.client.sizing.rule = rule;
    settings.client.sizing.maximumCapacity = 20;
    Stage stage(settings);
    QVERIFY(stage.isSet());
    QSignalSpy performed(&stage.run, &Run::performed);
    Player player(stage.run, shortened(QStringLiteral("burst")));
    player.start();
    QTRY_VERIFY(stage.run.snapshot().pool.capacity > settings.client.sizing.minimumCapacity);
    QTRY_COMPARE(count(performed), 4);
    QTRY_VERIFY(stage.run.snapshot().exchanges > 3 * 150);
    if (rule == ClientPool::Rule::Stepwise) // the other one takes minutes
        QTRY_COMPARE(stage.run.snapshot().pool.capacity, settings.client.sizing.minimumCapacity);
}

void tst_Scenario::recoversFromBrokenPeer_data()
{
    QTest::addColumn<TlsMode>("tls");
    QTest::addColumn<QString>("cause");
    QTest::newRow("outage") << TlsMode::None << "Connection refused";
    QTest::newRow("refuse") << TlsMode::None << "closed";
    QTest::newRow("tls-failure") << TlsMode::Verified << "expired";
}

void tst_Scenario::recoversFromBrokenPeer()
{
    QFETCH(TlsMode, tls);
    QFETCH(QString, cause);
    const Scenario scenario = shortened(QString::fromLatin1(QTest::currentDataTag()));
    QVERIFY(scenario.tlsMode <= tls);
    Stage stage(quickly(ConnectionMode::Multi, tls));
    QVERIFY(stage.isSet());
    QSignalSpy performed(&stage.run, &Run::performed);
    Reading client(stage.run.client());
    Player player(stage.run, scenario);
    player.start();
    QTRY_VERIFY(client.has(Note::Kind::State, QStringLiteral("Degraded")));
    QTRY_VERIFY(client.has(Note::Kind::Error, cause));
    QTRY_COMPARE(count(performed), 3);
    QTRY_VERIFY(isReady(stage.run));
    const qint64 exchanges = stage.run.snapshot().exchanges;
    QTRY_VERIFY(stage.run.snapshot().exchanges > exchanges);
}

void tst_Scenario::recoversFromFrozenServer()
{
    Stage stage(quickly());
    QVERIFY(stage.isSet());
    Player player(stage.run, shortened(QStringLiteral("freeze")));
    player.start();
    QTRY_VERIFY(stage.run.server()->isFrozen());
    QTRY_VERIFY(!stage.run.server()->isFrozen());
    const qint64 exchanges = stage.run.snapshot().exchanges;
    QTRY_VERIFY(stage.run.snapshot().exchanges > exchanges);
    QCOMPARE(stage.run.snapshot().failed, 0);
    QTRY_VERIFY(isReady(stage.run));
}

void tst_Scenario::droppedConnectionsAreDialledAgain()
{
    Stage stage(quickly());
    QVERIFY(stage.isSet());
    QSignalSpy performed(&stage.run, &Run::performed);
    Player player(stage.run, shortened(QStringLiteral("drop")));
    player.start();
    QTRY_COMPARE(count(performed), 3);
    QTRY_VERIFY(stage.run.snapshot().pool.diedIdle > 4); // more than all at once
    QTRY_VERIFY(isReady(stage.run));
    QCOMPARE(stage.run.snapshot().failed, 0);
}

void tst_Scenario::usedOnceWaitsUntilItIsPredicted_data()
{
    QTest::addColumn<ConnectionMode>("mode");
    QTest::newRow("multi") << ConnectionMode::Multi; // where the client does not see who waits
    QTest::newRow("single") << ConnectionMode::Single;
}

void tst_Scenario::usedOnceWaitsUntilItIsPredicted()
{
    QFETCH(ConnectionMode, mode);
    Settings settings = quickly(mode);
    settings.client.sizing.maximumCapacity = 64; // room for a slow machine's setups
    settings.client.sizing.minimumInterval = settings.client.sizing.maximumInterval = 500ms;
    Scenario scenario = shortened(QStringLiteral("used-once"));
    scenario.load.rate = 100; // which is still more than a cycle makes ready
    scenario.steps.removeLast(); // the end of it
    Stage stage(settings);
    QVERIFY(stage.isSet());
    QSignalSpy performed(&stage.run, &Run::performed);
    Player player(stage.run, scenario);
    player.start();
    QTRY_COMPARE(count(performed), 2);
    const Snapshot begin = stage.run.snapshot();
    QTRY_COMPARE(count(performed), 3);
    QVERIFY(waitShare(stage.run.snapshot(), begin) > 0.3);

    Snapshot before = stage.run.snapshot();
    double share = 1;
    const auto measures = [&] { // of 50 takes at a time: the first ones are those that wait already
        const Snapshot now = stage.run.snapshot();
        if (now.taken < before.taken + 50)
            return false;
        share = waitShare(now, std::exchange(before, now));
        return share <= 0.1;
    };
    QVERIFY2(QTest::qWaitFor(measures, longer(20000)), qPrintable(QString::number(share)));
    QVERIFY(stage.run.snapshot().pool.discarded > 50);
    QVERIFY(stage.run.snapshot().pool.target > 0);
}

void tst_Scenario::playerPerformsTheStepsInOrder()
{
    Run run(quickly());
    QVERIFY(run.start());
    QStringList acts;
    connect(&run, &Run::performed, this, [&acts](const Act &act) { acts << describe(act); });
    const Scenario scenario{.name = {},
                            .load = {.rate = 5},
                            .steps = {{1ms, Burst{1}}, {30ms, Drop{0.25}}, {60ms, Burst{2}}},
                            .duration = 1s};
    Player player(run, scenario);
    QSignalSpy finished(&player, &Player::finished);
    QVERIFY(acts.isEmpty());
    player.start();
    QTRY_COMPARE(finished.size(), 1);
    QCOMPARE(acts, QStringList({describe(scenario.load), describe(Burst{1}), describe(Drop{0.25}), describe(Burst{2})}));
}

// Deleted in the middle of a step, even.
void tst_Scenario::deletedPlayerStops()
{
    Run run(quickly());
    QVERIFY(run.start());
    auto deleted = std::make_unique<Player>(
            run, Scenario{.name = {}, .load = {.rate = 5}, .steps = {{1ms, Burst{1}}, {30ms, Burst{2}}}, .duration = 1s});
    QStringList acts;
    connect(&run, &Run::performed, this, [&](const Act &act) {
        acts << describe(act);
        if (acts.last() == describe(Burst{1}))
            deleted.reset();
    });
    Player witness(run, Scenario{.name = {}, .load = {.rate = 6}, .steps = {{60ms, Burst{3}}}, .duration = 1s});
    deleted->start();
    witness.start();
    QTRY_VERIFY(acts.contains(describe(Burst{3})));
    QVERIFY(!deleted);
    QVERIFY(!acts.contains(describe(Burst{2})));
}

QTEST_GUILESS_MAIN(tst_Scenario)
#include "tst_scenario.moc"
