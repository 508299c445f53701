// SPDX-License-Identifier: BSD-3-Clause
#include "setup/setupstep.h"

#include <QtTest/QTest>

using namespace QNetPool;

using Step = SetupStep;

class tst_SetupStep : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void stepFollowsStep_data();
    void stepFollowsStep();
    void everySetupIsDoneInTheEnd_data();
    void everySetupIsDoneInTheEnd();
};

// The whole table: after each step, for each plan.
void tst_SetupStep::stepFollowsStep_data()
{
    QTest::addColumn<SetupPlan>("plan");
    QTest::addColumn<QList<Step>>("next"); // after Connect, Encrypt, ReadId, SendId, Done
    const auto row = [](const char *name, SetupPlan plan, Step afterConnect, Step afterEncrypt) {
        // Whichever ID step was the one, nothing comes behind it.
        QTest::newRow(name) << plan << QList<Step>{afterConnect, afterEncrypt, Step::Done, Step::Done, Step::Done};
    };
    row("client, plain, single", {false, false, false}, Step::Done, Step::Done);
    row("client, plain, multi", {false, false, true}, Step::ReadId, Step::ReadId);
    row("client, TLS, single", {false, true, false}, Step::Encrypt, Step::Done);
    row("client, TLS, multi", {false, true, true}, Step::Encrypt, Step::ReadId);
    row("server, plain, single", {true, false, false}, Step::Done, Step::Done);
    row("server, plain, multi", {true, false, true}, Step::SendId, Step::SendId);
    row("server, TLS, single", {true, true, false}, Step::Encrypt, Step::Done);
    row("server, TLS, multi", {true, true, true}, Step::Encrypt, Step::SendId);
}

void tst_SetupStep::stepFollowsStep()
{
    QFETCH(const SetupPlan, plan);
    QFETCH(const QList<Step>, next);
    QCOMPARE(stepAfter(Step::Connect, plan), next[0]);
    QCOMPARE(stepAfter(Step::Encrypt, plan), next[1]);
    QCOMPARE(stepAfter(Step::ReadId, plan), next[2]);
    QCOMPARE(stepAfter(Step::SendId, plan), next[3]);
    QCOMPARE(stepAfter(Step::Done, plan), next[4]);
}

void tst_SetupStep::everySetupIsDoneInTheEnd_data()
{
    QTest::addColumn<SetupPlan>("plan");
    QTest::addColumn<QList<Step>>("way");
    const auto row = [](const char *name, SetupPlan plan, const QList<Step> &way) { QTest::newRow(name) << plan << way; };
    row("client, plain, single", {false, false, false}, {Step::Connect});
    row("client, plain, multi", {false, false, true}, {Step::Connect, Step::ReadId});
    row("client, TLS, single", {false, true, false}, {Step::Connect, Step::Encrypt});
    row("client, TLS, multi", {false, true, true}, {Step::Connect, Step::Encrypt, Step::ReadId});
    row("server, plain, single", {true, false, false}, {Step::Connect});
    row("server, plain, multi", {true, false, true}, {Step::Connect, Step::SendId});
    row("server, TLS, single", {true, true, false}, {Step::Connect, Step::Encrypt});
    row("server, TLS, multi", {true, true, true}, {Step::Connect, Step::Encrypt, Step::SendId});
}

void tst_SetupStep::everySetupIsDoneInTheEnd()
{
    QFETCH(const SetupPlan, plan);
    QFETCH(const QList<Step>, way);
    QList<Step> gone;
    for (Step step = Step::Connect; step != Step::Done && gone.size() < 10; step = stepAfter(step, plan))
        gone << step;
    QCOMPARE(gone, way);
}

// The one who decides at compile time can.
static_assert(stepAfter(Step::Connect, SetupPlan()) == Step::Done);

QTEST_APPLESS_MAIN(tst_SetupStep)
#include "tst_setupstep.moc"
