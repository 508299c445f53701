// SPDX-License-Identifier: BSD-3-Clause
#include "descriptor.h"

#include "peerbudget.h"
#include "systemaddress.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#ifdef Q_OS_LINUX
#include <sys/stat.h>
#endif
#include <unistd.h>

namespace QNetPool {

namespace {

bool setOption(qintptr descriptor, int level, int option, int value)
{
    return ::setsockopt(int(descriptor), level, option, &value, sizeof value) == 0;
}

int socketOption(qintptr descriptor, int option) // -1: it is no socket
{
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(int(descriptor), SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

template<typename Call> qint64 transferred(Call call)
{
    ssize_t count;
    do
        count = call();
    while (count < 0 && errno == EINTR);
    if (count >= 0)
        return count;
    return errno == EAGAIN || errno == EWOULDBLOCK ? NotNow : Broken;
}

Descriptor makeSocket(int family) // non-blocking
{
#if defined(SOCK_CLOEXEC)
    Descriptor descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
#else
    Descriptor descriptor(::socket(family, SOCK_STREAM, 0));
    if (descriptor.isValid()) {
        setCloseOnExec(descriptor.value());
        setNonBlocking(descriptor.value());
    }
#endif
#ifdef SO_NOSIGPIPE
    if (descriptor.isValid())
        setOption(descriptor.value(), SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
    return descriptor;
}

template<typename Call> QHostAddress addressFrom(Call call, qintptr descriptor)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (call(int(descriptor), reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return {};
    return QHostAddress(reinterpret_cast<const sockaddr *>(&address));
}

bool isExhaustion(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

} // namespace

bool isTcpSocket(qintptr descriptor)
{
    return socketOption(descriptor, SO_TYPE) == SOCK_STREAM && !localAddress(descriptor).isNull();
}

bool isListening(qintptr descriptor)
{
    return isTcpSocket(descriptor) && socketOption(descriptor, SO_ACCEPTCONN) > 0;
}

quint64 socketNumber(qintptr descriptor)
{
#ifdef Q_OS_LINUX
    struct stat status
    {
    };
    if (::fstat(int(descriptor), &status) == 0 && S_ISSOCK(status.st_mode))
        return status.st_ino;
#else
    Q_UNUSED(descriptor)
#endif
    return 0;
}

QHostAddress peerAddress(qintptr descriptor)
{
    return addressFrom(&::getpeername, descriptor);
}

QHostAddress localAddress(qintptr descriptor)
{
    return addressFrom(&::getsockname, descriptor);
}

bool isOnThisHost(const QHostAddress &address)
{
    sockaddr_storage system{};
    const auto size = socklen_t(toSystem(address, 0, &system));
    if (size == 0)
        return true;
    const Descriptor descriptor = makeSocket(system.ss_family);
    return !descriptor.isValid() || ::bind(int(descriptor.value()), reinterpret_cast<const sockaddr *>(&system), size) == 0
            || (errno != EADDRNOTAVAIL && errno != ENODEV); // the interface of a link-local address is gone
}

bool setKeepAlive(qintptr descriptor, std::chrono::milliseconds period)
{
    if (period.count() <= 0)
        return setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 0);
    // Linux refuses more than 32767 s.
    const auto seconds = int(std::min<qint64>(std::chrono::ceil<std::chrono::seconds>(period).count(), 32767));
#ifdef TCP_KEEPIDLE
    const bool idle = setOption(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
#else // macOS
    const bool idle = setOption(descriptor, IPPROTO_TCP, TCP_KEEPALIVE, seconds);
#endif
    return idle && setOption(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, seconds)
            && setOption(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3) && setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
}

bool setUserTimeout(qintptr descriptor, std::chrono::milliseconds time)
{
#if defined(TCP_USER_TIMEOUT) // Linux
    return setOption(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, int(time.count()));
#elif defined(TCP_RXT_CONNDROPTIME) // macOS
    return setOption(descriptor, IPPROTO_TCP, TCP_RXT_CONNDROPTIME,
                     int(std::chrono::ceil<std::chrono::seconds>(time).count()));
#else
    return time.count() == 0;
#endif
}

Acceptance acceptConnection(qintptr listening)
{
    int descriptor;
    sockaddr_storage address{};
    auto *peer = reinterpret_cast<sockaddr *>(&address);
    do {
        socklen_t size = sizeof address;
#ifdef SOCK_CLOEXEC
        descriptor = ::accept4(int(listening), peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
        descriptor = ::accept(int(listening), peer, &size);
#endif
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor >= 0) {
#ifndef SOCK_CLOEXEC
        setCloseOnExec(descriptor);
        setNonBlocking(descriptor);
#endif
        return {Acceptance::Accepted, descriptor, QHostAddress(peer), {}};
    }
    switch (errno) {
    case EAGAIN:
#if EAGAIN != EWOULDBLOCK
    case EWOULDBLOCK:
#endif
        return {};
    case ECONNABORTED:
    case EPROTO:
        return {Acceptance::PeerLeft, -1, {}, {}};
    default:
        return {isExhaustion(errno) ? Acceptance::Exhausted : Acceptance::Failed, -1, {}, qt_error_string(errno)};
    }
}

void closeDescriptor(qintptr descriptor)
{
    ::close(int(descriptor));
}

void resetOnClose(qintptr descriptor)
{
    const linger reset{1, 0};
    ::setsockopt(int(descriptor), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

bool isInReserve(qintptr descriptor)
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return false;
    const rlim_t reserve = std::min<rlim_t>(limit.rlim_cur / PeerBudget::ReservedShare, PeerBudget::MostReserved);
    return rlim_t(descriptor) >= limit.rlim_cur - reserve;
}

// Returns the highest one; -1: there are not as many.
static int openSome()
{
    int ends[2];
    std::array<Descriptor, 4> opened;
    for (std::size_t i = 0; i < opened.size(); i += 2) {
        if (::pipe(ends) != 0)
            return -1;
        opened[i] = Descriptor(ends[0]);
        opened[i + 1] = Descriptor(ends[1]);
    }
    return std::max(ends[0], ends[1]);
}

bool canOpenSome()
{
    return openSome() >= 0;
}

bool canOpenSomeBelowReserve()
{
    const int highest = openSome();
    return highest >= 0 && !isInReserve(highest);
}

Descriptor duplicate(const Descriptor &descriptor)
{
    return Descriptor(::fcntl(int(descriptor.value()), F_DUPFD_CLOEXEC, 0));
}

ConnectStart beginConnect(const QHostAddress &address, quint16 port)
{
    sockaddr_storage system{};
    const auto size = socklen_t(toSystem(address, port, &system));
    Descriptor descriptor = makeSocket(system.ss_family);
    if (descriptor.isValid() && isInReserve(descriptor.value()))
        return {{}, onlyReserveIsLeft(), true};
    if (descriptor.isValid()
        && (::connect(int(descriptor.value()), reinterpret_cast<const sockaddr *>(&system), size) == 0
            || errno == EINPROGRESS))
        return {std::move(descriptor), {}, false};
    const int error = errno;
    return {{}, qt_error_string(error), isExhaustion(error)};
}

QString connectError(qintptr descriptor)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(int(descriptor), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    return error ? qt_error_string(error) : QString();
}

bool isConnectedToItself(qintptr descriptor)
{
    sockaddr_storage here{};
    sockaddr_storage there{};
    socklen_t sizeHere = sizeof here;
    socklen_t sizeThere = sizeof there;
    const bool isIt = ::getsockname(int(descriptor), reinterpret_cast<sockaddr *>(&here), &sizeHere) == 0
            && ::getpeername(int(descriptor), reinterpret_cast<sockaddr *>(&there), &sizeThere) == 0
            && std::memcmp(&here, &there, sizeof here) == 0;
    if (isIt)
        resetOnClose(descriptor);
    return isIt;
}

bool setNonBlocking(qintptr descriptor)
{
    const int flags = ::fcntl(int(descriptor), F_GETFL);
    return flags >= 0 && ((flags & O_NONBLOCK) || ::fcntl(int(descriptor), F_SETFL, flags | O_NONBLOCK) == 0);
}

void setCloseOnExec(qintptr descriptor)
{
    ::fcntl(int(descriptor), F_SETFD, FD_CLOEXEC);
}

bool setLowDelay(qintptr descriptor)
{
    return setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
}

qint64 receive(qintptr descriptor, char *bytes, qint64 size)
{
    return transferred([&] { return ::recv(int(descriptor), bytes, std::size_t(size), 0); });
}

qint64 peek(qintptr descriptor, char *bytes, qint64 size)
{
    return transferred([&] { return ::recv(int(descriptor), bytes, std::size_t(size), MSG_PEEK); });
}

qint64 send(qintptr descriptor, const char *bytes, qint64 size)
{
#ifdef MSG_NOSIGNAL
    constexpr int flags = MSG_NOSIGNAL;
#else
    constexpr int flags = 0;
#endif
    return transferred([&] { return ::send(int(descriptor), bytes, std::size_t(size), flags); });
}

QString lastSystemError()
{
    return qt_error_string(errno);
}

} // namespace QNetPool
