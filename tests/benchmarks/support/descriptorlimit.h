// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QtGlobal>

#include <sys/resource.h>

// As many descriptors as this process may have. Fatal if those are fewer than it needs.
inline void raiseDescriptorLimit(rlim_t needed)
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < needed)
        qFatal("%llu descriptors are needed: see ulimit -Hn", static_cast<unsigned long long>(needed));
}
