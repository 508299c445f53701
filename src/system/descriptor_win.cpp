// SPDX-License-Identifier: BSD-3-Clause
#include "descriptor.h"

#include "systemaddress.h"

#include <mstcpip.h>

#include <algorithm>
#include <cstring>

namespace QNetPool {

namespace {

int socketOption(qintptr descriptor, int option) // -1: it is no socket
{
    int value = 0;
    int size = sizeof value;
    return ::getsockopt(SOCKET(descriptor), SOL_SOCKET, option, reinterpret_cast<char *>(&value), &size) == 0 ? value : -1;
}

qint64 transferred(int count)
{
    if (count >= 0)
        return count;
    return ::WSAGetLastError() == WSAEWOULDBLOCK ? NotNow : Broken;
}

template<typename Call> QHostAddress addressFrom(Call call, qintptr descriptor)
{
    sockaddr_storage address{};
    int size = sizeof address;
    if (call(SOCKET(descriptor), reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return {};
    return QHostAddress(reinterpret_cast<const sockaddr *>(&address));
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

quint64 socketNumber(qintptr)
{
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
    const int size = toSystem(address, 0, &system);
    if (size == 0)
        return true;
    const SOCKET made = ::socket(system.ss_family, SOCK_STREAM, IPPROTO_TCP);
    const Descriptor descriptor(made == INVALID_SOCKET ? -1 : qintptr(made));
    return !descriptor.isValid() || ::bind(made, reinterpret_cast<const sockaddr *>(&system), size) == 0
            || ::WSAGetLastError() != WSAEADDRNOTAVAIL;
}

bool setKeepAlive(qintptr descriptor, std::chrono::milliseconds period)
{
    tcp_keepalive requested{};
    requested.onoff = period.count() > 0;
    requested.keepalivetime = requested.keepaliveinterval = ULONG(std::clamp<qint64>(period.count(), 1000, 32767000));
    DWORD written = 0;
    return ::WSAIoctl(SOCKET(descriptor), SIO_KEEPALIVE_VALS, &requested, sizeof requested, nullptr, 0, &written, nullptr,
                      nullptr)
            == 0;
}

bool setUserTimeout(qintptr descriptor, std::chrono::milliseconds time)
{
    // Windows takes 0 literally; by default it retransmits five times.
    if (time.count() == 0)
        return true;
    const auto seconds = DWORD(std::chrono::ceil<std::chrono::seconds>(time).count());
    return ::setsockopt(SOCKET(descriptor), IPPROTO_TCP, TCP_MAXRT, reinterpret_cast<const char *>(&seconds), sizeof seconds)
            == 0;
}

Acceptance acceptConnection(qintptr listening)
{
    sockaddr_storage address{};
    int size = sizeof address;
    auto *peer = reinterpret_cast<sockaddr *>(&address);
    const SOCKET descriptor = ::accept(SOCKET(listening), peer, &size);
    if (descriptor != INVALID_SOCKET) {
        setNonBlocking(qintptr(descriptor));
        return {Acceptance::Accepted, qintptr(descriptor), QHostAddress(peer), {}};
    }
    const int error = ::WSAGetLastError();
    switch (error) {
    case WSAEWOULDBLOCK:
        return {};
    case WSAECONNRESET:
        return {Acceptance::PeerLeft, -1, {}, {}};
    case WSAEMFILE:
    case WSAENOBUFS:
        return {Acceptance::Exhausted, -1, {}, qt_error_string(error)};
    default:
        return {Acceptance::Failed, -1, {}, qt_error_string(error)};
    }
}

void resetOnClose(qintptr descriptor)
{
    const linger reset{1, 0};
    ::setsockopt(SOCKET(descriptor), SOL_SOCKET, SO_LINGER, reinterpret_cast<const char *>(&reset), sizeof reset);
}

bool isInReserve(qintptr)
{
    return false;
}

bool canOpenSome()
{
    return true;
}

bool canOpenSomeBelowReserve()
{
    return true;
}

Descriptor duplicate(const Descriptor &)
{
    return {};
}

void closeDescriptor(qintptr descriptor)
{
    ::closesocket(SOCKET(descriptor));
}

ConnectStart beginConnect(const QHostAddress &address, quint16 port)
{
    sockaddr_storage system{};
    const int size = toSystem(address, port, &system);
    const SOCKET made = ::WSASocketW(system.ss_family, SOCK_STREAM, IPPROTO_TCP, nullptr, 0,
                                     WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    Descriptor descriptor(made == INVALID_SOCKET ? -1 : qintptr(made));
    if (descriptor.isValid() && setNonBlocking(descriptor.value())
        && (::connect(made, reinterpret_cast<const sockaddr *>(&system), size) == 0
            || ::WSAGetLastError() == WSAEWOULDBLOCK))
        return {std::move(descriptor), {}, false};
    const int error = ::WSAGetLastError();
    return {{}, qt_error_string(error), error == WSAEMFILE || error == WSAENOBUFS};
}

QString connectError(qintptr descriptor)
{
    int error = 0;
    int size = sizeof error;
    if (::getsockopt(SOCKET(descriptor), SOL_SOCKET, SO_ERROR, reinterpret_cast<char *>(&error), &size) != 0)
        error = ::WSAGetLastError();
    return error ? qt_error_string(error) : QString();
}

bool isConnectedToItself(qintptr descriptor)
{
    sockaddr_storage here{};
    sockaddr_storage there{};
    int sizeHere = sizeof here;
    int sizeThere = sizeof there;
    const bool isIt = ::getsockname(SOCKET(descriptor), reinterpret_cast<sockaddr *>(&here), &sizeHere) == 0
            && ::getpeername(SOCKET(descriptor), reinterpret_cast<sockaddr *>(&there), &sizeThere) == 0
            && std::memcmp(&here, &there, sizeof here) == 0;
    if (isIt)
        resetOnClose(descriptor);
    return isIt;
}

bool setNonBlocking(qintptr descriptor)
{
    u_long isNonBlocking = 1;
    return ::ioctlsocket(SOCKET(descriptor), FIONBIO, &isNonBlocking) == 0;
}

void setCloseOnExec(qintptr descriptor)
{
    ::SetHandleInformation(HANDLE(descriptor), HANDLE_FLAG_INHERIT, 0);
}

bool setLowDelay(qintptr descriptor)
{
    const BOOL requested = TRUE;
    return ::setsockopt(SOCKET(descriptor), IPPROTO_TCP, TCP_NODELAY, reinterpret_cast<const char *>(&requested),
                        sizeof requested)
            == 0;
}

qint64 receive(qintptr descriptor, char *bytes, qint64 size)
{
    return transferred(::recv(SOCKET(descriptor), bytes, int(size), 0));
}

qint64 peek(qintptr descriptor, char *bytes, qint64 size)
{
    return transferred(::recv(SOCKET(descriptor), bytes, int(size), MSG_PEEK));
}

qint64 send(qintptr descriptor, const char *bytes, qint64 size)
{
    return transferred(::send(SOCKET(descriptor), bytes, int(size), 0));
}

QString lastSystemError()
{
    return qt_error_string(::WSAGetLastError());
}

} // namespace QNetPool
