// SPDX-License-Identifier: BSD-3-Clause
// ready: is a connection there when it is asked for? The server takes 60 ms until a connection can be used, and callers come
// 200 times a second, at random. Each cell is a process of its own with a server process of its own; those without TLS,
// which use a few percent of a core each, run side by side. The share of callers that had to wait depends little on the
// machine; with TLS, though, 200 handshakes a second take half a core at each end.
#include "ends.h"
#include "rivals/naiveqt.h"
#include "rivals/slowserver.h"
#include "stopwatch.h"

#include <QtCore/QHash>

#include <deque>
#include <memory>
#include <random>

namespace {

constexpr auto Setup = 60ms; // from the connect, or the TLS handshake, to the ID
constexpr auto Hold = 250ms;
constexpr int Rate = 200; // calls a second

enum class Use {
    Once, // discard() at once
    GivenBack, // after Hold
};

std::chrono::milliseconds warmUp()
{
    return isQuick() ? 1000ms : 20000ms;
}

std::chrono::milliseconds measured()
{
    return isQuick() ? 2000ms : 15000ms;
}

void turnFor(std::chrono::milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, Qt::PreciseTimer, &loop, &QEventLoop::quit);
    loop.exec();
}

// --- The load ----------------------------------------------------------------------------------------------------------

// A Poisson process: who comes does not look whether the former ones have been served.
class Arrivals final : public QObject
{
public:
    explicit Arrivals(std::function<void(Clock::duration late)> arrive) : m_arrive(std::move(arrive))
    {
        m_timer.setTimerType(Qt::PreciseTimer);
        m_timer.setSingleShot(true);
        connect(&m_timer, &QTimer::timeout, this, &Arrivals::letIn);
        letIn();
    }

private:
    void letIn()
    {
        for (; m_next <= Clock::now(); m_next += gap())
            m_arrive(Clock::now() - m_next);
        m_timer.start(std::chrono::ceil<std::chrono::milliseconds>(m_next - Clock::now()));
    }

    Clock::duration gap()
    {
        return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(m_gap(m_random)));
    }

    const std::function<void(Clock::duration late)> m_arrive;
    std::mt19937_64 m_random{1}; // the same load for all
    std::exponential_distribution<> m_gap{Rate};
    Clock::time_point m_next = Clock::now();
    QTimer m_timer;
};

// One way to get connections, under that load.
class Subject : public QObject
{
public:
    std::vector<Figure> run(std::chrono::milliseconds warmUp)
    {
        const Arrivals arrivals([this](Clock::duration late) { arrive(late); });
        turnFor(warmUp);
        const qint64 dialsBefore = dials();
        const auto begin = std::ptrdiff_t(m_calls.size());
        const Stopwatch watch;
        turnFor(measured());
        return figures({m_calls.begin() + begin, m_calls.end()}, double(dials() - dialsBefore) / watch.elapsed());
    }

protected:
    struct Call
    {
        Clock::time_point asked = Clock::now();
        Clock::duration late{}; // than the load wants it: the thread was busy, or another process had the core
        int idle = 0;
        bool hasWaited = true;
        Clock::time_point served = Clock::time_point::max();
    };

    virtual void ask(std::size_t call) = 0; // calls served() once, now or later
    virtual int idle() const { return 0; }
    virtual qint64 dials() const = 0;

    void served(std::size_t call, bool hasWaited)
    {
        m_calls[call].served = Clock::now();
        m_calls[call].hasWaited = hasWaited;
    }

    void acquireFrom(Pool &pool, std::size_t call, const std::function<void(Connection)> &use)
    {
        QFuture<Connection> future = pool.acquire();
        if (future.isFinished()) {
            served(call, false);
            return use(future.takeResult());
        }
        const auto useLater = [this, call, use](Connection connection) {
            served(call, true);
            use(std::move(connection));
        };
        future.then(this, useLater).onFailed(this, [this, call] { served(call, true); }); // AcquireTimeout
    }

private:
    void arrive(Clock::duration late)
    {
        m_calls.push_back({.late = late, .idle = idle()});
        ask(m_calls.size() - 1);
    }

    // Who is not served by now has waited until now: some of these ways never catch up with the load.
    static std::vector<Figure> figures(const std::vector<Call> &calls, double dialRate)
    {
        const Clock::time_point now = Clock::now();
        const auto count = double(calls.size());
        std::vector<double> times;
        std::vector<double> late;
        double waits = 0;
        double idle = 0;
        for (const Call &call : calls) {
            times.push_back(seconds(std::min(call.served, now) - call.asked) * 1e3);
            late.push_back(seconds(call.late) * 1e3);
            waits += call.hasWaited;
            idle += call.idle; // who comes at random sees the mean over time
        }
        return {{100 * waits / count, "%", "P(wait)"},
                {quantile(times, 0.5), "ms", "p50"},
                {quantile(times, 0.99), "ms", "p99"},
                {quantile(late, 0.99), "ms", "call too late, p99"}, // this thread was busy, or the machine
                {idle / count, "connections", "mean idle"},
                {dialRate, "1/s", "dials"}};
    }

    std::vector<Call> m_calls;
};

// --- The ways to get a connection --------------------------------------------------------------------------------------

ClientPool::Configuration clientBy(ClientPool::Rule rule, Transport transport, quint16 port)
{
    ClientPool::Configuration configuration = clientFor(transport, port, 0);
    configuration.sizing = {.minimumCapacity = 5, .maximumCapacity = 200, .rule = rule};
    return configuration;
}

class Client final : public Subject
{
public:
    Client(ClientPool::Rule rule, Use use, Transport transport, quint16 port)
        : m_use(use), m_pool(clientBy(rule, transport, port))
    {
        m_pool.start();
    }

private:
    void ask(std::size_t call) override
    {
        acquireFrom(m_pool, call, [this](Connection connection) { use(std::move(connection)); });
    }

    void use(Connection connection)
    {
        if (m_use == Use::Once)
            return connection.discard();
        m_held.push_back(std::move(connection));
        QTimer::singleShot(Hold, Qt::PreciseTimer, this, [this] { m_held.pop_front(); });
    }

    int idle() const override { return m_pool.idleCount(); }
    qint64 dials() const override { return m_pool.statistics().created; }

    const Use m_use;
    ClientPool m_pool;
    std::deque<Connection> m_held; // in the order in which they are given back
};

// It is the server's application that asks. The client's is told which connection was chosen, and takes that by its ID, or
// as soon as it is there: the client's pool never sees anybody wait. Both applications are in this process.
class HiddenDemand final : public Subject
{
public:
    explicit HiddenDemand(ClientPool::Rule rule)
    {
        if (!m_server.listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
        m_relay = std::make_unique<OtherEnd>(QStringList{QStringLiteral("--relay"), QString::number(m_server.serverPort())});
        m_client.setConfiguration(clientBy(rule, Transport::Tcp, m_relay->readPort()));
        connect(&m_client, &Pool::connectionAvailable, this, &HiddenDemand::takeIfChosen);
        m_client.start();
    }

private:
    void ask(std::size_t call) override
    {
        acquireFrom(m_server, call, [this](Connection connection) {
            const ConnectionId id = connection.id();
            m_chosen.insert(id, std::make_shared<Connection>(std::move(connection)));
            takeIfChosen(id);
        });
    }

    void takeIfChosen(ConnectionId id)
    {
        if (!m_chosen.contains(id))
            return;
        Connection taken = m_client.take(id);
        if (!taken)
            return; // it is on its way
        taken.discard();
        m_chosen.take(id)->discard();
    }

    int idle() const override { return m_server.idleCount(); }
    qint64 dials() const override { return m_client.statistics().created; }

    ServerPool m_server{serverFor(Transport::Tcp)};
    std::unique_ptr<OtherEnd> m_relay;
    ClientPool m_client;
    QHash<ConnectionId, std::shared_ptr<Connection>> m_chosen; // by the server, and not yet there for the client
};

class SocketARequest final : public Subject
{
public:
    SocketARequest(Transport transport, quint16 port) : m_transport(transport), m_port(port) { }

private:
    void ask(std::size_t call) override
    {
        ++m_dials;
        QTcpSocket *socket = m_transport == Transport::Tls ? new QSslSocket(this) : new QTcpSocket(this);
        connect(socket, &QTcpSocket::errorOccurred, this, [socket] { qFatal("%s", qPrintable(socket->errorString())); });
        connect(socket, &QTcpSocket::readyRead, this, [this, socket, call] {
            if (socket->bytesAvailable() < 8)
                return;
            served(call, true);
            socket->disconnect(this);
            socket->close();
            socket->deleteLater();
        });
        if (auto *encrypted = qobject_cast<QSslSocket *>(socket)) {
            encrypted->setSslConfiguration(m_tls);
            encrypted->connectToHostEncrypted(QStringLiteral("127.0.0.1"), m_port);
        } else {
            socket->connectToHost(QStringLiteral("127.0.0.1"), m_port);
        }
    }

    qint64 dials() const override { return m_dials; }

    const Transport m_transport;
    const quint16 m_port;
    const QSslConfiguration m_tls = naiveClientTls();
    qint64 m_dials = 0;
};

// --- The cells ---------------------------------------------------------------------------------------------------------

struct Cell
{
    std::string implementation;
    QString use;
    Transport transport;
    std::function<std::vector<Figure>()> measure;
};

constexpr int FiguresEach = 6;

std::string nameOf(ClientPool::Rule rule)
{
    return rule == ClientPool::Rule::Predictive ? "qnetpool" : "qnetpool, Stepwise";
}

Cell clientCell(ClientPool::Rule rule, Use use, Transport transport)
{
    return {nameOf(rule), use == Use::Once ? QStringLiteral("once") : QStringLiteral("given back"), transport, [=] {
                OtherEnd server({QStringLiteral("--serve"), nameOf(transport)});
                return Client(rule, use, transport, server.readPort()).run(warmUp());
            }};
}

Cell hiddenCell(ClientPool::Rule rule)
{
    return {nameOf(rule), QStringLiteral("once, server waits"), Transport::Tcp,
            [=] { return HiddenDemand(rule).run(warmUp()); }};
}

Cell socketCell(Transport transport)
{
    return {"naive Qt, socket a request", QStringLiteral("once"), transport, [=] {
                OtherEnd server({QStringLiteral("--serve"), nameOf(transport)});
                return SocketARequest(transport, server.readPort()).run(1s); // it learns nothing
            }};
}

// Those in one group run side by side. With TLS, each that uses connections once takes half a core.
std::vector<std::vector<Cell>> cellGroups()
{
    using Rule = ClientPool::Rule;
    return {{clientCell(Rule::Predictive, Use::Once, Transport::Tcp), clientCell(Rule::Stepwise, Use::Once, Transport::Tcp),
             socketCell(Transport::Tcp), clientCell(Rule::Predictive, Use::GivenBack, Transport::Tcp),
             clientCell(Rule::Stepwise, Use::GivenBack, Transport::Tcp), hiddenCell(Rule::Predictive),
             hiddenCell(Rule::Stepwise)},
            {clientCell(Rule::Predictive, Use::Once, Transport::Tls),
             clientCell(Rule::Predictive, Use::GivenBack, Transport::Tls)},
            {clientCell(Rule::Stepwise, Use::Once, Transport::Tls),
             clientCell(Rule::Stepwise, Use::GivenBack, Transport::Tls)},
            {socketCell(Transport::Tls)}};
}

int measure(const Cell &cell)
{
    for (const Figure &figure : cell.measure())
        print("ready", {{QLatin1String("use"), cell.use}, {QLatin1String("transport"), nameOf(cell.transport)}},
              cell.implementation, figure);
    return 0;
}

void measureSideBySide(int group, int cells)
{
    std::vector<std::unique_ptr<OtherEnd>> running;
    for (int cell = 0; cell < cells; ++cell)
        running.push_back(std::make_unique<OtherEnd>(
                QStringList{QStringLiteral("--cell"), QString::number(group), QString::number(cell)}));
    for (const std::unique_ptr<OtherEnd> &cell : running) {
        for (int figure = 0; figure < FiguresEach; ++figure)
            tell(cell->readLine());
    }
}

int relay(QCoreApplication &application, quint16 port)
{
    const SlowRelay relay(port, Setup);
    tell(QByteArray::number(relay.serverPort()));
    answerParent(application);
    return application.exec();
}

} // namespace

// The servers and the cells are this program as well: "--serve TCP" tells its port and serves until its standard input
// ends, for the peers in other languages, too.
int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    const QString role = arguments.value(1);
    if (role == QLatin1String("--serve"))
        return SlowServer(arguments.value(2) == nameOf(Transport::Tls) ? Transport::Tls : Transport::Tcp, Setup).serve();
    if (role == QLatin1String("--relay"))
        return relay(application, quint16(arguments.value(2).toUInt()));
    const auto groups = cellGroups();
    if (role == QLatin1String("--cell"))
        return measure(groups.at(arguments.value(2).toUInt()).at(arguments.value(3).toUInt()));
    for (std::size_t group = 0; group < groups.size(); ++group)
        measureSideBySide(int(group), int(groups[group].size()));
    return 0;
}
