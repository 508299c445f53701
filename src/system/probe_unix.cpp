// SPDX-License-Identifier: BSD-3-Clause
#include "probe.h"

#include <cerrno>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace QNetPool {

namespace {

ssize_t peek(qintptr descriptor) noexcept
{
    char byte;
    ssize_t got;
    do
        got = ::recv(int(descriptor), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    return got;
}

} // namespace

bool hasUnreadBytes(qintptr descriptor) noexcept
{
    return peek(descriptor) > 0;
}

qint64 countUnreadBytes(qintptr descriptor) noexcept
{
    int bytes = 0;
    return ::ioctl(int(descriptor), FIONREAD, &bytes) == 0 ? bytes : 0;
}

ProbeResult probe(qintptr descriptor) noexcept
{
    // The cheapest system call first, as nearly every connection is quiet.
    const ssize_t got = peek(descriptor);
    if (got == 0)
        return ProbeResult::Finished;
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? ProbeResult::Quiet : ProbeResult::Dead;
#ifdef POLLRDHUP
    // poll() sees the FIN or the reset behind unread bytes, which recv() cannot.
    pollfd state{int(descriptor), POLLIN | POLLRDHUP, 0};
    int ready;
    do
        ready = ::poll(&state, 1, 0);
    while (ready < 0 && errno == EINTR);
    if (ready < 0 || (state.revents & (POLLERR | POLLNVAL)))
        return ProbeResult::Dead;
    if (state.revents & (POLLRDHUP | POLLHUP))
        return ProbeResult::Finished;
#endif
    return ProbeResult::Readable;
}

} // namespace QNetPool
