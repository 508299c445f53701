// SPDX-License-Identifier: BSD-3-Clause
// checkout: ns for take and give back. "socket used": the holder has had the socket, so that it moved into the holder's
// thread and had to be checked and parked when it came back; a holder who does not ask for it spares that.
#include "ends.h"

#include <QtCore/QMutex>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtNetwork/QTcpSocket>

namespace {

struct Setting
{
    Transport transport = Transport::Tcp;
    int idle = 1000;
};

// A client pool with a full stock whose sockets have all been used, and the server in another process.
class FullPool
{
public:
    explicit FullPool(const Setting &setting)
        : m_server({QStringLiteral("--serve"), nameOf(setting.transport)}),
          m_pool(configurationOf(setting, m_server.readPort()))
    {
        QObject::connect(&m_pool, &Pool::connectionAvailable, &m_pool, [this](ConnectionId id) { m_ids.push_back(id); });
        m_pool.start();
        turnUntil([&] { return int(m_ids.size()) == setting.idle; }, "the stock is full");
        m_pool.disconnect();
        for (const ConnectionId id : m_ids)
            m_pool.take(id).socket();
        QCoreApplication::processEvents();
    }

    ClientPool *operator->() { return &m_pool; }
    const std::vector<ConnectionId> &ids() const { return m_ids; }

private:
    static ClientPool::Configuration configurationOf(const Setting &setting, quint16 port)
    {
        ClientPool::Configuration configuration = clientFor(setting.transport, port, setting.idle, ConnectionMode::Single);
        return configuration;
    }

    OtherEnd m_server;
    ClientPool m_pool;
    std::vector<ConnectionId> m_ids;
};

// What people write: connected sockets in a list. It does not see that a connection has ended until the event loop runs.
class List
{
public:
    explicit List(int count) : m_server({QStringLiteral("--serve"), nameOf(Transport::Tcp)})
    {
        const quint16 port = m_server.readPort();
        for (int i = 0; i < count; ++i) {
            auto socket = std::make_unique<QTcpSocket>();
            socket->connectToHost(QHostAddress::LocalHost, port);
            if (!socket->waitForConnected())
                qFatal("cannot connect: %s", qPrintable(socket->errorString()));
            idle.append(socket.get());
            m_sockets.push_back(std::move(socket));
        }
    }

    QList<QTcpSocket *> idle;

private:
    OtherEnd m_server;
    std::vector<std::unique_ptr<QTcpSocket>> m_sockets;
};

const int calls = isQuick() ? 2000 : 20000;
const int rounds = isQuick() ? 3 : 7;

Rival timed(std::string implementation, std::function<void()> act, int times = calls)
{
    return {std::move(implementation), [act = std::move(act), times] {
                return std::vector<Figure>{{nanosecondsEach(times, act), "ns", {}}};
            }};
}

void takeAndUse(FullPool &pool)
{
    if (pool->take()->state() != QAbstractSocket::ConnectedState)
        qFatal("took a connection that is not connected");
}

void takeFromList(QList<QTcpSocket *> &idle)
{
    QTcpSocket *socket = idle.takeLast();
    if (socket->state() != QAbstractSocket::ConnectedState)
        qFatal("took a connection that is not connected");
    idle.append(socket);
}

QJsonObject path(const char *name, QJsonObject parameters = {})
{
    parameters.insert(QLatin1String("path"), QLatin1String(name));
    return parameters;
}

void parked(Transport transport)
{
    FullPool pool({transport});
    List list(100);
    compare("checkout", path("parked", {{QLatin1String("transport"), nameOf(transport)}}),
            {timed("qnetpool, socket used", [&] { takeAndUse(pool); }),
             timed("qnetpool, socket not used", [&] { pool->take(); }), timed("naive Qt", [&] { takeFromList(list.idle); })},
            rounds);
}

void byId(int idle)
{
    FullPool pool({.idle = idle});
    std::size_t next = 0;
    const auto takeNext = [&] {
        next = (next + 7919) % pool.ids().size(); // here and there, as others ask
        if (pool->take(pool.ids()[next])->state() != QAbstractSocket::ConnectedState)
            qFatal("took a connection that is not connected");
    };
    compare("checkout", path("by_id", {{QLatin1String("idle"), idle}}), {timed("qnetpool, socket used", takeNext)}, rounds);
}

void acquireFuture()
{
    FullPool pool({});
    compare("checkout", path("acquire_future"),
            {timed("qnetpool, socket used",
                   [&] {
                       if (pool->acquire().takeResult()->state() != QAbstractSocket::ConnectedState)
                           qFatal("took a connection that is not connected");
                   })},
            rounds);
}

// From the first start to the last end, for each of a thread's calls.
double inThreads(int threads, const std::function<void()> &act)
{
    std::vector<std::unique_ptr<QThread>> running;
    const Clock::time_point begin = Clock::now();
    for (int i = 0; i < threads; ++i) {
        running.emplace_back(QThread::create([&act] {
            for (int call = 0; call < calls; ++call)
                act();
        }));
        running.back()->start();
    }
    for (const std::unique_ptr<QThread> &thread : running)
        thread->wait();
    return seconds(Clock::now() - begin) * 1e9 / calls;
}

// The threads of an application, the pool's own thread being busy with something else or asleep.
void otherThreads(const char *name, int threads)
{
    FullPool pool({});
    QMutex mutex;
    QList<int> numbers(1000);
    const auto fromNumbers = [&] {
        mutex.lock();
        const int number = numbers.takeLast();
        mutex.unlock();
        const QMutexLocker lock(&mutex);
        numbers.append(number);
    };
    const auto in = [threads](std::string implementation, std::function<void()> act) {
        return Rival{std::move(implementation), [threads, act = std::move(act)] {
                         return std::vector<Figure>{{inThreads(threads, act), "ns", {}}};
                     }};
    };
    compare("checkout", path(name, {{QLatin1String("threads"), threads}}),
            {in("qnetpool, socket used", [&] { takeAndUse(pool); }), in("qnetpool, socket not used", [&] { pool->take(); }),
             in("QMutex and QList, an object without a socket", fromNumbers)},
            rounds);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    if (arguments.value(1) == QLatin1String("--serve"))
        return servePool(application, arguments.value(2) == nameOf(Transport::Tls) ? Transport::Tls : Transport::Tcp,
                         ConnectionMode::Single);
    parked(Transport::Tcp);
    parked(Transport::Tls);
    for (const int idle : {10, 1000, 16000}) {
        if (idle < 16000 || !isQuick())
            byId(idle);
    }
    acquireFuture();
    otherThreads("cross_thread", 1);
    otherThreads("contended", 4);
    return 0;
}
