// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "backoff.h"
#include "sizing.h"

#include <optional>

namespace QNetPool {

// Decides how many connections a client pool dials and when, and carries nothing out: the caller dials, runs the timer and
// passes the random numbers in.
//
// The timer's rounds fill the stock to capacity. Between them, demand is met at once: that of waiters, and what is missing
// to the target of the demand (see Demand), each time the caller says how much there is; so nothing is dialled that nobody
// wants any more.
//
// A round is a set of dials: those in flight when it begins, and those that are wanted then. It ends with the last of them,
// whatever demand has had dialled meanwhile. If all failed, an outage begins: the pauses grow, and a single dial probes the
// peer before the others follow. The first success ends it. In Rule::Predictive a dial that failed alone is no outage yet if
// others have succeeded: it may have been an accident, and the next one tells.
//
// A dial that takes too long while a later one has succeeded is replaced by another one, and does not count towards
// maximumPending, until these are as many as that allows. If all take long, probes go beyond it, one by one.
//
// A connection that dies soon after its setup, unused, is a failure after all. If most of the youngest have done so, an
// outage begins in which a probe has to survive before the others follow.
class Cycle
{
public:
    explicit Cycle(const Sizing &limits = {});
    void setLimits(const Sizing &limits); // clamps capacity and interval
    // Another peer: what is known of the former one says nothing of it. Its dials must not be finished().
    void beginAfresh();

    void begin(const StockLevel &level); // the timer's round
    void demand(const StockLevel &level); // to be called whenever the level may have changed

    int dialsWanted() const; // to be launched now
    void launched();
    void forgo() noexcept { m_wanted = m_demanded = 0; } // no room for further dials
    void finished(bool created);
    void finishedInVain(); // failed, after a later one had succeeded: that says nothing of the peer any more
    // Of a connection that was created: each is followed by one of them, unless it was closed meanwhile.
    void proved(); // it was used, or has lived for long enough
    std::optional<milliseconds> died(double random); // it did neither. As end().

    // The round is over when none of its dials is wanted or in flight. end() then returns how long to sleep from now on;
    // nothing if a round for demand leaves the running sleep as it is.
    bool isOver() const;
    std::optional<milliseconds> end(double random);

    int capacity() const noexcept { return std::max(m_capacity, m_target); }
    milliseconds interval() const noexcept { return m_outage ? m_backoffWait : m_interval; } // that applies now
    bool isOutage() const noexcept { return m_outage; }
    bool hasDoubts() const noexcept { return m_died > 0; } // connections have died since one was proved
    bool isHeldBack() const noexcept; // more is demanded than maximumPending allows

private:
    enum class Round { None, OfTimer, OfDemand };

    void beginRound(Round round, int wanted);
    void note(const StockLevel &level);
    void update(const StockLevel &level);
    int missing(const StockLevel &level) const;
    int onTheirWay() const noexcept { return m_inFlight - m_late; }
    void leave();
    bool isStopped() const;
    bool hasPeerFailed() const;
    milliseconds beginOutage(double random);

    Sizing m_limits;
    int m_capacity; // of the stepwise rule
    int m_target = 0;
    milliseconds m_interval;
    Backoff m_backoff;
    milliseconds m_backoffWait{};
    bool m_outage = false;

    Round m_round = Round::None;
    int m_wanted = 0; // dials that this round has still to launch
    int m_awaited = 0; // dials that this round has launched, or found in flight
    int m_demanded = 0; // further dials that demand has still to launch
    int m_inFlight = 0;
    int m_late = 0; // of those
    bool m_isProbeDue = false;
    int m_succeeded = 0; // of this round
    int m_failed = 0; // of this round
    int m_failedInARow = 0;
    bool m_isPeerKnown = false; // a dial has succeeded
    int m_created = 0; // since the capacity was adjusted

    int m_unproved = 0; // connections that were created and have neither been proved nor died
    int m_died = 0; // since one was proved
    bool m_isDistrusted = false; // the outage began with connections that died
    bool m_hasProbed = false; // in such an outage, since the pause was computed
};

} // namespace QNetPool
