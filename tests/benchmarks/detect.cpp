// SPDX-License-Identifier: BSD-3-Clause
// detect: µs from a peer's close() to the news of it, among thousands of other connections that wait.
//
// The peer is a process of bare descriptors. It notes the time before each close(), the holder the time at which its event loop
// has told it; both by the machine's one monotonic clock. A connection is known at both ends by the client's port.
#include "descriptorlimit.h"
#include "ends.h"
#include "rivals/barelistener.h"

#include <QtNetwork/QTcpSocket>

#include <QtCore/QHash>
#include <QtCore/QRandomGenerator>
#include <QtCore/QThread>

#include <map>
#include <sys/epoll.h>

namespace {

// When something happened to a connection, in ns.
class Times
{
public:
    void note(quint16 port) { m_times.insert(port, Clock::now().time_since_epoch() / 1ns); }
    void forget() { m_times.clear(); }

    QByteArray toLine() const
    {
        QByteArray line;
        for (auto [port, time] : m_times.asKeyValueRange())
            line += QByteArray::number(port) + ' ' + QByteArray::number(time) + ' ';
        return line.trimmed();
    }
    static QHash<int, qint64> fromLine(const QByteArray &line)
    {
        QHash<int, qint64> times;
        const QList<QByteArray> words = line.split(' ');
        for (qsizetype i = 0; i + 1 < words.size(); i += 2)
            times.insert(words.at(i).toInt(), words.at(i + 1).toLongLong());
        return times;
    }

private:
    QHash<int, qint64> m_times;
};

// --- The peer ---------------------------------------------------------------------------------------------------------

// Closes some at random: about 200 a second, none of them at a certain tick of anything.
Times closeSome(std::map<quint16, Descriptor> &descriptors, int count)
{
    Times closed;
    for (int i = 0; i < count; ++i) {
        QThread::usleep(QRandomGenerator::global()->bounded(4000, 6000));
        const auto one = std::next(descriptors.begin(), QRandomGenerator::global()->bounded(int(descriptors.size())));
        closed.note(one->first);
        descriptors.erase(one);
    }
    return closed;
}

int servePeer(QCoreApplication &application)
{
    std::map<quint16, Descriptor> descriptors;
    BareListener listener([&](Descriptor one, quint16 port) {
        // For a pool the ID: the port.
        const QByteArray id = QByteArray::number(port).rightJustified(8, '0');
        Bare::check(send(one.get(), id.constData(), 8, 0) == 8, "send");
        descriptors.emplace(port, std::move(one));
    });
    tell(QByteArray::number(listener.port()));
    answerParent(application, [&](const QByteArray &line) {
        if (line == "count")
            return QByteArray::number(descriptors.size());
        return closeSome(descriptors, line.toInt()).toLine();
    });
    return application.exec();
}

// --- The holders ------------------------------------------------------------------------------------------------------

QByteArray answer(const QByteArray &line, Times &lost)
{
    if (line == "forget")
        lost.forget();
    return lost.toLine();
}

// Tells that all are there, and then of those that were lost.
int hold(QCoreApplication &application, Times &lost)
{
    tell("ready");
    answerParent(application, [&lost](const QByteArray &line) { return answer(line, lost); });
    return application.exec();
}

int holdPool(QCoreApplication &application, quint16 port, int connections)
{
    Times lost;
    ClientPool pool(clientFor(Transport::Tcp, port, connections));
    QObject::connect(&pool, &Pool::connectionLost, &pool,
                     [&lost](ConnectionId id) { lost.note(quint16(id.toString().toUInt())); });
    pool.start();
    turnUntil([&] { return pool.idleCount() == connections; }, "the stock is full");
    return hold(application, lost);
}

int holdQtSockets(QCoreApplication &application, quint16 port, int connections)
{
    Times lost;
    QList<QTcpSocket *> sockets;
    for (int i = 0; i < connections; ++i) {
        auto *socket = new QTcpSocket;
        sockets << socket;
        socket->setSocketDescriptor(Bare::dial(loopback(), port, 0).release()); // connected outside of Qt: see loop_turn
        QObject::connect(socket, &QTcpSocket::disconnected, socket, [&lost, &sockets, socket, port = socket->localPort()] {
            lost.note(port);
            sockets.removeOne(socket);
            socket->deleteLater();
        });
    }
    return hold(application, lost);
}

int holdDescriptors(quint16 port, int connections)
{
    const int set = epoll_create1(EPOLL_CLOEXEC);
    const auto watch = [set](int descriptor, quint32 events) {
        epoll_event event{};
        event.events = events;
        event.data.fd = descriptor;
        Bare::check(epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
    };
    QHash<int, quint16> ports;
    for (int i = 0; i < connections; ++i) {
        Descriptor descriptor = Bare::dial(loopback(), port, 0);
        ports.insert(descriptor.get(), Bare::portOf(descriptor));
        watch(descriptor.release(), EPOLLRDHUP);
    }
    watch(STDIN_FILENO, EPOLLIN);
    tell("ready");

    Times lost;
    char line[1024];
    for (epoll_event event{}; epoll_wait(set, &event, 1, -1) == 1;) {
        if (event.data.fd != STDIN_FILENO) {
            lost.note(ports.value(event.data.fd));
            close(event.data.fd);
        } else if (std::fgets(line, sizeof line, stdin)) {
            tell(answer(QByteArray(line).trimmed(), lost));
        } else {
            return 0;
        }
    }
    return 1;
}

int runOtherEnd(QCoreApplication &application)
{
    const QStringList arguments = application.arguments();
    const QString role = arguments.at(1);
    const quint16 port = arguments.value(2).toUShort();
    const int connections = arguments.value(3).toInt();
    if (role == QLatin1String("pool"))
        return holdPool(application, port, connections);
    if (role == QLatin1String("sockets"))
        return holdQtSockets(application, port, connections);
    if (role == QLatin1String("descriptors"))
        return holdDescriptors(port, connections);
    return servePeer(application);
}

// --- The parent -------------------------------------------------------------------------------------------------------

class Held
{
public:
    static constexpr int FirstCloses = 10; // so that nothing is done for the first time in what is measured

    Held(const char *holder, int connections)
        : m_peer({QStringLiteral("peer")}),
          m_holder({QLatin1String(holder), QString::number(m_peer.readPort()), QString::number(connections)})
    {
        m_holder.readLine();
        QElapsedTimer timer;
        for (timer.start(); m_peer.ask("count").toInt() != connections;) {
            if (timer.hasExpired(20000))
                qFatal("the peer has not accepted %d connections", connections);
        }
        latencies(FirstCloses);
    }

    // In µs.
    std::vector<double> latencies(int count)
    {
        const QHash<int, qint64> closed = Times::fromLine(m_peer.ask(QByteArray::number(count)));
        QHash<int, qint64> lost;
        QElapsedTimer timer;
        for (timer.start(); lost.size() < count;) {
            lost = Times::fromLine(m_holder.ask("report"));
            if (timer.hasExpired(20000))
                qFatal("%d were closed, and the news came of %d only", count, int(lost.size()));
        }
        m_holder.ask("forget");
        std::vector<double> latencies;
        for (auto [port, time] : closed.asKeyValueRange())
            latencies.push_back(double(lost.value(port) - time) / 1e3);
        return latencies;
    }

    std::vector<Figure> round(int count)
    {
        const std::vector<double> each = latencies(count);
        return {{median(each), "µs", "p50"}, {quantile(each, 0.99), "µs", "p99"}};
    }

private:
    OtherEnd m_peer;
    OtherEnd m_holder;
};

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (argc > 1)
        return runOtherEnd(application);
    raiseDescriptorLimit(9000);
    const int others = isQuick() ? 500 : 8000;
    const int closes = isQuick() ? 100 : 200;
    const int rounds = isQuick() ? 1 : 3;
    const int connections = others + Held::FirstCloses + rounds * closes;
    Held pool("pool", connections);
    Held sockets("sockets", connections);
    Held descriptors("descriptors", connections);
    compare("detect", {{QLatin1String("others"), others}},
            {{"qnetpool", [&] { return pool.round(closes); }},
             {"naive Qt", [&] { return sockets.round(closes); }},
             {"bare epoll", [&] { return descriptors.round(closes); }}},
            rounds);
    return 0;
}
