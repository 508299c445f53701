// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/connection.h>

#include "lease/lease.h"

#include <QtNetwork/qtcpsocket.h>

/*!
    \class QNetPool::Connection
    \inmodule QNetPool
    \brief A lease: a connection that is yours until the object is destroyed.

    Pool::take(), Pool::acquire() and Pool::waitForConnection() return a Connection. It can be moved, but not copied. When it
    is destroyed, the connection goes back to its pool if it is fit to be used again, else it is closed. A lease may outlive
    its pool: its connection is closed when it ends.

    In ConnectionMode::Single, the next holder must not read an answer to the last one. A client pool closes a connection
    whose lease ends by itself if something was written and nothing has arrived since, so that an early return does no harm,
    and always if an exception ends it; as in every pool, it also closes one on which something has arrived that was not
    read, if only the beginning of a TLS record. giveBack() is the holder's word that the connection is in step, which a
    protocol needs in which nobody answers.

    \warning The pool does not know the protocol. Once a first part of what is due has arrived and was read, it cannot tell
    that more will come: the body behind a status line, or the second of two answers to requests that were sent together. A
    lease that ends by itself at such a place keeps its connection. Call discard() there, or let an exception end the lease.

    A Connection is not thread-safe, but may be moved to another thread, and a lease may end in any thread. The socket lives
    in the thread that called socket() first. If the lease ends in another one, the socket's thread gives it back: from its
    event loop, when it next uses a pool, or as it ends. A lease may outlive that thread, too: the socket lives in no thread
    then, until the next thread calls socket().

    \note The pool undoes what a holder did to the socket. What it cannot find are signal connections \e to the socket, such
    as a timer's signal connected to one of its slots or to a lambda with the socket as its context: use an object of your
    own as the context, or disconnect them.

    \sa Pool
*/

namespace QNetPool {

/*!
    \fn QNetPool::Connection::Connection()
    Constructs an empty Connection: one without a lease.
*/

/*!
    \fn QNetPool::Connection::~Connection()
    Ends the lease as giveBack() does; but a client pool in ConnectionMode::Single closes the connection, as
    PoolStatistics::outOfStep, if nothing has arrived since something was written, or while an exception unwinds the stack.
    In the middle of an answer, call discard() first.
*/

/*!
    \fn QNetPool::Connection::Connection(Connection &&other)
    Takes over the lease of \a other, which is empty afterwards. The socket stays in its thread.
*/

/*!
    \fn Connection &QNetPool::Connection::operator=(Connection &&other)
    Ends this object's lease as the destructor does, and takes over that of \a other, which is empty afterwards. The socket
    stays in its thread.
*/

/*!
    \fn QNetPool::Connection::operator bool() const
    Returns whether this is a lease; false for an empty Connection, as default-constructed, moved from, ended, or returned by
    a take() that found nothing.
*/

/*!
    Returns the connection's ID; a null ID for an empty Connection.
*/
ConnectionId Connection::id() const noexcept
{
    return m_lease ? m_lease->id : ConnectionId();
}

/*!
    Returns the connection's socket, which is a QSslSocket if TLS is used; null for an empty Connection, or if the holder has
    deleted the socket. The connection may have been lost meanwhile: the socket's state() tells.

    The socket belongs to the lease: do not use the pointer once the lease has ended or was moved to another thread. To keep
    the socket, use detach(). A holder that deletes it discards the connection.

    In the holder's thread: the first call decides in which thread the socket lives, and the socket must be used in that
    thread only; a call in another one is warned of, once a connection. Move the Connection to the thread that is to use it
    before the first call. It needs no event loop, as QTcpSocket's blocking functions work without
    one. If bytes have arrived before, readyRead() is emitted once the event loop runs. The pool need not run.
*/
QTcpSocket *Connection::socket() const
{
    return m_lease ? socketOf(m_lease) : nullptr;
}

/*!
    \fn QTcpSocket *QNetPool::Connection::operator->() const
    Returns socket(); there must be one.
*/

/*!
    Ends the lease, with the holder's word that no answer is due. The connection goes to the first waiter for it, or into the
    stock, if it is connected and clean: nothing unread, and nothing unsent once the socket was flushed. Else it is closed, as
    it is when the stock is full, or the pool was closed since the connection was taken. No effect on an empty Connection.

    What was written is sent as far as the kernel takes it at once, also after disconnectFromHost(). Nothing waits for the
    rest: it is lost, and the peer gets a reset, so that it does not take what it got for all. End the lease once
    QIODevice::bytesToWrite() is 0, or detach() the socket, if there may be more than the kernel's buffer holds.

    The holder's signal connections from the socket, event filters, children, dynamic properties and socket options are
    undone first.

    From any thread; if the socket lives in another one, that thread gives it back. In a slot that is connected to the
    socket, the lease ends once the slot has returned to the event loop. A lease must not end in a slot that runs inside one
    of the socket's blocking functions, as Qt continues to use the socket.
*/
void Connection::giveBack()
{
    if (Lease *lease = std::exchange(m_lease, nullptr))
        QNetPool::giveBack(lease);
}

void Connection::end()
{
    endByItself(std::exchange(m_lease, nullptr));
}

/*!
    Ends the lease and closes the connection, for instance because its protocol is out of step. What was written and is not
    sent yet is lost, and the peer gets a reset then. The pool deletes the socket. No effect on an empty Connection. Threads:
    as giveBack().
*/
void Connection::discard()
{
    if (Lease *lease = std::exchange(m_lease, nullptr))
        QNetPool::discard(lease);
}

/*!
    Ends the lease and returns the socket, as the holder left it; null for an empty Connection, or if the holder has deleted
    the socket. The caller owns it from then on, with its signal connections; the pool does not count the connection any more
    and has forgotten its ID. Pool::put() adds it to a pool again.

    In the holder's thread: the socket lives in the thread that called socket() first, else in the calling one.
*/
std::unique_ptr<QTcpSocket> Connection::detach()
{
    Lease *lease = std::exchange(m_lease, nullptr);
    return lease ? QNetPool::detach(lease) : nullptr;
}

} // namespace QNetPool
