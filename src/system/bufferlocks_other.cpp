// SPDX-License-Identifier: BSD-3-Clause
#include "bufferlocks.h"

namespace QNetPool {

// Only Linux reports whether a size was set explicitly.
int lockedBuffers(qintptr) noexcept
{
    return 0;
}

bool unlockBuffers(qintptr, int) noexcept
{
    return false;
}

} // namespace QNetPool
