// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "wireid.h"

#include <array>
#include <optional>

namespace QNetPool {

// Reads the ID that a server sends first, in as many pieces as arrive, and not a byte more.
class IdReader
{
public:
    explicit IdReader(IdFormat format = IdFormat::Hex) noexcept : m_format(format) { }

    // read(bytes, size) reads up to size bytes and returns how many, or a Transfer. Returns what read() returned.
    template<typename Read> qint64 readFrom(Read read)
    {
        const qint64 got = read(m_bytes.data() + m_count, wireSize(m_format) - m_count);
        m_count += std::max<qint64>(got, 0);
        return got;
    }

    bool isComplete() const noexcept { return m_count == wireSize(m_format); }
    ConnectionId id() const; // once complete; null if it is only zero bytes

    // Messages: how much of an ID had come at the end (" within 5 ms", ": it closed the connection"), and what may be wrong;
    // and why a complete one is refused.
    QString progressOf(const QString &peer, const QString &end, bool isEncrypted) const;
    static QString refusalOf(const QString &peer);

private:
    IdFormat m_format;
    qint64 m_count = 0; // bytes read
    std::array<char, ConnectionId::Size> m_bytes{};
};

} // namespace QNetPool
