// SPDX-License-Identifier: BSD-3-Clause
// A server that answers each line in upper case: over TCP, or over TLS with a certificate and its (elliptic-curve) key.
//   qnetpool-server PORT [CERTIFICATE KEY]
#include <QNetPool/ServerPool>

#include <QtCore/QCoreApplication>
#include <QtCore/QFile>
#include <QtNetwork/QSslCertificate>
#include <QtNetwork/QSslKey>
#include <QtNetwork/QTcpSocket>

#include <cstdio>

using namespace QNetPool;

static void serve(ServerPool &pool, ConnectionId id)
{
    QTcpSocket *socket = pool.take(id).detach().release(); // for good: this end never gives it back
    if (!socket)
        return; // its peer was quicker to close it
    socket->setParent(&pool);
    const auto answer = [socket] {
        while (socket->canReadLine())
            socket->write(socket->readLine().toUpper());
    };
    QObject::connect(socket, &QTcpSocket::readyRead, socket, answer);
    QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
    answer(); // what has come before
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    ServerPool::Configuration configuration{.allowedPeers = {QStringLiteral("127.0.0.0/8"), QStringLiteral("::1")}};
    configuration.tls.enabled = arguments.size() > 3;
    if (QFile key(arguments.value(3)); configuration.tls.enabled && key.open(QIODevice::ReadOnly)) {
        configuration.tls.configuration.setLocalCertificateChain(QSslCertificate::fromPath(arguments.at(2)));
        configuration.tls.configuration.setPrivateKey(QSslKey(&key, QSsl::Ec));
    }
    ServerPool pool(configuration);
    QObject::connect(&pool, &Pool::errorOccurred, &pool,
                     [](auto, const QString &message) { qWarning("%s", qPrintable(message)); });
    QObject::connect(&pool, &Pool::connectionAvailable, &pool, [&pool](ConnectionId id) { serve(pool, id); });
    if (!pool.listen(QHostAddress::Any, arguments.value(1).toUShort()))
        return 1;
    std::printf("port %d\n", pool.serverPort());
    std::fflush(stdout);
    return QCoreApplication::exec();
}
