// SPDX-License-Identifier: BSD-3-Clause
#include "idreader.h"

namespace QNetPool {

ConnectionId IdReader::id() const
{
    return fromWire(QByteArray(m_bytes.data(), qsizetype(m_count)), m_format);
}

QString IdReader::progressOf(const QString &peer) const
{
    return QStringLiteral("%1 sent %2 of the %3 bytes of a connection ID").arg(peer).arg(m_count).arg(wireSize(m_format));
}

QString IdReader::refusalOf(const QString &peer)
{
    return QStringLiteral("%1 sent an invalid connection ID: only zero bytes").arg(peer);
}

} // namespace QNetPool
