// SPDX-License-Identifier: BSD-3-Clause
#include "message.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QIODevice>
#include <QtCore/QRandomGenerator>
#include <QtCore/QtEndian>

#include <algorithm>
#include <utility>

namespace Demo {

namespace {

constexpr int shortestPayload = 16;
constexpr int longestPayload = 512;
constexpr qsizetype lengthAt = 1;
constexpr qsizetype digestAt = lengthAt + sizeof(quint16);
constexpr qsizetype digestSize = 32;
constexpr qsizetype payloadAt = digestAt + digestSize;

QByteArray digestOf(QByteArrayView payload)
{
    return QCryptographicHash::hash(payload.toByteArray(), QCryptographicHash::Sha256);
}

} // namespace

QByteArray toWire(const Message &message)
{
    QByteArray bytes(digestAt, Qt::Uninitialized);
    bytes[0] = char(message.isGoodbye);
    qToBigEndian(quint16(message.payload.size()), bytes.data() + lengthAt);
    return bytes + digestOf(message.payload) + message.payload;
}

qsizetype sizeOnWire(const Message &message)
{
    return payloadAt + message.payload.size();
}

QByteArray randomPayload()
{
    QRandomGenerator *random = QRandomGenerator::global();
    QByteArray payload(random->bounded(shortestPayload, longestPayload + 1), Qt::Uninitialized);
    std::generate(payload.begin(), payload.end(), [random] { return char(random->bounded(256)); });
    return payload;
}

QByteArray answerTo(const QByteArray &payload)
{
    QByteArray answer = payload;
    std::reverse(answer.begin(), answer.end());
    return answer;
}

bool MessageReader::fill(QIODevice &device, qsizetype size)
{
    if (m_bytes.size() < size)
        m_bytes += device.read(size - m_bytes.size());
    return m_bytes.size() >= size;
}

MessageReader::Status MessageReader::readFrom(QIODevice &device)
{
    if (!fill(device, payloadAt))
        return Status::Incomplete;
    const auto length = qFromBigEndian<quint16>(m_bytes.constData() + lengthAt);
    if (uchar(m_bytes[0]) > 1 || length < shortestPayload || length > longestPayload)
        return Status::Corrupt;
    if (!fill(device, payloadAt + length))
        return Status::Incomplete;
    const QByteArrayView bytes(m_bytes);
    const bool isIntact = bytes.sliced(digestAt, digestSize) == digestOf(bytes.sliced(payloadAt));
    return isIntact ? Status::Complete : Status::Corrupt;
}

Message MessageReader::take()
{
    const QByteArray bytes = std::exchange(m_bytes, {});
    return {bytes.sliced(payloadAt), bytes[0] == 1};
}

} // namespace Demo
