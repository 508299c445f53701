// SPDX-License-Identifier: BSD-3-Clause
#include "exchange.h"

#include "serverprocess.h"

#include <QNetPool/PoolException>

#include <QtCore/QMetaEnum>
#include <QtNetwork/QTcpSocket>

using namespace QNetPool;
using namespace std::chrono_literals;

// By which acquire() may end later than it was asked to, on a busy machine, before it counts as one that never ends.
static constexpr auto Tolerance = 10s;

Exchange::Exchange(ClientPool &pool, ServerProcess &server, QByteArray request, Traffic::Patience patience, Ended ended)
    : m_server(server), m_request(std::move(request)), m_patience(patience), m_ended(std::move(ended))
{
    connect(&m_waiting, &QFutureWatcherBase::finished, this, &Exchange::acquired);
    connect(&m_deadline, &QTimer::timeout, this, &Exchange::expired);
    m_deadline.setSingleShot(true);
    m_deadline.start(m_patience.connection + Tolerance);
    m_waiting.setFuture(pool.acquire(m_patience.connection));
}

void Exchange::acquired()
{
    try {
        m_connection = m_waiting.future().takeResult();
    } catch (const PoolException &exception) {
        return end(QLatin1String(QMetaEnum::fromType<Pool::Error>().valueToKey(int(exception.error()))));
    }
    if (!m_connection)
        return end(QStringLiteral("nothing"), QStringLiteral("acquire() gave an empty connection"));
    if (m_connection->bytesAvailable() > 0)
        return end(QStringLiteral("bytes"), QStringLiteral("there is an answer before the request"));
    ask();
}

void Exchange::ask()
{
    QTcpSocket *socket = m_connection.socket();
    connect(socket, &QTcpSocket::readyRead, this, &Exchange::readMore);
    connect(socket, &QTcpSocket::disconnected, this, [this, socket] { end(socket->errorString()); });
    m_deadline.start(m_patience.answer);
    m_server.serve(m_connection.id());
    socket->write(m_request);
    if (socket->state() != QAbstractSocket::ConnectedState)
        end(socket->errorString());
}

void Exchange::readMore()
{
    m_answer += m_connection->readAll();
    if (!m_request.startsWith(m_answer))
        return end(QStringLiteral("wrong bytes"), QStringLiteral("a request was answered with another's bytes"));
    if (m_answer.size() == m_request.size())
        end({});
}

void Exchange::expired()
{
    if (!m_connection)
        return end(QStringLiteral("hang"), QStringLiteral("an acquire() does not end"));
    end(QStringLiteral("no answer in time"));
}

void Exchange::end(const QString &failure, const QString &finding)
{
    const Ended ended = std::exchange(m_ended, nullptr);
    if (!ended)
        return; // what it does to its socket tells it that it has ended
    if (m_connection) {
        m_connection->disconnect(this);
        failure.isEmpty() ? m_connection.giveBack() : m_connection.discard(); // its answer could still come, to the next one
    }
    m_deadline.stop();
    deleteLater();
    ended(failure, finding);
}
