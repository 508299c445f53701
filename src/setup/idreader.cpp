// SPDX-License-Identifier: BSD-3-Clause
#include "idreader.h"

namespace QNetPool {

ConnectionId IdReader::id() const
{
    return fromWire(QByteArray(m_bytes.data(), qsizetype(m_count)), m_format);
}

QString IdReader::progressOf(const QString &peer, const QString &end, bool isEncrypted) const
{
    return QStringLiteral("%1 sent %2 of the %3 bytes of a connection ID%4; a server that is no ServerPool sends none and "
                          "needs ConnectionMode::Single")
                   .arg(peer, QString::number(m_count), QString::number(wireSize(m_format)), end)
            + (isEncrypted ? QString() : QStringLiteral(", one that expects TLS needs a tls.mode"));
}

QString IdReader::refusalOf(const QString &peer)
{
    return QStringLiteral("%1 sent an invalid connection ID: only zero bytes").arg(peer);
}

} // namespace QNetPool
