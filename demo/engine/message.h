// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QByteArray>

QT_FORWARD_DECLARE_CLASS(QIODevice)

namespace Demo {

struct Message
{
    QByteArray payload;
    bool isGoodbye = false; // the connection is of no more use to the sender: whoever hears this closes it
};

// On the wire a message is a byte that is 1 for a goodbye and else 0, the length of its payload (two bytes, big-endian), the
// SHA-256 of the payload, and the payload.
QByteArray toWire(const Message &message);
qsizetype sizeOnWire(const Message &message);

QByteArray randomPayload(); // 16 to 512 bytes
QByteArray answerTo(const QByteArray &payload); // which only one who has read all of it can give

// Puts messages together from the pieces in which they arrive.
class MessageReader
{
public:
    enum class Status { Incomplete, Complete, Corrupt };

    Status readFrom(QIODevice &device); // never more than the message
    Message take(); // the complete one; the next one can be read then

private:
    bool fill(QIODevice &device, qsizetype size);

    QByteArray m_bytes;
};

} // namespace Demo
