// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

#include <QtCore/QSet>
#include <QtCore/QThread>

#include <atomic>
#include <thread>

// An idle connection belongs to no thread, so any thread may take it: with an event loop or without.
class tst_Threads : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void threadsWithoutEventLoopExchange_data();
    void threadsWithoutEventLoopExchange();
    void threadWithEventLoopGetsSignals();
    void everyoneGetsAnotherOne();
};

// Answers each line on each connection with the same line, from the main thread.
class Echo : public QObject
{
public:
    explicit Echo(ServerPool &server)
    {
        connect(&server, &Pool::connectionAvailable, this, [this, &server](ConnectionId id) {
            m_leases.push_back(server.take(id));
            QTcpSocket *socket = m_leases.back().socket();
            if (!socket)
                return;
            const auto echo = [socket] { socket->write(socket->readAll()); };
            connect(socket, &QTcpSocket::readyRead, this, echo);
        });
    }

private:
    std::vector<Connection> m_leases;
};

void tst_Threads::threadsWithoutEventLoopExchange_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::newRow("plain") << false;
    QTest::newRow("TLS") << true;
}

void tst_Threads::threadsWithoutEventLoopExchange()
{
    QFETCH(const bool, isTls);
    ServerPool::Configuration serverWish;
    if (isTls)
        serverWish.sslConfiguration = Certificates::showing(QStringLiteral("self-signed"));
    ServerPool server(serverWish);
    listen(server);
    Echo echo(server);
    ClientPool::Configuration wish = clientOf(server.serverPort(), 8);
    wish.tlsMode = isTls ? TlsMode::SelfSigned : TlsMode::None;
    ClientPool client(wish);
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 8);

    constexpr int rounds = 50;
    std::atomic<int> answered = 0;
    std::atomic<int> running = 4;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < rounds; ++i) {
                Connection connection = client.waitForConnection(20s);
                if (!connection)
                    break;
                const QByteArray line = QByteArray::number(t) + ':' + QByteArray::number(i) + '\n';
                connection->write(line);
                while (connection->bytesAvailable() < line.size() && connection->waitForReadyRead(20000)) { }
                if (connection->read(line.size()) == line)
                    ++answered;
            }
            --running;
        });
    }
    QTRY_COMPARE_WITH_TIMEOUT(running, 0, 60000);
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(answered, 4 * rounds);
    QCOMPARE(client.statistics().closedDirty, 0);
    QCOMPARE(client.statistics().taken, 4 * rounds);
}

void tst_Threads::threadWithEventLoopGetsSignals()
{
    ServerPool server;
    listen(server);
    Echo echo(server);
    ClientPool client(clientOf(server.serverPort(), 2));
    QVERIFY(client.start());
    QTRY_COMPARE(client.idleCount(), 2);

    QThread thread;
    QObject worker;
    worker.moveToThread(&thread);
    thread.start();
    std::atomic<QThread *> readIn = nullptr;
    Connection connection; // the worker's
    QMetaObject::invokeMethod(&worker, [&] {
        connection = client.take();
        QObject::connect(connection.socket(), &QTcpSocket::readyRead, &worker, [&] {
            connection->readAll();
            connection.giveBack();
            readIn = QThread::currentThread();
        });
        connection->write("hello");
    });
    QTRY_VERIFY(readIn);
    QCOMPARE(readIn, &thread);
    thread.quit();
    QVERIFY(thread.wait());
    QCOMPARE(client.statistics().givenBack, 1);
}

void tst_Threads::everyoneGetsAnotherOne()
{
    ServerPool server;
    listen(server);
    constexpr int many = 200;
    ClientPool client(clientOf(server.serverPort(), many));
    fill(server, client, many);
    std::vector<std::vector<Connection>> taken(4);
    std::vector<std::thread> threads;
    for (std::vector<Connection> &mine : taken) {
        threads.emplace_back([&mine, &client] {
            for (int i = 0; i < many / 4; ++i)
                mine.push_back(client.take());
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QSet<ConnectionId> ids;
    for (const std::vector<Connection> &mine : taken) {
        for (const Connection &connection : mine) {
            QVERIFY(connection);
            ids.insert(connection.id());
        }
    }
    QCOMPARE(ids.size(), many);
    QCOMPARE(client.leasedCount(), many);
}

QTEST_GUILESS_MAIN(tst_Threads)
#include "tst_threads.moc"
