// SPDX-License-Identifier: BSD-3-Clause
#include "certificates.h"
#include "descriptors.h"
#include "dial/dialplan.h"
#include "patience.h"
#include "setup/tls.h"
#include "setuprunner.h"
#include "silentpeer.h"
#include "stock/entry.h"
#include "testmain.h"

#include <QtCore/QRandomGenerator>
#include <QtCore/QSemaphore>
#include <QtNetwork/QSslSocket>
#include <QtNetwork/QTcpServer>
#include <QtTest/QTest>

#include <atomic>

using namespace QNetPool;
using namespace std::chrono_literals;

// A name has several addresses, some of which are dead: RFC 8305.
class tst_ConnectRaces : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void deadAddressesDoNotCostTheConnectTimeout_data();
    void deadAddressesDoNotCostTheConnectTimeout();
    void failureTellsTheLastCause();
    void errorIsThatOfTheLastCause();
    void timeoutCoversAllAttempts();
    void newAddressIsSeenAfterAFailure_data();
    void newAddressIsSeenAfterAFailure();
    void oneLookupServesManyDials();
    void silentNameServiceIsATimeout();
    void mayBeAbandonedAtAnyTime_data();
    void mayBeAbandonedAtAnyTime();
};

namespace {

// A server on loopback that sends an ID, behind TLS or not, and then nothing.
class Server : public QTcpServer
{
public:
    explicit Server(bool isEncrypted, const QByteArray &id = "abcdefgh") : m_isEncrypted(isEncrypted), m_id(id)
    {
        // None that the system gives to connections: on other addresses it has to be free, too.
        for (int tries = 0; !isListening(); ++tries) {
            const auto port = quint16(20000 + QRandomGenerator::global()->bounded(10000));
            if (!listen(QHostAddress(QStringLiteral("127.0.0.1")), port) && tries == 100)
                qFatal("cannot listen");
        }
    }

protected:
    void incomingConnection(qintptr descriptor) override
    {
        auto *socket = new QSslSocket(this);
        socket->setSocketDescriptor(descriptor);
        if (!m_isEncrypted) {
            socket->write(m_id);
            return;
        }
        socket->setSslConfiguration(Certificates::showing(QStringLiteral("self-signed")));
        connect(socket, &QSslSocket::encrypted, socket, [this, socket] { socket->write(m_id); });
        socket->startServerEncryption();
    }

private:
    const bool m_isEncrypted;
    const QByteArray m_id;
};

QList<QHostAddress> addressesIn(const QByteArray &text)
{
    QList<QHostAddress> addresses;
    for (const QString &address : QString::fromLatin1(text).split(u' ', Qt::SkipEmptyParts))
        addresses << QHostAddress(address);
    return addresses;
}

QHostInfo infoOf(const QByteArray &addresses)
{
    QHostInfo info;
    info.setAddresses(addressesIn(addresses));
    return info;
}

// A connectTimeout for which no test waits.
std::shared_ptr<DialPlan> planOf(quint16 port, Resolver::Lookup lookup, bool isEncrypted = false)
{
    const auto plan = std::make_shared<DialPlan>();
    plan->configuration.host = QStringLiteral("host.example");
    plan->configuration.port = port;
    plan->configuration.connectTimeout = 1h;
    plan->resolver = std::make_shared<Resolver>(plan->configuration.host, std::move(lookup));
    if (isEncrypted) {
        plan->configuration.tls.mode = TlsMode::SelfSigned;
        plan->tls = clientTls({}, TlsMode::SelfSigned, false);
    }
    return plan;
}

std::shared_ptr<DialPlan> planOf(quint16 port, const QByteArray &addresses, bool isEncrypted = false)
{
    return planOf(
            port, [addresses](const QString &) { return infoOf(addresses); }, isEncrypted);
}

// Dials, and keeps what comes of it.
class Dialler
{
public:
    explicit Dialler(int threads = 0) { m_runner.setThreads(threads); }

    void dial(const std::shared_ptr<const DialPlan> &plan) { m_runner.run(&m_entry, SetupRunner::Client{plan}); }
    void abandon()
    {
        m_runner.abandonAll();
        m_runner.stop();
    }
    std::vector<SetupOutcome> outcomes;

private:
    Entry m_entry;
    SetupRunner m_runner{[this](Entry *, SetupOutcome outcome) { outcomes.push_back(std::move(outcome)); }, nullptr};
};

QString peerOf(const SetupOutcome &outcome)
{
    return (outcome.socket ? outcome.socket->peerAddress() : peerAddress(outcome.descriptor.value())).toString();
}

} // namespace

// What is not silent, refuses.
void tst_ConnectRaces::deadAddressesDoNotCostTheConnectTimeout_data()
{
    QTest::addColumn<QByteArray>("silent");
    QTest::addColumn<QByteArray>("addresses");
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<int>("threads");
    const struct
    {
        const char *name;
        QByteArray silent;
        QByteArray addresses;
    } cases[] = {
            {"a dead family", "::1", "::1 127.0.0.1"},
            {"a dead family with many addresses", "127.0.0.2 127.0.0.3 127.0.0.4",
             "127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.1"},
            {"first fails at once", "", "127.0.0.2 127.0.0.1"},
            {"first fails at once, second hangs", "127.0.0.3", "127.0.0.2 127.0.0.3 127.0.0.1"},
            {"first hangs, second fails at once", "127.0.0.2", "127.0.0.2 127.0.0.3 127.0.0.1"},
            {"both hang", "127.0.0.2 127.0.0.3", "127.0.0.2 127.0.0.3 127.0.0.1"},
    };
    for (const auto &one : cases) {
        for (const bool isEncrypted : {false, true}) {
            for (const int threads : {0, 1})
                QTest::addRow("%s, %s, %d threads", one.name, isEncrypted ? "TLS" : "plain", threads)
                        << one.silent << one.addresses << isEncrypted << threads;
        }
    }
}

void tst_ConnectRaces::deadAddressesDoNotCostTheConnectTimeout()
{
    QFETCH(const QByteArray, silent);
    QFETCH(const QByteArray, addresses);
    QFETCH(const bool, isEncrypted);
    QFETCH(const int, threads);
    const Server server(isEncrypted);
    std::vector<std::unique_ptr<SilentPeer>> silentPeers;
    for (const QHostAddress &address : addressesIn(silent))
        silentPeers.push_back(std::make_unique<SilentPeer>(address, server.serverPort()));
    const int before = openSockets();
    Dialler dialler(threads);
    dialler.dial(planOf(server.serverPort(), addresses, isEncrypted));
    QTRY_COMPARE(dialler.outcomes.size(), std::size_t(1));
    const SetupOutcome &outcome = dialler.outcomes.front();
    QVERIFY2(outcome.isConnected(), qPrintable(outcome.message));
    QCOMPARE(outcome.id.toByteArray(), QByteArray("abcdefgh"));
    QVERIFY(outcome.connectTime && outcome.handshakeTime);
    QCOMPARE(peerOf(outcome), QStringLiteral("127.0.0.1"));
    QCOMPARE(openSockets(), before + 2); // this one and its other end: those that have lost are closed
    if (isEncrypted)
        QCOMPARE(outcome.socket->peerName(), QStringLiteral("host.example")); // as after connectToHost()
}

void tst_ConnectRaces::failureTellsTheLastCause()
{
    QTcpServer port;
    QVERIFY(port.listen(QHostAddress::LocalHost));
    const quint16 number = port.serverPort();
    port.close();
    const int before = openSockets();
    Dialler dialler;
    dialler.dial(planOf(number, "127.0.0.2 127.0.0.3 127.0.0.1"));
    QTRY_COMPARE(dialler.outcomes.size(), std::size_t(1));
    const SetupOutcome &outcome = dialler.outcomes.front();
    QVERIFY(!outcome.isConnected());
    QCOMPARE(outcome.error, Pool::Error::ConnectFailed);
    QVERIFY2(outcome.message.contains(u"host.example") && outcome.message.contains(u"refused (3 of 3 addresses tried)"),
             qPrintable(outcome.message));
    QCOMPARE(openSockets(), before);
}

// There is no descriptor for the second attempt, but what fails the dial in the end is the first one's silence.
void tst_ConnectRaces::errorIsThatOfTheLastCause()
{
    const Server server(false);
    const SilentPeer silent(QHostAddress(QStringLiteral("127.0.0.2")), server.serverPort());
    const auto plan = planOf(server.serverPort(), "127.0.0.2 127.0.0.1");
    plan->configuration.connectTimeout = 400ms; // the second attempt begins after 250 ms
    Dialler dialler;
    const int before = openSockets();
    dialler.dial(plan);
    QTRY_COMPARE(openSockets(), before + 1);
    const NoNewDescriptors none;
    QVERIFY(none.isSet());
    QTRY_VERIFY(!dialler.outcomes.empty());
    const SetupOutcome &outcome = dialler.outcomes.front();
    QVERIFY2(outcome.message.contains(u"no answer within 400 ms (2 of 2"), qPrintable(outcome.message));
    QCOMPARE(outcome.error, Pool::Error::ConnectFailed);
}

void tst_ConnectRaces::timeoutCoversAllAttempts()
{
    const Server server(false);
    const SilentPeer one(QHostAddress(QStringLiteral("127.0.0.2")), server.serverPort());
    const SilentPeer other(QHostAddress(QStringLiteral("127.0.0.3")), server.serverPort());
    const int before = openSockets();
    const auto plan = planOf(server.serverPort(), "127.0.0.2 127.0.0.3 127.0.0.2 127.0.0.1");
    plan->configuration.connectTimeout = 400ms; // the third attempt would begin after 500 ms
    Dialler dialler;
    dialler.dial(plan);
    QTRY_COMPARE(dialler.outcomes.size(), std::size_t(1));
    QCOMPARE(dialler.outcomes.front().error, Pool::Error::ConnectFailed);
    const QString message = dialler.outcomes.front().message;
    QVERIFY2(message.contains(u"no answer within 400 ms (2 of 4 addresses tried)"), qPrintable(message));
    QCOMPARE(openSockets(), before);
}

void tst_ConnectRaces::newAddressIsSeenAfterAFailure_data()
{
    QTest::addColumn<bool>("isSilent");
    QTest::newRow("the old one refuses") << false;
    QTest::newRow("the old one is silent") << true;
}

void tst_ConnectRaces::newAddressIsSeenAfterAFailure()
{
    QFETCH(const bool, isSilent);
    const Server server(false);
    std::unique_ptr<SilentPeer> silent;
    if (isSilent)
        silent = std::make_unique<SilentPeer>(QHostAddress(QStringLiteral("127.0.0.2")), server.serverPort());
    std::atomic<int> asked = 0;
    const auto plan =
            planOf(server.serverPort(), [&asked](const QString &) { return infoOf(asked++ ? "127.0.0.1" : "127.0.0.2"); });
    if (isSilent)
        plan->configuration.connectTimeout = 200ms;
    Dialler dialler;
    dialler.dial(plan);
    QTRY_COMPARE(dialler.outcomes.size(), std::size_t(1));
    QVERIFY(!dialler.outcomes.front().isConnected());
    plan->configuration.connectTimeout = 1h;
    dialler.dial(plan);
    QTRY_COMPARE(dialler.outcomes.size(), std::size_t(2));
    QVERIFY2(dialler.outcomes.back().isConnected(), qPrintable(dialler.outcomes.back().message));
    QCOMPARE(asked, 2);
}

void tst_ConnectRaces::oneLookupServesManyDials()
{
    const Server server(false);
    std::atomic<int> asked = 0;
    const auto plan = planOf(server.serverPort(), [&asked](const QString &) {
        ++asked;
        return infoOf("127.0.0.1");
    });
    Dialler dialler(3);
    for (int i = 0; i < 30; ++i)
        dialler.dial(plan);
    QTRY_COMPARE(dialler.outcomes.size(), std::size_t(30));
    QVERIFY(std::all_of(dialler.outcomes.begin(), dialler.outcomes.end(),
                        [](const SetupOutcome &outcome) { return outcome.isConnected(); }));
    QCOMPARE(asked, 1);
}

void tst_ConnectRaces::silentNameServiceIsATimeout()
{
    QSemaphore mayAnswer;
    const auto plan = planOf(4711, [&mayAnswer](const QString &) {
        mayAnswer.acquire();
        return infoOf("127.0.0.1");
    });
    plan->configuration.connectTimeout = 50ms;
    Dialler dialler;
    dialler.dial(plan);
    QTRY_COMPARE(dialler.outcomes.size(), std::size_t(1));
    QCOMPARE(dialler.outcomes.front().error, Pool::Error::ConnectFailed);
    const QString message = dialler.outcomes.front().message;
    QVERIFY2(message.contains(u"looked up within 50 ms"), qPrintable(message));
    const std::weak_ptr<Resolver> resolver = plan->resolver;
    plan->resolver.reset();
    mayAnswer.release();
    QTRY_VERIFY(resolver.expired());
    QCOMPARE(dialler.outcomes.size(), std::size_t(1));
}

void tst_ConnectRaces::mayBeAbandonedAtAnyTime_data()
{
    QTest::addColumn<QString>("state");
    QTest::addColumn<int>("threads");
    for (const char *state : {"lookup", "first attempt", "second attempt", "ID", "TLS handshake", "ID behind TLS"}) {
        for (const int threads : {0, 1})
            QTest::addRow("%s, %d threads", state, threads) << QString::fromLatin1(state) << threads;
    }
}

void tst_ConnectRaces::mayBeAbandonedAtAnyTime()
{
    QFETCH(const QString, state);
    QFETCH(const int, threads);
    const bool isEncrypted = state.contains(u"TLS");
    Server server(state == QLatin1String("ID behind TLS"), "abc");
    const SilentPeer one(QHostAddress(QStringLiteral("127.0.0.2")), server.serverPort());
    const SilentPeer other(QHostAddress(QStringLiteral("127.0.0.3")), server.serverPort());
    const int before = openSockets();
    QSemaphore mayAnswer;
    std::atomic<bool> isAsked = false;
    const auto plan = planOf(
            server.serverPort(),
            [&](const QString &) {
                isAsked = true;
                mayAnswer.acquire();
                return infoOf(state.contains(u"attempt") ? "127.0.0.2 127.0.0.3" : "127.0.0.1");
            },
            isEncrypted);
    std::weak_ptr<Resolver> resolver = plan->resolver;
    {
        Dialler dialler(threads);
        dialler.dial(plan);
        QTRY_VERIFY(isAsked);
        if (state != QLatin1String("lookup"))
            mayAnswer.release();
        if (state == QLatin1String("first attempt"))
            QTRY_COMPARE(openSockets(), before + 1);
        else if (state != QLatin1String("lookup")) // two attempts, or a connection and its other end
            QTRY_COMPARE(openSockets(), before + 2);
        if (state == QLatin1String("ID behind TLS"))
            QTRY_VERIFY(server.findChild<QSslSocket *>() && server.findChild<QSslSocket *>()->isEncrypted());
        dialler.abandon();
        QVERIFY(dialler.outcomes.empty());
    }
    plan->resolver.reset();
    mayAnswer.release();
    QTRY_VERIFY(resolver.expired()); // the lookup has ended, too
    QTRY_VERIFY(!server.findChild<QSslSocket *>()
                || server.findChild<QSslSocket *>()->state() == QAbstractSocket::UnconnectedState);
    qDeleteAll(server.findChildren<QSslSocket *>());
    QTRY_COMPARE(openSockets(), before);
}

QNETPOOL_TEST_MAIN(tst_ConnectRaces)
#include "tst_connectraces.moc"
