// SPDX-License-Identifier: BSD-3-Clause
#include <qnetpool/connection.h>

#include "lease/lease.h"

#include <QtNetwork/qtcpsocket.h>

/*!
    \class QNetPool::Connection
    \inmodule QNetPool
    \brief A lease: a connection that is yours until the object ends.

    A Connection is handed out by Pool::take(), Pool::acquire() or Pool::waitForConnection(). It can be moved, not copied.
    When it is destroyed, the connection goes back into its pool if it is fit to be used again, and is closed if it is not;
    nothing leaks either way. A lease may outlive its pool: what it holds is closed when it ends.

    The object itself is not thread-safe, but may be moved to another thread; a lease may end in any thread. The socket lives
    in the thread that called socket() first. If the lease ends in another one, that thread carries the return out: by its event
    loop, or when it uses a pool again, or as it ends. A lease may outlive that thread, too: the socket lives in no thread then,
    and in the one that next calls socket().

    \note The pool undoes what a holder did to the socket. What Qt lets nobody find are connections \e to the socket, such as
    a timer's signal connected to one of its slots or to a lambda with the socket as its context: use an object of your own as
    the context, or disconnect them.
*/

namespace QNetPool {

/*!
    \fn QNetPool::Connection::operator bool() const
    True if there is a connection; false for a default-constructed or ended lease and for a take() that found nothing.
*/

/*!
    Returns the ID of the connection; a null ID if there is none.
*/
ConnectionId Connection::id() const noexcept
{
    return m_lease ? m_lease->id : ConnectionId();
}

/*!
    Returns the connected socket, a QSslSocket where TLS is on; null if there is no connection, or if the holder has deleted it.

    From the first call on the socket lives in the calling thread; a plain TCP connection that nobody has used before becomes a
    socket only then. That needs no event loop: QTcpSocket's blocking functions work without one. Bytes that arrived before
    raise readyRead() as soon as the event loop runs. The socket belongs to the lease.
*/
QTcpSocket *Connection::socket() const
{
    return m_lease ? socketOf(m_lease) : nullptr;
}

/*!
    \fn QTcpSocket *QNetPool::Connection::operator->() const
    As socket().
*/

/*!
    Ends the lease, as the destructor does. The connection goes to the first that waits for it, or into the stock, if it is
    connected and clean: nothing unread, and nothing unsent once the socket was flushed. Else it is closed, as when the stock
    is full, or the pool was closed since the connection was taken.

    Every signal connection from the socket, event filter, child, dynamic property and socket option of the holder's is undone
    first. In a slot of the socket's own, this happens as soon as the slot has returned to the event loop. In a slot that runs
    inside one of the socket's own blocking functions, a lease must not end: Qt goes on to use the socket.
*/
void Connection::giveBack()
{
    if (Lease *lease = std::exchange(m_lease, nullptr))
        QNetPool::giveBack(lease);
}

/*!
    Ends the lease and closes the connection: the right end for one whose protocol is out of step. What was written and is not
    sent yet may be lost.
*/
void Connection::discard()
{
    if (Lease *lease = std::exchange(m_lease, nullptr))
        QNetPool::discard(lease);
}

/*!
    Ends the lease and returns the socket, which is the caller's from now on; null if there is none. It lives in the calling
    thread if no other one has called socket() before. Pool::put() brings it back.
*/
std::unique_ptr<QTcpSocket> Connection::detach()
{
    Lease *lease = std::exchange(m_lease, nullptr);
    return lease ? QNetPool::detach(lease) : nullptr;
}

} // namespace QNetPool
