// SPDX-License-Identifier: BSD-3-Clause
// A client that asks three questions, each on a connection of the pool: over TCP, or over TLS with the authority to trust.
//   qnetpool-client HOST PORT [CERTIFICATE OF AN AUTHORITY]
#include <QNetPool/ClientPool>
#include <QNetPool/PoolException>

#include <QtCore/QCoreApplication>
#include <QtNetwork/QSslCertificate>
#include <QtNetwork/QTcpSocket>

#include <cstdio>
#include <functional>

using namespace QNetPool;
using namespace std::chrono_literals;

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    ClientPool::Configuration configuration{
            .host = arguments.value(1), .port = arguments.value(2).toUShort(), .limits = {.idleTimeout = 60s}};
    if (arguments.size() > 3) {
        configuration.tls = {.mode = TlsMode::Verified, .configuration = QSslConfiguration::defaultConfiguration()};
        configuration.tls.configuration.setCaCertificates(QSslCertificate::fromPath(arguments.at(3)));
    }
    ClientPool pool(configuration);
    QObject::connect(&pool, &Pool::errorOccurred, &pool,
                     [](auto, const QString &message) { qWarning("%s", qPrintable(message)); });

    Connection lease; // from each question to its answer
    int asked = 0;
    std::function<void()> ask;
    const auto fail = [] { QCoreApplication::exit(1); };
    const auto read = [&] {
        if (!lease->canReadLine())
            return;
        std::printf("%s", lease->readLine().constData());
        lease.giveBack(); // its answer is read: the next holder finds it in step
        asked < 3 ? ask() : QCoreApplication::quit();
    };
    const auto write = [&](Connection connection) {
        lease = std::move(connection);
        QObject::connect(lease.socket(), &QTcpSocket::readyRead, &pool, read);
        QObject::connect(lease.socket(), &QTcpSocket::disconnected, &pool, fail);
        lease->write("question " + QByteArray::number(++asked) + '\n');
    };
    ask = [&] { pool.acquire(10s).then(&pool, write).onFailed(&pool, [&](const PoolException &) { fail(); }); };
    if (!pool.start())
        return 1;
    ask();
    return QCoreApplication::exec();
}
