// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "life.h"
#include "patience.h"
#include "testmain.h"
#include "watcherinuse.h"

#include <numeric>
#include <sys/socket.h>

using SystemCalls::Call;
using SystemCalls::Failure;

// Every system call of a pool's life fails, each in a life of its own, as in curl's torture tests. QNETPOOL_TORTURE_THOROUGH=1:
// with each error that it may have, also where they take turns otherwise.
class tst_Torture : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyCallFailsOnce_data();
    void everyCallFailsOnce();
    void everyCallFailsForAWhile_data();
    void everyCallFailsForAWhile();
    void existingConnectionsLiveOn_data();
    void existingConnectionsLiveOn();
    void serverIsReadyAgainThoughNobodyComes();
    void aPeerWithoutANameIsRefused();
#ifndef QNETPOOL_NOTIFIER_WATCHER // which needs no system calls
    void whatCannotBeWatchedIsReported_data();
    void whatCannotBeWatchedIsReported();
#endif
    void cleanup()
    {
        SystemCalls::end();
    }
};

static int stride()
{
    return isShort() ? 7 : 1; // a prime, so that every error of a call has its turn
}

// Lives of one setting, each with its failure.
class Torture
{
public:
    explicit Torture(const Setting &setting) : m_setting(setting), m_peer(setting) { m_time.start(); }

    QString rehearse();
    int calls(Call call) const { return m_calls[call]; }
    void live(const Failure &failure);
    bool isOver() const { return m_findings.size() >= 5; }
    QString findings() const { return m_findings.join(u'\n'); }
    QString summary() const;

private:
    QString liveWith(const Failure &failure);

    const Setting m_setting;
    Peer m_peer;
    int m_descriptors = 0;
    std::array<int, SystemCalls::CallCount> m_calls{};
    std::array<int, SystemCalls::CallCount> m_failed{};
    int m_lives = 0;
    QStringList m_findings;
    QElapsedTimer m_time;
};

// Empty: the numbers of calls are known.
QString Torture::rehearse()
{
    const QString wrong = Life(m_setting, m_peer).live(); // what Qt and OpenSSL keep once they were used is not the pool's
    if (!wrong.isEmpty())
        return wrong;
    if (!turnUntil([this] { return m_peer.open() == 0; }))
        return QStringLiteral("the peer keeps connections");
    m_descriptors = openDescriptors();
    const QString again = liveWith({});
    m_calls = SystemCalls::counted();
    return again;
}

QString Torture::liveWith(const Failure &failure)
{
    SystemCalls::begin(failure);
    Life life(m_setting, m_peer);
    const QString wrong = life.live();
    SystemCalls::end();
    if (!wrong.isEmpty())
        return wrong;
    // Fewer, once threads that Qt keeps for a while have ended.
    if (!turnUntil([this] { return openDescriptors() <= m_descriptors; }))
        return QStringLiteral("%1 descriptors, and there were %2").arg(openDescriptors()).arg(m_descriptors);
    if (failure.outage.count() == 0 && life.broken() + life.reports() > 1)
        return QStringLiteral("more than one thing has failed: %1 exchanges, ").arg(life.broken())
                + life.errors().join(u'\n');
    return {};
}

void Torture::live(const Failure &failure)
{
    const QString wrong = liveWith(failure);
    ++m_lives;
    m_failed[failure.call] += SystemCalls::failed();
    if (!wrong.isEmpty())
        m_findings << QStringLiteral("%1() no. %2, \"%3\": %4")
                              .arg(QLatin1String(SystemCalls::Names[failure.call]))
                              .arg(failure.number)
                              .arg(failure.error == SystemCalls::OneByte ? QStringLiteral("one byte")
                                                                         : qt_error_string(failure.error),
                                   wrong);
}

QString Torture::summary() const
{
    QStringList parts;
    int sum = 0;
    for (std::size_t i = 0; i < m_calls.size(); ++i) {
        sum += m_failed[i];
        if (m_failed[i] > 0)
            parts << QStringLiteral("%1 %2").arg(QLatin1String(SystemCalls::Names[i])).arg(m_failed[i]);
    }
    return QStringLiteral("%1 failures in %2 lives of %3 calls, %4 s: ")
                   .arg(sum)
                   .arg(m_lives)
                   .arg(std::accumulate(m_calls.begin(), m_calls.end(), 0))
                   .arg(double(m_time.elapsed()) / 1000, 0, 'f', 1)
            + parts.join(QStringLiteral(", "));
}

void tst_Torture::everyCallFailsOnce_data()
{
    QTest::addColumn<Setting>("setting");
    QTest::addColumn<bool>("isThorough"); // with each error at each call; else they take turns
    constexpr auto Single = ConnectionMode::Single;
    const bool isAsked = qEnvironmentVariableIntValue("QNETPOOL_TORTURE_THOROUGH") > 0;
    QTest::newRow("client") << Setting{} << (isAsked || !isShort());
    QTest::newRow("client, Single") << Setting{.mode = Single} << isAsked;
    QTest::newRow("client, setup thread") << Setting{.setupThreads = 1} << isAsked;
    QTest::newRow("client, TLS") << Setting{.isTls = true, .capacity = 2} << isAsked;
    QTest::newRow("server, allowed peers")
            << Setting{.isServer = true, .allowedPeers = {QStringLiteral("127.0.0.1")}} << (isAsked || !isShort());
    QTest::newRow("server, Single") << Setting{.isServer = true, .mode = Single} << isAsked;
    QTest::newRow("server, TLS, setup thread")
            << Setting{.isServer = true, .isTls = true, .capacity = 2, .setupThreads = 1} << isAsked;
}

void tst_Torture::everyCallFailsOnce()
{
    QFETCH(const Setting, setting);
    QFETCH(const bool, isThorough);
    Torture torture(setting);
    const QString wrong = torture.rehearse();
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    QVERIFY(torture.calls(SystemCalls::Receive) > 0); // of the pool
    QVERIFY(torture.calls(SystemCalls::Read) > 0); // of Qt
    for (int i = 0; i < SystemCalls::CallCount; ++i) {
        const auto call = Call(i);
        const std::vector<int> &errors = SystemCalls::errorsOf(call);
        for (int number = 1; number <= torture.calls(call) && !torture.isOver(); number += stride()) {
            const auto turn = errors.begin() + number % qsizetype(errors.size());
            for (auto error = isThorough ? errors.begin() : turn; error != (isThorough ? errors.end() : turn + 1); ++error)
                torture.live({call, number, *error});
        }
    }
    qInfo().noquote() << torture.summary();
    QVERIFY2(torture.findings().isEmpty(), qPrintable(torture.findings()));
}

void tst_Torture::everyCallFailsForAWhile_data()
{
    QTest::addColumn<Setting>("setting");
    QTest::newRow("client") << Setting{};
    QTest::newRow("server") << Setting{.isServer = true};
}

void tst_Torture::everyCallFailsForAWhile()
{
    QFETCH(const Setting, setting);
    Torture torture(setting);
    const QString wrong = torture.rehearse();
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    for (const Call call : {SystemCalls::Socket, SystemCalls::Connect, SystemCalls::Accept, SystemCalls::EpollCreate,
                            SystemCalls::EpollControl}) {
        for (int number = 1; number <= torture.calls(call) && !torture.isOver(); number += stride())
            torture.live({call, number, SystemCalls::errorsOf(call).front(), 30ms});
    }
    qInfo().noquote() << torture.summary();
    QVERIFY2(torture.findings().isEmpty(), qPrintable(torture.findings()));
}

void tst_Torture::existingConnectionsLiveOn_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::newRow("client") << false;
    QTest::newRow("server") << true;
}

// Out of descriptors.
void tst_Torture::existingConnectionsLiveOn()
{
    QFETCH(const bool, isServer);
    Peer peer({.isServer = isServer});
    ServerPool server;
    ClientPool client(clientOf(peer.port(), 2));
    Pool &pool = isServer ? static_cast<Pool &>(server) : client;
    if (isServer) {
        listen(server);
        peer.keepConnected(server.serverPort(), 2);
    } else {
        QVERIFY(client.start());
    }
    QTRY_COMPARE(pool.idleCount(), 2);
    QTRY_COMPARE(pool.state(), Pool::State::Ready);
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QSignalSpy states(&pool, &Pool::stateChanged);

    SystemCalls::begin({isServer ? SystemCalls::Accept : SystemCalls::Socket, 1, EMFILE, 1h});
    if (isServer)
        peer.keepConnected(server.serverPort(), 4);
    Connection one = pool.take();
    Connection other = pool.take();
    QVERIFY(one && other);
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QTRY_VERIFY(SystemCalls::failed() >= 3); // it tries again and again
    for (Connection *lease : {&one, &other}) {
        (*lease)->write("still there?");
        QTRY_COMPARE((*lease)->bytesAvailable(), 12);
        QCOMPARE((*lease)->readAll(), "still there?");
    }
    QCOMPARE(errors.size(), 1); // told once an outage
    QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
    SystemCalls::end();

    QTRY_COMPARE(pool.state(), Pool::State::Ready);
    QTRY_COMPARE(pool.idleCount(), 2); // new ones
    QCOMPARE(states.size(), 2);
}

// The client that found no descriptor has gone when there are some again.
void tst_Torture::serverIsReadyAgainThoughNobodyComes()
{
    Peer peer({.isServer = true});
    ServerPool server;
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QSignalSpy states(&server, &Pool::stateChanged);
    SystemCalls::begin({SystemCalls::Accept, 2, EMFILE, 50ms}); // the first call takes the client in
    int clients = 1;
    peer.keepConnected(server.serverPort(), clients);
    const auto cameInVain = [&] { // on a slow machine, there is no second call for the first client
        if (SystemCalls::failed() == 0 && server.idleCount() == clients)
            peer.keepConnected(server.serverPort(), ++clients);
        return SystemCalls::failed() > 0;
    };
    QTRY_VERIFY(cameInVain());
    QTRY_COMPARE(states.size(), 2);
    QCOMPARE(states.first().first().value<Pool::State>(), Pool::State::Degraded);
    QCOMPARE(server.state(), Pool::State::Ready);
    QCOMPARE(errors.size(), 1);
    QTRY_COMPARE(server.idleCount(), clients);
}

// accept4() tells who it is; where an application has accepted, getpeername() does.
void tst_Torture::aPeerWithoutANameIsRefused()
{
    QTcpServer application;
    QVERIFY(application.listen(QHostAddress::LocalHost));
    application.pauseAccepting();
    Peer peer({.isServer = true});
    ServerPool::Configuration wish;
    wish.allowedPeers = QStringList{QStringLiteral("127.0.0.1")};
    ServerPool server(wish);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    peer.keepConnected(application.serverPort(), 1);
    const auto accepted = [&application] {
        int descriptor = -1;
        turnUntil([&] { return (descriptor = ::accept(int(application.socketDescriptor()), nullptr, nullptr)) >= 0; });
        return descriptor;
    };
    SystemCalls::begin({SystemCalls::PeerName, 1, ENOTCONN});
    QVERIFY(!server.addConnection(accepted()));
    QCOMPARE(SystemCalls::failed(), 1);
    QCOMPARE(lastError(errors), Pool::Error::AcceptFailed);
    QCOMPARE(server.pendingCount(), 0);
    QVERIFY(server.addConnection(accepted())); // the peer has come again: it was closed
    QTRY_COMPARE(server.idleCount(), 1);
}

#ifndef QNETPOOL_NOTIFIER_WATCHER
// A connection that is not watched is not known to live. It is closed, which is told, and the client does not dial at full speed.
void tst_Torture::whatCannotBeWatchedIsReported_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<bool>("hasDialer");
    QTest::newRow("client") << false << false;
    QTest::newRow("client, dialer") << false << true;
    QTest::newRow("server") << true << false;
}

void tst_Torture::whatCannotBeWatchedIsReported()
{
    QFETCH(const bool, isServer);
    QFETCH(const bool, hasDialer);
    Peer peer({.isServer = isServer});
    ServerPool server;
    ClientPool::Configuration wish = clientOf(peer.port(), 2);
    wish.sizing.maximumBackoff = 100ms;
    if (hasDialer)
        wish.dialer = [&peer](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, peer.port()); };
    ClientPool client(wish);
    Pool &pool = isServer ? static_cast<Pool &>(server) : client;
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    SystemCalls::begin({SystemCalls::EpollControl, 1, ENOSPC, 1h});
    if (isServer) {
        listen(server);
        peer.keepConnected(server.serverPort(), 1);
    } else {
        QVERIFY(client.start());
    }
    QTRY_VERIFY(SystemCalls::failed() >= 10); // it tries again and again
    QTRY_VERIFY(!errors.isEmpty());
    QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
    QCOMPARE(pool.idleCount(), 0);
    if (!isServer) {
        QCOMPARE(errors.size(), 1); // told once an outage
        QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    }
    SystemCalls::end();
    QTRY_VERIFY(pool.idleCount() > 0);
    QTRY_COMPARE(pool.state(), Pool::State::Ready);
}
#endif

QNETPOOL_TEST_MAIN(tst_Torture)
#include "tst_torture.moc"
