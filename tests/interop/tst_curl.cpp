// SPDX-License-Identifier: BSD-3-Clause
#include "answering.h"

// A server for curl.
class tst_Curl : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void answersOnOneConnection();
    void answersAClientThatResumesItsSession_data();
    void answersAClientThatResumesItsSession();
    void asksForAClientCertificate();
};

namespace {

// The answer's body is the request's path.
QByteArray httpAnswer(const QByteArray &request)
{
    const QByteArray path = request.split(' ').value(1) + '\n';
    return "HTTP/1.1 200 OK\r\nContent-Length: " + QByteArray::number(path.size()) + "\r\n\r\n" + path;
}

void download(Program &curl, quint16 port, const QStringList &paths, const QStringList &options = {})
{
    QStringList arguments{QStringLiteral("--verbose"), QStringLiteral("--no-progress-meter"), QStringLiteral("--cacert"),
                          QStringLiteral("ca.crt"),    QStringLiteral("--max-time"),          QStringLiteral("20")};
    for (const QString &path : paths)
        arguments << QStringLiteral("https://127.0.0.1:%1/%2").arg(port).arg(path);
    curl.start(QStringLiteral("curl"), arguments + options);
    QVERIFY(curl.waitForEnd());
}

} // namespace

void tst_Curl::initTestCase()
{
    QNETPOOL_NEED_PROGRAMS(QStringLiteral("curl"));
}

void tst_Curl::answersOnOneConnection()
{
    ServerPool server(tlsServer());
    Answering answering(server, "\r\n\r\n", httpAnswer);
    listen(server);
    Program curl;
    download(curl, server.serverPort(), {QStringLiteral("one"), QStringLiteral("two"), QStringLiteral("three")});
    QVERIFY2(curl.exitCode() == 0, curl.output().constData());
    for (const char *path : {"\n/one\n", "\n/two\n", "\n/three\n"})
        QVERIFY2(curl.output().contains(path), curl.output().constData());
    QCOMPARE(server.statistics().created, 1);
    QTRY_COMPARE(server.leasedCount(), 0);
    QCOMPARE(server.errorCount(), 0);
}

void tst_Curl::answersAClientThatResumesItsSession_data()
{
    QTest::addColumn<bool>("isTls12");
    QTest::newRow("TLS 1.3") << false;
    QTest::newRow("TLS 1.2") << true;
}

// Whether the server takes the session or makes a full handshake is not curl's concern.
void tst_Curl::answersAClientThatResumesItsSession()
{
    QFETCH(const bool, isTls12);
    ServerPool::Configuration configuration = tlsServer();
    configuration.tls.allowTls12 = isTls12;
    ServerPool server(configuration);
    Answering answering(server, "\r\n\r\n", httpAnswer);
    answering.closesAfterAnswers = true;
    listen(server);
    Program curl;
    download(curl, server.serverPort(), {QStringLiteral("one"), QStringLiteral("two"), QStringLiteral("three")},
             isTls12 ? QStringList{QStringLiteral("--tls-max"), QStringLiteral("1.2")} : QStringList());
    QVERIFY2(curl.exitCode() == 0, curl.output().constData());
    QVERIFY2(curl.output().contains("SSL re-using session ID"), curl.output().constData());
    QVERIFY2(curl.output().contains("\n/three\n"), curl.output().constData());
    QCOMPARE(server.statistics().created, 3);
    QTRY_COMPARE(server.leasedCount(), 0);
    QCOMPARE(server.errorCount(), 0);
}

void tst_Curl::asksForAClientCertificate()
{
    ServerPool::Configuration configuration = tlsServer();
    configuration.tls.configuration = Certificates::demandingClientCertificate(configuration.tls.configuration);
    ServerPool server(configuration);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    Answering answering(server, "\r\n\r\n", httpAnswer);
    listen(server);
    Program curl;
    download(curl, server.serverPort(), {QStringLiteral("nobody")});
    QVERIFY2(curl.exitCode() > 0 && curl.output().contains("alert"), curl.output().constData());
    QTRY_COMPARE(errors.size(), 1);
    QCOMPARE(lastError(errors), Pool::Error::TlsFailed);
    download(
            curl, server.serverPort(), {QStringLiteral("me")},
            {QStringLiteral("--cert"), QStringLiteral("client.crt"), QStringLiteral("--key"), QStringLiteral("client.key")});
    QVERIFY2(curl.exitCode() == 0 && curl.output().contains("\n/me\n"), curl.output().constData());
}

QTEST_GUILESS_MAIN(tst_Curl)
#include "tst_curl.moc"
