// SPDX-License-Identifier: BSD-3-Clause
#include "printable.h"

#include <qnetpool/connectionid.h>

#include <QtCore/qdebug.h>

#include <algorithm>

namespace QNetPool {

namespace {

// Nor is it what ends a line, changes the direction of what follows, or cannot be seen.
bool isPrintable(char32_t character)
{
    const QChar::Category category = QChar::category(character);
    return QChar::isPrint(character) && category != QChar::Separator_Line && category != QChar::Separator_Paragraph;
}

QString escape(char32_t character)
{
    const QString digits = QString::number(character, 16).toUpper();
    return character > 0xffff ? QStringLiteral("\\U") + digits.rightJustified(8, u'0')
                              : QStringLiteral("\\u") + digits.rightJustified(4, u'0');
}

template<typename Text> QString inQuotationMarks(const Text &text)
{
    QString result;
    QDebug(&result).nospace() << text;
    return printable(result); // QDebug leaves Unicode's own ends of lines
}

} // namespace

QString printable(const QString &text)
{
    QString result;
    result.reserve(text.size());
    for (const char32_t character : text.toUcs4()) {
        if (isPrintable(character))
            result += QChar::fromUcs4(character);
        else
            result += escape(character);
    }
    return result;
}

QString printable(ConnectionId id)
{
    const QByteArray bytes = id.toByteArray();
    const bool isPlain = std::all_of(bytes.cbegin(), bytes.cend(), [](char c) { return c > ' ' && c < '\x7f'; });
    return isPlain ? QString::fromLatin1(bytes) : quoted(bytes);
}

QString quoted(const QString &text)
{
    return inQuotationMarks(text);
}

QString quoted(const QByteArray &bytes)
{
    return inQuotationMarks(bytes);
}

} // namespace QNetPool
