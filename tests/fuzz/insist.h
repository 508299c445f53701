// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QString>

#include <cstdio>
#include <cstdlib>

// What must hold whatever the peer does: the fuzzer takes an abort for a finding.
inline void insist(bool holds, const char *what, const QString &details = {})
{
    if (holds)
        return;
    std::fprintf(stderr, "It does not hold that %s. %s\n", what, qPrintable(details));
    std::abort();
}
