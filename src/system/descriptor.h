// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qhostaddress.h>

#include <chrono>
#include <utility>

namespace QNetPool {

// Operations on a bare descriptor for which Qt has no portable function.

// Whether it is a TCP socket, and whether one that listens: an application may pass any descriptor.
bool isTcpSocket(qintptr descriptor);
bool isListening(qintptr descriptor);

// The number that the system has given a socket, unlike a descriptor's never again; 0: it is none, or has none here.
quint64 socketNumber(qintptr descriptor);

// The peer's address; null if it is not known (any more).
QHostAddress peerAddress(qintptr descriptor);

// The local address; null if it is not known. An address is on this host if a socket can be bound to it: the interfaces'
// addresses lack those that only a route makes local, such as 127.0.0.2. In doubt it is on this host.
QHostAddress localAddress(qintptr descriptor);
bool isOnThisHost(const QHostAddress &address);

// TCP probes a connection that was silent for the period, up to three times, a period apart. 0 disables this.
bool setKeepAlive(qintptr descriptor, std::chrono::milliseconds period);

// How long sent bytes may stay unacknowledged before TCP gives up the connection, where the system supports it. 0 leaves it
// to the system.
bool setUserTimeout(qintptr descriptor, std::chrono::milliseconds time);

// The result of accept() on a listening, non-blocking descriptor.
struct Acceptance
{
    enum Result { Accepted, NothingThere, PeerLeft, Exhausted, Failed };
    Result result = NothingThere;
    qintptr descriptor = -1;
    QHostAddress peer; // of Accepted
    QString cause; // of Exhausted (out of descriptors or memory) and Failed
};
Acceptance acceptConnection(qintptr listening);

void closeDescriptor(qintptr descriptor);

// When it is closed, the peer gets a reset: it must not take what has arrived for all that was to come.
void resetOnClose(qintptr descriptor);

// The last numbers that the process's limit allows are left to the application: where a thread needs an event dispatcher, and
// there is no descriptor for one, Qt ends the process. A system without such a limit has no reserve.
bool isInReserve(qintptr descriptor);
inline QString onlyReserveIsLeft()
{
    return QStringLiteral("the process's last descriptors are left to the application: raise its limit");
}
inline QString noneIsLeft()
{
    return QStringLiteral("the process has no descriptor left: raise its limit");
}
bool canOpenSome(); // descriptors: as many as an event dispatcher may need
bool canOpenSomeBelowReserve(); // likewise

// Owns a descriptor.
class Descriptor
{
public:
    Descriptor() = default;
    explicit Descriptor(qintptr value) noexcept : m_value(value) { }
    Descriptor(Descriptor &&other) noexcept : m_value(other.release()) { }
    Descriptor &operator=(Descriptor other) noexcept
    {
        std::swap(m_value, other.m_value);
        return *this;
    }
    ~Descriptor()
    {
        if (isValid())
            closeDescriptor(m_value);
    }

    bool isValid() const noexcept { return m_value >= 0; }
    qintptr value() const noexcept { return m_value; }
    qintptr release() noexcept { return std::exchange(m_value, -1); }

private:
    qintptr m_value = -1;
};

// A non-blocking TCP connect: finished once the descriptor is writable. Invalid: it failed at once.
struct ConnectStart
{
    Descriptor descriptor;
    QString cause; // if it is invalid
    bool isExhausted = false; // out of descriptors or memory
};
ConnectStart beginConnect(const QHostAddress &address, quint16 port);
QString connectError(qintptr descriptor); // of a finished connect; empty: connected

// On a port of this host where nothing listens, TCP may choose that very port for its own end, and connect to itself. If so,
// it will be reset when it is closed, so that who should listen there can do so at once.
bool isConnectedToItself(qintptr descriptor);

// The same open file under the lowest number that is free; invalid if there is none.
Descriptor duplicate(const Descriptor &descriptor);

bool setNonBlocking(qintptr descriptor);
void setCloseOnExec(qintptr descriptor); // so that programs that the application starts do not keep the connection open
bool setLowDelay(qintptr descriptor); // small writes are sent at once

// Non-blocking transfers return a number of bytes, or one of these.
enum Transfer : qint64 { Ended = 0, NotNow = -1, Broken = -2 };
qint64 receive(qintptr descriptor, char *bytes, qint64 size);
qint64 peek(qintptr descriptor, char *bytes, qint64 size); // as receive(), and they stay unread
qint64 send(qintptr descriptor, const char *bytes, qint64 size);
QString lastSystemError(); // the cause of Broken

} // namespace QNetPool
