// SPDX-License-Identifier: BSD-3-Clause
#include "kerneloptions.h"

#include "bufferlocks.h"
#include "descriptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace QNetPool {

namespace {

struct Option
{
    int level;
    int name;
};

constexpr Option Options[] = {
        {SOL_SOCKET, SO_LINGER},         {IPPROTO_TCP, TCP_KEEPINTVL}, {IPPROTO_TCP, TCP_KEEPCNT},
#ifdef TCP_KEEPIDLE
        {IPPROTO_TCP, TCP_KEEPIDLE},
#endif
#ifdef TCP_USER_TIMEOUT
        {IPPROTO_TCP, TCP_USER_TIMEOUT},
#endif
#ifdef TCP_CORK
        {IPPROTO_TCP, TCP_CORK},
#endif
};

// The kernel doubles what is set.
#ifdef __linux__
constexpr int Doubling = 2;
#else
constexpr int Doubling = 1;
#endif
constexpr Option Buffers[] = {{SOL_SOCKET, SO_RCVBUF}, {SOL_SOCKET, SO_SNDBUF}};

std::array<int, 2> valueOf(qintptr descriptor, Option option, socklen_t *size)
{
    std::array<int, 2> value{};
    *size = sizeof value;
    ::getsockopt(int(descriptor), option.level, option.name, value.data(), size);
    return value;
}

bool put(qintptr descriptor, Option option, std::array<int, 2> before, int doubling = 1)
{
    socklen_t size = 0;
    if (valueOf(descriptor, option, &size) == before)
        return true;
    std::array<int, 2> value = before;
    value[0] /= doubling;
    ::setsockopt(int(descriptor), option.level, option.name, value.data(), size);
    return valueOf(descriptor, option, &size) == before;
}

} // namespace

KernelOptions::KernelOptions(qintptr descriptor) : m_bufferLocks(lockedBuffers(descriptor))
{
    socklen_t size = 0;
    for (const Option option : Options)
        m_values.append(valueOf(descriptor, option, &size));
    for (const Option option : Buffers)
        m_values.append(valueOf(descriptor, option, &size));
}

bool KernelOptions::restore(qintptr descriptor) const
{
    bool isRestored = setNonBlocking(descriptor) && ::fcntl(int(descriptor), F_SETFD, FD_CLOEXEC) == 0;
    const Value *before = m_values.begin();
    for (const Option option : Options)
        isRestored &= put(descriptor, option, *before++);
    const int locks = lockedBuffers(descriptor);
    if (locks == 0 && m_bufferLocks == 0)
        return isRestored; // the kernel has tuned them, or does not tell
    for (const Option option : Buffers)
        isRestored &= put(descriptor, option, *before++, Doubling) || m_bufferLocks == 0; // it goes on tuning
    return isRestored && (lockedBuffers(descriptor) == m_bufferLocks || unlockBuffers(descriptor, m_bufferLocks));
}

} // namespace QNetPool
