// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/connectionid.h>

#include <QtCore/qdebug.h>

#include <algorithm>
#include <array>
#include <cstring>

/*!
    \class QNetPool::ConnectionId
    \inmodule QNetPool
    \brief The name of a pooled connection: eight bytes, a value.

    In ConnectionMode::Multi the server makes the ID (the lower-case hexadecimal digits of four random bytes) and both ends
    know the connection by it, so an ID sent over any other way asks the peer for just this connection. A client takes
    whatever eight bytes the server sends. In ConnectionMode::Single each end makes an ID for itself.

    An ID is unique within a pool while its connection lives, whether idle or leased.
*/

/*!
    \fn bool QNetPool::ConnectionId::isNull() const
    True for a default-constructed ID, which names no connection. Eight zero bytes are the null ID.
*/

namespace QNetPool {

/*!
    Returns the ID that \a text spells, character by character one byte (Latin-1); a null ID unless \a text has exactly
    eight characters, all of them Latin-1. The inverse of toString().
*/
ConnectionId ConnectionId::fromString(QStringView text) noexcept
{
    std::array<char, Size> bytes;
    if (text.size() != Size)
        return {};
    for (qsizetype i = 0; i < Size; ++i) {
        if (text[i].unicode() > 0xff)
            return {};
        bytes[std::size_t(i)] = char(text[i].unicode());
    }
    return fromBytes({bytes.data(), Size});
}

/*!
    Returns the ID that consists of \a bytes; a null ID unless there are exactly eight of them.
*/
ConnectionId ConnectionId::fromBytes(QByteArrayView bytes) noexcept
{
    ConnectionId id;
    if (bytes.size() == Size)
        std::memcpy(&id.m_bytes, bytes.data(), Size);
    return id;
}

/*!
    Returns the eight bytes as text, one Latin-1 character a byte; an empty string for a null ID.
*/
QString ConnectionId::toString() const
{
    return QString::fromLatin1(toByteArray());
}

/*!
    Returns the eight bytes; an empty array for a null ID.
*/
QByteArray ConnectionId::toByteArray() const
{
    return isNull() ? QByteArray() : QByteArray(reinterpret_cast<const char *>(&m_bytes), Size);
}

/*!
    Writes \a id to \a debug: as text, with bytes that cannot be printed as escapes.
*/
QDebug operator<<(QDebug debug, ConnectionId id)
{
    const QDebugStateSaver saver(debug);
    debug.nospace() << "ConnectionId(";
    const QByteArray bytes = id.toByteArray();
    const bool isPlain = std::all_of(bytes.cbegin(), bytes.cend(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (isPlain)
        debug.noquote() << QLatin1String(bytes);
    else
        debug.quote() << bytes;
    return debug << ")";
}

} // namespace QNetPool
