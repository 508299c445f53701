// SPDX-License-Identifier: BSD-3-Clause
#include "randomid.h"

#include <QtCore/qendian.h>
#include <QtCore/qrandom.h>

namespace QNetPool {

ConnectionId randomId()
{
    QByteArray bytes(4, Qt::Uninitialized);
    qToBigEndian(QRandomGenerator::system()->generate(), bytes.data());
    return ConnectionId::fromBytes(bytes.toHex());
}

} // namespace QNetPool
