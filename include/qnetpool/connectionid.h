// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_CONNECTIONID_H
#define QNETPOOL_CONNECTIONID_H

#include <qnetpool/global.h>

#include <QtCore/qbytearray.h>
#include <QtCore/qhashfunctions.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>

QT_FORWARD_DECLARE_CLASS(QDebug)

namespace QNetPool {

class QNETPOOL_EXPORT ConnectionId
{
public:
    static constexpr qsizetype Size = 8; // bytes

    constexpr ConnectionId() noexcept = default;
    static ConnectionId fromString(QStringView text) noexcept;
    static ConnectionId fromBytes(QByteArrayView bytes) noexcept;

    constexpr bool isNull() const noexcept { return m_bytes == 0; }
    QString toString() const;
    QByteArray toByteArray() const;

    friend constexpr bool operator==(ConnectionId a, ConnectionId b) noexcept { return a.m_bytes == b.m_bytes; }
    friend constexpr bool operator!=(ConnectionId a, ConnectionId b) noexcept { return a.m_bytes != b.m_bytes; }
    friend size_t qHash(ConnectionId id, size_t seed = 0) noexcept { return ::qHash(id.m_bytes, seed); }
    friend QNETPOOL_EXPORT QDebug operator<<(QDebug debug, ConnectionId id);

private:
    quint64 m_bytes = 0; // the bytes in their order in memory
};

} // namespace QNetPool

Q_DECLARE_TYPEINFO(QNetPool::ConnectionId, Q_PRIMITIVE_TYPE);
Q_DECLARE_METATYPE(QNetPool::ConnectionId)

#endif
