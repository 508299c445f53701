// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <qnetpool/connectionid.h>

#include <memory>

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

class LeaseOwner;
class SocketGuard;
class ThreadMailbox;

// A connection in its holder's hands. Its address is stable: a Connection is a pointer to it. The members belong to whom the
// connection belongs to: to its owner, under the owner's lock, while it is idle, and to one holder while it is leased.
struct Lease
{
    ConnectionId id;
    QTcpSocket *socket = nullptr; // null again when the holder deletes it
    SocketGuard *guard = nullptr;
    qintptr descriptor = -1;
    bool isBare = false; // plain TCP that nobody has used yet: the descriptor is no socket's so far
    bool encrypted = false;
    bool hasBytes = false; // bytes for the next holder were seen: watched for the hang-up alone
    bool isUsed = false; // its holder has had the socket
    std::shared_ptr<ThreadMailbox> mailbox; // of the thread in which it lives, while a holder uses it
    std::size_t mailboxIndex = 0; // among the leases of that thread
    std::shared_ptr<LeaseOwner> owner; // while leased: a lease may outlive the pool
};

// What a connection is like when its lease ends.
enum class Condition {
    Untouched, // the holder has not had the socket: nothing was looked at yet
    Fit, // nothing is left of the holder, and it is parked
    Unfit, // not connected, out of step, or not restorable
    Deleted, // the holder has deleted the socket
};

// Who lends connections: what a lease tells it, in the holder's thread and without a lock held.
class LeaseOwner
{
public:
    virtual ~LeaseOwner() = default;
    virtual void takeBack(Lease *lease, Condition condition) = 0;
    virtual void discard(Lease *lease) = 0;
    virtual void detach(Lease *lease, bool hasSocket) = 0; // its socket is the holder's for good
    virtual QString noteFirstUse(Lease *lease) = 0; // returns the name that the new socket's peer is to have
    virtual void noteUse(Lease *lease) = 0; // it is in the calling thread from now on
};

// The holder's verbs, in the holder's thread.
QTcpSocket *socketOf(Lease *lease); // in the calling thread from now on
void giveBack(Lease *lease);
void discard(Lease *lease);
std::unique_ptr<QTcpSocket> detach(Lease *lease);

// What those are made of, for who has a connection's socket checked before it is handed out.
bool refit(Lease *lease); // whether the next holder can have it, with nothing of this one left; it stays in this thread
void leaveMailbox(Lease *lease); // nobody posts to it any more
void park(Lease *lease); // from a holder's thread into none, ready for the next one

} // namespace QNetPool
