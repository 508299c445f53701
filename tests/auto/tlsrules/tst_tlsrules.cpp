// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "troubleshooting.h"

#include <QtCore/QScopeGuard>
#include <QtNetwork/QSslCipher>
#include <QtNetwork/QSslEllipticCurve>

// What a configuration may ask of TLS: nothing weaker than 1.3 by accident.
class tst_TlsRules : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void weakWishesAreRefused_data();
    void weakWishesAreRefused();
    void staplingIsForClients();
    void weakWishesChangeNothingWhileRunning();
    void unworkableTlsChangesNothingWhileRunning_data();
    void unworkableTlsChangesNothingWhileRunning();
    void certificateAndKeyAreRefusedWithoutEachOther();
    void keyOfAnotherCertificateIsRefused();
    void settingsOfATlsThatIsOffAreRefused();
    void clientDoesNotSendInClearWhatExpectsTls();
    void nullCertificatesAreRefused();
    void authoritiesOfAServerThatAsksForNoCertificateAreRefused();
    void pinsThatAreNoneAreRefusedInEveryMode();
    void pinsHoldInAdditionToVerification_data();
    void pinsHoldInAdditionToVerification();
    void putKeepsTheRulesOfADial_data();
    void putKeepsTheRulesOfADial();
    void putKeepsTheRulesOfAServer_data();
    void putKeepsTheRulesOfAServer();
    void putTakesWhatTheDefaultConfigurationVerified();
    void putKeepsTheRulesOfANewConfiguration();
    void peersAgreeOnAVersion_data();
    void peersAgreeOnAVersion();
    void peersAgreeOnAGroup_data();
    void peersAgreeOnAGroup();
    void nameIsVerifiedAgainstAlternativeNamesOfItsKind_data();
    void nameIsVerifiedAgainstAlternativeNamesOfItsKind();
    void serverAcceptsAClientThatResumes_data();
    void serverAcceptsAClientThatResumes();
};

void tst_TlsRules::initTestCase()
{
    // Or else OpenSSL itself, not the pool, might be what keeps TLS 1.2 out.
    QVERIFY(QSslSocket::isProtocolSupported(QSsl::TlsV1_2));
}

using Wish = std::function<void(QSslConfiguration &)>;
Q_DECLARE_METATYPE(Wish)

static Wish protocol(QSsl::SslProtocol value)
{
    return [value](QSslConfiguration &configuration) { configuration.setProtocol(value); };
}

// The ciphers of one version only.
static Wish ciphers(QSsl::SslProtocol version)
{
    return [version](QSslConfiguration &configuration) {
        QList<QSslCipher> all = QSslConfiguration::defaultConfiguration().ciphers();
        all.removeIf([version](const QSslCipher &cipher) { return cipher.protocol() != version; });
        configuration.setCiphers(all);
    };
}

static Wish backendOption(const QByteArray &name, const QVariant &value)
{
    return [name, value](QSslConfiguration &configuration) { configuration.setBackendConfigurationOption(name, value); };
}

void tst_TlsRules::weakWishesAreRefused_data()
{
    QTest::addColumn<Wish>("wish");
    QTest::addColumn<QString>("refusal"); // empty: none
    QTest::addColumn<QString>("refusalWithTls12");
    const QString tls12 = QStringLiteral("asks for TLS 1.2, which is refused unless tls.allowTls12 is set");
    const QString older = QStringLiteral("asks for a protocol older than TLS 1.2, or for DTLS");
    QTest::newRow("default") << Wish([](QSslConfiguration &) {}) << QString() << QString();
    QTest::newRow("TLS 1.3") << protocol(QSsl::TlsV1_3) << QString() << QString();
    QTest::newRow("TLS 1.3 or later") << protocol(QSsl::TlsV1_3OrLater) << QString() << QString();
    QTest::newRow("TLS 1.2") << protocol(QSsl::TlsV1_2) << tls12 << QString();
    QTest::newRow("TLS 1.2 or later") << protocol(QSsl::TlsV1_2OrLater) << tls12 << QString();
    QTest::newRow("any") << protocol(QSsl::AnyProtocol) << older << older;
    QTest::newRow("DTLS") << protocol(QSsl::DtlsV1_2OrLater) << older << older;
    QTest::newRow("ciphers of TLS 1.3") << ciphers(QSsl::TlsV1_3) << QString() << QString();
    QTest::newRow("ciphers of TLS 1.2") << ciphers(QSsl::TlsV1_2)
                                        << QStringLiteral("tls.configuration names no cipher of TLS 1.3") << QString();
    for (const char *name : {"MinProtocol", "minprotocol", "MaxProtocol"}) {
        const QString override =
                QStringLiteral("the backend option %1: its setProtocol(), and tls.allowTls12").arg(QLatin1String(name));
        QTest::newRow(name) << backendOption(name, QByteArray("TLSv1.2")) << override << override;
    }
    const QString unusable = QStringLiteral("tls.configuration cannot be used: ");
    QTest::newRow("ciphers of the backend")
            << backendOption("Ciphersuites", QByteArray("TLS_AES_128_GCM_SHA256")) << QString() << QString();
    for (const auto &[name, value] :
         {std::pair("Garbage", QVariant(QByteArray("x"))), std::pair("Ciphersuites", QVariant(QByteArray("x"))),
          std::pair("Protocol", QVariant(QByteArray("-TLSv1.3"))), std::pair("Groups", QVariant(QVariantList()))})
        QTest::newRow(name) << backendOption(name, value) << unusable << unusable;
}

// A server's handshake cannot begin; a client may ask for a stapled response.
void tst_TlsRules::staplingIsForClients()
{
    ServerPool::Configuration serving;
    serving.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    serving.tls.configuration.setOcspStaplingEnabled(true);
    const QStringList problems = ServerPool::problems(serving);
    QCOMPARE(problems.size(), 1);
    QVERIFY2(problems.first().startsWith(u"tls.configuration has setOcspStaplingEnabled(true)"),
             qPrintable(problems.first()));
    QVERIFY(Troubleshooting::tells(Pool::Error::InvalidConfiguration, problems.first()));

    ClientPool::Configuration dialling = clientOf(1);
    dialling.tls = {.mode = TlsMode::Verified, .configuration = Certificates::trustingCa()};
    dialling.tls.configuration.setOcspStaplingEnabled(true);
    QCOMPARE(ClientPool::problems(dialling), QStringList());
}

template<typename Start> static void checkRefusal(Pool &pool, const QString &refusal, Start start)
{
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QCOMPARE(start(), refusal.isEmpty());
    QCOMPARE(errors.size(), refusal.isEmpty() ? 0 : 1);
    if (refusal.isEmpty())
        return;
    QCOMPARE(lastError(errors), Pool::Error::InvalidConfiguration);
    QVERIFY2(lastMessage(errors).contains(refusal), qPrintable(lastMessage(errors)));
    QVERIFY2(Troubleshooting::tells(Pool::Error::InvalidConfiguration, lastMessage(errors)),
             qPrintable(lastMessage(errors)));
    QCOMPARE(pool.state(), Pool::State::Stopped);
}

void tst_TlsRules::weakWishesAreRefused()
{
    QFETCH(const Wish, wish);
    for (const bool allowTls12 : {false, true}) {
        const QString refusal = allowTls12
                ? *static_cast<QString *>(QTest::qData("refusalWithTls12", qMetaTypeId<QString>()))
                : *static_cast<QString *>(QTest::qData("refusal", qMetaTypeId<QString>()));
        ServerPool::Configuration serving;
        serving.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
        wish(serving.tls.configuration);
        serving.tls.allowTls12 = allowTls12;
        ServerPool server(serving);
        checkRefusal(server, refusal, [&] { return server.listen(QHostAddress::LocalHost); });

        ClientPool::Configuration dialling = clientOf(1);
        dialling.tls.mode = TlsMode::SelfSigned;
        wish(dialling.tls.configuration);
        dialling.tls.allowTls12 = allowTls12;
        ClientPool client(dialling);
        checkRefusal(client, refusal, [&] { return client.start(); });
    }
}

void tst_TlsRules::weakWishesChangeNothingWhileRunning()
{
    ServerPool::Configuration serving;
    serving.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(serving);
    listen(server);
    serving.tls.configuration.setProtocol(QSsl::TlsV1_2OrLater);
    QVERIFY(!server.setConfiguration(serving));
    QSslSocket old;
    old.setPeerVerifyMode(QSslSocket::VerifyNone);
    old.setProtocol(QSsl::TlsV1_2);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    old.connectToHostEncrypted(QStringLiteral("127.0.0.1"), server.serverPort());
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QCOMPARE(server.idleCount(), 0);
}

void tst_TlsRules::unworkableTlsChangesNothingWhileRunning_data()
{
    QTest::addColumn<ServerPool::Tls>("tls");
    QTest::addColumn<QString>("named");
    ServerPool::Tls off{.configuration = Certificates::showing(QStringLiteral("server"))};
    QTest::newRow("a certificate for a TLS that is off") << off << QStringLiteral("tls.enabled");
    QTest::newRow("TLS 1.2 for a TLS that is off") << ServerPool::Tls{.allowTls12 = true} << QStringLiteral("tls.enabled");
    ServerPool::Tls none{.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    none.configuration.setCaCertificates({QSslCertificate()});
    QTest::newRow("null certificates") << none << QStringLiteral("null");
    ServerPool::Tls unasked{.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    unasked.configuration.setCaCertificates({Certificates::certificate(QStringLiteral("ca"))});
    QTest::newRow("authorities for certificates that are not asked for") << unasked << QStringLiteral("authorit");
}

// Of a server; a client's have a test of their own.
void tst_TlsRules::unworkableTlsChangesNothingWhileRunning()
{
    QFETCH(const ServerPool::Tls, tls);
    QFETCH(const QString, named);
    for (const bool isEncrypted : {false, true}) {
        ServerPool::Configuration serving;
        if (isEncrypted)
            serving.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
        ServerPool server(serving);
        listen(server);
        ClientPool::Configuration wish = clientOf(server.serverPort(), 2);
        wish.tls.mode = isEncrypted ? TlsMode::SelfSigned : TlsMode::None;
        ClientPool client(wish);
        fill(server, client, 2);
        QSignalSpy errors(&server, &Pool::errorOccurred);
        ServerPool::Configuration refused = server.configuration();
        refused.tls = tls;
        QVERIFY(!server.setConfiguration(refused));
        QCOMPARE(errors.size(), 1);
        QCOMPARE(lastError(errors), Pool::Error::InvalidConfiguration);
        QVERIFY2(lastMessage(errors).contains(named), qPrintable(lastMessage(errors)));
        QCOMPARE(server.idleCount(), 2); // nothing has changed
        QCOMPARE(server.configuration().tls.enabled, isEncrypted);
        client.take().discard();
        QTRY_COMPARE(client.idleCount(), 2); // nor for new ones
    }
}

void tst_TlsRules::certificateAndKeyAreRefusedWithoutEachOther()
{
    const QSslConfiguration both = Certificates::showing(QStringLiteral("client"));
    QSslConfiguration certificateOnly = both;
    certificateOnly.setPrivateKey(QSslKey());
    QSslConfiguration keyOnly = both;
    keyOnly.setLocalCertificateChain({});
    QSslConfiguration nullCertificate = both;
    nullCertificate.setLocalCertificate(QSslCertificate()); // what a file that cannot be read comes to
    const auto ofClient = [](TlsMode mode, const QSslConfiguration &configuration) {
        ClientPool::Configuration dialling = clientOf(1);
        dialling.tls = {.mode = mode, .configuration = configuration};
        return ClientPool::problems(dialling);
    };
    const QStringList lacksKey{QStringLiteral("tls.configuration has a client certificate, but lacks a private key")};
    const QStringList lacksCertificate{
            QStringLiteral("tls.configuration has a private key, but lacks a client certificate")};
    for (const TlsMode mode : {TlsMode::SelfSigned, TlsMode::Verified}) {
        QCOMPARE(ofClient(mode, both), QStringList());
        QCOMPARE(ofClient(mode, QSslConfiguration::defaultConfiguration()), QStringList());
        QCOMPARE(ofClient(mode, certificateOnly), lacksKey);
        QCOMPARE(ofClient(mode, keyOnly), lacksCertificate);
        QCOMPARE(ofClient(mode, nullCertificate), lacksCertificate);
    }
    for (const QSslConfiguration &half : {certificateOnly, keyOnly, nullCertificate}) {
        ServerPool::Configuration serving;
        serving.tls = {.enabled = true, .configuration = half};
        QCOMPARE(
                ServerPool::problems(serving),
                QStringList(QStringLiteral("TLS is requested, but tls.configuration lacks a certificate or a private key")));
    }
}

void tst_TlsRules::keyOfAnotherCertificateIsRefused()
{
    const QStringList refusal{QStringLiteral("the private key of tls.configuration is not that of its certificate")};
    for (const QString &key : {QStringLiteral("server"), QStringLiteral("client"), QStringLiteral("self-signed")}) {
        QSslConfiguration configuration = Certificates::showing(QStringLiteral("server"));
        configuration.setPrivateKey(QSslKey(Certificates::read(key + QStringLiteral(".key")), QSsl::Ec));
        const QStringList expected = key == u"server" ? QStringList() : refusal;
        ServerPool::Configuration serving;
        serving.tls = {.enabled = true, .configuration = configuration};
        QCOMPARE(ServerPool::problems(serving), expected);
        ServerPool server(serving);
        QCOMPARE(server.listen(QHostAddress::LocalHost), expected.isEmpty());
        ClientPool::Configuration dialling = clientOf(1);
        dialling.tls = {.mode = TlsMode::SelfSigned, .configuration = configuration};
        QCOMPARE(ClientPool::problems(dialling), expected);
    }
}

void tst_TlsRules::settingsOfATlsThatIsOffAreRefused()
{
    ServerPool::Configuration serving;
    serving.tls.allowTls12 = true;
    const QString allowance = QStringLiteral("tls.allowTls12 has no effect unless tls.enabled is set");
    QCOMPARE(ServerPool::problems(serving), QStringList(allowance));
    serving.tls.configuration = Certificates::showing(QStringLiteral("server"));
    QCOMPARE(ServerPool::problems(serving),
             QStringList({QStringLiteral("tls.configuration has no effect unless tls.enabled is set"), allowance}));
    serving.tls.enabled = true;
    QCOMPARE(ServerPool::problems(serving), QStringList());
}

static QByteArray pinOf(const QString &certificate)
{
    return Certificates::certificate(certificate).digest(QCryptographicHash::Sha256);
}

void tst_TlsRules::clientDoesNotSendInClearWhatExpectsTls()
{
    const auto refusal = [](const char *field) {
        return QStringLiteral(
                       "tls.%1 has no effect unless tls.mode is set, to TlsMode::Verified for instance: nothing would "
                       "be encrypted")
                .arg(QLatin1String(field));
    };
    QSslConfiguration nullCertificate;
    nullCertificate.setLocalCertificate(QSslCertificate()); // what a file that cannot be read comes to
    const std::vector<std::pair<ClientPool::Tls, const char *>> settings{
            {{.peerName = QStringLiteral("localhost")}, "peerName"},
            {{.configuration = Certificates::trustingCa()}, "configuration"},
            {{.configuration = Certificates::showing(QStringLiteral("client"))}, "configuration"},
            {{.configuration = nullCertificate}, "configuration"},
            {{.allowTls12 = true}, "allowTls12"},
            {{.pinnedFingerprints = {pinOf(QStringLiteral("server"))}}, "pinnedFingerprints"}};
    for (const auto &[tls, field] : settings) {
        ClientPool::Configuration wish = clientOf(1);
        wish.tls = tls;
        QCOMPARE(ClientPool::problems(wish), QStringList(refusal(field)));
        ClientPool client(wish);
        QVERIFY(!client.start());

        ServerPool server;
        listen(server);
        ClientPool running(clientOf(server.serverPort()));
        QVERIFY(running.start());
        QVERIFY(!running.setConfiguration(wish));
    }
    ClientPool::Configuration all = clientOf(1);
    all.tls = {.peerName = QStringLiteral("localhost"),
               .configuration = Certificates::trustingCa(),
               .allowTls12 = true,
               .pinnedFingerprints = {pinOf(QStringLiteral("server"))}};
    QCOMPARE(ClientPool::problems(all),
             QStringList(
                     {refusal("peerName"), refusal("configuration"), refusal("allowTls12"), refusal("pinnedFingerprints")}));
    for (const TlsMode mode : {TlsMode::SelfSigned, TlsMode::Verified}) {
        all.tls.mode = mode;
        QCOMPARE(ClientPool::problems(all), QStringList());
    }
}

// A file that cannot be read comes to one.
void tst_TlsRules::nullCertificatesAreRefused()
{
    const QStringList refusal{QStringLiteral("tls.configuration has a null certificate: could its file be read?")};
    const QString name = QStringLiteral("server");
    QSslConfiguration inChain = Certificates::showing(name);
    inChain.setLocalCertificateChain({Certificates::certificate(name), QSslCertificate()});
    QSslConfiguration amongAuthorities = Certificates::showing(name);
    amongAuthorities.setCaCertificates({QSslCertificate()});
    amongAuthorities.setPeerVerifyMode(QSslSocket::VerifyPeer);
    for (const QSslConfiguration &configuration : {inChain, amongAuthorities}) {
        ServerPool::Configuration serving;
        serving.tls = {.enabled = true, .configuration = configuration};
        QCOMPARE(ServerPool::problems(serving), refusal);
        ServerPool server(serving);
        QVERIFY(!server.listen(QHostAddress::LocalHost));
        for (const TlsMode mode : {TlsMode::SelfSigned, TlsMode::Verified}) {
            ClientPool::Configuration dialling = clientOf(1);
            dialling.tls = {.mode = mode, .configuration = configuration};
            QCOMPARE(ClientPool::problems(dialling), refusal);
        }
    }
}

// Who names authorities for client certificates does not expect clients without one.
void tst_TlsRules::authoritiesOfAServerThatAsksForNoCertificateAreRefused()
{
    const QStringList refusal{QStringLiteral("tls.configuration has certificate authorities, but does not ask clients for a "
                                             "certificate: setPeerVerifyMode(QSslSocket::VerifyPeer) requires one")};
    for (const auto mode :
         {QSslSocket::AutoVerifyPeer, QSslSocket::VerifyNone, QSslSocket::QueryPeer, QSslSocket::VerifyPeer}) {
        QSslConfiguration configuration = Certificates::showing(QStringLiteral("server"));
        configuration.setPeerVerifyMode(mode);
        ServerPool::Configuration serving;
        serving.tls = {.enabled = true, .configuration = configuration};
        QCOMPARE(ServerPool::problems(serving), QStringList());
        serving.tls.configuration = Certificates::trustingCa(configuration);
        QCOMPARE(ServerPool::problems(serving), mode == QSslSocket::AutoVerifyPeer ? refusal : QStringList());
    }
}

void tst_TlsRules::pinsThatAreNoneAreRefusedInEveryMode()
{
    for (const TlsMode mode : {TlsMode::None, TlsMode::SelfSigned, TlsMode::Verified}) {
        ClientPool::Configuration wish = clientOf(1);
        wish.tls = {.mode = mode, .pinnedFingerprints = {pinOf(QStringLiteral("server")), "garbage", ""}};
        const QStringList problems = ClientPool::problems(wish).filter(QStringLiteral("is not a SHA-256 fingerprint"));
        QCOMPARE(problems.size(), 2);
        QVERIFY2(problems.first().contains(u"\"garbage\""), qPrintable(problems.first()));
        ClientPool client(wish);
        QVERIFY(!client.start());
    }
}

void tst_TlsRules::pinsHoldInAdditionToVerification_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QString>("pinned");
    QTest::addColumn<QString>("refusal"); // empty: none
    QTest::addColumn<int>("setupThreads");
    for (const int threads : {0, 1}) {
        const auto row = [threads](const char *what, const char *certificate, const char *pinned, const char *refusal) {
            QTest::addRow("%s, %d threads", what, threads) << QString::fromLatin1(certificate) << QString::fromLatin1(pinned)
                                                           << QString::fromLatin1(refusal) << threads;
        };
        row("verified and pinned", "server", "server", "");
        row("verified, another pinned", "server", "client", "is not pinned");
        row("pinned, for another name", "other-host", "other-host", "the certificate is not for");
        row("pinned, of no known authority", "self-signed", "self-signed", "self-signed");
        row("pinned, expired", "expired", "expired", "expired on");
    }
}

void tst_TlsRules::pinsHoldInAdditionToVerification()
{
    QFETCH(const QString, certificate);
    QFETCH(const QString, pinned);
    QFETCH(const QString, refusal);
    QFETCH(const int, setupThreads);
    ServerPool::Configuration serving;
    serving.tls = {.enabled = true, .configuration = Certificates::showing(certificate)};
    ServerPool server(serving);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.tls = {.mode = TlsMode::Verified,
                .peerName = QStringLiteral("localhost"),
                .configuration = Certificates::trustingCa(),
                .pinnedFingerprints = {pinOf(pinned)}};
    wish.setupThreads = setupThreads;
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_VERIFY(client.idleCount() == 1 || !errors.isEmpty());
    QCOMPARE(client.idleCount() == 1, refusal.isEmpty());
    if (refusal.isEmpty())
        return;
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QVERIFY2(lastMessage(errors).contains(refusal), qPrintable(lastMessage(errors)));
    QCOMPARE(client.statistics().created, 0);
}

namespace {

// What an application has set up, and puts into a client pool in TlsMode::Verified.
struct Putting
{
    const char *certificate = "server"; // that the peer shows
    bool isEncrypted = true;
    bool isFinished = true; // the handshake
    std::function<void(QSslSocket &)> prepare = [](QSslSocket &) {};
    std::function<void(ClientPool::Tls &)> change = [](ClientPool::Tls &) {}; // of the pool
};

void speakTls12(QSslSocket &socket)
{
    QSslConfiguration configuration = socket.sslConfiguration();
    configuration.setProtocol(QSsl::TlsV1_2);
    socket.setSslConfiguration(configuration);
}

void ignoreErrors(QSslSocket &socket)
{
    QObject::connect(&socket, &QSslSocket::sslErrors, &socket, [&socket] { socket.ignoreSslErrors(); });
}

// Who does not demand that the peer is verified.
void useSelfSigned(ClientPool::Tls &tls)
{
    tls.mode = TlsMode::SelfSigned;
    tls.peerName.clear();
}

void useNone(ClientPool::Tls &tls)
{
    tls = {};
}

ServerPool::Configuration serverShowing(const QString &certificate)
{
    ServerPool::Configuration serving;
    serving.connectionMode = ConnectionMode::Single;
    serving.tls = {.enabled = true, .configuration = Certificates::showing(certificate), .allowTls12 = true};
    return serving;
}

// Accepts as an application does that has a server of its own.
class OwnServer : public QTcpServer
{
public:
    explicit OwnServer(const QSslConfiguration &configuration) : m_configuration(configuration) { }
    std::unique_ptr<QSslSocket> accepted;

protected:
    void incomingConnection(qintptr descriptor) override
    {
        accepted = std::make_unique<QSslSocket>();
        accepted->setSocketDescriptor(descriptor);
        accepted->setSslConfiguration(m_configuration);
        if (!m_configuration.isNull())
            accepted->startServerEncryption();
    }

private:
    const QSslConfiguration m_configuration;
};

} // namespace

Q_DECLARE_METATYPE(Putting)

void tst_TlsRules::putKeepsTheRulesOfADial_data()
{
    QTest::addColumn<Putting>("putting");
    QTest::addColumn<QString>("refusal"); // empty: none
    const auto row = [](const char *name, const Putting &putting, const char *refusal = "") {
        QTest::newRow(name) << putting << QString::fromLatin1(refusal);
    };
    const auto verifyNothing = [](QSslSocket &socket) { socket.setPeerVerifyMode(QSslSocket::VerifyNone); };
    const auto trustMore = [](QSslSocket &socket) {
        QSslConfiguration configuration = socket.sslConfiguration();
        configuration.addCaCertificate(Certificates::certificate(QStringLiteral("self-signed")));
        socket.setSslConfiguration(configuration);
    };
    const auto pin = [](const char *name) {
        return [name](ClientPool::Tls &tls) { tls.pinnedFingerprints = {pinOf(QString::fromLatin1(name))}; };
    };
    row("as it dials", {});
    row("plain", {.isEncrypted = false}, "the socket is not encrypted");
    row("handshake under way", {.isFinished = false}, "the TLS handshake of the socket has not finished");
    row("TLS 1.2", {.prepare = speakTls12}, "tls.allowTls12 is for who speaks nothing newer than TLS 1.2");
    row("TLS 1.2, allowed", {.prepare = speakTls12, .change = [](ClientPool::Tls &tls) { tls.allowTls12 = true; }});
    row("not verified", {.prepare = verifyNothing}, "the socket's peer was not verified");
    row("self-signed, ignored", {.certificate = "self-signed", .prepare = ignoreErrors}, "is self-signed, and not among");
    row("expired, ignored", {.certificate = "expired", .prepare = ignoreErrors}, "expired on");
    row("another name, ignored", {.certificate = "other-host", .prepare = ignoreErrors}, "the certificate is not for");
    row("other authorities", {.prepare = trustMore}, "was verified with other authorities");
    row("pinned", {.change = pin("server")});
    row("not pinned", {.change = pin("client")}, "is not pinned");
    row("self-signed is good enough", {.certificate = "self-signed", .prepare = ignoreErrors, .change = useSelfSigned});
    row("plain is not", {.isEncrypted = false, .change = useSelfSigned}, "the socket is not encrypted");
    row("self-signed, not pinned",
        {.certificate = "self-signed",
         .prepare = ignoreErrors,
         .change =
                 [](ClientPool::Tls &tls) {
                     useSelfSigned(tls);
                     tls.pinnedFingerprints = {pinOf(QStringLiteral("server"))};
                 }},
        "is not pinned");
    row("plain into a plain pool", {.isEncrypted = false, .change = useNone});
    row("handshake under way, plain pool", {.isFinished = false, .change = useNone}, "has not finished");
}

void tst_TlsRules::putKeepsTheRulesOfADial()
{
    QFETCH(const Putting, putting);
    QFETCH(const QString, refusal);
    ServerPool peer(serverShowing(QString::fromLatin1(putting.certificate)));
    listen(peer);
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    const quint16 port = putting.isFinished ? peer.serverPort() : silent.serverPort();
    ClientPool::Configuration wish = clientOf(port);
    wish.connectionMode = ConnectionMode::Single;
    wish.sizing.minimumCapacity = 0;
    wish.tls = {
            .mode = TlsMode::Verified, .peerName = QStringLiteral("localhost"), .configuration = Certificates::trustingCa()};
    putting.change(wish.tls);
    ClientPool pool(wish);
    QVERIFY(pool.start());

    QObject owner;
    auto *socket = new QSslSocket(&owner);
    socket->setSslConfiguration(Certificates::trustingCa());
    putting.prepare(*socket);
    if (putting.isEncrypted)
        socket->connectToHostEncrypted(QStringLiteral("127.0.0.1"), port, QStringLiteral("localhost"));
    else
        socket->connectToHost(QHostAddress(QHostAddress::LocalHost), port);
    QTRY_COMPARE(socket->state(), QAbstractSocket::ConnectedState);
    if (putting.isEncrypted && putting.isFinished)
        QTRY_VERIFY(socket->isEncrypted());
    QString reason;
    QCOMPARE(pool.put({}, socket, &reason), refusal.isEmpty());
    QVERIFY2(reason.contains(refusal), qPrintable(reason));
    QCOMPARE(pool.idleCount(), refusal.isEmpty() ? 1 : 0);
    if (!refusal.isEmpty()) { // nothing of the caller's is touched
        QCOMPARE(socket->parent(), &owner);
        QCOMPARE(socket->state(), QAbstractSocket::ConnectedState);
    }
}

using ServerChange = std::function<void(ServerPool::Configuration &)>;
Q_DECLARE_METATYPE(ServerChange)

void tst_TlsRules::putKeepsTheRulesOfAServer_data()
{
    QTest::addColumn<QSslConfiguration>("used"); // by the application; null: plain TCP
    QTest::addColumn<ServerChange>("change");
    QTest::addColumn<QString>("refusal"); // empty: none
    const QSslConfiguration usual = Certificates::showing(QStringLiteral("server"));
    const QSslConfiguration demanding = Certificates::demandingClientCertificate(usual);
    const ServerChange nothing = [](ServerPool::Configuration &) {};
    const ServerChange demand = [demanding](ServerPool::Configuration &wish) { wish.tls.configuration = demanding; };
    const ServerChange keepOut = [](ServerPool::Configuration &wish) {
        wish.allowedPeers = QStringList{QStringLiteral("192.0.2.1")};
    };
    const ServerChange plain = [](ServerPool::Configuration &wish) { wish.tls = {}; };
    const QString notAllowed = QStringLiteral("the peer 127.0.0.1 is not allowed");
    QTest::newRow("as it accepts") << usual << nothing << QString();
    QTest::newRow("plain") << QSslConfiguration() << nothing << QStringLiteral("the socket is not encrypted");
    QTest::newRow("client certificate") << demanding << demand << QString();
    QTest::newRow("no client certificate") << usual << demand << QStringLiteral("the socket's peer was not verified");
    QTest::newRow("peer not allowed") << usual << keepOut << notAllowed;
    QTest::newRow("plain pool") << QSslConfiguration() << plain << QString();
    QTest::newRow("plain pool, peer not allowed") << QSslConfiguration() << ServerChange([=](auto &wish) {
        plain(wish);
        keepOut(wish);
    }) << notAllowed;
}

void tst_TlsRules::putKeepsTheRulesOfAServer()
{
    QFETCH(const QSslConfiguration, used);
    QFETCH(const ServerChange, change);
    QFETCH(const QString, refusal);
    ServerPool::Configuration wish = serverShowing(QStringLiteral("server"));
    wish.tls.allowTls12 = false;
    change(wish);
    ServerPool pool(wish);
    listen(pool);
    OwnServer own(used);
    QVERIFY(own.listen(QHostAddress::LocalHost));
    QSslSocket client;
    client.setSslConfiguration(Certificates::trustingCa(Certificates::showing(QStringLiteral("client"))));
    if (used.isNull())
        client.connectToHost(QHostAddress(QHostAddress::LocalHost), own.serverPort());
    else
        client.connectToHostEncrypted(QStringLiteral("127.0.0.1"), own.serverPort(), QStringLiteral("localhost"));
    QTRY_VERIFY(own.accepted && own.accepted->isEncrypted() == !used.isNull());
    QString reason;
    QCOMPARE(pool.put({}, own.accepted.get(), &reason), refusal.isEmpty());
    QVERIFY2(reason.startsWith(refusal), qPrintable(reason));
    if (refusal.isEmpty())
        static_cast<void>(own.accepted.release());
    QCOMPARE(pool.idleCount(), refusal.isEmpty() ? 1 : 0);
}

// A pool without a tls.configuration dials with that.
void tst_TlsRules::putTakesWhatTheDefaultConfigurationVerified()
{
    const auto reset = qScopeGuard(
            [before = QSslConfiguration::defaultConfiguration()] { QSslConfiguration::setDefaultConfiguration(before); });
    QSslConfiguration usual = QSslConfiguration::defaultConfiguration();
    usual.addCaCertificate(Certificates::certificate(QStringLiteral("ca")));
    QSslConfiguration::setDefaultConfiguration(usual);
    ServerPool peer(serverShowing(QStringLiteral("server")));
    listen(peer);
    ClientPool::Configuration wish = clientOf(peer.serverPort());
    wish.host = QStringLiteral("localhost");
    wish.connectionMode = ConnectionMode::Single;
    wish.sizing.minimumCapacity = 0;
    wish.tls.mode = TlsMode::Verified;
    ClientPool pool(wish);
    QVERIFY(pool.start());
    auto socket = std::make_unique<QSslSocket>();
    socket->setSslConfiguration(QSslConfiguration::defaultConfiguration());
    socket->connectToHostEncrypted(QStringLiteral("127.0.0.1"), peer.serverPort(), QStringLiteral("localhost"));
    QTRY_VERIFY(socket->isEncrypted());
    QString reason;
    const bool isAccepted = pool.put({}, socket.get(), &reason);
    QVERIFY2(isAccepted, qPrintable(reason));
    static_cast<void>(socket.release());
}

// Also in a slot that runs amid setConfiguration(): here as the dials for the former peer are abandoned.
void tst_TlsRules::putKeepsTheRulesOfANewConfiguration()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    QTcpSocket plain;
    plain.connectToHost(QHostAddress::LocalHost, silent.serverPort());
    QTRY_COMPARE(plain.state(), QAbstractSocket::ConnectedState);
    ClientPool::Configuration wish = clientOf(silent.serverPort(), 1);
    ClientPool *pool = nullptr;
    QStringList reasons;
    bool isDialled = false;
    wish.dialer = [&, port = wish.port](QTcpSocket *socket) {
        connect(socket, &QTcpSocket::connected, socket, [&isDialled] { isDialled = true; });
        connect(socket, &QTcpSocket::disconnected, socket, [&] { QVERIFY(!pool->put({}, &plain, &reasons.emplaceBack())); });
        socket->connectToHost(QHostAddress::LocalHost, port);
    };
    ClientPool client(wish);
    pool = &client;
    QVERIFY(client.start());
    QTRY_VERIFY(isDialled);
    wish.tls.mode = TlsMode::SelfSigned;
    QVERIFY(client.setConfiguration(wish));
    QVERIFY2(reasons.value(0).startsWith(u"the socket is not encrypted"), qPrintable(reasons.value(0)));
}

void tst_TlsRules::peersAgreeOnAVersion_data()
{
    QTest::addColumn<bool>("serverAllows");
    QTest::addColumn<bool>("clientAllows");
    QTest::addColumn<QSsl::SslProtocol>("serverWish");
    QTest::addColumn<QSsl::SslProtocol>("clientWish");
    QTest::addColumn<QSsl::SslProtocol>("agreed"); // UnknownProtocol: they do not
    const auto any = QSsl::SecureProtocols;
    QTest::newRow("neither allows 1.2") << false << false << any << any << QSsl::TlsV1_3;
    QTest::newRow("both allow 1.2") << true << true << any << any << QSsl::TlsV1_3;
    QTest::newRow("client wants 1.2 only, allowed") << true << true << any << QSsl::TlsV1_2 << QSsl::TlsV1_2;
    QTest::newRow("server wants 1.2 only, allowed") << true << true << QSsl::TlsV1_2 << any << QSsl::TlsV1_2;
    QTest::newRow("client wants 1.2 only, not allowed") << false << true << any << QSsl::TlsV1_2 << QSsl::UnknownProtocol;
    QTest::newRow("server wants 1.2 only, not allowed") << true << false << QSsl::TlsV1_2 << any << QSsl::UnknownProtocol;
}

void tst_TlsRules::peersAgreeOnAVersion()
{
    QFETCH(const bool, serverAllows);
    QFETCH(const bool, clientAllows);
    QFETCH(const QSsl::SslProtocol, serverWish);
    QFETCH(const QSsl::SslProtocol, clientWish);
    QFETCH(const QSsl::SslProtocol, agreed);
    ServerPool::Configuration serving;
    serving.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    serving.tls.configuration.setProtocol(serverWish);
    serving.tls.allowTls12 = serverAllows;
    ServerPool server(serving);
    listen(server);
    ClientPool::Configuration dialling = clientOf(server.serverPort(), 1);
    dialling.tls.mode = TlsMode::SelfSigned;
    dialling.tls.configuration = QSslConfiguration::defaultConfiguration();
    dialling.tls.configuration.setProtocol(clientWish);
    dialling.tls.allowTls12 = clientAllows;
    ClientPool client(dialling);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    if (agreed == QSsl::UnknownProtocol) {
        QTRY_VERIFY(!errors.isEmpty());
        QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
        QCOMPARE(client.statistics().created + server.statistics().created, 0);
        return;
    }
    QTRY_COMPARE(client.idleCount(), 1);
    Connection lease = client.take();
    QCOMPARE(qobject_cast<QSslSocket *>(lease.socket())->sessionProtocol(), agreed);
}

void tst_TlsRules::peersAgreeOnAGroup_data()
{
    QTest::addColumn<QString>("serverWish"); // empty: none
    QTest::addColumn<QString>("clientWish");
    QTest::addColumn<bool>("isAgreed");
    for (const auto *const curve : {"X25519", "prime256v1", "secp384r1", "secp521r1"}) {
        const QString name = QString::fromLatin1(curve);
        QTest::addRow("client wants %s", curve) << QString() << name << true;
        QTest::addRow("server wants %s", curve) << name << QString() << true;
    }
    // A finite field of 8192 bits costs a server 300 times as much as X25519, for a ClientHello that costs nothing.
    const QString slow = QStringLiteral("ffdhe8192");
    QTest::newRow("client wants a finite field") << QString() << slow << false;
    QTest::newRow("server wants a finite field") << slow << QString() << false;
    QTest::newRow("both want a finite field") << slow << slow << true;
}

void tst_TlsRules::peersAgreeOnAGroup()
{
    QFETCH(const QString, serverWish);
    QFETCH(const QString, clientWish);
    QFETCH(const bool, isAgreed);
    const auto groups = [](const QString &name) {
        return name.isEmpty() ? QList<QSslEllipticCurve>() : QList{QSslEllipticCurve::fromShortName(name)};
    };
    ServerPool::Configuration serving;
    serving.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    serving.tls.configuration.setEllipticCurves(groups(serverWish));
    ServerPool server(serving);
    listen(server);
    ClientPool::Configuration dialling = clientOf(server.serverPort(), 1);
    dialling.tls.mode = TlsMode::SelfSigned;
    dialling.tls.configuration = QSslConfiguration::defaultConfiguration();
    dialling.tls.configuration.setEllipticCurves(groups(clientWish));
    ClientPool client(dialling);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_VERIFY(client.idleCount() == 1 || !errors.isEmpty());
    QCOMPARE(client.idleCount() == 1, isAgreed);
    if (!isAgreed)
        QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
}

void tst_TlsRules::nameIsVerifiedAgainstAlternativeNamesOfItsKind_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("refusal"); // empty: verified
    const auto row = [](const char *certificate, const char *name, const char *refusal = "") {
        QTest::addRow("%s for %s", certificate, name)
                << QString::fromLatin1(certificate) << QString::fromLatin1(name) << QString::fromLatin1(refusal);
    };
    row("server", "localhost");
    row("server", "localhost.");
    row("server", "LocalHost.");
    row("server", "127.0.0.1");
    row("server", "::1");
    row("server", "127.0.0.2",
        "not for the address 127.0.0.2, but for the address 127.0.0.1, the address ::1, the host name \"localhost\"");
    row("server", "localhost..", "host name");
    row("common-name", "localhost",
        "the certificate is not for the host name \"localhost\": it has no subject alternative name");
    row("common-name", "localhost.",
        "the certificate is not for the host name \"localhost\": it has no subject alternative name");
    const char *const names =
            "but for the host name \"*.wild.example\", the host name \"127.0.0.1\", the host name \"w*.part.example\"";
    row("odd-names", "localhost", names);
    row("odd-names", "127.0.0.1", names);
    row("odd-names", "a.wild.example");
    row("odd-names", "A.WILD.example.");
    row("odd-names", "wild.example", "host name");
    row("odd-names", "a.b.wild.example", "host name");
    row("odd-names", "wx.part.example", "not for the host name \"wx.part.example\"");
}

void tst_TlsRules::nameIsVerifiedAgainstAlternativeNamesOfItsKind()
{
    QFETCH(const QString, certificate);
    QFETCH(const QString, name);
    QFETCH(const QString, refusal);
    ServerPool::Configuration serving;
    serving.tls = {.enabled = true, .configuration = Certificates::showing(certificate)};
    ServerPool server(serving);
    listen(server);
    ClientPool::Configuration dialling = clientOf(server.serverPort(), 1);
    dialling.tls.mode = TlsMode::Verified;
    dialling.tls.configuration = Certificates::trustingCa();
    dialling.tls.peerName = name;
    ClientPool client(dialling);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    if (!client.start()) { // or it can be no name at all
        QVERIFY(!refusal.isEmpty());
        return;
    }
    QTRY_VERIFY(client.idleCount() == 1 || !errors.isEmpty());
    QCOMPARE(client.idleCount() == 1, refusal.isEmpty());
    if (refusal.isEmpty())
        return;
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QVERIFY2(lastMessage(errors).contains(refusal), qPrintable(lastMessage(errors)));
}

void tst_TlsRules::serverAcceptsAClientThatResumes_data()
{
    QTest::addColumn<QSslSocket::PeerVerifyMode>("mode");
    QTest::addColumn<bool>("allowsTls12");
    for (const bool allowsTls12 : {false, true}) {
        const char *const version = allowsTls12 ? "TLS 1.2" : "TLS 1.3";
        QTest::addRow("%s", version) << QSslSocket::AutoVerifyPeer << allowsTls12;
        QTest::addRow("%s, a client certificate is asked for", version) << QSslSocket::QueryPeer << allowsTls12;
        QTest::addRow("%s, a client certificate is required", version) << QSslSocket::VerifyPeer << allowsTls12;
    }
}

// Whether the session is resumed is the server's choice.
void tst_TlsRules::serverAcceptsAClientThatResumes()
{
    QFETCH(const QSslSocket::PeerVerifyMode, mode);
    QFETCH(const bool, allowsTls12);
    ServerPool::Configuration serving;
    serving.connectionMode = ConnectionMode::Single;
    serving.tls = {
            .enabled = true, .configuration = Certificates::showing(QStringLiteral("server")), .allowTls12 = allowsTls12};
    if (mode != QSslSocket::AutoVerifyPeer)
        serving.tls.configuration = Certificates::trustingCa(serving.tls.configuration);
    serving.tls.configuration.setPeerVerifyMode(mode);
    ServerPool server(serving);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);

    QSslConfiguration wish = Certificates::trustingCa(Certificates::showing(QStringLiteral("client")));
    wish.setSslOption(QSsl::SslOptionDisableSessionPersistence, false);
    wish.setProtocol(allowsTls12 ? QSsl::TlsV1_2 : QSsl::TlsV1_3);
    for (int connection = 1; connection <= 3; ++connection) {
        QSslSocket client;
        client.setSslConfiguration(wish);
        client.connectToHostEncrypted(QStringLiteral("localhost"), server.serverPort());
        QTRY_COMPARE(server.idleCount(), 1);
        QTRY_VERIFY(!client.sslConfiguration().sessionTicket().isEmpty());
        wish.setSessionTicket(client.sslConfiguration().sessionTicket());
        client.disconnectFromHost();
        QTRY_COMPARE(server.idleCount(), 0);
    }
    QVERIFY2(errors.isEmpty(), errors.isEmpty() ? "" : qPrintable(lastMessage(errors)));
}

QTEST_GUILESS_MAIN(tst_TlsRules)
#include "tst_tlsrules.moc"
