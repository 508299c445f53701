// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/ConnectionId>

#include <QtCore/QHash>
#include <QtCore/QSet>

#include <chrono>
#include <mutex>
#include <vector>

namespace Demo {

// What went over one connection, as its user sees it.
struct Traffic
{
    qint64 exchanges = 0;
    qint64 bytes = 0; // both ways
};

// How long those had to wait for a connection who got one, since somebody last asked.
struct Waits
{
    int count = 0;
    std::chrono::nanoseconds p50{};
    std::chrono::nanoseconds p99{};
};

// Counts what an end does. It may be read from any thread, also while the end's own is blocked.
class Meter
{
public:
    void concluded(bool isGood);
    void waited(std::chrono::nanoseconds time);
    void transferred(QNetPool::ConnectionId id, qint64 bytes);
    void exchanged(QNetPool::ConnectionId id);

    qint64 exchanges() const; // that went well
    qint64 failed() const;
    Waits takeWaits();
    QHash<QNetPool::ConnectionId, Traffic> traffic() const;
    void keepOnly(const QSet<QNetPool::ConnectionId> &present);

private:
    mutable std::mutex m_mutex; // guards the following
    qint64 m_exchanges = 0;
    qint64 m_failed = 0;
    std::vector<std::chrono::nanoseconds> m_waits;
    QHash<QNetPool::ConnectionId, Traffic> m_traffic;
};

} // namespace Demo
