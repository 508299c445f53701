// SPDX-License-Identifier: BSD-3-Clause
#include "lease/socketoptions.h"

namespace QNetPool {

// No system but Linux tells whether a size was set by hand.
int lockedBuffers(qintptr) noexcept
{
    return 0;
}

bool unlockBuffers(qintptr, int) noexcept
{
    return false;
}

} // namespace QNetPool
