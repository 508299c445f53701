// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "program.h"

#include <QtCore/QString>

#include <algorithm>
#include <optional>

// What must hold, whatever the program. No socket, no clock: moments are numbers in the order in which things were seen to
// happen, in any thread.
using Moment = qint64;
constexpr Moment Never = std::numeric_limits<Moment>::max();

// What is known about a connection that the pool handed out between two moments.
struct HandOut
{
    Moment notBefore = 0;
    Moment notAfter = 0;
    bool isById = false;
    int peer = 0; // which of the peers it leads to
    bool isPut = false; // by the program, which knows what it does
    Moment ended = Never; // the peer's end, known to have arrived here
    Moment unasked = Never; // bytes that nobody asked for, likewise
};

// How a call that waited for a connection has ended.
enum class Outcome { Waiting, Served, TimedOut, TooMany, Closed, Canceled, Nothing, Other };
struct Call
{
    Moment called = 0;
    Moment ended = Never;
    bool isOrdered = false; // for any connection, and it is known when it was called
    bool isCanceled = false;
    bool isTimedOut = false; // its time limit is over
    Outcome outcome = Outcome::Waiting;
};

class Model
{
public:
    explicit Model(const Setting &setting) : m_setting(setting) { noteConfiguration(0, Variant(setting.variant)); }

    // What the program did, at the moment at which the call returned.
    void noteRunning(Moment now, bool isRunning) { m_runs.push_back({now, isRunning}); }
    void noteConfiguration(Moment now, Variant variant) { m_variants.push_back({now, int(variant)}); }
    void apply(const Step &step);

    static int peerOf(bool isServer, Variant variant);
    bool isRunning() const { return !m_runs.empty() && m_runs.back().value; }
    Variant variant() const { return Variant(m_variants.back().value); }
    bool canReadAnswers() const { return !m_holdsAnswers; }

    // Whether one more call for any connection must be served: taken are leases, and calls that are or may be served before.
    bool mustServe(int taken) const;
    QString wrongWith(const HandOut &handOut) const;
    QString wrongWith(const Call &call) const;
    QString wrongWithOrder(const std::vector<Call> &calls) const;

private:
    struct Change
    {
        Moment since;
        int value;
    };
    static bool wasEver(const std::vector<Change> &changes, int value, Moment from, Moment to);

    const Setting m_setting;
    std::vector<Change> m_variants;
    std::vector<Change> m_runs{{0, false}};
    Manner m_manner{};
    Checking m_validator{};
    Dialing m_dialer{};
    bool m_holdsAnswers = false;
    bool m_isExhausted = false;
};

inline int Model::peerOf(bool isServer, Variant variant)
{
    if (variant == Variant::Encrypted)
        return 2;
    if (isServer)
        return variant == Variant::Special ? -1 : 0;
    return variant == Variant::B ? 1 : 0;
}

inline void Model::apply(const Step &step)
{
    switch (step.act) {
    case Act::PeersAre:
        m_manner = Manner(step.how);
        break;
    case Act::ValidatorDoes:
        m_validator = Checking(step.how);
        break;
    case Act::DialerDoes:
        m_dialer = Dialing(step.how);
        break;
    case Act::HoldAnswers:
        m_holdsAnswers = step.number > 0;
        break;
    case Act::Exhaust:
        m_isExhausted = step.number > 0;
        break;
    default:
        break;
    }
}

inline bool Model::mustServe(int taken) const
{
    const bool isReachable = m_manner == Manner::Honest && peerOf(m_setting.isServer, variant()) >= 0
            && (m_setting.isServer || variant() != Variant::Special || m_dialer <= Dialing::HandOverConnected);
    const bool isValid =
            !m_setting.hasValidator || m_validator == Checking::Pass || (m_validator == Checking::Ping && !m_holdsAnswers);
    const bool hasRoom = (m_setting.maximumConnections == 0 || taken < m_setting.maximumConnections)
            && (m_setting.maximumWaiters == 0 || taken < m_setting.maximumWaiters);
    return isRunning() && isReachable && isValid && hasRoom && !m_isExhausted;
}

// Whether a value held at any moment between the two.
inline bool Model::wasEver(const std::vector<Change> &changes, int value, Moment from, Moment to)
{
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const Moment until = i + 1 < changes.size() ? changes[i + 1].since : Never;
        if (changes[i].value == value && changes[i].since <= to && until >= from)
            return true;
    }
    return false;
}

inline QString Model::wrongWith(const HandOut &handOut) const
{
    const bool hasFarewell = handOut.unasked < handOut.ended;
    if (handOut.ended < handOut.notBefore && !(handOut.isById && hasFarewell))
        return QStringLiteral("handed out dead: its peer had closed it before");
    bool isOfToday = handOut.isPut;
    for (const Variant variant : {Variant::A, Variant::B, Variant::Encrypted, Variant::Special})
        isOfToday |= peerOf(m_setting.isServer, variant) == handOut.peer
                && wasEver(m_variants, int(variant), handOut.notBefore, handOut.notAfter);
    if (!isOfToday)
        return QStringLiteral("handed out of an old configuration: it leads to peer %1").arg(handOut.peer);
    if (!wasEver(m_runs, true, handOut.notBefore, handOut.notAfter))
        return QStringLiteral("handed out by a pool that does not run");
    if (!m_setting.isServer && m_setting.isSingle && handOut.unasked < handOut.notBefore && !handOut.isById)
        return QStringLiteral("handed out out of step: bytes had come that nobody asked for");
    return {};
}

inline QString Model::wrongWith(const Call &call) const
{
    if (call.outcome == Outcome::TimedOut && !call.isTimedOut)
        return QStringLiteral("a call timed out before its time");
    if (call.outcome == Outcome::Canceled && !call.isCanceled)
        return QStringLiteral("a call was canceled by nobody");
    if (call.outcome == Outcome::TooMany && m_setting.maximumWaiters == 0)
        return QStringLiteral("a call was refused though any number may wait");
    if (call.outcome == Outcome::Closed && !wasEver(m_runs, false, call.called, call.ended))
        return QStringLiteral("a call failed as if the pool did not run, but it did");
    if (call.outcome == Outcome::Nothing && !call.isTimedOut && m_setting.maximumWaiters == 0
        && !wasEver(m_runs, false, call.called, call.ended))
        return QStringLiteral("waitForConnection() returned nothing before its time");
    if (call.outcome == Outcome::Other)
        return QStringLiteral("a call ended in a way that is not documented");
    return {};
}

// In the order of their calls, at a moment when nobody is being served.
inline QString Model::wrongWithOrder(const std::vector<Call> &calls) const
{
    bool isServed = false;
    for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
        if (call->isOrdered && isServed && call->outcome == Outcome::Waiting && !call->isCanceled && !call->isTimedOut)
            return QStringLiteral("served out of turn: one who came earlier still waits");
        isServed |= call->isOrdered && call->outcome == Outcome::Served;
    }
    return {};
}
