// SPDX-License-Identifier: BSD-3-Clause
#include "countingdispatcher.h"
#include "descriptors.h"
#include "pools.h"
#include "short.h"

// What an idle connection costs the event loop, without a clock: its dispatcher polls every enabled notifier on every turn,
// and the pools enable as many for thousands of connections as for ten.
class tst_Notifiers : public QObject
{
    Q_OBJECT

public:
    explicit tst_Notifiers(const CountingDispatcher *dispatcher) : m_dispatcher(dispatcher) { }

private Q_SLOTS:
    void initTestCase();
    void stayAsManyWhateverIsIdle_data();
    void stayAsManyWhateverIsIdle();

private:
    int count() const { return m_dispatcher->notifierCount(); }

    const CountingDispatcher *const m_dispatcher;
};

void tst_Notifiers::initTestCase()
{
    QVERIFY(allowDescriptors(10200));
}

void tst_Notifiers::stayAsManyWhateverIsIdle_data()
{
    QTest::addColumn<TlsMode>("mode");
    QTest::addColumn<int>("many");
    QTest::newRow("plain") << TlsMode::None << fewer(5000);
    QTest::newRow("TLS") << TlsMode::SelfSigned << fewer(100, 20); // a handshake takes a hundred times as long
}

void tst_Notifiers::stayAsManyWhateverIsIdle()
{
    QFETCH(const TlsMode, mode);
    QFETCH(const int, many);
    ServerPool::Configuration serverWish;
    if (mode != TlsMode::None)
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 10);
    wish.tls.mode = mode;
    ClientPool client(wish);
    fill(server, client, 10);
    const int few = count();
    QVERIFY2(few < 10, qPrintable(QString::number(few)));

    wish.sizing.minimumCapacity = wish.sizing.maximumCapacity = many;
    QVERIFY(client.setConfiguration(wish));
    QTRY_COMPARE_WITH_TIMEOUT(client.idleCount(), many, longer(60000));
    QTRY_COMPARE_WITH_TIMEOUT(server.idleCount(), many, longer(60000));
    QCOMPARE(count(), few);

    // And they are all counted: one that is used is polled, until it is given back.
    Connection used = client.take();
    QVERIFY(used.socket());
    QCOMPARE(count(), few + 1);
    used.giveBack();
    QCOMPARE(client.idleCount(), many);
    QCOMPARE(count(), few);
}

int main(int argc, char **argv)
{
    auto *dispatcher = new CountingDispatcher;
    QCoreApplication::setEventDispatcher(dispatcher); // which the application deletes
    const QCoreApplication application(argc, argv);
    tst_Notifiers test(dispatcher);
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&test, argc, argv);
}

#include "tst_notifiers.moc"
