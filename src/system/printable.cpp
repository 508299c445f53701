// SPDX-License-Identifier: BSD-3-Clause
#include "printable.h"

#include <QtCore/qdebug.h>

namespace QNetPool {

QString quoted(const QString &text)
{
    QString result;
    QDebug(&result).nospace() << text;
    return result;
}

QString printable(const QString &text)
{
    const QString result = quoted(text);
    return result.mid(1, result.size() - 2);
}

} // namespace QNetPool
