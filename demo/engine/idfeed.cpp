// SPDX-License-Identifier: BSD-3-Clause
#include "idfeed.h"

using namespace std::chrono_literals;

namespace Demo {

static constexpr std::chrono::milliseconds pauseBeforeRetry = 500ms;
static constexpr qsizetype lineSize = QNetPool::ConnectionId::Size + 1;

IdFeed::IdFeed(QObject *parent) : QObject(parent), m_socket(this), m_retry(this)
{
    m_retry.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &IdFeed::dial);
    connect(&m_socket, &QTcpSocket::connected, this, [this] { m_isDown = false; });
    connect(&m_socket, &QTcpSocket::readyRead, this, &IdFeed::readMore);
    // Queued: a failed socket is not ready to connect again before its signals are over.
    connect(
            &m_socket, &QTcpSocket::stateChanged, this,
            [this](QAbstractSocket::SocketState state) {
                if (state == QAbstractSocket::UnconnectedState)
                    broken();
            },
            Qt::QueuedConnection);
}

void IdFeed::start(const Endpoint &announcer)
{
    m_announcer = announcer;
    dial();
}

void IdFeed::dial()
{
    m_socket.connectToHost(m_announcer.host, m_announcer.port);
}

void IdFeed::leave()
{
    m_isLeaving = true;
    m_retry.stop();
    if (m_socket.state() == QAbstractSocket::ConnectedState)
        m_socket.write("bye\n");
    else
        m_socket.abort();
}

void IdFeed::broken()
{
    if (m_isLeaving) {
        Q_EMIT closed();
        return;
    }
    if (!std::exchange(m_isDown, true))
        Q_EMIT trouble(tr("the control channel to %1 is down: %2").arg(m_announcer.toString(), m_socket.errorString()));
    m_retry.start(pauseBeforeRetry);
}

void IdFeed::readMore()
{
    while (m_socket.bytesAvailable() >= lineSize) {
        const QByteArray line = m_socket.read(lineSize);
        const auto id = QNetPool::ConnectionId::fromBytes(QByteArrayView(line).chopped(1));
        if (!line.endsWith('\n') || id.isNull()) {
            m_socket.abort(); // whoever this is, it announces no IDs
            return;
        }
        Q_EMIT announced(id);
    }
}

} // namespace Demo
