// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

#include <QtCore/QLoggingCategory>
#include <QtCore/QScopeGuard>

// Who is let in with TLS, on both ends; and that nobody learns a secret from what is told about it.
class tst_Identities : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void clientsThatMayNotAreNeverInTheStock_data();
    void clientsThatMayNotAreNeverInTheStock();
    void nameIsCheckedAlsoWhenItIsAnAddress_data();
    void nameIsCheckedAlsoWhenItIsAnAddress();
    void onePinOfSeveralIsEnough_data();
    void onePinOfSeveralIsEnough();
    void protocolIsNegotiated_data();
    void protocolIsNegotiated();
    void noSecretIsTold();
};

static ServerPool::Configuration serverShowing(const QString &certificate)
{
    ServerPool::Configuration wish;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(certificate)};
    return wish;
}

static ClientPool::Configuration verifyingClientOf(quint16 port)
{
    ClientPool::Configuration wish = clientOf(port, 1);
    wish.tls.mode = TlsMode::Verified;
    wish.tls.configuration = Certificates::trustingCa();
    return wish;
}

void tst_Identities::clientsThatMayNotAreNeverInTheStock_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QString>("cause");
    QTest::addColumn<ConnectionMode>("mode");
    QTest::addColumn<int>("setupThreads");
    const std::pair<const char *, const char *> clients[] = {
            {"", "certificate"},
            {"self-signed", "self-signed"},
            {"expired", "expired"},
    };
    for (const auto &[certificate, cause] : clients) {
        for (const auto &[mode, name] : {std::pair(ConnectionMode::Multi, "multi"), {ConnectionMode::Single, "single"}}) {
            for (const int threads : {0, 1})
                QTest::addRow("%s certificate, %s, %d threads", *certificate ? certificate : "no", name, threads)
                        << QString::fromLatin1(certificate) << QString::fromLatin1(cause) << mode << threads;
        }
    }
}

// In Single mode the client takes itself for accepted, as in TLS 1.3 its handshake ends before the server's.
void tst_Identities::clientsThatMayNotAreNeverInTheStock()
{
    QFETCH(const QString, certificate);
    QFETCH(const QString, cause);
    QFETCH(const ConnectionMode, mode);
    QFETCH(const int, setupThreads);
    ServerPool::Configuration serving = serverShowing(QStringLiteral("server"));
    serving.tls = {.enabled = true, .configuration = Certificates::demandingClientCertificate(serving.tls.configuration)};
    serving.connectionMode = mode;
    serving.setupThreads = setupThreads;
    ServerPool server(serving);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QSignalSpy available(&server, &Pool::connectionAvailable);
    ClientPool::Configuration dialling = verifyingClientOf(server.serverPort());
    dialling.connectionMode = mode;
    if (!certificate.isEmpty())
        dialling.tls.configuration = Certificates::trustingCa(Certificates::showing(certificate));
    ClientPool client(dialling);
    QVERIFY(client.start());
    QTRY_VERIFY(errors.size() >= 3);
    for (const QVariantList &emitted : std::as_const(errors)) {
        const QString said = emitted.at(1).toString();
        QCOMPARE(emitted.at(0).value<Pool::Error>(), Pool::Error::TlsFailed);
        QVERIFY2(said.contains(u"127.0.0.1") && said.contains(cause), qPrintable(said));
    }
    QCOMPARE(server.statistics().created, 0);
    QVERIFY(available.isEmpty());

    dialling.tls.configuration = Certificates::trustingCa(Certificates::showing(QStringLiteral("client")));
    QVERIFY(client.setConfiguration(dialling));
    QTRY_COMPARE(server.idleCount(), 1);
}

void tst_Identities::nameIsCheckedAlsoWhenItIsAnAddress_data()
{
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("peerName");
    QTest::addColumn<bool>("isAccepted"); // with a certificate for localhost, 127.0.0.1 and ::1
    const QString none;
    QTest::newRow("address") << QStringLiteral("127.0.0.1") << none << true;
    QTest::newRow("other address") << QStringLiteral("127.0.0.2") << none << false;
    QTest::newRow("other address, the name is asked for")
            << QStringLiteral("127.0.0.2") << QStringLiteral("localhost") << true;
    QTest::newRow("other address, the address is asked for")
            << QStringLiteral("127.0.0.2") << QStringLiteral("127.0.0.1") << true;
    QTest::newRow("address, another is asked for") << QStringLiteral("127.0.0.1") << QStringLiteral("127.0.0.2") << false;
    QTest::newRow("IPv6") << QStringLiteral("::1") << none << true;
    QTest::newRow("IPv6 in other words") << QStringLiteral("0:0:0:0:0:0:0:1") << none << true;
    QTest::newRow("IPv4 as IPv6") << QStringLiteral("127.0.0.1") << QStringLiteral("::ffff:127.0.0.2") << false;
    QTest::newRow("name") << QStringLiteral("localhost") << none << true;
}

void tst_Identities::nameIsCheckedAlsoWhenItIsAnAddress()
{
    QFETCH(const QString, host);
    QFETCH(const QString, peerName);
    QFETCH(const bool, isAccepted);
    ServerPool server(serverShowing(QStringLiteral("server")));
    QVERIFY(server.listen(QHostAddress::Any));
    ClientPool::Configuration wish = verifyingClientOf(server.serverPort());
    wish.host = host;
    wish.tls.peerName = peerName;
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    if (isAccepted) {
        QTRY_COMPARE(client.idleCount(), 1);
        QCOMPARE(client.errorCount(), 0);
        return;
    }
    QTRY_VERIFY(!errors.isEmpty());
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QVERIFY2(lastMessage(errors).contains(u"host name") && lastMessage(errors).contains(host),
             qPrintable(lastMessage(errors)));
    QCOMPARE(client.statistics().created + server.statistics().created, 0);
}

void tst_Identities::onePinOfSeveralIsEnough_data()
{
    QTest::addColumn<int>("place"); // -1: it is not among them
    QTest::newRow("first") << 0;
    QTest::newRow("in the middle") << 1;
    QTest::newRow("last") << 2;
    QTest::newRow("none") << -1;
}

void tst_Identities::onePinOfSeveralIsEnough()
{
    QFETCH(const int, place);
    ServerPool server(serverShowing(QStringLiteral("self-signed")));
    listen(server);
    const QByteArray pin = Certificates::certificate(QStringLiteral("self-signed")).digest(QCryptographicHash::Sha256);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.tls.mode = TlsMode::SelfSigned;
    for (const char *other : {"ca", "server", "client"})
        wish.tls.pinnedFingerprints << Certificates::certificate(QLatin1String(other)).digest(QCryptographicHash::Sha256);
    wish.tls.pinnedFingerprints.first()[31] = pin[31]; // the end alone is not enough
    if (place >= 0)
        wish.tls.pinnedFingerprints[place] = pin;
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    if (place >= 0) {
        QTRY_COMPARE(client.idleCount(), 1);
        QCOMPARE(client.errorCount(), 0);
        return;
    }
    QTRY_VERIFY(!errors.isEmpty());
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QVERIFY2(lastMessage(errors).contains(QLatin1String(pin.toHex())), qPrintable(lastMessage(errors)));
    QCOMPARE(client.statistics().created, 0);
}

void tst_Identities::protocolIsNegotiated_data()
{
    using Protocols = QList<QByteArray>;
    QTest::addColumn<Protocols>("ofServer");
    QTest::addColumn<Protocols>("ofClient");
    QTest::addColumn<QByteArray>("agreed");
    QTest::newRow("one in common") << Protocols{"pool/2", "pool/1"} << Protocols{"h2", "pool/1"} << QByteArray("pool/1");
    QTest::newRow("several") << Protocols{"pool/2", "pool/1"} << Protocols{"pool/2", "pool/1"} << QByteArray("pool/2");
    QTest::newRow("only the client asks") << Protocols{} << Protocols{"pool/1"} << QByteArray();
}

void tst_Identities::protocolIsNegotiated()
{
    QFETCH(const QList<QByteArray>, ofServer);
    QFETCH(const QList<QByteArray>, ofClient);
    QFETCH(const QByteArray, agreed);
    ServerPool::Configuration serving = serverShowing(QStringLiteral("server"));
    serving.tls.configuration.setAllowedNextProtocols(ofServer);
    ServerPool server(serving);
    listen(server);
    ClientPool::Configuration wish = verifyingClientOf(server.serverPort());
    wish.tls.configuration.setAllowedNextProtocols(ofClient);
    ClientPool client(wish);
    fill(server, client, 1);
    const Connection here = client.take();
    const Connection there = server.take();
    for (const Connection *connection : {&here, &there}) {
        const auto *socket = qobject_cast<QSslSocket *>(connection->socket());
        QCOMPARE(socket->sslConfiguration().nextNegotiatedProtocol(), agreed);
    }
}

namespace {

// What of a private key must be nowhere, in the forms in which it could be.
class Secrets
{
public:
    explicit Secrets(const QString &key)
    {
        const QByteArray pem = Certificates::read(key + QStringLiteral(".key"));
        for (const QByteArray &line : pem.split('\n')) {
            if (!line.startsWith("-----") && line.size() >= 16)
                m_needles << line << line.left(16) << line.right(16);
        }
        const QByteArray der = QSslKey(pem, QSsl::Ec).toDer();
        const QByteArray number = der.mid(der.indexOf(QByteArray::fromHex("0420")) + 2, 32);
        for (qsizetype at = 0; at + 8 <= number.size(); at += 8) {
            const QByteArray part = number.mid(at, 8);
            m_needles << part << part.toHex() << part.toHex().toUpper() << part.toHex(':');
        }
    }
    bool areIn(const QString &text) const
    {
        const auto isIn = [&text](const QByteArray &needle) { return text.contains(QString::fromLatin1(needle)); };
        return std::any_of(m_needles.begin(), m_needles.end(), isIn);
    }

private:
    QList<QByteArray> m_needles;
};

QStringList told;

} // namespace

void tst_Identities::noSecretIsTold()
{
    const QtMessageHandler before =
            qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &message) { told << message; });
    QLoggingCategory::setFilterRules(QStringLiteral("qnetpool.*=true"));
    const auto quiet = qScopeGuard([before] {
        QLoggingCategory::setFilterRules({});
        qInstallMessageHandler(before);
    });
    int errors = 0;
    const auto note = [&errors](Pool::Error, const QString &message) {
        ++errors;
        told << message;
    };
    // The server's key and the client's, with which it gets in or does not.
    for (const char *shown : {"client", "self-signed", "expired"}) {
        for (const char *serverShown : {"server", "expired", "other-host"}) {
            ServerPool::Configuration serving = serverShowing(QLatin1String(serverShown));
            serving.tls = {.enabled = true,
                           .configuration = Certificates::demandingClientCertificate(serving.tls.configuration)};
            ServerPool server(serving);
            connect(&server, &Pool::errorOccurred, note);
            listen(server);
            ClientPool::Configuration wish = verifyingClientOf(server.serverPort());
            wish.tls.configuration = Certificates::trustingCa(Certificates::showing(QLatin1String(shown)));
            ClientPool client(wish);
            connect(&client, &Pool::errorOccurred, note);
            QVERIFY(client.start());
            const int sofar = errors;
            QTRY_VERIFY(server.idleCount() > 0 || errors >= sofar + 2);
            serving.tls.configuration.setPrivateKey({}); // a configuration that cannot work
            QVERIFY(!server.setConfiguration(serving));
        }
    }
    QVERIFY(told.size() > 50);
    QVERIFY(errors >= 8);
    QVERIFY(!told.filter(QStringLiteral("is set up")).isEmpty()); // it did get in once
    for (const char *key : {"server", "client", "self-signed", "expired", "other-host"}) {
        const Secrets secrets{QLatin1String(key)};
        const QByteArray pem = Certificates::read(QLatin1String(key) + QLatin1String(".key"));
        QVERIFY(secrets.areIn(QString::fromLatin1(pem))
                && secrets.areIn(QString::fromLatin1(QSslKey(pem, QSsl::Ec).toDer().toHex())));
        for (const QString &text : std::as_const(told))
            QVERIFY2(!secrets.areIn(text), qPrintable(text));
    }
}

QTEST_GUILESS_MAIN(tst_Identities)
#include "tst_identities.moc"
