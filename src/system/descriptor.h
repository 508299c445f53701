// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qhostaddress.h>

#include <chrono>
#include <utility>

namespace QNetPool {

// What the pool does to a bare descriptor, where Qt has no portable way.

// Who is at the other end; null if that is not known (any more). Needs no socket object.
QHostAddress peerAddress(qintptr descriptor);

// The end that is here; null if that is not known. An address is on this host if a socket can be bound to it: the list of the
// interfaces' addresses lacks those that are here by a route alone, 127.0.0.2 for one. In doubt it is.
QHostAddress localAddress(qintptr descriptor);
bool isOnThisHost(const QHostAddress &address);

// TCP probes a connection that was silent for the period, again after each period, three times. 0 switches probes off.
bool setKeepAlive(qintptr descriptor, std::chrono::milliseconds period);

// How long sent bytes may stay unacknowledged before TCP gives the connection up, where the system can be told; 0: as long as
// the system likes.
bool setUserTimeout(qintptr descriptor, std::chrono::milliseconds time);

// What came of an accept() on a listening, non-blocking descriptor.
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

// A TCP connect that does not wait: it has come to its end once the descriptor is writable. Invalid: it could not begin.
struct ConnectStart
{
    Descriptor descriptor;
    QString cause; // if it is invalid
    bool isExhausted = false; // the cause is that there are no descriptors or no memory
};
ConnectStart beginConnect(const QHostAddress &address, quint16 port);
QString connectError(qintptr descriptor); // how it ended; empty: connected

bool setNonBlocking(qintptr descriptor);
bool setLowDelay(qintptr descriptor); // small writes leave at once

// What a transfer came to that does not wait: a number of bytes, or one of these.
enum Transfer : qint64 { Ended = 0, NotNow = -1, Broken = -2 };
qint64 receive(qintptr descriptor, char *bytes, qint64 size);
qint64 peekByte(qintptr descriptor);
qint64 send(qintptr descriptor, const char *bytes, qint64 size);
QString lastSystemError(); // the cause of Broken

} // namespace QNetPool
