// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QtGlobal>

#include <algorithm>
#include <chrono>

// QNETPOOL_SHORT=1: everything takes ten or twenty times as long, as under valgrind, so there is to be less of it.
inline bool isShort()
{
    static const bool isSet = qEnvironmentVariableIntValue("QNETPOOL_SHORT") != 0;
    return isSet;
}

// A number that only makes a test more thorough.
inline int fewer(int count, int least = 1)
{
    return isShort() ? std::max(count / 10, least) : count;
}

// A time in which something honest must be done.
inline int longer(int milliseconds)
{
    return isShort() ? 40 * milliseconds : milliseconds; // machines that run valgrind do other things, too
}
inline std::chrono::milliseconds longer(std::chrono::milliseconds time)
{
    return std::chrono::milliseconds(longer(int(time.count())));
}
