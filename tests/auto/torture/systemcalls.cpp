// SPDX-License-Identifier: BSD-3-Clause
#include "systemcalls.h"

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace SystemCalls;
using Clock = std::chrono::steady_clock;

std::atomic<bool> isCounting = false;
std::array<std::atomic<int>, CallCount> counts;
std::atomic<int> failures = 0;
Failure wanted; // constant while it counts
std::atomic<Clock::rep> outageEnds = 0;
thread_local bool isIgnored = false;

// The code of a library.
class Code
{
public:
    explicit Code(const char *library) : m_library(library) { dl_iterate_phdr(&Code::find, this); }
    bool contains(const void *address) const
    {
        const auto at = reinterpret_cast<ElfW(Addr)>(address);
        return at >= m_begin && at < m_end;
    }

private:
    static int find(dl_phdr_info *info, std::size_t, void *data)
    {
        auto *self = static_cast<Code *>(data);
        if (!std::strstr(info->dlpi_name, self->m_library))
            return 0;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
            const ElfW(Phdr) &segment = info->dlpi_phdr[i];
            if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X))
                continue;
            self->m_begin = info->dlpi_addr + segment.p_vaddr;
            self->m_end = self->m_begin + segment.p_memsz;
            return 1;
        }
        return 0;
    }

    const char *const m_library;
    ElfW(Addr) m_begin = 0;
    ElfW(Addr) m_end = 0;
};

bool isCounted(Call call, const void *caller)
{
    static const Code pool("/libQNetPool.");
    static const Code qt("/libQt6Network.");
    // When fcntl() fails, which it does for no valid descriptor, QAbstractSocket::setSocketDescriptor() closes it; when anything
    // else fails, it does not, and it does not tell.
    return pool.contains(caller) || (call != Control && qt.contains(caller));
}

bool isInOutage()
{
    const Clock::rep end = outageEnds;
    return end && Clock::now().time_since_epoch().count() < end;
}

// What becomes of a call: 0, it is made; OneByte; else it fails with this errno.
int verdict(Call call, const void *caller)
{
    if (!isCounting.load(std::memory_order_acquire) || isIgnored || !isCounted(call, caller))
        return 0;
    const int number = ++counts[call];
    if (call != wanted.call || wanted.number == 0)
        return 0;
    if (number == wanted.number && wanted.outage.count() > 0)
        outageEnds = (Clock::now() + wanted.outage).time_since_epoch().count();
    if (number != wanted.number && !isInOutage())
        return 0;
    ++failures;
    return wanted.error;
}

bool fails(int error)
{
    if (error > 0)
        errno = error;
    return error > 0;
}

template<typename Function> Function *following(const char *name)
{
    return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

} // namespace

namespace SystemCalls {

const std::vector<int> &errorsOf(Call call)
{
    static const std::array<std::vector<int>, CallCount> errors{{
            {EMFILE, ENFILE, ENOBUFS, ENOMEM}, // socket
            {ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL, ETIMEDOUT, EAGAIN}, // connect
            {EADDRINUSE, EACCES}, // bind
            {EADDRINUSE}, // listen
            {EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EPROTO, EPERM, EINTR, EAGAIN}, // accept4
            {EMFILE, ENFILE, ENOMEM}, // epoll_create1
            {ENOMEM, ENOSPC}, // epoll_ctl
            {EINTR}, // epoll_wait
            {EINTR, ENOMEM}, // poll
            {EINVAL, ENOPROTOOPT, ENOMEM}, // setsockopt
            {ENOPROTOOPT, ENOBUFS}, // getsockopt
            {ENOTCONN, ENOBUFS}, // getpeername
            {ENOBUFS}, // getsockname
            {EINVAL}, // fcntl
            {ENOTTY}, // ioctl
            {ECONNRESET, ETIMEDOUT, EINTR, EAGAIN, OneByte}, // recv
            {ECONNRESET, ETIMEDOUT, EINTR, EAGAIN, OneByte}, // read
            {ECONNRESET, EPIPE, ENOBUFS, EINTR, EAGAIN, OneByte}, // send
            {ECONNRESET, EPIPE, EINTR, EAGAIN, OneByte}, // write
    }};
    return errors[call];
}

void begin(const Failure &failure)
{
    wanted = failure;
    for (std::atomic<int> &count : counts)
        count = 0;
    failures = 0;
    outageEnds = 0;
    isCounting.store(true, std::memory_order_release);
}

void end()
{
    isCounting = false;
}

std::array<int, CallCount> counted()
{
    std::array<int, CallCount> result;
    std::copy(counts.begin(), counts.end(), result.begin());
    return result;
}

int failed()
{
    return failures;
}

void ignoreThisThread()
{
    isIgnored = true;
}

} // namespace SystemCalls

// --- The functions themselves ------------------------------------------------------------------------------------------

#define CALLER __builtin_return_address(0)

#pragma GCC visibility push(default)
extern "C" {

int socket(int domain, int type, int protocol) noexcept
{
    static auto *const real = following<int(int, int, int)>("socket");
    return fails(verdict(Socket, CALLER)) ? -1 : real(domain, type, protocol);
}

int connect(int descriptor, const sockaddr *address, socklen_t size)
{
    static auto *const real = following<int(int, const sockaddr *, socklen_t)>("connect");
    return fails(verdict(Connect, CALLER)) ? -1 : real(descriptor, address, size);
}

int bind(int descriptor, const sockaddr *address, socklen_t size) noexcept
{
    static auto *const real = following<int(int, const sockaddr *, socklen_t)>("bind");
    return fails(verdict(Bind, CALLER)) ? -1 : real(descriptor, address, size);
}

int listen(int descriptor, int backlog) noexcept
{
    static auto *const real = following<int(int, int)>("listen");
    return fails(verdict(Listen, CALLER)) ? -1 : real(descriptor, backlog);
}

int accept4(int descriptor, sockaddr *address, socklen_t *size, int flags)
{
    static auto *const real = following<int(int, sockaddr *, socklen_t *, int)>("accept4");
    return fails(verdict(Accept, CALLER)) ? -1 : real(descriptor, address, size, flags);
}

int epoll_create1(int flags) noexcept
{
    static auto *const real = following<int(int)>("epoll_create1");
    return fails(verdict(EpollCreate, CALLER)) ? -1 : real(flags);
}

int epoll_ctl(int epoll, int operation, int descriptor, epoll_event *event) noexcept
{
    static auto *const real = following<int(int, int, int, epoll_event *)>("epoll_ctl");
    return fails(verdict(EpollControl, CALLER)) ? -1 : real(epoll, operation, descriptor, event);
}

int epoll_wait(int epoll, epoll_event *events, int size, int timeout)
{
    static auto *const real = following<int(int, epoll_event *, int, int)>("epoll_wait");
    return fails(verdict(EpollWait, CALLER)) ? -1 : real(epoll, events, size, timeout);
}

int poll(pollfd *descriptors, nfds_t count, int timeout)
{
    static auto *const real = following<int(pollfd *, nfds_t, int)>("poll");
    return fails(verdict(Poll, CALLER)) ? -1 : real(descriptors, count, timeout);
}

int setsockopt(int descriptor, int level, int option, const void *value, socklen_t size) noexcept
{
    static auto *const real = following<int(int, int, int, const void *, socklen_t)>("setsockopt");
    return fails(verdict(SetOption, CALLER)) ? -1 : real(descriptor, level, option, value, size);
}

int getsockopt(int descriptor, int level, int option, void *value, socklen_t *size) noexcept
{
    static auto *const real = following<int(int, int, int, void *, socklen_t *)>("getsockopt");
    return fails(verdict(GetOption, CALLER)) ? -1 : real(descriptor, level, option, value, size);
}

int getpeername(int descriptor, sockaddr *address, socklen_t *size) noexcept
{
    static auto *const real = following<int(int, sockaddr *, socklen_t *)>("getpeername");
    return fails(verdict(PeerName, CALLER)) ? -1 : real(descriptor, address, size);
}

int getsockname(int descriptor, sockaddr *address, socklen_t *size) noexcept
{
    static auto *const real = following<int(int, sockaddr *, socklen_t *)>("getsockname");
    return fails(verdict(SocketName, CALLER)) ? -1 : real(descriptor, address, size);
}

// Its argument, where there is one, is an int or a pointer: in the same register.
int fcntl(int descriptor, int command, ...)
{
    static auto *const real = following<int(int, int, ...)>("fcntl");
    std::va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return fails(verdict(Control, CALLER)) ? -1 : real(descriptor, command, argument);
}

int ioctl(int descriptor, unsigned long request, ...) noexcept
{
    static auto *const real = following<int(int, unsigned long, ...)>("ioctl");
    std::va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return fails(verdict(IoControl, CALLER)) ? -1 : real(descriptor, request, argument);
}

ssize_t recv(int descriptor, void *bytes, size_t size, int flags)
{
    static auto *const real = following<ssize_t(int, void *, size_t, int)>("recv");
    const int error = verdict(Receive, CALLER);
    return fails(error) ? -1 : real(descriptor, bytes, error == OneByte ? 1 : size, flags);
}

ssize_t read(int descriptor, void *bytes, size_t size)
{
    static auto *const real = following<ssize_t(int, void *, size_t)>("read");
    const int error = verdict(Read, CALLER);
    return fails(error) ? -1 : real(descriptor, bytes, error == OneByte ? 1 : size);
}

ssize_t send(int descriptor, const void *bytes, size_t size, int flags)
{
    static auto *const real = following<ssize_t(int, const void *, size_t, int)>("send");
    const int error = verdict(Send, CALLER);
    return fails(error) ? -1 : real(descriptor, bytes, error == OneByte ? 1 : size, flags);
}

ssize_t write(int descriptor, const void *bytes, size_t size)
{
    static auto *const real = following<ssize_t(int, const void *, size_t)>("write");
    const int error = verdict(Write, CALLER);
    return fails(error) ? -1 : real(descriptor, bytes, error == OneByte ? 1 : size);
}

} // extern "C"
#pragma GCC visibility pop
