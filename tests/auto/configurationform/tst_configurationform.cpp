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
    void invalidEntriesAreNamed_data();
    void invalidEntriesAreNamed();
    void editedTellsOfValidDifferencesOnly();
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
    case FieldKind::Choice:
        return QString::fromLatin1(info.choices.back().name);
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
    editor<QSpinBox>(&form, "maximumCapacity")->setValue(50);
    editor<QSpinBox>(&form, "minimumInterval")->setValue(70);
    editor<QComboBox>(&form, "tlsMode")->setCurrentIndex(int(TlsMode::Verified));
    editor<QLineEdit>(&form, "peerName")->setText(QStringLiteral("name"));
    const Client configuration = form.configuration();
    QCOMPARE(configuration.maximumCapacity, 50);
    QCOMPARE(configuration.minimumInterval, 70ms);
    QCOMPARE(configuration.tlsMode, TlsMode::Verified);
    QCOMPARE(configuration.peerName, QStringLiteral("name"));
    QCOMPARE(form.changeCount(), 4);
    QVERIFY(form.isValid());
}

void tst_ConfigurationForm::whatIsNotShownSurvives()
{
    Client client = peer();
    client.dialer = [](QTcpSocket *) {};
    client.validator = client.resetter = [](QTcpSocket *) { return QFuture<bool>(); };
    client.sslConfiguration = Certificates::trustingCa();
    const QByteArray raw = Certificates::certificate(QStringLiteral("server")).digest(QCryptographicHash::Sha256);
    client.pinnedFingerprints = {raw};
    ClientForm form;
    form.setConfiguration(client);
    editor<QSpinBox>(&form, "maximumCapacity")->setValue(50);
    form.enterDefaults();
    const Client result = form.configuration();
    QVERIFY(result.dialer && result.validator && result.resetter);
    QCOMPARE(result.sslConfiguration, client.sslConfiguration);
    form.revert();
    QCOMPARE(form.configuration().pinnedFingerprints, client.pinnedFingerprints); // as it was, not as it is shown

    Server server;
    server.sslConfiguration = Certificates::showing(QStringLiteral("server"));
    ServerForm serverForm;
    serverForm.setConfiguration(server);
    editor<QSpinBox>(&serverForm, "maximumWaiters")->setValue(3);
    QCOMPARE(serverForm.configuration().sslConfiguration, server.sslConfiguration);
    QVERIFY(editor<QLabel>(&serverForm, "sslConfiguration")->text().contains(QStringLiteral("certificates: 1")));
}

void tst_ConfigurationForm::valuesOutOfLimitsSurviveUntouched()
{
    Client client = peer();
    client.maximumLifetime = std::chrono::hours(24 * 365); // more than an editor takes
    client.lifetimeSpread = 0.123456;
    ClientForm form;
    form.setConfiguration(client);
    QCOMPARE(form.changeCount(), 0);
    editor<QSpinBox>(&form, "maximumCapacity")->setValue(50);
    QCOMPARE(form.configuration().maximumLifetime, client.maximumLifetime);
    QCOMPARE(form.configuration().lifetimeSpread, client.lifetimeSpread);
}

void tst_ConfigurationForm::invalidEntriesAreNamed_data()
{
    QTest::addColumn<bool>("isClient");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char *name, const char *text, const char *problem, bool isClient = true) {
        QTest::newRow(problem) << isClient << QByteArray(name) << QString::fromLatin1(text) << QString::fromLatin1(problem);
    };
    row("host", "", "Host: it is empty.");
    row("port", "0", "Port: nothing can be reached on port 0.");
    row("minimumCapacity", "30", "Minimum capacity: 30 is more than the maximum capacity, which is 4.");
    row("minimumInterval", "101", "Minimum interval: 101 ms is more than the maximum interval, which is 100 ms.");
    row("pinnedFingerprints", "12:34",
        "Pinned fingerprints: \"12:34\" is not a SHA-256 fingerprint of 64 hexadecimal digits.");
    row("allowedPeers", "::1, here", "Allowed peers: \"here\" is neither an address nor a subnet.", false);
}

void tst_ConfigurationForm::invalidEntriesAreNamed()
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

void tst_ConfigurationForm::editedTellsOfValidDifferencesOnly()
{
    ClientForm form;
    QSignalSpy edited(&form, &ConfigurationForm::edited);
    QSignalSpy changed(&form, &ConfigurationForm::changed);
    form.setConfiguration(peer());
    QCOMPARE(edited.size(), 0); // that was no edit
    QCOMPARE(changed.size(), 1);
    auto *capacity = editor<QSpinBox>(&form, "maximumCapacity");
    capacity->setValue(5);
    QCOMPARE(edited.size(), 1);
    capacity->setValue(3); // less than the minimum
    QCOMPARE(edited.size(), 1);
    capacity->setValue(4); // as it was
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
    auto *box = editor<QSpinBox>(&form, "maximumPending");
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

    enter(panel.clientForm(), "maximumCapacity", QStringLiteral("9"));
    QCOMPARE(status(panel), QStringLiteral("1 change"));
    enter(panel.serverForm(), "maximumPendingPerPeer", QStringLiteral("10"));
    enter(panel.serverForm(), "reuse", QStringLiteral("NewestFirst"));
    QCOMPARE(status(panel), QStringLiteral("3 changes"));
    button(panel, "apply")->click();
    QCOMPARE(clients.size(), 1);
    QCOMPARE(clients.first().maximumCapacity, 9);
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
    enter(panel.clientForm(), "minimumCapacity", QStringLiteral("30"));
    QVERIFY(!button(panel, "apply")->isEnabled());
    QCOMPARE(status(panel),
             QStringLiteral("1 change. Client: Minimum capacity: 30 is more than the maximum capacity, which is 4."));
    panel.apply();
    QCOMPARE(applied.size(), 0);
    enter(panel.clientForm(), "maximumCapacity", QStringLiteral("30"));
    QVERIFY(button(panel, "apply")->isEnabled());
    QCOMPARE(status(panel), QStringLiteral("2 changes"));
}

void tst_ConfigurationForm::endsAreAppliedByThemselves()
{
    ConfigurationPanel panel; // whose client has no host
    const QSignalSpy client(&panel, &ConfigurationPanel::clientChanged);
    const QSignalSpy server(&panel, &ConfigurationPanel::serverChanged);
    enter(panel.serverForm(), "maximumWaiters", QStringLiteral("10"));
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
    enter(panel.clientForm(), "maximumWaiters", QStringLiteral("10"));
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
    enter(&form, "maximumCapacity", QStringLiteral("10"));
    QCOMPARE(boldLabels(), QStringList(QStringLiteral("maximumCapacity")));
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
    QVERIFY(editor<QWidget>(panel.clientForm(), "minimumCapacity")->isVisible());
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
    auto *capacity = editor<QSpinBox>(panel.clientForm(), "maximumCapacity");
    for (int i = 0; i < 10 && QApplication::focusWidget() != capacity; ++i)
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    QCOMPARE(QApplication::focusWidget(), capacity);
    QTest::keyClick(capacity, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(capacity, QStringLiteral("12"));
    QCOMPARE(panel.clientForm()->configuration().maximumCapacity, 12);
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
            if (!form->isValid()) { // the minimum goes with the maximum
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
    enter(panel.clientForm(), "maximumCapacity", QStringLiteral("8"));
    enter(panel.clientForm(), "minimumCapacity", QStringLiteral("8"));
    panel.apply();
    QTRY_COMPARE_WITH_TIMEOUT(client.idleCount(), 8, 20000);
}

QTEST_MAIN(tst_ConfigurationForm)
#include "tst_configurationform.moc"
