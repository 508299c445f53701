// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

// TLS is asked for, but this Qt cannot do it: here, because it finds no TLS plugin.
class tst_NoTls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void clientRefusesToStart();
    void serverRefusesToListen();
    void plainConnectionsWork();
};

void tst_NoTls::clientRefusesToStart()
{
    for (TlsMode mode : {TlsMode::SelfSigned, TlsMode::Verified}) {
        ClientPool::Configuration wish = clientOf(4433);
        wish.tls.mode = mode;
        ClientPool client(wish);
        QSignalSpy errors(&client, &Pool::errorOccurred);
        QVERIFY(!client.start());
        QCOMPARE(lastError(errors), Pool::Error::InvalidConfiguration);
        QVERIFY2(lastMessage(errors).contains(u"TLS to 127.0.0.1:4433"), qPrintable(lastMessage(errors)));
        QVERIFY2(lastMessage(errors).contains(u"no TLS"), qPrintable(lastMessage(errors)));
    }
}

void tst_NoTls::serverRefusesToListen()
{
    ServerPool::Configuration wish;
    wish.tls.enabled = true;
    ServerPool server(wish);
    QSignalSpy errors(&server, &Pool::errorOccurred);
    QVERIFY(!server.listen(QHostAddress::LocalHost));
    QCOMPARE(lastError(errors), Pool::Error::InvalidConfiguration);
    QVERIFY2(lastMessage(errors).contains(u"no TLS"), qPrintable(lastMessage(errors)));
}

void tst_NoTls::plainConnectionsWork()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 2));
    fill(server, client, 2);
    QVERIFY(client.take());
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    QCoreApplication::setLibraryPaths({}); // before Qt looks for a TLS backend
    tst_NoTls test;
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&test, argc, argv);
}

#include "tst_notls.moc"
