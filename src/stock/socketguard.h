// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "socketoptions.h"

#include <QtCore/qobject.h>
#include <QtCore/qvarlengtharray.h>

#include <functional>
#include <optional>

QT_FORWARD_DECLARE_CLASS(QSocketNotifier)
QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

struct Entry;

// Stands between a pooled socket and its holders, as a child of the socket that lives and moves with it:
// parks and pulls it, knows when it is in the middle of its own events, and undoes what a holder did to it.
class SocketGuard final : public QObject
{
public:
    SocketGuard(QTcpSocket *socket, Entry *entry); // the socket is connected and lives in the calling thread
    ~SocketGuard() override; // unless it has left, clears entry->socket and entry->guard: the holder deleted the socket
    void leave() noexcept; // the entry lives on without the socket

    // Out of every thread: no event dispatcher polls it and any thread may pull it.
    void park();
    // Into the calling thread, where it reads on.
    void pull(bool isForHolder = true); // else for a look under the stock's lock: no code of a former holder's runs
    // Into the calling thread, where it is closed gracefully if it can be done without waiting, and destroyed.
    static void close(QTcpSocket *socket);

    // Reads what the descriptor has into the socket's buffers now, without an event loop: TLS session tickets, say.
    void readNow();
    // Connected, and still the connection it was: to be asked before restore().
    bool isSameConnection() const;
    bool hasUnread() const; // in Qt's buffers
    // The same connection, nothing unsent, and the peer has not left.
    bool isFit() const;
    // The peer has ended TLS.
    bool hasPeerSaidGoodbye() const;
    // Undoes what the holder did: signal connections and parent; then event filters, queued calls, properties, children and
    // options, and whether it could.
    void sever();
    bool restore();

    // True while an event of the socket is being delivered: code of Qt's that uses it is still on the call stack.
    bool isBusy() const noexcept { return m_depth > 0; }
    void whenQuiet(std::function<void()> act) { m_whenQuiet = std::move(act); }

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void findNotifiers();
    void flushTls();
    bool deliver(QObject *receiver, QEvent *event);

    QTcpSocket *const m_socket;
    Entry *m_entry;
    QVarLengthArray<QSocketNotifier *, 3> m_notifiers;
    QObjectList m_children; // the socket's own, to tell them from a holder's
    std::optional<SocketOptions> m_options; // as they were before the first holder
    std::function<void()> m_whenQuiet;
    int m_depth = 0;
    bool m_notifiersChanged = true;
};

} // namespace QNetPool
