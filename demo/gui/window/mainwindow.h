// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "engine/player.h"

#include <QtWidgets/QMainWindow>

QT_BEGIN_NAMESPACE
class QComboBox;
class QDockWidget;
class QSettings;
class QTabWidget;
QT_END_NAMESPACE

namespace Demo {

class BreakPanel;
class ConfigurationPanel;
class EndView;
class LoadPanel;
class LogView;

// The demo's window: what both ends do, and everything that can be done to them.
class MainWindow final : public QMainWindow
{
    Q_OBJECT

public:
    explicit MainWindow(const Settings &settings, QWidget *parent = nullptr);
    ~MainWindow() override;

    // Where everything is, the load and both configurations, from one run of the program to the next. What the command line
    // says about the pools goes before what is remembered of them.
    void save(QSettings &store, bool withPools) const;
    void restore(const QSettings &store, bool withPools);

    Run *run() const { return m_run.get(); } // null while nothing runs
    QString lastError() const; // in the log; null: there is none
    Snapshot snapshot() const; // of what runs, or ran last

public Q_SLOTS:
    void start();
    void stop(); // exchanges in flight come to their end first
    void play(const Demo::Scenario &scenario);

private:
    void makeActions();
    void makeChoices();
    void choose(QNetPool::TlsMode mode);
    void restartWith(const Settings &settings);
    void makeEnds();
    QWidget *makeControls();
    QWidget *makeBelow();
    void addDock(QWidget *widget, const QString &title, const QString &name, Qt::DockWidgetArea area);
    QWidget *makeRuleChoice();
    void perform(const Act &act);
    void remember(const Act &act);
    void showClient();
    void forEachPool(void (QNetPool::Pool::*what)());
    void drain();
    void applyClient(const QNetPool::ClientPool::Configuration &configuration);
    void applyServer(const QNetPool::ServerPool::Configuration &configuration);
    void end();
    double now() const; // seconds
    void advance();
    void refresh();
    void showRunning();
    void chooseScenario(int index);
    void endScenario();

    const Settings m_given; // on the command line
    Settings m_settings; // of the next start
    std::unique_ptr<Run> m_run;
    Snapshot m_last; // run's end
    std::unique_ptr<Player> m_player;
    QElapsedTimer m_clock;
    QTimer m_tick;

    QTabWidget *m_ends;
    EndView *m_client = nullptr; // null if that end is not here
    EndView *m_server = nullptr;
    LogView *m_log;
    QTabWidget *m_below = nullptr;
    ConfigurationPanel *m_configuration;
    LoadPanel *m_load;
    BreakPanel *m_break;
    QComboBox *m_rule;
    QComboBox *m_scenarios;
    QComboBox *m_tls;
    QComboBox *m_mode;
    QAction *m_startStop;
    QAction *m_flush;
    QAction *m_drain;
    QAction *m_check;
    QAction *m_pause;
};

} // namespace Demo
