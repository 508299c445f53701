// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/clientpool.h>

#include <QtCore/qstringlist.h>

namespace QNetPool {

using std::chrono::milliseconds;

using Sizing = ClientPool::Sizing;

// Clamps what is out of range: capacity <= 0 becomes 1, interval <= 0 becomes 1 s, a minimum over its maximum is swapped with it.
// Returns a sentence for each change.
QStringList clampSizing(Sizing &sizing);

// At the start of a cycle: few idle connections shorten the interval by 100 ms, many lengthen it by as much.
milliseconds nextInterval(milliseconds interval, int idle, int capacity, const Sizing &limits);

// At the end of a cycle: the share of the capacity that had to be created says whether the capacity is one too many or one
// too few.
int nextCapacity(int capacity, int created, const Sizing &limits);

} // namespace QNetPool
