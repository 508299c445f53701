// SPDX-License-Identifier: BSD-3-Clause
// fill: connections per second, and CPU a connection, until both ends have all of them ready. Both ends are in one process
// and, with setupThreads 0, in one thread. QNetPool gives each connection its ID on top, which the rivals do not.
#include "descriptorlimit.h"
#include "ends.h"
#include "rivals/barefill.h"
#include "rivals/naiveqt.h"
#include "stopwatch.h"

namespace {

struct Task
{
    Transport transport = Transport::Tcp;
    int connections = 0;
};

// Each fill has an address of its own: to one there are some 28,000 ports, and the system keeps those that were used.
quint32 nextAddress()
{
    static quint32 last = INADDR_LOOPBACK;
    return ++last;
}

std::vector<Figure> figures(const Task &task, const Stopwatch &watch)
{
    const double elapsed = watch.elapsed();
    const double cpu = watch.cpu();
    return {{task.connections / elapsed, "1/s", "connections per second"},
            {cpu * 1e6 / task.connections, "µs", "CPU a connection"}};
}

std::vector<Figure> fillPools(const Task &task, int setupThreads)
{
    const QHostAddress address(nextAddress());
    ServerPool::Configuration serverWish = serverFor(task.transport);
    serverWish.setupThreads = setupThreads;
    ServerPool server(serverWish);
    if (!server.listen(address))
        qFatal("cannot listen");
    ClientPool::Configuration clientWish = clientFor(task.transport, server.serverPort(), task.connections);
    clientWish.host = address.toString();
    clientWish.setupThreads = setupThreads;
    ClientPool client(clientWish);

    const Stopwatch watch;
    client.start();
    turnUntil([&] { return client.idleCount() == task.connections && server.idleCount() == task.connections; },
              "both stocks are full");
    return figures(task, watch);
}

std::vector<Figure> fillLists(const Task &task)
{
    const QHostAddress address(nextAddress());
    NaiveServer server(task.transport, address);
    NaiveClient client(task.transport, address, server.serverPort(), task.connections);
    const Stopwatch watch;
    client.start();
    turnUntil([&] { return client.sockets().size() == task.connections && server.sockets().size() == task.connections; },
              "both lists are full");
    return figures(task, watch);
}

std::vector<Figure> fillBare(const Task &task)
{
    BareFill fill(task.transport, nextAddress(), task.connections);
    const Stopwatch watch;
    fill.run();
    return figures(task, watch);
}

#ifdef QNETPOOL_SHARED_TLS_CONTEXT
constexpr const char *PoolName = "qnetpool, shared context";
#else
constexpr const char *PoolName = "qnetpool";
#endif

void fill(const Task &task, int rounds)
{
    const auto threads = [](int count) { return QJsonObject{{QLatin1String("setupThreads"), count}}; };
    std::vector<Rival> rivals;
    for (int count : {0, 1, 2})
        rivals.push_back({PoolName, [=] { return fillPools(task, count); }, threads(count)});
    rivals.push_back({"naive Qt", [=] { return fillLists(task); }, threads(0)});
    rivals.push_back(
            {task.transport == Transport::Tls ? "bare OpenSSL" : "bare epoll", [=] { return fillBare(task); }, threads(0)});
    compare("fill", {{QLatin1String("transport"), nameOf(task.transport)}, {QLatin1String("connections"), task.connections}},
            rivals, rounds);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    raiseDescriptorLimit(2 * 8000 + 500);
#ifndef QNETPOOL_SHARED_TLS_CONTEXT // it is nothing to plain TCP
    fill({Transport::Tcp, 500}, isQuick() ? 5 : 25);
    fill({Transport::Tcp, 2000}, isQuick() ? 1 : 9);
    if (!isQuick())
        fill({Transport::Tcp, 8000}, 3);
#endif
    // 8000 with TLS would take most of the time of all benchmarks together, and show nothing that 2000 do not.
    fill({Transport::Tls, 500}, isQuick() ? 1 : 5);
    if (!isQuick())
        fill({Transport::Tls, 2000}, 3);
    return 0;
}
