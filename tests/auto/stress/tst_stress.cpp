// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "play.h"
#include "settings.h"
#include "short.h"
#include "testmain.h"

#include <QtCore/QLoggingCategory>
#include <QtCore/QRandomGenerator>

// Eight threads use a pool in every way at random while a ninth one breaks what it can, and nothing is lost, doubled or
// mixed up. QNETPOOL_STRESS_SECONDS sets how long (60), QNETPOOL_STRESS_SEED repeats the choices of an earlier run.
class tst_Stress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void conservation_data();
    void conservation();
    void nothingIsLeft();
    void everythingHappened();

private:
    double m_seconds = 60;
    quint64 m_seed = 0;
    Tally m_tally; // of all rows
    int m_sockets = 0;
    int m_descriptors = 0;
    int m_threads = 0;
};

void tst_Stress::initTestCase()
{
    // Leaks are reported by the hundred.
    QLoggingCategory::setFilterRules(QStringLiteral("qnetpool.*.warning=false"));
    bool isGiven = false;
    if (const double seconds = qEnvironmentVariable("QNETPOOL_STRESS_SECONDS").toDouble(&isGiven); isGiven)
        m_seconds = seconds;
    m_seed = qEnvironmentVariable("QNETPOOL_STRESS_SEED").toULongLong(&isGiven);
    if (!isGiven)
        m_seed = QRandomGenerator::system()->generate64();
    qInfo("QNETPOOL_STRESS_SECONDS=%g QNETPOOL_STRESS_SEED=%llu", m_seconds, m_seed);

    m_threads = threadCount(); // before any has ended: the system counts one for a moment longer than it can be waited for
    // What Qt and OpenSSL keep once they were used is not the pools'.
    for (const Row &row : Rows) {
        Play rehearsal(row.setting, m_seed);
        rehearsal.run(100ms);
        QVERIFY2(rehearsal.findings().isEmpty(), qPrintable(rehearsal.findings()));
    }
    m_sockets = openSockets();
    m_descriptors = openDescriptors();
}

void tst_Stress::conservation_data()
{
    QTest::addColumn<int>("row");
    for (std::size_t i = 0; i < Rows.size(); ++i)
        QTest::newRow(Rows[i].name) << int(i);
}

void tst_Stress::conservation()
{
    QFETCH(const int, row);
    const auto &[name, share, setting] = Rows[std::size_t(row)];
    Play play(setting, m_seed + quint64(row));
    play.run(std::chrono::milliseconds(qint64(1000 * m_seconds * share)));
    qInfo().noquote() << play.tally().text() + u'\n' + play.books();
    m_tally.add(play.tally());
    QVERIFY2(play.findings().isEmpty(), qPrintable(play.findings()));
}

void tst_Stress::nothingIsLeft()
{
    QTRY_COMPARE(openSockets(), m_sockets);
    QTRY_COMPARE(openDescriptors(), m_descriptors);
    QTRY_COMPARE(threadCount(), m_threads);
}

// Half a minute is long enough for all of it, but not under valgrind.
void tst_Stress::everythingHappened()
{
    if (isShort())
        return;
    const bool isLong = m_seconds >= 30;
    for (std::size_t i = 0; i < (isLong ? EventCount : FrequentCount); ++i)
        QVERIFY2(m_tally.at(i) >= (isLong ? 3 : 1), EventNames[i]);
}

QNETPOOL_TEST_MAIN(tst_Stress)
#include "tst_stress.moc"
