// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QtEndian>

// A request, and its answer: its number, the size of what follows, and that.
namespace Frame {

constexpr qsizetype HeaderSize = 8;

inline QByteArray make(quint32 number, const QByteArray &payload)
{
    QByteArray frame(HeaderSize, Qt::Uninitialized);
    qToBigEndian(number, frame.data());
    qToBigEndian(quint32(payload.size()), frame.data() + 4);
    return frame + payload;
}

// How many bytes are still to come at least; less than zero: there are too many.
inline qsizetype missing(const QByteArray &frame)
{
    if (frame.size() < HeaderSize)
        return HeaderSize - frame.size();
    return HeaderSize + qsizetype(qFromBigEndian<quint32>(frame.constData() + 4)) - frame.size();
}

} // namespace Frame
