// SPDX-License-Identifier: BSD-3-Clause
// Coroutines with QCoro: ten exchanges, one after another, written as if they blocked.
#include <QNetPool/ClientPool>
#include <QNetPool/PoolException>
#include <QNetPool/ServerPool>

#include <QCoroAbstractSocket>
#include <QCoroFuture>
#include <QCoroTask>

#include <QtCore/QCoreApplication>
#include <QtNetwork/QTcpSocket>

#include <cstdio>

using namespace QNetPool;

// A coroutine gets a copy of a future's result, and a lease is not copied: so it is shared. From QCoro 0.11 on,
// co_await qCoro(pool.acquire()).takeResult() gives the lease itself.
static std::shared_ptr<Connection> share(Connection connection)
{
    return std::make_shared<Connection>(std::move(connection));
}

static QCoro::Task<> ask(Pool &pool)
{
    try {
        for (int i = 0; i < 10; ++i) {
            const std::shared_ptr<Connection> lease = co_await pool.acquire().then(share);
            QTcpSocket *socket = lease->socket();
            const QByteArray question = "question " + QByteArray::number(i);
            socket->write(question);
            QByteArray answer;
            while (answer.size() < question.size())
                answer += co_await qCoro(*socket).readAll();
            std::printf("%s -> %s\n", question.constData(), answer.constData());
        } // the connection goes back here
    } catch (const PoolException &failure) {
        std::printf("failed: %s\n", failure.what());
    }
    QCoreApplication::quit();
}

static void echo(ServerPool &server, ConnectionId id)
{
    QTcpSocket *socket = server.take(id).detach().release(); // for good: this end never gives it back
    if (!socket)
        return;
    socket->setParent(&server);
    QObject::connect(socket, &QTcpSocket::readyRead, &server, [socket] { socket->write(socket->readAll().toUpper()); });
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    ServerPool server;
    QObject::connect(&server, &Pool::connectionAvailable, &server, [&server](ConnectionId id) { echo(server, id); });
    if (!server.listen(QHostAddress::LocalHost))
        return 1;
    ClientPool::Configuration configuration;
    configuration.host = QStringLiteral("localhost");
    configuration.port = server.serverPort();
    ClientPool client(configuration);
    client.start();
    ask(client);
    return QCoreApplication::exec();
}
