// SPDX-License-Identifier: BSD-3-Clause
#include "scenario.h"

#include <algorithm>

using namespace QNetPool;
using namespace std::chrono_literals;

namespace Demo {

namespace {

struct Text
{
    QString operator()(const Load &load) const
    {
        const QString text = load.isUsedOnce ? Scenario::tr("%1 exchanges per second, each held for %2 ms and then closed")
                                             : Scenario::tr("%1 exchanges per second, each held for %2 ms");
        return text.arg(load.rate).arg(load.hold.count());
    }
    QString operator()(const Freeze &freeze) const
    {
        return freeze.isFrozen ? Scenario::tr("the server is frozen") : Scenario::tr("the server resumes");
    }
    QString operator()(const Drop &drop) const
    {
        return Scenario::tr("the server drops %1 % of its idle connections").arg(qRound(100 * drop.share));
    }
    QString operator()(const Burst &burst) const { return Scenario::tr("a burst of %1 exchanges").arg(burst.exchanges); }
    QString operator()(const Size &size) const
    {
        return size.rule == ClientPool::Rule::Stepwise ? Scenario::tr("the client's stock is sized stepwise")
                                                       : Scenario::tr("the client's stock is sized by prediction");
    }
    QString operator()(const Break &act) const
    {
        switch (act.fault) {
        case Fault::Stopped:
            return act.isBroken ? Scenario::tr("the server is stopped") : Scenario::tr("the server is started again");
        case Fault::PeerRefused:
            return act.isBroken ? Scenario::tr("the server refuses this peer")
                                : Scenario::tr("the server allows this peer again");
        case Fault::CertificateExpired:
            return act.isBroken ? Scenario::tr("the server's certificate expires")
                                : Scenario::tr("the server has a valid certificate again");
        }
        return {};
    }
};

Scenario broken(const QString &name, const char *summary, Fault fault)
{
    return {name, summary, {}, {{3s, Break{fault, true}}, {8s, Break{fault, false}}}, 17s};
}

QList<Scenario> make()
{
    Scenario tlsFailure =
            broken(QStringLiteral("tls-failure"),
                   QT_TRANSLATE_NOOP("Demo::Scenario", "The server's certificate expires for 5 s: new connections fail."),
                   Fault::CertificateExpired);
    tlsFailure.tlsMode = TlsMode::Verified;
    return {
            {QStringLiteral("fill"),
             QT_TRANSLATE_NOOP("Demo::Scenario", "The stock fills, and the interval grows as no connection is taken."),
             {.rate = 0},
             {},
             10s},
            {QStringLiteral("burst"),
             QT_TRANSLATE_NOOP("Demo::Scenario", "Demand exceeds the stock: the capacity grows, and shrinks again later."),
             {.rate = 20, .hold = 50ms},
             {{4s, Burst{150}}, {7s, Burst{150}}, {10s, Burst{150}}},
             20s},
            broken(QStringLiteral("outage"),
                   QT_TRANSLATE_NOOP(
                           "Demo::Scenario",
                           "The server is stopped for 5 s: the pauses grow, and the stock is full again soon after."),
                   Fault::Stopped),
            {QStringLiteral("freeze"),
             QT_TRANSLATE_NOOP("Demo::Scenario", "The server is frozen for 5 s: exchanges in flight wait."),
             {},
             {{5s, Freeze{true}}, {10s, Freeze{false}}},
             20s},
            {QStringLiteral("drop"),
             QT_TRANSLATE_NOOP("Demo::Scenario", "The server drops half of its connections: the stock is refilled at once."),
             {},
             {{4s, Drop{0.5}}, {8s, Drop{1}}},
             15s},
            broken(QStringLiteral("refuse"), QT_TRANSLATE_NOOP("Demo::Scenario", "The server refuses this peer for 5 s."),
                   Fault::PeerRefused),
            tlsFailure,
            {QStringLiteral("used-once"),
             QT_TRANSLATE_NOOP("Demo::Scenario",
                               "Each connection is used once: takes wait while the stock is sized stepwise, and hardly any "
                               "once it is sized by prediction."),
             {.rate = 250, .isUsedOnce = true}, // more than the default maximum capacity each cycle
             {{10ms, Size{ClientPool::Rule::Stepwise}}, {8s, Size{ClientPool::Rule::Predictive}}, {18s, Load{}}},
             24s},
    };
}

} // namespace

QString describe(const Act &act)
{
    return std::visit(Text(), act);
}

ClientPool::Configuration sized(ClientPool::Configuration configuration, const Size &size)
{
    configuration.sizing.rule = size.rule;
    if (size.rule == ClientPool::Rule::Stepwise)
        configuration.sizing.waitProbability = ClientPool::Sizing().waitProbability; // others are refused with it
    return configuration;
}

const QList<Scenario> &scenarios()
{
    static const QList<Scenario> all = make();
    return all;
}

const Scenario *findScenario(QStringView name)
{
    const QList<Scenario> &all = scenarios();
    const auto found = std::find_if(all.begin(), all.end(), [name](const Scenario &one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace Demo
