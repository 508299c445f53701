// SPDX-License-Identifier: BSD-3-Clause
#include "fieldrow.h"

#include <QtWidgets/QGridLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QStyle>

namespace Demo {

static QWidget *makeProblemLine(QWidget *parent, QLabel **text)
{
    auto *line = new QWidget(parent);
    auto *layout = new QHBoxLayout(line);
    layout->setContentsMargins(0, 0, 0, 0);
    auto *mark = new QLabel(line);
    const int size = line->style()->pixelMetric(QStyle::PM_SmallIconSize);
    mark->setPixmap(
            line->style()->standardIcon(QStyle::SP_MessageBoxWarning).pixmap(QSize(size, size), line->devicePixelRatio()));
    layout->addWidget(mark, 0, Qt::AlignTop);
    *text = new QLabel(line);
    (*text)->setTextFormat(Qt::PlainText);
    (*text)->setWordWrap(true);
    (*text)->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    (*text)->setFocusPolicy(Qt::StrongFocus);
    layout->addWidget(*text, 1);
    line->hide();
    return line;
}

FieldRow::FieldRow(const FieldInfo &info, const QString &preset, QWidget *parent)
    : QObject(parent), m_info(info), m_explanation(explanationOf(info, preset)),
      m_editor(makeEditor(info, parent, [this] { Q_EMIT entered(); })), m_label(new QLabel(info.title(), parent)),
      m_problemLine(makeProblemLine(parent, &m_problemText))
{
    m_editor.widget->setObjectName(name());
    m_editor.widget->setAccessibleName(info.title());
    m_label->setBuddy(m_editor.widget);
    m_label->setMinimumHeight(m_label->fontMetrics().height() * 3 / 2); // so that rows without a box are as high as others
    if (info.effect == FieldEffect::NextStart) {
        m_effect = new QLabel(FieldInfo::tr("from the next start on"), parent);
        m_effect->setForegroundRole(QPalette::PlaceholderText);
    }
    QString toolTip =
            QStringLiteral("<p style='white-space:pre'><b>%1</b> (%2)</p>").arg(info.title().toHtmlEscaped(), name());
    for (const QString &sentence : m_explanation)
        toolTip += QStringLiteral("<p>%1</p>").arg(sentence.toHtmlEscaped());
    m_label->setToolTip(toolTip);
    m_editor.widget->setToolTip(toolTip);
    describe();
}

void FieldRow::addTo(QGridLayout *layout)
{
    const int row = layout->rowCount();
    layout->addWidget(m_label, row, 0, Qt::AlignLeft | Qt::AlignVCenter);
    layout->addWidget(m_editor.widget, row, 1, 1, isWide() ? 2 : 1);
    if (m_effect)
        layout->addWidget(m_effect, row + 1, 1, 1, 2);
    layout->addWidget(m_problemLine, row + 2, 1, 1, 2);
}

bool FieldRow::isWide() const
{
    return m_info.kind == FieldKind::Text || m_info.kind == FieldKind::Peers || m_info.kind == FieldKind::Fingerprints
            || m_info.kind == FieldKind::Shown;
}

int FieldRow::editorWidth() const
{
    return isWide() ? 0 : m_editor.widget->sizeHint().width();
}

int FieldRow::labelWidth() const
{
    QFont bold = m_label->font();
    bold.setBold(true);
    return QFontMetrics(bold).horizontalAdvance(m_label->text());
}

void FieldRow::show(const QString &text)
{
    m_editor.setText(text);
    m_shown = this->text(); // what the editor makes of it, so that a value out of its limits counts as not changed
}

void FieldRow::setProblem(const QString &problem)
{
    if (problem == m_problem)
        return;
    m_problem = problem;
    m_problemText->setText(problem);
    m_problemText->setAccessibleName(problem);
    describe();
    update();
}

void FieldRow::describe()
{
    QStringList sentences = m_explanation;
    if (!m_problem.isEmpty())
        sentences.prepend(m_problem);
    m_editor.widget->setAccessibleDescription(sentences.join(u' '));
}

void FieldRow::mark()
{
    QFont font = m_label->font();
    if (font.bold() == isChanged())
        return;
    font.setBold(isChanged());
    m_label->setFont(font);
}

bool FieldRow::matches(const QString &filter) const
{
    return m_info.title().contains(filter, Qt::CaseInsensitive) || name().contains(filter, Qt::CaseInsensitive);
}

void FieldRow::setVisible(bool visible)
{
    m_isVisible = visible;
    update();
}

void FieldRow::update()
{
    m_label->setVisible(m_isVisible);
    m_editor.widget->setVisible(m_isVisible);
    if (m_effect)
        m_effect->setVisible(m_isVisible);
    m_problemLine->setVisible(m_isVisible && !m_problem.isEmpty());
}

} // namespace Demo
