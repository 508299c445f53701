// SPDX-License-Identifier: BSD-3-Clause
#include "answering.h"
#include "asking.h"

// openssl s_server and s_client, which can do what other peers do not on demand: renew keys, resume a session, speak an older TLS.
class tst_OpenSsl : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void asksAServer_data();
    void asksAServer();
    void tellsWhyAServerIsNoPeer_data();
    void tellsWhyAServerIsNoPeer();
    void tellsWhatIsWrongWithACertificate_data();
    void tellsWhatIsWrongWithACertificate();
    void knowsTheKeyOfACertificate_data();
    void knowsTheKeyOfACertificate();
    void comesBackAfterARestart();
    void renewsKeysWhileIdle();
    void clientRenewsKeysWhileIdle();
    void clientResumesItsSession();
    void tellsWhyAClientIsNoPeer_data();
    void tellsWhyAClientIsNoPeer();
};

using Change = std::function<void(ClientPool::Configuration &)>;
using ServerChange = std::function<void(ServerPool::Configuration &)>;
Q_DECLARE_METATYPE(Change)
Q_DECLARE_METATYPE(ServerChange)

namespace {

// s_server serves one after the other.
class Server
{
public:
    void start(const QStringList &options);
    ClientPool::Configuration client() const;

    Program program;
    const quint16 port = Program::freePort();
};

void Server::start(const QStringList &options)
{
    program.start(QStringLiteral("openssl"),
                  QStringList{QStringLiteral("s_server"), QStringLiteral("-accept"),
                              QStringLiteral("127.0.0.1:%1").arg(port), QStringLiteral("-cert"),
                              QStringLiteral("server.crt"), QStringLiteral("-key"), QStringLiteral("server.key"),
                              QStringLiteral("-CAfile"), QStringLiteral("ca.crt")}
                          + options);
    QVERIFY2(program.waitForOutput("ACCEPT"), program.output().constData());
}

ClientPool::Configuration Server::client() const
{
    ClientPool::Configuration configuration = singleClientOf(port, true);
    configuration.sizing.minimumCapacity = configuration.sizing.maximumCapacity = 1;
    configuration.limits.maximumConnections = 1;
    return configuration;
}

void startClient(Program &client, quint16 port, const QStringList &options = {})
{
    client.start(QStringLiteral("openssl"),
                 QStringList{QStringLiteral("s_client"), QStringLiteral("-connect"),
                             QStringLiteral("127.0.0.1:%1").arg(port), QStringLiteral("-CAfile"), QStringLiteral("ca.crt"),
                             QStringLiteral("-verify_return_error")}
                         + options);
}

} // namespace

void tst_OpenSsl::initTestCase()
{
    QNETPOOL_NEED_PROGRAMS(QStringLiteral("openssl"));
}

static Change showingClientCertificate()
{
    return [](ClientPool::Configuration &configuration) {
        configuration.tls.configuration = Certificates::trustingCa(Certificates::showing(QStringLiteral("client")));
    };
}

void tst_OpenSsl::asksAServer_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<Change>("change");
    const Change none = [](auto &) {};
    const Change tls12 = [](ClientPool::Configuration &configuration) { configuration.tls.allowTls12 = true; };
    QTest::newRow("default") << QStringList() << none;
    QTest::newRow("no ticket") << QStringList{QStringLiteral("-no_ticket")} << none;
    QTest::newRow("many tickets") << QStringList{QStringLiteral("-num_tickets"), QStringLiteral("50")} << none;
    QTest::newRow("another group") << QStringList{QStringLiteral("-groups"), QStringLiteral("P-384")} << none;
    QTest::newRow("TLS 1.2") << QStringList{QStringLiteral("-tls1_2")} << tls12;
    QTest::newRow("client certificate") << QStringList{QStringLiteral("-Verify"), QStringLiteral("1"),
                                                       QStringLiteral("-verify_return_error")}
                                        << showingClientCertificate();
}

void tst_OpenSsl::asksAServer()
{
    QFETCH(const QStringList, options);
    QFETCH(const Change, change);
    Server server;
    server.start(QStringList{QStringLiteral("-rev")} + options);
    ClientPool::Configuration configuration = server.client();
    change(configuration);
    ClientPool pool(configuration);
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    QTRY_VERIFY2(pool.isReady(), told(errors).constData());
    for (int i = 0; i < 50; ++i)
        QCOMPARE(ask(pool.waitForConnection(), "hello\n", "olleh\n"), QByteArray("olleh\n"));
    QCOMPARE(pool.statistics().created, 1);
    QCOMPARE(pool.errorCount(), 0);
}

void tst_OpenSsl::tellsWhyAServerIsNoPeer_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QByteArray>("sentence");
    QTest::newRow("TLS 1.2") << QStringList{QStringLiteral("-tls1_2")} << QByteArray("protocol version");
    QTest::newRow("demands a certificate")
            << QStringList{QStringLiteral("-Verify"), QStringLiteral("1"), QStringLiteral("-verify_return_error")}
            << QByteArray("certificate required");
    QTest::newRow("no common group") << QStringList{QStringLiteral("-groups"), QStringLiteral("ffdhe2048")}
                                     << QByteArray("handshake failure");
}

void tst_OpenSsl::tellsWhyAServerIsNoPeer()
{
    QFETCH(const QStringList, options);
    QFETCH(const QByteArray, sentence);
    Server server;
    server.start(options);
    ClientPool pool(server.client());
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    QTRY_VERIFY2(told(errors).contains(sentence), told(errors).constData());
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QCOMPARE(pool.idleCount(), 0);
}

void tst_OpenSsl::tellsWhatIsWrongWithACertificate_data()
{
    QTest::addColumn<QString>("authority"); // options of openssl req
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QByteArray>("sentence");
    const QString curve = QStringLiteral("-newkey ec -pkeyopt ec_paramgen_curve:P-256");
    QTest::newRow("weak key") << curve << QStringLiteral("-newkey rsa:1024")
                              << QByteArray("certificate of \"localhost\" has a key of 1024 bits, which is too weak");
    QTest::newRow("weak digest")
            << curve << curve + QStringLiteral(" -sha1")
            << QByteArray("certificate of \"localhost\" is signed with ecdsa-with-SHA1, which is too weak");
    QTest::newRow("weak key of the authority") << QStringLiteral("-newkey rsa:1024") << curve
                                               << QByteArray("certificate of \"authority\" has a key of 1024 bits");
    QTest::newRow("name constraints") << curve
                    + QStringLiteral(" -addext nameConstraints=critical,permitted;DNS:example.org")
                                      << curve << QByteArray("name constraints of \"authority\" do not allow it");
    QTest::newRow("escape sequence in a name") << QStringLiteral("-newkey rsa:1024 -subj /CN=a\x1b[2Jb") << curve
                                               << QByteArray("certificate of \"a\\u001B[2Jb\" has a key of 1024 bits");
    QTest::newRow("purpose") << curve << curve + QStringLiteral(" -addext extendedKeyUsage=clientAuth")
                             << QByteArray("purpose");
    QTest::newRow("nothing") << curve << curve << QByteArray();
}

// Qt has no code for most of that.
void tst_OpenSsl::tellsWhatIsWrongWithACertificate()
{
    QFETCH(const QString, authority);
    QFETCH(const QString, certificate);
    QFETCH(const QByteArray, sentence);
    Server server;
    const QString request = QStringLiteral("req -x509 -nodes -days 9 -keyout %1.key -out %1.crt -subj /CN=%2 %3");
    for (const QString &arguments :
         {request.arg(QStringLiteral("authority"), QStringLiteral("authority"), authority),
          request.arg(QStringLiteral("server"), QStringLiteral("localhost"), certificate)
                  + QStringLiteral(" -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -CA authority.crt"
                                   " -CAkey authority.key")}) {
        server.program.start(QStringLiteral("openssl"), arguments.split(u' '));
        QVERIFY(server.program.waitForEnd());
        QVERIFY2(server.program.exitCode() == 0, server.program.output().constData());
    }
    server.start({QStringLiteral("-cipher"), QStringLiteral("DEFAULT@SECLEVEL=0"), QStringLiteral("-rev")});
    ClientPool::Configuration configuration = server.client();
    configuration.tls.configuration.setCaCertificates(
            QSslCertificate::fromPath(server.program.path(QStringLiteral("authority.crt"))));
    ClientPool pool(configuration);
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    if (sentence.isEmpty())
        QTRY_COMPARE(pool.idleCount(), 1);
    else
        QTRY_VERIFY2(told(errors).contains(sentence), told(errors).constData());
    QVERIFY(!told(errors).contains('\x1b'));
}

void tst_OpenSsl::knowsTheKeyOfACertificate_data()
{
    QTest::addColumn<QString>("kind"); // options of openssl genpkey
    QTest::addColumn<QSsl::KeyAlgorithm>("algorithm");
    QTest::addColumn<QString>("conversion"); // options of openssl pkey
    const QString curve = QStringLiteral("-algorithm EC -pkeyopt ec_paramgen_curve:");
    const QString none;
    QTest::newRow("RSA") << QStringLiteral("-algorithm RSA -pkeyopt rsa_keygen_bits:2048") << QSsl::Rsa << none;
    QTest::newRow("RSA, 2047 bits") << QStringLiteral("-algorithm RSA -pkeyopt rsa_keygen_bits:2047") << QSsl::Rsa << none;
    QTest::newRow("P-256") << curve + QStringLiteral("P-256") << QSsl::Ec << none;
    QTest::newRow("P-521") << curve + QStringLiteral("P-521") << QSsl::Ec << none;
    QTest::newRow("without the public key")
            << curve + QStringLiteral("P-256") << QSsl::Ec << QStringLiteral("-in %1 -out %1 -no_public");
    QTest::newRow("compressed") << curve + QStringLiteral("P-256") << QSsl::Ec
                                << QStringLiteral("-in %1 -out %1 -conv_form compressed");
}

void tst_OpenSsl::knowsTheKeyOfACertificate()
{
    QFETCH(const QString, kind);
    QFETCH(const QSsl::KeyAlgorithm, algorithm);
    QFETCH(const QString, conversion);
    Program openssl;
    const auto run = [&openssl](const QString &arguments) {
        openssl.start(QStringLiteral("openssl"), arguments.split(u' '));
        QVERIFY(openssl.waitForEnd());
        QVERIFY2(openssl.exitCode() == 0, openssl.output().constData());
    };
    for (const QString &name : {QStringLiteral("one.key"), QStringLiteral("other.key")}) {
        run(QStringLiteral("genpkey -out %1 ").arg(name) + kind);
        if (!conversion.isEmpty())
            run(QStringLiteral("ec ") + conversion.arg(name));
    }
    run(QStringLiteral("req -x509 -key one.key -out one.crt -subj /CN=localhost"));
    ServerPool::Configuration configuration = tlsServer();
    configuration.tls.configuration.setLocalCertificateChain(
            QSslCertificate::fromPath(openssl.path(QStringLiteral("one.crt"))));
    for (const QString &name : {QStringLiteral("one.key"), QStringLiteral("other.key")}) {
        QFile file(openssl.path(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QSslKey key(&file, algorithm);
        QVERIFY(!key.isNull());
        configuration.tls.configuration.setPrivateKey(key);
        QVERIFY2(ServerPool::problems(configuration).isEmpty() == (name == u"one.key"), qPrintable(name));
    }
}

void tst_OpenSsl::comesBackAfterARestart()
{
    Server server;
    server.start({QStringLiteral("-rev")});
    ClientPool pool(server.client());
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    for (int i = 0; i < 3; ++i) {
        QTRY_COMPARE(pool.idleCount(), 1);
        QCOMPARE(ask(pool.waitForConnection(), "hello\n", "olleh\n"), QByteArray("olleh\n"));
        QVERIFY(server.program.stop());
        QTRY_COMPARE(pool.state(), Pool::State::Degraded);
        QCOMPARE(pool.idleCount(), 0);
        server.start({QStringLiteral("-rev")});
    }
    QTRY_VERIFY(pool.isReady());
}

// No bytes for its holder come of it.
void tst_OpenSsl::renewsKeysWhileIdle()
{
    Server server;
    server.start({});
    ClientPool pool(server.client());
    QVERIFY(pool.start());
    QTRY_VERIFY(pool.isReady());
    for (int i = 0; i < 3; ++i) {
        server.program.type("K\n"); // and asks for the client's
        Connection connection = pool.waitForConnection();
        const QByteArray question = "question " + QByteArray::number(i) + '\n';
        connection->write(question);
        QVERIFY2(server.program.waitForOutput(question), server.program.output().constData());
        server.program.type("answer\n");
        QTRY_VERIFY(connection->canReadLine());
        QCOMPARE(connection->readAll(), QByteArray("answer\n"));
    }
    QCOMPARE(pool.statistics().created, 1);
    QCOMPARE(pool.errorCount(), 0);
}

void tst_OpenSsl::clientRenewsKeysWhileIdle()
{
    ServerPool pool(tlsServer());
    listen(pool);
    Program client;
    startClient(client, pool.serverPort());
    QTRY_COMPARE(pool.idleCount(), 1);
    for (int i = 0; i < 3; ++i) {
        client.type("K\n");
        QVERIFY2(client.waitForOutput("KEYUPDATE"), client.output().constData());
        const QByteArray question = "question " + QByteArray::number(i) + '\n';
        client.type(question);
        Connection connection = pool.waitForConnection();
        QTRY_VERIFY(connection->canReadLine());
        QCOMPARE(connection->readAll(), question);
        connection->write("answer " + question);
        connection.giveBack();
        QVERIFY2(client.waitForOutput("answer " + question), client.output().constData());
    }
    client.closeInput();
    QVERIFY(client.waitForEnd());
    QTRY_COMPARE(pool.idleCount(), 0);
    QCOMPARE(pool.statistics().created, 1);
    QCOMPARE(pool.errorCount(), 0);
}

void tst_OpenSsl::clientResumesItsSession()
{
    ServerPool pool(tlsServer());
    Answering answering(pool, "\n", [](const QByteArray &line) { return line.toUpper(); });
    listen(pool);
    Program client;
    for (const QString &option : {QStringLiteral("-sess_out"), QStringLiteral("-sess_in")}) {
        startClient(client, pool.serverPort(), {option, QStringLiteral("session")});
        client.type("hello\n");
        QVERIFY2(client.waitForOutput("HELLO"), client.output().constData());
        QVERIFY2(client.output().contains("TLSv1.3"), client.output().constData());
        client.type("Q\n");
        QVERIFY(client.waitForEnd());
    }
    QCOMPARE(pool.errorCount(), 0);
    QTRY_COMPARE(pool.leasedCount(), 0);
}

void tst_OpenSsl::tellsWhyAClientIsNoPeer_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<ServerChange>("change");
    QTest::addColumn<QByteArray>("sentence");
    const ServerChange none = [](auto &) {};
    const ServerChange demanding = [](ServerPool::Configuration &configuration) {
        configuration.tls.configuration = Certificates::demandingClientCertificate(configuration.tls.configuration);
    };
    QTest::newRow("TLS 1.2") << QStringList{QStringLiteral("-tls1_2")} << none << QByteArray("unsupported protocol");
    QTest::newRow("no certificate") << QStringList() << demanding << QByteArray("certificate");
    QTest::newRow("no authority") << QStringList{QStringLiteral("-no-CAfile"), QStringLiteral("-CAfile"),
                                                 QStringLiteral("client.crt")}
                                  << none << QByteArray("unknown ca");
}

void tst_OpenSsl::tellsWhyAClientIsNoPeer()
{
    QFETCH(const QStringList, options);
    QFETCH(const ServerChange, change);
    QFETCH(const QByteArray, sentence);
    ServerPool::Configuration configuration = tlsServer();
    change(configuration);
    ServerPool pool(configuration);
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    listen(pool);
    Program client;
    startClient(client, pool.serverPort(), options);
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QVERIFY2(told(errors).contains(sentence), told(errors).constData());
    QVERIFY(told(errors).contains("127.0.0.1"));
    QCOMPARE(pool.idleCount(), 0);
}

QTEST_GUILESS_MAIN(tst_OpenSsl)
#include "tst_openssl.moc"
