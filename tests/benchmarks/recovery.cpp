// SPDX-License-Identifier: BSD-3-Clause
// recovery: ms from the return of a server that was away to a full stock.
//
// The server returns just after an attempt has failed, so that the pause after it is waited for in full: the worst case. What
// cannot be spared is that pause ("backoff in force") and the time for so many connections ("fill", without an outage).
#include "ends.h"

#include <QtNetwork/QTcpSocket>

#include <QtCore/QTimer>

namespace {

int connections()
{
    return isQuick() ? 200 : 500;
}

// --- The server, in a process of its own ------------------------------------------------------------------------------

int serve(QCoreApplication &application)
{
    ServerPool server(serverFor(Transport::Tcp, ConnectionMode::Single));
    const auto listen = [&server](quint16 port) {
        if (!server.listen(QHostAddress::LocalHost, port))
            qFatal("cannot listen");
        return server.serverPort();
    };
    const quint16 port = listen(0);
    tell(QByteArray::number(port));
    answerParent(application, [&](const QByteArray &line) {
        if (line == "leave")
            server.close();
        else
            listen(port);
        return line;
    });
    return application.exec();
}

// --- The clients ------------------------------------------------------------------------------------------------------

class Client
{
public:
    virtual ~Client() = default;
    virtual void start() = 0;
    virtual int count() const = 0;
    virtual bool hasJustFailed() const = 0; // for long enough, and the pause after it begins now
    virtual double pause() const = 0; // that begins now, in ms
};

class Pooled : public Client
{
public:
    explicit Pooled(quint16 port) : m_pool(configurationFor(port)) { }

    void start() override { m_pool.start(); }
    int count() const override { return m_pool.idleCount(); }
    // After three failures: 200 ms, 400 ms and 800 ms, less up to a quarter.
    bool hasJustFailed() const override { return m_pool.state() == Pool::State::Degraded && m_pool.interval() >= 600ms; }
    double pause() const override { return double(m_pool.interval().count()); }

private:
    static ClientPool::Configuration configurationFor(quint16 port)
    {
        ClientPool::Configuration configuration = clientFor(Transport::Tcp, port, connections(), ConnectionMode::Single);
        configuration.sizing.minimumInterval = configuration.sizing.maximumInterval = 100ms;
        return configuration;
    }

    ClientPool m_pool;
};

// A list of sockets, as most people write it: each tries again a second after it was lost or has failed.
class Listed : public QObject, public Client
{
public:
    explicit Listed(quint16 port) : m_port(port)
    {
        for (int i = 0; i < connections(); ++i) {
            auto *socket = new QTcpSocket(this);
            m_sockets << socket;
            connect(socket, &QTcpSocket::connected, this, [this] { ++m_connected; });
            connect(socket, &QTcpSocket::disconnected, this, [this] { --m_connected; });
            connect(socket, &QTcpSocket::errorOccurred, this, [this, socket](QTcpSocket::SocketError error) {
                m_refused += error == QTcpSocket::ConnectionRefusedError;
                QTimer::singleShot(retryAfter, socket, [this, socket] { dial(socket); });
            });
        }
    }
    ~Listed() override
    {
        for (QTcpSocket *socket : std::as_const(m_sockets))
            socket->disconnect();
    }

    void start() override
    {
        for (QTcpSocket *socket : std::as_const(m_sockets))
            dial(socket);
    }
    int count() const override { return m_connected; }
    bool hasJustFailed() const override { return m_refused == m_sockets.size(); }
    double pause() const override { return double(retryAfter.count()); }

private:
    static constexpr std::chrono::milliseconds retryAfter{1000};

    void dial(QTcpSocket *socket) { socket->connectToHost(QStringLiteral("127.0.0.1"), m_port); }

    const quint16 m_port;
    QList<QTcpSocket *> m_sockets;
    int m_connected = 0;
    int m_refused = 0;
};

// --- The measurement --------------------------------------------------------------------------------------------------

double millisecondsToFull(const Client &client, const std::function<void()> &begin)
{
    const Clock::time_point start = Clock::now();
    begin();
    turnUntil([&] { return client.count() == connections(); }, "all are connected");
    return seconds(Clock::now() - start) * 1e3;
}

template<typename Kind> std::vector<Figure> outage()
{
    OtherEnd server({QStringLiteral("serve")});
    Kind client(server.readPort());
    const double fill = millisecondsToFull(client, [&] { client.start(); });
    server.ask("leave");
    turnUntil([&] { return client.count() == 0 && client.hasJustFailed(); }, "the client has noticed");
    const double pause = client.pause();
    const double full = millisecondsToFull(client, [&] { server.ask("return"); });
    return {{full, "ms", "full"},
            {pause, "ms", "backoff in force"},
            {fill, "ms", "fill"},
            {full / (pause + fill), "x", "full / (backoff in force + fill)"}};
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (argc > 1)
        return serve(application);
    compare("recovery", {{QLatin1String("connections"), connections()}},
            {{"qnetpool", outage<Pooled>}, {"naive Qt", outage<Listed>}}, isQuick() ? 1 : 3);
    return 0;
}
