// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/connectionid.h>

#include "system/printable.h"

#include <QtCore/qdebug.h>

#include <array>
#include <cstring>

/*!
    \class QNetPool::ConnectionId
    \inmodule QNetPool
    \brief The name of a pooled connection: a value of eight bytes.

    In ConnectionMode::Multi the server creates the ID, the lower-case hexadecimal digits of four random bytes, and both ends
    know the connection by it: an ID that is sent over another connection asks the peer for this very one. A client accepts
    any eight bytes as an ID. In ConnectionMode::Single each end creates an ID of its own.

    An ID is unique within a pool while its connection lives, whether idle or leased.

    The functions are reentrant and may be called in any thread.
*/

/*!
    \variable QNetPool::ConnectionId::Size
    The size of an ID in bytes: 8.
*/

/*!
    \fn QNetPool::ConnectionId::ConnectionId()
    Constructs a null ID, which names no connection.
*/

/*!
    \fn bool QNetPool::ConnectionId::isNull() const
    Returns whether this is the null ID, eight zero bytes.
*/

/*!
    \fn bool QNetPool::ConnectionId::operator==(ConnectionId a, ConnectionId b)
    Returns whether \a a and \a b are the same ID.
*/

/*!
    \fn bool QNetPool::ConnectionId::operator!=(ConnectionId a, ConnectionId b)
    Returns whether \a a and \a b are different IDs.
*/

/*!
    \fn size_t QNetPool::ConnectionId::qHash(ConnectionId id, size_t seed)
    Returns a hash of \a id, with \a seed.
*/

namespace QNetPool {

/*!
    Returns the ID whose bytes are the Latin-1 characters of \a text; a null ID unless there are exactly eight characters,
    all of them Latin-1. The inverse of toString().
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
    Returns the ID that consists of \a bytes; a null ID unless there are exactly eight. The inverse of toByteArray().
*/
ConnectionId ConnectionId::fromBytes(QByteArrayView bytes) noexcept
{
    ConnectionId id;
    if (bytes.size() == Size)
        std::memcpy(&id.m_bytes, bytes.data(), Size);
    return id;
}

/*!
    Returns the eight bytes as Latin-1 characters; an empty string for a null ID. A peer may have chosen them: operator<<()
    has escapes for what is not printable, for a log or a terminal.
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
    Writes \a id to \a debug as text, quoted and with escapes if a byte is not printable. Returns \a debug.
*/
QDebug operator<<(QDebug debug, ConnectionId id)
{
    const QDebugStateSaver saver(debug);
    return debug.nospace().noquote() << "ConnectionId(" << printable(id) << ")";
}

} // namespace QNetPool
