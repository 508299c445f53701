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

// Stands between a pooled socket and its holders: parks and pulls it, knows when one of its events is being delivered, and
// undoes what a holder did to it. Owned by the socket, with the same thread rules.
class SocketGuard final : public SocketObserver
{
public:
    // For a connected socket that lives in the calling thread. Its present state is what restore() restores.
    static SocketGuard *make(QTcpSocket *socket);
    static SocketGuard *find(QTcpSocket *socket); // null if it has none
    static bool isPooled(QTcpSocket *socket); // any pool of the process owns it

    ~SocketGuard() override; // if it is bound to a lease, the holder has deleted the socket
    void bindTo(Lease *lease) noexcept;
    void unbind() noexcept; // the lease lives on without the socket, or the socket without the lease
    void release() noexcept; // to the application: unbind(), and no pool owns the socket any more

    // Moves the socket out of every thread: no event dispatcher polls it, and any thread may pull it.
    void park();
    // Moves the socket into the calling thread, reads again, and goes on to send what is unsent. If isForHolder is false, the
    // stock's lock may be held, so no code of a former holder runs.
    void pull(bool isForHolder = true);
    void breakOff(const QString &why); // which becomes the socket's errorString()
    // Closes the socket in the calling thread, gracefully as far as that needs no waiting, and destroys it.
    static void close(QTcpSocket *socket);

    // Reads what the descriptor has, up to PeerBudget::Read, into the socket's buffers now, without an event loop: TLS
    // session tickets, for instance. Sends the answers, if there are any.
    void readNow();
    void limitReads(qint64 size); // into Qt's buffers; 0: no limit
    // Whether it is connected, and not anew by its holder; valid before restore() only.
    bool isSameConnection() const;
    bool hasUnread() const; // in Qt's buffers, or inside TLS as the beginning of a record
    bool isWithinRecord() const; // of TLS: what has arrived ends there
    bool hasUnsent() const;
    qint64 unsent() const; // bytes that have not reached the kernel
    // The same connection, nothing unsent, and the peer has not closed TLS.
    bool isFit() const;
    // Whether nothing has arrived since the holder wrote; true, too, if that cannot be known.
    bool awaitsAnswer() const { return !m_tracksDirtyFlags || m_observed.awaitsAnswer; }
    bool isClean() const { return isFit() && !hasUnread(); }
    bool hasPeerClosedTls() const;
    // Undo what the holder did: sever() signal connections and the parent, restore() event filters, queued calls,
    // properties, children and options. False: something cannot be undone.
    void sever();
    bool restore();
    void markAllDirty(); // of a socket from the application, whose options are kept

    // Whether an event of the socket is being delivered: code of Qt's that uses it is on the call stack.
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
    void followRecords();
    void releaseBuffers();
    bool deliver(QObject *receiver, QEvent *event);

    QTcpSocket *const m_socket;
    ObservedSocket &m_observed;
    QObject *const m_filter;
    const bool m_tracksDirtyFlags; // it is a PooledSocket
    bool m_isEncrypted = false;
    bool m_isDescriptorKnown = false; // to a holder, who may use it in a later lease
    bool m_notifiersChanged = true;
    bool m_hasBuffers = false; // Qt's buffers were used since they were released
    bool m_mayHaveQueued = false; // QSslSocket may have queued calls to itself
    int m_depth = 0; // of nested deliver()
    bool *m_isDestroyed = nullptr; // the innermost deliver()'s, set by the destructor
    Lease *m_lease = nullptr;
    qintptr m_number = -1; // socketDescriptor(), which a SOCKS 5 proxy makes another number than m_descriptor
    qintptr m_descriptor = -1;
    QPointer<QObject> m_engine; // of the connection: a holder that connects the socket anew makes Qt delete it
    QIODevice::OpenMode m_openMode;
    QVarLengthArray<QSocketNotifier *, 3> m_notifiers;
    struct TlsSettings;
    std::unique_ptr<TlsSettings> m_tlsSettings; // of a QSslSocket
    QNetworkProxy m_proxy;
    QString m_protocolTag;
    QObjectList m_children; // Qt's own; others are a holder's
    std::unique_ptr<SocketOptions> m_options; // as they were before a holder changed them
    std::function<void()> m_whenQuiet;
};

} // namespace QNetPool
