// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "backoff.h"
#include "sizing.h"

#include <optional>

namespace QNetPool {

// Decides how many connections a client pool dials and when, and carries nothing out: the caller dials, keeps the time and
// brings the random numbers.
//
// A round is a set of dials. The timer's rounds fill the stock to capacity; between them, waiters in line start rounds of
// their own. A round that tried and created nothing begins an outage: the pauses grow, and one dial probes the peer before
// the others follow. One success ends it.
class Cycle
{
public:
    explicit Cycle(const Sizing &limits = {});
    void setLimits(const Sizing &limits); // capacity and interval are brought within them

    void begin(int idle, int waiting); // the timer's round
    void demand(int waiting); // waiters came: a round of their own, unless the peer is out of reach

    int dialsWanted() const; // to be launched now
    void launched();
    void forgo() noexcept { m_wanted = 0; } // there is no room for those that are still wanted
    void finished(bool created);

    // The round is over when nothing is wanted and nothing in flight. end() then says how long to sleep from now on;
    // nothing: the sleep that a round for waiters interrupted goes on.
    bool isOver() const;
    std::optional<milliseconds> end(double random);

    int capacity() const noexcept { return m_capacity; }
    milliseconds interval() const noexcept { return m_outage ? m_backoffWait : m_interval; } // the pause in force
    bool isOutage() const noexcept { return m_outage; }

private:
    enum class Round { None, OfTimer, OfWaiters };

    Sizing m_limits;
    int m_capacity;
    milliseconds m_interval;
    Backoff m_backoff;
    milliseconds m_backoffWait{};
    bool m_outage = false;

    Round m_round = Round::None;
    int m_wanted = 0; // dials that this round still has to launch
    int m_inFlight = 0;
    int m_succeeded = 0; // of this round
    int m_failed = 0; // of this round
    int m_created = 0; // since the capacity was adjusted
};

} // namespace QNetPool
