// SPDX-License-Identifier: BSD-3-Clause
// Two honest ends of a TLS connection, one or both of them pools, and a man in the middle.
#include "certificates.h"
#include "fuzzing.h"
#include "loopback.h"
#include "numbers.h"
#include "readyfuture.h"
#include "relay.h"
#include "settlethreads.h"
#include "setup/wireid.h"

#include <QNetPool/ClientPool>
#include <QNetPool/ServerPool>

#include <QtNetwork/QSslSocket>

#include <memory>

using namespace QNetPool;
using namespace std::chrono_literals;

namespace {

struct Traits
{
    bool clientIsPool = true;
    bool serverIsPool = true;
    bool isVerified = false; // the server, by the client
    bool isDemanding = false; // the server a certificate of the client
    bool hasCertificate = false; // the client
    bool isImpostor = false; // the server: its certificate is for another name
    ConnectionMode mode = ConnectionMode::Multi;
    IdFormat format = IdFormat::Hex;
    bool hasValidator = false; // asked always
    bool hasResetter = false;
    bool hasSetupThreads = false;

    qsizetype idSize() const { return mode == ConnectionMode::Multi ? wireSize(format) : 0; }
};

// One of the two.
class End
{
public:
    virtual ~End() = default;
    virtual QTcpSocket *socket() = 0; // null as long as it is not set up
    virtual void close() = 0;

    void write()
    {
        QTcpSocket *to = socket();
        if (!to || to->state() != QAbstractSocket::ConnectedState)
            return;
        const QByteArray bytes = QByteArray::number(m_written.size()) + QByteArray(40, '.');
        m_written += bytes;
        to->write(bytes);
    }

    void read()
    {
        if (QTcpSocket *from = socket())
            m_read += from->readAll();
    }

    void checkReadFrom(const End &other) const
    {
        insist(other.m_written.startsWith(m_read), "who reads gets what the other end has written, and nothing else",
               QString::fromLatin1(m_read.toHex()));
    }

protected:
    QByteArray m_written;
    QByteArray m_read;
};

class PoolEnd final : public End
{
public:
    PoolEnd(std::unique_ptr<Pool> pool, bool isValidated) : m_pool(std::move(pool)), m_isValidated(isValidated)
    {
        QObject::connect(m_pool.get(), &Pool::errorOccurred,
                         [](Pool::Error, const QString &message) { insist(!message.isEmpty(), "an error has a sentence"); });
    }

    Pool *pool() const { return m_pool.get(); }
    ConnectionId id() const { return m_connection.id(); }
    bool isSetUp() const { return m_connection || (m_pool && m_pool->idleCount() > 0); }

    void take(ConnectionId id)
    {
        if (!m_isValidated)
            m_connection = m_pool->take(id);
        else if (!m_connection && !m_waiting.isValid())
            m_waiting = m_pool->acquire(id, 1h);
    }

    QTcpSocket *socket() override
    {
        if (!m_connection && !m_isValidated)
            m_connection = m_pool->take();
        else if (!m_connection && !m_waiting.isValid())
            m_waiting = m_pool->acquire(1h);
        if (m_waiting.isValid() && m_waiting.isFinished() && m_waiting.resultCount() > 0)
            m_connection = std::exchange(m_waiting, {}).takeResult();
        return m_connection.socket();
    }

    void giveBack() { m_connection.giveBack(); }

    void close() override
    {
        m_connection.giveBack();
        m_waiting = {};
        m_pool->close();
        settle();
        const PoolStatistics numbers = m_pool->statistics();
        const QString wrong = whatIsWrong(numbers, 100);
        insist(wrong.isEmpty(), "the numbers add up", wrong + QStringLiteral(": ") + text(numbers));
        const bool isEmpty = numbers.idle + numbers.pending + numbers.leased + numbers.unclaimed == 0;
        insist(isEmpty, "a pool that is closed has nothing left", text(numbers));
        m_pool.reset();
    }

private:
    std::unique_ptr<Pool> m_pool;
    const bool m_isValidated; // each time that it goes out, which only who waits for it gets
    Connection m_connection;
    QFuture<Connection> m_waiting;
};

// A peer that does not use QNetPool.
class SocketEnd final : public End
{
public:
    SocketEnd(int descriptor, const QSslConfiguration &tls, qsizetype idSize) : m_idSize(idSize)
    {
        m_socket.setSocketDescriptor(descriptor);
        m_socket.setSslConfiguration(tls);
    }

    void startServer(const QByteArray &id)
    {
        QObject::connect(&m_socket, &QSslSocket::encrypted, &m_socket, [this, id] { m_socket.write(id); });
        m_socket.startServerEncryption();
    }

    void startClient()
    {
        m_socket.setPeerVerifyName(QStringLiteral("localhost"));
        m_socket.startClientEncryption();
    }

    QTcpSocket *socket() override
    {
        if (!m_socket.isEncrypted())
            return nullptr;
        if (m_idSize > 0 && m_socket.bytesAvailable() >= m_idSize)
            m_socket.read(std::exchange(m_idSize, 0));
        return m_idSize > 0 ? nullptr : &m_socket;
    }

    void close() override { m_socket.abort(); }

private:
    QSslSocket m_socket;
    qsizetype m_idSize; // of what comes first and is not ours
};

struct Configurations
{
    QSslConfiguration server = Certificates::showing(QStringLiteral("server"));
    QSslConfiguration impostor = Certificates::showing(QStringLiteral("other-host"));
    QSslConfiguration client = Certificates::trustingCa();
    QSslConfiguration clientWithCertificate = Certificates::trustingCa(Certificates::showing(QStringLiteral("client")));
};

class Play
{
public:
    Play(const Traits &traits, Loopback &loopback, Input &input) : m_traits(traits)
    {
        const int serverSide = beginServer(loopback);
        const int clientSide = beginClient(loopback);
        m_relay = std::make_unique<Relay>(clientSide, serverSide, input);
    }

    // The numbers of what both do once they are connected come from the input, too.
    void run(Bits rounds)
    {
        pump();
        for (int left = rounds.number(2); left > 0; --left) {
            takeBoth();
            exchange();
            if (rounds.flag())
                giveBackBoth();
        }
        m_client->close();
        pump();
        m_server->close();
        m_relay.reset();
        m_client.reset();
        m_server.reset();
        settle();
    }

private:
    template<typename Configuration> void addHooksAndThreads(Configuration &configuration) const
    {
        const auto hook = [](QTcpSocket *socket) {
            const bool isOpen = socket->state() == QAbstractSocket::ConnectedState;
            insist(!isOpen || static_cast<QSslSocket *>(socket)->isEncrypted(), "hooks see an encrypted connection");
            return readyFuture(true);
        };
        if (m_traits.hasValidator)
            configuration.hooks.validator = hook;
        if (m_traits.hasResetter)
            configuration.hooks.resetter = hook;
        configuration.hooks.validateAfter = 0ms;
        configuration.setupThreads = m_traits.hasSetupThreads ? 1 : 0;
    }

    int beginServer(Loopback &loopback)
    {
        static const Configurations known;
        const Ends ends = loopback.connectedTcp();
        QSslConfiguration tls = m_traits.isImpostor ? known.impostor : known.server;
        if (m_traits.isDemanding)
            tls = Certificates::demandingClientCertificate(tls);
        if (m_traits.serverIsPool) {
            ServerPool::Configuration configuration;
            configuration.tls = {.enabled = true, .configuration = tls};
            configuration.connectionMode = m_traits.mode;
            configuration.idFormat = m_traits.format;
            configuration.handshakeTimeout = 1h;
            addHooksAndThreads(configuration);
            auto pool = std::make_unique<ServerPool>(configuration);
            pool->addConnection(ends.pool);
            m_server = std::make_unique<PoolEnd>(std::move(pool), m_traits.hasValidator);
        } else {
            tls.setProtocol(QSsl::TlsV1_3OrLater);
            auto end = std::make_unique<SocketEnd>(ends.pool, tls, 0);
            const ConnectionId id = ConnectionId::fromString(QStringLiteral("12345678"));
            end->startServer(m_traits.idSize() > 0 ? toWire(id, m_traits.format) : QByteArray());
            m_server = std::move(end);
        }
        return ends.peer;
    }

    int beginClient(Loopback &loopback)
    {
        static const Configurations known;
        const QSslConfiguration &tls = m_traits.hasCertificate ? known.clientWithCertificate : known.client;
        if (!m_traits.clientIsPool) {
            const Ends ends = loopback.connectedTcp();
            auto end = std::make_unique<SocketEnd>(ends.pool, tls, m_traits.idSize());
            end->startClient();
            m_client = std::move(end);
            return ends.peer;
        }
        ClientPool::Configuration configuration;
        configuration.host = QStringLiteral("127.0.0.1");
        configuration.port = loopback.port();
        configuration.tls.peerName = QStringLiteral("localhost");
        configuration.tls.mode = m_traits.isVerified ? TlsMode::Verified : TlsMode::SelfSigned;
        configuration.tls.configuration = tls;
        configuration.connectionMode = m_traits.mode;
        configuration.idFormat = m_traits.format;
        configuration.sizing.minimumCapacity = configuration.sizing.maximumCapacity = 1;
        configuration.sizing.minimumInterval = configuration.sizing.maximumInterval = configuration.sizing.maximumBackoff =
                1h;
        configuration.connectTimeout = configuration.handshakeTimeout = 1h;
        addHooksAndThreads(configuration);
        auto pool = std::make_unique<ClientPool>(configuration);
        pool->start();
        m_client = std::make_unique<PoolEnd>(std::move(pool), m_traits.hasValidator);
        std::optional<int> dialled;
        while (!dialled) {
            QCoreApplication::processEvents();
            dialled = loopback.accept();
        }
        return *dialled;
    }

    PoolEnd *clientPool() const { return m_traits.clientIsPool ? static_cast<PoolEnd *>(m_client.get()) : nullptr; }
    PoolEnd *serverPool() const { return m_traits.serverIsPool ? static_cast<PoolEnd *>(m_server.get()) : nullptr; }

    void pump()
    {
        do
            m_traits.hasSetupThreads ? settleThreads() : settle();
        while (m_relay->pump());
        if (clientPool() && m_traits.isVerified && m_traits.isImpostor)
            insist(!clientPool()->isSetUp(), "a client that verifies does not take another's certificate");
        if (serverPool() && m_traits.isDemanding && !m_traits.hasCertificate)
            insist(!serverPool()->isSetUp(), "a server that demands a certificate takes nobody without");
    }

    // As applications do that tell each other the ID.
    void takeBoth()
    {
        m_client->socket();
        if (m_traits.hasValidator) {
            pump();
            m_client->socket();
        }
        if (clientPool() && serverPool() && m_traits.mode == ConnectionMode::Multi && !clientPool()->id().isNull())
            serverPool()->take(clientPool()->id());
    }

    void exchange()
    {
        m_client->write();
        m_server->write();
        pump();
        m_client->read();
        m_server->read();
        m_client->checkReadFrom(*m_server);
        m_server->checkReadFrom(*m_client);
    }

    void giveBackBoth()
    {
        if (clientPool())
            clientPool()->giveBack();
        if (serverPool())
            serverPool()->giveBack();
        pump();
    }

    const Traits m_traits;
    std::unique_ptr<End> m_client;
    std::unique_ptr<End> m_server;
    std::unique_ptr<Relay> m_relay;
};

} // namespace

void fuzz(Input &input)
{
    static Loopback loopback;
    Bits first(input.byte());
    Traits traits;
    const int lonely = first.number(2);
    traits.clientIsPool = lonely != 1;
    traits.serverIsPool = lonely != 2;
    traits.mode = first.flag() ? ConnectionMode::Single : ConnectionMode::Multi;
    if (first.flag() && traits.mode == ConnectionMode::Multi)
        traits.format = IdFormat::Binary;
    traits.isVerified = first.flag();
    traits.isImpostor = first.flag();
    traits.isDemanding = first.flag();
    traits.hasCertificate = first.flag();
    Bits second(input.byte());
    const Bits rounds(quint8(second.number(5)));
    traits.hasValidator = second.flag();
    traits.hasResetter = second.flag();
    traits.hasSetupThreads = second.flag();
    Play(traits, loopback, input).run(rounds);
}
