// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

#include <QtCore/QLoggingCategory>

#include <thread>

// Silent by default; switched on, the log tells the whole life of a connection.
class tst_Logging : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { s_lines.clear(); }
    void isSilentByDefault();
    void tellsTheWholeLife();
    void handlerMayCallThePool();
    void closedSocketIsNotAskedForBytes();

private:
    static void live();
    static void keep(QtMsgType, const QMessageLogContext &context, const QString &message);
    static inline QStringList s_lines;
};

void tst_Logging::keep(QtMsgType, const QMessageLogContext &context, const QString &message)
{
    s_lines << QLatin1String(context.category) + QLatin1String(": ") + message;
}

// A connection is dialled, taken, given back, taken and thrown away; another one dies; and the server goes away.
void tst_Logging::live()
{
    const QtMessageHandler before = qInstallMessageHandler(keep);
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 2));
    fill(server, client, 2);
    client.take().giveBack();
    client.take().discard();
    server.take().discard();
    QTRY_COMPARE(client.idleCount(), 2);
    server.close();
    QTRY_COMPARE(client.state(), Pool::State::Degraded);
    client.close();
    qInstallMessageHandler(before);
}

void tst_Logging::isSilentByDefault()
{
    live();
    QVERIFY2(s_lines.isEmpty(), qPrintable(s_lines.join(u'\n')));
}

void tst_Logging::tellsTheWholeLife()
{
    QLoggingCategory::setFilterRules(QStringLiteral("qnetpool.*=true"));
    live();
    QLoggingCategory::setFilterRules({});
    const QString log = s_lines.join(u'\n');
    for (const char *line : {
                 "qnetpool.server: listening on 127.0.0.1",
                 "qnetpool.server: state Ready",
                 "qnetpool.client: state Starting",
                 "qnetpool.client: dialling 127.0.0.1:",
                 "is assigned to 127.0.0.1",
                 "is set up",
                 "qnetpool.client: state Ready",
                 "is leased",
                 "is given back",
                 "is closed: it was discarded",
                 "is closed: it died while idle",
                 "qnetpool.client: ConnectFailed - cannot connect to 127.0.0.1:",
                 "qnetpool.client: state Degraded",
                 "qnetpool.client: state Stopped",
         }) {
        QVERIFY2(log.contains(QLatin1String(line)), qPrintable(QLatin1String(line) + QLatin1String(" is not in:\n") + log));
    }
}

static Pool *s_client = nullptr;
static Pool *s_server = nullptr;

// In the thread that writes, and in another one, which would wait for a lock that this one holds.
void tst_Logging::handlerMayCallThePool()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 2));
    s_client = &client;
    s_server = &server;
    QLoggingCategory::setFilterRules(QStringLiteral("qnetpool.*=true"));
    const QtMessageHandler before = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &line) {
        s_lines << line;
        for (Pool *pool : {s_client, s_server}) {
            std::thread([pool] { static_cast<void>(pool->statistics()); }).join();
            static_cast<void>(pool->connections());
            pool->take().giveBack();
        }
    });
    fill(server, client, 2);
    client.take().giveBack();
    client.take().discard();
    client.take().detach();
    server.take().discard();
    client.flush();
    QTRY_COMPARE(client.idleCount(), 2);
    server.close();
    QTRY_COMPARE(client.state(), Pool::State::Degraded);
    client.close();
    qInstallMessageHandler(before);
    QLoggingCategory::setFilterRules({});
    for (const char *part : {"is set up", "is leased", "is given back", "is detached", "is closed: it was discarded",
                             "is closed: it died while idle", "is closed: the pool was flushed or closed"})
        QVERIFY2(s_lines.join(u'\n').contains(QLatin1String(part)), part);
}

// Of which Qt would warn, to a handler that waits for the stock's lock.
void tst_Logging::closedSocketIsNotAskedForBytes()
{
    ServerPool server;
    listen(server);
    ClientPool client(clientOf(server.serverPort(), 2));
    fill(server, client, 2);
    s_client = &client;
    const QtMessageHandler before = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &line) {
        s_lines << line;
        std::thread([] { static_cast<void>(s_client->statistics()); }).join();
    });
    for (const bool isDiscarded : {false, true}) {
        Connection broken = client.take();
        broken->abort();
        isDiscarded ? broken.discard() : broken.giveBack();
    }
    qInstallMessageHandler(before);
    QVERIFY2(s_lines.isEmpty(), qPrintable(s_lines.join(u'\n')));
}

QTEST_GUILESS_MAIN(tst_Logging)
#include "tst_logging.moc"
