// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qpointer.h>
#include <QtNetwork/qtcpsocket.h>

#include <array>
#include <memory>

namespace QNetPool {

// Knows whether what a QSslSocket has read from the network ends within a record of TLS. Qt does not tell: it hands the
// beginning of a record to the TLS library at once, and neither bytesAvailable() nor encryptedBytesAvailable() counts it.
//
// The plain socket inside the QSslSocket is kept in a read transaction, so that what Qt reads from it stays in its buffer
// until follow() has seen it, however and whenever Qt reads.
class RecordTracker
{
public:
    // Null if Qt has no plain socket in there. What it reads from now on has to begin with a record.
    static std::unique_ptr<RecordTracker> of(const QTcpSocket &socket);
    ~RecordTracker();

    void follow(); // what Qt has read since the last call; in the socket's thread
    void resume(); // after the plain socket was reopened, with nothing to read
    bool isWithinRecord() const { return m_isWithinRecord; } // as of the last follow()

private:
    Q_DISABLE_COPY_MOVE(RecordTracker)
    explicit RecordTracker(QTcpSocket *plain);
    void pass(qint64 size);
    qint64 passHeader(qint64 size);

    const QPointer<QTcpSocket> m_plain;
    QMetaObject::Connection m_connection;
    std::array<char, 5> m_header{};
    qint64 m_headerSize = 0; // what has come of it
    qint64 m_left = 0; // of the record behind its header
    bool m_isLost = false; // no records of TLS
    bool m_isWithinRecord = false;
};

} // namespace QNetPool
