// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/connectionid.h>

#include <memory>

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

class LeaseOwner;
class SocketGuard;
class ThreadMailbox;

// A connection as its holder sees it. Its address is stable: a Connection is a pointer to it. Its members may be used by the
// owner, under the owner's lock, while the connection is idle, and by the holder alone while it is leased.
struct Lease
{
    ConnectionId id;
    QTcpSocket *socket = nullptr; // null while isBare, and once the holder has deleted it
    SocketGuard *guard = nullptr;
    qintptr descriptor = -1;
    bool isBare = false; // a plain TCP descriptor that has no socket before its first use
    bool encrypted = false;
    bool hasBytes = false; // bytes for the next holder have arrived: only the hang-up is watched
    bool isUsed = false; // the holder has called socket()
    bool isWarnedOf = false; // socket() was called in another thread than the first time
    std::shared_ptr<ThreadMailbox> mailbox; // of the thread in which the socket lives, while a holder uses it
    std::size_t mailboxIndex = 0;
    std::shared_ptr<LeaseOwner> owner; // while leased: a lease may outlive the pool
};

// A connection's condition when its lease ends.
enum class Condition {
    Untouched, // the holder has not called socket(); not inspected yet
    Fit, // restored for the next holder, and parked
    AwaitsAnswer, // as Fit, but nothing has arrived since the holder's last bytes: an answer may come yet
    Unfit, // not connected, with bytes unread or unsent, or not restorable
    Deleted, // the holder has deleted the socket
};

// How a lease has ended.
enum class LeaseEnd {
    GivenBack, // by giveBack(): the holder's word that the connection is in step
    ByItself, // its Connection was destroyed, or got another lease
    Unwinding, // as ByItself, while an exception unwinds the stack
};

// Who lends connections. Called in the holder's thread, without a lock held.
class LeaseOwner
{
public:
    virtual ~LeaseOwner() = default;
    virtual void takeBack(Lease *lease, Condition condition, LeaseEnd end) = 0;
    virtual void discard(Lease *lease) = 0;
    virtual void detach(Lease *lease, bool hasSocket) = 0; // hasSocket: false if the holder has deleted it
    virtual QString noteFirstUse(Lease *lease) = 0; // returns the new socket's peerName()
    virtual void noteUse(Lease *lease) = 0; // in the thread in which the socket lives from now on
    virtual void warnOfOtherThread(const Lease *lease, const QString &home) const = 0; // than home, in which it lives
};

// What Connection's functions do, in the holder's thread.
QTcpSocket *socketOf(Lease *lease); // the first call decides the thread in which it lives
void giveBack(Lease *lease);
void endByItself(Lease *lease);
void discard(Lease *lease);
std::unique_ptr<QTcpSocket> detach(Lease *lease);

// Steps of these, which a check needs as well.
bool refit(Lease *lease); // restores the socket for the next holder; false: it is not fit for one
void leaveMailbox(Lease *lease); // nothing is posted for it any more
void park(Lease *lease); // from a holder's thread into none

} // namespace QNetPool
