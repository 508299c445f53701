// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "../benchmarks/support/compare.h"
#include "../benchmarks/support/otherend.h"

#include <QNetPool/ClientPool>
#include <QNetPool/PoolException>

#include <QtCore/QTimer>
#include <QtNetwork/QTcpSocket>

// The honest clients, in a process of their own: so many exchanges a second, each timed from the moment at which it was due, so
// that one that waits makes those behind it late. Now and then one throws its connection away, and a new one has to be dialled.
class Honest
{
public:
    static constexpr int rate = 1000; // a second
    static constexpr int connections = 100;
    static constexpr int discardEvery = 500;

    static int run(QCoreApplication &application, quint16 port)
    {
        Honest honest(port);
        answerParent(application, [&honest](const QByteArray &line) {
            if (line == "begin")
                honest.begin();
            else if (line == "stop")
                honest.m_pace.stop();
            return QJsonDocument(honest.figures()).toJson(QJsonDocument::Compact);
        });
        return application.exec();
    }

private:
    explicit Honest(quint16 port) : m_pool(configuration(port))
    {
        m_pace.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_pace, &QTimer::timeout, &m_pool, [this] { askThoseDue(); });
        QObject::connect(&m_pool, &QNetPool::Pool::ready, &m_pool, [this] {
            if (m_issued)
                return;
            m_start = Clock::now();
            m_pace.start(2);
        });
        if (!m_pool.start())
            qFatal("the honest pool does not start");
    }

    static QNetPool::ClientPool::Configuration configuration(quint16 port)
    {
        QNetPool::ClientPool::Configuration wish;
        wish.host = QStringLiteral("127.0.0.1");
        wish.port = port;
        wish.sizing.minimumCapacity = wish.sizing.maximumCapacity = connections;
        wish.tls.mode = QNetPool::TlsMode::SelfSigned;
        wish.limits.maximumConnections = connections; // else those who wait would have more dialled
        wish.sizing.maximumBackoff = 5s;
        return wish;
    }

    void begin()
    {
        m_latencies.clear();
        m_completedBefore = m_completed;
        m_createdBefore = m_pool.statistics().created;
        m_errorsBefore = m_pool.errorCount();
        m_due = connections - open();
    }

    void askThoseDue()
    {
        const auto due = qint64(seconds(Clock::now() - m_start) * rate);
        for (; m_issued < due; ++m_issued)
            ask(m_issued, m_start + std::chrono::nanoseconds(1s) * m_issued / rate);
    }

    void ask(qint64 number, Clock::time_point dueAt)
    {
        m_pool.acquire(30s)
                .then(&m_pool,
                      [this, number, dueAt](QNetPool::Connection connection) {
                          exchange(std::make_shared<QNetPool::Connection>(std::move(connection)), number, dueAt);
                      })
                .onFailed(&m_pool, [this](const QNetPool::PoolException &) { ++m_failed; });
    }

    void exchange(const std::shared_ptr<QNetPool::Connection> &connection, qint64 number, Clock::time_point dueAt)
    {
        const QByteArray question = QByteArray::number(number).rightJustified(100, '.');
        QTcpSocket *socket = connection->socket();
        QObject::connect(socket, &QTcpSocket::readyRead, &m_pool, [=, this] {
            if (socket->bytesAvailable() < question.size())
                return;
            m_latencies.push_back(seconds(Clock::now() - dueAt) * 1000);
            socket->readAll() == question ? ++m_completed : ++m_wrong;
            if (number % discardEvery == 0) {
                connection->discard();
                ++m_due;
            } else {
                connection->giveBack();
            }
        });
        QObject::connect(socket, &QTcpSocket::disconnected, &m_pool, [=, this] {
            if (!*connection)
                return;
            ++m_failed;
            connection->discard();
        });
        socket->write(question);
    }

    int open() const { return m_pool.idleCount() + m_pool.leasedCount(); }

    QJsonObject figures() const
    {
        return {{QStringLiteral("open"), open()},
                {QStringLiteral("outstanding"), m_issued - m_completed - m_failed - m_wrong},
                {QStringLiteral("completed"), m_completed - m_completedBefore},
                {QStringLiteral("failed"), m_failed},
                {QStringLiteral("wrong"), m_wrong},
                {QStringLiteral("p50"), quantile(m_latencies, 0.5)},
                {QStringLiteral("p99"), quantile(m_latencies, 0.99)},
                {QStringLiteral("dialled"), m_pool.statistics().created - m_createdBefore},
                {QStringLiteral("due"), m_due},
                {QStringLiteral("errors"), m_pool.errorCount() - m_errorsBefore}};
    }

    QNetPool::ClientPool m_pool;
    QTimer m_pace;
    Clock::time_point m_start;
    std::vector<double> m_latencies; // ms
    qint64 m_issued = 0;
    qint64 m_completed = 0;
    qint64 m_completedBefore = 0;
    qint64 m_createdBefore = 0;
    int m_errorsBefore = 0;
    int m_due = 0; // to dial, in place of those thrown away
    qint64 m_failed = 0;
    qint64 m_wrong = 0;
};
