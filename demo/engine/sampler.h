// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "site.h"

#include <optional>

namespace Demo {

// The numbers of one end at one moment, and how fast they change.
struct Sample
{
    QNetPool::Pool::State state = QNetPool::Pool::State::Stopped;
    bool isFrozen = false;
    QNetPool::PoolStatistics pool;
    std::chrono::milliseconds interval{};
    int minimum = 0; // of the capacity, as configured; a server has none
    int maximum = 0;
    std::optional<int> target; // by the demand: of a client in Rule::Predictive
    double createdPerSecond = 0;
    double takenPerSecond = 0;
    double lostPerSecond = 0; // died idle, or were closed for another reason than that they were not needed
    Waits waits; // since the last sample
    qint64 exchanges = 0;
    qint64 failed = 0;
};

// Takes samples of a site, from the thread that owns it.
class Sampler
{
public:
    explicit Sampler(const Site &site) : m_site(site) { }

    Sample take();

private:
    const Site &m_site;
    QElapsedTimer m_sinceLast;
    QNetPool::PoolStatistics m_last;
};

} // namespace Demo
