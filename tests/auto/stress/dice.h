// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QByteArray>

#include <chrono>
#include <random>

// Random choices that a seed repeats.
class Dice
{
public:
    explicit Dice(quint64 seed) : m_engine(seed) { }
    int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(m_engine); }
    bool chance(int percent) { return below(100) < percent; }
    std::chrono::milliseconds upTo(std::chrono::milliseconds time)
    {
        return std::chrono::milliseconds(below(int(time.count()) + 1));
    }
    // Bytes that no one else sends, and no zero among them: that begins a farewell.
    QByteArray payload(const QByteArray &sender)
    {
        const int size = chance(2) ? 1 + below(200000) : 1 + below(2000);
        QByteArray bytes = sender + ' ' + QByteArray::number(++m_sent) + ' ';
        bytes.reserve(bytes.size() + size);
        while (bytes.size() < size)
            bytes += char(1 + below(255));
        return bytes;
    }

private:
    std::mt19937_64 m_engine;
    qint64 m_sent = 0;
};
