// SPDX-License-Identifier: BSD-3-Clause
#include "idtext.h"

#include <algorithm>

namespace Demo {

QString idText(QNetPool::ConnectionId id)
{
    const QString text = id.toString();
    const bool isPlain = std::all_of(text.begin(), text.end(), [](QChar c) { return c > u' ' && c < u'\x7f'; });
    return isPlain ? text : QStringLiteral("0x") + QString::fromLatin1(id.toByteArray().toHex());
}

} // namespace Demo
