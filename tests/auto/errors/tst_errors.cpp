// SPDX-License-Identifier: BSD-3-Clause
#include "descriptors.h"
#include "pools.h"
#include "settle.h"
#include "short.h"
#include "troubleshooting.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QTimer>
#include <QtNetwork/QNetworkProxy>

#include <limits>
#include <optional>
#include <thread>

// Every error a user meets: its code, a sentence that names host, port and cause, another attempt, and nothing left over.
class tst_Errors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void clientTellsWhatIsWrong_data();
    void clientTellsWhatIsWrong();
    void clientRefusesAConfigurationThatCannotWork_data();
    void clientRefusesAConfigurationThatCannotWork();
    void hostsThatCanNeverWorkAreRefused_data();
    void hostsThatCanNeverWorkAreRefused();
    void unusualHostsAreAccepted_data();
    void unusualHostsAreAccepted();
    void hostOfADialerIsAWordForMessages();
    void everyProblemIsListed();
    void numbersThatAreNoEnumeratorsAreRefused();
    void idFormatWithoutAnIdIsRefused();
    void pinnedCertificateIsAccepted_data();
    void pinnedCertificateIsAccepted();
    void idInUseClosesTheNewcomer();
    void portInUse();
    void alertInPlainTextSuggestsTls_data();
    void alertInPlainTextSuggestsTls();
    void serverTellsWhyAHandshakeFailed();
    void clientThatNeedsNoConnectionAnyMoreIsNoError_data();
    void clientThatNeedsNoConnectionAnyMoreIsNoError();
    void descriptorsRunningOutIsReportedOnceAndEnds();
    void lostServerIsToldInShort_data();
    void lostServerIsToldInShort();
    void withheldErrorsAreToldBeforeThePoolStops_data();
    void withheldErrorsAreToldBeforeThePoolStops();
    void slotMayCloseThePoolAmongWithheldErrors();
    void clientOutOfDescriptorsTellsOnceAndGoesOn_data();
    void clientOutOfDescriptorsTellsOnceAndGoesOn();
};

// What the peer does, and what the pool says of it.
struct Case
{
    std::function<void(ServerPool::Configuration &, ClientPool::Configuration &)> configure;
    std::function<void(QTcpSocket *)> peer; // in place of a ServerPool
};
Q_DECLARE_METATYPE(Case)

static Case tlsServer(const QString &certificate, TlsMode mode = TlsMode::Verified)
{
    return {[certificate, mode](ServerPool::Configuration &server, ClientPool::Configuration &client) {
                server.tls = {.enabled = true, .configuration = Certificates::showing(certificate)};
                client.tls.mode = mode;
                client.tls.configuration = Certificates::trustingCa();
            },
            {}};
}

static Case peer(std::function<void(QTcpSocket *)> act, TlsMode mode = TlsMode::None)
{
    return {[mode](ServerPool::Configuration &, ClientPool::Configuration &client) {
                client.handshakeTimeout = 200ms;
                client.tls.mode = mode;
            },
            std::move(act)};
}

void tst_Errors::clientTellsWhatIsWrong_data()
{
    QTest::addColumn<Case>("what");
    QTest::addColumn<Pool::Error>("error");
    QTest::addColumn<QString>("message");

    const QString here = QStringLiteral("127\\.0\\.0\\.1:\\d+");
    QTest::newRow("host unknown") << Case{[](auto &, ClientPool::Configuration &client) {
                                              // longer than a name may be: no name server has to be asked
                                              client.host = QStringList(5, QString(60, u'x')).join(u'.');
                                          },
                                          {}}
                                  << Pool::Error::ConnectFailed << QStringLiteral("x{60}:\\d+: .*[Hh]ost");
    QTest::newRow("refused") << Case{[](auto &, ClientPool::Configuration &client) {
                                         QTcpServer closed;
                                         closed.listen(QHostAddress::LocalHost);
                                         client.port = closed.serverPort();
                                     },
                                     {}}
                             << Pool::Error::ConnectFailed << here + QStringLiteral(": .*refused");
    QTest::newRow("connect timeout") << Case{[](auto &, ClientPool::Configuration &client) {
                                                 client.connectTimeout = 100ms;
                                                 // As a host that drops every packet.
                                                 const auto silent = std::make_shared<QTcpServer>();
                                                 silent->listen(QHostAddress::LocalHost);
                                                 client.dialer = [silent](QTcpSocket *socket) {
                                                     socket->setProxy({QNetworkProxy::Socks5Proxy,
                                                                       QStringLiteral("127.0.0.1"), silent->serverPort()});
                                                     socket->connectToHost(QStringLiteral("127.0.0.1"), 1);
                                                 };
                                             },
                                             {}}
                                     << Pool::Error::ConnectFailed << here + QStringLiteral(": no answer within 100 ms");
    QTest::newRow("not signed by a known authority")
            << tlsServer(QStringLiteral("self-signed")) << Pool::Error::TlsFailed
            << here + QStringLiteral(" failed: .*\"localhost\" is self-signed.* has 1");
    for (const auto &[row, authorities, sentence] :
         {std::tuple("unreadable authority", "", "tls.configuration, which has none"),
          std::tuple("another authority", "self-signed", "tls.configuration, which has 1"),
          std::tuple("system's authorities", "system", "system's authorities")}) {
        Case unknown = tlsServer(QStringLiteral("server"));
        unknown.configure = [base = unknown.configure, name = QString::fromLatin1(authorities)](
                                    ServerPool::Configuration &server, ClientPool::Configuration &client) {
            base(server, client);
            if (name == u"system")
                client.tls.configuration = {};
            else if (name.isEmpty())
                client.tls.configuration.setCaCertificates({});
            else
                client.tls.configuration.setCaCertificates({Certificates::certificate(name)});
        };
        QTest::newRow(row) << unknown << Pool::Error::TlsFailed
                           << here
                        + QStringLiteral(" failed: .*of \"localhost\" was issued by \"QNetPool test authority\".*%1")
                                  .arg(QLatin1String(sentence));
    }
    Case root = tlsServer(QStringLiteral("server"));
    root.configure = [base = root.configure](ServerPool::Configuration &server, ClientPool::Configuration &client) {
        base(server, client);
        server.tls.configuration.setLocalCertificateChain(
                {Certificates::certificate(QStringLiteral("server")), Certificates::certificate(QStringLiteral("ca"))});
        client.tls.configuration.setCaCertificates({Certificates::certificate(QStringLiteral("self-signed"))});
    };
    QTest::newRow("unknown root in the chain")
            << root << Pool::Error::TlsFailed
            << here + QStringLiteral(" failed: .*\"QNetPool test authority\" is self-signed, and not among .* has 1");
    for (const bool isAlert : {false, true}) { // Qt's server answers with an extension that is none
        Case alpn = isAlert
                ? peer([](QTcpSocket *socket) { socket->write(QByteArray::fromHex("15030300020278")); }, TlsMode::SelfSigned)
                : tlsServer(QStringLiteral("server"));
        alpn.configure = [base = alpn.configure](ServerPool::Configuration &server, ClientPool::Configuration &client) {
            base(server, client);
            server.tls.configuration.setAllowedNextProtocols({"h2"});
            client.tls.configuration.setAllowedNextProtocols({"other"});
        };
        QTest::newRow(isAlert ? "no common ALPN, alert" : "no common ALPN") << alpn << Pool::Error::TlsFailed
                                                                            << here
                        + QStringLiteral(" failed: .*; is one of setAllowedNextProtocols\\(\\) \\(ALPN\\) known to the "
                                         "other end\\?$");
    }
    QTest::newRow("expired certificate") << tlsServer(QStringLiteral("expired")) << Pool::Error::TlsFailed
                                         << here
                    + QStringLiteral(" failed: .*\"localhost\" expired on 2021-01-01T00:00:00Z$");
    QTest::newRow("wrong peer name") << tlsServer(QStringLiteral("other-host")) << Pool::Error::TlsFailed
                                     << here + QStringLiteral(" failed: .*certificate is not for");
    Case named = tlsServer(QStringLiteral("server"));
    named.configure = [base = named.configure](ServerPool::Configuration &server, ClientPool::Configuration &client) {
        base(server, client);
        client.tls.peerName = QStringLiteral("other.example");
    };
    QTest::newRow("peer name that is asked for")
            << named << Pool::Error::TlsFailed << here + QStringLiteral(" failed: .*certificate is not for");
    Case pinned = tlsServer(QStringLiteral("self-signed"), TlsMode::SelfSigned);
    pinned.configure = [base = pinned.configure](ServerPool::Configuration &server, ClientPool::Configuration &client) {
        base(server, client);
        client.tls.pinnedFingerprints = {QByteArray(64, 'a')};
    };
    QTest::newRow("not the pinned certificate")
            << pinned << Pool::Error::TlsFailed << here + QStringLiteral(" failed: .*not pinned");
    Case pinnedSingle = pinned;
    pinnedSingle.configure = [base = pinned.configure](ServerPool::Configuration &server,
                                                       ClientPool::Configuration &client) {
        base(server, client);
        server.connectionMode = client.connectionMode = ConnectionMode::Single;
    };
    QTest::newRow("not the pinned certificate, nothing read from the wire")
            << pinnedSingle << Pool::Error::TlsFailed << here + QStringLiteral(" failed: .*not pinned");
    QTest::newRow("TLS 1.2 at most") << peer(
            [](QTcpSocket *socket) {
                // A server's alert: fatal, protocol_version.
                socket->write(QByteArray::fromHex("15030300020246"));
            },
            TlsMode::SelfSigned) << Pool::Error::TlsFailed
                                     << here + QStringLiteral(" failed: .*(version|protocol).*; tls.allowTls12 is for");
    QTest::newRow("garbage instead of TLS")
            << peer([](QTcpSocket *socket) { socket->write("HTTP/1.0 400 Bad Request\r\n\r\n"); }, TlsMode::SelfSigned)
            << Pool::Error::TlsFailed << here + QStringLiteral(" failed: .+; does this port speak TLS\\?$");
    QTest::newRow("a close instead of TLS") << peer(
            [](QTcpSocket *socket) {
                connect(socket, &QTcpSocket::readyRead, socket, [socket] {
                    socket->readAll();
                    socket->disconnectFromHost();
                });
            },
            TlsMode::SelfSigned) << Pool::Error::TlsFailed
                                            << here + QStringLiteral(" failed: .+; does this port speak TLS\\?$");
    QTest::newRow("no TLS at all") << peer([](QTcpSocket *) {}, TlsMode::SelfSigned) << Pool::Error::HandshakeTimeout
                                   << QStringLiteral("TLS handshake with ") + here
                    + QStringLiteral(" .* 200 ms; does this port speak TLS\\?$");
    QTest::newRow("no ID") << peer([](QTcpSocket *) {}) << Pool::Error::HandshakeTimeout
                           << here
                    + QStringLiteral(" sent 0 of the 8 bytes .* 200 ms; .*ConnectionMode::Single, .*tls\\.mode$");
    Case encrypted = tlsServer(QStringLiteral("server"));
    encrypted.configure = [base = encrypted.configure](ServerPool::Configuration &server,
                                                       ClientPool::Configuration &client) {
        base(server, client);
        server.connectionMode = ConnectionMode::Single;
        client.handshakeTimeout = 200ms;
    };
    QTest::newRow("no ID within TLS") << encrypted << Pool::Error::HandshakeTimeout
                                      << here
                    + QStringLiteral(" sent 0 of the 8 bytes .* 200 ms; .*ConnectionMode::Single$");
    QTest::newRow("short ID, then silence")
            << peer([](QTcpSocket *socket) { socket->write("1234567"); }) << Pool::Error::HandshakeTimeout
            << here + QStringLiteral(" sent 7 of the 8 bytes .* 200 ms");
    QTest::newRow("short ID, then a close") << peer([](QTcpSocket *socket) {
        socket->write("123");
        socket->disconnectFromHost();
    }) << Pool::Error::HandshakeFailed << here + QStringLiteral(" sent 3 of the 8 bytes .* closed");
    QTest::newRow("close at once") << peer([](QTcpSocket *socket) { socket->abort(); }) << Pool::Error::HandshakeFailed
                                   << here + QStringLiteral(" sent 0 of the 8 bytes .*");
    QTest::newRow("ID of zero bytes") << peer([](QTcpSocket *socket) { socket->write(QByteArray(8, '\0')); })
                                      << Pool::Error::HandshakeFailed
                                      << here + QStringLiteral(" sent an invalid connection ID");
}

void tst_Errors::clientTellsWhatIsWrong()
{
    QFETCH(const Case, what);
    QFETCH(const Pool::Error, error);
    QFETCH(const QString, message);
    const int before = openSockets();
    {
        ServerPool::Configuration serverWish;
        ClientPool::Configuration wish = stepwiseClientOf(1, 1);
        QTcpServer scripted;
        wish.port = 0;
        what.configure(serverWish, wish);
        ServerPool server(serverWish);
        if (what.peer) {
            QVERIFY(scripted.listen(QHostAddress::LocalHost));
            connect(&scripted, &QTcpServer::newConnection, this, [&] { what.peer(scripted.nextPendingConnection()); });
            wish.port = scripted.serverPort();
        } else if (!wish.port) {
            listen(server);
            wish.port = server.serverPort();
        }
        ClientPool client(wish);
        QSignalSpy errors(&client, &Pool::errorOccurred);
        QVERIFY(client.start());
        QTRY_VERIFY(errors.size() >= 2); // it tries again
        const QRegularExpression expected(message);
        for (const QVariantList &emitted : std::as_const(errors)) {
            const QString said = emitted.at(1).toString();
            QCOMPARE(emitted.at(0).value<Pool::Error>(), error);
            QVERIFY2(expected.match(said).hasMatch(), qPrintable(said));
            QVERIFY2(Troubleshooting::tells(error, said), qPrintable(said));
        }
        QCOMPARE(client.errorCount(), errors.size());
        QTRY_COMPARE(client.state(), Pool::State::Degraded);
        QCOMPARE(client.idleCount(), 0);
        QCOMPARE(client.statistics().created, 0);
    }
    QTRY_COMPARE(openSockets(), before);
}

void tst_Errors::clientRefusesAConfigurationThatCannotWork_data()
{
    QTest::addColumn<ClientPool::Configuration>("wish");
    QTest::addColumn<QString>("message");
    ClientPool::Configuration wish;
    QTest::newRow("nothing") << wish << QStringLiteral("neither a host nor a dialer");
    wish.port = 1;
    QTest::newRow("no host") << wish << QStringLiteral("neither a host nor a dialer");
    wish = stepwiseClientOf(0);
    QTest::newRow("port 0") << wish << QStringLiteral("port of host 127.0.0.1 is 0");
    wish = stepwiseClientOf(1);
    wish.tls.mode = TlsMode::SelfSigned;
    wish.tls.pinnedFingerprints = {"abc"};
    QTest::newRow("fingerprint") << wish << QStringLiteral("\"abc\" is not a SHA-256");
    QTest::newRow("fingerprint, what it could be") << wish
                                                   << QStringLiteral("64 hexadecimal digits, with or without colons between "
                                                                     "bytes, or 32 raw bytes");
    wish.tls.pinnedFingerprints = {QByteArray(64, '0') + "\n"};
    QTest::newRow("fingerprint and line feed") << wish << QStringLiteral("000\\n\" is not a SHA-256");
    wish = {};
    wish.dialer = [](QTcpSocket *) {};
    wish.tls.mode = TlsMode::Verified;
    QTest::newRow("nobody to verify") << wish << QStringLiteral("peerName");
}

void tst_Errors::clientRefusesAConfigurationThatCannotWork()
{
    QFETCH(const ClientPool::Configuration, wish);
    QFETCH(const QString, message);
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(!client.start());
    QCOMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::InvalidConfiguration);
    QVERIFY2(lastMessage(errors).contains(message), qPrintable(lastMessage(errors)));
    QCOMPARE(client.state(), Pool::State::Stopped);
    QCOMPARE(client.errorCount(), 1);
}

void tst_Errors::hostsThatCanNeverWorkAreRefused_data()
{
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("quoted");
    const auto row = [](const char *what, const QString &host, const char *quoted) {
        QTest::newRow(what) << host << QString::fromLatin1(quoted);
    };
    row("space", QStringLiteral(" "), "\" \"");
    row("space behind an address", QStringLiteral("127.0.0.1 "), "\"127.0.0.1 \"");
    row("space inside", QStringLiteral("two words"), "\"two words\"");
    row("URL", QStringLiteral("https://example.com/"), "\"https://example.com/\"");
    row("port", QStringLiteral("example.com:80"), "\"example.com:80\"");
    row("address and port", QStringLiteral("127.0.0.1:80"), "\"127.0.0.1:80\"");
    row("brackets", QStringLiteral("[::1]"), "\"[::1]\"");
    row("brackets and port", QStringLiteral("[::1]:80"), "\"[::1]:80\"");
    row("user", QStringLiteral("user@example.com"), "\"user@example.com\"");
    row("path", QStringLiteral("example.com/path"), "\"example.com/path\"");
    row("subnet", QStringLiteral("10.0.0.0/8"), "\"10.0.0.0/8\"");
    row("NUL", QString::fromLatin1("a\0b", 3), "\"a\\u0000b\"");
    row("line feed", QStringLiteral("a\nb"), "\"a\\nb\"");
    row("line feed behind", QStringLiteral("127.0.0.1\n"), "\"127.0.0.1\\n\"");
    row("escape sequence", QStringLiteral("a\x1b[31m"), "\"a\\u001B[31m\"");
    row("control character in a scope", QStringLiteral("fe80::1%\x01"), "\"fe80::1%\\u0001\"");
    row("quotation marks", QStringLiteral("\"a\""), "\"\\\"a\\\"\"");
    row("empty label", QStringLiteral("example..com"), "\"example..com\"");
    row("label of 64 letters", QString(64, u'a'), QByteArray('"' + QByteArray(64, 'a') + '"').constData());
    row("wildcard", QStringLiteral("*.example.com"), "\"*.example.com\"");
}

void tst_Errors::hostsThatCanNeverWorkAreRefused()
{
    QFETCH(const QString, host);
    QFETCH(const QString, quoted);
    const QString expected =
            QStringLiteral(" is %1: it has to be a host name or an address, without scheme, port or brackets").arg(quoted);
    ClientPool::Configuration wish = clientOf(1);
    wish.host = host;
    QCOMPARE(ClientPool::problems(wish), QStringList(QStringLiteral("host") + expected));
    ClientPool client(wish);
    QVERIFY(!client.start());
    wish.port = 0;
    QCOMPARE(ClientPool::problems(wish), QStringList({QStringLiteral("host") + expected, QStringLiteral("the port is 0")}));

    wish = clientOf(1);
    wish.tls = {.mode = TlsMode::Verified, .peerName = host};
    QCOMPARE(ClientPool::problems(wish), QStringList(QStringLiteral("tls.peerName") + expected));
}

void tst_Errors::unusualHostsAreAccepted_data()
{
    QTest::addColumn<QString>("host");
    for (const char *host :
         {"localhost", "with_underscore.example", "_service._tcp.example.com", "example.com.", "EXAMPLE.com",
          "b\u00fccher.example", "xn--bcher-kva.example", "\u4f8b\u3048.\u30c6\u30b9\u30c8", "3com.com",
          "two--hyphens.example", "127.0.0.1", "::1", "fe80::1%eth0", "fe80::1%3", "::ffff:127.0.0.1", "2001:DB8::7"})
        QTest::newRow(host) << QString::fromUtf8(host);
}

void tst_Errors::unusualHostsAreAccepted()
{
    QFETCH(const QString, host);
    ClientPool::Configuration wish = clientOf(1);
    wish.host = host;
    wish.tls.mode = TlsMode::Verified;
    QCOMPARE(ClientPool::problems(wish), QStringList());
    wish.tls.peerName = host;
    QCOMPARE(ClientPool::problems(wish), QStringList());
}

void tst_Errors::hostOfADialerIsAWordForMessages()
{
    ClientPool::Configuration wish;
    wish.host = QStringLiteral("the database, through a tunnel");
    wish.dialer = [](QTcpSocket *) {};
    QCOMPARE(ClientPool::problems(wish), QStringList());
    wish.tls.mode = TlsMode::SelfSigned;
    QCOMPARE(ClientPool::problems(wish), QStringList());
    wish.tls.mode = TlsMode::Verified; // by this name, then
    QCOMPARE(ClientPool::problems(wish).size(), 1);
    wish.tls.peerName = QStringLiteral("example.com");
    QCOMPARE(ClientPool::problems(wish), QStringList());
}

void tst_Errors::everyProblemIsListed()
{
    QSslConfiguration weak = QSslConfiguration::defaultConfiguration();
    weak.setProtocol(QSsl::DtlsV1_2);
    weak.setCiphers(QStringLiteral("ECDHE-RSA-AES128-GCM-SHA256")); // of TLS 1.2
    const QStringList weaknesses{QStringLiteral("tls.configuration names no cipher of TLS 1.3"),
                                 QStringLiteral("tls.configuration asks for a protocol older than TLS 1.2, or for DTLS")};

    ClientPool::Configuration dialling;
    dialling.sizing.waitProbability = 2;
    dialling.tls = {.mode = TlsMode::Verified, .configuration = weak};
    QCOMPARE(ClientPool::problems(dialling),
             QStringList({QStringLiteral("there is neither a host nor a dialer"), QStringLiteral("the port is 0"),
                          QStringLiteral("sizing.waitProbability is 2: it has to be above 0 and below 1")})
                     + weaknesses
                     + QStringList{QStringLiteral("TlsMode::Verified needs a tls.peerName, or a host, to verify")});

    ServerPool::Configuration serving;
    serving.allowedPeers = QStringList{QStringLiteral("foo"), QStringLiteral("::1"), QStringLiteral("b\nr")};
    serving.tls = {.enabled = true, .configuration = weak};
    QCOMPARE(ServerPool::problems(serving),
             QStringList({QStringLiteral("\"foo\" among the allowed peers is neither an address nor a subnet"),
                          QStringLiteral("\"b\\nr\" among the allowed peers is neither an address nor a subnet"),
                          QStringLiteral("TLS is requested, but tls.configuration lacks a certificate or a private key")})
                     + weaknesses);
}

// A number of a settings file is cast to an enumeration, and none is meant: not TLS without verification, for instance.
void tst_Errors::numbersThatAreNoEnumeratorsAreRefused()
{
    const auto none = [](const char *field, int value, const char *type) {
        return QStringLiteral("%1 is %2, which is no value of QNetPool::%3")
                .arg(QLatin1String(field))
                .arg(value)
                .arg(QLatin1String(type));
    };
    for (const int value : {-1, 3, 7, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}) {
        const QStringList common{none("connectionMode", value, "ConnectionMode"), none("idFormat", value, "IdFormat"),
                                 none("reuse", value, "Reuse")};
        ClientPool::Configuration dialling = clientOf(1);
        dialling.connectionMode = ConnectionMode(value);
        dialling.idFormat = IdFormat(value);
        dialling.reuse = Reuse(value);
        dialling.sizing.rule = ClientPool::Rule(value);
        dialling.tls.mode = TlsMode(value);
        const QStringList ofClient =
                common + QStringList{none("sizing.rule", value, "ClientPool::Rule"), none("tls.mode", value, "TlsMode")};
        QCOMPARE(ClientPool::problems(dialling), ofClient);
        ClientPool client(dialling);
        QSignalSpy errors(&client, &Pool::errorOccurred);
        QVERIFY(!client.start());
        QCOMPARE(lastError(errors), Pool::Error::InvalidConfiguration);
        QVERIFY2(lastMessage(errors).contains(ofClient.join(QStringLiteral("; "))), qPrintable(lastMessage(errors)));

        ServerPool::Configuration serving;
        serving.connectionMode = ConnectionMode(value);
        serving.idFormat = IdFormat(value);
        serving.reuse = Reuse(value);
        QCOMPARE(ServerPool::problems(serving), common);
        ServerPool server(serving);
        QVERIFY(!server.listen(QHostAddress::LocalHost));
        server.setConfiguration({});
        QVERIFY(server.listen(QHostAddress::LocalHost));
        QVERIFY(!server.setConfiguration(serving));
    }
}

void tst_Errors::idFormatWithoutAnIdIsRefused()
{
    const QStringList refusal{QStringLiteral("idFormat has no effect in ConnectionMode::Single, in which no ID is sent")};
    ClientPool::Configuration dialling = clientOf(1);
    ServerPool::Configuration serving;
    dialling.idFormat = serving.idFormat = IdFormat::Binary;
    QCOMPARE(ClientPool::problems(dialling) + ServerPool::problems(serving), QStringList());
    dialling.connectionMode = serving.connectionMode = ConnectionMode::Single;
    QCOMPARE(ClientPool::problems(dialling), refusal);
    QCOMPARE(ServerPool::problems(serving), refusal);
}

void tst_Errors::pinnedCertificateIsAccepted_data()
{
    const QByteArray digest = Certificates::certificate(QStringLiteral("self-signed")).digest(QCryptographicHash::Sha256);
    QTest::addColumn<QByteArray>("pin");
    QTest::newRow("bytes") << digest;
    QTest::newRow("hexadecimal") << digest.toHex();
    QTest::newRow("upper case with colons") << digest.toHex(':').toUpper();
}

void tst_Errors::pinnedCertificateIsAccepted()
{
    QFETCH(const QByteArray, pin);
    ServerPool::Configuration serverWish;
    serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1);
    wish.tls.mode = TlsMode::SelfSigned;
    wish.tls.pinnedFingerprints = {QByteArray(64, '0'), pin};
    ClientPool client(wish);
    fill(server, client, 1);
    QCOMPARE(client.errorCount(), 0);
}

void tst_Errors::idInUseClosesTheNewcomer()
{
    QTcpServer scripted;
    QVERIFY(scripted.listen(QHostAddress::LocalHost));
    QList<QTcpSocket *> accepted;
    connect(&scripted, &QTcpServer::newConnection, this, [&] {
        accepted << scripted.nextPendingConnection();
        accepted.last()->write("samesame");
    });
    ClientPool client(stepwiseClientOf(scripted.serverPort(), 2));
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_VERIFY(!errors.isEmpty());
    QCOMPARE(lastError(errors), Pool::Error::HandshakeFailed);
    QVERIFY2(lastMessage(errors).contains(u"samesame") && lastMessage(errors).contains(u"in use"),
             qPrintable(lastMessage(errors)));
    QCOMPARE(client.idleCount(), 1);
    QCOMPARE(accepted.first()->state(), QAbstractSocket::ConnectedState);
    QTRY_COMPARE(accepted.at(1)->state(), QAbstractSocket::UnconnectedState);
}

void tst_Errors::portInUse()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    ServerPool server;
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QVERIFY(!server.listen(QHostAddress::LocalHost, other.serverPort()));
    QCOMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::ListenFailed);
    const QString where = QStringLiteral("127.0.0.1:%1").arg(other.serverPort());
    QVERIFY2(lastMessage(errors).contains(where) && lastMessage(errors).contains(u"in use"),
             qPrintable(lastMessage(errors)));
    QCOMPARE(server.state(), Pool::State::Stopped);
    const quint16 port = other.serverPort();
    other.close();
    QVERIFY(server.listen(QHostAddress::LocalHost, port));
}

void tst_Errors::alertInPlainTextSuggestsTls_data()
{
    QTest::addColumn<bool>("isUsed");
    QTest::addColumn<bool>("closes");
    QTest::addColumn<QString>("end");
    for (const bool closes : {false, true}) {
        const char *then = closes ? ", and a close" : "";
        QTest::addRow("unused%s", then) << false << closes << QString();
        for (const char *end : {"by itself", "given back", "discarded"})
            QTest::addRow("%s%s", end, then) << true << closes << QString::fromLatin1(end);
    }
}

// A server that expects TLS says so to a client in ConnectionMode::Single, which has no handshake to fail.
void tst_Errors::alertInPlainTextSuggestsTls()
{
    QFETCH(const bool, isUsed);
    QFETCH(const bool, closes);
    QFETCH(const QString, end);
    QTcpServer scripted;
    QVERIFY(scripted.listen(QHostAddress::LocalHost));
    const auto alert = [closes](QTcpSocket *socket) {
        socket->write(QByteArray::fromHex("15030100020246"));
        if (closes)
            socket->disconnectFromHost();
    };
    connect(&scripted, &QTcpServer::newConnection, this, [&] {
        QTcpSocket *socket = scripted.nextPendingConnection();
        if (isUsed)
            connect(socket, &QTcpSocket::readyRead, socket, [alert, socket] { alert(socket); });
        else
            alert(socket);
    });
    ClientPool::Configuration wish = stepwiseClientOf(scripted.serverPort(), 1);
    wish.connectionMode = ConnectionMode::Single;
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    for (int i = 0; isUsed && i < 2; ++i) {
        Connection lease;
        QTRY_VERIFY(lease = client.take());
        lease->write("PING\r\n");
        QTRY_COMPARE(lease->bytesAvailable(), 7);
        if (closes)
            QTRY_COMPARE(lease->state(), QAbstractSocket::UnconnectedState);
        if (end == u"given back")
            lease.giveBack();
        else if (end == u"discarded")
            lease.discard();
    }
    QTRY_VERIFY(!errors.isEmpty());
    const QString advice = QStringLiteral("it sent a TLS alert; does this port expect TLS? Then set tls.mode");
    const QString message = errors.first().at(1).toString();
    QVERIFY2(message.endsWith(advice) && message.startsWith(u"127.0.0.1"), qPrintable(message));
    QCOMPARE(errors.first().at(0).value<Pool::Error>(), isUsed ? Pool::Error::TlsFailed : Pool::Error::ConnectFailed);
    QVERIFY(Troubleshooting::tells(isUsed ? Pool::Error::TlsFailed : Pool::Error::ConnectFailed, message));
    if (isUsed) { // and is told once
        QTRY_COMPARE(client.idleCount(), 1);
        QCOMPARE(errors.size(), 1);
    }
}

void tst_Errors::serverTellsWhyAHandshakeFailed()
{
    ServerPool::Configuration wish;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(wish);
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, server.serverPort());
    socket.write("GET / HTTP/1.0\r\n\r\n");
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QVERIFY2(lastMessage(errors).contains(u"127.0.0.1"), qPrintable(lastMessage(errors)));
    QVERIFY2(lastMessage(errors).endsWith(u"; does this client speak TLS?"), qPrintable(lastMessage(errors)));
    QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(server.state(), Pool::State::Ready);

    QSslSocket old; // offers TLS 1.2 at most
    old.setPeerVerifyMode(QSslSocket::VerifyNone);
    old.setProtocol(QSsl::TlsV1_2);
    old.connectToHostEncrypted(QStringLiteral("127.0.0.1"), server.serverPort());
    QTRY_COMPARE(errors.size(), 2);
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    QVERIFY2(lastMessage(errors).contains(u"; tls.allowTls12"), qPrintable(lastMessage(errors)));
}

void tst_Errors::clientThatNeedsNoConnectionAnyMoreIsNoError_data()
{
    QTest::addColumn<ConnectionMode>("mode");
    QTest::addColumn<int>("threads");
    for (const int threads : {0, 1}) {
        QTest::addRow("multi, %d setup threads", threads) << ConnectionMode::Multi << threads;
        QTest::addRow("single, %d setup threads", threads) << ConnectionMode::Single << threads;
    }
}

// What a client pool has dialled beyond need, for instance: it closes that once it is set up, and the close_notify of TLS comes
// with the end of the handshake.
void tst_Errors::clientThatNeedsNoConnectionAnyMoreIsNoError()
{
    QFETCH(const ConnectionMode, mode);
    QFETCH(const int, threads);
    ServerPool::Configuration wish;
    wish.connectionMode = mode;
    wish.setupThreads = threads;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(wish);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    listen(server);
    for (int i = 0; i < 10; ++i) {
        QSslSocket client;
        client.setPeerVerifyMode(QSslSocket::VerifyNone);
        QSignalSpy encrypted(&client, &QSslSocket::encrypted);
        connect(&client, &QSslSocket::encrypted, &client, [&client] {
            client.disconnectFromHost();
            client.flush();
        });
        client.connectToHostEncrypted(QStringLiteral("127.0.0.1"), server.serverPort());
        QTRY_COMPARE(encrypted.size(), 1);
        QTRY_VERIFY(server.pendingCount() == 0 && server.idleCount() == 0);
    }
    QVERIFY2(errors.isEmpty(), qPrintable(errors.isEmpty() ? QString() : lastMessage(errors)));
    QVERIFY(!server.take());
}

void tst_Errors::descriptorsRunningOutIsReportedOnceAndEnds()
{
#ifdef Q_OS_UNIX
    ServerPool server;
    listen(server);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QTcpSocket first;
    first.connectToHost(QHostAddress::LocalHost, server.serverPort());
    QTRY_COMPARE(server.idleCount(), 1);

    QTcpSocket second;
    second.connectToHost(QHostAddress::LocalHost, server.serverPort()); // has its descriptor; accept() will not get one
    std::optional<NoNewDescriptors> none(std::in_place);
    QVERIFY(none->isSet());
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(server.state(), Pool::State::Degraded);
    bool isOver = false;
    QTimer::singleShot(350, this, [&] { isOver = true; }); // three attempts more
    QTRY_VERIFY(isOver);
    none.reset();
    QCOMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
    if (isShort()) { // valgrind itself has accepted it, and closed it
        second.abort();
        second.connectToHost(QHostAddress::LocalHost, server.serverPort());
    }
    QTRY_COMPARE(server.idleCount(), 2);
    QCOMPARE(server.state(), Pool::State::Ready);
    QVERIFY(server.take());
#else
    QSKIP("needs setrlimit()");
#endif
}

void tst_Errors::lostServerIsToldInShort_data()
{
    QTest::addColumn<int>("setupThreads");
    QTest::newRow("pool's thread") << 0;
    QTest::newRow("own threads") << 2;
}

// Ten, and then how many more.
void tst_Errors::lostServerIsToldInShort()
{
    QFETCH(const int, setupThreads);
    constexpr int many = 64;
    ServerPool server;
    listen(server);
    const quint16 port = server.serverPort();
    server.close();
    ClientPool::Configuration wish = clientOf(port, many);
    wish.setupThreads = setupThreads;
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_COMPARE(errors.size(), 11);
    QCOMPARE(lastError(errors), Pool::Error::ConnectFailed);
    QVERIFY2(lastMessage(errors).startsWith(u"54 more of the kind, the last: cannot connect to 127.0.0.1"),
             qPrintable(lastMessage(errors)));
    QCOMPARE(client.errorCount(), many);

    QString message;
    try {
        client.acquire(1ms).waitForFinished();
    } catch (const PoolException &failure) {
        message = failure.message();
    }
    QVERIFY2(message.contains(u"last error: cannot connect to 127.0.0.1"), qPrintable(message));
}

namespace {

// How many errors a pool has told, one by one and together, and how many of them before it stopped first.
class Told
{
public:
    explicit Told(Pool &pool)
    {
        QObject::connect(&pool, &Pool::errorOccurred, &pool, [this](Pool::Error, const QString &message) {
            static const QRegularExpression together(QStringLiteral("^(\\d+) more of the kind"));
            const QRegularExpressionMatch match = together.match(message);
            all += match.hasMatch() ? match.captured(1).toInt() : 1;
        });
        QObject::connect(&pool, &Pool::stateChanged, &pool, [this](Pool::State state) {
            if (state == Pool::State::Stopped && beforeItStopped < 0)
                beforeItStopped = all;
        });
    }

    int all = 0;
    int beforeItStopped = -1;
};

class Crowd
{
public:
    void connectTo(quint16 port, int count, const QByteArray &greeting = {})
    {
        for (int i = 0; i < count; ++i) {
            m_sockets.push_back(std::make_unique<QTcpSocket>());
            m_sockets.back()->connectToHost(QHostAddress::LocalHost, port);
            m_sockets.back()->write(greeting);
        }
    }

private:
    std::vector<std::unique_ptr<QTcpSocket>> m_sockets;
};

} // namespace

void tst_Errors::withheldErrorsAreToldBeforeThePoolStops_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<QString>("way");
    for (const bool isServer : {false, true}) {
        for (const char *way : {"close", "drain", "close elsewhere", "start again"})
            QTest::addRow("%s, %s", isServer ? "server" : "client", way) << isServer << QString::fromLatin1(way);
    }
}

void tst_Errors::withheldErrorsAreToldBeforeThePoolStops()
{
    QFETCH(const bool, isServer);
    QFETCH(const QString, way);
    constexpr int many = 30;
    ServerPool::Configuration wish;
    wish.allowedPeers = QStringList{QStringLiteral("192.0.2.1")};
    ServerPool server(wish);
    listen(server);
    const quint16 port = server.serverPort();
    ClientPool::Configuration clientWish = clientOf(port, many);
    clientWish.sizing.minimumInterval = clientWish.sizing.maximumInterval = 1h;
    ClientPool client(clientWish);
    Pool &pool = isServer ? static_cast<Pool &>(server) : client;
    const Told told(pool);
    Crowd crowd;
    if (isServer) {
        crowd.connectTo(port, many);
    } else {
        server.close();
        QVERIFY(client.start());
    }
    QTRY_COMPARE(pool.errorCount(), many);
    if (way == u"drain")
        pool.drain();
    else if (way == u"close elsewhere")
        std::thread([&pool] { pool.close(); }).join();
    else
        pool.close();
    if (way == u"start again" && isServer)
        listen(server);
    else if (way == u"start again")
        QVERIFY(client.start());
    QTRY_COMPARE(told.beforeItStopped, many);
    if (way != u"start again") {
        settle();
        QCOMPARE(told.all, many); // once
    }
}

void tst_Errors::slotMayCloseThePoolAmongWithheldErrors()
{
    constexpr int many = 15;
    ServerPool::Configuration wish;
    wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(wish);
    listen(server);
    const Told told(server);
    connect(&server, &Pool::errorOccurred, &server, [&server](Pool::Error, const QString &message) {
        if (message.contains(u"more of the kind"))
            server.close();
    });
    Crowd crowd;
    crowd.connectTo(server.serverPort(), many, "this is no TLS\r\n");
    QTRY_COMPARE(server.errorCount(), many);
    wish.allowedPeers = QStringList{QStringLiteral("192.0.2.1")};
    QVERIFY(server.setConfiguration(wish));
    crowd.connectTo(server.serverPort(), many);
    QTRY_COMPARE(server.state(), Pool::State::Stopped);
    QCOMPARE(told.beforeItStopped, server.errorCount());
}

void tst_Errors::clientOutOfDescriptorsTellsOnceAndGoesOn_data()
{
    QTest::addColumn<bool>("hasDialer");
    QTest::newRow("direct") << false;
    QTest::newRow("dialer") << true;
}

void tst_Errors::clientOutOfDescriptorsTellsOnceAndGoesOn()
{
#ifdef Q_OS_UNIX
    QFETCH(const bool, hasDialer);
    ServerPool server;
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1);
    if (hasDialer) {
        wish.dialer = [port = wish.port](QTcpSocket *socket) { socket->connectToHost(QHostAddress::LocalHost, port); };
    }
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 1);
    QTRY_COMPARE(server.idleCount(), 1);
    Connection lease = client.take();
    Connection other = server.take(lease.id());
    // Before: Qt makes what it needs at first, and UBSan looks at an object's type with a pipe.
    QCOMPARE(pass(lease.socket(), other.socket(), "lives"), QByteArray("lives"));
    QSignalSpy errors(&client, &Pool::errorOccurred);

    std::optional<NoNewDescriptors> none(std::in_place);
    QVERIFY(none->isSet());
    QSignalSpy intervals(&client, &Pool::intervalChanged);
    QTRY_VERIFY(intervals.size() >= 2); // attempts that came to nothing
    QCOMPARE(client.state(), Pool::State::Degraded);
    QCOMPARE(pass(lease.socket(), other.socket(), "lives on"), QByteArray("lives on"));
    none.reset();
    QCOMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::ResourcesExhausted);
    QVERIFY2(lastMessage(errors).contains(u"127.0.0.1"), qPrintable(lastMessage(errors)));
    QTRY_COMPARE(client.idleCount(), 1);
#else
    QSKIP("needs setrlimit()");
#endif
}

QTEST_GUILESS_MAIN(tst_Errors)
#include "tst_errors.moc"
