// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "testmain.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QSet>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <atomic>
#include <mutex>
#include <thread>

// An idle connection belongs to no thread, so any thread may take it: with an event loop or without.
class tst_Threads : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void threadsWithoutEventLoopExchange_data();
    void threadsWithoutEventLoopExchange();
    void threadWithEventLoopGetsSignals();
    void threadThatHadNoEventDispatcherGetsSignals_data();
    void threadThatHadNoEventDispatcherGetsSignals();
    void everyoneGetsAnotherOne();
    void socketInASecondThreadIsWarnedOf_data();
    void socketInASecondThreadIsWarnedOf();
    void socketInAnotherThreadMayBeRight();
    void whatAnEndedThreadHasWrittenIsSent_data();
    void whatAnEndedThreadHasWrittenIsSent();
    void waitersOfFourThreadsAreServedInOrder_data();
    void waitersOfFourThreadsAreServedInOrder();

    void clientIsStartedAndConfiguredInItsThreadOnly_data();
    void clientIsStartedAndConfiguredInItsThreadOnly();
    void serverIsStartedAndConfiguredInItsThreadOnly_data();
    void serverIsStartedAndConfiguredInItsThreadOnly();
    void poolsWorkInAThreadThatHadNoEventDispatcher();
};

// Answers each line on each connection with the same line, from the main thread.
class Echo : public QObject
{
public:
    explicit Echo(ServerPool &server)
    {
        connect(&server, &Pool::connectionAvailable, this, [this, &server](ConnectionId id) {
            m_leases.push_back(server.take(id));
            QTcpSocket *socket = m_leases.back().socket();
            if (!socket)
                return;
            const auto echo = [socket] { socket->write(socket->readAll()); };
            connect(socket, &QTcpSocket::readyRead, this, echo);
        });
    }

private:
    std::vector<Connection> m_leases;
};

void tst_Threads::threadsWithoutEventLoopExchange_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::newRow("plain") << false;
    QTest::newRow("TLS") << true;
}

void tst_Threads::threadsWithoutEventLoopExchange()
{
    QFETCH(const bool, isTls);
    ServerPool::Configuration serverWish;
    if (isTls)
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(serverWish);
    listen(server);
    Echo echo(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 8);
    wish.tls.mode = isTls ? TlsMode::SelfSigned : TlsMode::None;
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 8);

    constexpr int rounds = 50;
    std::atomic<int> answered = 0;
    std::atomic<int> running = 4;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < rounds; ++i) {
                Connection connection = client.waitForConnection(20s);
                if (!connection)
                    break;
                const QByteArray line = QByteArray::number(t) + ':' + QByteArray::number(i) + '\n';
                connection->write(line);
                while (connection->bytesAvailable() < line.size() && connection->waitForReadyRead(longer(20000))) { }
                if (connection->read(line.size()) == line)
                    ++answered;
            }
            --running;
        });
    }
    QTRY_COMPARE_WITH_TIMEOUT(running, 0, longer(60000));
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(answered, 4 * rounds);
    QCOMPARE(client.statistics().closedDirty, 0);
    QCOMPARE(client.statistics().taken, 4 * rounds);
}

void tst_Threads::threadWithEventLoopGetsSignals()
{
    ServerPool server;
    listen(server);
    Echo echo(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 2);
    wish.limits.maximumConnections = 2; // or it might dial another one while one is out, and have no place for it
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 2);

    QThread thread;
    QObject worker;
    worker.moveToThread(&thread);
    thread.start();
    std::atomic<QThread *> readIn = nullptr;
    Connection connection; // the worker's
    QMetaObject::invokeMethod(&worker, [&] {
        connection = client.take();
        QObject::connect(connection.socket(), &QTcpSocket::readyRead, &worker, [&] {
            connection->readAll();
            connection.giveBack();
            readIn = QThread::currentThread();
        });
        connection->write("hello");
    });
    QTRY_VERIFY(readIn);
    QCOMPARE(readIn, &thread);
    thread.quit();
    QVERIFY(thread.wait());
    QCOMPARE(client.statistics().givenBack, 1);
}

void tst_Threads::threadThatHadNoEventDispatcherGetsSignals_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::addColumn<bool>("wasUsed");
    QTest::newRow("plain") << false << false;
    QTest::newRow("plain, used before") << false << true;
    QTest::newRow("TLS") << true << false;
    QTest::newRow("TLS, used before") << true << true;
}

// A std::thread, which gets its event loop after the socket.
void tst_Threads::threadThatHadNoEventDispatcherGetsSignals()
{
    QFETCH(const bool, isTls);
    QFETCH(const bool, wasUsed);
    ServerPool::Configuration serverWish;
    if (isTls)
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.tls.mode = isTls ? TlsMode::SelfSigned : TlsMode::None;
    ClientPool client(wish);
    fill(server, client, 1);
    Connection here = client.take();
    Connection there = server.take();
    if (wasUsed) {
        QCOMPARE(pass(there.socket(), here.socket(), "before"), QByteArray("before"));
        here.giveBack();
        here = client.take();
    }
    std::atomic<bool> isPulled = false;
    QByteArray heard;
    std::thread thread([&] {
        QTcpSocket *const socket = here.socket();
        isPulled = true;
        QEventLoop loop;
        QObject::connect(socket, &QTcpSocket::readyRead, &loop, [&] {
            heard = socket->readAll();
            loop.quit();
        });
        QTimer::singleShot(longer(5s), &loop, &QEventLoop::quit);
        loop.exec();
        here.giveBack();
    });
    const bool isSent = QTest::qWaitFor([&] { return isPulled.load(); }) && there->write("hello") > 0 && there->flush();
    thread.join();
    QVERIFY(isSent);
    QCOMPARE(heard, QByteArray("hello"));
}

void tst_Threads::everyoneGetsAnotherOne()
{
    ServerPool server;
    listen(server);
    constexpr int many = 200;
    ClientPool client(clientOf(server.serverPort(), many));
    fill(server, client, many);
    std::vector<std::vector<Connection>> taken(4);
    std::vector<std::thread> threads;
    for (std::vector<Connection> &mine : taken) {
        threads.emplace_back([&mine, &client] {
            for (int i = 0; i < many / 4; ++i)
                mine.push_back(client.take());
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QSet<ConnectionId> ids;
    for (const std::vector<Connection> &mine : taken) {
        for (const Connection &connection : mine) {
            QVERIFY(connection);
            ids.insert(connection.id());
        }
    }
    QCOMPARE(ids.size(), many);
    QCOMPARE(client.leasedCount(), many);
}

enum class Service { NewConnections, GivenBack, GivenBackByFourThreads };
Q_DECLARE_METATYPE(Service)

// 1,000 waiters, 250 of each of 4 threads; each knows its place among those of its thread and among all.
class Waiters
{
public:
    static constexpr int threads = 4;
    static constexpr int each = 250;

    struct Place
    {
        int thread;
        int number; // of the thread's
        int overall; // in the order in which acquire() has returned; -1 if that order is not known
    };

    explicit Waiters(bool isOrdered) : m_isOrdered(isOrdered) { }

    void join(ClientPool &pool, int thread)
    {
        std::unique_lock lock(m_mutex, std::defer_lock);
        for (int number = 0; number < each; ++number) {
            if (m_isOrdered)
                lock.lock();
            m_futures[thread].push_back({pool.acquire(120s), {thread, number, m_isOrdered ? m_joined++ : -1}});
            if (m_isOrdered)
                lock.unlock();
        }
    }

    // In this thread, whose event loop serves. Each has its connection until the next turn.
    bool serve(const std::function<void(Connection &)> &end)
    {
        QEventLoop loop;
        for (auto &mine : m_futures) {
            for (auto &[future, place] : mine) {
                future.then([&, place = place](Connection connection) {
                    m_order.push_back(place);
                    QTimer::singleShot(0, &loop, [&, mine = std::make_shared<Connection>(std::move(connection))] {
                        end(*mine);
                        if (served() == threads * each)
                            loop.quit();
                    });
                });
            }
        }
        QTimer::singleShot(20s, &loop, &QEventLoop::quit);
        loop.exec();
        return served() == threads * each;
    }

    // In the threads that wait. There is but one connection, so that only one of them has it at a time.
    void passOn(int thread)
    {
        for (auto &[future, place] : m_futures[thread]) {
            Connection connection = future.takeResult();
            m_order.push_back(place);
            connection.giveBack();
        }
    }

    int served() const { return int(m_order.size()); }

    void verifyOrder() const
    {
        QCOMPARE(served(), threads * each);
        int next[threads] = {};
        for (int i = 0; i < served(); ++i) {
            const Place &place = m_order[std::size_t(i)];
            QCOMPARE(place.number, next[place.thread]);
            ++next[place.thread];
            if (m_isOrdered)
                QCOMPARE(place.overall, i);
        }
    }

private:
    const bool m_isOrdered;
    std::mutex m_mutex;
    int m_joined = 0;
    std::vector<std::pair<QFuture<Connection>, Place>> m_futures[threads];
    std::vector<Place> m_order;
};

static QStringList s_warnings;

// The warnings of the time in which it lives.
class Warnings
{
public:
    Warnings()
    {
        s_warnings.clear();
        m_before = qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &context, const QString &text) {
            if (type == QtWarningMsg)
                s_warnings << QLatin1String(context.category) + QLatin1String(": ") + text;
        });
    }
    ~Warnings() { qInstallMessageHandler(m_before); }

private:
    QtMessageHandler m_before;
};

void tst_Threads::socketInASecondThreadIsWarnedOf_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<bool>("isEncrypted");
    for (const bool isServer : {false, true}) {
        for (const bool isEncrypted : {false, true})
            QTest::addRow("%s, %s", isServer ? "server" : "client", isEncrypted ? "TLS" : "plain")
                    << isServer << isEncrypted;
    }
}

// Once a connection, whatever others do with theirs.
void tst_Threads::socketInASecondThreadIsWarnedOf()
{
    QFETCH(const bool, isServer);
    QFETCH(const bool, isEncrypted);
    ServerPool::Configuration serving;
    if (isEncrypted)
        serving.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(serving);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 2);
    wish.tls.mode = isEncrypted ? TlsMode::SelfSigned : TlsMode::None;
    ClientPool client(wish);
    fill(server, client, 2);
    Pool &pool = isServer ? static_cast<Pool &>(server) : client;
    const std::vector<ConnectionId> ids{pool.connections().at(0).id, pool.connections().at(1).id};
    const Warnings warnings;
    for (int lease = 0; lease < 2; ++lease) {
        for (const ConnectionId id : ids) {
            Connection connection = pool.take(id);
            QVERIFY(connection.socket());
            QThread *const second = QThread::create([&connection] {
                static_cast<void>(connection.socket());
                static_cast<void>(connection->bytesAvailable());
            });
            second->setObjectName(QStringLiteral("the second"));
            second->start();
            second->wait();
            delete second;
        }
    }
    QCOMPARE(s_warnings.size(), 2);
    for (int i = 0; i < 2; ++i)
        QCOMPARE(s_warnings.at(i),
                 QStringLiteral("qnetpool.%1: connection %2: socket() was called in the second, but the socket "
                                "lives in main thread, where it was called first, and has to be used there only")
                         .arg(isServer ? QStringLiteral("server") : QStringLiteral("client"),
                              ids[std::size_t(i)].toString()));
}

void tst_Threads::socketInAnotherThreadMayBeRight()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 2));
    fill(server, client, 2);
    const Warnings warnings;
    Connection leased = client.take(); // and not used yet
    std::thread([&leased] { static_cast<void>(leased.socket()); }).join();
    QVERIFY(leased.socket()); // that thread has ended
    QThread other;
    other.start();
    Connection moved = client.take();
    moved->moveToThread(&other);
    QVERIFY(moved.socket());
    QTimer there;
    there.moveToThread(&other);
    bool isThere = false;
    QMetaObject::invokeMethod(
            &there, [&] { isThere = moved.socket()->thread() == QThread::currentThread(); }, Qt::BlockingQueuedConnection);
    QVERIFY(isThere);
    moved.discard();
    other.quit();
    other.wait();
    QCOMPARE(s_warnings, QStringList());
}

void tst_Threads::whatAnEndedThreadHasWrittenIsSent_data()
{
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<bool>("isFlushed");
    for (const bool isEncrypted : {false, true}) {
        for (const bool isFlushed : {false, true})
            QTest::addRow("%s, %s", isEncrypted ? "TLS" : "plain", isFlushed ? "flushed" : "not flushed")
                    << isEncrypted << isFlushed;
    }
}

// More than the system takes at once, in the next thread that asks for the socket.
void tst_Threads::whatAnEndedThreadHasWrittenIsSent()
{
    QFETCH(const bool, isEncrypted);
    QFETCH(const bool, isFlushed);
    ServerPool::Configuration serving;
    if (isEncrypted)
        serving.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(serving);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.tls.mode = isEncrypted ? TlsMode::SelfSigned : TlsMode::None;
    ClientPool client(wish);
    fill(server, client, 1);
    Connection there = server.take();
    qint64 got = 0;
    connect(there.socket(), &QTcpSocket::readyRead, this, [&] { got += there->readAll().size(); });
    Connection here = client.take();
    constexpr qint64 size = 16 << 20;
    std::thread([&here, isFlushed] {
        here->write(QByteArray(size, 'x'));
        if (isFlushed)
            here->flush();
    }).join();
    here.socket();
    QTRY_COMPARE(got, size);
}

void tst_Threads::waitersOfFourThreadsAreServedInOrder_data()
{
    QTest::addColumn<bool>("isOrdered");
    QTest::addColumn<Service>("service");
    static constexpr const char *services[] = {"new connections", "given back", "given back by four threads"};
    for (const bool isOrdered : {true, false}) {
        for (const Service service : {Service::NewConnections, Service::GivenBack, Service::GivenBackByFourThreads}) {
            QTest::addRow("%s, %s", isOrdered ? "one after the other" : "all at once", services[int(service)])
                    << isOrdered << service;
        }
    }
}

static void inFourThreads(const std::function<void(int)> &body)
{
    std::vector<std::thread> threads;
    for (int t = 0; t < Waiters::threads; ++t)
        threads.emplace_back(body, t);
    for (std::thread &thread : threads)
        thread.join();
}

void tst_Threads::waitersOfFourThreadsAreServedInOrder()
{
    QFETCH(const bool, isOrdered);
    QFETCH(const Service, service);
    const int few = service == Service::GivenBackByFourThreads ? 1 : 3;
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), few);
    wish.limits.maximumConnections = few;
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), few);
    std::vector<Connection> leases;
    while (Connection connection = client.take())
        leases.push_back(std::move(connection));
    QCOMPARE(int(leases.size()), few);

    Waiters waiters(isOrdered);
    inFourThreads([&](int thread) { waiters.join(client, thread); });
    QCOMPARE(client.waiterCount(), 1000);
    if (service == Service::GivenBackByFourThreads) {
        leases.clear();
        inFourThreads([&](int thread) { waiters.passOn(thread); });
        return waiters.verifyOrder();
    }
    const auto end = [service](Connection &connection) {
        if (service == Service::NewConnections)
            connection.discard();
        else
            connection.giveBack();
    };
    QTimer::singleShot(0, this, [&] { std::for_each(leases.begin(), leases.end(), end); });
    QVERIFY(waiters.serve(end));
    waiters.verifyOrder();
}

namespace {

// Another thread's call returns false, and is told in this one.
void verifyRefused(Pool &pool, const QByteArray &function, const std::function<bool()> &call)
{
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    bool isRefused = false;
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(QStringLiteral("^%1 was called in .* the pool's thread")
                                                    .arg(QRegularExpression::escape(QLatin1String(function)))));
    std::thread([&] { isRefused = !call(); }).join();
    QVERIFY(isRefused);
    QCOMPARE(errors.size(), 0); // not in that thread
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::WrongThread);
    QVERIFY(lastMessage(errors).startsWith(QLatin1String(function)));
}

} // namespace

void tst_Threads::clientIsStartedAndConfiguredInItsThreadOnly_data()
{
    QTest::addColumn<bool>("isRunning");
    QTest::newRow("stopped") << false;
    QTest::newRow("running") << true;
}

void tst_Threads::clientIsStartedAndConfiguredInItsThreadOnly()
{
    QFETCH(const bool, isRunning);
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort()));
    if (isRunning)
        fill(server, client);
    ClientPool::Configuration wish = client.configuration();
    wish.sizing.minimumCapacity = wish.sizing.maximumCapacity = 7;
    verifyRefused(client, "start()", [&] { return client.start(); });
    verifyRefused(client, "setConfiguration()", [&] { return client.setConfiguration(wish); });
    QCOMPARE(client.configuration().sizing.maximumCapacity, 4);
    std::thread([&] { client.close(); }).join();
    verifyRefused(client, "start()", [&] { return client.start(); });
    QTRY_COMPARE(client.state(), Pool::State::Stopped);
    QVERIFY(client.setConfiguration(wish));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 7);
}

void tst_Threads::serverIsStartedAndConfiguredInItsThreadOnly_data()
{
    clientIsStartedAndConfiguredInItsThreadOnly_data();
}

void tst_Threads::serverIsStartedAndConfiguredInItsThreadOnly()
{
    QFETCH(const bool, isRunning);
    QTcpServer listener;
    QVERIFY(listener.listen(QHostAddress::LocalHost));
    ServerPool server;
    if (isRunning)
        listen(server);
    ServerPool::Configuration wish;
    wish.maximumCapacity = 7;
    verifyRefused(server, "listen()", [&] { return server.listen(QHostAddress::LocalHost); });
    verifyRefused(server, "listen()", [&] { return server.listen(listener.socketDescriptor()); });
    verifyRefused(server, "setConfiguration()", [&] { return server.setConfiguration(wish); });
    verifyRefused(server, "addConnection()", [&] { return server.addConnection(-1); });
    QCOMPARE(server.state(), isRunning ? Pool::State::Ready : Pool::State::Stopped);
    if (!isRunning)
        listen(server);
    ClientPool client(clientOf(server.serverPort()));
    fill(server, client);
}

// No event loop has run there before.
void tst_Threads::poolsWorkInAThreadThatHadNoEventDispatcher()
{
    int served = 0;
    std::thread([&served] {
        ServerPool server;
        if (!server.listen(QHostAddress::LocalHost))
            return;
        ClientPool client(clientOf(server.serverPort()));
        if (!client.start())
            return;
        const Connection here = client.waitForConnection(longer(5s));
        const Connection there = server.waitForConnection(longer(5s));
        served = bool(here) + bool(there);
    }).join();
    QCOMPARE(served, 2);
}

QNETPOOL_TEST_MAIN(tst_Threads)
#include "tst_threads.moc"
