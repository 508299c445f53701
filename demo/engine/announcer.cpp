// SPDX-License-Identifier: BSD-3-Clause
#include "announcer.h"

#include <QtNetwork/QTcpSocket>

namespace Demo {

// A listener that does not read gets no more memory than this.
static constexpr qint64 longestBacklog = 1 << 20;

Announcer::Announcer(QObject *parent) : QObject(parent)
{
    connect(&m_server, &QTcpServer::newConnection, this, &Announcer::welcome);
}

bool Announcer::listen(const Endpoint &where)
{
    if (m_server.listen(QHostAddress(where.host), where.port))
        return true;
    m_problem = tr("cannot announce IDs on %1: %2").arg(where.toString(), m_server.errorString());
    return false;
}

Endpoint Announcer::endpoint() const
{
    return {m_server.serverAddress().toString(), m_server.serverPort()};
}

void Announcer::announce(QNetPool::ConnectionId id)
{
    const QByteArray line = id.toByteArray() + '\n';
    const QList<QTcpSocket *> listeners = m_listeners; // abort() takes one out of the list
    for (QTcpSocket *listener : listeners) {
        listener->write(line);
        if (listener->bytesToWrite() > longestBacklog)
            listener->abort();
    }
}

void Announcer::welcome()
{
    while (QTcpSocket *listener = m_server.nextPendingConnection()) {
        listener->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        connect(listener, &QTcpSocket::readyRead, this, [this, listener] {
            // A listener sends nothing but that it leaves.
            listener->skip(listener->bytesAvailable());
            if (!m_leaving.contains(listener))
                m_leaving << listener;
            Q_EMIT leaving();
        });
        connect(listener, &QTcpSocket::disconnected, this, [this, listener] {
            m_listeners.removeOne(listener);
            m_leaving.removeOne(listener);
            listener->deleteLater();
        });
        m_listeners << listener;
    }
}

void Announcer::release()
{
    const QList<QTcpSocket *> listeners = m_leaving;
    for (QTcpSocket *listener : listeners)
        listener->disconnectFromHost(); // once all that was announced is sent
}

} // namespace Demo
