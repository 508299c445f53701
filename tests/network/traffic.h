// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/ClientPool>

#include <QtCore/QMap>
#include <QtCore/QObject>

#include <chrono>
#include <functional>
#include <random>

class ServerProcess;

// Exchanges, so many at a time: each takes a connection, has the server serve it, sends a request with a number and a payload of
// its own, compares the answer, and gives the connection back. Each has deadlines of its own, as an application has.
class Traffic : public QObject
{
public:
    struct Patience
    {
        std::chrono::milliseconds connection; // of acquire()
        std::chrono::milliseconds answer;
    };

    Traffic(QNetPool::ClientPool &pool, ServerProcess &server, std::uint32_t seed, Patience patience);
    void run(int count, int atATime);

    int started() const noexcept { return m_started; }
    int completed() const noexcept { return m_completed; }
    int failed() const noexcept { return m_failed; }
    int ended() const noexcept { return m_completed + m_failed; }
    bool isOver() const noexcept { return ended() == m_count; }
    const QString &finding() const noexcept { return m_finding; } // what must not be, the first of it
    QString text() const;

    std::function<void()> onEnd; // of each exchange

private:
    void start();
    void end(const QString &failure, const QString &finding);

    QNetPool::ClientPool &m_pool;
    ServerProcess &m_server;
    std::mt19937 m_random;
    const Patience m_patience;
    int m_count = 0;
    int m_started = 0;
    int m_completed = 0;
    int m_failed = 0;
    QMap<QString, int> m_failures;
    QString m_finding;
};
