// SPDX-License-Identifier: BSD-3-Clause
#include "gui/form/configurationpanel.h"

#include "pools.h"

#include <QtCore/QTranslator>
#include <QtWidgets/QApplication>
#include <QtWidgets/QCheckBox>
#include <QtWidgets/QComboBox>
#include <QtWidgets/QDoubleSpinBox>
#include <QtWidgets/QGroupBox>
#include <QtWidgets/QLabel>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QSpinBox>
#include <QtWidgets/QTabWidget>

using namespace Demo;

using Client = ClientPool::Configuration;
using Server = ServerPool::Configuration;

class tst_ConfigurationForm : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachFieldGoesIntoTheFormAndBack();
    void whatIsEnteredIsInTheConfiguration();
    void whatIsNotShownSurvives();
    void valuesOutOfLimitsSurviveUntouched();
    void unreadableEntriesAreNamed_data();
    void unreadableEntriesAreNamed();
    void problemsAreThoseOfThePool();
    void minimumAboveMaximumIsValid();
    void editedIsForValidDifferencesOnly();
    void peerFromElsewhereIsNoProblem();
    void nextStartIsMarked();
    void everyEditorIsAccessible();
    void wheelChangesOnlyWhatHasTheFocus();
    void applyHandsOverWhatDiffers();
    void applyIsDisabledWhileInvalid();
    void endsAreAppliedByThemselves();
    void revertAndDefaults();
    void changedFieldsAreBold();
    void filterHidesOtherFields();
    void keyboardAloneIsEnough();
    void everyTextIsTranslated();
    void runningPoolsTakeWhatIsValid();
};

static Client peer()
{
    return clientOf(4433);
}

template<typename Editor> static Editor *editor(QWidget *form, const char *name)
{
    auto *found = form->findChild<Editor *>(QLatin1String(name));
    if (!found)
        qFatal("there is no editor of %s", name);
    return found;
}

static QPushButton *button(ConfigurationPanel &panel, const char *name)
{
    return editor<QPushButton>(&panel, name);
}

static QString status(ConfigurationPanel &panel)
{
    return editor<QLabel>(&panel, "status")->text();
}

// A text that differs from a field's default, and that the field takes.
static QString otherText(const FieldInfo &info, const QString &preset)
{
    switch (info.kind) {
    case FieldKind::Number:
    case FieldKind::Time: {
        const int number = preset.toInt();
        return QString::number(number < info.maximum ? number + 1 : number - 1);
    }
    case FieldKind::Share:
        return QStringLiteral("0.25");
    case FieldKind::Switch:
        return preset == QLatin1String("true") ? QStringLiteral("false") : QStringLiteral("true");
    case FieldKind::Choice: {
        const QString last = QString::fromLatin1(info.choices.back().name);
        return last == preset ? QString::fromLatin1(info.choices.front().name) : last;
    }
    case FieldKind::Text:
        return QStringLiteral("example.com");
    case FieldKind::Peers:
        return QStringLiteral("192.0.2.7, 2001:db8::/32");
    case FieldKind::Fingerprints:
        return QString(64, u'a');
    case FieldKind::Shown:
        break;
    }
    return {};
}

// Enters a text as the editor of its kind takes it.
static void enter(QWidget *form, const char *name, const QString &text)
{
    auto *widget = editor<QWidget>(form, name);
    if (auto *spin = qobject_cast<QSpinBox *>(widget))
        spin->setValue(text.toInt());
    else if (auto *share = qobject_cast<QDoubleSpinBox *>(widget))
        share->setValue(text.toDouble());
    else if (auto *box = qobject_cast<QCheckBox *>(widget))
        box->setChecked(text == QLatin1String("true"));
    else if (auto *choice = qobject_cast<QComboBox *>(widget))
        choice->setCurrentIndex(choice->findData(text));
    else
        qobject_cast<QLineEdit *>(widget)->setText(text);
}

// Each field by itself: as it was set, then as it was entered.
template<typename Form, typename Configuration> static void checkEachField(const Configuration &base)
{
    for (const Field<Configuration> &field : fields<Configuration>()) {
        const QString text = otherText(field.info, field.text(base));
        if (text.isNull())
            continue;
        Configuration other = base;
        QCOMPARE(field.setText(other, text), QString());
        Form form;
        form.setConfiguration(other);
        QCOMPARE(form.changeCount(), 0);
        QCOMPARE(toSettings(form.configuration()), toSettings(other));

        form.setConfiguration(base);
        enter(&form, field.info.name, text);
        QVERIFY2(form.changeCount() == 1, field.info.name);
        QCOMPARE(toSettings(form.configuration()), toSettings(other));
        form.revert();
        QCOMPARE(form.changeCount(), 0);
        QCOMPARE(toSettings(form.configuration()), toSettings(base));
    }
}

void tst_ConfigurationForm::eachFieldGoesIntoTheFormAndBack()
{
    checkEachField<ClientForm>(peer());
    checkEachField<ServerForm>(Server());
}

void tst_ConfigurationForm::whatIsEnteredIsInTheConfiguration()
{
    ClientForm form;
    form.setConfiguration(peer());
    editor<QSpinBox>(&form, "sizing.maximumCapacity")->setValue(50);
    editor<QSpinBox>(&form, "sizing.minimumInterval")->setValue(70);
    editor<QComboBox>(&form, "tls.mode")->setCurrentIndex(int(TlsMode::Verified));
    editor<QLineEdit>(&form, "tls.peerName")->setText(QStringLiteral("name"));
    const Client configuration = form.configuration();
    QCOMPARE(configuration.sizing.maximumCapacity, 50);
    QCOMPARE(configuration.sizing.minimumInterval, 70ms);
    QCOMPARE(configuration.tls.mode, TlsMode::Verified);
    QCOMPARE(configuration.tls.peerName, QStringLiteral("name"));
    QCOMPARE(form.changeCount(), 4);
    QVERIFY(form.isValid());
}

void tst_ConfigurationForm::whatIsNotShownSurvives()
{
    Client client = peer();
    client.dialer = [](QTcpSocket *) {};
    client.hooks.validator = client.hooks.resetter = [](QTcpSocket *) { return QFuture<bool>(); };
    client.tls.configuration = Certificates::trustingCa();
    const QByteArray raw = Certificates::certificate(QStringLiteral("server")).digest(QCryptographicHash::Sha256);
    client.tls.pinnedFingerprints = {raw};
    ClientForm form;
    form.setConfiguration(client);
    editor<QSpinBox>(&form, "sizing.maximumCapacity")->setValue(50);
    form.enterDefaults();
    const Client result = form.configuration();
    QVERIFY(result.dialer && result.hooks.validator && result.hooks.resetter);
    QCOMPARE(result.tls.configuration, client.tls.configuration);
    form.revert();
    QCOMPARE(form.configuration().tls.pinnedFingerprints, client.tls.pinnedFingerprints); // as it was, not as it is shown

    Server server;
    server.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerForm serverForm;
    serverForm.setConfiguration(server);
    editor<QSpinBox>(&serverForm, "limits.maximumWaiters")->setValue(3);
    QCOMPARE(serverForm.configuration().tls.configuration, server.tls.configuration);
    QVERIFY(editor<QLabel>(&serverForm, "tls.configuration")->text().contains(QStringLiteral("certificates: 1")));
}

void tst_ConfigurationForm::valuesOutOfLimitsSurviveUntouched()
{
    Client client = peer();
    client.limits.maximumLifetime = std::chrono::hours(24 * 365); // more than an editor takes
    client.limits.lifetimeSpread = 0.123456;
    ClientForm form;
    form.setConfiguration(client);
    QCOMPARE(form.changeCount(), 0);
    editor<QSpinBox>(&form, "sizing.maximumCapacity")->setValue(50);
    QCOMPARE(form.configuration().limits.maximumLifetime, client.limits.maximumLifetime);
    QCOMPARE(form.configuration().limits.lifetimeSpread, client.limits.lifetimeSpread);
}

void tst_ConfigurationForm::unreadableEntriesAreNamed_data()
{
    QTest::addColumn<bool>("isClient");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char *name, const char *text, const char *problem, bool isClient = true) {
        QTest::newRow(problem) << isClient << QByteArray(name) << QString::fromLatin1(text) << QString::fromLatin1(problem);
    };
    row("host", "two words", "Host: \"two words\" is neither a host name nor an address: it contains a space.");
    row("tls.pinnedFingerprints", "12:34",
        "Pinned fingerprints: \"12:34\" is not a SHA-256 fingerprint of 64 hexadecimal digits.");
    row("allowedPeers", "::1, here", "Allowed peers: \"here\" is neither an address nor a subnet.", false);
}

void tst_ConfigurationForm::unreadableEntriesAreNamed()
{
    QFETCH(bool, isClient);
    QFETCH(QByteArray, name);
    QFETCH(QString, text);
    QFETCH(QString, problem);
    ClientForm client;
    client.setConfiguration(peer());
    ServerForm server;
    ConfigurationForm *form = isClient ? static_cast<ConfigurationForm *>(&client) : &server;
    QVERIFY(form->isValid());
    form->show();

    const auto seen = [&]() -> QLabel * {
        const QList<QLabel *> labels = form->findChildren<QLabel *>();
        const auto found = std::find_if(labels.begin(), labels.end(),
                                        [&](const QLabel *label) { return label->text() == problem && label->isVisible(); });
        return found == labels.end() ? nullptr : *found;
    };
    enter(form, name.constData(), text);
    QVERIFY(!form->isValid());
    QCOMPARE(form->problem(), problem);
    QVERIFY(seen());
    QVERIFY(seen()->focusPolicy() & Qt::TabFocus);
    QVERIFY(editor<QWidget>(form, name.constData())->accessibleDescription().startsWith(problem));

    form->revert();
    QVERIFY(form->isValid());
    QVERIFY(!seen());
    QVERIFY(!editor<QWidget>(form, name.constData())->accessibleDescription().contains(problem));
}

// In its own words, and not beside a field, as they may be about several.
void tst_ConfigurationForm::problemsAreThoseOfThePool()
{
    Client client = peer();
    client.host.clear();
    client.port = 0;
    ClientForm form;
    form.setConfiguration(peer());
    enter(&form, "host", client.host);
    enter(&form, "port", QString::number(client.port));
    QVERIFY(!form.isValid());
    QCOMPARE(form.problem(), ClientPool::problems(client).value(0));
    form.revert();
    QVERIFY(form.isValid());

    // Only one of the rules has it.
    client = peer();
    client.sizing.waitProbability = 0.25;
    enter(&form, "sizing.waitProbability", QStringLiteral("0.25"));
    QVERIFY(form.isValid());
    client.sizing.rule = ClientPool::Rule::Stepwise;
    enter(&form, "sizing.rule", QStringLiteral("Stepwise"));
    QVERIFY(!form.isValid());
    QCOMPARE(form.problem(), ClientPool::problems(client).value(0));
    enter(&form, "sizing.waitProbability", QStringLiteral("0.01"));
    QVERIFY(form.isValid());
    form.revert();
    for (const double limit : {0.0, 1.0}) {
        client = peer();
        client.sizing.waitProbability = limit;
        enter(&form, "sizing.waitProbability", QString::number(limit));
        QVERIFY(!form.isValid());
        QCOMPARE(form.problem(), ClientPool::problems(client).value(0));
    }

    Server server;
    server.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    ServerForm serverForm;
    serverForm.setConfiguration(server);
    QVERIFY(serverForm.isValid());
    enter(&serverForm, "tls.enabled", QStringLiteral("false"));
    QVERIFY(!serverForm.isValid());
    server.tls.enabled = false;
    QCOMPARE(serverForm.problem(), ServerPool::problems(server).value(0));
}

// The pool swaps them.
void tst_ConfigurationForm::minimumAboveMaximumIsValid()
{
    ClientForm form;
    form.setConfiguration(peer());
    enter(&form, "sizing.minimumCapacity", QStringLiteral("30"));
    enter(&form, "sizing.minimumInterval", QStringLiteral("101"));
    QVERIFY(form.isValid());
    QCOMPARE(form.configuration().sizing.minimumCapacity, 30);
}

void tst_ConfigurationForm::editedIsForValidDifferencesOnly()
{
    ClientForm form;
    QSignalSpy edited(&form, &ConfigurationForm::edited);
    QSignalSpy changed(&form, &ConfigurationForm::changed);
    form.setConfiguration(peer());
    QCOMPARE(edited.size(), 0); // that was no edit
    QCOMPARE(changed.size(), 1);
    auto *port = editor<QSpinBox>(&form, "port");
    port->setValue(5);
    QCOMPARE(edited.size(), 1);
    port->setValue(0); // the pool would refuse it
    QCOMPARE(edited.size(), 1);
    port->setValue(4433); // as it was
    QCOMPARE(edited.size(), 1);
    QCOMPARE(changed.size(), 4);
}

void tst_ConfigurationForm::peerFromElsewhereIsNoProblem()
{
    ClientForm form;
    QVERIFY(!form.isValid());
    form.setPeerEditable(false);
    QVERIFY(form.isValid());
    QVERIFY(!editor<QWidget>(&form, "host")->isEnabled());
    QVERIFY(!editor<QWidget>(&form, "port")->isEnabled());
    form.setPeerEditable(true);
    QVERIFY(!form.isValid());
    QVERIFY(editor<QWidget>(&form, "host")->isEnabled());
}

void tst_ConfigurationForm::nextStartIsMarked()
{
    const auto marks = [](const QWidget &form) {
        const QList<QLabel *> labels = form.findChildren<QLabel *>();
        return std::count_if(labels.begin(), labels.end(),
                             [](const QLabel *label) { return label->text() == QLatin1String("from the next start on"); });
    };
    const ServerForm server;
    QCOMPARE(marks(server), 1);
    QVERIFY(server.findChild<QWidget *>(QStringLiteral("listenBacklog"))->toolTip().contains(QStringLiteral("next start")));
    const ClientForm client;
    QCOMPARE(marks(client), 0);
}

template<typename Configuration> static void checkAccessible(QWidget &form)
{
    for (const Field<Configuration> &field : fields<Configuration>()) {
        auto *widget = editor<QWidget>(&form, field.info.name);
        QCOMPARE(widget->accessibleName(), field.info.title());
        QVERIFY(!widget->accessibleDescription().isEmpty());
        QVERIFY2(widget->toolTip().contains(QLatin1String(field.info.name)), field.info.name);
        QVERIFY2(widget->focusPolicy() & Qt::TabFocus, field.info.name);
    }
}

void tst_ConfigurationForm::everyEditorIsAccessible()
{
    ClientForm client;
    checkAccessible<Client>(client);
    ServerForm server;
    checkAccessible<Server>(server);
}

void tst_ConfigurationForm::wheelChangesOnlyWhatHasTheFocus()
{
    ClientForm form;
    form.setConfiguration(peer());
    form.show();
    QVERIFY(QTest::qWaitForWindowActive(&form));
    auto *box = editor<QSpinBox>(&form, "sizing.maximumPending");
    const auto wheel = [box] {
        QWheelEvent event(QPointF(5, 5), box->mapToGlobal(QPointF(5, 5)), {}, QPoint(0, 120), Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(box, &event);
    };
    editor<QWidget>(&form, "host")->setFocus();
    wheel();
    QCOMPARE(box->value(), 64);
    box->setFocus();
    wheel();
    QCOMPARE(box->value(), 65);
}

void tst_ConfigurationForm::applyHandsOverWhatDiffers()
{
    ConfigurationPanel panel;
    panel.setClientConfiguration(peer());
    QCOMPARE(status(panel), QStringLiteral("No changes"));
    QVERIFY(!button(panel, "apply")->isEnabled());
    QVERIFY(!button(panel, "revert")->isEnabled());
    QList<Client> clients;
    connect(&panel, &ConfigurationPanel::clientChanged, &panel, [&](const Client &client) { clients << client; });
    QList<Server> servers;
    connect(&panel, &ConfigurationPanel::serverChanged, &panel, [&](const Server &server) { servers << server; });

    enter(panel.clientForm(), "sizing.maximumCapacity", QStringLiteral("9"));
    QCOMPARE(status(panel), QStringLiteral("1 change"));
    enter(panel.serverForm(), "maximumPendingPerPeer", QStringLiteral("10"));
    enter(panel.serverForm(), "reuse", QStringLiteral("NewestFirst"));
    QCOMPARE(status(panel), QStringLiteral("3 changes"));
    button(panel, "apply")->click();
    QCOMPARE(clients.size(), 1);
    QCOMPARE(clients.first().sizing.maximumCapacity, 9);
    QCOMPARE(clients.first().port, 4433);
    QCOMPARE(servers.size(), 1);
    QCOMPARE(servers.first().maximumPendingPerPeer, 10);
    QCOMPARE(servers.first().reuse, Reuse::NewestFirst);

    QCOMPARE(status(panel), QStringLiteral("3 changes")); // until the pools have taken them
    panel.setClientConfiguration(clients.first());
    QCOMPARE(status(panel), QStringLiteral("2 changes"));
    panel.setServerConfiguration(servers.first());
    QCOMPARE(status(panel), QStringLiteral("No changes"));
    QVERIFY(!button(panel, "apply")->isEnabled());
}

void tst_ConfigurationForm::applyIsDisabledWhileInvalid()
{
    ConfigurationPanel panel;
    panel.setClientConfiguration(peer());
    const QSignalSpy applied(&panel, &ConfigurationPanel::clientChanged);
    enter(panel.clientForm(), "tls.mode", QStringLiteral("SelfSigned"));
    enter(panel.clientForm(), "port", QStringLiteral("0"));
    QVERIFY(!button(panel, "apply")->isEnabled());
    Client refused = peer();
    refused.port = 0;
    const QString problem = ClientPool::problems(refused).value(0);
    QCOMPARE(status(panel), QStringLiteral("2 changes. Client: ") + problem);
    QCOMPARE(button(panel, "apply")->accessibleDescription(), QStringLiteral("Client: ") + problem);
    panel.apply();
    QCOMPARE(applied.size(), 0);
    enter(panel.clientForm(), "port", QStringLiteral("443"));
    QVERIFY(button(panel, "apply")->isEnabled());
    QCOMPARE(status(panel), QStringLiteral("2 changes"));
}

void tst_ConfigurationForm::endsAreAppliedByThemselves()
{
    ConfigurationPanel panel; // whose client has no host
    const QSignalSpy client(&panel, &ConfigurationPanel::clientChanged);
    const QSignalSpy server(&panel, &ConfigurationPanel::serverChanged);
    enter(panel.serverForm(), "limits.maximumWaiters", QStringLiteral("10"));
    QVERIFY(button(panel, "apply")->isEnabled());
    button(panel, "apply")->click();
    QCOMPARE(client.size(), 0);
    QCOMPARE(server.size(), 1);
    panel.setEnds(false, true);
    QCOMPARE(panel.findChild<QTabWidget *>()->currentIndex(), 1);
}

void tst_ConfigurationForm::revertAndDefaults()
{
    ConfigurationPanel panel;
    panel.setClientConfiguration(peer());
    enter(panel.clientForm(), "limits.maximumWaiters", QStringLiteral("10"));
    enter(panel.clientForm(), "host", QString());
    button(panel, "revert")->click();
    QCOMPARE(status(panel), QStringLiteral("No changes"));
    QCOMPARE(toSettings(panel.clientForm()->configuration()), toSettings(peer()));

    button(panel, "defaults")->click();
    Client expected;
    expected.host = peer().host;
    expected.port = peer().port;
    QCOMPARE(toSettings(panel.clientForm()->configuration()), toSettings(expected));
    QVERIFY(button(panel, "apply")->isEnabled());
    QCOMPARE(panel.serverForm()->changeCount(), 0);
}

void tst_ConfigurationForm::changedFieldsAreBold()
{
    ClientForm form;
    form.setConfiguration(peer());
    const auto boldLabels = [&form] {
        QStringList names;
        const QList<QLabel *> labels = form.findChildren<QLabel *>();
        for (const QLabel *label : labels) {
            if (label->buddy() && label->font().bold())
                names << label->buddy()->objectName();
        }
        return names;
    };
    QCOMPARE(boldLabels(), QStringList());
    enter(&form, "sizing.maximumCapacity", QStringLiteral("10"));
    QCOMPARE(boldLabels(), QStringList(QStringLiteral("sizing.maximumCapacity")));
    form.revert();
    QCOMPARE(boldLabels(), QStringList());
}

void tst_ConfigurationForm::filterHidesOtherFields()
{
    ConfigurationPanel panel;
    panel.setClientConfiguration(peer());
    panel.show();
    auto *search = editor<QLineEdit>(&panel, "search");
    search->setText(QStringLiteral("capacity"));
    QCOMPARE(panel.clientForm()->visibleCount(), 2);
    QCOMPARE(panel.serverForm()->visibleCount(), 1);
    QVERIFY(editor<QWidget>(panel.clientForm(), "sizing.minimumCapacity")->isVisible());
    QVERIFY(!editor<QWidget>(panel.clientForm(), "host")->isVisible());
    search->setText(QStringLiteral("keepAlive")); // as the API calls it, too
    QCOMPARE(panel.clientForm()->visibleCount(), 1);
    search->setText(QStringLiteral("teapot"));
    QCOMPARE(panel.clientForm()->visibleCount(), 0);
    search->clear();
    QVERIFY(editor<QWidget>(panel.clientForm(), "host")->isVisible());
    QCOMPARE(panel.clientForm()->visibleCount(), int(fields<Client>().size()));
}

void tst_ConfigurationForm::keyboardAloneIsEnough()
{
    ConfigurationPanel panel;
    panel.setClientConfiguration(peer());
    const QSignalSpy applied(&panel, &ConfigurationPanel::clientChanged);
    panel.show();
    QVERIFY(QTest::qWaitForWindowActive(&panel));
    QTest::keyClick(&panel, Qt::Key_F, Qt::AltModifier);
    QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("maximumCap"));
    auto *capacity = editor<QSpinBox>(panel.clientForm(), "sizing.maximumCapacity");
    for (int i = 0; i < 10 && QApplication::focusWidget() != capacity; ++i)
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    QCOMPARE(QApplication::focusWidget(), capacity);
    QTest::keyClick(capacity, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(capacity, QStringLiteral("12"));
    QCOMPARE(panel.clientForm()->configuration().sizing.maximumCapacity, 12);
    QTest::keyClick(capacity, Qt::Key_F, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget(), editor<QWidget>(&panel, "search"));
    QTest::keyClick(&panel, Qt::Key_A, Qt::AltModifier);
    QTRY_COMPARE(applied.size(), 1);
}

// Translates everything of the contexts that lupdate finds.
class Brackets final : public QTranslator
{
public:
    bool isEmpty() const override { return false; }
    QString translate(const char *context, const char *text, const char *, int) const override
    {
        const bool isOurs = qstrcmp(context, "FieldInfo") == 0 || QByteArrayView(context).startsWith("Demo::");
        return isOurs ? QStringLiteral("[%1]").arg(QString::fromUtf8(text)) : QString();
    }
};

void tst_ConfigurationForm::everyTextIsTranslated()
{
    Brackets brackets;
    QCoreApplication::installTranslator(&brackets);
    ConfigurationPanel panel;
    const auto isTranslated = [](const QString &text) { return text.startsWith(u'[') && text.endsWith(u']'); };
    const QList<QLabel *> labels = panel.findChildren<QLabel *>();
    for (const QLabel *label : labels)
        QVERIFY2(label->text().isEmpty() || isTranslated(label->text()), qPrintable(label->text()));
    const QList<QGroupBox *> groups = panel.findChildren<QGroupBox *>();
    for (const QGroupBox *group : groups)
        QVERIFY2(isTranslated(group->title()), qPrintable(group->title()));
    const QList<QComboBox *> boxes = panel.findChildren<QComboBox *>();
    for (const QComboBox *box : boxes)
        QVERIFY2(isTranslated(box->currentText()), qPrintable(box->currentText()));
    enter(panel.clientForm(), "tls.pinnedFingerprints", QStringLiteral("12:34"));
    QVERIFY(isTranslated(panel.clientForm()->problem()));
    QVERIFY(isTranslated(button(panel, "apply")->text()));
}

// Whatever the form holds valid, pools that run take, field by field, and go on.
void tst_ConfigurationForm::runningPoolsTakeWhatIsValid()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort()));
    fill(server, client);
    ConfigurationPanel panel;
    panel.setClientConfiguration(client.configuration());
    panel.setServerConfiguration(server.configuration());
    int taken = 0;
    connect(&panel, &ConfigurationPanel::clientChanged, this, [&](const Client &configuration) {
        QVERIFY(client.setConfiguration(configuration));
        panel.setClientConfiguration(client.configuration());
        ++taken;
    });
    connect(&panel, &ConfigurationPanel::serverChanged, this, [&](const Server &configuration) {
        QVERIFY(server.setConfiguration(configuration));
        panel.setServerConfiguration(server.configuration());
        ++taken;
    });
    const Client clientBefore = client.configuration();
    const Server serverBefore = server.configuration();
    int entered = 0;
    const auto applyEach = [&](const auto &all, ConfigurationForm *form, const auto &before) {
        for (const auto &field : all) {
            const QString text = otherText(field.info, field.text(before));
            if (text.isNull())
                continue;
            enter(form, field.info.name, text);
            if (!form->isValid()) { // TLS goes with a certificate, a wait probability with Rule::Predictive
                form->revert();
                continue;
            }
            QCOMPARE(form->changeCount(), 1);
            panel.apply();
            QCOMPARE(taken, ++entered);
            QCOMPARE(panel.findChild<QLabel *>(QStringLiteral("status"))->text(), QStringLiteral("No changes"));
        }
    };
    applyEach(fields<Client>(), panel.clientForm(), clientBefore);
    applyEach(fields<Server>(), panel.serverForm(), serverBefore);
    QVERIFY(entered > 50);

    QVERIFY(client.setConfiguration(clientBefore));
    QVERIFY(server.setConfiguration(serverBefore));
    panel.setClientConfiguration(clientBefore);
    panel.setServerConfiguration(serverBefore);
    enter(panel.clientForm(), "sizing.maximumCapacity", QStringLiteral("8"));
    enter(panel.clientForm(), "sizing.minimumCapacity", QStringLiteral("8"));
    panel.apply();
    QTRY_COMPARE_WITH_TIMEOUT(client.idleCount(), 8, 20000);
}

QTEST_MAIN(tst_ConfigurationForm)
#include "tst_configurationform.moc"
