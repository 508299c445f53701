// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "short.h"
#include "stock/stock.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QHash>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>

#include <deque>

#ifdef Q_OS_UNIX
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

// What happens to a connection while it is in the stock: nothing, unless its peer speaks or dies.
class tst_Idle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void belongsToNoThreadAndIsPolledByNobody();
    void deathIsNoticedWhileIdle_data();
    void deathIsNoticedWhileIdle();
#ifdef Q_OS_LINUX
    void deathIsNoticedWhateverAForkedChildDoes_data();
    void deathIsNoticedWhateverAForkedChildDoes();
#endif
    void deadIsNeverHandedOut_data();
    void deadIsNeverHandedOut();
    void deadIsNeverHandedOutInThousandsOfTakes_data();
    void deadIsNeverHandedOutInThousandsOfTakes();
    void deadIsNeverHandedOutWithTls_data();
    void deadIsNeverHandedOutWithTls();
    void bytesAreKept_data();
    void bytesAreKept();
    void bytesDoNotSpinTheEventLoop();
    void lastWordsAreDeliveredById_data();
    void lastWordsAreDeliveredById();
    void lastWordsThatNobodySawAreDeliveredById();
    void lastWordsExpire();
    void lastWordsAreBounded();
    void bytesBeforeAResetAreNotDelivered();
    void singleModeMayDropUnexpectedBytes();
    void sessionTicketsAreNotBytes();
};

// The application's end of a connection whose other end is in a pool.
class Peer : public QTcpServer
{
public:
    Peer()
    {
        if (!listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = nextPendingConnection()) {
                socket->write(QByteArray::number(10000000 + m_sockets.size()));
                socket->flush();
                m_sockets << socket;
            }
        });
    }

    QTcpSocket *of(ConnectionId id) const { return m_sockets.at(id.toString().toInt() - 10000000); }

private:
    QList<QTcpSocket *> m_sockets;
};

static void reset(QTcpSocket *socket)
{
    const linger now{1, 0};
    setsockopt(int(socket->socketDescriptor()), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket->abort();
}

// close_notify and FIN, without an event loop.
static void sayGoodbye(QTcpSocket *tls)
{
    tls->disconnectFromHost();
    if (auto *plain = tls->findChild<QTcpSocket *>())
        plain->flush();
}

static void configureTls(ServerPool::Configuration &server, ClientPool::Configuration &client)
{
    server.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    client.tls.mode = TlsMode::SelfSigned;
}

void tst_Idle::belongsToNoThreadAndIsPolledByNobody()
{
    Peer peer;
    const auto stock = std::make_shared<Stock>(&clientLog);
    stock->open({}, Watcher::create(this, [](quint64) {}), [] {});
    auto socket = std::make_unique<QTcpSocket>();
    socket->connectToHost(QHostAddress::LocalHost, peer.serverPort());
    QTRY_COMPARE(socket->bytesAvailable(), 8);
    socket->readAll();
    const QPointer<QTcpSocket> parked(socket.get());
    QVERIFY(!parked->findChildren<QSocketNotifier *>().isEmpty());

    const auto isPolled = [&] {
        const auto notifiers = parked->findChildren<QSocketNotifier *>();
        return std::any_of(notifiers.begin(), notifiers.end(), [](QSocketNotifier *n) { return n->isEnabled(); });
    };
    QVERIFY(isPolled());
    QVERIFY(stock->admit(stock->addPending(), {}, std::move(socket)) == Stock::Admission::Admitted);
    QCOMPARE(parked->thread(), nullptr);
    QVERIFY(!isPolled());
    {
        const Connection connection = stock->take();
        QCOMPARE(parked->thread(), nullptr); // taken is not used yet
        QCOMPARE(connection.socket(), parked);
        QCOMPARE(parked->thread(), QThread::currentThread());
        QVERIFY(isPolled());
    }
    QCOMPARE(parked->thread(), nullptr);
    QVERIFY(!isPolled());
    stock->tearDown();
    QTRY_VERIFY(!parked);
}

void tst_Idle::deathIsNoticedWhileIdle_data()
{
    QTest::addColumn<bool>("isReset");
    QTest::newRow("FIN") << false;
    QTest::newRow("RST") << true;
}

void tst_Idle::deathIsNoticedWhileIdle()
{
    QFETCH(const bool, isReset);
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 3));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 3);
    const ConnectionId id = [&] { return client.take().id(); }();
    QSignalSpy lost(&client, &Pool::connectionLost);
    QSignalSpy idleChanged(&client, &Pool::idleCountChanged);
    if (isReset)
        reset(peer.of(id));
    else
        peer.of(id)->disconnectFromHost();
    QTRY_COMPARE(lost.size(), 1);
    QCOMPARE(lost.first().first().value<ConnectionId>(), id);
    QVERIFY(!idleChanged.isEmpty());
    QCOMPARE(client.statistics().diedIdle, 1);
    QTRY_COMPARE(client.idleCount(), 3); // and is replaced
    QCOMPARE(client.errorCount(), 0);
}

#ifdef Q_OS_LINUX
void tst_Idle::deathIsNoticedWhateverAForkedChildDoes_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<QString>("what");
    for (const bool isServer : {false, true}) {
        for (const char *what : {"destroys", "closes", "flushes", "takes", "takes and uses"})
            QTest::addRow("%s, %s", isServer ? "server" : "client", what) << isServer << QString::fromLatin1(what);
    }
}

void tst_Idle::deathIsNoticedWhateverAForkedChildDoes()
{
    QFETCH(const bool, isServer);
    QFETCH(const QString, what);
    auto server = std::make_unique<ServerPool>();
    listen(*server);
    auto client = std::make_unique<ClientPool>(stepwiseClientOf(server->serverPort(), 3));
    fill(*server, *client, 3);
    Pool &watching = isServer ? static_cast<Pool &>(*server) : *client;
    Pool &ending = isServer ? static_cast<Pool &>(*client) : *server;
    const pid_t child = ::fork();
    if (child == 0) {
        if (what == u"closes")
            watching.close();
        else if (what == u"flushes")
            watching.flush();
        else if (what == u"takes")
            watching.take().giveBack();
        else if (what == u"takes and uses")
            watching.take().socket();
        else if (isServer)
            server.reset();
        else
            client.reset();
        ::execlp("true", "true", nullptr); // no exit(): valgrind would find what threads hold that the child does not have
        ::_exit(1);
    }
    QVERIFY(child > 0);
    int status = -1;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QCOMPARE(status, 0);
    QSignalSpy lost(&watching, &Pool::connectionLost);
    ending.flush();
    QTRY_COMPARE(lost.size(), 3);
}
#endif

void tst_Idle::deadIsNeverHandedOut_data()
{
    deathIsNoticedWhileIdle_data();
}

void tst_Idle::deadIsNeverHandedOut()
{
    QFETCH(const bool, isReset);
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 20));
    QVERIFY(client.start());
    for (int round = 0; round < 5; ++round) {
        QTRY_COMPARE(client.idleCount(), 20);
        QList<ConnectionId> ids;
        {
            QList<std::shared_ptr<Connection>> leases;
            for (int i = 0; i < 20; ++i) {
                leases << std::make_shared<Connection>(client.take());
                ids << leases.last()->id();
            }
        }
        // From here on without a turn of the event loop.
        for (ConnectionId id : std::as_const(ids)) {
            QTcpSocket *there = peer.of(id);
            if (isReset)
                reset(there);
            else
                ::shutdown(int(there->socketDescriptor()), SHUT_WR);
        }
        for (int i = 0; i < 20; ++i) {
            QVERIFY(!client.take(ids.at(i)));
            QVERIFY(!client.take());
        }
    }
    QCOMPARE(client.statistics().diedIdle, 100);
}

// As a client pool's peer, bare descriptors: thousands of them, each of which can end at once and in every way.
class BarePeer
{
public:
    enum class End { Fin, Rst, FinThenRst };

    explicit BarePeer(bool sendsId)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto *const any = reinterpret_cast<sockaddr *>(&address);
        if (::bind(m_listener, any, size) || ::listen(m_listener, 1024) || ::getsockname(m_listener, any, &size))
            qFatal("cannot listen");
        m_port = ntohs(address.sin_port);
        QObject::connect(&m_notifier, &QSocketNotifier::activated, &m_notifier, [this, sendsId] { acceptAll(sendsId); });
    }
    ~BarePeer()
    {
        for (const int descriptor : std::as_const(m_byPort))
            ::close(descriptor);
        ::close(m_listener);
    }
    quint16 port() const { return m_port; }
    int count() const { return int(m_byPort.size()); }

    // Of the connection whose other end has this port. The system has told the other end when this returns: on loopback,
    // what close() sends is received before it returns.
    void end(quint16 port, End how)
    {
        const int descriptor = m_byPort.take(port);
        if (how == End::FinThenRst)
            ::shutdown(descriptor, SHUT_WR);
        const linger now{1, 0};
        if (how != End::Fin)
            ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ::close(descriptor);
    }

private:
    static int listener() { return ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }
    void acceptAll(bool sendsId)
    {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        for (int one; (one = ::accept4(m_listener, reinterpret_cast<sockaddr *>(&address), &size, SOCK_CLOEXEC)) >= 0;) {
            m_byPort.insert(ntohs(address.sin_port), one);
            if (sendsId && ::send(one, QByteArray::number(10000000 + m_count++).constData(), 8, 0) != 8)
                qFatal("cannot send");
        }
    }

    const int m_listener = listener();
    QSocketNotifier m_notifier{m_listener, QSocketNotifier::Read};
    QHash<quint16, int> m_byPort;
    quint16 m_port = 0;
    int m_count = 0;
};

enum class Victim { Oldest, JustGivenBack };

Q_DECLARE_METATYPE(BarePeer::End)
Q_DECLARE_METATYPE(Victim)

// The connections of a pool in the order in which it hands them out, and their ends at the peer.
class Line
{
public:
    Line(ClientPool &pool, BarePeer &peer) : m_pool(pool), m_peer(peer) { }

    void learn()
    {
        std::vector<Connection> all;
        while (Connection connection = m_pool.take()) {
            m_line.push_back({connection.id(), connection->localPort()});
            all.push_back(std::move(connection));
        }
        for (Connection &connection : all)
            connection.giveBack();
    }

    // Ends one after the other and takes the next each time. No event loop turns meanwhile. Returns how often a dead one, or
    // none though there were some, went out.
    int endAll(BarePeer::End how, Victim victim)
    {
        int wrong = 0;
        while (!m_line.empty()) {
            if (victim != Victim::Oldest)
                useAndGiveBack();
            const One dead = m_line.front();
            m_line.pop_front();
            m_peer.end(dead.port, how);
            Connection next = m_pool.take();
            wrong += bool(next) == m_line.empty() || (next && !isNext(next)) || bool(m_pool.take(dead.id));
        }
        return wrong;
    }

private:
    struct One
    {
        ConnectionId id;
        quint16 port;
    };

    // The line's order is not needed for those: the next may be any that lives.
    bool isNext(const Connection &connection) const
    {
        return std::any_of(m_line.begin(), m_line.end(), [&](const One &one) { return one.id == connection.id(); });
    }
    void useAndGiveBack()
    {
        Connection connection = m_pool.take();
        connection->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        const auto found =
                std::find_if(m_line.begin(), m_line.end(), [&](const One &one) { return one.id == connection.id(); });
        if (found == m_line.end())
            return;
        const One used = *found;
        m_line.erase(found);
        m_line.push_front(used);
    }

    ClientPool &m_pool;
    BarePeer &m_peer;
    std::deque<One> m_line;
};

static bool fillUp(ClientPool &client, int capacity)
{
    QEventLoop loop;
    QObject::connect(&client, &Pool::idleCountChanged, &loop, [&loop, capacity](int idle) {
        if (idle == capacity)
            loop.quit();
    });
    QTimer::singleShot(20s, &loop, &QEventLoop::quit);
    if (client.idleCount() < capacity)
        loop.exec();
    return client.idleCount() == capacity;
}

void tst_Idle::deadIsNeverHandedOutInThousandsOfTakes_data()
{
    QTest::addColumn<BarePeer::End>("how");
    QTest::addColumn<ConnectionMode>("mode");
    QTest::addColumn<Victim>("victim");
    static constexpr const char *ends[] = {"FIN", "RST", "FIN, then RST"};
    for (const BarePeer::End how : {BarePeer::End::Fin, BarePeer::End::Rst, BarePeer::End::FinThenRst}) {
        const char *const end = ends[int(how)];
        QTest::addRow("%s, multi", end) << how << ConnectionMode::Multi << Victim::Oldest;
        QTest::addRow("%s, single", end) << how << ConnectionMode::Single << Victim::Oldest;
        QTest::addRow("%s, single, just given back", end) << how << ConnectionMode::Single << Victim::JustGivenBack;
    }
}

void tst_Idle::deadIsNeverHandedOutInThousandsOfTakes()
{
    QFETCH(const BarePeer::End, how);
    QFETCH(const ConnectionMode, mode);
    QFETCH(const Victim, victim);
    const int many = fewer(500);
    BarePeer peer(mode == ConnectionMode::Multi);
    ClientPool::Configuration wish = clientOf(peer.port(), many);
    wish.connectionMode = mode;
    wish.reuse = victim == Victim::JustGivenBack ? Reuse::NewestFirst : Reuse::OldestFirst;
    ClientPool client(wish);
    QVERIFY(client.start());
    const int rounds = mode == ConnectionMode::Multi ? 20 : 5;
    for (int round = 0; round < rounds; ++round) {
        QVERIFY(fillUp(client, many));
        QTRY_COMPARE(peer.count(), many); // a client in single mode is ready before it is accepted
        Line line(client, peer);
        line.learn();
        QCOMPARE(client.idleCount(), many);
        QCOMPARE(line.endAll(how, victim), 0);
        QCOMPARE(client.statistics().diedIdle, many * (round + 1));
    }
}

void tst_Idle::deadIsNeverHandedOutWithTls_data()
{
    deathIsNoticedWhileIdle_data();
}

void tst_Idle::deadIsNeverHandedOutWithTls()
{
    QFETCH(const bool, isReset);
    ServerPool::Configuration serverWish;
    ClientPool::Configuration wish;
    configureTls(serverWish, wish);
    ServerPool server(serverWish);
    listen(server);
    const TlsMode mode = wish.tls.mode;
    const int many = fewer(25, 5);
    wish = clientOf(server.serverPort(), many);
    wish.tls.mode = mode;
    ClientPool client(wish);
    QVERIFY(client.start());
    for (int round = 0; round < 4; ++round) {
        QTRY_COMPARE_WITH_TIMEOUT(client.idleCount(), many, longer(20000));
        QTRY_COMPARE_WITH_TIMEOUT(server.idleCount(), many, longer(20000));
        for (int left = many - 1; left >= 0; --left) {
            const Connection oldest = server.take();
            const ConnectionId id = oldest.id();
            if (isReset)
                reset(oldest.socket());
            else
                sayGoodbye(oldest.socket());
            QVERIFY(!client.take(id));
            const Connection next = client.take();
            QCOMPARE(bool(next), left > 0);
            QVERIFY(next.id() != id);
        }
        QCOMPARE(client.statistics().diedIdle, many * (round + 1));
    }
}

void tst_Idle::bytesAreKept_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::newRow("plain") << false;
    QTest::newRow("TLS") << true;
}

void tst_Idle::bytesAreKept()
{
    QFETCH(const bool, isTls);
    ServerPool::Configuration serverWish;
    ClientPool::Configuration wish;
    if (isTls)
        configureTls(serverWish, wish);
    ServerPool server(serverWish);
    listen(server);
    const TlsMode mode = wish.tls.mode;
    wish = clientOf(server.serverPort(), 1);
    wish.tls.mode = mode;
    ClientPool client(wish);
    fill(server, client, 1);

    QSignalSpy lost(&client, &Pool::connectionLost);
    Connection there = server.take();
    there->write("early");
    there->flush();
    bool hasTurned = false;
    QTimer::singleShot(100, this, [&] { hasTurned = true; }); // time for the watcher to see them
    QTRY_VERIFY(hasTurned);
    QCOMPARE(client.idleCount(), 1);
    QVERIFY(lost.isEmpty());

    const Connection here = client.take();
    QCOMPARE(here.id(), there.id());
    QSignalSpy readyRead(here.socket(), &QTcpSocket::readyRead);
    QTRY_VERIFY(!readyRead.isEmpty());
    QCOMPARE(here->readAll(), "early");
}

void tst_Idle::bytesDoNotSpinTheEventLoop()
{
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const ConnectionId id = [&] { return client.take().id(); }();
    ClientPool::Configuration calm = client.configuration();
    calm.sizing.minimumInterval = calm.sizing.maximumInterval = 60s;
    QVERIFY(client.setConfiguration(calm));
    peer.of(id)->write("noise");
    peer.of(id)->flush();

    int turns = 0;
    bool isOver = false;
    connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this, [&turns] { ++turns; });
    QEventLoop loop;
    QTimer::singleShot(300, &loop, [&] {
        isOver = true;
        loop.quit();
    });
    loop.exec();
    disconnect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this, nullptr);
    QVERIFY(isOver);
    QVERIFY2(turns < 100, qPrintable(QString::number(turns))); // a spinning loop makes tens of thousands
    QCOMPARE(client.take(id)->waitForReadyRead(), true);
}

void tst_Idle::lastWordsAreDeliveredById_data()
{
    bytesAreKept_data();
}

void tst_Idle::lastWordsAreDeliveredById()
{
    QFETCH(const bool, isTls);
    ServerPool::Configuration serverWish;
    ClientPool::Configuration wish;
    if (isTls)
        configureTls(serverWish, wish);
    ServerPool server(serverWish);
    listen(server);
    const TlsMode mode = wish.tls.mode;
    wish = clientOf(server.serverPort(), 1);
    wish.tls.mode = mode;
    ClientPool client(wish);
    fill(server, client, 1);

    QSignalSpy lost(&client, &Pool::connectionLost);
    Connection there = server.take();
    const ConnectionId id = there.id();
    there->write("the answer");
    there->disconnectFromHost();
    QTRY_COMPARE(lost.size(), 1);
    QCOMPARE(client.statistics().unclaimed, 1);
    for (Connection other = client.take(); other; other = client.take()) {
        QVERIFY(other.id() != id); // in line there are healthy ones only
        other.discard();
    }
    Connection here = client.take(id);
    QVERIFY(here);
    QSignalSpy readyRead(here.socket(), &QTcpSocket::readyRead);
    QTRY_VERIFY(!readyRead.isEmpty());
    QCOMPARE(here->readAll(), "the answer");
    here.giveBack();
    QCOMPARE(client.statistics().closedDirty, 1);
    QCOMPARE(client.statistics().unclaimed, 0);
}

void tst_Idle::lastWordsThatNobodySawAreDeliveredById()
{
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const ConnectionId id = [&] { return client.take().id(); }();
    peer.of(id)->write("42");
    peer.of(id)->flush();
    ::shutdown(int(peer.of(id)->socketDescriptor()), SHUT_WR);
    // Without a turn of the event loop:
    QVERIFY(!client.take());
    const Connection here = client.take(id);
    QVERIFY(here->waitForReadyRead());
    QCOMPARE(here->readAll(), "42");
}

void tst_Idle::lastWordsExpire()
{
    Peer peer;
    ClientPool::Configuration wish = clientOf(peer.serverPort(), 1);
    wish.limits.unclaimedTimeout = 50ms;
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const ConnectionId id = [&] { return client.take().id(); }();
    peer.of(id)->write("unheard");
    peer.of(id)->disconnectFromHost();
    QTRY_COMPARE(client.statistics().unclaimed, 1);
    QTRY_COMPARE(client.statistics().unclaimed, 0);
    QVERIFY(!client.take(id));

    wish.limits.unclaimedTimeout = 0ms; // not kept at all
    QVERIFY(client.setConfiguration(wish));
    QTRY_COMPARE(client.idleCount(), 1);
    const ConnectionId next = [&] { return client.take().id(); }();
    QSignalSpy lost(&client, &Pool::connectionLost);
    peer.of(next)->write("unheard");
    peer.of(next)->disconnectFromHost();
    QTRY_COMPARE(lost.size(), 1);
    QCOMPARE(client.statistics().unclaimed, 0);
    QCOMPARE(client.statistics().diedIdle, 2);
}

void tst_Idle::lastWordsAreBounded()
{
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 2));
    QVERIFY(client.start());
    for (int i = 0; i < 6; ++i) { // three times what the stock may hold
        QTRY_VERIFY(client.idleCount() > 0);
        const ConnectionId id = [&] { return client.take().id(); }();
        peer.of(id)->write("unheard");
        peer.of(id)->disconnectFromHost();
        QTRY_COMPARE(client.statistics().unclaimed + client.statistics().diedIdle, i + 1);
    }
    QTRY_COMPARE(client.statistics().unclaimed, 2);
}

void tst_Idle::bytesBeforeAResetAreNotDelivered()
{
    Peer peer;
    ClientPool client(clientOf(peer.serverPort(), 1));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    const ConnectionId id = [&] { return client.take().id(); }();
    peer.of(id)->write("half an ans");
    peer.of(id)->flush();
    reset(peer.of(id));
    QVERIFY(!client.take(id));
    QCOMPARE(client.statistics().diedIdle, 1);
}

void tst_Idle::singleModeMayDropUnexpectedBytes()
{
    ServerPool::Configuration serverWish;
    serverWish.connectionMode = ConnectionMode::Single;
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.connectionMode = ConnectionMode::Single;
    wish.dropUnexpectedBytes = true;
    ClientPool client(wish);
    fill(server, client, 1);
    QSignalSpy lost(&client, &Pool::connectionLost);
    Connection there = server.take();
    there->write("out of step");
    there->flush();
    QTRY_COMPARE(lost.size(), 1);
    QTRY_COMPARE(there->state(), QAbstractSocket::UnconnectedState);
    QTRY_COMPARE(client.idleCount(), 1);

    there = server.take(); // and not only by the watcher
    QVERIFY(there);
    there->write("out of step");
    there->flush();
    QVERIFY(!client.take());
}

void tst_Idle::sessionTicketsAreNotBytes()
{
    ServerPool::Configuration serverWish;
    serverWish.connectionMode = ConnectionMode::Single;
    ClientPool::Configuration wish;
    configureTls(serverWish, wish);
    ServerPool server(serverWish);
    listen(server);
    wish = clientOf(server.serverPort(), 4);
    wish.connectionMode = ConnectionMode::Single;
    wish.tls.mode = TlsMode::SelfSigned;
    wish.dropUnexpectedBytes = true; // so that a ticket mistaken for bytes would be seen
    ClientPool client(wish);
    QSignalSpy lost(&client, &Pool::connectionLost);
    fill(server, client, 4); // the server's tickets arrive after the client has parked
    bool hasTurned = false;
    QTimer::singleShot(100, this, [&] { hasTurned = true; });
    QTRY_VERIFY(hasTurned);
    QCOMPARE(client.idleCount(), 4);
    QVERIFY(lost.isEmpty());
    Connection here = client.take();
    QVERIFY(here);
    here.socket();
    here.giveBack();
    QCOMPARE(client.statistics().givenBack, 1);
}

QTEST_GUILESS_MAIN(tst_Idle)
#include "tst_idle.moc"
