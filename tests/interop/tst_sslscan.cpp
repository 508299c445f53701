// SPDX-License-Identifier: BSD-3-Clause
#include "answering.h"

// What a scanner finds that looks for weak TLS.
class tst_SslScan : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void findsNothingWeak_data();
    void findsNothingWeak();
};

void tst_SslScan::initTestCase()
{
    QNETPOOL_NEED_PROGRAMS(QStringLiteral("sslscan"));
}

void tst_SslScan::findsNothingWeak_data()
{
    QTest::addColumn<bool>("allowTls12");
    QTest::newRow("TLS 1.3") << false;
    QTest::newRow("TLS 1.2 allowed") << true;
}

// The words of a line, one space apart.
static QList<QByteArray> linesOf(const QByteArray &output)
{
    QList<QByteArray> lines = output.split('\n');
    for (QByteArray &line : lines)
        line = line.simplified();
    return lines;
}

void tst_SslScan::findsNothingWeak()
{
    QFETCH(const bool, allowTls12);
    ServerPool::Configuration configuration = tlsServer();
    configuration.tls.allowTls12 = allowTls12;
    configuration.maximumPendingPerPeer = 0; // of its handshakes most fail, as fast as it can
    ServerPool server(configuration);
    listen(server);
    Program scan;
    scan.start(QStringLiteral("sslscan"),
               {QStringLiteral("--no-colour"), QStringLiteral("127.0.0.1:%1").arg(server.serverPort())});
    QVERIFY(scan.waitForEnd());
    const QList<QByteArray> lines = linesOf(scan.output());
    for (const char *version : {"SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"})
        QVERIFY2(lines.contains(version + QByteArray(" disabled")), scan.output().constData());
    QVERIFY2(lines.contains(allowTls12 ? "TLSv1.2 enabled" : "TLSv1.2 disabled"), scan.output().constData());
    QVERIFY2(lines.contains("TLSv1.3 enabled"), scan.output().constData());
    QVERIFY2(lines.contains("Session renegotiation not supported"), scan.output().constData());
    QVERIFY2(!lines.contains("Compression enabled"), scan.output().constData());

    const QList<QByteArray> strongGroups{"x25519", "secp256r1", "secp384r1", "secp521r1"};
    qsizetype groups = 0;
    for (qsizetype i = lines.indexOf("Server Key Exchange Group(s):") + 1; lines.value(i).startsWith("TLSv1."); ++i) {
        const QByteArray name = lines.at(i).split(' ').value(3); // after the version and its strength in bits
        QVERIFY2(strongGroups.contains(name), lines.at(i).constData());
        ++groups;
    }
    QVERIFY(groups >= strongGroups.size());

    // All that was nothing to the server.
    ClientPool::Configuration honest = clientOf(server.serverPort());
    honest.connectionMode = ConnectionMode::Single;
    honest.tls = {.mode = TlsMode::Verified, .configuration = Certificates::trustingCa()};
    ClientPool client(honest);
    fill(server, client);
}

QTEST_GUILESS_MAIN(tst_SslScan)
#include "tst_sslscan.moc"
