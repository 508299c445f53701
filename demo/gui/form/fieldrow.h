// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "fieldeditor.h"

QT_BEGIN_NAMESPACE
class QGridLayout;
class QLabel;
QT_END_NAMESPACE

namespace Demo {

// A field in the form: its label, its editor, and beneath it what is wrong.
class FieldRow final : public QObject
{
    Q_OBJECT

public:
    // preset: the default value's text, for the tool tip.
    FieldRow(const FieldInfo &info, const QString &preset, QWidget *parent);

    void addTo(QGridLayout *layout);

    const FieldInfo &info() const { return m_info; }
    QString name() const { return QLatin1String(m_info.name); }
    QString text() const { return m_editor.text(); }
    bool isChanged() const { return text() != m_shown; }
    QWidget *editor() const { return m_editor.widget; }
    int labelWidth() const; // when it is bold, too
    int editorWidth() const; // where it is not as wide as there is room

    void show(const QString &text); // of the configuration: it counts as not changed
    void enter(const QString &text) { m_editor.setText(text); }
    void revert() { enter(m_shown); }
    void setEditable(bool editable) { m_editor.widget->setEnabled(editable); }
    void setProblem(const QString &problem); // a sentence; empty: it is valid
    QString problem() const { return m_problem; }
    void mark(); // as changed, or not
    bool matches(const QString &filter) const;
    void setVisible(bool visible);
    bool isVisible() const { return m_isVisible; }

Q_SIGNALS:
    void entered();

private:
    bool isWide() const;
    void describe();
    void update();

    const FieldInfo m_info;
    const QStringList m_explanation;
    FieldEditor m_editor;
    QLabel *m_label;
    QLabel *m_effect = nullptr; // only where it is not what one expects
    QWidget *m_problemLine;
    QLabel *m_problemText;
    QString m_shown;
    QString m_problem;
    bool m_isVisible = true;
};

} // namespace Demo
