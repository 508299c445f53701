// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QStringList>

#include <array>
#include <atomic>

// What happens in a run, to be counted: first what happens all the time, then what takes a while to happen.
enum class Event {
    Exchange,
    Byte,
    Take,
    NothingToTake,
    Acquire,
    Wait,
    Served,
    NotServed,
    Cancelled,
    ServedWithoutEventLoop,
    GivenBack,
    GivenBackDirty,
    GivenBackUnused,
    Discarded,
    Detached,
    PutBack,
    EndedElsewhere,
    EndedAfterItsThread,
    ServerGaveBack,
    Reset,
    Check,
    BrokenExchange, // the first of the rare ones
    Farewell,
    LastWords,
    Abort,
    HalfClose,
    FarewellSent,
    ServerDetached,
    ServerRestart,
    ClientRestart,
    Flush,
    Reconfiguration,
    Validation,
    LeakReport,
};
constexpr std::array EventNames{
        "exchanges",
        "bytes echoed",
        "takes",
        "takes of nothing",
        "acquire()",
        "waitForConnection()",
        "served",
        "not served",
        "cancelled",
        "served without event loop",
        "given back",
        "given back dirty",
        "given back unused",
        "discarded",
        "detached",
        "put back",
        "ended in another thread",
        "ended after its thread",
        "given back by the server",
        "resets",
        "checks of the numbers",
        "exchanges broken off",
        "farewells read",
        "last words",
        "aborts",
        "half-closes",
        "farewells sent",
        "detached by the server",
        "restarts of the server",
        "restarts of the client",
        "flushes",
        "reconfigurations",
        "validations",
        "reports of a leak",
};
constexpr std::size_t EventCount = EventNames.size();
constexpr auto FrequentCount = std::size_t(Event::BrokenExchange);
static_assert(EventCount == std::size_t(Event::LeakReport) + 1);

class Tally
{
public:
    void count(Event event, qint64 times = 1) { m_counts[std::size_t(event)] += times; }
    void add(const Tally &other)
    {
        for (std::size_t i = 0; i < EventCount; ++i)
            m_counts[i] += other.m_counts[i];
    }
    qint64 at(std::size_t event) const { return m_counts[event]; }
    QString text() const
    {
        QStringList parts;
        for (std::size_t i = 0; i < EventCount; ++i)
            parts << QStringLiteral("%1 %2").arg(m_counts[i].load()).arg(QLatin1String(EventNames[i]));
        return parts.join(QStringLiteral(", "));
    }

private:
    std::array<std::atomic<qint64>, EventCount> m_counts{};
};
