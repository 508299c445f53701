// SPDX-License-Identifier: BSD-3-Clause
#include "bufferlocks.h"

#include <sys/socket.h>

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72 // Linux 5.14; the C library's headers are often older than the kernel
#endif

namespace QNetPool {

int lockedBuffers(qintptr descriptor) noexcept
{
    int locks = 0;
    socklen_t size = sizeof locks;
    if (::getsockopt(int(descriptor), SOL_SOCKET, SO_BUF_LOCK, &locks, &size) != 0)
        return 0; // an older kernel: unknown, and not restored
    return locks;
}

bool unlockBuffers(qintptr descriptor, int locks) noexcept
{
    return ::setsockopt(int(descriptor), SOL_SOCKET, SO_BUF_LOCK, &locks, sizeof locks) == 0;
}

} // namespace QNetPool
