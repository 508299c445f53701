// SPDX-License-Identifier: BSD-3-Clause
#include "conversation.h"

#include "idtext.h"

#include <QtNetwork/QTcpSocket>

using namespace QNetPool;

namespace Demo {

Conversation::Conversation(Connection lease, const QDeadlineTimer &deadline, QObject *parent)
    : QObject(parent), m_lease(std::move(lease)), m_deadline(deadline)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, [this] { fail(tr("it timed out")); });
}

void Conversation::start()
{
    QTcpSocket *socket = m_lease.socket();
    connect(socket, &QTcpSocket::readyRead, this, &Conversation::readMore);
    connect(socket, &QTcpSocket::disconnected, this, &Conversation::socketClosed);
    // take(id) hands out one that its peer has closed if there are bytes in it, and it may have said disconnected() before.
    if (socket->state() != QAbstractSocket::ConnectedState)
        return socketClosed();
    if (!m_deadline.isForever())
        m_timer.start(int(m_deadline.remainingTime()));
    open();
}

void Conversation::readMore()
{
    while (!m_isOver) {
        switch (m_reader.readFrom(*m_lease.socket())) {
        case MessageReader::Status::Incomplete:
            return;
        case MessageReader::Status::Corrupt:
            return fail(tr("a message does not match its checksum"));
        case MessageReader::Status::Complete: {
            const Message message = m_reader.take();
            Q_EMIT transferred(m_lease.id(), sizeOnWire(message));
            heard(message);
            break;
        }
        }
    }
}

void Conversation::socketClosed()
{
    peerLeft(m_lease->errorString());
}

void Conversation::peerLeft(const QString &cause)
{
    fail(tr("the connection was closed: %1").arg(cause));
}

void Conversation::after(std::chrono::milliseconds time, std::function<void()> what)
{
    if (time.count() == 0)
        return what();
    QTimer::singleShot(time, this, [this, what = std::move(what)] {
        if (!m_isOver)
            what();
    });
}

void Conversation::say(const Message &message)
{
    const QByteArray bytes = toWire(message);
    m_lease->write(bytes);
    Q_EMIT transferred(m_lease.id(), bytes.size());
}

void Conversation::succeed()
{
    // The pool would close it too; but here it is a fault.
    if (m_lease->bytesAvailable() > 0)
        return fail(tr("there are bytes after the last message"));
    end({}, &Connection::giveBack);
}

void Conversation::fail(const QString &problem)
{
    end(tr("connection %1: %2").arg(idText(m_lease.id()), problem), &Connection::discard);
}

void Conversation::leave()
{
    end({}, &Connection::discard);
}

void Conversation::end(const QString &problem, void (Connection::*endLease)())
{
    if (std::exchange(m_isOver, true))
        return;
    m_timer.stop();
    m_lease->disconnect(this); // in a slot of the socket's own, the lease ends only when that has returned
    (m_lease.*endLease)();
    deleteLater();
    Q_EMIT finished(problem);
}

} // namespace Demo
