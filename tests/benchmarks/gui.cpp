// SPDX-License-Identifier: BSD-3-Clause
// gui: for how long at most a thread does nothing else while a pool in it sets up its connections, as the user of a GUI
// sees it, and how much of that it works. The rest is the system's scheduler, where there are not enough cores: what that
// takes without any pool, the threads that only burn time show.
#include "ends.h"
#include "rivals/naiveqt.h"

#include <QtCore/QTimer>

#include <atomic>
#include <ctime>
#include <thread>

namespace {

int connectionCount()
{
    return isQuick() ? 300 : 2000;
}

double cpuOfThread()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

// Beats each millisecond, if the thread has time for it.
class Heartbeat final : public QObject
{
public:
    // Until the condition holds.
    template<typename Condition> std::vector<Figure> runUntil(Condition condition)
    {
        QEventLoop loop;
        QTimer timer;
        timer.setTimerType(Qt::PreciseTimer);
        connect(&timer, &QTimer::timeout, this, [&] {
            beat();
            if (condition())
                loop.quit();
        });
        timer.start(1);
        loop.exec();
        return {{quantile(m_gaps, 1), "ms", "longest"},
                {quantile(m_gaps, 0.999), "ms", "p99.9"},
                {quantile(m_work, 1), "ms", "longest work"}};
    }

private:
    void beat()
    {
        const Clock::time_point now = Clock::now();
        m_gaps.push_back(seconds(now - std::exchange(m_last, now)) * 1e3);
        const double cpu = cpuOfThread();
        m_work.push_back((cpu - std::exchange(m_lastCpu, cpu)) * 1e3);
    }

    Clock::time_point m_last = Clock::now();
    double m_lastCpu = cpuOfThread();
    std::vector<double> m_gaps; // between two beats
    std::vector<double> m_work; // of this thread in them
};

std::vector<Figure> fillPool(int setupThreads)
{
    OtherEnd server({QStringLiteral("--serve")});
    ClientPool::Configuration configuration =
            clientFor(Transport::Tls, server.readPort(), connectionCount(), ConnectionMode::Single);
    configuration.setupThreads = setupThreads;
    ClientPool client(configuration);
    client.start();
    return Heartbeat().runUntil([&] { return client.idleCount() == connectionCount(); });
}

std::vector<Figure> fillList()
{
    OtherEnd server({QStringLiteral("--serve")});
    NaiveClient client(Transport::Tls, QHostAddress(QHostAddress::LocalHost), server.readPort(), connectionCount());
    client.start();
    return Heartbeat().runUntil([&] { return client.sockets().size() == connectionCount(); });
}

std::vector<Figure> burn()
{
    std::atomic<bool> isOver = false;
    const auto spin = [&isOver] {
        while (!isOver)
            ;
    };
    std::thread one(spin);
    std::thread other(spin);
    const Clock::time_point end = Clock::now() + (isQuick() ? 200ms : 2000ms);
    const std::vector<Figure> figures = Heartbeat().runUntil([end] { return Clock::now() >= end; });
    isOver = true;
    one.join();
    other.join();
    return figures;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (application.arguments().value(1) == QLatin1String("--serve"))
        return servePool(application, Transport::Tls, ConnectionMode::Single);
    const auto threads = [](int count) { return QJsonObject{{QLatin1String("setupThreads"), count}}; };
    compare("gui", {{QLatin1String("transport"), nameOf(Transport::Tls)}, {QLatin1String("connections"), connectionCount()}},
            {{"qnetpool", [] { return fillPool(0); }, threads(0)},
             {"qnetpool", [] { return fillPool(1); }, threads(1)},
             {"qnetpool", [] { return fillPool(2); }, threads(2)},
             {"naive Qt", fillList, threads(0)},
             {"two busy threads", burn, threads(0)}},
            isQuick() ? 1 : 3);
    return 0;
}
