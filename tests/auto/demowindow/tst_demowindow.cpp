// SPDX-License-Identifier: BSD-3-Clause
#include "gui/leases/leasetable.h"
#include "gui/log/logview.h"
#include "gui/pill.h"
#include "gui/poolview/poolview.h"
#include "gui/window/endview.h"
#include "gui/window/mainwindow.h"

#include "engine/security.h"

#include <QtCore/QSettings>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QTcpServer>
#include <QtTest/QTest>
#include <QtWidgets/QComboBox>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QToolBar>

using namespace Demo;
using namespace QNetPool;
using namespace std::chrono_literals;

// The real window, by what a person presses and sees: a stock that fills, each thing that can be broken, and the way back.
class tst_DemoWindow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void startFillsTheStock();
    void stopAndStartAgain();
    void stoppedServerIsAnOutage();
    void frozenServerIsSeen();
    void refusedPeerGetsNothing();
    void expiredCertificateLetsNobodyIn();
    void droppedConnectionsAreDialledAnew();
    void burstIsSeenInTheLeases();
    void scenarioPressesTheButtons();
    void everyEncryptionAndMode();
    void pauseStopsEveryPlot();
    void settingsAreRemembered();
    void startThatFailsIsTold();
};

namespace {

Settings quick()
{
    Settings settings;
    settings.client.minimumCapacity = settings.client.maximumCapacity = 6;
    settings.client.minimumInterval = 20ms;
    settings.client.maximumInterval = 50ms;
    settings.client.maximumBackoff = 100ms;
    settings.client.connectTimeout = settings.client.handshakeTimeout = 500ms;
    return settings;
}

Settings verified()
{
    Settings settings = quick();
    secure(settings, TlsMode::Verified);
    return settings;
}

// The window, and a person's eyes and hands.
class Person
{
public:
    explicit Person(const Settings &settings) : window(settings)
    {
        window.resize(1200, 800);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window)); // else it has no shortcuts
        client = window.findChild<EndView *>(QStringLiteral("client"));
        server = window.findChild<EndView *>(QStringLiteral("server"));
    }

    void press(Qt::Key key) { QTest::keyClick(&window, key); }
    void press(const char *button) { QTest::mouseClick(find(button), Qt::LeftButton); }
    QPushButton *find(const char *button) const { return window.findChild<QPushButton *>(QLatin1String(button)); }

    QString state() const { return client->findChild<StatePill *>()->text(); }
    int idle() const { return client->lastSample().pool.idle; }
    int cells() const
    {
        const QList<ConnectionInfo> all =
                window.run() ? window.run()->client()->pool().connections() : QList<ConnectionInfo>();
        const auto *view = client->findChild<PoolView *>();
        return int(std::count_if(all.begin(), all.end(),
                                 [view](const ConnectionInfo &one) { return !view->cellRect(one.id).isNull(); }));
    }
    bool hasRead(const QString &text) const
    {
        EventLog &log = window.findChild<LogView *>()->log();
        for (int row = 0; row < log.rowCount(); ++row) {
            if (log.index(row, EventLog::TextColumn).data().toString().contains(text))
                return true;
        }
        return false;
    }

    MainWindow window;
    EndView *client;
    EndView *server;
};

} // namespace

void tst_DemoWindow::startFillsTheStock()
{
    Person person(quick());
    QCOMPARE(person.state(), QStringLiteral("Stopped"));
    QVERIFY(!person.find("stop")->isEnabled());
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    QTRY_VERIFY(person.idle() >= 6);
    QTRY_VERIFY(person.cells() >= 6);
    QTRY_VERIFY(person.hasRead(QStringLiteral("Ready")));
    QTRY_VERIFY(person.client->lastSample().exchanges > 0 || person.server->lastSample().exchanges > 0);
    QVERIFY(person.find("stop")->isEnabled());
}

void tst_DemoWindow::stopAndStartAgain()
{
    Person person(quick());
    for (int i = 0; i < 2; ++i) {
        person.press(Qt::Key_F5);
        QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
        person.press(Qt::Key_F5);
        QTRY_VERIFY(!person.window.run());
        QCOMPARE(person.state(), QStringLiteral("Stopped"));
    }
}

void tst_DemoWindow::stoppedServerIsAnOutage()
{
    Person person(quick());
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    person.press("stop");
    QTRY_COMPARE(person.state(), QStringLiteral("Degraded"));
    QTRY_VERIFY(person.hasRead(QStringLiteral("Connection refused")));
    QTRY_COMPARE(person.idle(), 0);
    QVERIFY(person.hasRead(QStringLiteral("the server is stopped")));
    QTRY_COMPARE(person.server->findChild<StatePill *>()->text(), QStringLiteral("Stopped"));
    person.press("stop");
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    QTRY_VERIFY(person.idle() >= 6);
}

void tst_DemoWindow::frozenServerIsSeen()
{
    Person person(quick());
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    person.press("freeze");
    const auto *server = person.server->findChild<StatePill *>();
    QTRY_COMPARE(server->text(), QStringLiteral("Frozen"));
    person.press(Qt::Key_F6); // the client's connections go, and new ones get no ID
    QTRY_COMPARE(person.state(), QStringLiteral("Degraded"));
    person.press("freeze");
    QTRY_COMPARE(server->text(), QStringLiteral("Ready"));
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    QTRY_VERIFY(person.idle() >= 6);
}

void tst_DemoWindow::refusedPeerGetsNothing()
{
    Person person(quick());
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    person.press("refuse");
    QTRY_COMPARE(person.state(), QStringLiteral("Degraded"));
    QTRY_VERIFY(person.server->lastSample().pool.peersRefused > 0);
    person.press("refuse");
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
}

void tst_DemoWindow::expiredCertificateLetsNobodyIn()
{
    Person plain(quick());
    plain.press(Qt::Key_F5);
    QVERIFY(!plain.find("expire")->isEnabled());

    Person person(verified());
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    person.press("expire");
    QTRY_COMPARE(person.state(), QStringLiteral("Degraded"));
    QTRY_VERIFY(person.hasRead(QStringLiteral("expired")));
    person.press("expire");
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
}

void tst_DemoWindow::droppedConnectionsAreDialledAnew()
{
    Person person(quick());
    person.press(Qt::Key_F5);
    QTRY_VERIFY(person.idle() >= 6);
    const qint64 created = person.client->lastSample().pool.created;
    person.press("drop");
    QTRY_VERIFY(person.client->lastSample().pool.diedIdle >= 3);
    QTRY_VERIFY(person.hasRead(QStringLiteral("was lost")));
    QTRY_VERIFY(person.client->lastSample().pool.created >= created + 3);
    QTRY_VERIFY(person.idle() >= 6);
}

void tst_DemoWindow::burstIsSeenInTheLeases()
{
    Settings settings = quick();
    settings.load = {0, 300ms};
    Person person(settings);
    person.press(Qt::Key_F5);
    QTRY_VERIFY(person.idle() >= 6);
    person.press("burst");
    QTRY_VERIFY(person.client->lastSample().pool.leased >= 6);
    QTRY_VERIFY(person.client->leases()->model()->rowCount() >= 6);
    QTRY_COMPARE(person.client->lastSample().pool.leased, 0);
    QTRY_COMPARE(person.client->leases()->model()->rowCount(), 0);
}

void tst_DemoWindow::scenarioPressesTheButtons()
{
    Person person(quick());
    const Scenario story{QStringLiteral("outage"),
                         {},
                         {.rate = 50},
                         {{300ms, Break{Fault::Stopped, true}}, {1200ms, Break{Fault::Stopped, false}}},
                         3s};
    person.window.play(story);
    QTRY_VERIFY(person.find("stop")->isChecked());
    QTRY_COMPARE(person.state(), QStringLiteral("Degraded"));
    QTRY_VERIFY(!person.find("stop")->isChecked());
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
}

// Each is another run.
void tst_DemoWindow::everyEncryptionAndMode()
{
    Person person(quick());
    person.press(Qt::Key_F5);
    const auto choices = person.window.findChild<QToolBar *>()->findChildren<QComboBox *>();
    QCOMPARE(choices.size(), 2);
    for (QComboBox *choice : choices) {
        for (int i = 0; i < choice->count(); ++i) {
            QTest::keyClick(choice, i ? Qt::Key_Down : Qt::Key_Home);
            QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
            QTRY_VERIFY(person.client->lastSample().exchanges > 0 || person.server->lastSample().exchanges > 0);
            QVERIFY(!person.hasRead(QStringLiteral("cannot")));
        }
    }
    QCOMPARE(person.client->lastSample().failed + person.server->lastSample().failed, 0);
}

void tst_DemoWindow::pauseStopsEveryPlot()
{
    Person person(quick());
    person.press(Qt::Key_F5);
    person.press(Qt::Key_F9);
    for (const EndView *end : {person.client, person.server})
        QVERIFY(end->plots()->isPaused());
    person.press(Qt::Key_F9);
    for (const EndView *end : {person.client, person.server})
        QVERIFY(!end->plots()->isPaused());
}

void tst_DemoWindow::settingsAreRemembered()
{
    const QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("settings.ini"));
    Settings wish = quick();
    secure(wish, TlsMode::Verified);
    wish.client.maximumCapacity = 9;
    wish.load = {33, 7ms};
    {
        const Person person(wish);
        QSettings store(file, QSettings::IniFormat);
        person.window.save(store);
    }
    Person person(Settings{});
    const QSettings store(file, QSettings::IniFormat);
    person.window.restore(store, true);
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    const Settings &now = person.window.run()->settings();
    QCOMPARE(now.client.maximumCapacity, 9);
    QCOMPARE(now.client.minimumInterval, 20ms);
    QCOMPARE(now.client.tlsMode, TlsMode::Verified);
    QCOMPARE(now.load.rate, 33);
    QCOMPARE(now.load.hold, 7ms);

    Person other(quick());
    other.window.restore(store, false); // the command line has said something
    other.press(Qt::Key_F5);
    QCOMPARE(other.window.run()->settings().client.maximumCapacity, 6);
}

void tst_DemoWindow::startThatFailsIsTold()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    Settings settings = quick();
    settings.data.port = other.serverPort();
    Person person(settings);
    person.press(Qt::Key_F5);
    QVERIFY(!person.window.run());
    QTRY_VERIFY(person.hasRead(QStringLiteral("in use")));
    QCOMPARE(person.state(), QStringLiteral("Stopped"));
}

QTEST_MAIN(tst_DemoWindow)
#include "tst_demowindow.moc"
