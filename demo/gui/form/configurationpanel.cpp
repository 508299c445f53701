// SPDX-License-Identifier: BSD-3-Clause
#include "configurationpanel.h"

#include <QtGui/QShortcut>
#include <QtWidgets/QBoxLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QScrollArea>
#include <QtWidgets/QStyle>
#include <QtWidgets/QTabWidget>

using namespace QNetPool;

namespace Demo {

ConfigurationPanel::ConfigurationPanel(QWidget *parent)
    : QWidget(parent), m_client(new ClientForm), m_server(new ServerForm), m_tabs(new QTabWidget)
{
    auto *column = new QVBoxLayout(this);
    column->addWidget(makeSearchLine());
    column->addWidget(m_tabs, 1);
    column->addWidget(makeButtons());
    addTab(m_client);
    addTab(m_server);
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] { filter(m_search->text()); });
    review();
}

QWidget *ConfigurationPanel::makeSearchLine()
{
    auto *line = new QWidget(this);
    auto *row = new QHBoxLayout(line);
    row->setContentsMargins(0, 0, 0, 0);
    auto *label = new QLabel(tr("&Find:"), line);
    m_search = new QLineEdit(line);
    m_search->setObjectName(QStringLiteral("search"));
    m_search->setAccessibleName(tr("Find fields by name"));
    m_search->setPlaceholderText(tr("Name of a field"));
    m_search->setClearButtonEnabled(true);
    label->setBuddy(m_search);
    m_noMatch = new QLabel(tr("No field name contains this."), line);
    m_noMatch->hide();
    row->addWidget(label);
    row->addWidget(m_search, 1);
    row->addWidget(m_noMatch);
    connect(m_search, &QLineEdit::textChanged, this, &ConfigurationPanel::filter);
    auto *find = new QShortcut(QKeySequence::Find, this);
    find->setContext(Qt::WidgetWithChildrenShortcut);
    connect(find, &QShortcut::activated, m_search, [this] { m_search->setFocus(Qt::ShortcutFocusReason); });
    return line;
}

QWidget *ConfigurationPanel::makeButtons()
{
    auto *line = new QWidget(this);
    auto *row = new QHBoxLayout(line);
    row->setContentsMargins(0, 0, 0, 0);
    m_status = new QLabel(line);
    m_status->setObjectName(QStringLiteral("status"));
    m_status->setTextFormat(Qt::PlainText);
    m_status->setWordWrap(true);
    m_defaults = new QPushButton(tr("D&efaults"), line);
    m_defaults->setToolTip(tr("Enters the library's defaults for this end; host and port have none"));
    m_revert = new QPushButton(tr("Re&vert"), line);
    m_revert->setToolTip(tr("Enters the values that the pools use"));
    m_apply = new QPushButton(tr("&Apply"), line);
    m_apply->setToolTip(tr("Makes the pools use the values that are entered"));
    row->addWidget(m_status, 1);
    for (QPushButton *button : {m_defaults, m_revert, m_apply})
        row->addWidget(button);
    m_apply->setObjectName(QStringLiteral("apply"));
    m_revert->setObjectName(QStringLiteral("revert"));
    m_defaults->setObjectName(QStringLiteral("defaults"));
    connect(m_apply, &QPushButton::clicked, this, &ConfigurationPanel::apply);
    connect(m_revert, &QPushButton::clicked, this, &ConfigurationPanel::revert);
    connect(m_defaults, &QPushButton::clicked, this, &ConfigurationPanel::enterDefaults);
    return line;
}

int ConfigurationPanel::addTab(ConfigurationForm *form)
{
    auto *area = new QScrollArea(m_tabs);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setWidget(form);
    area->setFocusPolicy(Qt::NoFocus); // the fields in it have it, and are scrolled to
    connect(form, &ConfigurationForm::changed, this, &ConfigurationPanel::review);
    return m_tabs->addTab(area, QString());
}

ConfigurationForm *ConfigurationPanel::current() const
{
    return m_tabs->currentIndex() == 0 ? static_cast<ConfigurationForm *>(m_client) : m_server;
}

void ConfigurationPanel::setClientConfiguration(const ClientPool::Configuration &configuration)
{
    m_client->setConfiguration(configuration);
}

void ConfigurationPanel::setServerConfiguration(const ServerPool::Configuration &configuration)
{
    m_server->setConfiguration(configuration);
}

void ConfigurationPanel::setEnds(bool hasClient, bool hasServer)
{
    m_tabs->setTabVisible(0, hasClient);
    m_tabs->setTabVisible(1, hasServer);
    review();
}

int ConfigurationPanel::changeCount() const
{
    return m_client->changeCount() + m_server->changeCount();
}

QString ConfigurationPanel::firstProblem() const
{
    const ConfigurationForm *forms[] = {m_client, m_server};
    for (int i = 0; i < 2; ++i) {
        if (forms[i]->isChanged() && !forms[i]->isValid())
            return tr("%1: %2", "an end: what is wrong with it")
                    .arg(i == 0 ? tr("Client") : tr("Server"), forms[i]->problem());
    }
    return {};
}

void ConfigurationPanel::review()
{
    const ConfigurationForm *forms[] = {m_client, m_server};
    for (int i = 0; i < m_tabs->count(); ++i) {
        const QString name = i == 0 ? tr("&Client") : tr("&Server");
        const int count = forms[i]->changeCount();
        m_tabs->setTabText(i, count ? tr("%1 (%2)", "an end, how many changes").arg(name).arg(count) : name);
        m_tabs->setTabToolTip(i, forms[i]->problem());
        m_tabs->setTabIcon(i, forms[i]->isValid() ? QIcon() : style()->standardIcon(QStyle::SP_MessageBoxWarning));
    }
    const int changes = changeCount();
    const QString problem = firstProblem();
    QString status = changes == 0 ? tr("No changes") : changes == 1 ? tr("1 change") : tr("%1 changes").arg(changes);
    if (!problem.isEmpty())
        status = tr("%1. %2", "how many changes, what is wrong").arg(status, problem);
    m_status->setText(status);
    m_apply->setEnabled(changes > 0 && problem.isEmpty());
    m_apply->setAccessibleDescription(problem);
    m_revert->setEnabled(changes > 0);
}

void ConfigurationPanel::filter(const QString &text)
{
    m_client->setFilter(text);
    m_server->setFilter(text);
    m_noMatch->setVisible(current()->visibleCount() == 0);
}

void ConfigurationPanel::apply()
{
    if (!m_apply->isEnabled())
        return;
    // Taken first: a slot that takes one over may well change the other.
    const bool isClientChanged = m_client->isChanged();
    const bool isServerChanged = m_server->isChanged();
    const ServerPool::Configuration server = m_server->configuration();
    if (isClientChanged)
        Q_EMIT clientChanged(m_client->configuration());
    if (isServerChanged)
        Q_EMIT serverChanged(server);
}

void ConfigurationPanel::revert()
{
    m_client->revert();
    m_server->revert();
}

void ConfigurationPanel::enterDefaults()
{
    current()->enterDefaults();
}

} // namespace Demo
