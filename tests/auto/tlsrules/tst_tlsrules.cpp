// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

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
    void weakWishesChangeNothingWhileRunning();
    void certificateAndKeyAreRefusedWithoutEachOther();
    void keyOfAnotherCertificateIsRefused();
    void settingsOfATlsThatIsOffAreRefused();
    void clientDoesNotSendInClearWhatExpectsTls();
    void nullCertificatesAreRefused();
    void authoritiesOfAServerThatAsksForNoCertificateAreRefused();
    void pinsThatAreNoneAreRefusedInEveryMode();
    void pinsHoldInAdditionToVerification_data();
    void pinsHoldInAdditionToVerification();
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
