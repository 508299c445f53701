// SPDX-License-Identifier: BSD-3-Clause
#include "engine/sampler.h"

#include "demoruns.h"

class tst_Sampler : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void firstSampleHasNoRates();
    void ratesFollowWhatHappens();
    void waitsAreThoseSinceTheLastSample();
    void limitsAreThoseOfTheClient();
    void targetIsThatOfThePredictiveRule();
    void frozenEndIsSampledToo();
};

// Takes samples until one is as it should be.
template<typename Predicate> static bool comes(Sampler &sampler, Predicate isSo)
{
    return QTest::qWaitFor([&] { return isSo(sampler.take()); }, longer(10000));
}

void tst_Sampler::firstSampleHasNoRates()
{
    Run run(quickly());
    QVERIFY(run.start());
    QTRY_VERIFY(run.snapshot().exchanges > 0);
    Sampler sampler(*run.server());
    const Sample first = sampler.take();
    QVERIFY(first.pool.created > 0 && first.pool.taken > 0);
    QCOMPARE(first.createdPerSecond, 0);
    QCOMPARE(first.takenPerSecond, 0);
    QCOMPARE(first.lostPerSecond, 0);
    QVERIFY(first.exchanges > 0);
    QCOMPARE(first.failed, 0);
}

void tst_Sampler::ratesFollowWhatHappens()
{
    Settings settings = quickly();
    settings.load.rate = 0;
    Run run(settings);
    QVERIFY(run.start());
    Sampler client(*run.client());
    QVERIFY(comes(client, [](const Sample &now) { return now.pool.idle >= 4; }));
    QVERIFY(comes(client, [](const Sample &now) { // all is quiet
        return now.createdPerSecond == 0 && now.takenPerSecond == 0 && now.lostPerSecond == 0;
    }));
    run.perform(Drop{1});
    QVERIFY(comes(client, [](const Sample &now) { return now.lostPerSecond > 0; }));
    QTRY_VERIFY(isReady(run));
    const Sample after = client.take();
    QVERIFY(after.pool.created >= 8);
    run.perform(Load{.rate = 200});
    QVERIFY(comes(client, [](const Sample &now) { return now.takenPerSecond > 0; }));
    QCOMPARE(client.take().state, Pool::State::Ready);
}

void tst_Sampler::waitsAreThoseSinceTheLastSample()
{
    Settings settings = quickly();
    settings.load.hold = 20ms;
    Run run(settings);
    QVERIFY(run.start());
    QTRY_VERIFY(run.snapshot().exchanges > 0);
    Sampler server(*run.server());
    QVERIFY(server.take().waits.count > 0);
    run.perform(Burst{50}); // more than there are connections
    QVERIFY(comes(server, [](const Sample &now) { return now.waits.p99 > 0ns; }));
    run.perform(Load{.rate = 0});
    QVERIFY(comes(server, [](const Sample &now) { return now.waits.count == 0; }));
}

void tst_Sampler::limitsAreThoseOfTheClient()
{
    Run run(quickly());
    QVERIFY(run.start());
    Sampler client(*run.client());
    Sampler server(*run.server());
    QCOMPARE(client.take().minimum, 4);
    QCOMPARE(client.take().maximum, 4);
    QCOMPARE(server.take().minimum, 0);
    QCOMPARE(server.take().maximum, 0);
    ClientPool::Configuration configuration = run.client()->settings().client;
    configuration.sizing.minimumCapacity = 9; // the pool swaps them, too
    configuration.sizing.maximumCapacity = 6;
    run.client()->configure(configuration);
    QCOMPARE(client.take().minimum, 6);
    QCOMPARE(client.take().maximum, 9);
}

void tst_Sampler::targetIsThatOfThePredictiveRule()
{
    Run run(quickly());
    QVERIFY(run.start());
    Sampler client(*run.client());
    Sampler server(*run.server());
    QVERIFY(comes(client, [](const Sample &now) { return now.target == 4 && now.pool.setupTime > 0ns; }));
    QVERIFY(!server.take().target);
    ClientPool::Configuration configuration = run.client()->settings().client;
    configuration.sizing.rule = ClientPool::Rule::Stepwise;
    run.client()->configure(configuration);
    QVERIFY(!client.take().target);
}

void tst_Sampler::frozenEndIsSampledToo()
{
    Run run(quickly());
    QVERIFY(run.start());
    QTRY_VERIFY(isReady(run));
    Sampler server(*run.server());
    QVERIFY(!server.take().isFrozen);
    run.perform(Freeze{true});
    const Sample frozen = server.take();
    QVERIFY(frozen.isFrozen);
    QCOMPARE(frozen.state, Pool::State::Ready);
    QVERIFY(frozen.pool.created >= 4);
    run.perform(Freeze{false});
    QVERIFY(!server.take().isFrozen);
}

QTEST_GUILESS_MAIN(tst_Sampler)
#include "tst_sampler.moc"
