// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "program.h"

// Prints a program as a row of found.h.

// An enumerator of Step::how, or null if this act has none.
inline const char *howName(const Step &step)
{
    static constexpr std::array Variants{"Variant::A", "Variant::B", "Variant::Encrypted", "Variant::Special"};
    static constexpr std::array Readings{"Reading::Whole", "Reading::Half", "Reading::None"};
    static constexpr std::array Endings{"Ending::ByItself", "Ending::GiveBack", "Ending::Discard", "Ending::DetachAndPut",
                                        "Ending::Exception"};
    static constexpr std::array Killings{"Killing::Fin", "Killing::Reset", "Killing::Farewell", "Killing::Unasked"};
    static constexpr std::array Manners{"Manner::Honest", "Manner::Silent", "Manner::EndAtOnce", "Manner::Away"};
    static constexpr std::array Checkings{"Checking::Pass",  "Checking::Ping", "Checking::Fail",
                                          "Checking::Throw", "Checking::Hang", "Checking::Cancel"};
    static constexpr std::array Dialings{"Dialing::Connect", "Dialing::HandOverConnected", "Dialing::Throw",
                                         "Dialing::Nothing"};
    static constexpr std::array Signals{"Signal::Ready",         "Signal::ConnectionAvailable", "Signal::ConnectionLost",
                                        "Signal::ErrorOccurred", "Signal::StateChanged",        "Signal::IdleCountChanged"};
    const auto how = std::size_t(step.how);
    switch (step.act) {
    case Act::Configure:
        return Variants[how];
    case Act::Request:
        return Readings[how];
    case Act::End:
        return Endings[how];
    case Act::Kill:
        return Killings[how];
    case Act::PeersAre:
        return Manners[how];
    case Act::ValidatorDoes:
    case Act::ResetterDoes:
        return Checkings[how];
    case Act::DialerDoes:
        return Dialings[how];
    case Act::NestIn:
        return Signals[how];
    default:
        return nullptr;
    }
}

// Only what is not as by default.
class Fields
{
public:
    void add(const char *name, const QByteArray &value) { m_texts << QByteArray(".") + name + " = " + value; }
    void addFlag(const char *name, bool value)
    {
        if (value)
            add(name, "true");
    }
    void addNumber(const char *name, int value, int usual = 0)
    {
        if (value != usual)
            add(name, QByteArray::number(value));
    }
    QByteArray text() const { return '{' + m_texts.join(", ") + '}'; }

private:
    QByteArrayList m_texts;
};

inline QByteArray printed(const Step &step)
{
    static constexpr std::array Wheres{"Where::Home", "Where::Worker", "Where::Fresh"};
    Fields fields;
    fields.add("act", QByteArray("Act::") + ActNames[std::size_t(step.act)]);
    if (step.where != Where::Home)
        fields.add("where", Wheres[std::size_t(step.where)]);
    fields.addNumber("slot", step.slot);
    if (const char *how = howName(step); how && step.how != 0)
        fields.add("how", QByteArray("int(") + how + ')');
    fields.addNumber("number", step.number);
    fields.addFlag("isQuick", step.isQuick);
    return fields.text();
}

inline QByteArray printed(const Setting &setting)
{
    Fields fields;
    fields.addFlag("isServer", setting.isServer);
    fields.addFlag("isSingle", setting.isSingle);
    if (setting.variant != 0)
        fields.add("variant", QByteArray("int(") + howName({.act = Act::Configure, .how = setting.variant}) + ')');
    fields.addNumber("setupThreads", setting.setupThreads);
    fields.addNumber("capacity", setting.capacity, Setting().capacity);
    fields.addNumber("maximumConnections", setting.maximumConnections);
    fields.addNumber("maximumWaiters", setting.maximumWaiters);
    fields.addFlag("hasValidator", setting.hasValidator);
    fields.addFlag("validatesAlways", setting.validatesAlways);
    fields.addFlag("hasResetter", setting.hasResetter);
    fields.addFlag("answersLate", setting.answersLate);
    fields.addFlag("logsIntoPool", setting.logsIntoPool);
    fields.addFlag("leasesOutlivePool", setting.leasesOutlivePool);
    return fields.text();
}

inline QByteArray printed(const Program &program, const QByteArray &name)
{
    QByteArrayList steps;
    for (const Step &step : program.steps)
        steps << printed(step);
    return "{\"" + name + "\", {" + printed(program.setting) + ",\n {" + steps.join(",\n  ") + "}}},\n";
}
