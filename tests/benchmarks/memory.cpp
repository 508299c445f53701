// SPDX-License-Identifier: BSD-3-Clause
// memory: KiB a connection that waits, at each end: of the heap, and of the process's resident set; before it was ever used, and
// after each end has sent and read a byte.
//
// Each end has a fresh process of its own, so that it is counted alone. What the first connections bring about once (TLS
// contexts of the process, a configuration's authorities, threads) is there before the first count. What the kernel needs for
// a socket is the same for all, and in none of these figures.
#include "descriptorlimit.h"
#include "ends.h"
#include "rivals/barelistener.h"
#include "rivals/baretls.h"

#include <QtNetwork/QSslSocket>
#include <QtNetwork/QTcpServer>

#include <QtCore/QFile>
#include <QtCore/QThread>

#include <array>
#include <malloc.h>
#include <queue>

namespace {

// --- What every process under measurement answers ---------------------------------------------------------------------

struct Footprint
{
    double heap = 0; // in KiB
    double resident = 0;
};

QByteArray footprint()
{
    const struct mallinfo2 heap = mallinfo2();
    QFile pages(QStringLiteral("/proc/self/statm"));
    if (!pages.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(pages.fileName()));
    const qint64 resident = pages.readAll().split(' ').at(1).toLongLong() * sysconf(_SC_PAGESIZE);
    return QByteArray::number(quint64(heap.uordblks + heap.hblkhd)) + ' ' + QByteArray::number(resident);
}

struct End
{
    std::function<int()> count;
    std::function<void()> speak; // one byte on each connection
    std::function<void()> hear; // one byte on each connection
    std::function<void(int total)> grow = {}; // begins to; a client's
};

int answer(const End &end)
{
    answerParent(*QCoreApplication::instance(), [end](const QByteArray &line) {
        if (line == "footprint")
            return footprint();
        if (line == "speak")
            end.speak();
        else if (line == "hear")
            end.hear();
        else if (line.startsWith("grow "))
            end.grow(line.mid(5).toInt());
        return QByteArray::number(end.count());
    });
    return QCoreApplication::exec();
}

void speakOn(QTcpSocket *socket)
{
    socket->write("x", 1);
    socket->flush();
}

void hearOn(QTcpSocket *socket)
{
    while (socket->bytesAvailable() == 0) {
        if (!socket->waitForReadyRead())
            qFatal("nothing is heard: %s", qPrintable(socket->errorString()));
    }
    socket->readAll();
}

// --- qnetpool ---------------------------------------------------------------------------------------------------------

const char *nameOfOurs(Transport transport)
{
#ifdef QNETPOOL_SHARED_TLS_CONTEXT
    if (transport == Transport::Tls)
        return "qnetpool, shared context";
#endif
    Q_UNUSED(transport)
    return "qnetpool";
}

// Each goes out once: the oldest first.
void onEach(Pool &pool, void (*act)(QTcpSocket *))
{
    for (int left = pool.idleCount(); left > 0; --left)
        act(pool.take().socket());
}

End endOf(Pool &pool)
{
    return {[&pool] { return pool.idleCount(); }, [&pool] { onEach(pool, speakOn); }, [&pool] { onEach(pool, hearOn); }};
}

int servePool(Transport transport)
{
    ServerPool server(serverFor(transport));
    if (!server.listen(QHostAddress::LocalHost))
        qFatal("cannot listen");
    tell(QByteArray::number(server.serverPort()));
    return answer(endOf(server));
}

int holdPool(Transport transport, quint16 port)
{
    ClientPool pool;
    End end = endOf(pool);
    end.grow = [&](int total) {
        ClientPool::Configuration configuration = clientFor(transport, port, total);
        configuration.sizing.minimumInterval = configuration.sizing.maximumInterval = 10ms; // soon, when it runs already
        pool.setConfiguration(configuration);
        pool.start();
    };
    return answer(end);
}

// --- naive Qt ---------------------------------------------------------------------------------------------------------

End endOf(const QList<QTcpSocket *> &sockets)
{
    return {[&sockets] { return int(sockets.size()); },
            [&sockets] { std::for_each(sockets.begin(), sockets.end(), speakOn); },
            [&sockets] { std::for_each(sockets.begin(), sockets.end(), hearOn); }};
}

class QtServer : public QTcpServer
{
public:
    explicit QtServer(Transport transport) : m_transport(transport), m_tls(serverFor(transport).tls.configuration)
    {
        m_tls.setProtocol(QSsl::TlsV1_3OrLater);
        if (!listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
    }

    const QList<QTcpSocket *> &sockets() const { return m_ready; }

protected:
    void incomingConnection(qintptr descriptor) override
    {
        if (m_transport == Transport::Tcp) {
            m_ready << new QTcpSocket(this);
            m_ready.last()->setSocketDescriptor(descriptor);
            return;
        }
        auto *socket = new QSslSocket(this);
        socket->setSocketDescriptor(descriptor);
        socket->setSslConfiguration(m_tls);
        connect(socket, &QSslSocket::encrypted, this, [this, socket] { m_ready << socket; });
        socket->startServerEncryption();
    }

private:
    const Transport m_transport;
    QSslConfiguration m_tls;
    QList<QTcpSocket *> m_ready;
};

int serveQt(Transport transport)
{
    QtServer server(transport);
    tell(QByteArray::number(server.serverPort()));
    return answer(endOf(server.sockets()));
}

class QtClient : public QObject
{
public:
    QtClient(Transport transport, quint16 port) : m_transport(transport), m_port(port) { }

    const QList<QTcpSocket *> &sockets() const { return m_ready; }

    // One after the other.
    void grow(int total)
    {
        m_total = total;
        if (m_ready.size() < m_total)
            dial();
    }

private:
    void dial()
    {
        const QString host = QStringLiteral("127.0.0.1");
        if (m_transport == Transport::Tcp) {
            auto *socket = new QTcpSocket(this);
            connect(socket, &QTcpSocket::connected, this, [this, socket] { keep(socket); });
            return socket->connectToHost(host, m_port);
        }
        auto *socket = new QSslSocket(this);
        socket->setProtocol(QSsl::TlsV1_3OrLater);
        socket->setPeerVerifyMode(QSslSocket::VerifyNone);
        connect(socket, &QSslSocket::encrypted, this, [this, socket] { keep(socket); });
        socket->connectToHostEncrypted(host, m_port);
    }
    void keep(QTcpSocket *socket)
    {
        m_ready << socket;
        if (m_ready.size() < m_total)
            dial();
    }

    const Transport m_transport;
    const quint16 m_port;
    int m_total = 0;
    QList<QTcpSocket *> m_ready;
};

int holdQt(Transport transport, quint16 port)
{
    QtClient client(transport, port);
    End end = endOf(client.sockets());
    end.grow = [&client](int total) { client.grow(total); };
    return answer(end);
}

// --- bare -------------------------------------------------------------------------------------------------------------

// Descriptors, and the least of OpenSSL: one context, buffers only while something is in them, no session tickets.
class BareSockets
{
public:
    explicit BareSockets(Bare::TlsContext context) : m_context(std::move(context))
    {
        if (!m_context)
            return;
        SSL_CTX_set_mode(m_context.get(), SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_num_tickets(m_context.get(), 0);
    }

    int count() const { return int(m_sockets.size()); }

    void keep(Descriptor descriptor)
    {
        Socket socket{std::move(descriptor), {}};
        if (m_context) {
            socket.tls = Bare::session(m_context, socket.descriptor.get());
            check(SSL_do_handshake(socket.tls.get()));
        }
        m_sockets.push_back(std::move(socket));
    }
    void speak() const
    {
        for (const Socket &socket : m_sockets)
            check(m_context ? SSL_write(socket.tls.get(), "x", 1) : int(send(socket.descriptor.get(), "x", 1, 0)));
    }
    void hear() const
    {
        char byte = 0;
        for (const Socket &socket : m_sockets)
            check(m_context ? SSL_read(socket.tls.get(), &byte, 1) : int(recv(socket.descriptor.get(), &byte, 1, 0)));
    }

private:
    struct Socket
    {
        Descriptor descriptor;
        Bare::TlsSession tls;
    };

    static void check(int result)
    {
        if (result != 1)
            qFatal("the connection fails");
    }

    Bare::TlsContext m_context;
    std::vector<Socket> m_sockets;
};

End endOf(const BareSockets &sockets)
{
    return {[&sockets] { return sockets.count(); }, [&sockets] { sockets.speak(); }, [&sockets] { sockets.hear(); }};
}

int serveBare(Transport transport)
{
    BareSockets server(transport == Transport::Tls ? Bare::serverContext() : nullptr);
    BareListener listener([&server](Descriptor one, quint16) { server.keep(std::move(one)); });
    tell(QByteArray::number(listener.port()));
    return answer(endOf(server));
}

int holdBare(Transport transport, quint16 port)
{
    BareSockets client(transport == Transport::Tls ? Bare::clientContext() : nullptr);
    End end = endOf(client);
    end.grow = [&](int total) {
        while (client.count() < total)
            client.keep(Bare::dial(loopback(), port, 0));
    };
    return answer(end);
}

int runOtherEnd(const QStringList &arguments)
{
    const QString implementation = arguments.at(1);
    const Transport transport = arguments.at(2) == nameOf(Transport::Tls) ? Transport::Tls : Transport::Tcp;
    const bool isServer = arguments.size() == 3;
    const quint16 port = arguments.value(3).toUShort();
    if (implementation == QLatin1String(nameOfOurs(transport)))
        return isServer ? servePool(transport) : holdPool(transport, port);
    if (implementation == QLatin1String("naive Qt"))
        return isServer ? serveQt(transport) : holdQt(transport, port);
    return isServer ? serveBare(transport) : holdBare(transport, port);
}

// --- The parent -------------------------------------------------------------------------------------------------------

// Both ends in processes of their own.
class Ends
{
public:
    Ends(const QString &implementation, Transport transport)
        : m_server({implementation, nameOf(transport)}),
          m_client({implementation, nameOf(transport), QString::number(m_server.readPort())})
    {
    }

    void grow(int total)
    {
        m_client.ask("grow " + QByteArray::number(total));
        QElapsedTimer timer;
        for (timer.start(); m_client.ask("count").toInt() != total || m_server.ask("count").toInt() != total;) {
            QThread::msleep(10); // to ask costs both ends time that they need
            if (timer.hasExpired(60000))
                qFatal("%d connections were not set up within a minute", total);
        }
    }

    // A byte on each connection, there and back.
    void use()
    {
        const QByteArray total = m_client.ask("count");
        for (OtherEnd *speaker : {&m_server, &m_client}) {
            OtherEnd *const listener = speaker == &m_server ? &m_client : &m_server;
            if (speaker->ask("speak") != total || listener->ask("hear") != total)
                qFatal("a connection was lost when it was used");
        }
    }

    OtherEnd &client() { return m_client; }
    OtherEnd &server() { return m_server; }

private:
    OtherEnd m_server;
    OtherEnd m_client;
};

Footprint footprintOf(OtherEnd &end)
{
    const QList<QByteArray> bytes = end.ask("footprint").split(' ');
    return {bytes.at(0).toDouble() / 1024, bytes.at(1).toDouble() / 1024};
}

// Of both ends: the client's first.
using Footprints = std::array<Footprint, 2>;

Footprints footprintsOf(Ends &ends)
{
    return {footprintOf(ends.client()), footprintOf(ends.server())};
}

std::array<std::vector<Figure>, 2> eachOf(int connections, const QString &implementation, Transport transport)
{
    constexpr int first = 16;
    Ends ends(implementation, transport);
    ends.grow(first);
    ends.use();
    const Footprints atFirst = footprintsOf(ends);
    ends.grow(first + connections);
    const Footprints unused = footprintsOf(ends);
    ends.use();
    const Footprints used = footprintsOf(ends);

    std::array<std::vector<Figure>, 2> figures;
    for (std::size_t end = 0; end < figures.size(); ++end) {
        const auto each = [connections](double before, double after) { return (after - before) / connections; };
        figures[end] = {{each(atFirst[end].heap, unused[end].heap), "KiB", "heap"},
                        {each(atFirst[end].heap, used[end].heap), "KiB", "heap after use"},
                        {each(atFirst[end].resident, unused[end].resident), "KiB", "resident"},
                        {each(atFirst[end].resident, used[end].resident), "KiB", "resident after use"}};
    }
    return figures;
}

void memoryOf(Transport transport)
{
    const int connections = transport == Transport::Tls ? (isQuick() ? 100 : 300) : (isQuick() ? 500 : 2000);
    std::vector<Rival> clients;
    std::vector<Rival> servers; // measured with the clients, told after them
    for (const char *implementation : {nameOfOurs(transport), "naive Qt", "bare"}) {
        const auto measured = std::make_shared<std::queue<std::vector<Figure>>>();
        clients.push_back({implementation, [=] {
                               const auto [client, server] = eachOf(connections, QLatin1String(implementation), transport);
                               measured->push(server);
                               return client;
                           }});
        servers.push_back({implementation, [measured] {
                               std::vector<Figure> figures = std::move(measured->front());
                               measured->pop();
                               return figures;
                           }});
    }
    QJsonObject parameters{{QLatin1String("transport"), nameOf(transport)}, {QLatin1String("end"), QLatin1String("client")}};
    compare("memory", parameters, clients, isQuick() ? 1 : 3);
    parameters.insert(QLatin1String("end"), QLatin1String("server"));
    compare("memory", parameters, servers, isQuick() ? 1 : 3);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (argc > 1)
        return runOtherEnd(application.arguments());
    raiseDescriptorLimit(2200);
    memoryOf(Transport::Tcp);
    memoryOf(Transport::Tls);
    return 0;
}
