// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qstringlist.h>

#include <chrono>

namespace QNetPool {

using std::chrono::milliseconds;

// What bounds the sizing of a client pool.
struct SizingLimits
{
    int minimumCapacity = 1;
    int maximumCapacity = 1;
    milliseconds minimumInterval{1000};
    milliseconds maximumInterval{1000};
    milliseconds maximumBackoff{60000};
    int maximumPending = 64;

    // Puts right what is out of range: capacity <= 0 becomes 1, interval <= 0 becomes 1 s, a minimum over its maximum is
    // swapped with it. Returns a sentence for each change.
    QStringList clamp();
};

// At the start of a cycle: few idle connections shorten the interval by 100 ms, many lengthen it by as much.
milliseconds nextInterval(milliseconds interval, int idle, int capacity, const SizingLimits &limits);

// At the end of a cycle: the share of the capacity that had to be created says whether the capacity is one too many or one
// too few.
int nextCapacity(int capacity, int created, const SizingLimits &limits);

} // namespace QNetPool
