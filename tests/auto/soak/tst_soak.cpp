// SPDX-License-Identifier: BSD-3-Clause
#include "settings.h"
#include "soak.h"
#include "testmain.h"

#include <QtCore/QLoggingCategory>
#include <QtCore/QRandomGenerator>

// The stress test's random life at full speed, for as long as one likes: descriptors, threads, memory and the pools' own numbers
// stay flat. QNETPOOL_SOAK_SECONDS sets how long (6: too short for a verdict on memory), QNETPOOL_SOAK_SEED repeats the choices.
class tst_Soak : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void nothingGrows_data();
    void nothingGrows();

private:
    double m_seconds = 6;
    quint64 m_seed = 0;
};

void tst_Soak::initTestCase()
{
    QLoggingCategory::setFilterRules(QStringLiteral("qnetpool.*.warning=false")); // leaks are reported by the hundred
    bool isGiven = false;
    if (const double seconds = qEnvironmentVariable("QNETPOOL_SOAK_SECONDS").toDouble(&isGiven); isGiven)
        m_seconds = seconds;
    m_seed = qEnvironmentVariable("QNETPOOL_SOAK_SEED").toULongLong(&isGiven);
    if (!isGiven)
        m_seed = QRandomGenerator::system()->generate64();
    qInfo("QNETPOOL_SOAK_SECONDS=%g QNETPOOL_SOAK_SEED=%llu", m_seconds, m_seed);
}

void tst_Soak::nothingGrows_data()
{
    QTest::addColumn<int>("row");
    for (std::size_t i = 0; i < Rows.size(); ++i)
        QTest::newRow(Rows[i].name) << int(i);
}

using Samples = std::vector<Sample>;

// Of one third of what comes after the warm-up, the first quarter.
template<typename Number> static Number median(const Samples &samples, Number Sample::*number, std::size_t third)
{
    const std::size_t begin = samples.size() / 4;
    const std::size_t count = samples.size() - begin;
    std::vector<Number> numbers;
    for (std::size_t i = begin + count * third / 3; i < begin + count * (third + 1) / 3; ++i)
        numbers.push_back(samples[i].*number);
    const auto middle = numbers.begin() + qsizetype(numbers.size() / 2);
    std::nth_element(numbers.begin(), middle, numbers.end());
    return *middle;
}

// By how much the median of the last third is more than the largest number of the first half: what has ended may still be seen
// now and then, but what has leaked is there from then on.
static int risen(const Samples &samples, int Sample::*number)
{
    int most = 0;
    for (std::size_t i = 0; i < samples.size() / 2; ++i)
        most = std::max(most, samples[i].*number);
    return median(samples, number, 2) - most;
}

// From the median of the first third to that of the last.
template<typename Number> static Number growth(const Samples &samples, Number Sample::*number)
{
    return median(samples, number, 2) - median(samples, number, 0);
}

static QString table(const Samples &samples)
{
    QString text = QStringLiteral(
            "       s  resident KiB  heap KiB  descriptors  threads  objects  timers     created   exchanges\n");
    const std::size_t step = (samples.size() + 19) / 20;
    for (std::size_t i = samples.size() % step ? samples.size() % step - 1 : step - 1; i < samples.size(); i += step) {
        const Sample &s = samples[i];
        text += QString::asprintf("%8.1f  %12lld  %8lld  %11d  %7d  %7d  %6d  %10lld  %10lld\n", s.seconds,
                                  s.resident / 1024, s.heap / 1024, s.descriptors, s.threads, s.objects, s.timers, s.created,
                                  s.exchanges);
    }
    return text;
}

void tst_Soak::nothingGrows()
{
    QFETCH(const int, row);
    const auto &[name, share, setting] = Rows[std::size_t(row)];
    const auto time = std::chrono::milliseconds(qint64(1000 * m_seconds * share));
    Soak soak(setting, m_seed + quint64(row), std::max(time / 100, std::chrono::milliseconds(400)));
    soak.run(time);
    QVERIFY2(soak.findings().isEmpty(), qPrintable(soak.findings()));
    const Samples &samples = soak.samples();
    QVERIFY(!samples.empty());
    qInfo().noquote() << u'\n' + table(samples);

    if (samples.size() < 12) // too few to compare
        return;
    // A thread without event loop keeps a descriptor from its first use of a socket on, and the fault thread may come to that late.
    QVERIFY(risen(samples, &Sample::descriptors) <= 1);
    QVERIFY(risen(samples, &Sample::threads) <= 0); // setup threads are made when they are needed
    QVERIFY(growth(samples, &Sample::exchanges) > 0);
    QVERIFY(growth(samples, &Sample::objects) <= 32); // what follows a cancelled acquire() is swept from time to time
    QVERIFY(growth(samples, &Sample::timers) <= 2);
    const double minutes = growth(samples, &Sample::seconds) / 60;
    qInfo("growth in %.1f minutes: resident %lld KiB, heap %lld KiB", minutes, growth(samples, &Sample::resident) / 1024,
          growth(samples, &Sample::heap) / 1024);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // they keep what was freed
    const auto bytes = qint64(minutes * 1024 * 1024 / 10); // 1 MiB in ten minutes, and what is noise
    QVERIFY(growth(samples, &Sample::heap) <= bytes + 512 * 1024);
    QVERIFY(growth(samples, &Sample::resident) <= bytes + 2048 * 1024);
#endif
}

QNETPOOL_TEST_MAIN(tst_Soak)
#include "tst_soak.moc"
