// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "descriptors.h"
#include "play.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QFile>

#ifdef __GLIBC__
#include <malloc.h>
#endif

// What the process and the client pool have at a moment when nobody does anything.
struct Sample
{
    double seconds = 0;
    qint64 resident = -1; // bytes, as is the heap; -1: not known here
    qint64 heap = -1; // in use
    int descriptors = 0;
    int threads = 0;
    int objects = 0; // of the client pool
    int timers = 0; // theirs
    qint64 created = 0; // connections, so far
    qint64 exchanges = 0; // so far
};

inline qint64 residentBytes()
{
#ifdef Q_OS_LINUX
    QFile file(QStringLiteral("/proc/self/statm"));
    if (file.open(QIODevice::ReadOnly))
        return file.readAll().split(' ').value(1).toLongLong() * sysconf(_SC_PAGESIZE);
#endif
    return -1;
}

inline qint64 heapBytes()
{
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    malloc_trim(0); // so that what is resident is what is in use
    const auto numbers = mallinfo2();
    return qint64(numbers.uordblks + numbers.hblkhd);
#else
    return -1;
#endif
}

// Random life without restarts of the pools; every now and then all stop, the pools come to a state that is always the same, and
// what there is is counted.
class Soak final : public Play
{
public:
    Soak(const Setting &setting, quint64 seed, std::chrono::milliseconds pause)
        : Play(withoutRestarts(setting), seed), m_pause(pause)
    {
    }
    const std::vector<Sample> &samples() const { return m_samples; }

private:
    static constexpr int Capacity = 4;

    static Setting withoutRestarts(Setting setting)
    {
        setting.restarts = false;
        return setting;
    }
    void watch() override;
    ClientPool::Configuration quietWish();
    void configure(const ClientPool::Configuration &wish);
    bool isQuiet();
    Sample settled();
    Sample measure();

    using Clock = std::chrono::steady_clock;
    const std::chrono::milliseconds m_pause;
    const Clock::time_point m_begin = Clock::now();
    Clock::time_point m_next = m_begin + m_pause;
    std::vector<Sample> m_samples;
};

inline void Soak::watch()
{
    Play::watch();
    if (Clock::now() < m_next)
        return;
    m_doing = "waiting for quiet";
    m_scene.gate.close();
    configure(quietWish());
    m_loops.client->run([this] { client().flush(); });
    if (!QTest::qWaitFor([this] { return isQuiet(); }, int(ExchangeLimit.count()) + 10000))
        m_scene.findings.add(QStringLiteral("it does not become quiet: client: %1; server: %2")
                                     .arg(text(client().statistics()), text(server().statistics())));
    m_samples.push_back(settled());
    configure(m_scene.clientWish());
    m_doing = "checking the numbers";
    m_scene.gate.open();
    m_next = Clock::now() + m_pause;
}

// A stock of one size, in which nothing changes.
inline ClientPool::Configuration Soak::quietWish()
{
    ClientPool::Configuration wish = m_scene.clientWish();
    wish.sizing.minimumCapacity = wish.sizing.maximumCapacity = Capacity;
    wish.limits.idleTimeout = wish.limits.maximumLifetime = 0ms;
    wish.hooks.validator = nullptr;
    wish.hooks.resetter = nullptr;
    return wish;
}

inline void Soak::configure(const ClientPool::Configuration &wish)
{
    m_loops.client->run([&] {
        if (!client().setConfiguration(wish))
            m_scene.findings.add(QStringLiteral("a configuration that can work was refused"));
    });
}

inline bool Soak::isQuiet()
{
    m_scene.cancelBox.cancelAll();
    while (m_scene.mailbox.take().lease) { }
    const PoolStatistics here = client().statistics();
    const PoolStatistics there = server().statistics();
    return here.idle == Capacity && here.leased + here.pending + here.waiters + here.unclaimed == 0
            && there.idle + there.leased == Capacity && there.pending + there.waiters + there.unclaimed == 0
            && m_scene.holders.count() == 0 && m_scene.asks.open() == 0;
}

// Threads that have ended take a moment to be gone: several looks in a row are to see the same.
inline Sample Soak::settled()
{
    Sample sample = measure();
    int looks = 0;
    const auto isSettled = [&] {
        const Sample last = std::exchange(sample, measure());
        looks = sample.descriptors == last.descriptors && sample.threads == last.threads ? looks + 1 : 0;
        return looks >= 5;
    };
    if (!QTest::qWaitFor(isSettled, 10000))
        m_scene.findings.add(QStringLiteral("descriptors or threads come and go though nobody does anything"));
    return sample;
}

inline Sample Soak::measure()
{
    Sample sample;
    sample.seconds = std::chrono::duration<double>(Clock::now() - m_begin).count();
    sample.heap = heapBytes();
    sample.resident = residentBytes();
    sample.descriptors = openDescriptors();
    sample.threads = threadCount();
    m_loops.client->run([&] {
        const QList<QObject *> children = client().findChildren<QObject *>();
        sample.objects = int(children.size());
        for (QObject *child : children)
            sample.timers += int(QAbstractEventDispatcher::instance()->registeredTimers(child).size());
    });
    sample.created = client().statistics().created;
    sample.exchanges = tally().at(std::size_t(Event::Exchange));
    return sample;
}
