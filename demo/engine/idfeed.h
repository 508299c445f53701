// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "endpoint.h"

#include <QNetPool/ConnectionId>

#include <QtCore/QTimer>
#include <QtNetwork/QTcpSocket>

namespace Demo {

// The client's side of the control channel: hears which connections to take. Connects again when the channel breaks.
class IdFeed final : public QObject
{
    Q_OBJECT

public:
    explicit IdFeed(QObject *parent = nullptr);

    void start(const Endpoint &announcer);
    void leave(); // asks for no more IDs; closed() follows those that are on their way
    bool isClosed() const { return m_isLeaving && m_socket.state() == QAbstractSocket::UnconnectedState; }

Q_SIGNALS:
    void announced(QNetPool::ConnectionId id);
    void closed();
    void trouble(const QString &message);

private:
    void dial();
    void broken();
    void readMore();

    Endpoint m_announcer;
    QTcpSocket m_socket;
    QTimer m_retry;
    bool m_isLeaving = false;
    bool m_isDown = false; // and that was told
};

} // namespace Demo
