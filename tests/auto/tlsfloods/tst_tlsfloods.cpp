// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "rawtls.h"

#include <QtCore/QPointer>
#include <QtCore/QPromise>

#include <future>

// Peers that send more than anybody wants to know: what they send must cost them, not the pool.
class tst_TlsFloods : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void unreadBytesStayInTheKernel_data();
    void unreadBytesStayInTheKernel();
    void unreadBytesStayInTheKernelDuringACheck_data();
    void unreadBytesStayInTheKernelDuringACheck();
    void holderReadsAllThatWasSent_data();
    void holderReadsAllThatWasSent();
    void controlTrafficEndsAConnection_data();
    void controlTrafficEndsAConnection();
    void controlTrafficOfAHolderIsNotCounted();
    void othersAreServedDuringALook();
    void callersReadNothingForAPeer_data();
    void callersReadNothingForAPeer();
    void endlessHelloIsRefused_data();
    void endlessHelloIsRefused();
    void endlessCertificateChainIsRefused_data();
    void endlessCertificateChainIsRefused();
    void controlTrafficInPlaceOfAnIdIsRefused();
    void bytesThatComeWithTheHandshakeAreKept_data();
    void bytesThatComeWithTheHandshakeAreKept();
};

namespace {

// A pool with one idle TLS connection, whose other end this test has.
struct Scene
{
    explicit Scene(bool isServer, int count = 1, const ClientPool::Hooks &hooks = {},
                   ConnectionMode mode = ConnectionMode::Single)
    {
        if (isServer) {
            ServerPool::Configuration wish;
            wish.connectionMode = mode;
            wish.handshakeTimeout = longer(10000ms); // a flood of key updates takes its time
            wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
            wish.hooks = hooks;
            auto server = std::make_unique<ServerPool>(wish);
            server->listen(QHostAddress::LocalHost, 0);
            for (int i = 0; i < count; ++i)
                peers.push_back(RawTls::connectTo(server->serverPort()));
            pool = std::move(server);
        } else {
            listener.listen(QHostAddress::LocalHost);
            ClientPool::Configuration wish = stepwiseClientOf(listener.serverPort(), count);
            wish.connectionMode = mode;
            wish.handshakeTimeout = longer(10000ms);
            wish.tls.mode = TlsMode::SelfSigned;
            wish.dropUnexpectedBytes = false;
            wish.hooks = hooks;
            auto client = std::make_unique<ClientPool>(wish);
            client->start();
            pool = std::move(client);
        }
    }

    bool begin(int count = 1)
    {
        std::vector<bool> isFinished;
        return QTest::qWaitFor(
                [&] {
                    isFinished.resize(peers.size());
                    for (std::size_t i = 0; i < peers.size(); ++i)
                        isFinished[i] = isFinished[i] || peers[i]->shakeHands();
                    return pool->idleCount() >= count && std::count(isFinished.begin(), isFinished.end(), true) >= count;
                },
                longer(10000));
    }

    class Listener final : public QTcpServer
    {
    public:
        explicit Listener(Scene &scene) : m_scene(scene) { }

    protected:
        void incomingConnection(qintptr descriptor) override
        {
            m_scene.peers.push_back(std::make_unique<RawTls>(RawTls::Role::Server, int(descriptor)));
        }

    private:
        Scene &m_scene;
    };

    std::vector<std::unique_ptr<RawTls>> peers;
    Listener listener{*this};
    std::unique_ptr<Pool> pool;
};

void addEnds()
{
    QTest::addColumn<bool>("isServer");
    QTest::newRow("client") << false;
    QTest::newRow("server") << true;
}

} // namespace

void tst_TlsFloods::unreadBytesStayInTheKernel_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<bool>("hasValidator");
    QTest::newRow("client") << false << false;
    QTest::newRow("client with a validator") << false << true;
    QTest::newRow("server") << true << false;
    QTest::newRow("server with a validator") << true << true;
}

// With every look at it the kernel's buffer would have room for more.
void tst_TlsFloods::unreadBytesStayInTheKernel()
{
    QFETCH(bool, isServer);
    QFETCH(bool, hasValidator);
    constexpr qint64 kernelsBuffers = 24 << 20; // at most, both ends'
    ClientPool::Hooks hooks;
    if (hasValidator) {
        hooks.validateAfter = 0ms;
        hooks.validator = [](QTcpSocket *) { return QtFuture::makeReadyFuture(true); };
    }
    Scene scene(isServer, 1, hooks);
    QVERIFY(scene.begin());
    RawTls &peer = *scene.peers.front();
    const QByteArray block(16000, 'x');
    qint64 sent = 0;
    for (int look = 0; look < 300; ++look) {
        while (sent <= kernelsBuffers) {
            if (peer.isSent())
                peer.write(block);
            const qint64 taken = peer.send();
            sent += taken;
            if (taken == 0)
                break;
        }
        QCoreApplication::processEvents();
        Connection taken = scene.pool->take();
    }
    QVERIFY2(sent < kernelsBuffers, qPrintable(QStringLiteral("%1 bytes").arg(sent)));
    QTRY_COMPARE(scene.pool->idleCount(), 1);
}

void tst_TlsFloods::unreadBytesStayInTheKernelDuringACheck_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<bool>("isResetter");
    QTest::newRow("client's validator") << false << false;
    QTest::newRow("client's resetter") << false << true;
    QTest::newRow("server's validator") << true << false;
    QTest::newRow("server's resetter") << true << true;
}

// It asks, and gets no end of an answer. What it reads makes room for more.
void tst_TlsFloods::unreadBytesStayInTheKernelDuringACheck()
{
    QFETCH(bool, isServer);
    QFETCH(bool, isResetter);
    constexpr qint64 kernelsBuffers = 24 << 20; // at most, both ends'
    ClientPool::Hooks hooks;
    hooks.timeout = 1h;
    QPointer<QTcpSocket> checked;
    QPromise<bool> answer;
    answer.start();
    const Pool::Hook hook = [&](QTcpSocket *socket) {
        checked = socket;
        return answer.future();
    };
    (isResetter ? hooks.resetter : hooks.validator) = hook;
    hooks.validateAfter = 0ms;
    Scene scene(isServer, 1, hooks);
    QVERIFY(scene.begin());
    if (isResetter)
        scene.pool->take()->state(); // a used one is reset
    else
        scene.pool->take();
    QTRY_VERIFY(checked);
    RawTls &peer = *scene.peers.front();
    const QByteArray block(16000, 'x');
    qint64 sent = 0;
    for (int still = 0; still < 100 && sent <= kernelsBuffers; ++still) {
        if (peer.isSent())
            peer.write(block);
        if (const qint64 taken = peer.send()) {
            sent += taken;
            still = 0;
        }
        QTest::qWait(1);
    }
    QVERIFY2(sent < kernelsBuffers, qPrintable(QStringLiteral("%1 bytes").arg(sent)));
    QVERIFY2(checked->bytesAvailable() <= 128 << 10, qPrintable(QString::number(checked->bytesAvailable())));
    qint64 got = 0;
    connect(checked, &QTcpSocket::readyRead, checked, [&] { got += checked->readAll().size(); });
    got += checked->readAll().size();
    QTRY_VERIFY(got > sent / 2);
    answer.addResult(false);
    answer.finish();
    QTRY_COMPARE(scene.pool->statistics().failedCheck, 1);
}

void tst_TlsFloods::holderReadsAllThatWasSent_data()
{
    addEnds();
}

void tst_TlsFloods::holderReadsAllThatWasSent()
{
    QFETCH(bool, isServer);
    Scene scene(isServer);
    QVERIFY(scene.begin());
    RawTls &peer = *scene.peers.front();
    constexpr qint64 size = 1 << 20;
    for (qint64 written = 0; written < size; written += 16384)
        peer.write(QByteArray(16384, 'x'));
    QTRY_VERIFY(peer.send() >= 0 && peer.isSent());
    QCOMPARE(scene.pool->idleCount(), 1);
    Connection here = scene.pool->take();
    QVERIFY(here);
    QTRY_COMPARE(here->bytesAvailable(), size);
}

void tst_TlsFloods::controlTrafficEndsAConnection_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<QByteArray>("what");
    for (const bool isServer : {false, true}) {
        const QByteArray end = isServer ? "server" : "client";
        for (const char *what : {"updates", "updates with answers"})
            QTest::newRow((end + ", key " + what).constData()) << isServer << QByteArray(what);
    }
    QTest::newRow("client, session tickets") << false << QByteArray("tickets");
}

void tst_TlsFloods::controlTrafficEndsAConnection()
{
    QFETCH(bool, isServer);
    QFETCH(QByteArray, what);
    Scene scene(isServer);
    QVERIFY(scene.begin());
    QSignalSpy lost(scene.pool.get(), &Pool::connectionLost);
    QSignalSpy errors(scene.pool.get(), &Pool::errorOccurred);
    RawTls &peer = *scene.peers.front();
    if (what == "tickets")
        peer.issueTickets(1000);
    else
        peer.updateKeys(10000, what == "updates with answers");
    QTRY_VERIFY(peer.send() >= 0 && (peer.isSent() || peer.isBroken()));
    QTRY_COMPARE(lost.size(), 1);
    QTRY_VERIFY(!errors.isEmpty());
    const auto isTheCause = [](const QList<QVariant> &error) {
        return error.at(0).value<Pool::Error>() == Pool::Error::TlsFailed
                && error.at(1).toString().contains(QStringLiteral("session tickets or key updates"));
    };
    QVERIFY(std::any_of(errors.begin(), errors.end(), isTheCause));
}

// A long-lived connection has its keys updated now and then.
void tst_TlsFloods::controlTrafficOfAHolderIsNotCounted()
{
    Scene scene(true);
    QVERIFY(scene.begin());
    RawTls &peer = *scene.peers.front();
    for (int lease = 0; lease < 10; ++lease) {
        peer.updateKeys(1000, false); // 27 bytes each
        QTRY_VERIFY(peer.send() >= 0 && peer.isSent());
        QCoreApplication::processEvents();
        Connection here = scene.pool->take();
        QVERIFY(here);
    }
    QCOMPARE(scene.pool->idleCount(), 1);
}

// Runs something in another thread when the pool reads from an idle connection.
class DuringALook final : public QObject
{
public:
    DuringALook(std::function<void()> act) : m_act(std::move(act)) { qApp->installEventFilter(this); }

protected:
    bool eventFilter(QObject *watched, QEvent *event) override
    {
        const bool isOfASocket = watched->parent() && watched->parent()->inherits("QAbstractSocketEngine");
        if (event->type() == QEvent::SockAct && isOfASocket && m_act)
            std::exchange(m_act, nullptr)();
        return false;
    }

private:
    std::function<void()> m_act;
};

// The look takes as long as the peer likes: nobody else waits for it, but who wants that very connection.
void tst_TlsFloods::othersAreServedDuringALook()
{
    Scene scene(true, 2);
    QVERIFY(scene.begin(2));
    const QList<ConnectionInfo> connections = scene.pool->connections();
    std::future<int> count;
    std::future<Connection> other;
    std::future<Connection> same[2];
    bool isServed = false;
    const DuringALook look([&] {
        count = std::async(std::launch::async, [&] { return scene.pool->idleCount(); });
        isServed = count.wait_for(longer(5000ms)) == std::future_status::ready;
        other = std::async(std::launch::async, [&] { return scene.pool->take(); });
        isServed = isServed && other.wait_for(longer(5000ms)) == std::future_status::ready;
        for (int i = 0; i < 2; ++i)
            same[i] = std::async(std::launch::async, [&, i] { return scene.pool->take(connections.at(i).id); });
    });
    scene.peers.front()->updateKeys(1, false);
    scene.peers.front()->send();
    QTRY_VERIFY(other.valid());
    QVERIFY(isServed);
    QCOMPARE(count.get(), 2);
    const Connection taken = other.get();
    QVERIFY(taken);
    for (int i = 0; i < 2; ++i)
        QCOMPARE(bool(same[i].get()), connections.at(i).id != taken.id());
}

void tst_TlsFloods::callersReadNothingForAPeer_data()
{
    QTest::addColumn<Reuse>("reuse");
    QTest::newRow("oldest first") << Reuse::OldestFirst;
    QTest::newRow("newest first") << Reuse::NewestFirst;
}

// What peers send is for the pool's thread to read, as long as a caller finds another connection.
void tst_TlsFloods::callersReadNothingForAPeer()
{
    QFETCH(const Reuse, reuse);
    constexpr int count = 4;
    Scene scene(true, count);
    auto &server = static_cast<ServerPool &>(*scene.pool);
    ServerPool::Configuration wish = server.configuration();
    wish.reuse = reuse;
    QVERIFY(server.setConfiguration(wish));
    QVERIFY(scene.begin(count));
    // All but one in the middle, without a turn of the event loop in which the pool's thread would look at them.
    for (const std::size_t i : {0u, 1u, 3u}) {
        scene.peers[i]->updateKeys(100, false);
        QVERIFY(scene.peers[i]->send() > 0 && scene.peers[i]->isSent());
    }
    int looks = 0;
    DuringALook counted([&looks] { ++looks; });
    for (int i = 0; i < count; ++i)
        QVERIFY(server.take());
    QCOMPARE(looks, 0);
    std::vector<Connection> all; // with no other left, they go out as well
    for (int i = 0; i < count; ++i)
        all.push_back(server.take());
    QVERIFY(std::all_of(all.begin(), all.end(), [](const Connection &one) { return bool(one); }));
    QCOMPARE(looks, 1); // the first of them is told
}

static void addThreads()
{
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("in the pool's thread") << 0;
    QTest::newRow("in a thread of its own") << 1;
}

void tst_TlsFloods::endlessHelloIsRefused_data()
{
    addThreads();
}

// OpenSSL takes a ClientHello of up to 131,396 bytes.
void tst_TlsFloods::endlessHelloIsRefused()
{
    QFETCH(int, setupThreads);
    ServerPool::Configuration wish;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    wish.setupThreads = setupThreads;
    wish.handshakeTimeout = 1min;
    ServerPool server(wish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QByteArray hello = QByteArray::fromHex("0101ff00"); // a ClientHello of 130,816 bytes
    hello += QByteArray(0x1ff00 - 1, '\0'); // all but the last
    QByteArray records;
    for (; !hello.isEmpty(); hello.remove(0, 16384)) {
        const QByteArray part = hello.left(16384);
        records += QByteArray::fromHex("160301") + char(part.size() >> 8) + char(part.size()) + part;
    }
    QTcpSocket peer;
    peer.connectToHost(QHostAddress::LocalHost, server.serverPort());
    peer.write(records);
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QVERIFY2(lastMessage(errors).contains(QStringLiteral("more than 64 KiB")), qPrintable(lastMessage(errors)));
    QTRY_COMPARE(peer.state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(server.statistics().pending, 0);
}

void tst_TlsFloods::endlessCertificateChainIsRefused_data()
{
    addThreads();
}

void tst_TlsFloods::endlessCertificateChainIsRefused()
{
    QFETCH(const int, setupThreads);
    const QSslCertificate authority = Certificates::certificate(QStringLiteral("ca"));
    QList<QSslCertificate> chain(80 * 1024 / authority.toDer().size(), authority);
    chain.prepend(Certificates::certificate(QStringLiteral("server")));
    ServerPool::Configuration serving;
    serving.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    serving.tls.configuration.setLocalCertificateChain(chain);
    ServerPool server(serving);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.tls.mode = TlsMode::SelfSigned;
    wish.setupThreads = setupThreads;
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_VERIFY(!errors.isEmpty());
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QVERIFY2(lastMessage(errors).contains(QStringLiteral("more than 64 KiB")), qPrintable(lastMessage(errors)));
}

void tst_TlsFloods::controlTrafficInPlaceOfAnIdIsRefused()
{
    Scene scene(false, 1, {}, ConnectionMode::Multi);
    QSignalSpy errors(scene.pool.get(), &Pool::errorOccurred);
    QVERIFY(QTest::qWaitFor([&] { return !scene.peers.empty() && scene.peers.front()->shakeHands(); }, longer(5000)));
    RawTls &peer = *scene.peers.front();
    peer.updateKeys(10000, false);
    QTRY_VERIFY(peer.send() >= 0 && !errors.isEmpty());
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QVERIFY2(lastMessage(errors).contains(QStringLiteral("more than 64 KiB")), qPrintable(lastMessage(errors)));
}

void tst_TlsFloods::bytesThatComeWithTheHandshakeAreKept_data()
{
    QTest::addColumn<ConnectionMode>("mode");
    QTest::newRow("single") << ConnectionMode::Single;
    QTest::newRow("multi") << ConnectionMode::Multi;
}

// A server may send its first bytes with the end of its handshake.
void tst_TlsFloods::bytesThatComeWithTheHandshakeAreKept()
{
    QFETCH(ConnectionMode, mode);
    constexpr qint64 size = 1 << 20;
    Scene scene(false, 1, {}, mode);
    QTRY_VERIFY(!scene.peers.empty());
    RawTls &peer = *scene.peers.front();
    QTRY_VERIFY(peer.receivesHello());
    if (mode == ConnectionMode::Multi)
        peer.writeEarly("12345678");
    for (qint64 written = 0; written < size; written += 16384)
        peer.writeEarly(QByteArray(16384, 'x'));
    QTRY_VERIFY(peer.send() >= 0 && peer.isSent() && scene.pool->idleCount() == 1);
    Connection here = scene.pool->take();
    QVERIFY(here);
    QByteArray read;
    QTRY_VERIFY((read += here->read(here->bytesAvailable())).size() == size);
}

QTEST_GUILESS_MAIN(tst_TlsFloods)
#include "tst_tlsfloods.moc"
