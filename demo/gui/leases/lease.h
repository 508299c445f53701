// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QNetPool/ConnectionId>

#include <chrono>

namespace Demo {

// A connection that is out with the application.
struct Lease
{
    QNetPool::ConnectionId id;
    std::chrono::milliseconds age{};
    std::chrono::milliseconds connectionAge{};
    qint64 bytes = 0;
    qint64 exchanges = 0;
};

} // namespace Demo
