// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "testmain.h"

#include <QtCore/QProcess>
#include <QtCore/QTimer>

#include <memory>

// Pools beside the application object: after it, as a process ends, and before it. Each in a process of its own.
class tst_Application : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void poolsOutliveTheApplication_data();
    void poolsOutliveTheApplication();
    void poolsStartOnlyWithAnApplication();
};

namespace {

std::unique_ptr<ServerPool> s_server;
std::unique_ptr<ClientPool> s_client;
std::vector<Connection> s_leases;

// Both ends as statics, which the process ends, with leases and dials under way.
bool live(bool isEncrypted, int threads)
{
    ServerPool::Configuration theirs;
    theirs.setupThreads = threads;
    theirs.tls.enabled = isEncrypted;
    if (isEncrypted)
        theirs.tls.configuration = Certificates::showing(QStringLiteral("server"));
    s_server = std::make_unique<ServerPool>(theirs);
    if (!s_server->listen(QHostAddress::LocalHost))
        return false;
    ClientPool::Configuration wish = clientOf(s_server->serverPort());
    wish.setupThreads = threads;
    wish.tls.mode = isEncrypted ? TlsMode::SelfSigned : TlsMode::None;
    s_client = std::make_unique<ClientPool>(wish);
    if (!s_client->start() || !QTest::qWaitFor([] { return s_client->idleCount() == 4; }, longer(5000)))
        return false;
    for (int i = 0; i < 3; ++i) {
        s_leases.push_back(s_client->take());
        s_leases.back()->write("x");
    }
    return true;
}

// Told at once, and they work later.
int startBeforeTheApplication(int argc, char **argv)
{
    ServerPool server;
    ClientPool client(clientOf(1));
    int told = 0;
    for (Pool *pool : {static_cast<Pool *>(&server), static_cast<Pool *>(&client)})
        QObject::connect(pool, &Pool::errorOccurred,
                         [&told](Pool::Error error) { told += error == Pool::Error::WrongThread; });
    if (server.listen(QHostAddress::LocalHost) || server.addConnection(-1) || client.start() || told != 3)
        return 1;
    const QCoreApplication application(argc, argv);
    if (!server.listen(QHostAddress::LocalHost) || !client.setConfiguration(clientOf(server.serverPort()))
        || !client.start())
        return 2;
    return QTest::qWaitFor([&] { return client.idleCount() == 4 && server.idleCount() == 4; }, longer(5000)) ? 0 : 3;
}

int runChild(int argc, char **argv)
{
    if (QByteArray(argv[2]) == "start before")
        return startBeforeTheApplication(argc, argv);
    const QByteArray way = argv[2];
    const bool isEncrypted = QByteArray(argv[3]) == "1";
    const int threads = QByteArray(argv[4]).toInt();
    {
        const QCoreApplication application(argc, argv);
        if (!live(isEncrypted, threads))
            return 1;
        QTimer busy; // setting up
        QObject::connect(&busy, &QTimer::timeout, &busy, [] {
            s_client->flush();
            if (s_client->statistics().created > 200)
                ::exit(0);
        });
        if (way == "exit") {
            busy.start(0);
            QCoreApplication::exec();
        }
    }
    if (way == "leases first")
        s_leases.clear();
    if (way != "statics") {
        s_client.reset();
        s_server.reset();
        s_leases.clear();
    }
    return 0;
}

void verifyChild(const QStringList &arguments)
{
    QProcess child;
    child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    child.start(QCoreApplication::applicationFilePath(), QStringList{QStringLiteral("--child")} + arguments);
    QVERIFY(child.waitForFinished(longer(20000)));
    QCOMPARE(child.exitStatus(), QProcess::NormalExit);
    QCOMPARE(child.exitCode(), 0);
}

} // namespace

void tst_Application::poolsOutliveTheApplication_data()
{
    QTest::addColumn<QString>("way");
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<int>("threads");
    for (const char *way : {"pools first", "leases first", "statics", "exit"}) {
        for (const bool isEncrypted : {false, true}) {
            for (const int threads : {0, 2})
                QTest::addRow("%s%s, %d setup threads", way, isEncrypted ? ", TLS" : "", threads)
                        << QString::fromLatin1(way) << isEncrypted << threads;
        }
    }
}

void tst_Application::poolsOutliveTheApplication()
{
    QFETCH(const QString, way);
    QFETCH(const bool, isEncrypted);
    QFETCH(const int, threads);
    verifyChild({way, QString::number(isEncrypted), QString::number(threads)});
}

void tst_Application::poolsStartOnlyWithAnApplication()
{
    verifyChild({QStringLiteral("start before"), {}, {}});
}

int main(int argc, char **argv)
{
    if (argc == 5 && QByteArray(argv[1]) == "--child")
        return runChild(argc, argv);
    const QCoreApplication application(argc, argv);
    tst_Application test;
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&test, argc, argv);
}
#include "tst_application.moc"
