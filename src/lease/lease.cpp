// SPDX-License-Identifier: BSD-3-Clause
#include "lease.h"

#include "socketguard.h"
#include "system/descriptor.h"
#include "system/eventdispatcher.h"
#include "system/helddescriptors.h"
#include "system/kerneldescriptor.h"
#include "system/probe.h"
#include "threadmailbox.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>
#include <QtNetwork/qtcpsocket.h>

#include <exception>

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

// On first use the descriptor gets a socket, in the holder's thread.
void createSocket(Lease *lease)
{
    auto *socket = new PooledSocket<QTcpSocket>;
    Descriptor descriptor(lease->descriptor);
    if (socket->setSocketDescriptor(descriptor.value())) // fails if the peer has reset it
        descriptor.release();
    lease->isBare = false;
    SocketGuard::make(socket)->bindTo(lease);
    pullHere(lease);
    socket->setPeer(lease->owner->noteFirstUse(lease));
}

void usePulled(Lease *lease)
{
    pullHere(lease);
    lease->owner->noteUse(lease);
    // Qt does not emit readyRead() again for bytes in its buffer, but the holder needs it.
    if (lease->socket->bytesAvailable() > 0)
        QMetaObject::invokeMethod(lease->socket, &QIODevice::readyRead, Qt::QueuedConnection);
}

// Defers the lease's end if one of the socket's events is being delivered, or posts it to the thread in which the socket
// lives.
bool runElsewhere(Lease *lease, ThreadMailbox::Act act)
{
    forgetEndedThread(lease);
    if (!lease->mailbox || !lease->guard)
        return false;
    if (lease->mailbox->isHere()) {
        const bool isItsThread = lease->socket->thread() == QThread::currentThread(); // else the holder has moved it
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

// Pulls a used socket into the calling thread if the thread in which it lived has ended.
void pullFromEndedThread(Lease *lease)
{
    if (!lease->mailbox)
        pullHere(lease);
    else if (!lease->socket->thread())
        lease->guard->pull(); // this thread is ending, and has parked it
    if (lease->socket->thread() == QThread::currentThread()) {
        // The holder may have called deleteLater().
        QCoreApplication::sendPostedEvents(lease->socket, QEvent::DeferredDelete);
    }
}

// Once a connection. A holder that has moved the socket knows what it does.
void warnOfOtherThread(Lease *lease)
{
    if (!lease->mailbox || !lease->socket || lease->socket->thread() == QThread::currentThread() || lease->isWarnedOf)
        return;
    if (lease->mailbox->isHere() || lease->mailbox->hasEnded() || !lease->socket->thread())
        return;
    lease->isWarnedOf = true;
    lease->owner->warnOfOtherThread(lease, lease->mailbox->threadName());
}

QTcpSocket *holdSocket(Lease *lease)
{
    forgetEndedThread(lease);
    lease->isUsed = true;
    if (!lease->isBare && (!lease->socket || lease->mailbox))
        return lease->socket;
    const bool canNotify = ensureEventDispatcher();
    if (lease->isBare)
        createSocket(lease);
    else
        usePulled(lease);
    if (!canNotify) // nothing would ever tell the holder that bytes have arrived
        lease->guard->breakOff(onlyReserveIsLeft());
    return lease->socket;
}

} // namespace

QTcpSocket *socketOf(Lease *lease)
{
    warnOfOtherThread(lease);
    return holdSocket(lease);
}

// As far as the kernel takes them at once; for the rest see SocketGuard::close().
static void sendLastBytes(Lease *lease)
{
    if (lease->socket->thread() != QThread::currentThread()) // its holder has moved it
        return;
    lease->guard->sever(); // no slot of the holder is to hear of it
    lease->socket->flush();
}

static Condition refitUsed(Lease *lease)
{
    if (lease->socket)
        pullFromEndedThread(lease);
    const bool awaitsAnswer = lease->socket && lease->guard->awaitsAnswer();
    if (lease->socket && refit(lease))
        return awaitsAnswer ? Condition::AwaitsAnswer : Condition::Fit;
    if (!lease->socket)
        return Condition::Deleted;
    sendLastBytes(lease);
    return Condition::Unfit;
}

template<LeaseEnd How> static void end(Lease *lease)
{
    if (runElsewhere(lease, &end<How>))
        return;
    const std::shared_ptr<LeaseOwner> owner = lease->owner;
    const Condition condition = lease->isUsed ? refitUsed(lease) : Condition::Untouched;
    leaveMailbox(lease);
    if (condition == Condition::Fit || condition == Condition::AwaitsAnswer)
        park(lease);
    owner->takeBack(lease, condition, How);
}

void giveBack(Lease *lease)
{
    end<LeaseEnd::GivenBack>(lease);
}

void endByItself(Lease *lease)
{
    if (std::uncaught_exceptions() > 0)
        end<LeaseEnd::Unwinding>(lease);
    else
        end<LeaseEnd::ByItself>(lease);
}

bool refit(Lease *lease)
{
    SocketGuard *guard = lease->guard;
    if (lease->socket->thread() != QThread::currentThread() || !guard->isSameConnection())
        return false; // reconnected, or moved to another thread by its holder
    guard->sever();
    if (lease->encrypted && probe(lease->descriptor) == ProbeResult::Readable)
        guard->readNow(); // TLS session tickets, perhaps
    // Before flush(): what arrives after the last bytes of this holder would be taken for an answer to the next one.
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
    std::unique_ptr<QTcpSocket> detached(holdSocket(lease));
    leaveMailbox(lease);
    if (lease->guard) {
        HeldDescriptors::remove(kernelDescriptor(*detached));
        lease->guard->release();
    }
    owner->detach(lease, bool(detached));
    return detached;
}

} // namespace QNetPool
