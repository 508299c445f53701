// SPDX-License-Identifier: BSD-3-Clause
// What libFuzzer calls.
#include "fuzzing.h"
#include "loopback.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QLoggingCategory>
#include <QtNetwork/QSslSocket>

extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    qputenv("QT_NO_GLIB", "1"); // Qt's own event dispatcher is the faster one, and keeps nothing
    static QCoreApplication application(*argc, *argv);
    QLoggingCategory::setFilterRules(QStringLiteral("*=false"));
    QSslSocket::supportsSsl(); // loads the TLS plugin, once for all inputs
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const quint8 *data, std::size_t size)
{
    const int before = countDescriptors();
    Input input(data, size);
    fuzz(input);
    const int after = countDescriptors();
    static bool isFirst = true; // the loopback listener stays
    insist(std::exchange(isFirst, false) || after == before, "every descriptor is closed",
           QStringLiteral("%1 before, %2 after").arg(before).arg(after));
    return 0;
}
