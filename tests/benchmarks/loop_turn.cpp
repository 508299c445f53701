// SPDX-License-Identifier: BSD-3-Clause
// loop_turn: µs a turn of the event loop of a thread that has so many idle connections.
//
// A turn as an application has it: something was posted, the loop delivers it and looks once at all that it watches. What is
// posted is an event that does nothing, so that the loop alone is measured; without it the loop would sleep. Each rival has a
// process of its own, and another one for its peer: a process may have 20,000 descriptors, and none inherits another's heap.
#include "descriptorlimit.h"
#include "ends.h"
#include "rivals/barelistener.h"

#include <QtNetwork/QTcpSocket>

#include <sys/epoll.h>

namespace {

// In µs; the median of several series. Short ones, since whatever else the machine does comes and goes: rather many rounds.
QByteArray time(const std::function<void()> &turn)
{
    int turns = 0;
    for (const Clock::time_point end = Clock::now() + 2ms; Clock::now() < end; ++turns)
        turn();
    return QByteArray::number(nanosecondsEach(turns, turn) / 1e3);
}

QByteArray timeEventLoop()
{
    QObject receiver;
    return time([&receiver] {
        QCoreApplication::postEvent(&receiver, new QEvent(QEvent::User));
        QCoreApplication::processEvents();
    });
}

// Every answer about a turn is preceded by this: the connections are all there.
void check(int count, int idle)
{
    if (count != idle)
        qFatal("%d connections are idle, in place of %d", count, idle);
}

int servePool(int idle)
{
    ServerPool::Configuration configuration;
    configuration.allowedPeers = {QStringLiteral("127.0.0.0/8")};
    ServerPool server(configuration);
    if (!server.listen(QHostAddress::AnyIPv4)) // see loopback()
        qFatal("cannot listen");
    tell(QByteArray::number(server.serverPort()));
    turnUntil([&] { return server.idleCount() == idle; }, "the server's stock is full");
    return answerAsleep([&](const QByteArray &) {
        check(server.idleCount(), idle);
        return timeEventLoop();
    });
}

int acceptAll(int idle)
{
    std::vector<Descriptor> accepted;
    BareListener listener([&](Descriptor one, quint16) { accepted.push_back(std::move(one)); });
    tell(QByteArray::number(listener.port()));
    turnUntil([&] { return int(accepted.size()) == idle; }, "all are accepted");
    return answerAsleep([](const QByteArray &) { return QByteArray(); });
}

int holdPool(quint16 port, int idle)
{
    ClientPool::Configuration configuration = clientFor(Transport::Tcp, port, idle);
    configuration.dialer = [port, nth = 0](QTcpSocket *socket) mutable {
        socket->connectToHost(QHostAddress(loopback(nth++)), port);
    };
    ClientPool pool(configuration);
    if (idle > 0) // a pool that runs has one connection at least
        pool.start();
    turnUntil([&] { return pool.idleCount() == idle; }, "the client's stock is full");
    return answerAsleep([&](const QByteArray &) {
        check(pool.idleCount(), idle);
        return timeEventLoop();
    });
}

int holdQtSockets(quint16 port, int idle)
{
    // Connected outside of Qt and never destroyed: with so many, its dispatcher takes 10 s for the one and 2 s for the other.
    QList<QTcpSocket *> sockets;
    for (int i = 0; i < idle; ++i) {
        sockets << new QTcpSocket;
        if (!sockets.last()->setSocketDescriptor(Bare::dial(loopback(i), port, 0).release()))
            qFatal("a socket refuses its descriptor: %s", qPrintable(sockets.last()->errorString()));
    }
    return answerAsleep([&](const QByteArray &) {
        check(int(std::count_if(sockets.begin(), sockets.end(),
                                [](QTcpSocket *socket) { return socket->state() == QTcpSocket::ConnectedState; })),
              idle);
        return timeEventLoop();
    });
}

int holdDescriptors(quint16 port, int idle)
{
    const int set = epoll_create1(EPOLL_CLOEXEC);
    std::vector<Descriptor> descriptors;
    for (int i = 0; i < idle; ++i) {
        descriptors.push_back(Bare::dial(loopback(i), port, 0));
        epoll_event event{};
        event.events = EPOLLIN | EPOLLRDHUP;
        Bare::check(epoll_ctl(set, EPOLL_CTL_ADD, descriptors.back().get(), &event) == 0, "epoll_ctl");
    }
    return answerAsleep([set](const QByteArray &) {
        return time([set] {
            epoll_event event{};
            check(epoll_wait(set, &event, 1, 0), 0);
        });
    });
}

int holdNothing()
{
    return answerAsleep([](const QByteArray &) { return timeEventLoop(); });
}

int runOtherEnd(const QStringList &arguments)
{
    const QString role = arguments.at(1);
    const int idle = arguments.at(2).toInt();
    const quint16 port = arguments.value(3).toUShort();
    if (role == QLatin1String("serve"))
        return servePool(idle);
    if (role == QLatin1String("accept"))
        return acceptAll(idle);
    if (role == QLatin1String("pool"))
        return holdPool(port, idle);
    if (role == QLatin1String("sockets"))
        return holdQtSockets(port, idle);
    if (role == QLatin1String("descriptors"))
        return holdDescriptors(port, idle);
    return holdNothing();
}

// So many connections between two processes.
class Held
{
public:
    Held(const char *server, const char *client, int idle)
        : m_server({QLatin1String(server), QString::number(idle)}),
          m_client({QLatin1String(client), QString::number(idle), QString::number(m_server.readPort())})
    {
        clientTurn(); // when both answer, both have them all
        serverTurn();
    }

    std::vector<Figure> clientTurn() { return {{m_client.ask("turn").toDouble(), "µs", {}}}; }
    std::vector<Figure> serverTurn() { return {{m_server.ask("turn").toDouble(), "µs", {}}}; }

private:
    OtherEnd m_server;
    OtherEnd m_client;
};

void turnsWith(int idle)
{
    Held pool("serve", "pool", idle);
    Held sockets("accept", "sockets", idle);
    Held descriptors("accept", "descriptors", idle);
    Held nothing("accept", "nothing", 0);
    compare("loop_turn", {{QLatin1String("idle"), idle}},
            {{"qnetpool", [&] { return pool.clientTurn(); }},
             {"qnetpool, server", [&] { return pool.serverTurn(); }},
             {"naive Qt", [&] { return sockets.clientTurn(); }},
             {"empty loop", [&] { return nothing.clientTurn(); }},
             {"bare epoll", [&] { return descriptors.clientTurn(); }}},
            isQuick() ? 9 : 25);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (argc > 1)
        return runOtherEnd(application.arguments());
    raiseDescriptorLimit(16200);
    for (const int idle : isQuick() ? std::vector{1000, 16000} : std::vector{0, 100, 1000, 8000, 16000})
        turnsWith(idle);
    return 0;
}
