// SPDX-License-Identifier: BSD-3-Clause
// The other end of the path, in a namespace of its own: a ServerPool whose application sends one request back on each
// connection that it is told to serve.
//
//   stdin    serve ID       take this connection for one request
//            flush          close all idle connections
//            close          close the pool
//            end of file    exit
//   stdout   port N
//            numbers IDLE LEASED PENDING DESCRIPTORS   whenever they have changed; descriptors are the pool's
//            wrong SENTENCE
#include "descriptors.h"
#include "ends.h"
#include "frame.h"
#include "numbers.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QFutureWatcher>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>

#include <cstdio>
#include <list>
#include <optional>
#include <unistd.h>

namespace {

void say(const QString &line)
{
    std::puts(qUtf8Printable(line));
    std::fflush(stdout);
}

// Waits for a connection, then for its request, sends it back, and gives the connection back.
class Serving : public QObject
{
public:
    Serving(ServerPool &pool, ConnectionId id)
    {
        connect(&m_waiting, &QFutureWatcherBase::finished, this, &Serving::begin);
        m_waiting.setFuture(pool.acquire(id));
    }

private:
    void begin();
    void readMore();
    void answer();

    QFutureWatcher<Connection> m_waiting;
    Connection m_connection;
    QByteArray m_request;
    bool m_isAnswered = false;
};

void Serving::begin()
{
    try {
        m_connection = m_waiting.future().takeResult();
    } catch (const PoolException &) {
        return deleteLater(); // it has died
    }
    QTcpSocket *socket = m_connection.socket();
    connect(socket, &QTcpSocket::readyRead, this, &Serving::readMore);
    connect(socket, &QTcpSocket::disconnected, this, &QObject::deleteLater);
    if (socket->state() != QAbstractSocket::ConnectedState)
        return deleteLater();
    readMore();
}

void Serving::readMore()
{
    m_request += m_connection->readAll();
    const qsizetype missing = Frame::missing(m_request);
    if (missing < 0)
        return say(
                QStringLiteral("wrong connection %1 has brought more than its request").arg(m_connection.id().toString()));
    if (missing > 0 || m_isAnswered)
        return;
    m_isAnswered = true;
    QMetaObject::invokeMethod(this, &Serving::answer, Qt::QueuedConnection);
}

// In this order, and not within the socket's own code: the connection is back before the client has the answer, and asks again.
void Serving::answer()
{
    m_connection->write(m_request);
    m_connection.giveBack();
    deleteLater();
}

class Server : public QObject
{
public:
    explicit Server(bool isEncrypted);
    ~Server() override { close(); }

private:
    void obey();
    void obey(const QByteArray &line);
    void serve(const QByteArray &id);
    void close();
    void tellNumbers();

    const int m_descriptors = openDescriptors();
    std::optional<ServerPool> m_pool;
    QByteArray m_input;
    QString m_told;
    QObject m_servings;
    QTimer m_look;
    QSocketNotifier m_orders{STDIN_FILENO, QSocketNotifier::Read};
};

Server::Server(bool isEncrypted)
{
    m_pool.emplace(Ends::server(isEncrypted));
    if (!m_pool->listen(QHostAddress::AnyIPv4))
        qFatal("the server cannot listen");
    connect(&m_orders, &QSocketNotifier::activated, this, [this] { obey(); });
    connect(&m_look, &QTimer::timeout, this, &Server::tellNumbers);
    m_look.start(20);
    say(QStringLiteral("port %1").arg(m_pool->serverPort()));
}

void Server::obey()
{
    char buffer[4096];
    const ssize_t size = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (size <= 0)
        return QCoreApplication::quit();
    m_input.append(buffer, size);
    for (qsizetype end; (end = m_input.indexOf('\n')) >= 0; m_input.remove(0, end + 1))
        obey(m_input.left(end));
}

void Server::obey(const QByteArray &line)
{
    if (line == "close")
        close();
    else if (line == "flush" && m_pool)
        m_pool->flush();
    else if (line.startsWith("serve ") && m_pool)
        serve(line.mid(6));
}

void Server::serve(const QByteArray &id)
{
    auto *serving = new Serving(*m_pool, ConnectionId::fromString(QString::fromLatin1(id)));
    serving->setParent(&m_servings);
}

void Server::close()
{
    qDeleteAll(m_servings.children());
    m_pool.reset();
}

void Server::tellNumbers()
{
    const PoolStatistics numbers = m_pool ? m_pool->statistics() : PoolStatistics();
    if (const QString wrong = whatIsWrong(numbers, INT_MAX); !wrong.isEmpty())
        say(QStringLiteral("wrong %1: %2").arg(wrong, text(numbers)));
    const QString line = QStringLiteral("numbers %1 %2 %3 %4")
                                 .arg(numbers.idle)
                                 .arg(numbers.leased)
                                 .arg(numbers.pending)
                                 .arg(openDescriptors() - m_descriptors);
    if (std::exchange(m_told, line) != line)
        say(line);
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const Server server(application.arguments().contains(QStringLiteral("tls")));
    return QCoreApplication::exec();
}
