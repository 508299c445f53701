// SPDX-License-Identifier: BSD-3-Clause
// Worker threads that block: four of them share a pool that lives in the main thread.
//   qnetpool-threads HOST PORT
#include <QNetPool/ClientPool>

#include <QtCore/QCoreApplication>
#include <QtCore/QThreadPool>
#include <QtNetwork/QTcpSocket>

#include <atomic>
#include <cstdio>

using namespace QNetPool;
using namespace std::chrono_literals;

static void ask(Pool &pool, int number)
{
    QString reason;
    Connection connection = pool.waitForConnection(10s, &reason);
    if (!connection)
        return qWarning("%s", qPrintable(reason));
    QTcpSocket *socket = connection.socket(); // of this thread, until the lease ends
    socket->write("question " + QByteArray::number(number) + '\n');
    while (!socket->canReadLine()) {
        if (!socket->waitForReadyRead(10000))
            return connection.discard(); // so that nobody else gets the late answer
    }
    std::printf("%s", socket->readLine().constData());
} // the connection goes back here

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    ClientPool pool({.host = arguments.value(1), .port = arguments.value(2).toUShort(), .sizing = {.minimumCapacity = 4}});
    QObject::connect(&pool, &Pool::errorOccurred, &pool,
                     [](auto, const QString &message) { qWarning("%s", qPrintable(message)); });
    if (!pool.start())
        return 1;

    QThreadPool workers;
    workers.setMaxThreadCount(4);
    std::atomic<int> unanswered = 20;
    for (int number = 1; number <= 20; ++number) {
        workers.start([&, number] {
            ask(pool, number);
            if (--unanswered == 0)
                QMetaObject::invokeMethod(&application, &QCoreApplication::quit, Qt::QueuedConnection);
        });
    }
    return QCoreApplication::exec();
}
