// SPDX-License-Identifier: BSD-3-Clause
#include "asking.h"

// A client of HTTP servers: nginx, and HAProxy, which may also be a proxy with no server behind it.
class tst_HttpServers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void eachRequestGetsItsAnswer_data();
    void eachRequestGetsItsAnswer();
    void replacesConnectionsThatTheServerFindsIdle_data() { eachRequestGetsItsAnswer_data(); }
    void replacesConnectionsThatTheServerFindsIdle();
    void comesBackAfterARestart_data() { eachRequestGetsItsAnswer_data(); }
    void comesBackAfterARestart();
    void tellsOfAProxyWithoutAServer_data();
    void tellsOfAProxyWithoutAServer();
};

namespace {

QByteArray nginx(quint16 port, bool isEncrypted)
{
    return "daemon off; master_process off; pid nginx.pid; events { }\n"
           "http { access_log off; client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t;\n"
           "scgi_temp_path t; keepalive_timeout 1s; keepalive_requests 50; client_header_timeout 2s;\n"
           "server { listen 127.0.0.1:"
            + QByteArray::number(port)
            + (isEncrypted ? " ssl; ssl_protocols TLSv1.3; ssl_certificate server.crt; ssl_certificate_key server.key;"
                           : ";")
            + " location / { return 200 $request_uri; } } }\n";
}

QByteArray haproxy(quint16 port, bool isEncrypted)
{
    return "defaults\n mode http\n timeout client 2s\n timeout server 2s\n timeout connect 1s\n timeout http-request 2s\n"
           " timeout http-keep-alive 1s\n"
           "frontend test\n bind 127.0.0.1:"
            + QByteArray::number(port) + (isEncrypted ? " ssl crt server.pem ssl-min-ver TLSv1.3\n" : "\n")
            + " http-request return status 200 content-type text/plain lf-string %[path]\n";
}

class HttpServer
{
public:
    HttpServer(const QString &name, bool isEncrypted) : m_name(name), m_isEncrypted(isEncrypted) { }
    void start();
    bool stop() { return m_program.stop(); }
    ClientPool::Configuration client() const { return singleClientOf(m_port, m_isEncrypted); }

private:
    Program m_program;
    const quint16 m_port = Program::freePort();
    const QString m_name;
    const bool m_isEncrypted;
};

void HttpServer::start()
{
    const bool isNginx = m_name == QLatin1String("nginx");
    m_program.write(QStringLiteral("configuration"),
                    isNginx ? nginx(m_port, m_isEncrypted) : haproxy(m_port, m_isEncrypted));
    const QString configuration = m_program.path(QStringLiteral("configuration"));
    const QString folder = m_program.path({});
    m_program.start(m_name,
                    isNginx ? QStringList{QStringLiteral("-p"), folder, QStringLiteral("-e"), QStringLiteral("stderr"),
                                          QStringLiteral("-c"), configuration}
                            : QStringList{QStringLiteral("-db"), QStringLiteral("-f"), configuration});
    QVERIFY2(m_program.waitForPort(m_port), m_program.output().constData());
}

// The first wrong answer; empty: all were right.
QByteArray wrongAnswer(Pool &pool, int count)
{
    for (int i = 0; i < count; ++i) {
        Connection connection = pool.waitForConnection();
        const QByteArray path = "/page-" + QByteArray::number(i);
        const QByteArray answer = ask(connection, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n", "\r\n\r\n" + path);
        if (!answer.startsWith("HTTP/1.1 200 OK\r\n") || !answer.endsWith("\r\n\r\n" + path))
            return path + " was answered " + answer;
        if (answer.contains("Connection: close"))
            connection.discard(); // its end may still be on its way
    }
    return {};
}

} // namespace

void tst_HttpServers::initTestCase()
{
    QNETPOOL_NEED_PROGRAMS(QStringLiteral("nginx"), QStringLiteral("haproxy"));
}

void tst_HttpServers::eachRequestGetsItsAnswer_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("isEncrypted");
    for (const QString &name : {QStringLiteral("nginx"), QStringLiteral("haproxy")}) {
        QTest::addRow("%s", qPrintable(name)) << name << false;
        QTest::addRow("%s with TLS", qPrintable(name)) << name << true;
    }
}

// nginx ends each connection after fifty of them.
void tst_HttpServers::eachRequestGetsItsAnswer()
{
    QFETCH(const QString, name);
    QFETCH(const bool, isEncrypted);
    HttpServer server(name, isEncrypted);
    server.start();
    ClientPool pool(server.client());
    QVERIFY(pool.start());
    QCOMPARE(wrongAnswer(pool, 500), QByteArray());
    const PoolStatistics numbers = pool.statistics();
    QVERIFY(numbers.created < 30);
    QCOMPARE(pool.errorCount(), 0);
}

void tst_HttpServers::replacesConnectionsThatTheServerFindsIdle()
{
    QFETCH(const QString, name);
    QFETCH(const bool, isEncrypted);
    HttpServer server(name, isEncrypted);
    server.start();
    ClientPool pool(server.client());
    QSignalSpy lost(&pool, &Pool::connectionLost);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 4);
    QCOMPARE(wrongAnswer(pool, 1), QByteArray()); // this one sooner than the others
    QTRY_VERIFY(lost.size() >= 4);
    QTRY_COMPARE(pool.idleCount(), 4);
    QCOMPARE(pool.statistics().unclaimed, 0); // HAProxy's farewell is nobody's
    QCOMPARE(wrongAnswer(pool, 8), QByteArray());
    QCOMPARE(pool.state(), Pool::State::Ready);
    QCOMPARE(pool.errorCount(), 0);
}

void tst_HttpServers::comesBackAfterARestart()
{
    QFETCH(const QString, name);
    QFETCH(const bool, isEncrypted);
    HttpServer server(name, isEncrypted);
    server.start();
    ClientPool pool(server.client());
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.idleCount(), 4);
    QVERIFY(server.stop());
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QTRY_VERIFY2(told(errors).contains("refused"), told(errors).constData());
    QCOMPARE(pool.idleCount(), 0);
    server.start();
    QTRY_VERIFY(pool.isReady() && pool.idleCount() == 4);
    QCOMPARE(wrongAnswer(pool, 8), QByteArray());
}

void tst_HttpServers::tellsOfAProxyWithoutAServer_data()
{
    QTest::addColumn<bool>("isEncrypted");
    QTest::newRow("TCP") << false;
    QTest::newRow("TLS") << true;
}

// It accepts and closes.
void tst_HttpServers::tellsOfAProxyWithoutAServer()
{
    QFETCH(const bool, isEncrypted);
    const quint16 port = Program::freePort();
    Program proxy;
    proxy.write(QStringLiteral("configuration"),
                "defaults\n mode tcp\n retries 0\n timeout client 9s\n timeout server 9s\n timeout connect 1s\n"
                "listen test\n bind 127.0.0.1:"
                        + QByteArray::number(port) + (isEncrypted ? " ssl crt server.pem" : "")
                        + "\n server none 127.0.0.1:" + QByteArray::number(Program::freePort()) + '\n');
    proxy.start(QStringLiteral("haproxy"),
                {QStringLiteral("-db"), QStringLiteral("-f"), proxy.path(QStringLiteral("configuration"))});
    QVERIFY2(proxy.waitForPort(port), proxy.output().constData());
    ClientPool pool(singleClientOf(port, isEncrypted));
    QSignalSpy errors(&pool, &Pool::errorOccurred);
    QVERIFY(pool.start());
    QTRY_COMPARE(pool.state(), Pool::State::Degraded);
    QVERIFY2(told(errors).contains(QByteArray::number(port) + " closed "), told(errors).constData());
}

QTEST_GUILESS_MAIN(tst_HttpServers)
#include "tst_httpservers.moc"
