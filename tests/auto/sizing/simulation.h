// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "loads.h"
#include "sizing/cycle.h"
#include "sizing/demand.h"

#include <deque>
#include <optional>
#include <queue>

// A client pool without sockets, its application and its peer, in simulated time: the library's code decides what is
// dialled and when, for both rules; or an operator who knows the load has fixed the stock.
class Simulation
{
public:
    struct Case
    {
        Arrivals arrivals;
        double setupTime = 0.06; // mean
        double spread = 0.5; // of the setup time: its deviation, in means
        bool isUsedOnce = true;
        double keptShare = 0; // of the leases that do not end like that, but only much later
        double keptFor = 30;
        bool isHidden = false; // the callers wait in another process, which takes connections as they arrive
        double outageFrom = 0; // the peer refuses, and has closed what was idle
        double outageTo = 0;
    };
    struct Result
    {
        double waitShare = 0;
        double p99 = 0; // seconds
        double p999 = 0;
        double meanIdle = 0;
        double dialsPerSecond = 0;
        double calls = 0;
        int largestTarget = 0;
        int lastTarget = 0;
        double full = -1; // after the outage: from the first success until everything that was wanted before was there
    };

    static constexpr double WarmUp = 60;
    static constexpr double Hold = 0.25; // of connections that are given back
    static constexpr double IdleTimeout = 60; // of those: what is idle for longer is closed

    Simulation(const Case &theCase, const QNetPool::Sizing &limits) : m_case(theCase), m_limits(limits) { }
    Simulation(const Case &theCase, const QNetPool::Sizing &limits, int fixedStock) : Simulation(theCase, limits)
    {
        m_fixedStock = fixedStock;
    }
    Result run();

    // The smallest fixed stock that lets no greater share wait, with what it costs.
    static std::pair<int, Result> bestFixed(const Case &theCase, const QNetPool::Sizing &limits, double waitShare);

private:
    enum class Kind { Success, Failure, GivenBack, Timer };
    struct Event
    {
        double time;
        quint64 number;
        Kind kind;
        double begun; // a dial
        quint64 timer; // the number of one
        bool operator<(const Event &other) const // a priority_queue's top is its greatest
        {
            return std::tie(time, number) > std::tie(other.time, other.number);
        }
    };

    QNetPool::Demand::TimePoint now() const;
    QNetPool::StockLevel level() const;
    bool isAway() const { return m_now >= m_case.outageFrom && m_now < m_case.outageTo; }
    void plan(double delay, Kind kind, quint64 timer = 0)
    {
        m_events.push({m_now + delay, m_planned++, kind, m_now, timer});
    }
    void advanceTo(double time);
    void arrive();
    void happen(const Event &event);
    void dial();
    void sleep(QNetPool::milliseconds pause);
    void serve(double since);
    void supply();
    void takeHidden();
    void closeIdle();
    Result summary();

    const Case &m_case;
    const QNetPool::Sizing m_limits;
    std::optional<int> m_fixedStock;
    QNetPool::Demand m_demand{m_limits};
    QNetPool::Cycle m_cycle{m_limits};
    Random m_random{7};
    std::priority_queue<Event> m_events;
    quint64 m_planned = 0;
    quint64 m_timer = 0; // the number of the one that runs
    double m_now = 0;
    std::deque<double> m_idle; // since when, the oldest first
    int m_pending = 0;
    std::deque<double> m_waiters; // since when
    std::deque<double> m_hidden;
    bool m_isBroken = false;
    int m_wantedBefore = 0; // when the outage began
    double m_firstSuccess = -1;

    Result m_result;
    double m_idleTime = 0;
    qint64 m_dials = 0;
    std::vector<double> m_waits;
};
