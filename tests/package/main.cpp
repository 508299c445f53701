// SPDX-License-Identifier: BSD-3-Clause
#include <QNetPool/ClientPool>
#include <QNetPool/PoolException>
#include <QNetPool/ServerPool>
#include <QNetPool/Version>

#include <QCoreApplication>
#include <QTcpSocket>
#include <QTimer>

#if QNETPOOL_VERSION < QT_VERSION_CHECK(0, 2, 0)
#error "The version that the preprocessor sees"
#endif
#ifdef PACKAGE_VERSION
static_assert(std::string_view(PACKAGE_VERSION) == QNETPOOL_VERSION_STR);
#endif

// Both pools, one exchange; exits with 0 if it succeeded.
int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);

    QNetPool::ServerPool server;
    if (!server.listen(QHostAddress::LocalHost))
        return 1;

    QNetPool::ClientPool::Configuration configuration;
    configuration.host = "127.0.0.1";
    configuration.port = server.serverPort();
    QNetPool::ClientPool client(configuration);
    QObject::connect(&client, &QNetPool::Pool::errorOccurred, &application,
                     [](QNetPool::Pool::Error, const QString &message) { qWarning("%s", qPrintable(message)); });
    client.start();

    QNetPool::Connection there;
    QNetPool::Connection here;
    const auto failed = [&application](const QNetPool::PoolException &failure) {
        qWarning("%s", failure.what());
        application.exit(3);
    };
    const auto greet = [&](QNetPool::Connection connection) {
        here = std::move(connection);
        here->write("hello");
    };
    const auto askForTheSame = [&](QNetPool::Connection connection) {
        there = std::move(connection);
        QObject::connect(there.socket(), &QTcpSocket::readyRead, &application,
                         [&] { application.exit(there->readAll() == "hello" ? 0 : 2); });
        client.acquire(there.id()).then(&application, greet).onFailed(&application, failed);
    };
    server.acquire().then(&application, askForTheSame).onFailed(&application, failed);
    QTimer::singleShot(20000, &application, [&] { application.exit(4); });
    return application.exec();
}
