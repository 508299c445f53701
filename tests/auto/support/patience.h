// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "short.h"

#include <QtTest/QTest>

// QtTest's five seconds for a condition that is given no time are too few under valgrind on a busy machine.
#undef QTRY_VERIFY
#define QTRY_VERIFY(condition) QTRY_VERIFY_WITH_TIMEOUT((condition), longer(5000))

#undef QTRY_COMPARE
#define QTRY_COMPARE(actual, expected) QTRY_COMPARE_WITH_TIMEOUT((actual), expected, longer(5000))
