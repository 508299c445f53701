// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/pool.h>

#include <memory>
#include <vector>

namespace QNetPool {

struct Entry;
class Stock;

// Runs the application's validator and resetter on connections, in the pool's thread, each with a deadline.
class Checks final : public QObject
{
public:
    explicit Checks(std::shared_ptr<Stock> stock);
    ~Checks() override;

    void setHooks(const Pool::Hooks &hooks) { m_hooks = hooks; }
    void begin(); // starts every check that is due
    void stop(); // running checks fail

private:
    class Check;

    void start(Entry *entry);
    void finish(Check *check, const QString &failure); // empty: the connection is fit

    const std::shared_ptr<Stock> m_stock;
    Pool::Hooks m_hooks;
    std::vector<Check *> m_running; // children
    int m_stops = 0;
};

} // namespace QNetPool
