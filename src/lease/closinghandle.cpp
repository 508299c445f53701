// SPDX-License-Identifier: BSD-3-Clause
#include "closinghandle.h"

#include "socketguard.h"

namespace QNetPool {

void ClosingHandle::close()
{
    descriptor = {};
    if (socket)
        SocketGuard::close(std::exchange(socket, nullptr));
}

} // namespace QNetPool
