// SPDX-License-Identifier: BSD-3-Clause
#include "recordtracker.h"

#include <QtCore/qendian.h>

#include <algorithm>

namespace QNetPool {

static constexpr qint64 MaximumLength = 16384 + 2048; // of a record, in TLS 1.2; less in 1.3

std::unique_ptr<RecordTracker> RecordTracker::of(const QTcpSocket &socket)
{
    for (QTcpSocket *child : socket.findChildren<QTcpSocket *>(Qt::FindDirectChildrenOnly)) { // a dialer may add others
        if (child->socketDescriptor() == socket.QAbstractSocket::socketDescriptor())
            return std::unique_ptr<RecordTracker>(new RecordTracker(child));
    }
    return nullptr;
}

// Qt's slot is connected first, and has read when this one is called.
RecordTracker::RecordTracker(QTcpSocket *plain)
    : m_plain(plain), m_connection(QObject::connect(plain, &QIODevice::readyRead, plain, [this] { follow(); }))
{
    plain->startTransaction();
}

RecordTracker::~RecordTracker()
{
    QObject::disconnect(m_connection);
}

void RecordTracker::follow()
{
    if (!m_plain || !m_plain->isTransactionStarted())
        return;
    const qint64 unread = m_plain->bytesAvailable();
    m_plain->rollbackTransaction();
    pass(m_plain->bytesAvailable() - unread);
    m_isWithinRecord = !m_isLost && (m_headerSize > 0 || m_left > 0 || unread > 0);
    if (!m_isLost)
        m_plain->startTransaction();
}

void RecordTracker::resume()
{
    if (m_plain && !m_isLost && !m_plain->isTransactionStarted())
        m_plain->startTransaction();
}

void RecordTracker::pass(qint64 size)
{
    while (size > 0 && !m_isLost) {
        const bool isHeader = m_left == 0;
        const qint64 passed = isHeader ? passHeader(size) : m_plain->skip(std::min(size, m_left));
        if (passed <= 0) {
            m_isLost = true;
            break;
        }
        m_left -= isHeader ? 0 : passed;
        size -= passed;
    }
    if (size > 0)
        m_plain->skip(size);
}

// Type, version and length, in clear.
qint64 RecordTracker::passHeader(qint64 size)
{
    const qint64 missing = qint64(m_header.size()) - m_headerSize;
    const qint64 passed = m_plain->read(m_header.data() + m_headerSize, std::min(size, missing));
    m_headerSize += passed;
    if (passed < missing)
        return passed;
    m_headerSize = 0;
    m_left = qFromBigEndian<quint16>(m_header.data() + 3);
    m_isLost = m_header[0] < 20 || m_header[0] > 24 || m_header[1] != 3 || m_left > MaximumLength;
    return passed;
}

} // namespace QNetPool
