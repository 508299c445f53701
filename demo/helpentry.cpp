// SPDX-License-Identifier: BSD-3-Clause
#include "helpentry.h"

#include <QtCore/QStringList>

namespace Demo {

static constexpr qsizetype width = 80;
static constexpr qsizetype column = 28; // where explanations begin

static QStringList wrapped(const QString &text, qsizetype room)
{
    QStringList lines{QString()};
    const QStringList words = text.split(u' ');
    for (const QString &word : words) {
        if (!lines.last().isEmpty() && lines.last().size() + 1 + word.size() > room)
            lines << QString();
        if (!lines.last().isEmpty())
            lines.last() += u' ';
        lines.last() += word;
    }
    return lines;
}

QString helpParagraph(const QString &text)
{
    return wrapped(text, width).join(u'\n') + u'\n';
}

QString helpEntry(const QString &name, const QString &text)
{
    const QString indented = QStringLiteral("  ") + name;
    const bool isBeside = indented.size() + 2 <= column;
    const QString margin(column, u' ');
    const QString explanation = wrapped(text, width - column).join(u'\n' + margin) + u'\n';
    return isBeside ? indented.leftJustified(column) + explanation : indented + u'\n' + margin + explanation;
}

} // namespace Demo
