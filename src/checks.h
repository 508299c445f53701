// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qfuture.h>
#include <QtCore/qobject.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

struct Entry;
class Stock;

// Runs the application's validator and resetter on connections, in the pool's thread, each with a deadline.
class Checks final : public QObject
{
public:
    using Function = std::function<QFuture<bool>(QTcpSocket *)>;
    struct Plan
    {
        Function validator;
        Function resetter;
        std::chrono::milliseconds timeout{1000};
    };

    explicit Checks(std::shared_ptr<Stock> stock);
    ~Checks() override;

    void setPlan(const Plan &plan) { m_plan = plan; }
    void begin(); // all that are to be checked now
    void stop(); // those that run have failed

private:
    class Check;

    void start(Entry *entry);
    void finish(Check *check, bool isFit);

    const std::shared_ptr<Stock> m_stock;
    Plan m_plan;
    std::vector<Check *> m_running; // children
    int m_stops = 0;
};

} // namespace QNetPool
