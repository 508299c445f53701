// SPDX-License-Identifier: BSD-3-Clause
#include "lease.h"

#include "socketguard.h"
#include "system/descriptor.h"
#include "system/probe.h"
#include "threadmailbox.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qthread.h>
#include <QtNetwork/qtcpsocket.h>

namespace QNetPool {

namespace {

void forgetEndedThread(Lease *lease)
{
    if (lease->mailbox && lease->mailbox->hasEnded())
        lease->mailbox.reset();
}

void pullHere(Lease *lease)
{
    lease->guard->pull();
    lease->mailbox = ThreadMailbox::ofThisThread();
    lease->mailbox->add(lease);
}

// Its first use: the descriptor becomes a socket, in the holder's thread.
void createSocket(Lease *lease)
{
    if (!QAbstractEventDispatcher::instance())
        QEventLoop loop; // makes one: a socket that begins without would not hear of its descriptor in other threads either
    auto *socket = new PooledSocket<QTcpSocket>;
    Descriptor descriptor(lease->descriptor);
    if (socket->setSocketDescriptor(descriptor.value())) // else the peer has reset it
        descriptor.release();
    lease->isBare = false;
    SocketGuard::make(socket)->bindTo(lease);
    pullHere(lease);
    socket->setPeer(lease->owner->noteFirstUse(lease));
}

// Whether the lease's end has to wait or to happen in another thread: there is code of the socket's on this thread's call
// stack, or it lives elsewhere.
bool runElsewhere(Lease *lease, ThreadMailbox::Act act)
{
    forgetEndedThread(lease);
    if (!lease->mailbox || !lease->guard)
        return false;
    if (lease->mailbox->isHere()) {
        const bool isItsThread = lease->socket->thread() == QThread::currentThread(); // unless the holder has moved it
        if (!isItsThread || !lease->guard->isBusy())
            return false;
        lease->guard->whenQuiet([lease, act] { act(lease); });
        return true;
    }
    if (lease->mailbox->post(lease, act))
        return true;
    lease->mailbox.reset(); // that thread has ended
    return false;
}

// A used socket comes into the calling thread if the one where it was used has ended.
void pullFromEndedThread(Lease *lease)
{
    if (!lease->mailbox)
        pullHere(lease);
    else if (!lease->socket->thread())
        lease->guard->pull(); // this thread is ending, and has let go of it
    if (lease->socket->thread() == QThread::currentThread()) {
        // A holder that has called deleteLater() wants it gone.
        QCoreApplication::sendPostedEvents(lease->socket, QEvent::DeferredDelete);
    }
}

} // namespace

QTcpSocket *socketOf(Lease *lease)
{
    forgetEndedThread(lease);
    lease->isUsed = true;
    if (lease->isBare) {
        createSocket(lease);
    } else if (lease->socket && !lease->mailbox) {
        pullHere(lease);
        lease->owner->noteUse(lease);
        // Bytes that Qt has read already raise no notification any more, and the holder waits for one.
        if (lease->socket->bytesAvailable() > 0)
            QMetaObject::invokeMethod(lease->socket, &QIODevice::readyRead, Qt::QueuedConnection);
    }
    return lease->socket;
}

void giveBack(Lease *lease)
{
    if (runElsewhere(lease, &giveBack))
        return;
    const std::shared_ptr<LeaseOwner> owner = lease->owner;
    Condition condition = Condition::Untouched;
    if (lease->isUsed) {
        if (lease->socket)
            pullFromEndedThread(lease);
        if (!lease->socket)
            condition = Condition::Deleted;
        else
            condition = refit(lease) ? Condition::Fit : lease->socket ? Condition::Unfit : Condition::Deleted;
    }
    leaveMailbox(lease);
    if (condition == Condition::Fit)
        park(lease);
    owner->takeBack(lease, condition);
}

bool refit(Lease *lease)
{
    SocketGuard *guard = lease->guard;
    if (lease->socket->thread() != QThread::currentThread() || !guard->isSameConnection())
        return false; // or else its holder has moved it to where nobody else may touch it
    guard->sever();
    if (lease->encrypted && probe(lease->descriptor) == ProbeResult::Readable)
        guard->readNow(); // session tickets are not the holder's to read
    // Before the last of this holder's bytes leave: what comes after them is the peer's answer to the next one.
    if (guard->hasUnread() || probe(lease->descriptor) != ProbeResult::Quiet)
        return false;
    if (guard->hasUnsent())
        lease->socket->flush();
    return lease->socket->state() == QAbstractSocket::ConnectedState && guard->restore() && guard->isFit();
}

void leaveMailbox(Lease *lease)
{
    if (lease->mailbox)
        std::exchange(lease->mailbox, nullptr)->remove(lease);
}

void park(Lease *lease)
{
    lease->isUsed = false;
    lease->guard->park();
    lease->hasBytes = lease->socket->bytesAvailable() > 0;
}

void discard(Lease *lease)
{
    if (runElsewhere(lease, &discard))
        return;
    const std::shared_ptr<LeaseOwner> owner = lease->owner;
    leaveMailbox(lease);
    owner->discard(lease);
}

std::unique_ptr<QTcpSocket> detach(Lease *lease)
{
    const std::shared_ptr<LeaseOwner> owner = lease->owner;
    std::unique_ptr<QTcpSocket> detached(socketOf(lease));
    leaveMailbox(lease);
    if (lease->guard)
        lease->guard->unbind();
    owner->detach(lease, bool(detached));
    return detached;
}

} // namespace QNetPool
