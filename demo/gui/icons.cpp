// SPDX-License-Identifier: BSD-3-Clause
#include "icons.h"

namespace Demo {

// Qt looks for the file of twice the resolution by itself, but only where a display needs it already now.
QIcon icon(const QString &name)
{
    QIcon icon;
    for (const char *resolution : {"", "@2x"})
        icon.addFile(QStringLiteral(":/icons/%1%2.png").arg(name, QLatin1String(resolution)));
    return icon;
}

QIcon applicationIcon()
{
    QIcon icon;
    for (const int size : {16, 24, 32, 48, 64, 128, 256})
        icon.addFile(QStringLiteral(":/icons/application-%1.png").arg(size));
    return icon;
}

} // namespace Demo
