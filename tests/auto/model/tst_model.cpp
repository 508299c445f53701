// SPDX-License-Identifier: BSD-3-Clause
#include "explorer.h"
#include "found.h"
#include "testmain.h"

#include <QtCore/QRandomGenerator>

// Random programs over the public API, and a model of what must hold. QNETPOOL_MODEL_SECONDS sets how long (30),
// QNETPOOL_MODEL_SEED repeats the programs of an earlier run. A program that fails is shrunk, and printed as C++.
class tst_Model : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void programsAreTheSameAsText();
    void shrinksToWhatMatters();
    void foundPrograms_data();
    void foundPrograms();
    void randomPrograms();
};

void tst_Model::programsAreTheSameAsText()
{
    for (quint64 seed = 0; seed < 100; ++seed) {
        const Program program = Generator(seed).program();
        const Program read = Program::fromText(program.toText());
        QVERIFY(read.setting == program.setting);
        QVERIFY(read.steps == program.steps);
    }
}

void tst_Model::shrinksToWhatMatters()
{
    // It fails if a Kill is followed by a Take from slot 2.
    const auto fails = [](const Program &program) {
        bool isKilled = false;
        for (const Step &step : program.steps) {
            isKilled |= step.act == Act::Kill;
            if (isKilled && step.act == Act::Take && step.slot == 2)
                return true;
        }
        return false;
    };
    quint64 seed = 0;
    while (!fails(Generator(seed).program()))
        ++seed;
    const Program shrunk = Shrinker(fails).shrink(Generator(seed).program());
    QVERIFY(shrunk.setting == Setting());
    QVERIFY(shrunk.steps == std::vector<Step>({{.act = Act::Kill}, {.act = Act::Take, .slot = 2}}));
}

void tst_Model::foundPrograms_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const auto &[name, program] : ::foundPrograms())
        QTest::newRow(name) << program.toText();
}

void tst_Model::foundPrograms()
{
    QFETCH(const QByteArray, text);
    QCOMPARE(Explorer::play(Program::fromText(text)), QString());
}

void tst_Model::randomPrograms()
{
    bool isGiven = false;
    double seconds = qEnvironmentVariable("QNETPOOL_MODEL_SECONDS").toDouble(&isGiven);
    if (!isGiven)
        seconds = 30;
    quint64 seed = qEnvironmentVariable("QNETPOOL_MODEL_SEED").toULongLong(&isGiven);
    if (!isGiven)
        seed = QRandomGenerator::system()->generate();
    qInfo("QNETPOOL_MODEL_SECONDS=%g QNETPOOL_MODEL_SEED=%llu", seconds, seed);
    Explorer explorer(seed);
    const Explorer::Finding found = explorer.explore(std::chrono::milliseconds(qint64(1000 * seconds)));
    qInfo("%d programs", explorer.count());
    if (found.text.isEmpty())
        return;
    qWarning("seed %llu: %s", found.seed, qPrintable(found.text));
    const Explorer::Finding shrunk = Explorer::shrink(found, longer(60s));
    QFAIL(qPrintable(shrunk.text + u'\n' + QLatin1String(printed(shrunk.program, "seed" + QByteArray::number(found.seed)))));
}

int main(int argc, char **argv)
{
    const TestApplication application(argc, argv);
    const auto runTest = [&] {
        tst_Model test;
        QTEST_SET_MAIN_SOURCE_PATH
        return QTest::qExec(&test, argc, argv);
    };
    const int result = Explorer::isChild(argc, argv) ? Explorer::runChild(argc, argv) : runTest();
    letThreadsEnd();
    return result;
}

#include "tst_model.moc"
