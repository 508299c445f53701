// SPDX-License-Identifier: BSD-3-Clause
// request: 64 bytes to an echo server and back, one after the other. To be compared with a kept connection that needs no
// pool, and with what the system itself takes: a blocking round trip, and one turn of the event loop. Whoever uses a
// QTcpSocket calls flush(), without which a request leaves only in the next turn. Both processes stay on one core: what it
// takes to wake another one, tens of microseconds or none, would be most of what is measured, and no rival's doing.
#include "ends.h"
#include "rivals/baresocket.h"
#include "rivals/baretls.h"
#include "rivals/echoserver.h"
#include "rivals/naiveqt.h"
#include "stopwatch.h"

#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>

#include <sched.h>
#include <sys/eventfd.h>

namespace {

constexpr int Size = 64;
constexpr int Idle = 100; // in the pool, or in the list
const QByteArray Request(Size, 'q');

int requestCount()
{
    return isQuick() ? 500 : 5000;
}

// The time of each of so many requests that follow upon each other.
class Times
{
public:
    explicit Times(int requests) { m_micros.reserve(std::size_t(requests)); }

    void begin() { m_begin = Clock::now(); }
    void end() { m_micros.push_back(seconds(Clock::now() - m_begin) * 1e6); }
    int count() const { return int(m_micros.size()); }

    std::vector<Figure> figures() const
    {
        return {{quantile(m_micros, 0.5), "µs", "p50"},
                {quantile(m_micros, 0.99), "µs", "p99"},
                {double(m_micros.size()) / m_total.elapsed(), "1/s", "requests per second"},
                {m_total.cpu() * 1e6 / double(m_micros.size()), "µs", "CPU a request"}};
    }

private:
    const Stopwatch m_total;
    Clock::time_point m_begin;
    std::vector<double> m_micros;
};

// --- With a pool -------------------------------------------------------------------------------------------------------

struct Variant
{
    Reuse reuse = Reuse::OldestFirst;
};

class Stock
{
public:
    Stock(Transport transport, quint16 port, const Variant &variant) : m_pool(configurationOf(transport, port, variant))
    {
        m_pool.start();
        turnUntil([this] { return m_pool.idleCount() == Idle; }, "the stock is full");
    }

    ClientPool &pool() { return m_pool; }

private:
    static ClientPool::Configuration configurationOf(Transport transport, quint16 port, const Variant &variant)
    {
        ClientPool::Configuration configuration = clientFor(transport, port, Idle, ConnectionMode::Single);
        configuration.reuse = variant.reuse;
        return configuration;
    }

    ClientPool m_pool;
};

// As an application with an event loop does it: a lease for each request, which ends in the slot that reads the answer.
class PoolUser final : public QObject
{
public:
    PoolUser(ClientPool &pool, int requests) : m_pool(pool), m_requests(requests), m_times(requests) { }

    std::vector<Figure> run()
    {
        ask();
        m_loop.exec();
        return m_times.figures();
    }

private:
    void ask()
    {
        m_times.begin();
        m_connection = m_pool.take();
        connect(m_connection.socket(), &QTcpSocket::readyRead, this, &PoolUser::read);
        m_connection->write(Request);
        m_connection->flush();
    }

    void read()
    {
        if (m_connection->bytesAvailable() < Size)
            return;
        m_connection->read(Size);
        m_connection.giveBack();
        m_times.end();
        if (m_times.count() == m_requests)
            m_loop.quit();
        else
            ask();
    }

    ClientPool &m_pool;
    const int m_requests;
    Times m_times;
    Connection m_connection;
    QEventLoop m_loop;
};

std::vector<Figure> askPool(Transport transport, quint16 port, const Variant &variant)
{
    Stock stock(transport, port, variant);
    return PoolUser(stock.pool(), requestCount()).run();
}

void askOnce(ClientPool &pool)
{
    const Connection connection = pool.take();
    connection->write(Request);
    while (connection->bytesAvailable() < Size && connection->waitForReadyRead())
        ;
    connection->read(Size);
}

// One slot makes all requests.
std::vector<Figure> askPoolBlocking(Transport transport, quint16 port, const Variant &variant)
{
    Stock stock(transport, port, variant);
    Times times(requestCount());
    QEventLoop loop;
    QTimer::singleShot(0, &loop, [&] {
        while (times.count() < requestCount()) {
            times.begin();
            askOnce(stock.pool());
            times.end();
        }
        loop.quit();
    });
    loop.exec();
    return times.figures();
}

// --- Without -----------------------------------------------------------------------------------------------------------

std::vector<Figure> askKept(Transport transport, quint16 port)
{
    NaiveClient client(transport, QHostAddress(QHostAddress::LocalHost), port, Idle);
    client.start();
    turnUntil([&] { return client.sockets().size() == Idle; }, "the list is full");
    QTcpSocket *socket = client.sockets().first();
    Times times(requestCount());
    QEventLoop loop;
    const auto ask = [&] {
        times.begin();
        socket->write(Request);
        socket->flush();
    };
    QObject::connect(socket, &QTcpSocket::readyRead, &loop, [&] {
        if (socket->bytesAvailable() < Size)
            return;
        socket->read(Size);
        times.end();
        if (times.count() == requestCount())
            loop.quit();
        else
            ask();
    });
    ask();
    loop.exec();
    return times.figures();
}

std::vector<Figure> askAnew(Transport transport, quint16 port)
{
    const int requests = requestCount() / 10; // each takes a port
    Times times(requests);
    while (times.count() < requests) {
        QEventLoop loop;
        times.begin();
        NaiveClient client(transport, QHostAddress(QHostAddress::LocalHost), port, 1);
        client.whenReady([&](QTcpSocket *socket) {
            QObject::connect(socket, &QTcpSocket::readyRead, &loop, [&loop, socket] {
                if (socket->bytesAvailable() >= Size)
                    loop.quit();
            });
            socket->write(Request);
            socket->flush();
        });
        client.start();
        loop.exec();
        client.sockets().first()->read(Size);
        times.end();
    }
    return times.figures();
}

// --- Without Qt's sockets ----------------------------------------------------------------------------------------------

class BareConnection
{
public:
    BareConnection(Transport transport, quint16 port) : m_descriptor(Bare::dial(INADDR_LOOPBACK, port, 0))
    {
        if (transport == Transport::Tcp)
            return;
        m_context = Bare::clientContext();
        m_session = Bare::session(m_context, m_descriptor.get());
        if (SSL_do_handshake(m_session.get()) != 1)
            qFatal("the TLS handshake failed");
    }

    int descriptor() const { return m_descriptor.get(); }

    void write() const
    {
        if (m_session)
            SSL_write(m_session.get(), Request.constData(), Size);
        else
            send(m_descriptor.get(), Request.constData(), Size, 0);
    }

    void read() const
    {
        char bytes[Size];
        for (int count = 0; count < Size;) {
            const auto more = m_session ? SSL_read(m_session.get(), bytes, Size - count)
                                        : recv(m_descriptor.get(), bytes, std::size_t(Size - count), 0);
            if (more <= 0)
                qFatal("the echo server has left");
            count += int(more);
        }
    }

private:
    const Descriptor m_descriptor;
    Bare::TlsContext m_context;
    Bare::TlsSession m_session;
};

std::vector<Figure> askBlocking(Transport transport, quint16 port)
{
    const BareConnection connection(transport, port);
    Times times(requestCount());
    while (times.count() < requestCount()) {
        times.begin();
        connection.write();
        connection.read();
        times.end();
    }
    return times.figures();
}

std::vector<Figure> askNotified(Transport transport, quint16 port)
{
    const BareConnection connection(transport, port);
    connection.write();
    connection.read(); // and the session tickets, which are not an answer
    Times times(requestCount());
    QEventLoop loop;
    QSocketNotifier notifier(connection.descriptor(), QSocketNotifier::Read);
    const auto ask = [&] {
        times.begin();
        connection.write();
    };
    QObject::connect(&notifier, &QSocketNotifier::activated, &loop, [&] {
        connection.read();
        times.end();
        if (times.count() == requestCount())
            loop.quit();
        else
            ask();
    });
    ask();
    loop.exec();
    return times.figures();
}

// That finds something to do: what an event loop adds to a blocking round trip at least.
std::vector<Figure> turnLoop()
{
    const Descriptor readable(eventfd(1, EFD_CLOEXEC));
    QEventLoop loop;
    QSocketNotifier notifier(readable.get(), QSocketNotifier::Read);
    int left = requestCount();
    QObject::connect(&notifier, &QSocketNotifier::activated, &loop, [&] {
        if (--left == 0)
            loop.quit();
    });
    const Stopwatch watch;
    loop.exec();
    return {{watch.elapsed() * 1e6 / requestCount(), "µs", "one turn"}};
}

void stayOnThisCore()
{
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    Bare::check(sched_setaffinity(0, sizeof here, &here) == 0, "sched_setaffinity");
}

void request(Transport transport)
{
    OtherEnd server({QStringLiteral("--serve"), nameOf(transport)});
    const quint16 port = server.readPort();
    compare("request", {{QLatin1String("transport"), nameOf(transport)}, {QLatin1String("idle"), Idle}},
            {{"qnetpool", [=] { return askPool(transport, port, {}); }},
             {"qnetpool, newest first", [=] { return askPool(transport, port, {Reuse::NewestFirst}); }},
             {"qnetpool, blocking", [=] { return askPoolBlocking(transport, port, {}); }},
             {"qnetpool, blocking, newest first", [=] { return askPoolBlocking(transport, port, {Reuse::NewestFirst}); }},
             {"naive Qt, kept", [=] { return askKept(transport, port); }},
             {"naive Qt, connect per request", [=] { return askAnew(transport, port); }},
             {"bare socket, notifier", [=] { return askNotified(transport, port); }},
             {"bare socket, blocking", [=] { return askBlocking(transport, port); }},
             {"event loop", turnLoop}},
            isQuick() ? 3 : 5);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (application.arguments().value(1) == QLatin1String("--serve"))
        return EchoServer(application.arguments().value(2) == nameOf(Transport::Tls) ? Transport::Tls : Transport::Tcp)
                .serve();
    stayOnThisCore(); // and the server, which inherits it
    request(Transport::Tcp);
    request(Transport::Tls);
    return 0;
}
