// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pooledsocket.h"
#include "socketoptions.h"

#include <QtCore/qpointer.h>
#include <QtCore/qvarlengtharray.h>
#include <QtNetwork/qnetworkproxy.h>

#include <functional>

QT_FORWARD_DECLARE_CLASS(QSocketNotifier)

namespace QNetPool {

struct Lease;

// Stands between a pooled socket and its holders: parks and pulls it, knows when it is in the middle of its own events, and
// undoes what a holder did to it. Owned by the socket; everything is called where the socket may be used.
class SocketGuard final : public SocketObserver
{
public:
    // Of a connected socket that lives in the calling thread: as it is now, every holder is to get it.
    static SocketGuard *make(QTcpSocket *socket);
    static SocketGuard *find(QTcpSocket *socket); // null if it has none

    ~SocketGuard() override; // if it guards for an lease, the holder has deleted the socket: the lease hears of it
    void bindTo(Lease *lease) noexcept;
    void unbind() noexcept; // the lease lives on without the socket, or the socket without the lease

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
    bool hasUnsent() const;
    // The same connection, nothing unsent, and the peer has not left.
    bool isFit() const;
    bool isClean() const { return isFit() && !hasUnread(); }
    // The peer has ended TLS.
    bool hasPeerClosedTls() const;
    // Undoes what the holder did: signal connections and parent; then event filters, queued calls, properties, children and
    // options, and whether it could.
    void sever();
    bool restore();
    void markAllDirty(); // it was with an application: everything but its options is to be undone

    // True while an event of the socket is being delivered: code of Qt's that uses it is still on the call stack.
    bool isBusy() const noexcept { return m_depth > 0; }
    void whenQuiet(std::function<void()> act) { m_whenQuiet = std::move(act); }

    bool filter(QObject *watched, QEvent *event) override;
    void aboutToTouchOptions() override;

private:
    SocketGuard(QTcpSocket *socket, ObservedSocket &observed);
    void recordState();
    static void resetChannels(QTcpSocket *socket);
    bool isTouched(int flags) const noexcept { return !m_tracksDirtyFlags || m_observed.dirtyFlags.has(flags); }
    bool isStillEncrypted() const;
    void findNotifiers();
    void flushTls();
    void releaseBuffers();
    bool deliver(QObject *receiver, QEvent *event);

    QTcpSocket *const m_socket;
    ObservedSocket &m_observed;
    QObject *const m_filter;
    const bool m_tracksDirtyFlags; // it is a PooledSocket: what left no trace was not touched
    bool m_isEncrypted = false;
    bool m_isDescriptorKnown = false; // to a holder, who may use it in a later lease
    bool m_notifiersChanged = true;
    bool m_hasBuffers = false; // of Qt's, that were in use since they were released
    bool m_mayHaveQueued = false; // calls of QSslSocket's own
    int m_depth = 0;
    bool *m_isDestroyed = nullptr; // of deliver(), to tell it of the end
    Lease *m_lease = nullptr;
    qintptr m_number = -1; // of the socket's descriptor, as Qt has it
    qintptr m_descriptor = -1;
    QPointer<QObject> m_engine; // of the connection: a holder that connects the socket anew makes Qt delete it
    QIODevice::OpenMode m_openMode;
    QVarLengthArray<QSocketNotifier *, 3> m_notifiers;
    struct TlsSettings;
    std::unique_ptr<TlsSettings> m_tlsSettings; // of a QSslSocket
    QNetworkProxy m_proxy;
    QString m_protocolTag;
    QObjectList m_children; // the socket's own, to tell them from a holder's
    std::unique_ptr<SocketOptions> m_options; // as they were before a holder touched them
    std::function<void()> m_whenQuiet;
};

} // namespace QNetPool
