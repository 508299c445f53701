// SPDX-License-Identifier: BSD-3-Clause
#include "wireid.h"

namespace QNetPool {

QByteArray toWire(ConnectionId id, IdFormat format)
{
    return format == IdFormat::Hex ? id.toByteArray() : QByteArray::fromHex(id.toByteArray());
}

ConnectionId fromWire(const QByteArray &bytes, IdFormat format)
{
    if (bytes.size() != wireSize(format))
        return {};
    return ConnectionId::fromBytes(format == IdFormat::Hex ? bytes : bytes.toHex());
}

} // namespace QNetPool
