// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "readyfuture.h"
#include "system/printable.h"

#include <QtCore/QLoggingCategory>

// What a peer, an exception or a certificate says reaches a person with escapes for what is not printable.
class tst_Printable : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void textIsEscaped_data();
    void textIsEscaped();
    void printableTextStaysAsItIs();
    void idOfAHostilePeerIsEscapedEverywhere_data();
    void idOfAHostilePeerIsEscapedEverywhere();
    void lastWordsOfAPeerAreEscaped();
    void textOfAnExceptionIsEscaped();
    void hostIsEscapedInProblems();
    void percentSignsStay_data();
    void percentSignsStay();

private:
    static void keep(QtMsgType, const QMessageLogContext &, const QString &message) { s_heard << message; }
    static inline QStringList s_heard;
};

static const QString hostile =
        QString::fromUtf8("\x1b]0;a\x07\r\n\t\x7f\u009b2J\u202egnp\u2066\u200b\u2028\u2029\u00ad\ufeff") + QChar(u'\0')
        + QChar(u'\xd800');

// But for a space, which a sentence has anyway.
static bool isUnprintable(QChar c)
{
    return !c.isPrint() || c.category() == QChar::Separator_Line || c.category() == QChar::Separator_Paragraph;
}

static QString unprintableAmong(const QStringList &texts)
{
    for (const QString &text : texts) {
        if (std::any_of(text.begin(), text.end(), isUnprintable))
            return QString::fromLatin1(text.toUtf8().toPercentEncoding(" "));
    }
    return {};
}

void tst_Printable::textIsEscaped_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("escaped");
    QTest::newRow("escape") << QStringLiteral("a\x1b[31mb") << QStringLiteral("a\\u001B[31mb");
    QTest::newRow("line feed") << QStringLiteral("a\nb") << QStringLiteral("a\\u000Ab");
    QTest::newRow("carriage return") << QStringLiteral("a\rb") << QStringLiteral("a\\u000Db");
    QTest::newRow("tab") << QStringLiteral("a\tb") << QStringLiteral("a\\u0009b");
    QTest::newRow("NUL") << QString::fromLatin1("a\0b", 3) << QStringLiteral("a\\u0000b");
    QTest::newRow("delete") << QStringLiteral("a\x7f") << QStringLiteral("a\\u007F");
    QTest::newRow("CSI of C1") << QStringLiteral("a\u009b") << QStringLiteral("a\\u009B");
    QTest::newRow("right-to-left override") << QStringLiteral("a\u202eb") << QStringLiteral("a\\u202Eb");
    QTest::newRow("isolate") << QStringLiteral("a\u2066b") << QStringLiteral("a\\u2066b");
    QTest::newRow("zero width space") << QStringLiteral("a\u200bb") << QStringLiteral("a\\u200Bb");
    QTest::newRow("byte order mark") << QStringLiteral("\ufeffa") << QStringLiteral("\\uFEFFa");
    QTest::newRow("soft hyphen") << QStringLiteral("a\u00adb") << QStringLiteral("a\\u00ADb");
    QTest::newRow("line separator") << QStringLiteral("a\u2028b") << QStringLiteral("a\\u2028b");
    QTest::newRow("paragraph separator") << QStringLiteral("a\u2029b") << QStringLiteral("a\\u2029b");
    QTest::newRow("tag") << QStringLiteral("a\U000e0041b") << QStringLiteral("a\\U000E0041b");
    QTest::newRow("half of a pair") << QString(QChar(u'\xd800')) << QString(QChar(QChar::ReplacementCharacter));
}

void tst_Printable::textIsEscaped()
{
    QFETCH(const QString, text);
    QFETCH(const QString, escaped);
    QCOMPARE(printable(text), escaped);
    QCOMPARE(unprintableAmong({quoted(text), quoted(text.toUtf8()), quoted(text.toLatin1())}), QString());
}

void tst_Printable::printableTextStaysAsItIs()
{
    for (const char *text :
         {"", "plain", "it says \"b\\nr\"", "b\u00fccher", "\u4f8b\u3048", "\U0001f600", "no-break\u00a0space"})
        QCOMPARE(printable(QString::fromUtf8(text)), QString::fromUtf8(text));
    QCOMPARE(printable(printable(hostile)), printable(hostile));
    QCOMPARE(unprintableAmong({printable(hostile), quoted(hostile)}), QString());
    QCOMPARE(printable(ConnectionId::fromBytes("0a1b2c3d")), QStringLiteral("0a1b2c3d"));
    QCOMPARE(printable(ConnectionId::fromBytes("a\nb c\"d\x1b")), QStringLiteral("\"a\\nb c\\\"d\\x1B\""));
    QCOMPARE(printable(ConnectionId()), QString());
}

void tst_Printable::idOfAHostilePeerIsEscapedEverywhere_data()
{
    QTest::addColumn<QByteArray>("id");
    QTest::newRow("title of a terminal") << QByteArray("\x1b]0;a\n\x1b"
                                                       "c");
    QTest::newRow("C1") << QByteArray("\x9b"
                                      "2J\x9b"
                                      "31m\x07");
    QTest::newRow("line feeds") << QByteArray("a\r\nroot\n");
    QTest::newRow("NUL") << QByteArray("\0\0a\0\0\0\0\0", 8);
    QTest::newRow("quotation marks") << QByteArray("\" is \"ok");
    QTest::newRow("UTF-8 of an override") << QByteArray("\xe2\x80\xae"
                                                        "abcde");
}

// Its log, all that errorOccurred() tells, what acquire() fails with, and the reason of put().
void tst_Printable::idOfAHostilePeerIsEscapedEverywhere()
{
    QFETCH(const QByteArray, id);
    s_heard.clear();
    QLoggingCategory::setFilterRules(QStringLiteral("qnetpool.*=true"));
    const QtMessageHandler before = qInstallMessageHandler(keep);
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    QObject::connect(&server, &QTcpServer::newConnection, &server, [&] { server.nextPendingConnection()->write(id); });
    {
        ClientPool::Configuration wish =
                clientOf(server.serverPort(), 2); // of which the second one has an ID that is in use
        wish.limits.leakThreshold = 1ms;
        wish.hooks.resetter = [](QTcpSocket *) { return readyFuture(false); };
        ClientPool client(wish);
        QSignalSpy errors(&client, &Pool::errorOccurred);
        QVERIFY(client.start());
        QTRY_COMPARE(client.idleCount(), 1);
        Connection lease = client.take();
        QVERIFY(lease.socket());
        const auto hasSaid = [&errors](Pool::Error error) {
            return std::any_of(errors.begin(), errors.end(),
                               [error](const QVariantList &said) { return said.at(0).value<Pool::Error>() == error; });
        };
        QTRY_VERIFY(hasSaid(Pool::Error::LeakSuspected) && hasSaid(Pool::Error::HandshakeFailed));
        QTcpSocket other;
        other.connectToHost(QHostAddress(QHostAddress::LocalHost), server.serverPort());
        QVERIFY(other.waitForConnected());
        QString reason;
        QVERIFY(!client.put(ConnectionId::fromBytes(id), &other, &reason));
        QVERIFY2(reason.contains(u"in use"), qPrintable(reason));
        QString failure;
        client.acquire(1ms).onFailed(&client, [&failure](const PoolException &exception) {
            failure = exception.message();
            return Connection();
        });
        QTRY_VERIFY(!failure.isEmpty());
        s_heard << reason << failure;
        lease.giveBack();
        QTRY_VERIFY(client.statistics().failedCheck > 0);
        for (const QVariantList &error : std::as_const(errors))
            s_heard << error.at(1).toString();
    }
    qInstallMessageHandler(before);
    QLoggingCategory::setFilterRules({});
    QVERIFY(s_heard.size() > 5);
    QCOMPARE(unprintableAmong(s_heard), QString());
}

void tst_Printable::lastWordsOfAPeerAreEscaped()
{
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    QObject::connect(&server, &QTcpServer::newConnection, &server, [&] {
        QTcpSocket *socket = server.nextPendingConnection();
        socket->write("-ERR\x1b]0;a\x07 " + hostile.toUtf8() + "\r\n");
        socket->disconnectFromHost();
    });
    ClientPool::Configuration wish = clientOf(server.serverPort(), 1);
    wish.connectionMode = ConnectionMode::Single;
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_VERIFY(!errors.isEmpty());
    QVERIFY2(lastMessage(errors).contains(u"-ERR"), qPrintable(lastMessage(errors)));
    QCOMPARE(unprintableAmong({lastMessage(errors)}), QString());
}

void tst_Printable::textOfAnExceptionIsEscaped()
{
    ClientPool::Configuration wish;
    wish.dialer = [](QTcpSocket *) { throw std::runtime_error(hostile.toStdString()); };
    ClientPool client(wish);
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.start());
    QTRY_VERIFY(!errors.isEmpty());
    QVERIFY2(lastMessage(errors).contains(u"the dialer has thrown"), qPrintable(lastMessage(errors)));
    QCOMPARE(unprintableAmong({lastMessage(errors)}), QString());

    ServerPool server;
    listen(server);
    wish = clientOf(server.serverPort(), 1);
    wish.hooks.resetter = [](QTcpSocket *) -> QFuture<bool> { throw std::runtime_error(hostile.toStdString()); };
    QVERIFY(client.setConfiguration(wish));
    QTRY_COMPARE(client.idleCount(), 1);
    Connection used = client.take();
    QVERIFY(used.socket());
    used.giveBack();
    QTRY_COMPARE(lastError(errors), Pool::Error::CheckFailed);
    QVERIFY2(lastMessage(errors).contains(u"its resetter has thrown"), qPrintable(lastMessage(errors)));
    QCOMPARE(unprintableAmong({lastMessage(errors)}), QString());
}

void tst_Printable::hostIsEscapedInProblems()
{
    ClientPool::Configuration wish;
    wish.host = QStringLiteral("a\u200db");
    QCOMPARE(unprintableAmong(ClientPool::problems(wish)), QString());
    wish.host = hostile;
    QCOMPARE(unprintableAmong(ClientPool::problems(wish)), QString());
}

void tst_Printable::percentSignsStay_data()
{
    QTest::addColumn<QString>("host");
    for (const char *host : {"fe80::1%1", "fe80::1%2", "fe80::1%lo"})
        QTest::newRow(host) << QString::fromLatin1(host);
}

// A scope ID looks like a placeholder of QString::arg().
void tst_Printable::percentSignsStay()
{
    QFETCH(const QString, host);
    ClientPool client(clientOf(4242, 1));
    ClientPool::Configuration wish = client.configuration();
    wish.host = host;
    QSignalSpy errors(&client, &Pool::errorOccurred);
    QVERIFY(client.setConfiguration(wish));
    QVERIFY(client.start());
    QTRY_VERIFY(!errors.isEmpty());
    const QString start = QStringLiteral("cannot connect to [") + host + QStringLiteral("]:4242: ");
    QVERIFY2(lastMessage(errors).startsWith(start), qPrintable(lastMessage(errors)));
}

QTEST_GUILESS_MAIN(tst_Printable)
#include "tst_printable.moc"
