// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "dice.h"
#include "printer.h"

#include <QtCore/QtGlobal>

#include <numeric>

// Makes a program from a seed: always the same from the same one. QNETPOOL_MODEL_WITHOUT leaves out what, printed, contains one
// of these words, separated by semicolons, to look for something else: "Act::Exhaust;hasValidator".
class Generator
{
public:
    explicit Generator(quint64 seed) : m_dice(seed) { }
    Program program();

private:
    Setting setting();
    static bool isLeftOut(const QByteArray &printed);
    Act act();
    static std::vector<Act> usualNext(Act act);
    Step step(const Setting &setting);
    int how(Act act);
    int number(Act act);

    Dice m_dice;
    int m_slot = 0;
    Act m_last{};
};

inline Program Generator::program()
{
    Program program{setting(), {}};
    while (isLeftOut(printed(program.setting)))
        program.setting = setting();
    if (m_dice.chance(10))
        program.steps.push_back({.act = Act::NestIn, .how = how(Act::NestIn)});
    program.steps.push_back({.act = Act::Start, .where = Where(m_dice.chance(90) ? 0 : m_dice.below(3))});
    if (program.setting.isServer)
        program.steps.push_back({.act = Act::Connect, .number = 1 + m_dice.below(4)});
    for (int count = 3 + m_dice.below(25); count > 0; --count)
        program.steps.push_back(step(program.setting));
    std::erase_if(program.steps, [](const Step &step) { return isLeftOut(printed(step)); });
    return program;
}

inline bool Generator::isLeftOut(const QByteArray &printed)
{
    static const QByteArrayList words = qgetenv("QNETPOOL_MODEL_WITHOUT").split(';');
    return std::any_of(words.begin(), words.end(),
                       [&](const QByteArray &word) { return !word.isEmpty() && printed.contains(word); });
}

inline Setting Generator::setting()
{
    Setting setting;
    setting.isServer = m_dice.chance(30);
    setting.isSingle = m_dice.chance(50);
    setting.variant = m_dice.chance(60) ? 0 : m_dice.below(4);
    setting.setupThreads = m_dice.chance(70) ? 0 : 2;
    setting.capacity = m_dice.chance(40) ? 1 : 2 + m_dice.below(3);
    setting.maximumConnections = m_dice.chance(50) ? 0 : setting.capacity + m_dice.below(3);
    setting.maximumWaiters = m_dice.chance(80) ? 0 : 1 + m_dice.below(4);
    setting.hasValidator = m_dice.chance(30);
    setting.validatesAlways = m_dice.chance(50);
    setting.hasResetter = m_dice.chance(20);
    setting.answersLate = m_dice.chance(50);
    setting.logsIntoPool = m_dice.chance(10);
    setting.leasesOutlivePool = m_dice.chance(30);
    return setting;
}

// What often follows an act in a program that gets somewhere. Twice: more often.
inline std::vector<Act> Generator::usualNext(Act act)
{
    switch (act) {
    case Act::Take:
    case Act::TakeId:
    case Act::Serve:
    case Act::Result:
    case Act::Collect:
        return {Act::Request, Act::Request, Act::Kill};
    case Act::Request:
        return {Act::End, Act::End, Act::Request, Act::HoldAnswers};
    case Act::End:
        return {Act::Take, Act::Serve};
    case Act::Acquire:
    case Act::AcquireId:
    case Act::Wait:
        return {Act::Busy, Act::Collect, Act::End, Act::Acquire};
    case Act::PeersAre:
        return {Act::Acquire, Act::Connect, Act::Serve};
    case Act::Connect:
        return {Act::Busy, Act::Take};
    case Act::Kill:
        return {Act::Take, Act::Serve, Act::End, Act::NestIn};
    case Act::NestIn:
        return {Act::PeersAre, Act::Kill, Act::Flush, Act::Serve};
    case Act::ValidatorDoes:
    case Act::DialerDoes:
    case Act::Configure:
    case Act::Exhaust:
        return {Act::Take, Act::Serve};
    default:
        return {};
    }
}

inline Act Generator::act()
{
    static constexpr std::array<int, ActCount> Weights{
            /* Start */ 2,         /* Close */ 2,          /* Configure */ 6,  /* Take */ 14,
            /* TakeId */ 4,        /* Acquire */ 14,
            /* AcquireId */ 3,     /* AcquireInChain */ 2, /* Result */ 2,     /* Wait */ 4,
            /* Cancel */ 3,        /* Collect */ 6,
            /* Request */ 16,      /* End */ 14,           /* Flush */ 2,      /* CheckStock */ 1,
            /* Serve */ 8,         /* NestIn */ 5,
            /* LeaveLoops */ 2,    /* Busy */ 5,           /* Kill */ 10,      /* Connect */ 4,
            /* PeersAre */ 5,      /* HoldAnswers */ 4,
            /* ValidatorDoes */ 3, /* ResetterDoes */ 2,   /* DialerDoes */ 2, /* Exhaust */ 3};
    int left = m_dice.below(std::accumulate(Weights.begin(), Weights.end(), 0));
    for (int act = 0;; ++act) {
        left -= Weights[std::size_t(act)];
        if (left < 0)
            return Act(act);
    }
}

inline Step Generator::step(const Setting &setting)
{
    const std::vector<Act> usual = usualNext(m_last);
    Act act = usual.empty() || m_dice.chance(50) ? this->act() : usual[std::size_t(m_dice.below(int(usual.size())))];
    const bool isVain = (act == Act::ValidatorDoes && !setting.hasValidator)
            || (act == Act::ResetterDoes && !setting.hasResetter) || (act == Act::Connect && !setting.isServer)
            || (act == Act::DialerDoes && setting.isServer);
    if (isVain)
        act = Act::Serve;
    m_last = act;
    const Where where = Where(m_dice.chance(50) ? 0 : m_dice.below(3));
    if (m_dice.chance(25)) // else the same lease goes on
        m_slot = m_dice.below(Program::Slots);
    return {act, where, m_slot, how(act), number(act), m_dice.chance(40)};
}

inline int Generator::how(Act act)
{
    switch (act) {
    case Act::Configure:
        return m_dice.below(4);
    case Act::Request:
        return m_dice.chance(45) ? int(Reading::Whole) : int(m_dice.chance(15) ? Reading::Half : Reading::None);
    case Act::End:
        return m_dice.chance(30) ? int(Ending::ByItself) : m_dice.below(5);
    case Act::Kill:
    case Act::DialerDoes:
        return m_dice.below(4);
    case Act::PeersAre:
        return m_dice.chance(40) ? 0 : m_dice.below(4);
    case Act::ValidatorDoes:
    case Act::ResetterDoes:
    case Act::NestIn:
        return m_dice.below(6);
    default:
        return 0;
    }
}

inline int Generator::number(Act act)
{
    switch (act) {
    case Act::Configure:
        return m_dice.chance(70) ? 0 : 2;
    case Act::Acquire:
    case Act::AcquireId:
    case Act::Wait: {
        static constexpr std::array Limits{-1, 0, 30, 100};
        return Limits[std::size_t(m_dice.below(4))];
    }
    case Act::HoldAnswers:
    case Act::Exhaust:
        return m_dice.below(2);
    default:
        return 1 + m_dice.below(4);
    }
}
