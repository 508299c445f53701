// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QByteArray>

#include <algorithm>

// What the fuzzer thought of, read from its beginning to its end, so that seeds can be written by hand; zeros after that.
class Input
{
public:
    Input(const quint8 *data, std::size_t size) : m_next(data), m_end(data + size) { }

    bool isEmpty() const { return m_next == m_end; }
    quint8 byte() { return isEmpty() ? quint8(0) : *m_next++; }
    int below(int bound) { return byte() % bound; }

    // At most as many as there are left.
    QByteArray bytes(int count)
    {
        const auto size = std::min<std::ptrdiff_t>(count, m_end - m_next);
        const QByteArray result(reinterpret_cast<const char *>(m_next), size);
        m_next += size;
        return result;
    }

private:
    const quint8 *m_next;
    const quint8 *m_end;
};

// Choices, taken from a byte bit by bit.
class Bits
{
public:
    explicit Bits(quint8 byte) : m_left(byte) { }

    bool flag() { return number(1); }
    int number(int bits)
    {
        const int result = m_left & ((1 << bits) - 1);
        m_left = quint8(m_left >> bits);
        return result;
    }

private:
    quint8 m_left;
};
