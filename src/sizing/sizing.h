// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/clientpool.h>

#include <QtCore/qstringlist.h>

namespace QNetPool {

using std::chrono::milliseconds;

using Sizing = ClientPool::Sizing;

// How much of a client pool there is.
struct StockLevel
{
    int idle = 0;
    int pending = 0; // being set up
    int late = 0; // likewise, but for so long that they are not counted on
    bool isProbeDue = false; // all that are pending take long: one more shows whether the peer is just slow
    int waiting = 0; // for any connection
    int target = 0; // Demand::target()
    int unreplaced = 0; // Demand::unreplaced()
    int surplus = 0; // Demand::surplus()
};

// Clamps values out of range: a negative minimumCapacity (in the stepwise rule 0, too) and a maximumCapacity of 0 or less
// to 1, intervals of 0 or less to 1 s; swaps a minimum that exceeds its maximum. Returns a sentence for each change.
QStringList clampSizing(Sizing &sizing);

// At the start of a cycle: under 20 % idle shorten the interval by 100 ms, over 80 % lengthen it.
milliseconds nextInterval(milliseconds interval, int idle, int capacity, const Sizing &limits);

// At the end of a cycle: if under 20 % of the capacity was created, it falls by one, over 80 %, it rises by one.
int nextCapacity(int capacity, int created, const Sizing &limits);

} // namespace QNetPool
