// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "engine/fields.h"

#include <QtWidgets/QWidget>

QT_BEGIN_NAMESPACE
class QGroupBox;
QT_END_NAMESPACE

namespace Demo {

class FieldRow;

// All fields of a pool's configuration, in groups, checked as they are entered.
class ConfigurationForm : public QWidget
{
    Q_OBJECT

public:
    bool isValid() const { return problem().isEmpty(); }
    QString problem() const; // the first: a text that cannot be read as a value, or what the pool would refuse
    bool isChanged() const { return changeCount() > 0; }
    int changeCount() const; // fields that differ from the configuration that was set

    void revert(); // to that configuration
    virtual void enterDefaults() = 0; // but for required fields, which have none
    void setFilter(const QString &text); // hides the fields that do not have it in their name
    int visibleCount() const;

    void setEditable(const QString &name, bool editable);

Q_SIGNALS:
    void changed(); // anything that is in it
    void edited(); // changed, and what is in it is valid and differs

protected:
    ConfigurationForm(QWidget *parent) : QWidget(parent) { }

    void addRows(const QList<std::pair<FieldInfo, QString>> &infosAndPresets);
    void showTexts(const QMap<QString, QString> &texts); // by name
    void enterTexts(const QMap<QString, QString> &texts);
    QMap<QString, QString> changes() const;
    virtual QMap<QString, QString> unreadableTexts() const = 0; // causes by name
    virtual QStringList poolProblems() const = 0; // of the configuration that is entered, in the pool's own sentences
    void review(); // after each change

private:
    void onEntered();

    QList<FieldRow *> m_rows;
    QList<std::pair<QGroupBox *, QList<FieldRow *>>> m_groups;
    QStringList m_poolProblems;
    bool m_isFilling = false; // one review is enough then
};

class ClientForm final : public ConfigurationForm
{
    Q_OBJECT

public:
    explicit ClientForm(QWidget *parent = nullptr);

    void setConfiguration(const QNetPool::ClientPool::Configuration &configuration);
    // Fields that are not changed, or that cannot be read, are as they were set.
    QNetPool::ClientPool::Configuration configuration() const;

    // Whether host and port are entered here. If not, they come from elsewhere and are taken to be valid.
    void setPeerEditable(bool editable);
    void enterDefaults() override;

private:
    QMap<QString, QString> unreadableTexts() const override;
    QStringList poolProblems() const override;

    QNetPool::ClientPool::Configuration m_configuration;
    bool m_isPeerEditable = true;
};

class ServerForm final : public ConfigurationForm
{
    Q_OBJECT

public:
    explicit ServerForm(QWidget *parent = nullptr);

    void setConfiguration(const QNetPool::ServerPool::Configuration &configuration);
    // Fields that are not changed, or that cannot be read, are as they were set.
    QNetPool::ServerPool::Configuration configuration() const;

    void enterDefaults() override;

private:
    QMap<QString, QString> unreadableTexts() const override;
    QStringList poolProblems() const override;

    QNetPool::ServerPool::Configuration m_configuration;
};

} // namespace Demo
