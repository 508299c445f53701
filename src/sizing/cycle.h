// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "backoff.h"
#include "sizing.h"

#include <optional>

namespace QNetPool {

// Decides how many connections a client pool dials and when, and carries nothing out: the caller dials, runs the timer and
// passes the random numbers in.
//
// A round is a set of dials. The timer's rounds fill the stock to capacity; between them, waiters start rounds of their own.
// A round in which every dial failed begins an outage: the pauses grow, and a single dial probes the peer before the
// others follow. The first success ends it.
class Cycle
{
public:
    explicit Cycle(const Sizing &limits = {});
    void setLimits(const Sizing &limits); // clamps capacity and interval

    void begin(int idle, int waiting); // the timer's round
    void demand(int waiting); // a round for waiters, unless there is an outage

    int dialsWanted() const; // to be launched now
    void launched();
    void forgo() noexcept { m_wanted = 0; } // no room for further dials
    void finished(bool created);

    // The round is over when no dial is wanted or in flight. end() then returns how long to sleep from now on; nothing if a
    // round for waiters leaves the running sleep as it is.
    bool isOver() const;
    std::optional<milliseconds> end(double random);

    int capacity() const noexcept { return m_capacity; }
    milliseconds interval() const noexcept { return m_outage ? m_backoffWait : m_interval; } // that applies now
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
    int m_wanted = 0; // dials that this round has still to launch
    int m_inFlight = 0;
    int m_succeeded = 0; // of this round
    int m_failed = 0; // of this round
    int m_created = 0; // since the capacity was adjusted
};

} // namespace QNetPool
