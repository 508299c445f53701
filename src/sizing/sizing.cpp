// SPDX-License-Identifier: BSD-3-Clause
#include "sizing.h"

#include <algorithm>

namespace QNetPool {

namespace {

constexpr milliseconds intervalStep{100};

qint64 number(int value)
{
    return value;
}

qint64 number(milliseconds value)
{
    return value.count();
}

template<typename Value> void atLeast(Value &value, Value least, Value instead, const char *name, QStringList &changes)
{
    if (value >= least)
        return;
    changes << QStringLiteral("%1 is %2, out of range: it becomes %3")
                       .arg(QLatin1String(name))
                       .arg(number(value))
                       .arg(number(instead));
    value = instead;
}

template<typename Value> void inOrder(Value &minimum, Value &maximum, const char *what, QStringList &changes)
{
    if (minimum <= maximum)
        return;
    std::swap(minimum, maximum);
    changes << QStringLiteral("sizing.minimum%1 is greater than sizing.maximum%1: they are swapped")
                       .arg(QLatin1String(what));
}

} // namespace

QStringList clampSizing(Sizing &sizing)
{
    QStringList changes;
    const int least = sizing.rule == ClientPool::Rule::Stepwise ? 1 : 0; // the seed knows no pool without connections
    atLeast(sizing.minimumCapacity, least, 1, "sizing.minimumCapacity", changes);
    atLeast(sizing.maximumCapacity, 1, 1, "sizing.maximumCapacity", changes);
    inOrder(sizing.minimumCapacity, sizing.maximumCapacity, "Capacity", changes);
    atLeast(sizing.minimumInterval, milliseconds(1), milliseconds(1000), "sizing.minimumInterval (ms)", changes);
    atLeast(sizing.maximumInterval, milliseconds(1), milliseconds(1000), "sizing.maximumInterval (ms)", changes);
    inOrder(sizing.minimumInterval, sizing.maximumInterval, "Interval", changes);
    atLeast(sizing.maximumPending, 1, 1, "sizing.maximumPending", changes);
    sizing.maximumBackoff = std::max(sizing.maximumBackoff, sizing.maximumInterval);
    return changes;
}

milliseconds nextInterval(milliseconds interval, int idle, int capacity, const Sizing &limits)
{
    // In integers: idle / capacity < 20 %, > 80 %.
    if (qint64(idle) * 5 < capacity && interval > limits.minimumInterval)
        interval -= intervalStep;
    else if ((qint64(idle) * 5 > qint64(capacity) * 4 || !capacity) && interval < limits.maximumInterval)
        interval += intervalStep;
    return std::clamp(interval, limits.minimumInterval, limits.maximumInterval);
}

int nextCapacity(int capacity, int created, const Sizing &limits)
{
    if (qint64(created) * 5 < capacity && capacity > limits.minimumCapacity)
        --capacity;
    else if (qint64(created) * 5 > qint64(capacity) * 4 && capacity < limits.maximumCapacity)
        ++capacity;
    return std::clamp(capacity, limits.minimumCapacity, limits.maximumCapacity);
}

} // namespace QNetPool
