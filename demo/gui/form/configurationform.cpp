// SPDX-License-Identifier: BSD-3-Clause
#include "configurationform.h"

#include "fieldrow.h"

#include <QtCore/QScopedValueRollback>
#include <QtWidgets/QGridLayout>
#include <QtWidgets/QGroupBox>

#include <algorithm>

using namespace QNetPool;

namespace Demo {

// --- What the two forms share, whichever configuration it is ------------------------------------------------------------

template<typename Configuration> static QList<std::pair<FieldInfo, QString>> infosAndPresets()
{
    QList<std::pair<FieldInfo, QString>> result;
    for (const Field<Configuration> &field : fields<Configuration>())
        result.emplaceBack(field.info, field.text(Configuration()));
    return result;
}

template<typename Configuration> static QMap<QString, QString> textsOf(const Configuration &configuration)
{
    QMap<QString, QString> texts;
    for (const Field<Configuration> &field : fields<Configuration>())
        texts.insert(QLatin1String(field.info.name), field.text(configuration));
    return texts;
}

template<typename Configuration> static QMap<QString, QString> defaultTexts()
{
    QMap<QString, QString> texts = textsOf(Configuration());
    for (const Field<Configuration> &field : fields<Configuration>()) {
        if (field.info.isRequired || field.info.kind == FieldKind::Shown)
            texts.remove(QLatin1String(field.info.name));
    }
    return texts;
}

// Makes the changes, and returns the causes of those that cannot be made, by name.
template<typename Configuration>
static QMap<QString, QString> apply(Configuration &configuration, const QMap<QString, QString> &changes)
{
    QMap<QString, QString> causes;
    for (const Field<Configuration> &field : fields<Configuration>()) {
        const auto change = changes.constFind(QLatin1String(field.info.name));
        if (change == changes.cend())
            continue;
        if (const QString cause = field.setText(configuration, *change); !cause.isEmpty())
            causes.insert(change.key(), cause);
    }
    return causes;
}

template<typename Configuration> static QMap<QString, QString> causesAmong(const QMap<QString, QString> &changes)
{
    Configuration ignored;
    return apply(ignored, changes);
}

// --- ConfigurationForm --------------------------------------------------------------------------------------------------

void ConfigurationForm::addRows(const QList<std::pair<FieldInfo, QString>> &infosAndPresets)
{
    auto *column = new QVBoxLayout(this);
    std::map<FieldGroup, QList<FieldRow *>> groups;
    for (const auto &[info, preset] : infosAndPresets)
        groups[info.group];
    int labelWidth = 0;
    int editorWidth = 0;
    for (auto &[group, rows] : groups) {
        auto *box = new QGroupBox(titleOf(group), this);
        auto *grid = new QGridLayout(box);
        grid->setColumnStretch(2, 1);
        for (const auto &[info, preset] : infosAndPresets) {
            if (info.group != group)
                continue;
            auto *row = new FieldRow(info, preset, box);
            row->addTo(grid);
            connect(row, &FieldRow::entered, this, &ConfigurationForm::onEntered);
            labelWidth = std::max(labelWidth, row->labelWidth());
            editorWidth = std::max(editorWidth, row->editorWidth());
            rows << row;
        }
        column->addWidget(box);
        m_rows << rows;
        m_groups.emplaceBack(box, rows);
    }
    for (const auto &group : std::as_const(m_groups)) { // the editors of all groups stand in one column
        auto *grid = static_cast<QGridLayout *>(group.first->layout());
        grid->setColumnMinimumWidth(0, labelWidth);
        grid->setColumnMinimumWidth(1, editorWidth);
    }
    column->addStretch();
}

QString ConfigurationForm::problem() const
{
    for (const FieldRow *row : m_rows) {
        if (!row->problem().isEmpty())
            return row->problem();
    }
    return m_poolProblems.value(0);
}

int ConfigurationForm::changeCount() const
{
    return int(std::count_if(m_rows.begin(), m_rows.end(), [](const FieldRow *row) { return row->isChanged(); }));
}

QMap<QString, QString> ConfigurationForm::changes() const
{
    QMap<QString, QString> texts;
    for (const FieldRow *row : m_rows) {
        if (row->isChanged())
            texts.insert(row->name(), row->text());
    }
    return texts;
}

void ConfigurationForm::showTexts(const QMap<QString, QString> &texts)
{
    {
        const QScopedValueRollback filling(m_isFilling, true);
        for (FieldRow *row : std::as_const(m_rows))
            row->show(texts.value(row->name()));
    }
    review();
}

void ConfigurationForm::enterTexts(const QMap<QString, QString> &texts)
{
    {
        const QScopedValueRollback filling(m_isFilling, true);
        for (FieldRow *row : std::as_const(m_rows)) {
            if (texts.contains(row->name()) && row->editor()->isEnabled())
                row->enter(texts.value(row->name()));
        }
    }
    onEntered();
}

void ConfigurationForm::revert()
{
    {
        const QScopedValueRollback filling(m_isFilling, true);
        for (FieldRow *row : std::as_const(m_rows))
            row->revert();
    }
    onEntered();
}

void ConfigurationForm::setEditable(const QString &name, bool editable)
{
    for (FieldRow *row : std::as_const(m_rows)) {
        if (row->name() == name)
            row->setEditable(editable);
    }
}

void ConfigurationForm::onEntered()
{
    if (m_isFilling)
        return;
    review();
    if (isValid() && isChanged())
        Q_EMIT edited();
}

void ConfigurationForm::review()
{
    const QMap<QString, QString> causes = unreadableTexts();
    for (FieldRow *row : std::as_const(m_rows)) {
        const QString cause = causes.value(row->name());
        row->setProblem(cause.isEmpty() ? QString() : tr("%1: %2.").arg(row->info().title(), cause));
        row->mark();
    }
    m_poolProblems = poolProblems();
    Q_EMIT changed();
}

void ConfigurationForm::setFilter(const QString &text)
{
    for (const auto &[box, rows] : std::as_const(m_groups)) {
        bool hasAny = false;
        for (FieldRow *row : rows) {
            row->setVisible(row->matches(text.trimmed()));
            hasAny |= row->isVisible();
        }
        box->setVisible(hasAny);
    }
}

int ConfigurationForm::visibleCount() const
{
    return int(std::count_if(m_rows.begin(), m_rows.end(), [](const FieldRow *row) { return row->isVisible(); }));
}

// --- ClientForm ---------------------------------------------------------------------------------------------------------

ClientForm::ClientForm(QWidget *parent) : ConfigurationForm(parent)
{
    addRows(infosAndPresets<ClientPool::Configuration>());
    setConfiguration({});
}

void ClientForm::setConfiguration(const ClientPool::Configuration &configuration)
{
    m_configuration = configuration;
    showTexts(textsOf(configuration));
}

ClientPool::Configuration ClientForm::configuration() const
{
    ClientPool::Configuration configuration = m_configuration;
    apply(configuration, changes());
    return configuration;
}

void ClientForm::setPeerEditable(bool editable)
{
    m_isPeerEditable = editable;
    setEditable(QStringLiteral("host"), editable);
    setEditable(QStringLiteral("port"), editable);
    review();
}

void ClientForm::enterDefaults()
{
    enterTexts(defaultTexts<ClientPool::Configuration>());
}

QMap<QString, QString> ClientForm::unreadableTexts() const
{
    return causesAmong<ClientPool::Configuration>(changes());
}

QStringList ClientForm::poolProblems() const
{
    ClientPool::Configuration entered = configuration();
    if (!m_isPeerEditable) {
        entered.host = QStringLiteral("localhost");
        entered.port = 1;
    }
    return ClientPool::problems(entered);
}

// --- ServerForm ---------------------------------------------------------------------------------------------------------

ServerForm::ServerForm(QWidget *parent) : ConfigurationForm(parent)
{
    addRows(infosAndPresets<ServerPool::Configuration>());
    setConfiguration({});
}

void ServerForm::setConfiguration(const ServerPool::Configuration &configuration)
{
    m_configuration = configuration;
    showTexts(textsOf(configuration));
}

ServerPool::Configuration ServerForm::configuration() const
{
    ServerPool::Configuration configuration = m_configuration;
    apply(configuration, changes());
    return configuration;
}

void ServerForm::enterDefaults()
{
    enterTexts(defaultTexts<ServerPool::Configuration>());
}

QMap<QString, QString> ServerForm::unreadableTexts() const
{
    return causesAmong<ServerPool::Configuration>(changes());
}

QStringList ServerForm::poolProblems() const
{
    return ServerPool::problems(configuration());
}

} // namespace Demo
