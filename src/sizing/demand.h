// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "decayinghistogram.h"
#include "sizing.h"

namespace QNetPool {

// Measures how fast connections are taken, and decides how many have to be idle or on their way so that few takes wait.
//
// In Sizing::Rule::Predictive that is an empirical base stock. A connection that is dialled now arrives after the mean setup
// time L, so what is there now has to last for so long: the target is the quantile, at 1 - waitProbability, of the net demand
// (takes less give-backs) during L. If each take is followed by a dial, what is on its way has the mean demand during L and
// no more, however the setup times are distributed (Palm; Feeney and Sherbrooke 1966), so the mean of L is all that counts.
// No model of the demand is assumed: the quantile is measured at each take, over the last minutes.
//
// Without takes it stays as it is. So that connections which the peer or maximumLifetime ends are not dialled again and again
// for nobody, each that ends unused lowers the target by one, to minimumCapacity, until the stock is needed again.
//
// The net demand of the moment is counted from its least value in this time slot and in the last one, whose length is
// L / 1.5: in windows of 0.67 to 1.33 L.
//
// Demand that is hidden, because another process waits for connections and takes each as it arrives, shows in a stock that
// is always taken empty. The target then grows, as the windows are longer than L half of the time. What was taken meanwhile
// has piled up before, so it is forgotten within seconds.
//
// Every function is O(1). A plain value: no lock, no clock.
class Demand
{
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit Demand(const Sizing &limits = {});
    void setLimits(const Sizing &limits);

    // By a call, which waits if nothing is idle, or if it has to although something is: that is to be validated, which says
    // nothing of how many there have to be.
    void taken(TimePoint now, const StockLevel &before, bool hasToWait = false);
    void returned(TimePoint now); // a connection that can be leased again; or a waiter left without one
    void returnedInVain(); // one that has ended before it could be leased again
    void foundNoRoom(); // a connection, in a full stock: it is closed
    void setUp(std::chrono::nanoseconds time, const StockLevel &after); // how long a connection took
    void idledOut(); // a connection was closed because nobody wanted it for long
    // A connection was closed for another reason, and nobody had ever wanted it.
    void endedUnused() noexcept;

    int target() const noexcept { return m_target; } // idle and pending together, beyond the waiters; of Rule::Stepwise: 0
    // That idled out, less takes since: who takes one may soon want another, and not at once as many as ever.
    int unreplaced() const noexcept { return m_isPredictive ? std::min(m_unreplaced, target()) : 0; }
    // How much of the target is in vain: so many connections have found no room since a call waited. Between the timer's
    // rounds they are not dialled, or a target near maximumCapacity would cost a dial for each take, and a full stock would
    // close a connection for each that is given back.
    int surplus() const noexcept { return std::min(m_largestSurplus, m_surplus); }
    std::chrono::nanoseconds setupTime() const noexcept { return m_setupTime; } // the smoothed mean; zero: unknown
    double recentWaitShare(TimePoint now) const; // of the calls of the last five minutes

private:
    static constexpr std::chrono::minutes Memory{5};
    static constexpr std::chrono::seconds BacklogMemory{10};
    static constexpr int MinuteCount = int(Memory.count());

    struct Minute
    {
        TimePoint begin{};
        qint64 taken = 0;
        qint64 waited = 0;
    };

    int surplusOf(int target) const noexcept;
    void beginMinute(TimePoint now);
    void beginSlot(TimePoint now);
    void updateQuantile(TimePoint now);
    void updateTarget() noexcept;

    Sizing m_limits;
    bool m_isPredictive = true;
    quint64 m_quantile = 0;
    int m_target = 0; // of the quantile, m_unwanted and the limits
    int m_largestSurplus = 0; // of that target
    int m_surplus = 0;
    int m_unreplaced = 0;
    int m_unwanted = 0; // of the quantile: that ended unused, since the stock was last as good as empty
    std::chrono::nanoseconds m_setupTime{};
    std::chrono::nanoseconds m_leadTime{}; // from the wish to the connection: longer if maximumPending makes dials wait

    qint64 m_net = 0; // takes less give-backs
    qint64 m_leastNow = 0; // in this time slot
    qint64 m_leastBefore = 0; // in the last one
    TimePoint m_slotEnd{};

    DecayingHistogram m_usual{Memory};
    DecayingHistogram m_backlog{BacklogMemory}; // while the stock was taken empty again and again
    int m_emptied = 0; // consecutive takes that did so
    int m_sinceUpdate = 0;
    TimePoint m_nextUpdate{};

    std::array<Minute, MinuteCount> m_minutes; // the present one first
};

} // namespace QNetPool
