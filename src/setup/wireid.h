// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/connectionid.h>

namespace QNetPool {

// An ID on the wire: the first bytes of a connection in ConnectionMode::Multi, sent by the server.
constexpr qsizetype wireSize(IdFormat format) noexcept
{
    return format == IdFormat::Hex ? ConnectionId::Size : ConnectionId::Size / 2;
}

QByteArray toWire(ConnectionId id, IdFormat format);
ConnectionId fromWire(const QByteArray &bytes, IdFormat format); // null unless there are wireSize() bytes, not all zero

} // namespace QNetPool
