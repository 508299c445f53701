// SPDX-License-Identifier: BSD-3-Clause
#include "gui/form/configurationpanel.h"
#include "gui/leases/leasetable.h"
#include "gui/log/logview.h"
#include "gui/pill.h"
#include "gui/poolview/poolview.h"
#include "gui/window/endview.h"
#include "gui/window/mainwindow.h"

#include "engine/security.h"
#include "patience.h"
#include "readyfuture.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QSettings>
#include <QtCore/QTemporaryDir>
#include <QtGui/QAccessible>
#include <QtNetwork/QTcpServer>
#include <QtTest/QTest>
#include <QtWidgets/QCheckBox>
#include <QtWidgets/QComboBox>
#include <QtWidgets/QLabel>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QSpinBox>
#include <QtWidgets/QTabWidget>
#include <QtWidgets/QToolBar>

using namespace Demo;
using namespace QNetPool;
using namespace std::chrono_literals;

// The real window, by what a person presses and sees: a stock that fills, each fault, and the recovery.
class tst_DemoWindow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void startFillsTheStock();
    void stopAndStartAgain();
    void stoppedServerIsAnOutage();
    void frozenServerIsSeen();
    void refusedPeerGetsNothing();
    void expiredCertificateIsRefused();
    void droppedConnectionsAreDialledAgain();
    void burstIsSeenInTheLeases();
    void scenarioPressesTheButtons();
    void everythingIsReachedByKeys();
    void lettersPressTheButtons();
    void everythingHasAName();
    void formChangesARunningPool();
    void ruleIsSwitchedAtOnce();
    void usedOnceIsSwitched();
    void poolsAreFlushedAndDrained();
    void eachEndMayHaveAWindowOfItsOwn();
    void scenarioBringsItsEncryption();
    void everyEncryptionAndMode();
    void pauseStopsEveryPlot();
    void settingsAreRemembered();
    void failedStartIsReported();
};

namespace {

Settings quick()
{
    Settings settings;
    settings.client.sizing.minimumCapacity = settings.client.sizing.maximumCapacity = 6;
    settings.client.sizing.minimumInterval = 20ms;
    settings.client.sizing.maximumInterval = 50ms;
    settings.client.sizing.maximumBackoff = 100ms;
    settings.client.connectTimeout = settings.client.handshakeTimeout = 2s; // a frozen server costs this much
    return settings;
}

// Without a load, no connection is out when the others are closed, and comes back.
Settings resting(Settings settings)
{
    settings.load.rate = 0;
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

    void showDetails(const char *title)
    {
        auto *details = window.findChild<QTabWidget *>(QStringLiteral("details"));
        for (int i = 0; i < details->count(); ++i) {
            if (details->tabText(i) == QLatin1String(title))
                return details->setCurrentIndex(i);
        }
        qFatal("there is no such tab");
    }
    void press(Qt::Key key) { QTest::keyClick(&window, key); }
    void press(const char *button) { QTest::mouseClick(find(button), Qt::LeftButton); }
    QPushButton *find(const char *button) const { return window.findChild<QPushButton *>(QLatin1String(button)); }

    QString state() const { return client->findChild<StatePill *>()->text(); }
    QString numbers() const
    {
        const auto labels = client->findChildren<QLabel *>();
        for (const QLabel *label : labels) {
            if (label->accessibleName() == QLatin1String("Numbers"))
                return label->text();
        }
        qFatal("there are no numbers");
    }
    int idle() const { return client->lastSample().pool.idle; }
    QList<ConnectionInfo> connections() const
    {
        return window.run() ? window.run()->client()->pool().connections() : QList<ConnectionInfo>();
    }
    int cells() const { return cellsOf(connections()); }
    int cellsOf(const QList<ConnectionInfo> &some) const
    {
        const auto *view = client->findChild<PoolView *>();
        return int(std::count_if(some.begin(), some.end(),
                                 [view](const ConnectionInfo &one) { return !view->cellRect(one.id).isNull(); }));
    }
    // A cell of a connection that the pool does not have any more.
    bool seesLost(QList<ConnectionInfo> before) const
    {
        const QList<ConnectionInfo> now = connections();
        before.removeIf([&now](const ConnectionInfo &one) {
            return std::any_of(now.begin(), now.end(), [&one](const ConnectionInfo &other) { return other.id == one.id; });
        });
        return cellsOf(before) > 0;
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

    // What a screen reader tells of the client's plot: its last values.
    QString heard(const char *plot) const { return find(client, plot)->accessibleDescription(); }
    // A flag of that colour is in the client's plot of its stock, which has no line of that colour.
    bool sees(Hue flag) const
    {
        Plot *plot = find(client, "Stock");
        const QImage picture = plot->grab().toImage().convertToFormat(QImage::Format_RGB32);
        const QRgb color = colorOf(flag, plot->palette()).rgb();
        int count = 0;
        for (int y = 0; y < picture.height(); ++y) {
            for (int x = 0; x < picture.width(); ++x)
                count += picture.pixel(x, y) == color;
        }
        return count >= 16 * plot->devicePixelRatioF() * plot->devicePixelRatioF(); // letters have some such pixels, too
    }
    static Plot *find(const EndView *end, const char *plot)
    {
        for (Plot *one : end->plots()->all()) {
            if (one->accessibleName() == QLatin1String(plot))
                return one;
        }
        qFatal("there is no such plot");
    }

    MainWindow window;
    EndView *client;
    EndView *server;
};

// The classes of a widget and of those around it.
QString whereIs(const QWidget *widget)
{
    QString text;
    for (; widget; widget = widget->parentWidget())
        text += QLatin1String(widget->metaObject()->className()) + QLatin1Char(' ') + widget->objectName()
                + QStringLiteral(" < ");
    return text;
}

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
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("idle 6")));
    QVERIFY(person.heard("Stock").contains(QStringLiteral("target 6")));
    QTRY_VERIFY(person.heard("Waits").contains(QRegularExpression(QStringLiteral("setup [0-9]"))));
    QVERIFY(person.numbers().endsWith(QStringLiteral(" % waited")));
    QVERIFY(!person.sees(Hue::Neutral) && !person.sees(Hue::Lost));
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
    const QColor up = person.find("stop")->palette().color(QPalette::Button);
    person.press("stop");
    QVERIFY(person.find("stop")->palette().color(QPalette::Button) != up);
    QTRY_COMPARE(person.state(), QStringLiteral("Degraded"));
    QTRY_VERIFY(person.hasRead(QStringLiteral("Connection refused")));
    QTRY_COMPARE(person.idle(), 0);
    QVERIFY(person.hasRead(QStringLiteral("the server is stopped")));
    QTRY_COMPARE(person.server->findChild<StatePill *>()->text(), QStringLiteral("Stopped"));
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("idle 0")));
    QTRY_VERIFY(person.sees(Hue::Neutral) && person.sees(Hue::Lost)); // what was done, and what came of it
    person.press("stop");
    QCOMPARE(person.find("stop")->palette().color(QPalette::Button), up);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    QTRY_VERIFY(person.idle() >= 6);
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("idle 6")));
    QVERIFY(person.hasRead(QStringLiteral("the server is started again")));
}

void tst_DemoWindow::frozenServerIsSeen()
{
    Person person(resting(quick()));
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    person.press("freeze");
    const auto *server = person.server->findChild<StatePill *>();
    QTRY_COMPARE(server->text(), QStringLiteral("Frozen"));
    person.press(Qt::Key_F6); // the client's connections go, and new ones get no ID
    QTRY_COMPARE(person.state(), QStringLiteral("Degraded"));
    QTRY_VERIFY(person.hasRead(QStringLiteral("the server is frozen")));
    QTRY_VERIFY(person.sees(Hue::Neutral) && person.sees(Hue::Lost));
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("idle 0")));
    person.press("freeze");
    QTRY_COMPARE(server->text(), QStringLiteral("Ready"));
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    QTRY_VERIFY(person.idle() >= 6);
}

void tst_DemoWindow::refusedPeerGetsNothing()
{
    Person person(resting(quick()));
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    person.press("refuse");
    QTRY_COMPARE(person.state(), QStringLiteral("Degraded"));
    QTRY_VERIFY(person.server->lastSample().pool.peersRefused > 0);
    QTRY_VERIFY(person.hasRead(QStringLiteral("the server refuses this peer")));
    QTRY_VERIFY(person.hasRead(QStringLiteral("127.0.0.1")));
    QTRY_VERIFY(person.sees(Hue::Neutral) && person.sees(Hue::Lost));
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("idle 0")));
    person.press("refuse");
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
}

void tst_DemoWindow::expiredCertificateIsRefused()
{
    Person plain(quick());
    plain.press(Qt::Key_F5);
    QVERIFY(!plain.find("expire")->isEnabled());

    Person person(resting(verified()));
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    person.press("expire");
    QTRY_COMPARE(person.state(), QStringLiteral("Degraded"));
    QTRY_VERIFY(person.hasRead(QStringLiteral("expired")));
    QTRY_VERIFY(person.sees(Hue::Neutral) && person.sees(Hue::Lost));
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("idle 0")));
    person.press("expire");
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("idle 6")));
}

void tst_DemoWindow::droppedConnectionsAreDialledAgain()
{
    Person person(resting(quick()));
    person.press(Qt::Key_F5);
    QTRY_VERIFY(person.idle() >= 6);
    const qint64 created = person.client->lastSample().pool.created;
    const QList<ConnectionInfo> before = person.connections();
    person.press("drop");
    QTRY_VERIFY(person.seesLost(before)); // as it fades
    QTRY_VERIFY(person.client->lastSample().pool.diedIdle >= 3);
    QTRY_VERIFY(person.hasRead(QStringLiteral("was lost")));
    QTRY_VERIFY(person.hasRead(QStringLiteral("drops 50 %")));
    QTRY_VERIFY(person.sees(Hue::Neutral));
    QTRY_VERIFY(person.client->lastSample().pool.created >= created + 3);
    QTRY_VERIFY(person.idle() >= 6);
}

void tst_DemoWindow::burstIsSeenInTheLeases()
{
    Settings settings = quick();
    settings.load = {0, 300ms};
    Person person(settings);
    person.window.findChild<QSpinBox *>(QStringLiteral("takesAtOnce"))->setValue(60); // several windows are drawn at a time
    person.press(Qt::Key_F5);
    QTRY_VERIFY(person.idle() >= 6);
    person.press("burst");
    QTRY_VERIFY(person.client->lastSample().pool.leased >= 6);
    person.showDetails("Leases of the client");
    QTRY_VERIFY(person.client->leases()->model()->rowCount() >= 6);
    QTRY_COMPARE_WITH_TIMEOUT(person.client->lastSample().pool.leased, 0, longer(20000));
    QTRY_COMPARE_WITH_TIMEOUT(person.client->leases()->model()->rowCount(), 0, longer(20000));
    person.showDetails("Leases of the server"); // while the client is in front
    person.press("burst");
    QTRY_VERIFY(person.server->leases()->model()->rowCount() >= 6);
    QTRY_COMPARE_WITH_TIMEOUT(person.server->leases()->model()->rowCount(), 0, longer(20000));
    person.showDetails("Log");
    QTRY_COMPARE_WITH_TIMEOUT(person.client->lastSample().pool.leased, 0, longer(20000));
    QTRY_COMPARE_WITH_TIMEOUT(person.client->leases()->model()->rowCount(), 0, longer(20000));
}

void tst_DemoWindow::scenarioPressesTheButtons()
{
    Person person(quick());
    const Scenario scenario{QStringLiteral("outage"),
                            {},
                            {.rate = 50},
                            {{300ms, Break{Fault::Stopped, true}}, {1200ms, Break{Fault::Stopped, false}}},
                            3s};
    person.window.play(scenario);
    QTRY_VERIFY(person.find("stop")->isChecked());
    QTRY_COMPARE(person.state(), QStringLiteral("Degraded"));
    QTRY_VERIFY(!person.find("stop")->isChecked());
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
}

void tst_DemoWindow::everythingIsReachedByKeys()
{
    Person person(verified());
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    auto *details = person.window.findChild<QTabWidget *>(QStringLiteral("details"));
    auto *ends = qobject_cast<QTabWidget *>(person.window.centralWidget());
    QSet<QWidget *> reached;
    for (int tab = 0; tab < details->count(); ++tab) {
        details->setCurrentIndex(tab);
        ends->setCurrentIndex(tab % ends->count());
        for (int i = 0; i < 400; ++i) {
            QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : &person.window, Qt::Key_Tab);
            reached.insert(QApplication::focusWidget());
        }
        const auto all = person.window.findChildren<QWidget *>();
        for (QWidget *one : all) {
            if (one->isVisible() && one->isEnabled() && (one->focusPolicy() & Qt::TabFocus) && !one->focusProxy())
                QVERIFY2(reached.contains(one), qPrintable(whereIs(one)));
        }
    }
}

void tst_DemoWindow::lettersPressTheButtons()
{
    Person person(verified());
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    for (const char *tab : {"Log", "Configuration", "Leases of the client", "Leases of the server"}) {
        person.showDetails(tab);
        for (const auto &[name, key] :
             {std::pair("stop", Qt::Key_O), {"freeze", Qt::Key_Z}, {"refuse", Qt::Key_R}, {"expire", Qt::Key_X}}) {
            for (const bool isOn : {true, false}) {
                QTest::keyClick(&person.window, key, Qt::AltModifier);
                QTRY_COMPARE(person.find(name)->isChecked(), isOn);
            }
        }
    }
    QTest::keyClick(&person.window, Qt::Key_D, Qt::AltModifier);
    QTRY_VERIFY(person.hasRead(QStringLiteral("drops 50 %")));
    QTest::keyClick(&person.window, Qt::Key_B, Qt::AltModifier);
    QTRY_VERIFY(person.hasRead(QStringLiteral("a burst of 150 exchanges")));
}

// What Qt makes for itself, and names nowhere: parts of scroll areas, a combo box's list.
static bool isQtsOwn(const QWidget *widget)
{
    return widget->objectName().startsWith(QLatin1String("qt_"))
            || (widget->parentWidget() && widget->parentWidget()->inherits("QComboBoxPrivateContainer"));
}

// For assistive technology.
void tst_DemoWindow::everythingHasAName()
{
    const Person person(quick());
    const auto all = person.window.findChildren<QWidget *>();
    for (const QWidget *one : all) {
        if (!(one->focusPolicy() & Qt::TabFocus) || one->focusProxy() || isQtsOwn(one)
            || qobject_cast<const QLabel *>(one)) // whose text is its name
            continue;
        QAccessibleInterface *interface = QAccessible::queryAccessibleInterface(const_cast<QWidget *>(one));
        QVERIFY2(interface && !interface->text(QAccessible::Name).isEmpty(), qPrintable(whereIs(one)));
    }
}

void tst_DemoWindow::formChangesARunningPool()
{
    Person person(quick());
    person.press(Qt::Key_F5);
    QTRY_VERIFY(person.idle() >= 6);
    auto *form = person.window.findChild<ConfigurationPanel *>();
    person.window.findChild<QTabWidget *>(QStringLiteral("details"))->setCurrentWidget(form);
    for (const char *field : {"sizing.maximumCapacity", "sizing.minimumCapacity"})
        form->clientForm()->findChild<QSpinBox *>(QLatin1String(field))->setValue(11);
    auto *apply = person.find("apply");
    QVERIFY(apply->isEnabled());
    QTest::mouseClick(apply, Qt::LeftButton);
    QTRY_VERIFY(person.idle() >= 11);
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("minimum to maximum 11–11")));
    QVERIFY(!apply->isEnabled());
}

void tst_DemoWindow::ruleIsSwitchedAtOnce()
{
    Person person(quick());
    auto *rule = person.window.findChild<QComboBox *>(QStringLiteral("rule"));
    QCOMPARE(rule->currentIndex(), int(ClientPool::Rule::Predictive));
    const auto chooses = [&](Qt::Key direction) {
        QTest::keyClick(&person.window, Qt::Key_N, Qt::AltModifier);
        if (QApplication::focusWidget() != rule)
            return false;
        QTest::keyClick(rule, direction);
        return true;
    };
    QVERIFY(chooses(Qt::Key_Up)); // before anything runs
    person.press(Qt::Key_F5);
    QCOMPARE(person.window.run()->settings().client.sizing.rule, ClientPool::Rule::Stepwise);
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("idle 6")));
    QVERIFY(person.heard("Stock").contains(QStringLiteral("target –")));
    QVERIFY(chooses(Qt::Key_Down)); // while it runs
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("target 6")));
    QVERIFY(person.hasRead(QStringLiteral("by prediction")));
    const auto *panel = person.window.findChild<ConfigurationPanel *>();
    const ConfigurationForm *form = panel->clientForm();
    auto *field = form->findChild<QComboBox *>(QStringLiteral("sizing.rule"));
    QCOMPARE(field->currentIndex(), int(ClientPool::Rule::Predictive));
    person.showDetails("Configuration"); // which is the other way
    field->setCurrentIndex(int(ClientPool::Rule::Stepwise));
    QTest::mouseClick(person.find("apply"), Qt::LeftButton);
    QCOMPARE(rule->currentIndex(), int(ClientPool::Rule::Stepwise));
    QTRY_VERIFY(person.heard("Stock").contains(QStringLiteral("target –")));
    Scenario scenario{QStringLiteral("used-once"), {}, {}, {{1ms, Size{ClientPool::Rule::Predictive}}}, 60s};
    person.window.play(scenario);
    QTRY_COMPARE(rule->currentIndex(), int(ClientPool::Rule::Predictive));
}

void tst_DemoWindow::usedOnceIsSwitched()
{
    Person person(quick());
    person.press(Qt::Key_F5);
    auto *box = person.window.findChild<QCheckBox *>(QStringLiteral("usedOnce"));
    QTRY_VERIFY(person.client->lastSample().pool.givenBack > 0);
    QTest::keyClick(&person.window, Qt::Key_U, Qt::AltModifier);
    QTRY_VERIFY(box->isChecked());
    QTRY_VERIFY(person.client->lastSample().pool.discarded > 5);
    Scenario scenario{QStringLiteral("used-once"), {}, {.rate = 9}, {{100ms, Load{.isUsedOnce = true}}}, 60s};
    person.window.play(scenario);
    QVERIFY(!box->isChecked());
    QTRY_VERIFY(box->isChecked());
    QCOMPARE(person.window.run()->settings().load.rate, Load().rate);
}

void tst_DemoWindow::poolsAreFlushedAndDrained()
{
    std::atomic<int> checks = 0;
    Settings settings = quick();
    // The client takes: in multi mode, a question that has come already shows that a connection is good, without a check.
    settings.client.connectionMode = settings.server.connectionMode = ConnectionMode::Single;
    settings.client.hooks.validateAfter = 1h; // or when the stock is to be checked
    settings.client.hooks.validator = [&checks](QTcpSocket *) {
        ++checks;
        return readyFuture(true);
    };
    Person person(settings);
    person.press(Qt::Key_F5);
    QTRY_VERIFY(person.idle() >= 6);
    const qint64 flushed = person.client->lastSample().pool.flushed;
    person.press(Qt::Key_F6);
    QTRY_VERIFY(person.client->lastSample().pool.flushed >= flushed + 1);
    QTRY_VERIFY(person.idle() >= 6);
    QCOMPARE(checks, 0);
    // A connection that is leased at that moment is not doubted, and may then be the only one that is needed.
    QTRY_VERIFY((person.press(Qt::Key_F8), checks > 0));
    person.press(Qt::Key_F7);
    QTRY_COMPARE(person.state(), QStringLiteral("Stopped"));
    QTRY_COMPARE(person.idle(), 0);
    person.press(Qt::Key_F5);
    QTRY_VERIFY(!person.window.run());
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
}

void tst_DemoWindow::eachEndMayHaveAWindowOfItsOwn()
{
    Settings there = quick();
    there.role = Role::Server;
    MainWindow server(there);
    server.show();
    server.start();
    QVERIFY(server.run());
    QVERIFY(!server.findChild<EndView *>(QStringLiteral("client")));
    Settings here = quick();
    here.role = Role::Client;
    here.data = server.run()->server()->data();
    here.control = server.run()->server()->control();
    MainWindow client(here);
    client.show();
    client.start();
    QVERIFY(client.run());
    QVERIFY(!client.findChild<EndView *>(QStringLiteral("server")));
    for (const MainWindow *window : {&server, &client})
        QTRY_COMPARE(window->findChild<StatePill *>()->text(), QStringLiteral("Ready"));
    QTRY_VERIFY(server.snapshot().exchanges > 10 && client.snapshot().exchanges > 10);
    QCOMPARE(client.snapshot().failed, 0);
    // Faults are injected where the server is.
    QVERIFY(server.findChild<QPushButton *>(QStringLiteral("stop"))->isEnabled());
    QVERIFY(!client.findChild<QPushButton *>(QStringLiteral("stop"))->isEnabled());
    QTest::mouseClick(server.findChild<QPushButton *>(QStringLiteral("stop")), Qt::LeftButton);
    QTRY_COMPARE(client.findChild<StatePill *>()->text(), QStringLiteral("Degraded"));
    QTest::mouseClick(server.findChild<QPushButton *>(QStringLiteral("stop")), Qt::LeftButton);
    QTRY_COMPARE(client.findChild<StatePill *>()->text(), QStringLiteral("Ready"));
}

// And leaves its load behind, and its name with the run.
void tst_DemoWindow::scenarioBringsItsEncryption()
{
    Person person(quick());
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    QVERIFY(!person.find("expire")->isEnabled());
    Scenario scenario{QStringLiteral("tls-failure"), {}, {.rate = 0}, {}, 60s, TlsMode::Verified};
    person.window.play(scenario);
    QCOMPARE(person.window.run()->settings().client.tls.mode, TlsMode::Verified);
    QVERIFY(person.find("expire")->isEnabled());
    QTRY_COMPARE(person.window.run()->client()->pool().idleCount(), 6);
    QTRY_COMPARE(person.window.run()->server()->pool().idleCount(), 6); // none is still being set up, which would get in
    scenario.load.rate = 7;
    scenario.steps = {{100ms, Break{Fault::CertificateExpired, true}}};
    person.window.play(scenario);
    QTRY_VERIFY(person.hasRead(QStringLiteral("expired")));
    auto *scenarios = person.window.findChild<QComboBox *>(QStringLiteral("scenarios"));
    QCOMPARE(scenarios->currentText(), QStringLiteral("tls-failure"));
    person.press(Qt::Key_F5);
    QTRY_VERIFY(!person.window.run());
    QCOMPARE(scenarios->currentIndex(), 0);
    person.press(Qt::Key_F5);
    QCOMPARE(person.window.run()->settings().load.rate, 7);
    QVERIFY(!person.find("expire")->isChecked());
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
            QTRY_VERIFY(person.window.snapshot().exchanges > 0);
            QCOMPARE(person.window.snapshot().failed, 0);
        }
    }
}

void tst_DemoWindow::pauseStopsEveryPlot()
{
    Person person(quick());
    person.press(Qt::Key_F5);
    person.press(Qt::Key_F9);
    const auto areAll = [&person](bool paused) {
        for (const EndView *end : {person.client, person.server}) {
            for (const Plot *plot : end->plots()->all()) {
                if (plot->isPaused() != paused)
                    return false;
            }
        }
        return true;
    };
    QVERIFY(areAll(true));
    person.press(Qt::Key_F9);
    QVERIFY(areAll(false));
}

void tst_DemoWindow::settingsAreRemembered()
{
    const QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("settings.ini"));
    Settings requested = quick();
    secure(requested, TlsMode::Verified);
    requested.client.sizing.maximumCapacity = 9;
    requested.client.tls.peerName = QStringLiteral("127.0.0.1"); // as the certificate says, too
    requested.server.limits.maximumConnections = 77;
    requested.load = {33, 7ms, true};
    {
        const Person person(requested);
        QSettings store(file, QSettings::IniFormat);
        person.window.save(store, true);
        QSettings other(folder.filePath(QStringLiteral("other.ini")), QSettings::IniFormat);
        person.window.save(other, false);
        QVERIFY(other.contains(QStringLiteral("geometry")) && !other.contains(QStringLiteral("rate")));
    }
    Person person(Settings{});
    const QSettings store(file, QSettings::IniFormat);
    person.window.restore(store, true);
    person.press(Qt::Key_F5);
    QTRY_COMPARE(person.state(), QStringLiteral("Ready"));
    const Settings &now = person.window.run()->settings();
    QCOMPARE(now.client.sizing.maximumCapacity, 9);
    QCOMPARE(now.client.sizing.minimumInterval, 20ms);
    QCOMPARE(now.client.tls.mode, TlsMode::Verified);
    QCOMPARE(now.client.tls.peerName, QStringLiteral("127.0.0.1"));
    QCOMPARE(now.server.limits.maximumConnections, 77);
    QCOMPARE(now.load.rate, 33);
    QCOMPARE(now.load.hold, 7ms);
    QVERIFY(now.load.isUsedOnce);

    Person other(quick());
    other.window.restore(store, false); // the command line has said something
    other.press(Qt::Key_F5);
    QCOMPARE(other.window.run()->settings().client.sizing.maximumCapacity, 6);
}

void tst_DemoWindow::failedStartIsReported()
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
