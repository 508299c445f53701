// SPDX-License-Identifier: BSD-3-Clause
#include "mainwindow.h"

#include "endview.h"
#include "engine/security.h"
#include "gui/controls/breakpanel.h"
#include "gui/controls/loadpanel.h"
#include "gui/form/configurationpanel.h"
#include "gui/icons.h"
#include "gui/leases/leasetable.h"
#include "gui/log/logview.h"

#include <QtCore/QSettings>
#include <QtGui/QAction>
#include <QtWidgets/QComboBox>
#include <QtWidgets/QDockWidget>
#include <QtWidgets/QGroupBox>
#include <QtWidgets/QScrollArea>
#include <QtWidgets/QTabWidget>
#include <QtWidgets/QToolBar>
#include <QtWidgets/QVBoxLayout>

using namespace QNetPool;
using namespace std::chrono_literals;

namespace Demo {

MainWindow::MainWindow(const Settings &settings, QWidget *parent)
    : QMainWindow(parent), m_given(settings), m_settings(settings), m_ends(new QTabWidget), m_log(new LogView),
      m_configuration(new ConfigurationPanel), m_load(new LoadPanel), m_break(new BreakPanel), m_rule(new QComboBox),
      m_scenarios(new QComboBox), m_tls(new QComboBox), m_mode(new QComboBox)
{
    setWindowTitle(QStringLiteral("QNetPool"));
    setWindowIcon(applicationIcon());
    makeActions();
    makeChoices();
    makeEnds();
    setCentralWidget(m_ends);
    addDock(makeControls(), tr("Controls"), QStringLiteral("controls"), Qt::RightDockWidgetArea);
    addDock(makeBelow(), tr("Details"), QStringLiteral("details"), Qt::BottomDockWidgetArea);
    showClient();
    m_configuration->setServerConfiguration(m_settings.server);
    m_configuration->clientForm()->setPeerEditable(false); // the command line says who that is
    for (ConfigurationForm *form :
         std::initializer_list<ConfigurationForm *>{m_configuration->clientForm(), m_configuration->serverForm()}) {
        for (const char *field : {"tls.mode", "tls.enabled", "connectionMode"}) // both ends', in the tool bar
            form->setEditable(QLatin1String(field), false);
    }
    m_configuration->setEnds(m_settings.hasClient(), m_settings.hasServer());
    m_load->show(m_settings.load);
    m_clock.start();
    m_tick.setInterval(20ms);
    connect(&m_tick, &QTimer::timeout, this, &MainWindow::advance);
    showRunning();
}

MainWindow::~MainWindow()
{
    end();
}

void MainWindow::makeActions()
{
    QToolBar *bar = addToolBar(tr("Pools"));
    bar->setObjectName(QStringLiteral("pools"));
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    const auto add = [&](const QString &text, const QKeySequence &keys, const QString &toolTip, auto what) {
        QAction *action = bar->addAction(text, this, what);
        action->setShortcut(keys);
        action->setToolTip(QStringLiteral("%1 (%2)").arg(toolTip, keys.toString(QKeySequence::NativeText)));
        return action;
    };
    m_startStop = add(tr("Start"), Qt::Key_F5, tr("Starts both ends, or stops them"), [this] { m_run ? stop() : start(); });
    bar->addSeparator();
    m_flush = add(tr("Flush"), Qt::Key_F6, tr("Closes all idle connections"), [this] { forEachPool(&Pool::flush); });
    m_drain = add(tr("Drain"), Qt::Key_F7, tr("Hands out no more connections, and closes when all are back"),
                  &MainWindow::drain);
    m_check = add(tr("Check"), Qt::Key_F8, tr("Checks whether the idle connections are still alive"),
                  [this] { forEachPool(&Pool::checkStock); });
    bar->addSeparator();
    m_pause = add(tr("Pause the view"), Qt::Key_F9, tr("Stops the plots; events are still recorded"), [] {});
    m_pause->setCheckable(true);
    m_flush->setIcon(icon(QStringLiteral("flush")));
    m_drain->setIcon(icon(QStringLiteral("drain")));
    m_check->setIcon(icon(QStringLiteral("check")));
    m_pause->setIcon(icon(QStringLiteral("pause")));
}

// What both ends must agree upon: a change restarts the run.
void MainWindow::makeChoices()
{
    m_tls->addItems({tr("Plain TCP"), tr("TLS, not verified"), tr("TLS, verified")}); // as TlsMode
    m_tls->setAccessibleName(tr("Encryption"));
    m_tls->setCurrentIndex(int(m_settings.client.tls.mode));
    m_mode->addItems({tr("Multi mode"), tr("Single mode")}); // as ConnectionMode
    m_mode->setAccessibleName(tr("Connection mode"));
    m_mode->setCurrentIndex(int(m_settings.client.connectionMode));
    auto *bar = findChild<QToolBar *>();
    bar->addSeparator();
    for (QComboBox *choice : {m_tls, m_mode}) {
        bar->addWidget(choice);
        choice->setEnabled(m_settings.role == Role::Both);
        choice->setToolTip(tr("For both ends, which are restarted."));
    }
    connect(m_tls, &QComboBox::activated, this, [this](int index) { choose(TlsMode(index)); });
    connect(m_mode, &QComboBox::activated, this, [this](int index) {
        Settings settings = m_settings;
        settings.client.connectionMode = settings.server.connectionMode = ConnectionMode(index);
        if (settings.client.connectionMode == ConnectionMode::Single) // no ID is sent
            settings.client.idFormat = settings.server.idFormat = IdFormat::Hex;
        restartWith(settings);
    });
}

// With the command line's certificates and names, if they were for this mode.
void MainWindow::choose(TlsMode mode)
{
    Settings settings = m_settings;
    secure(settings, mode);
    if (mode == m_given.client.tls.mode) {
        settings.client.tls.configuration = m_given.client.tls.configuration;
        settings.client.tls.peerName = m_given.client.tls.peerName;
        settings.client.tls.pinnedFingerprints = m_given.client.tls.pinnedFingerprints;
        settings.server.tls.enabled = m_given.server.tls.enabled;
        settings.server.tls.configuration = m_given.server.tls.configuration;
    }
    m_tls->setCurrentIndex(int(mode));
    restartWith(settings);
}

void MainWindow::restartWith(const Settings &settings)
{
    m_settings = settings;
    showClient();
    m_configuration->setServerConfiguration(m_settings.server);
    if (m_run)
        start();
}

void MainWindow::makeEnds()
{
    const auto add = [this](Role role, const QString &title) {
        auto *view = new EndView(role, m_log->log());
        view->setObjectName(role == Role::Client ? QStringLiteral("client") : QStringLiteral("server"));
        m_ends->addTab(view, title);
        connect(m_pause, &QAction::toggled, view->plots(), &Plots::setPaused);
        connect(view->plots(), &Plots::pausedChanged, m_pause, &QAction::setChecked);
        return view;
    };
    m_ends->setDocumentMode(true);
    if (m_settings.hasClient())
        m_client = add(Role::Client, tr("Client"));
    if (m_settings.hasServer())
        m_server = add(Role::Server, tr("Server"));
}

static QGroupBox *grouped(const QString &title, QWidget *widget)
{
    auto *box = new QGroupBox(title);
    (new QVBoxLayout(box))->addWidget(widget);
    return box;
}

QWidget *MainWindow::makeControls()
{
    m_scenarios->addItem(tr("None"));
    for (const Scenario &scenario : scenarios()) {
        m_scenarios->addItem(scenario.name);
        m_scenarios->setItemData(m_scenarios->count() - 1, Scenario::tr(scenario.summary), Qt::ToolTipRole);
    }
    m_scenarios->setObjectName(QStringLiteral("scenarios"));
    m_scenarios->setAccessibleName(tr("Scenario"));
    m_scenarios->setEnabled(m_settings.hasServer()); // where all of it happens
    auto *controls = new QWidget;
    auto *column = new QVBoxLayout(controls);
    column->addWidget(grouped(tr("Load"), m_load));
    column->addWidget(grouped(tr("Faults"), m_break));
    column->addWidget(grouped(tr("Sizi&ng"), makeRuleChoice()));
    column->addWidget(grouped(tr("Scenario"), m_scenarios));
    column->addStretch();
    connect(m_load, &LoadPanel::acted, this, &MainWindow::perform);
    connect(m_break, &BreakPanel::acted, this, &MainWindow::perform);
    connect(m_scenarios, &QComboBox::activated, this, &MainWindow::chooseScenario);
    return controls;
}

// As in the configuration, but at once, and beside what it is to be compared under.
QWidget *MainWindow::makeRuleChoice()
{
    for (const Field<ClientPool::Configuration> &field : fields<ClientPool::Configuration>()) {
        if (QLatin1String(field.info.name) != QLatin1String("sizing.rule"))
            continue;
        for (const FieldChoice &choice : field.info.choices)
            m_rule->addItem(FieldInfo::tr(choice.label));
        m_rule->setAccessibleName(field.info.title());
        m_rule->setToolTip(FieldInfo::tr(field.info.description));
    }
    m_rule->setObjectName(QStringLiteral("rule"));
    m_rule->setEnabled(m_settings.hasClient()); // whose stock it is
    m_rule->setCurrentIndex(int(m_settings.client.sizing.rule));
    connect(m_rule, &QComboBox::activated, this, [this](int index) { perform(Size{ClientPool::Rule(index)}); });
    return m_rule;
}

QWidget *MainWindow::makeBelow()
{
    m_below = new QTabWidget;
    m_below->setObjectName(QStringLiteral("details"));
    m_below->setDocumentMode(true);
    m_below->addTab(m_log, tr("Log"));
    if (m_client)
        m_below->addTab(m_client->leases(), tr("Leases of the client"));
    if (m_server)
        m_below->addTab(m_server->leases(), tr("Leases of the server"));
    m_below->addTab(m_configuration, tr("Configuration"));
    connect(m_configuration, &ConfigurationPanel::clientChanged, this, &MainWindow::applyClient);
    connect(m_configuration, &ConfigurationPanel::serverChanged, this, &MainWindow::applyServer);
    return m_below;
}

void MainWindow::addDock(QWidget *widget, const QString &title, const QString &name, Qt::DockWidgetArea area)
{
    auto *dock = new QDockWidget(title);
    dock->setObjectName(name); // by which its place is remembered
    dock->setWidget(widget);
    dock->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetFloatable);
    addDockWidget(area, dock);
}

void MainWindow::save(QSettings &store, bool withPools) const
{
    store.setValue(QStringLiteral("geometry"), saveGeometry());
    store.setValue(QStringLiteral("state"), saveState());
    if (!withPools)
        return;
    store.setValue(QStringLiteral("rate"), m_settings.load.rate);
    store.setValue(QStringLiteral("hold"), qint64(m_settings.load.hold.count()));
    store.setValue(QStringLiteral("usedOnce"), m_settings.load.isUsedOnce);
    store.setValue(QStringLiteral("client"), toSettings(m_settings.client));
    store.setValue(QStringLiteral("server"), toSettings(m_settings.server));
}

void MainWindow::restore(const QSettings &store, bool withPools)
{
    restoreGeometry(store.value(QStringLiteral("geometry")).toByteArray());
    restoreState(store.value(QStringLiteral("state")).toByteArray());
    if (!withPools)
        return;
    m_settings.load.rate = store.value(QStringLiteral("rate"), m_settings.load.rate).toDouble();
    m_settings.load.hold = std::chrono::milliseconds(store.value(QStringLiteral("hold")).toInt());
    m_settings.load.isUsedOnce = store.value(QStringLiteral("usedOnce")).toBool();
    m_load->show(m_settings.load);
    Settings settings = m_settings;
    settings.client = fromSettings(store.value(QStringLiteral("client")).toMap(), m_settings.client);
    settings.server = fromSettings(store.value(QStringLiteral("server")).toMap(), m_settings.server);
    const ClientPool::Configuration remembered = settings.client;
    secure(settings, remembered.tls.mode); // certificates are not remembered
    settings.client.tls.peerName = remembered.tls.peerName;
    settings.client.tls.pinnedFingerprints = remembered.tls.pinnedFingerprints;
    settings.server.connectionMode = settings.client.connectionMode;
    m_tls->setCurrentIndex(int(settings.client.tls.mode));
    m_mode->setCurrentIndex(int(settings.client.connectionMode));
    restartWith(settings);
}

void MainWindow::start()
{
    end();
    m_run = std::make_unique<Run>(m_settings);
    connect(m_run.get(), &Run::stopped, this, &MainWindow::end, Qt::QueuedConnection);
    connect(m_run.get(), &Run::performed, this, [this](const Act &act) {
        m_break->show(act);
        remember(act);
    });
    const bool isStarted = m_run->start();
    if (m_client)
        m_client->follow(m_run->client());
    if (m_server)
        m_server->follow(m_run->server());
    m_break->setTls(m_settings.client.tls.mode == TlsMode::Verified);
    m_tick.start();
    if (!isStarted) {
        refresh(); // the log tells why
        end();
    }
    showRunning();
}

Snapshot MainWindow::snapshot() const
{
    return m_run ? m_run->snapshot() : m_last;
}

QString MainWindow::lastError() const
{
    EventLog &log = m_log->log();
    log.flush();
    for (int row = log.rowCount() - 1; row >= 0; --row) {
        const QModelIndex index = log.index(row, EventLog::TextColumn);
        if (EventKind(index.data(EventLog::KindRole).toUInt()) == EventKind::Error)
            return index.data().toString();
    }
    return {};
}

void MainWindow::stop()
{
    endScenario();
    if (m_run && !m_run->isStopping())
        m_run->stop();
}

void MainWindow::end()
{
    if (!m_run)
        return;
    m_tick.stop();
    refresh();
    for (EndView *view : {m_client, m_server}) {
        if (view)
            view->follow(nullptr);
    }
    endScenario();
    m_last = m_run->snapshot();
    m_run.reset();
    m_break->reset();
    showRunning();
}

void MainWindow::play(const Scenario &scenario)
{
    if (m_settings.client.tls.mode < scenario.tlsMode)
        choose(scenario.tlsMode);
    if (!m_run || m_run->isStopping())
        start();
    if (!m_run)
        return;
    m_player = std::make_unique<Player>(*m_run, scenario);
    connect(m_player.get(), &Player::finished, this, [this] { m_scenarios->setCurrentIndex(0); });
    m_scenarios->setCurrentText(scenario.name);
    m_player->start();
}

void MainWindow::chooseScenario(int index)
{
    if (index > 0)
        play(scenarios().at(index - 1));
    else
        endScenario();
}

void MainWindow::endScenario()
{
    m_player.reset();
    m_scenarios->setCurrentIndex(0);
}

void MainWindow::perform(const Act &act)
{
    if (m_run)
        m_run->perform(act);
    else
        remember(act);
}

// For the next start, too.
void MainWindow::remember(const Act &act)
{
    if (const auto *load = std::get_if<Load>(&act)) {
        m_load->show(m_settings.load = *load);
    } else if (const auto *size = std::get_if<Size>(&act)) {
        m_settings.client = sized(m_settings.client, *size);
        showClient();
    }
}

void MainWindow::showClient()
{
    m_configuration->setClientConfiguration(m_settings.client);
    m_rule->setCurrentIndex(int(m_settings.client.sizing.rule));
}

void MainWindow::forEachPool(void (Pool::*what)())
{
    for (Site *site : {m_run->client(), m_run->server()}) {
        if (site)
            site->post([what](Engine &engine) { (engine.end().pool().*what)(); });
    }
}

void MainWindow::drain()
{
    for (Site *site : {m_run->client(), m_run->server()}) {
        if (site)
            site->post([](Engine &engine) { engine.end().pool().drain(); });
    }
}

void MainWindow::applyClient(const ClientPool::Configuration &configuration)
{
    m_settings.client = configuration;
    if (m_run && m_run->client())
        m_run->client()->configure(configuration);
    showClient();
}

void MainWindow::applyServer(const ServerPool::Configuration &configuration)
{
    m_settings.server = configuration;
    if (m_run && m_run->server())
        m_run->server()->configure(configuration);
    m_configuration->setServerConfiguration(configuration);
}

double MainWindow::now() const
{
    return double(m_clock.nsecsElapsed()) / 1e9;
}

void MainWindow::advance()
{
    for (EndView *view : {m_client, m_server}) {
        if (view)
            view->advance(now());
    }
}

void MainWindow::refresh()
{
    for (EndView *view : {m_client, m_server}) {
        if (view)
            view->refresh(now());
    }
}

void MainWindow::showRunning()
{
    m_startStop->setText(m_run ? tr("Stop") : tr("Start"));
    m_startStop->setIcon(icon(m_run ? QStringLiteral("stop") : QStringLiteral("start")));
    for (QAction *action : {m_flush, m_drain, m_check})
        action->setEnabled(m_run != nullptr);
    m_break->setEnabled(m_run && m_run->server());
}

} // namespace Demo
