// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "endpoint.h"

#include <QNetPool/ConnectionId>

#include <QtNetwork/QTcpServer>

namespace Demo {

// The server's side of the control channel: tells every client that is connected the ID of the connection to take, one a
// line. All of them hear all IDs, so that the demo is for one client at a time.
class Announcer final : public QObject
{
    Q_OBJECT

public:
    explicit Announcer(QObject *parent = nullptr);

    bool listen(const Endpoint &where);
    QString problem() const { return m_problem; } // after a listen() that failed
    Endpoint endpoint() const;
    // Who asks for more IDs.
    bool hasListeners() const { return m_listeners.size() > m_leaving.size(); }
    void announce(QNetPool::ConnectionId id);
    // Lets go of those who leave, as nothing is begun any more that they must hear of.
    void release();

Q_SIGNALS:
    void leaving(); // one who listens wants no exchange to be begun any more

private:
    void welcome();

    // The server's sockets, which leave these lists when it destroys them.
    QList<QTcpSocket *> m_listeners;
    QList<QTcpSocket *> m_leaving; // some of them
    QTcpServer m_server;
    QString m_problem;
};

} // namespace Demo
