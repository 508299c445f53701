// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QList>

#include <array>
#include <vector>

// A program over the public API: plain numbers, so that it can be generated, cut into pieces, sent to another process and
// printed.

enum class Act : int {
    Start, // start(), or listen()
    Close,
    Configure, // setConfiguration(): a Variant, and how many setup threads
    Take, // into a slot; with number 1, its socket remains untouched
    TakeId, // a connection that was available once
    Acquire, // with a time limit
    AcquireId,
    AcquireInChain, // with two continuations
    Result, // acquire().waitForFinished()
    Wait, // waitForConnection(): blocks a thread of its own, or the pool's
    Cancel, // the oldest call that still waits
    Collect, // waits for all calls with a time limit, and takes what they got
    Request, // over the slot's connection; reads the answer, or not: Reading
    End, // the slot's lease: Ending
    Flush,
    CheckStock,
    Serve, // waitForConnection() that must get one, if the model says so
    NestIn, // the next slot of this Signal runs an event loop
    LeaveLoops,
    Busy, // blocks the pool's thread a few times
    Kill, // a few connections, from the peers' end: Killing
    Connect, // of a server's peers
    PeersAre, // from now on: Manner
    HoldAnswers, // or, with number 0, let them go
    ValidatorDoes, // Checking
    ResetterDoes, // Checking
    DialerDoes, // Dialing
    Exhaust, // descriptors; or, with number 0, there are some again
};
constexpr int ActCount = int(Act::Exhaust) + 1;
constexpr std::array<const char *, ActCount> ActNames{
        "Start",          "Close",      "Configure",   "Take",          "TakeId",       "Acquire",    "AcquireId",
        "AcquireInChain", "Result",     "Wait",        "Cancel",        "Collect",      "Request",    "End",
        "Flush",          "CheckStock", "Serve",       "NestIn",        "LeaveLoops",   "Busy",       "Kill",
        "Connect",        "PeersAre",   "HoldAnswers", "ValidatorDoes", "ResetterDoes", "DialerDoes", "Exhaust"};

enum class Where { Home, Worker, Fresh }; // the pool's thread; another one with an event loop; a new one without
enum class Variant { A, B, Encrypted, Special }; // Special: a client's dialer; a server that allows no peer
enum class Reading { Whole, Half, None };
enum class Ending { ByItself, GiveBack, Discard, DetachAndPut, Exception };
enum class Killing { Fin, Reset, Farewell, Unasked }; // Farewell: bytes and a FIN; Unasked: the bytes alone
enum class Manner { Honest, Silent, EndAtOnce, Away }; // EndAtOnce: once they are set up
enum class Checking { Pass, Ping, Fail, Throw, Hang, Cancel };
enum class Dialing { Connect, HandOverConnected, Throw, Nothing };
enum class Signal { Ready, ConnectionAvailable, ConnectionLost, ErrorOccurred, StateChanged, IdleCountChanged };

struct Step
{
    Act act{};
    Where where{}; // the thread
    int slot = 0;
    int how = 0; // one of the enumerations above
    int number = 0;
    bool isQuick = false; // the next step follows before the pool's thread has turned

    bool operator==(const Step &) const = default;
};

struct Setting
{
    bool isServer = false;
    bool isSingle = false; // ConnectionMode::Single
    int variant = 0; // Variant
    int setupThreads = 0;
    int capacity = 2;
    int maximumConnections = 0;
    int maximumWaiters = 0;
    bool hasValidator = false;
    bool validatesAlways = false; // validateAfter 0
    bool hasResetter = false;
    bool answersLate = false; // as a real peer, which has to think
    bool logsIntoPool = false; // the message handler calls the pool
    bool leasesOutlivePool = false;

    bool operator==(const Setting &) const = default;
};

struct Program
{
    static constexpr int Slots = 3;

    Setting setting;
    std::vector<Step> steps;

    QByteArray toText() const;
    static Program fromText(const QByteArray &text);
};

// Every number of a setting and of a step, in order, for whatever is done with each.
template<typename Visit> void visitNumbers(Setting &s, Visit visit)
{
    visit(s.isServer), visit(s.isSingle), visit(s.variant), visit(s.setupThreads), visit(s.capacity);
    visit(s.maximumConnections), visit(s.maximumWaiters), visit(s.hasValidator), visit(s.validatesAlways);
    visit(s.hasResetter), visit(s.answersLate), visit(s.logsIntoPool), visit(s.leasesOutlivePool);
}

template<typename Visit> void visitNumbers(Step &s, Visit visit)
{
    visit(s.act), visit(s.where), visit(s.slot), visit(s.how), visit(s.number), visit(s.isQuick);
}

inline QByteArray Program::toText() const
{
    QByteArray text;
    const auto append = [&text](auto number) { text += QByteArray::number(int(number)) + ' '; };
    Setting settingCopy = setting;
    visitNumbers(settingCopy, append);
    for (Step step : steps)
        visitNumbers(step, append);
    return text.trimmed();
}

inline Program Program::fromText(const QByteArray &text)
{
    const QList<QByteArray> numbers = text.split(' ');
    qsizetype next = 0;
    const auto read = [&](auto &number) {
        number = static_cast<std::remove_reference_t<decltype(number)>>(numbers.value(next++).toInt());
    };
    Program program;
    visitNumbers(program.setting, read);
    while (next < numbers.size())
        visitNumbers(program.steps.emplace_back(), read);
    return program;
}
