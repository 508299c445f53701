// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "hostilepeer.h"
#include "numbers.h"
#include "pools.h"
#include "settle.h"
#include "watcherinuse.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QtEndian>

#include <memory>
#include <optional>

// Peers that do what they should not. Whatever it is, the pool says who and why, keeps what belongs to the application, lets
// the next honest connection in, and nothing is left.
class tst_Hostile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();

    void serverSendsAnId_data();
    void serverSendsAnId();
    void clientIsSentAnId_data();
    void clientIsSentAnId();
    void serverBreaksTls_data();
    void serverBreaksTls();
    void clientBreaksTls_data();
    void clientBreaksTls();
    void bytesRightAfterSetupAreKept_data();
    void bytesRightAfterSetupAreKept();
    void lastWordsAreForWhoWaitsForThem();
    void pendingPeersDelayNobody_data();
    void pendingPeersDelayNobody();

private:
    void rehearse();
    void attackClient();
    void attackServer();

    QByteArray m_clientHello; // a real one
    QByteArray m_serverFlight; // a real server's answer to it, which is nobody else's
    int m_sockets = 0;
};

// What becomes of the connection.
struct Verdict
{
    enum Kind { Refused, Kept, LastWords, Gone } kind = Gone;
    Pool::Error error = Pool::Error::Closed; // if it is refused
    QByteArray text; // what the message must match, or the bytes that the holder reads
    bool isAtOnce = false; // a client that dials bare descriptors may not even have noticed that it was connected
};

struct Attack
{
    Script script;
    Verdict verdict;
};
Q_DECLARE_METATYPE(Attack)

// How a connection is made: with a descriptor alone, with a socket, or with TLS.
enum class Path { Bare, Socket, Tls };
Q_DECLARE_METATYPE(Path)

namespace {

constexpr auto shortTime = 500ms;
const QByteArray hostileId("hostile1");
const QByteArray closeNotify = QByteArray::fromHex("15030300020100");
const QByteArray handshakeFailure = QByteArray::fromHex("15030300020228");

Verdict refused(Pool::Error error, const QByteArray &message)
{
    return {Verdict::Refused, error, message};
}

Verdict kept(const QByteArray &bytes)
{
    return {Verdict::Kept, {}, bytes};
}

Verdict lastWords(const QByteArray &bytes)
{
    return {Verdict::LastWords, {}, bytes};
}

Verdict atOnce(Verdict verdict)
{
    verdict.isAtOnce = true;
    return verdict;
}

const Verdict gone;

QByteArray noise(int size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    quint32 state = 1;
    for (char &byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = char(state >> 24);
    }
    return bytes;
}

QByteArray record(char type, const QByteArray &content)
{
    return QByteArray(1, type) + "\3\3" + char(content.size() >> 8) + char(content.size()) + content;
}

// The first connection is for the hostile peer, all others for an honest pool.
class FirstIsHostile : public QTcpServer
{
public:
    FirstIsHostile(ServerPool &honest, Script script) : m_honest(honest), m_script(std::move(script)) { }
    std::unique_ptr<HostilePeer> peer;

protected:
    void incomingConnection(qintptr descriptor) override
    {
        if (peer)
            m_honest.addConnection(descriptor);
        else
            peer = std::make_unique<HostilePeer>([descriptor](Wire &wire) { return wire.accept(descriptor); }, m_script);
    }

private:
    ServerPool &m_honest;
    const Script m_script;
};

// What a pool tells. An error ends the short time that a hostile peer has: the honest one is not to be hurried.
template<typename Pool> struct Reports
{
    explicit Reports(Pool &pool) : errors(&pool, &Pool::errorOccurred), lost(&pool, &Pool::connectionLost)
    {
        QObject::connect(&pool, &Pool::errorOccurred, &pool, [&pool] {
            auto wish = pool.configuration();
            wish.handshakeTimeout = 20s;
            QVERIFY(pool.setConfiguration(wish));
        });
    }
    QSignalSpy errors;
    QSignalSpy lost;
};

template<typename Pool> qsizetype countOfUnusedEnds(const Reports<Pool> &reports)
{
    return std::count_if(reports.errors.begin(), reports.errors.end(),
                         [](const QVariantList &error) { return error.at(1).toString().contains(u"before it was used"); });
}

// A client tells of a connection whose end came before it was used: it was dialled in vain.
template<typename Pool> void expectUnusedEnd(Pool &, const Reports<Pool> &reports, const QByteArray &cause)
{
    if constexpr (std::is_same_v<Pool, ClientPool>) {
        QTRY_COMPARE(countOfUnusedEnds(reports), 1);
        QCOMPARE(reports.errors.size(), 1);
        QCOMPARE(lastError(reports.errors), QNetPool::Pool::Error::ConnectFailed);
        QVERIFY2(lastMessage(reports.errors).endsWith(QLatin1String(cause)), qPrintable(lastMessage(reports.errors)));
    } else {
        QVERIFY(reports.errors.isEmpty());
    }
}

template<typename Pool> void expectVerdict(const Verdict &verdict, Pool &pool, Reports<Pool> &reports)
{
    switch (verdict.kind) {
    case Verdict::Refused: {
        QTRY_COMPARE(reports.errors.size(), 1);
        const QString said = lastMessage(reports.errors);
        if (!verdict.isAtOnce || lastError(reports.errors) != Pool::Error::ConnectFailed) {
            QCOMPARE(lastError(reports.errors), verdict.error);
            QVERIFY2(QRegularExpression(QString::fromLatin1(verdict.text)).match(said).hasMatch(), qPrintable(said));
        }
        QVERIFY2(said.contains(u"127.0.0.1"), qPrintable(said));
        break;
    }
    case Verdict::Kept: {
        QTRY_COMPARE(pool.idleCount(), 1);
        Connection connection = pool.take();
        QVERIFY(connection);
        connection.socket();
        QTRY_COMPARE(connection->bytesAvailable(), verdict.text.size());
        QCOMPARE(connection->readAll(), verdict.text);
        QVERIFY(reports.errors.isEmpty());
        connection.discard();
        break;
    }
    case Verdict::LastWords: {
#ifdef QNETPOOL_NOTIFIER_WATCHER // which sees no end behind unread bytes: who takes a connection does
        QTRY_VERIFY(!reports.lost.isEmpty() || !(pool.take(), reports.lost.isEmpty()));
#endif
        QTRY_COMPARE(reports.lost.size(), 1);
        Connection connection = pool.take(reports.lost.first().first().template value<ConnectionId>());
        QVERIFY(connection);
        connection.socket();
        QTRY_COMPARE(connection->bytesAvailable(), verdict.text.size());
        QCOMPARE(connection->readAll(), verdict.text);
        expectUnusedEnd(pool, reports, "it sent \"" + verdict.text + '"');
        break;
    }
    case Verdict::Gone:
        QTRY_COMPARE(reports.errors.size() + pool.statistics().diedIdle - countOfUnusedEnds(reports), 1);
        if (pool.statistics().diedIdle)
            expectUnusedEnd(pool, reports, {});
        break;
    }
}

void expectExchange(ClientPool &client, ServerPool &server)
{
    QTRY_COMPARE(client.idleCount(), 1);
    const Connection here = client.take();
    QVERIFY(here);
    Connection there;
    QTRY_VERIFY(there || (there = server.take(here.id())));
    QCOMPARE(pass(here.socket(), there.socket(), "question"), "question");
    QCOMPARE(pass(there.socket(), here.socket(), "answer"), "answer");
}

void expectOrder(const Pool &pool, int errors)
{
    QTRY_COMPARE(pool.pendingCount(), 0);
    QCOMPARE(pool.errorCount(), errors);
    const QString wrong = whatIsWrong(pool.statistics(), std::numeric_limits<int>::max());
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong + QStringLiteral(": ") + text(pool.statistics())));
}

ServerPool::Configuration serverOver(Path path, int setupThreads)
{
    ServerPool::Configuration wish;
    wish.setupThreads = setupThreads;
    if (path == Path::Tls)
        wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    return wish;
}

ClientPool::Configuration clientOver(Path path, quint16 port, int setupThreads)
{
    ClientPool::Configuration wish = clientOf(port, 1);
    wish.setupThreads = setupThreads;
    if (path == Path::Tls)
        wish.tls.mode = TlsMode::SelfSigned;
    if (path == Path::Socket)
        wish.dialer = [port](QTcpSocket *socket) { socket->connectToHost(QStringLiteral("127.0.0.1"), port); };
    return wish;
}

void addColumns()
{
    QTest::addColumn<Path>("path");
    QTest::addColumn<int>("setupThreads");
    QTest::addColumn<Attack>("attack");
}

void addRows(const char *name, std::initializer_list<Path> paths, const Attack &attack)
{
    static constexpr const char *names[] = {"TCP", "socket", "TLS"};
    for (const Path path : paths) {
        for (const int threads : {0, 1})
            QTest::addRow("%s, %s, %d threads", name, names[int(path)], threads) << path << threads << attack;
    }
}

bool mustHurry(const Verdict &verdict)
{
    return verdict.kind == Verdict::Refused && verdict.error == Pool::Error::HandshakeTimeout;
}

} // namespace

#define VERIFY_IN(call)                                                                                                     \
    do {                                                                                                                    \
        call;                                                                                                               \
        if (QTest::currentTestFailed())                                                                                     \
            return;                                                                                                         \
    } while (false)

void tst_Hostile::initTestCase()
{
    rehearse();
    settle();
    m_sockets = openSockets(); // what Qt keeps once it was used is not the pools'
}

// Also to hear what honest ends say to each other.
void tst_Hostile::rehearse()
{
    ServerPool server(serverOver(Path::Tls, 1));
    listen(server);
    {
        ClientPool client(clientOver(Path::Tls, server.serverPort(), 1));
        fill(server, client, 1);
    }

    QTcpServer eavesdropper;
    QVERIFY(eavesdropper.listen(QHostAddress::LocalHost));
    QSslSocket talker;
    talker.connectToHostEncrypted(QStringLiteral("127.0.0.1"), eavesdropper.serverPort());
    QTRY_VERIFY(eavesdropper.hasPendingConnections());
    QTcpSocket *heard = eavesdropper.nextPendingConnection();
    QTRY_VERIFY(heard->bytesAvailable() > 5
                && heard->bytesAvailable() == 5 + qFromBigEndian<quint16>(heard->peek(5).constData() + 3));
    m_clientHello = heard->readAll();
    talker.abort();

    QTcpSocket asker;
    asker.connectToHost(QHostAddress::LocalHost, server.serverPort());
    asker.write(m_clientHello);
    QTRY_VERIFY(asker.bytesAvailable() > 500);
    m_serverFlight = asker.readAll();
}

void tst_Hostile::cleanup()
{
    QTRY_COMPARE(openSockets(), m_sockets);
}

void tst_Hostile::attackClient()
{
    QFETCH(const Path, path);
    QFETCH(const int, setupThreads);
    QFETCH(const Attack, attack);
    ServerPool honest(serverOver(path, setupThreads));
    FirstIsHostile listener(honest, attack.script);
    QVERIFY(listener.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = clientOver(path, listener.serverPort(), setupThreads);
    wish.handshakeTimeout = mustHurry(attack.verdict) ? shortTime : 20s;
    ClientPool client(wish);
    Reports reports(client);
    QVERIFY(client.start());
    VERIFY_IN(expectVerdict(attack.verdict, client, reports));
    QTRY_VERIFY(listener.peer->hasEnded());
    const int errors = int(reports.errors.size());
    VERIFY_IN(expectExchange(client, honest));
    VERIFY_IN(expectOrder(client, errors));
    VERIFY_IN(expectOrder(honest, 0));
}

void tst_Hostile::attackServer()
{
    QFETCH(const Path, path);
    QFETCH(const int, setupThreads);
    QFETCH(const Attack, attack);
    ServerPool::Configuration wish = serverOver(path, setupThreads);
    wish.handshakeTimeout = mustHurry(attack.verdict) ? shortTime : 20s;
    ServerPool server(wish);
    Reports reports(server);
    listen(server);
    const auto peer = ::attack(server.serverPort(), attack.script);
    VERIFY_IN(expectVerdict(attack.verdict, server, reports));
    QTRY_VERIFY(peer->hasEnded());
    QCOMPARE(server.idleCount(), 0);
    const int errors = int(reports.errors.size());
    ClientPool client(clientOver(path, server.serverPort(), setupThreads));
    QVERIFY(client.start());
    VERIFY_IN(expectExchange(client, server));
    VERIFY_IN(expectOrder(server, errors));
    VERIFY_IN(expectOrder(client, 0));
}

void tst_Hostile::serverSendsAnId_data()
{
    addColumns();
    const auto onlyTls = [](const char *name, const Script &script, const Verdict &verdict) {
        addRows(name, {Path::Tls}, {Script{secureAsServer()} + script, verdict});
    };
    const auto row = [&onlyTls](const char *name, const Script &script, const Verdict &verdict) {
        addRows(name, {Path::Bare, Path::Socket}, {script, verdict});
        onlyTls(name, script, verdict);
    };
    const auto late = [](const QByteArray &sent) {
        return refused(Pool::Error::HandshakeTimeout,
                       "(:\\d+ sent " + sent + " of the 8 bytes|TLS handshake) .* within 500 ms"); // on a slow machine
    };
    const auto failed = [](const QByteArray &sent, const QByteArray &cause = "it closed the connection") {
        return refused(Pool::Error::HandshakeFailed, ":\\d+ sent " + sent + " of the 8 bytes .*: " + cause);
    };
    const Verdict tlsFailed = refused(Pool::Error::TlsFailed, "TLS connection with 127.0.0.1:\\d+ failed: .+");
    const QByteArray much = noise(100000);

    row("nothing", {}, late("0"));
    row("byte by byte", {drip(hostileId, 1ms)}, kept({}));
    row("too slow", {drip(hostileId, 150ms)}, late("[0-7]"));
    row("split, and bytes behind it", {send("host"), hold(5ms), send("ile1hello")}, kept("hello"));
    row("oversized", {send(hostileId + much)}, kept(much));
    row("half-close at once", {halfClose()}, failed("0"));
    row("close at once", {close()}, failed("0"));
    row("short, half-close", {send("123"), halfClose()}, failed("3"));
    row("short, close", {send("1234567"), close()}, failed("7"));
    row("whole, half-close", {send(hostileId), halfClose()}, gone);
    row("whole, close", {send(hostileId), close()}, gone);
    row("whole, bytes, half-close", {send(hostileId + "the answer"), halfClose()}, lastWords("the answer"));
    row("whole, bytes, close", {send(hostileId + "the answer"), close()}, lastWords("the answer"));
    row("only zero bytes", {send(QByteArray(8, '\0') + "more")},
        refused(Pool::Error::HandshakeFailed, ":\\d+ sent an invalid connection ID"));
    // A QTcpSocket that is reset before it has noticed that it was connected connects anew by itself.
    const auto withoutSocket = [&onlyTls](const char *name, const Script &script, const Verdict &verdict) {
        addRows(name, {Path::Bare}, {script, atOnce(verdict)});
        onlyTls(name, script, verdict);
    };
    withoutSocket("reset at once", {reset()}, failed("0", ".+"));
    withoutSocket("short, reset", {send("123"), reset()}, failed("[03]", ".+"));
    withoutSocket("whole, reset", {send(hostileId), reset()}, gone);
    onlyTls("in the clear", {sendRaw(hostileId)}, tlsFailed);
    onlyTls("a record that nobody encrypted", {sendRaw(record(23, noise(64)))}, tlsFailed);
    onlyTls("an alert in the clear", {sendRaw(handshakeFailure)}, tlsFailed);
}

void tst_Hostile::serverSendsAnId()
{
    attackClient();
}

void tst_Hostile::clientIsSentAnId_data()
{
    addColumns();
    const auto row = [](const char *name, const Script &script, const Verdict &verdict) {
        addRows(name, {Path::Bare}, {script, verdict});
        addRows(name, {Path::Tls}, {Script{secureAsClient()} + script, verdict});
    };
    const QByteArray much = noise(100000);

    row("nothing", {}, kept({}));
    row("bytes at once", {send("early")}, kept("early"));
    row("many bytes at once", {send(much)}, kept(much));
    row("half-close at once", {halfClose()}, gone);
    row("half-close once it has its ID", {receive(8), halfClose()}, gone);
    row("close once it has its ID", {receive(8), close()}, gone);
    row("reset once it has its ID", {receive(8), reset()}, gone);
    row("bytes, half-close", {receive(8), send("the answer"), halfClose()}, lastWords("the answer"));
    row("bytes, close", {receive(8), send("the answer"), close()}, lastWords("the answer"));
    addRows("bytes with the end of the handshake", {Path::Tls}, {{secureAsClient("early")}, kept("early")});
}

void tst_Hostile::clientIsSentAnId()
{
    attackServer();
}

void tst_Hostile::serverBreaksTls_data()
{
    addColumns();
    const Verdict failed = refused(Pool::Error::TlsFailed, "TLS handshake with 127.0.0.1:\\d+ failed: .+");
    const Verdict late = refused(Pool::Error::HandshakeTimeout, "TLS handshake with 127.0.0.1:\\d+ .* within 500 ms");
    const auto row = [](const char *name, const Script &script, const Verdict &verdict) {
        addRows(name, {Path::Tls}, {script, verdict});
    };
    const Step hello = receive(100);
    const Step half = send(m_serverFlight.left(60)); // of a ServerHello

    row("nothing", {}, late);
    row("half-close at once", {halfClose()}, failed);
    row("close at once", {close()}, failed);
    row("reset after the ClientHello", {hello, reset()}, failed);
    row("an alert at once", {send(handshakeFailure)}, failed);
    row("a goodbye at once", {send(closeNotify)}, failed);
    row("an ID and no TLS", {send(hostileId)}, failed);
    row("noise", {send(noise(50000))}, failed);
    row("a record longer than any", {send(QByteArray::fromHex("160303ffff") + noise(65535))}, failed);
    row("empty records", {send(record(22, {}).repeated(100))}, failed);
    row("an application's bytes before the handshake", {send(record(23, "hello"))}, failed);
    row("too slow", {hello, drip(m_serverFlight, 5ms)}, late);
    row("half a ServerHello, nothing more", {hello, half}, late);
    row("half a ServerHello, half-close", {hello, half, halfClose()}, failed);
    row("half a ServerHello, reset", {hello, half, reset()}, failed);
    row("an alert within a ServerHello", {hello, half, send(handshakeFailure)}, late); // to whom it is a part of it
    row("an alert after the ClientHello", {hello, send(handshakeFailure)}, failed);
    row("what it said to somebody else", {hello, send(m_serverFlight)}, failed);
    row("the ClientHello", {hello, send(m_clientHello)}, failed);
}

void tst_Hostile::serverBreaksTls()
{
    attackClient();
}

void tst_Hostile::clientBreaksTls_data()
{
    addColumns();
    const Verdict failed = refused(Pool::Error::TlsFailed, "TLS handshake with 127.0.0.1 failed: .+");
    const Verdict late = refused(Pool::Error::HandshakeTimeout, "TLS handshake with 127.0.0.1 .* within 500 ms");
    const auto row = [](const char *name, const Script &script, const Verdict &verdict) {
        addRows(name, {Path::Tls}, {script, verdict});
    };
    const Step hello = send(m_clientHello);
    const Step half = send(m_clientHello.left(m_clientHello.size() / 2));
    const Step answer = receive(500);

    row("nothing", {}, late);
    row("half-close at once", {halfClose()}, failed);
    row("close at once", {close()}, failed);
    row("reset at once", {reset()}, failed);
    row("an alert at once", {send(handshakeFailure)}, failed);
    row("a goodbye at once", {send(closeNotify)}, failed);
    row("noise", {send(noise(50000))}, failed);
    row("a record longer than any", {send(QByteArray::fromHex("160301ffff") + noise(65535))}, failed);
    row("empty records", {send(record(22, {}).repeated(100))}, failed);
    row("an application's bytes before the handshake", {send(record(23, "hello"))}, failed);
    row("a hello of SSL 2", {send(QByteArray::fromHex("802e0100020015000000100700c0") + noise(34))}, failed);
    row("too slow", {drip(m_clientHello, 20ms)}, late);
    row("half a hello, nothing more", {half}, late);
    row("half a hello, half-close", {half, halfClose()}, failed);
    row("half a hello, close", {half, close()}, failed);
    row("half a hello, reset", {half, reset()}, failed);
    row("an alert within a hello", {half, send(handshakeFailure)}, late); // to whom it is a part of it
    row("a hello, nothing more", {hello, answer}, late);
    row("a hello, half-close", {hello, answer, halfClose()}, failed);
    row("a hello, close", {hello, answer, close()}, failed);
    row("a hello, reset", {hello, answer, reset()}, failed);
    row("a hello, reset before the answer", {hello, reset()}, failed);
    row("a hello, an alert", {hello, answer, send(handshakeFailure)}, failed);
    row("a hello, an alert before the answer", {hello, send(handshakeFailure)}, failed);
    row("two hellos", {send(m_clientHello + m_clientHello)}, failed);
    row("a hello, a Finished that is none", {hello, answer, send(record(20, "\1") + record(23, noise(69)))}, failed);
}

void tst_Hostile::clientBreaksTls()
{
    attackServer();
}

void tst_Hostile::bytesRightAfterSetupAreKept_data()
{
    QTest::addColumn<Path>("path");
    QTest::addColumn<int>("setupThreads");
    for (const int threads : {0, 1}) {
        QTest::addRow("TCP, %d threads", threads) << Path::Bare << threads;
        QTest::addRow("socket, %d threads", threads) << Path::Socket << threads;
        QTest::addRow("TLS, %d threads", threads) << Path::Tls << threads;
    }
}

// A server that speaks first, where no ID is exchanged.
void tst_Hostile::bytesRightAfterSetupAreKept()
{
    QFETCH(const Path, path);
    QFETCH(const int, setupThreads);
    const QByteArray greeting = "220 mail.example ESMTP\r\n" + noise(20000);
    ServerPool unused;
    FirstIsHostile listener(unused, path == Path::Tls ? Script{secureAsServer(), send(greeting)} : Script{send(greeting)});
    QVERIFY(listener.listen(QHostAddress::LocalHost));
    ClientPool::Configuration wish = clientOver(path, listener.serverPort(), setupThreads);
    wish.connectionMode = ConnectionMode::Single;
    wish.limits.maximumConnections = 1;
    wish.dropUnexpectedBytes = false;
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    Connection connection = client.take();
    QVERIFY(connection);
    connection.socket();
    QTRY_COMPARE(connection->bytesAvailable(), greeting.size());
    QCOMPARE(connection->readAll(), greeting);
    QCOMPARE(client.errorCount(), 0);
}

// An ID, an answer and the end, all at once.
void tst_Hostile::lastWordsAreForWhoWaitsForThem()
{
    ServerPool honest(serverOver(Path::Tls, 0));
    FirstIsHostile listener(honest, {secureAsServer(), send(hostileId + "the answer"), close()});
    QVERIFY(listener.listen(QHostAddress::LocalHost));
    ClientPool client(clientOver(Path::Tls, listener.serverPort(), 0));
    QVERIFY(client.start());
    QFuture<Connection> asked = client.acquire(ConnectionId::fromBytes(hostileId), 20s);
    QTRY_VERIFY(asked.isFinished());
    const Connection connection = asked.takeResult();
    QTRY_COMPARE(connection->bytesAvailable(), 10);
    QCOMPARE(connection->readAll(), "the answer");
    QCOMPARE(client.errorCount(), 0);
}

void tst_Hostile::pendingPeersDelayNobody_data()
{
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("no threads") << 0;
    QTest::newRow("one thread") << 1;
}

// Silent ones and such as stop half-way; their time is not over when the honest client has everything it wants.
void tst_Hostile::pendingPeersDelayNobody()
{
    QFETCH(const int, setupThreads);
    constexpr int many = 50;
    ServerPool::Configuration wish = serverOver(Path::Tls, setupThreads);
    wish.handshakeTimeout = 60s;
    ServerPool server(wish);
    listen(server);
    std::vector<std::unique_ptr<QTcpSocket>> pending;
    for (int i = 0; i < many; ++i) {
        pending.push_back(std::make_unique<QTcpSocket>());
        pending.back()->connectToHost(QHostAddress::LocalHost, server.serverPort());
        if (i % 2)
            pending.back()->write(m_clientHello);
    }
    QTRY_COMPARE(server.pendingCount(), many);
    ClientPool client(clientOver(Path::Tls, server.serverPort(), setupThreads));
    QVERIFY(client.start());
    VERIFY_IN(expectExchange(client, server));
    QTRY_COMPARE(server.pendingCount(), many); // the client dials for the one that was taken
    QCOMPARE(server.errorCount(), 0);
    server.close();
    for (const auto &socket : pending)
        QTRY_COMPARE(socket->state(), QAbstractSocket::UnconnectedState);
}

QTEST_GUILESS_MAIN(tst_Hostile)
#include "tst_hostile.moc"
