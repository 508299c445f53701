// SPDX-License-Identifier: BSD-3-Clause
// memory: KiB a connection that waits, at each end: of the heap, and of the process's resident set.
//
// Each end has a fresh process of its own, so that it is counted alone. What the first connections bring about once (TLS
// contexts of the process, a configuration's authorities, threads) is there before the first count. What the kernel needs for
// a socket is the same for all, and in none of these figures.
#include "barelistener.h"
#include "ends.h"

#include <QtNetwork/QSslSocket>
#include <QtNetwork/QTcpServer>

#include <QtCore/QFile>
#include <QtCore/QThread>

#include <malloc.h>
#include <openssl/ssl.h>
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
    const struct mallinfo2 heap = ::mallinfo2();
    QFile pages(QStringLiteral("/proc/self/statm"));
    if (!pages.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(pages.fileName()));
    const qint64 resident = pages.readAll().split(' ').at(1).toLongLong() * ::sysconf(_SC_PAGESIZE);
    return QByteArray::number(quint64(heap.uordblks + heap.hblkhd)) + ' ' + QByteArray::number(resident);
}

using Count = std::function<int()>;
using Grow = std::function<void(int total)>; // begins to; a client's

int answer(const Count &count, const Grow &grow = {})
{
    answerParent(*QCoreApplication::instance(), [=](const QByteArray &line) {
        if (line == "footprint")
            return footprint();
        if (line.startsWith("grow "))
            grow(line.mid(5).toInt());
        return QByteArray::number(count());
    });
    return QCoreApplication::exec();
}

// --- qnetpool ---------------------------------------------------------------------------------------------------------

int servePool(Transport transport)
{
    ServerPool server(serverFor(transport));
    if (!server.listen(QHostAddress::LocalHost))
        qFatal("cannot listen");
    tell(QByteArray::number(server.serverPort()));
    return answer([&] { return server.idleCount(); });
}

int holdPool(Transport transport, quint16 port)
{
    ClientPool pool;
    return answer([&] { return pool.idleCount(); },
                  [&](int total) {
                      ClientPool::Configuration configuration = clientFor(transport, port, total);
                      configuration.minimumInterval = configuration.maximumInterval = 10ms; // soon, when it runs already
                      pool.setConfiguration(configuration);
                      pool.start();
                  });
}

// --- naive Qt ---------------------------------------------------------------------------------------------------------

class QtServer : public QTcpServer
{
public:
    explicit QtServer(Transport transport) : m_transport(transport), m_tls(serverFor(transport).sslConfiguration)
    {
        m_tls.setProtocol(QSsl::TlsV1_3OrLater);
        if (!listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
    }

    int count() const { return int(m_ready.size()); }

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
    return answer([&] { return server.count(); });
}

class QtClient : public QObject
{
public:
    QtClient(Transport transport, quint16 port) : m_transport(transport), m_port(port) { }

    int count() const { return int(m_ready.size()); }

    // One after the other.
    void grow(int total)
    {
        m_total = total;
        if (count() < m_total)
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
        if (count() < m_total)
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
    return answer([&] { return client.count(); }, [&](int total) { client.grow(total); });
}

// --- bare -------------------------------------------------------------------------------------------------------------

// Descriptors, and the least of OpenSSL: one context, buffers only while something is in them, no session tickets.
class BareEnd
{
public:
    BareEnd(Transport transport, const SSL_METHOD *method)
        : m_context(transport == Transport::Tls ? ::SSL_CTX_new(method) : nullptr)
    {
        if (m_context)
            ::SSL_CTX_set_mode(m_context, SSL_MODE_RELEASE_BUFFERS);
    }

    int count() const { return int(m_descriptors.size()); }

    void showCertificate() const
    {
        if (!m_context)
            return;
        ::SSL_CTX_set_num_tickets(m_context, 0);
        if (::SSL_CTX_use_certificate_file(m_context, QNETPOOL_CERTIFICATES "/server.crt", SSL_FILETYPE_PEM) != 1
            || ::SSL_CTX_use_PrivateKey_file(m_context, QNETPOOL_CERTIFICATES "/server.key", SSL_FILETYPE_PEM) != 1)
            qFatal("OpenSSL does not take the certificate");
    }
    void keep(int descriptor, int (*shakeHands)(SSL *))
    {
        if (m_context) {
            m_tls.push_back(::SSL_new(m_context));
            if (::SSL_set_fd(m_tls.back(), descriptor) != 1 || shakeHands(m_tls.back()) != 1)
                qFatal("the TLS handshake fails");
        }
        m_descriptors.push_back(descriptor);
    }

private:
    SSL_CTX *const m_context;
    std::vector<int> m_descriptors;
    std::vector<SSL *> m_tls;
};

int serveBare(Transport transport)
{
    BareEnd server(transport, ::TLS_server_method());
    server.showCertificate();
    BareListener listener([&](int descriptor, quint16) { server.keep(descriptor, ::SSL_accept); });
    tell(QByteArray::number(listener.port()));
    return answer([&] { return server.count(); });
}

int holdBare(Transport transport, quint16 port)
{
    BareEnd client(transport, ::TLS_client_method());
    return answer([&] { return client.count(); },
                  [&](int total) {
                      while (client.count() < total)
                          client.keep(connectBare(port), ::SSL_connect);
                  });
}

int runOtherEnd(const QStringList &arguments)
{
    const QString implementation = arguments.at(1);
    const Transport transport = arguments.at(2) == nameOf(Transport::Tls) ? Transport::Tls : Transport::Tcp;
    const bool isServer = arguments.size() == 3;
    const quint16 port = arguments.value(3).toUShort();
    if (implementation == QLatin1String("qnetpool"))
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
            QThread::msleep(10);
            if (timer.hasExpired(60000))
                qFatal("%d connections were not set up within a minute", total);
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

struct EachOfBoth
{
    std::vector<Figure> client;
    std::vector<Figure> server;
};

EachOfBoth eachOf(int connections, const QString &implementation, Transport transport)
{
    constexpr int first = 16;
    Ends ends(implementation, transport);
    ends.grow(first);
    const std::pair atFirst(footprintOf(ends.client()), footprintOf(ends.server()));
    ends.grow(first + connections);
    const auto since = [connections](const Footprint &before, const Footprint &after) {
        return std::vector<Figure>{{(after.heap - before.heap) / connections, "KiB", "heap"},
                                   {(after.resident - before.resident) / connections, "KiB", "resident"}};
    };
    return {since(atFirst.first, footprintOf(ends.client())), since(atFirst.second, footprintOf(ends.server()))};
}

void memoryOf(Transport transport)
{
    const int connections = transport == Transport::Tls ? (isQuick() ? 100 : 300) : (isQuick() ? 500 : 2000);
    std::vector<Rival> clients;
    std::vector<Rival> servers; // measured with the clients, told after them
    for (const char *implementation : {"qnetpool", "naive Qt", "bare"}) {
        const auto measured = std::make_shared<std::queue<std::vector<Figure>>>();
        clients.push_back({implementation, [=] {
                               EachOfBoth each = eachOf(connections, QLatin1String(implementation), transport);
                               measured->push(std::move(each.server));
                               return std::move(each.client);
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
    needDescriptors(2200);
    memoryOf(Transport::Tcp);
    memoryOf(Transport::Tls);
    return 0;
}
