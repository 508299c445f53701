// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "rawtls.h"
#include "readyfuture.h"

#include <QtCore/QDeadlineTimer>
#include <QtCore/QPromise>
#include <QtCore/QThread>

#include <array>

// The network may deliver a record of TLS in parts. Qt has read the first part then, but has no byte for the application, and
// whether there will be one, the part does not say: it may as well be the beginning of a session ticket.
class tst_Records : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void beginningOfAnAnswerIsNotForTheNextHolder_data();
    void beginningOfAnAnswerIsNotForTheNextHolder();
    void beginningOfAnAnswerFailsTheCheck_data();
    void beginningOfAnAnswerFailsTheCheck();
    void otherOnesGoOutFirst();
    void socketWithTheBeginningOfAnAnswerIsNotPut();
    void controlTrafficInPartsKeepsTheConnection_data();
    void controlTrafficInPartsKeepsTheConnection();
    void ticketInPartsIsNoAnswerBeforeTheFirstLease();
    void serverHandsOutTheBeginningOfARequest_data();
    void serverHandsOutTheBeginningOfARequest();
    void holderReadsAllInAnyWay_data();
    void holderReadsAllInAnyWay();
};

namespace {

constexpr int First = 3; // of a header, which is of 5 bytes

class Listener final : public QTcpServer
{
public:
    Listener() { listen(QHostAddress::LocalHost); }
    std::vector<std::unique_ptr<RawTls>> peers;

protected:
    void incomingConnection(qintptr descriptor) override
    {
        peers.push_back(std::make_unique<RawTls>(RawTls::Role::Server, int(descriptor)));
    }
};

// A client's pool, whose server this test is.
struct Scene
{
    explicit Scene(int connections = 1, int setupThreads = 0, const ClientPool::Hooks &hooks = {})
        : count(connections), pool(configuration(listener.serverPort(), connections, setupThreads, hooks))
    {
        pool.start();
    }

    static ClientPool::Configuration configuration(quint16 port, int count, int setupThreads, const ClientPool::Hooks &hooks)
    {
        ClientPool::Configuration wish = stepwiseClientOf(port, count);
        wish.connectionMode = ConnectionMode::Single;
        wish.setupThreads = setupThreads;
        wish.tls.mode = TlsMode::SelfSigned;
        wish.limits.maximumConnections = count;
        wish.hooks = hooks;
        return wish;
    }

    // All handshakes, also of those that replace others.
    void shakeHands()
    {
        isFinished.resize(listener.peers.size());
        for (std::size_t i = 0; i < listener.peers.size(); ++i)
            isFinished[i] = isFinished[i] || listener.peers[i]->shakeHands();
    }
    bool isConnected(int connections)
    {
        shakeHands();
        return std::count(isFinished.begin(), isFinished.end(), true) >= connections;
    }
    bool begin()
    {
        return QTest::qWaitFor([&] { return isConnected(count) && pool.idleCount() == count; }, longer(10000));
    }

    // To the end that has the descriptor, which reads it from the kernel.
    bool deliver(RawTls &peer, qint64 bytes, int descriptor)
    {
        peer.send(bytes);
        return QTest::qWaitFor(
                [&] {
                    int unread = 0;
                    return peer.isDelivered() && ::ioctl(descriptor, FIONREAD, &unread) == 0 && unread == 0;
                },
                longer(5000));
    }

    // The same, unread.
    bool arrive(RawTls &peer, qint64 bytes, int descriptor)
    {
        const QDeadlineTimer end(20s);
        int unread = 0;
        for (peer.send(bytes); unread < bytes && !end.hasExpired(); QThread::yieldCurrentThread())
            ::ioctl(descriptor, FIONREAD, &unread);
        return unread == bytes;
    }

    const int count;
    Listener listener;
    std::vector<bool> isFinished;
    ClientPool pool;
};

// Of the client, without a lease.
int descriptorTo(quint16 port)
{
    for (int descriptor = 3; descriptor < 1000; ++descriptor) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(descriptor, reinterpret_cast<sockaddr *>(&peer), &size) == 0 && ntohs(peer.sin_port) == port)
            return descriptor;
    }
    return -1;
}

bool exchange(Connection &lease, RawTls &peer, const QByteArray &answer)
{
    lease->write("question");
    QByteArray asked;
    if (!QTest::qWaitFor([&] { return (asked += peer.read()) == "question"; }, longer(5000)))
        return false;
    peer.write(answer);
    peer.send();
    return QTest::qWaitFor([&] { return lease->bytesAvailable() >= answer.size(); }, longer(5000))
            && lease->readAll() == answer;
}

void addColumns()
{
    QTest::addColumn<int>("setupThreads");
    QTest::addColumn<bool>("isLong"); // the part: all but the last byte
    QTest::addColumn<QByteArray>("how");
}

void addRows(const QByteArray &how)
{
    for (const int threads : {0, 1}) {
        for (const bool isLong : {false, true})
            QTest::addRow("%s, %s, %d threads", how.constData(), isLong ? "all but its tail" : "its first bytes", threads)
                    << threads << isLong << how;
    }
}

} // namespace

void tst_Records::beginningOfAnAnswerIsNotForTheNextHolder_data()
{
    addColumns();
    for (const char *how : {"ends by itself", "ends by itself, unread", "given back", "given back, waiter",
                            "given back untouched", "idle", "idle, by ID", "idle, waiter"})
        addRows(how);
}

// The first holder asks twice, and ends its lease after the first answer.
void tst_Records::beginningOfAnAnswerIsNotForTheNextHolder()
{
    QFETCH(const int, setupThreads);
    QFETCH(const bool, isLong);
    QFETCH(const QByteArray, how);
    Scene scene(1, setupThreads);
    QVERIFY(scene.begin());
    RawTls &peer = *scene.listener.peers.front();
    Connection first = scene.pool.take();
    QVERIFY(first);
    const ConnectionId id = first.id();
    const int descriptor = int(first->socketDescriptor());
    QVERIFY(exchange(first, peer, "first"));
    if (how == "given back untouched") {
        first = Connection();
        first = scene.pool.take();
        QCOMPARE(first.id(), id);
    }
    if (how.startsWith("idle"))
        first = Connection();

    peer.write("second");
    const qint64 part = isLong ? peer.pending() - 1 : First;
    if (how == "ends by itself, unread" || how == "given back untouched")
        QVERIFY(scene.arrive(peer, part, descriptor));
    else
        QVERIFY(scene.deliver(peer, part, descriptor));
    QFuture<Connection> waiter;
    if (how.endsWith("waiter"))
        waiter = scene.pool.acquire(20s);
    if (how == "given back, waiter")
        QVERIFY(!waiter.isFinished());
    if (how.startsWith("given back"))
        first.giveBack();
    first = Connection();
    if (how == "idle, by ID")
        QVERIFY(!scene.pool.take(id));
    if (!how.endsWith("waiter"))
        waiter = scene.pool.acquire(20s);

    QTRY_VERIFY((scene.shakeHands(), waiter.isFinished()));
    peer.send();
    Connection next = waiter.takeResult();
    QVERIFY(next);
    QVERIFY(next.id() != id);
    QVERIFY(exchange(next, *scene.listener.peers.at(1), "third"));
    const PoolStatistics statistics = scene.pool.statistics();
    QCOMPARE(statistics.outOfStep + statistics.closedDirty, 1);
    QCOMPARE(scene.pool.errorCount(), 0);
}

void tst_Records::beginningOfAnAnswerFailsTheCheck_data()
{
    addColumns();
    for (const char *how : {"validator", "resetter"})
        addRows(how);
}

void tst_Records::beginningOfAnAnswerFailsTheCheck()
{
    QFETCH(const int, setupThreads);
    QFETCH(const bool, isLong);
    QFETCH(const QByteArray, how);
    QPromise<bool> result;
    result.start();
    int descriptor = -1;
    const auto check = [&](QTcpSocket *socket) {
        if (descriptor >= 0)
            return readyFuture(true);
        descriptor = int(socket->socketDescriptor());
        return result.future();
    };
    ClientPool::Hooks hooks;
    if (how == "validator") {
        hooks.validator = check;
        hooks.validateAfter = 0ms;
    } else {
        hooks.resetter = check;
    }
    Scene scene(1, setupThreads, hooks);
    QVERIFY(scene.begin());
    RawTls &peer = *scene.listener.peers.front();
    QFuture<Connection> waiter;
    if (how == "resetter") {
        Connection first = scene.pool.take();
        QVERIFY(exchange(first, peer, "first"));
        first.giveBack();
    } else {
        waiter = scene.pool.acquire(20s);
    }
    QTRY_VERIFY(descriptor >= 0);
    peer.write("second");
    QVERIFY(scene.deliver(peer, isLong ? peer.pending() - 1 : First, descriptor));
    result.addResult(true);
    result.finish();
    QTRY_COMPARE(scene.pool.statistics().failedCheck, 1);
    QTRY_VERIFY(scene.isConnected(2));
}

void tst_Records::otherOnesGoOutFirst()
{
    Scene scene(2);
    QVERIFY(scene.begin());
    Connection first = scene.pool.take();
    Connection second = scene.pool.take();
    const ConnectionId id = first.id();
    const int descriptor = int(first->socketDescriptor());
    first->write("question");
    RawTls *peer = nullptr;
    QTRY_VERIFY(peer || std::any_of(scene.listener.peers.begin(), scene.listener.peers.end(), [&peer](const auto &one) {
                    if (one->read() == "question")
                        peer = one.get();
                    return peer;
                }));
    peer->write("answer");
    peer->send();
    QTRY_COMPARE(first->bytesAvailable(), 6);
    first->readAll();
    first.giveBack();
    second.giveBack();
    QCOMPARE(scene.pool.idleCount(), 2);

    peer->issueTickets(1);
    QVERIFY(scene.deliver(*peer, First, descriptor));
    for (int i = 0; i < 4; ++i)
        QVERIFY(scene.pool.take().id() != id);
    peer->send();
    QCOMPARE(scene.pool.idleCount(), 2);
}

void tst_Records::socketWithTheBeginningOfAnAnswerIsNotPut()
{
    Scene scene;
    QVERIFY(scene.begin());
    RawTls &peer = *scene.listener.peers.front();
    Connection first = scene.pool.take();
    const int descriptor = int(first->socketDescriptor());
    QVERIFY(exchange(first, peer, "first"));
    std::unique_ptr<QTcpSocket> socket = first.detach();
    peer.write("second");
    QVERIFY(scene.deliver(peer, First, descriptor));
    QVERIFY(!scene.pool.put({}, socket.get()));
}

void tst_Records::controlTrafficInPartsKeepsTheConnection_data()
{
    addColumns();
    for (const char *how : {"ticket, idle", "ticket, leased", "key update, idle", "key update, leased", "both, idle"})
        addRows(how);
}

void tst_Records::controlTrafficInPartsKeepsTheConnection()
{
    QFETCH(const int, setupThreads);
    QFETCH(const bool, isLong);
    QFETCH(const QByteArray, how);
    Scene scene(1, setupThreads);
    QVERIFY(scene.begin());
    RawTls &peer = *scene.listener.peers.front();
    Connection lease = scene.pool.take();
    const ConnectionId id = lease.id();
    const int descriptor = int(lease->socketDescriptor());
    QVERIFY(exchange(lease, peer, "first"));
    if (how.endsWith("idle"))
        lease.giveBack();
    if (how.startsWith("ticket") || how.startsWith("both"))
        peer.issueTickets(2);
    if (!how.startsWith("ticket"))
        peer.updateKeys(2, true);
    QVERIFY(scene.deliver(peer, isLong ? peer.pending() - 1 : First, descriptor));
    QCOMPARE(scene.pool.idleCount() + scene.pool.leasedCount(), 1);
    QVERIFY(scene.deliver(peer, peer.pending(), descriptor));
    if (lease)
        lease.giveBack();
    QCOMPARE(scene.pool.idleCount(), 1);
    lease = scene.pool.take();
    QCOMPARE(lease.id(), id);
    QVERIFY(exchange(lease, peer, "second"));
}

// What a server sends right after its handshake is often cut, and with each connection in the same place.
void tst_Records::ticketInPartsIsNoAnswerBeforeTheFirstLease()
{
    Scene scene;
    QVERIFY(scene.begin());
    RawTls &peer = *scene.listener.peers.front();
    const int descriptor = descriptorTo(scene.listener.serverPort());
    QVERIFY(descriptor >= 0);
    peer.issueTickets(1);
    QVERIFY(scene.deliver(peer, First, descriptor));
    Connection lease = scene.pool.take();
    QVERIFY(lease);
    peer.send();
    QVERIFY(exchange(lease, peer, "answer"));
    lease.giveBack();
    QCOMPARE(scene.pool.idleCount(), 1);
}

void tst_Records::serverHandsOutTheBeginningOfARequest_data()
{
    QTest::addColumn<ConnectionMode>("mode");
    QTest::newRow("multi") << ConnectionMode::Multi;
    QTest::newRow("single") << ConnectionMode::Single;
}

void tst_Records::serverHandsOutTheBeginningOfARequest()
{
    QFETCH(const ConnectionMode, mode);
    ServerPool::Configuration wish;
    wish.connectionMode = mode;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(wish);
    listen(server);
    const std::unique_ptr<RawTls> peer = RawTls::connectTo(server.serverPort());
    bool isFinished = false;
    QTRY_VERIFY((isFinished = isFinished || peer->shakeHands()) && server.idleCount() == 1);
    QByteArray id;
    QTRY_COMPARE((id += peer->read()).size(), mode == ConnectionMode::Multi ? 8 : 0);
    Connection lease = server.take();
    lease->write("greeting");
    QByteArray got;
    QTRY_COMPARE(got += peer->read(), QByteArray("greeting"));
    lease.giveBack();

    peer->write("request");
    QVERIFY(peer->send(First) > 0);
    for (int i = 0; i < 3; ++i)
        QCoreApplication::processEvents();
    QCOMPARE(server.idleCount(), 1);
    lease = server.take();
    QVERIFY(lease);
    peer->send();
    QTRY_COMPARE(lease->bytesAvailable(), 7);
    QCOMPARE(lease->readAll(), QByteArray("request"));
}

void tst_Records::holderReadsAllInAnyWay_data()
{
    QTest::addColumn<QByteArray>("how");
    QTest::addColumn<qint64>("limit"); // the socket's read buffer size
    for (const char *how : {"event loop", "event loop, byte by byte", "blocking", "blocking, writing"}) {
        for (const qint64 limit : {0, 1, 4096, 20000, 40000})
            QTest::addRow("%s, buffer of %lld", how, limit) << QByteArray(how) << limit;
    }
    QTest::newRow("blocking in a slot") << QByteArray("blocking in a slot") << qint64(0);
}

// The tracker keeps what Qt has read for a moment, which must not fill a buffer that is limited.
void tst_Records::holderReadsAllInAnyWay()
{
    QFETCH(const QByteArray, how);
    QFETCH(const qint64, limit);
    Scene scene;
    QVERIFY(scene.begin());
    RawTls &peer = *scene.listener.peers.front();
    Connection lease = scene.pool.take();
    const ConnectionId id = lease.id();
    QVERIFY(exchange(lease, peer, "first"));
    QTcpSocket *const socket = lease.socket();
    socket->setReadBufferSize(limit);
    QByteArray got;
    QByteArray sent;
    const auto send = [&](int size) {
        const QByteArray record(size, char('a' + sent.size() % 26));
        sent += record;
        peer.write(record);
        peer.send();
    };
    const auto read = [&] {
        while (socket->bytesAvailable() > 0)
            got += how.endsWith("byte by byte") ? socket->read(1) : socket->readAll();
    };
    const auto readBlocking = [&] {
        while (got.size() < sent.size() && socket->waitForReadyRead(longer(5000))) {
            read();
            if (how.endsWith("writing")) {
                socket->write("more");
                socket->waitForBytesWritten(longer(5000));
                read();
            }
        }
    };
    constexpr std::array sizes{16384, 1, 16384, 5, 300, 9000, 16384, 16384, 40, 2};
    if (how == "blocking in a slot") {
        const auto first = std::make_shared<QMetaObject::Connection>();
        *first = QObject::connect(socket, &QIODevice::readyRead, socket, [&, first] {
            QObject::disconnect(*first);
            read();
            send(16000);
            readBlocking();
        });
        send(10);
        QTRY_VERIFY(got.size() > 10 && got.size() == sent.size());
    } else {
        for (const int size : sizes)
            send(size);
    }
    if (how.startsWith("event loop"))
        QTRY_VERIFY((read(), got.size() == sent.size()));
    else
        readBlocking();
    QCOMPARE(got, sent);
    lease.giveBack();
    QCOMPARE(scene.pool.idleCount(), 1);
    lease = scene.pool.take();
    QCOMPARE(lease.id(), id);
}

QTEST_GUILESS_MAIN(tst_Records)
#include "tst_records.moc"
