// SPDX-License-Identifier: BSD-3-Clause
#include "probe.h"

#include <winsock2.h>

namespace QNetPool {

namespace {

int peek(qintptr descriptor) noexcept
{
    // Qt's sockets are non-blocking, so this returns at once.
    char byte;
    return ::recv(SOCKET(descriptor), &byte, 1, MSG_PEEK);
}

} // namespace

bool hasUnreadBytes(qintptr descriptor) noexcept
{
    return peek(descriptor) > 0;
}

qint64 countUnreadBytes(qintptr descriptor) noexcept
{
    u_long bytes = 0;
    return ::ioctlsocket(SOCKET(descriptor), FIONREAD, &bytes) == 0 ? qint64(bytes) : 0;
}

ProbeResult probe(qintptr descriptor) noexcept
{
    const int got = peek(descriptor);
    if (got > 0)
        return ProbeResult::Readable;
    if (got == 0)
        return ProbeResult::Finished;
    return ::WSAGetLastError() == WSAEWOULDBLOCK ? ProbeResult::Quiet : ProbeResult::Dead;
}

} // namespace QNetPool
