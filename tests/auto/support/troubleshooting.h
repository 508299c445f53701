// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/Pool>

#include <QtCore/QFile>
#include <QtCore/QMetaEnum>
#include <QtCore/QRegularExpression>

// The table in README that leads from what a user sees to what to do.
namespace Troubleshooting {

inline QString textOf(const QString &path)
{
    QFile file(QStringLiteral(QNETPOOL_CERTIFICATES "/../../") + path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

// What a row quotes in its first column, each in parts: "ConnectFailed … refused" is "ConnectFailed" and "refused".
inline QList<QStringList> sightings()
{
    static const QList<QStringList> all = [] {
        const QString text = textOf(QStringLiteral("README.md"));
        const QString table = text.section(QStringLiteral("## Troubleshooting"), 1).section(QStringLiteral("\n## "), 0, 0);
        static const QRegularExpression quotation(QStringLiteral("`([^`]+)`"));
        QList<QStringList> found;
        for (const QString &row : table.split(u'\n')) {
            for (const QRegularExpressionMatch &match : quotation.globalMatch(row.section(u'|', 1, 1))) {
                QStringList parts;
                for (const QString &part : match.captured(1).split(u'\u2026', Qt::SkipEmptyParts))
                    parts << part.trimmed();
                found << parts;
            }
        }
        return found;
    }();
    return all;
}

// Whether a row quotes this: numbers are examples.
inline bool tells(QNetPool::Pool::Error error, const QString &message)
{
    const QString name = QLatin1String(QMetaEnum::fromType<QNetPool::Pool::Error>().valueToKey(int(error)));
    const QList<QStringList> all = sightings();
    return std::any_of(all.begin(), all.end(), [&](QStringList parts) {
        if (QMetaEnum::fromType<QNetPool::Pool::Error>().keyToValue(parts.first().toLatin1().constData()) >= 0
            && parts.takeFirst() != name)
            return false;
        static const QRegularExpression number(QStringLiteral("[0-9]+"));
        qsizetype from = 0;
        return std::all_of(parts.begin(), parts.end(), [&](const QString &part) {
            QString pattern = QRegularExpression::escape(part);
            pattern.replace(number, QStringLiteral("[0-9]+"));
            const QRegularExpressionMatch match = QRegularExpression(pattern).match(message, from);
            from = match.capturedEnd();
            return match.hasMatch();
        });
    });
}

} // namespace Troubleshooting
