// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "../auto/support/certificates.h"
#include "../auto/support/descriptors.h"
#include "../benchmarks/support/otherend.h"

#include <QNetPool/ServerPool>

#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QLoggingCategory>

#include <atomic>
#include <malloc.h>
#include <sys/resource.h>
#include <unordered_map>

// The server under attack, in a process of its own so that its memory, descriptors and processor time are nobody else's: answers
// each question with the same bytes, and its parent with what it has become.
class Server
{
public:
    static int run(QCoreApplication &application, int setupThreads)
    {
        if (!allowDescriptors(20000))
            qFatal("20,000 descriptors are needed");
        QLoggingCategory::setFilterRules(QStringLiteral("qnetpool.server=true"));
        qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &line) {
            ++s_lines;
            s_errorLines += line.contains(u" - ");
        });
        Server server(setupThreads);
        tell(QByteArray::number(server.m_pool.serverPort()));
        answerParent(application, [&server](const QByteArray &line) {
            if (line == "trim")
                malloc_trim(0); // what the C library keeps to itself is no leak
            return QJsonDocument(server.sample()).toJson(QJsonDocument::Compact);
        });
        return application.exec();
    }

private:
    explicit Server(int setupThreads) : m_pool(configuration(setupThreads))
    {
        QObject::connect(&m_pool, &QNetPool::Pool::errorOccurred, [this] { ++m_signals; });
        QObject::connect(&m_pool, &QNetPool::Pool::connectionAvailable,
                         [this](QNetPool::ConnectionId id) { answer(m_pool.take(id)); });
        if (!m_pool.listen(QHostAddress::Any))
            qFatal("cannot listen");
    }

    // Honest clients are at 127.0.0.1, attackers at 127.0.1.x and 127.1.x.x; nobody else may.
    static QNetPool::ServerPool::Configuration configuration(int setupThreads)
    {
        QNetPool::ServerPool::Configuration wish;
        wish.allowedPeers = QStringList{QStringLiteral("127.0.0.0/23"), QStringLiteral("127.1.0.0/16")};
        wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
        wish.setupThreads = setupThreads;
        return wish;
    }

    void answer(QNetPool::Connection connection)
    {
        if (!connection)
            return;
        QTcpSocket *socket = connection.socket();
        QObject::connect(socket, &QTcpSocket::readyRead, socket, [socket] { socket->write(socket->readAll()); });
        QObject::connect(socket, &QTcpSocket::disconnected, socket, [this, socket] { m_leases.erase(socket); });
        m_leases.emplace(socket, std::move(connection));
    }

    QJsonObject sample() const
    {
        const QNetPool::PoolStatistics numbers = m_pool.statistics();
        // A handshake is going on, has become a connection, or has failed with an error; other errors are refusals.
        const qint64 handshakes = numbers.created + numbers.pending + numbers.errors - numbers.peersRefused;
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        const auto ms = [](const timeval &time) { return qint64(time.tv_sec) * 1000 + time.tv_usec / 1000; };
        return {{QStringLiteral("rss"), residentKib()},
                {QStringLiteral("descriptors"), openDescriptors()},
                {QStringLiteral("connections"), numbers.idle + numbers.leased + numbers.pending + numbers.unclaimed},
                {QStringLiteral("cpu"), ms(usage.ru_utime) + ms(usage.ru_stime)},
                {QStringLiteral("pending"), numbers.pending},
                {QStringLiteral("created"), numbers.created},
                {QStringLiteral("refused"), numbers.peersRefused},
                {QStringLiteral("errors"), numbers.errors},
                {QStringLiteral("signals"), m_signals},
                {QStringLiteral("lines"), s_lines.load()},
                {QStringLiteral("errorLines"), s_errorLines.load()},
                {QStringLiteral("handshakes"), handshakes}};
    }

    static qint64 residentKib()
    {
        QFile status(QStringLiteral("/proc/self/statm"));
        if (!status.open(QIODevice::ReadOnly))
            qFatal("/proc/self/statm cannot be read");
        return status.readAll().split(' ').at(1).toLongLong() * sysconf(_SC_PAGESIZE) / 1024;
    }

    static inline std::atomic<int> s_lines = 0;
    static inline std::atomic<int> s_errorLines = 0;

    QNetPool::ServerPool m_pool;
    std::unordered_map<QTcpSocket *, QNetPool::Connection> m_leases; // goes first
    int m_signals = 0;
};
