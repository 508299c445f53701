// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "configurationform.h"

QT_BEGIN_NAMESPACE
class QLabel;
class QLineEdit;
class QPushButton;
class QTabWidget;
QT_END_NAMESPACE

namespace Demo {

// Both ends' configurations, to be looked through, changed and applied.
class ConfigurationPanel final : public QWidget
{
    Q_OBJECT

public:
    explicit ConfigurationPanel(QWidget *parent = nullptr);

    // Puts into the form what a pool uses; what was entered and not applied is gone.
    void setClientConfiguration(const QNetPool::ClientPool::Configuration &configuration);
    void setServerConfiguration(const QNetPool::ServerPool::Configuration &configuration);

    void setEnds(bool hasClient, bool hasServer); // which of them there are in this process
    ClientForm *clientForm() const { return m_client; }
    ServerForm *serverForm() const { return m_server; }

public Q_SLOTS:
    void apply();
    void revert(); // both
    void enterDefaults(); // of the end that is seen

Q_SIGNALS:
    // Apply was pressed, and this end's configuration differs. It goes on counting as changed until it is set here, which is
    // to happen when the pool has taken it.
    void clientChanged(const QNetPool::ClientPool::Configuration &configuration);
    void serverChanged(const QNetPool::ServerPool::Configuration &configuration);

private:
    QWidget *makeSearchLine();
    QWidget *makeButtons();
    int addTab(ConfigurationForm *form);
    ConfigurationForm *current() const;
    QString firstProblem() const; // of what would be applied
    int changeCount() const;
    void filter(const QString &text);
    void review();

    ClientForm *m_client;
    ServerForm *m_server;
    QTabWidget *m_tabs;
    QLineEdit *m_search;
    QLabel *m_noMatch;
    QLabel *m_status;
    QPushButton *m_apply;
    QPushButton *m_revert;
    QPushButton *m_defaults;
};

} // namespace Demo
