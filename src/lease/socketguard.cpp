// SPDX-License-Identifier: BSD-3-Clause
#include "socketguard.h"

#include "lease.h"
#include "system/descriptor.h"
#include "system/kerneldescriptor.h"
#include "system/peerbudget.h"
#include "threadmailbox.h"
#include "unsentbytes.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qthread.h>
#if QT_CONFIG(ssl)
#include <QtNetwork/qsslconfiguration.h>
#endif

namespace QNetPool {

namespace {

// For a socket that the pool did not create: it reports events, but keeps no dirty flags.
class ForeignSocket final : public QObject, public ObservedSocket
{
public:
    explicit ForeignSocket(QTcpSocket *socket) : QObject(socket) { }
    ~ForeignSocket() override { observer.reset(); }
    QObject *eventFilterObject() noexcept override { return this; }

protected:
    bool eventFilter(QObject *watched, QEvent *event) override { return observer && observer->filter(watched, event); }
};

ObservedSocket *observed(QTcpSocket *socket)
{
    Q_ASSERT(socket);
    if (auto *pooled = dynamic_cast<ObservedSocket *>(socket))
        return pooled;
    for (QObject *child : socket->children()) {
        if (auto *foreign = dynamic_cast<ForeignSocket *>(child))
            return foreign;
    }
    return nullptr;
}

} // namespace

// They have no effect on an established connection, but the next holder must not see a holder's private key.
struct SocketGuard::TlsSettings
{
#if QT_CONFIG(ssl)
    explicit TlsSettings(const QSslSocket &socket)
        : configuration(socket.sslConfiguration()), peerVerifyName(socket.peerVerifyName())
    {
    }
    void restore(QSslSocket &socket) const
    {
        socket.setSslConfiguration(configuration);
        socket.setPeerVerifyName(peerVerifyName);
    }
    const QSslConfiguration configuration;
    const QString peerVerifyName;
#endif
};

SocketGuard *SocketGuard::find(QTcpSocket *socket)
{
    const ObservedSocket *known = observed(socket);
    return known ? static_cast<SocketGuard *>(known->observer.get()) : nullptr;
}

bool SocketGuard::isPooled(QTcpSocket *socket)
{
    const ObservedSocket *known = observed(socket);
    return known && known->isPooled;
}

SocketGuard *SocketGuard::make(QTcpSocket *socket)
{
    ObservedSocket *known = observed(socket);
    if (!known)
        known = new ForeignSocket(socket);
    if (!known->observer)
        known->observer.reset(new SocketGuard(socket, *known));
    auto *guard = static_cast<SocketGuard *>(known->observer.get());
    guard->recordState();
    return guard;
}

SocketGuard::SocketGuard(QTcpSocket *socket, ObservedSocket &observed)
    : m_socket(socket), m_observed(observed), m_filter(observed.eventFilterObject()), m_tracksDirtyFlags(m_filter == socket)
{
}

// Again for a known socket, as the application may have changed it meanwhile.
void SocketGuard::recordState()
{
    m_number = m_socket->QAbstractSocket::socketDescriptor();
    m_descriptor = kernelDescriptor(*m_socket);
#if QT_CONFIG(ssl)
    const auto *tls = qobject_cast<const QSslSocket *>(m_socket);
    m_isEncrypted = tls && tls->isEncrypted();
    if (tls)
        m_tlsSettings = std::make_unique<TlsSettings>(*tls);
    if (m_isEncrypted && !m_observed.records)
        m_observed.records = RecordTracker::of(*tls);
#endif
    if (QObject *engine = socketEngine(*m_socket); !engine || engine != m_engine) {
        m_engine = engine;
        m_children = m_socket->children(); // with the same engine, children that were added are a holder's
    }
    m_openMode = m_socket->openMode() & ~QIODevice::Text;
    m_proxy = m_socket->proxy();
    m_protocolTag = m_socket->protocolTag();
    m_notifiersChanged = true;
    m_hasBuffers = m_mayHaveQueued = m_isEncrypted; // used by the handshake
    m_options.reset();
    m_observed.startAnew();
    if (!m_tracksDirtyFlags)
        aboutToTouchOptions();
    m_socket->installEventFilter(m_filter); // for isBusy()
}

void SocketGuard::markAllDirty()
{
    aboutToTouchOptions();
    m_observed.dirtyFlags.set(DirtyFlags::All);
}

SocketGuard::~SocketGuard()
{
    if (m_isDestroyed)
        *m_isDestroyed = true;
    Lease *lease = m_lease;
    if (lease)
        unbind();
    const std::shared_ptr<ThreadMailbox> mailbox = lease ? std::exchange(lease->mailbox, nullptr) : nullptr;
    if (m_whenQuiet) { // the holder has ended the lease, and then deleted the socket
        if (mailbox)
            mailbox->remove(lease);
        std::exchange(m_whenQuiet, nullptr)();
    } else if (mailbox) {
        mailbox->socketDestroyed(lease);
    }
}

void SocketGuard::bindTo(Lease *lease) noexcept
{
    m_lease = lease;
    m_observed.isPooled = true;
    lease->socket = m_socket;
    lease->guard = this;
    lease->descriptor = m_descriptor;
    lease->encrypted = m_isEncrypted;
}

void SocketGuard::unbind() noexcept
{
    m_lease->socket = nullptr;
    m_lease->guard = nullptr;
    m_lease = nullptr;
}

void SocketGuard::release() noexcept
{
    unbind();
    m_observed.isPooled = false;
}

void SocketGuard::findNotifiers()
{
    m_notifiers.clear();
    // Recursively: those of a QSslSocket belong to the engine of its inner plain socket.
    for (QSocketNotifier *notifier : m_socket->findChildren<QSocketNotifier *>()) {
        m_notifiers.append(notifier);
        notifier->installEventFilter(m_filter);
        notifier->parent()->installEventFilter(m_filter); // the engine creates and deletes notifiers as needed
    }
    m_notifiersChanged = false;
}

void SocketGuard::park()
{
    followRecords(); // which enables the notifiers
    if (m_notifiersChanged)
        findNotifiers();
    for (QSocketNotifier *notifier : std::as_const(m_notifiers))
        notifier->setEnabled(false);
    m_mayHaveQueued |= m_isEncrypted && hasUnsent(); // of a thread that has ended
    if (m_hasBuffers)
        releaseBuffers();
    m_socket->moveToThread(nullptr);
}

// Qt keeps the first block of each buffer, 16 and 32 KiB, which is most of a connection's memory. QIODevice::open() releases
// them, and has no other effect on a socket that is open.
void SocketGuard::releaseBuffers()
{
    if (hasUnread() || hasUnsent())
        return;
    for (QTcpSocket *plain : m_socket->findChildren<QTcpSocket *>(Qt::FindDirectChildrenOnly)) { // in a QSslSocket
        if (plain->bytesAvailable() == 0 && plain->bytesToWrite() == 0)
            plain->QIODevice::open(plain->openMode());
    }
    if (m_observed.records)
        m_observed.records->resume();
    m_socket->QIODevice::open(m_socket->openMode()); // qualified, as a class of the application may override it
    m_hasBuffers = false;
}

void SocketGuard::pull(bool isForHolder)
{
    if (m_socket->thread() != QThread::currentThread())
        m_socket->moveToThread(QThread::currentThread());
    if (std::exchange(m_mayHaveQueued, false))
        flushTls();
    // Events that a former holder's objects posted while it was in no thread are not for the next one.
    if (isForHolder)
        QCoreApplication::removePostedEvents(m_socket);
    if (m_notifiersChanged)
        findNotifiers();
    for (QSocketNotifier *notifier : std::as_const(m_notifiers)) {
        if (notifier->type() == QSocketNotifier::Read || (notifier->type() == QSocketNotifier::Write && hasUnsent()))
            notifier->setEnabled(true);
    }
}

void SocketGuard::close(QTcpSocket *socket)
{
    if (!socket->thread())
        socket->moveToThread(QThread::currentThread());
    if (socket->thread() != QThread::currentThread()) // a holder has moved it there
        return socket->deleteLater();
    socket->disconnect();
    resetChannels(socket);
    const bool isCut = unsentBytes(*socket) > 0;
    if (isCut)
        resetOnClose(kernelDescriptor(*socket));
    socket->disconnectFromHost();
    if (!isCut)
        socket->flush(); // TLS's close_notify
    if (socket->state() != QAbstractSocket::UnconnectedState)
        socket->abort();
    // Within an event loop, code of Qt's that uses the socket may be on the call stack; without one, deleteLater() would
    // never take effect.
    const QThread *thread = QThread::currentThread(); // null in the destructors of thread-local objects
    if (thread && thread->loopLevel() > 0)
        socket->deleteLater();
    else
        delete socket;
}

void SocketGuard::breakOff(const QString &why)
{
    m_socket->abort();
    m_observed.setProblem(why);
}

void SocketGuard::readNow()
{
    m_mayHaveQueued = m_hasBuffers = m_isEncrypted;
    if (m_notifiersChanged)
        findNotifiers();
    for (QSocketNotifier *notifier : std::as_const(m_notifiers)) {
        if (notifier->type() == QSocketNotifier::Read) {
            // As the event dispatcher does when the descriptor is readable.
            QEvent readable(QEvent::SockAct);
            limitReads(PeerBudget::Read);
            QCoreApplication::sendEvent(notifier, &readable);
            limitReads(0);
            break;
        }
    }
    if (hasUnsent())
        m_socket->flush();
}

// Of the socket itself, past its dirty flags: a holder has not done it.
void SocketGuard::limitReads(qint64 size)
{
#if QT_CONFIG(ssl)
    if (auto *tls = qobject_cast<QSslSocket *>(m_socket))
        return tls->QSslSocket::setReadBufferSize(size);
#endif
    m_socket->QTcpSocket::setReadBufferSize(size);
}

bool SocketGuard::hasUnread() const
{
    return m_socket->bytesAvailable() > 0 || m_socket->isTransactionStarted() || isWithinRecord();
}

bool SocketGuard::isWithinRecord() const
{
    return m_observed.records && m_observed.records->isWithinRecord();
}

void SocketGuard::followRecords()
{
    if (m_observed.records)
        m_observed.records->follow();
}

bool SocketGuard::hasUnsent() const
{
    return unsent() > 0;
}

qint64 SocketGuard::unsent() const
{
    return unsentBytes(*m_socket);
}

bool SocketGuard::isFit() const
{
    return isSameConnection() && !hasUnsent() && !hasPeerClosedTls();
}

bool SocketGuard::isSameConnection() const
{
    // A holder may have reconnected it, to another peer. Then Qt has created another engine, most likely at the same address
    // and with the same descriptor, and, in a QSslSocket, in the same inner socket.
    return m_socket->state() == QAbstractSocket::ConnectedState && m_engine && isStillEncrypted()
            && m_socket->QAbstractSocket::socketDescriptor() == m_number
            && (m_socket->openMode() & ~QIODevice::Text) == m_openMode;
}

// connectToHost() on a connected QSslSocket makes it continue in plain text.
bool SocketGuard::isStillEncrypted() const
{
#if QT_CONFIG(ssl)
    if (m_tlsSettings)
        return m_isEncrypted == static_cast<const QSslSocket *>(m_socket)->isEncrypted();
#endif
    return true;
}

bool SocketGuard::hasPeerClosedTls() const
{
    // On a close_notify without a FIN, QSslSocket stays connected and only sets an error.
    return m_isEncrypted
            && (m_socket->error() == QAbstractSocket::RemoteHostClosedError
                || m_socket->error() == QAbstractSocket::SslInternalError);
}

void SocketGuard::flushTls()
{
#if QT_CONFIG(ssl)
    // A QSslSocket queues these two calls, each only once until it has run: if they were removed together with a holder's
    // queued calls, they would never run again.
    static const int methods[] = {QSslSocket::staticMetaObject.indexOfMethod("_q_flushWriteBuffer()"),
                                  QSslSocket::staticMetaObject.indexOfMethod("_q_flushReadBuffer()")};
    if (!m_isEncrypted)
        return;
    for (const int method : methods) {
        if (method >= 0)
            QSslSocket::staticMetaObject.method(method).invoke(m_socket, Qt::DirectConnection);
    }
#endif
}

// QSslSocket crashes with another channel than 0.
void SocketGuard::resetChannels(QTcpSocket *socket)
{
    if (socket->currentReadChannel() != 0)
        socket->setCurrentReadChannel(0);
    if (socket->currentWriteChannel() != 0)
        socket->setCurrentWriteChannel(0);
}

void SocketGuard::sever()
{
    if (m_socket->parent())
        m_socket->setParent(nullptr);
    if (isTouched(DirtyFlags::Connections))
        m_socket->disconnect();
    m_observed.listenForAnswers();
    m_socket->blockSignals(false);
    resetChannels(m_socket); // other channels would hide unread bytes
    followRecords();
}

bool SocketGuard::restore()
{
    if (isTouched(DirtyFlags::Bytes | DirtyFlags::Options))
        flushTls();
    QCoreApplication::removePostedEvents(m_socket);

    // The rest has no dirty flag, as Qt does not report it, or a holder's event filter may have hidden it; it is cheap to
    // compare.
    if (m_socket->children() != m_children) {
        const QObjectList children = m_socket->children();
        for (QObject *child : children) {
            if (!m_children.contains(child))
                delete child;
        }
    }
    const QList<QByteArray> properties = m_socket->dynamicPropertyNames();
    for (const QByteArray &name : properties)
        m_socket->setProperty(name.constData(), QVariant());
    if (!m_socket->objectName().isEmpty())
        m_socket->setObjectName(QString());
    if (const auto *dispatcher = QAbstractEventDispatcher::instance()) {
        const auto timers = dispatcher->registeredTimers(m_socket);
        for (const QAbstractEventDispatcher::TimerInfo &timer : timers)
            m_socket->killTimer(timer.timerId);
    }
    m_socket->setPauseMode(QAbstractSocket::PauseNever);
    m_socket->setTextModeEnabled(false);
    if (m_socket->proxy() != m_proxy)
        m_socket->setProxy(m_proxy);
    if (m_socket->protocolTag() != m_protocolTag)
        m_socket->setProtocolTag(m_protocolTag);
#if QT_CONFIG(ssl)
    if (m_tlsSettings)
        m_tlsSettings->restore(*static_cast<QSslSocket *>(m_socket));
#endif
    bool isRestored = m_socket->bindingStorage()->isEmpty(); // Qt does not move an object with bindings to another thread
    m_isDescriptorKnown |= isTouched(DirtyFlags::Descriptor);
    if (isTouched(DirtyFlags::Options) || m_isDescriptorKnown) {
        m_socket->setReadBufferSize(0);
        isRestored &= !m_options || m_options->restore(m_socket);
    }
    isRestored &= !hasPeerClosedTls(); // before clearError(), as it depends on the error
    m_observed.clearError();
    m_hasBuffers |= isTouched(DirtyFlags::Bytes);

    // A holder's event filters cannot be listed, but they can be bypassed: the filter that is installed last comes first,
    // and this one delivers every event itself.
    m_socket->installEventFilter(m_filter);
    m_observed.startAnew();
    return isRestored;
}

void SocketGuard::aboutToTouchOptions()
{
    if (!m_options)
        m_options = std::make_unique<SocketOptions>(m_socket);
}

bool SocketGuard::filter(QObject *watched, QEvent *event)
{
    if (watched == m_socket)
        return deliver(watched, event);
    switch (event->type()) {
    case QEvent::SockAct:
        if (m_socket->readBufferSize() > 0)
            followRecords(); // makes room in the plain socket's buffer for what it reads now
        return deliver(watched, event);
    case QEvent::SockClose:
        return deliver(watched, event);
    case QEvent::ChildAdded: // a notifier, still under construction: only a filter can be installed yet
        static_cast<QChildEvent *>(event)->child()->installEventFilter(m_filter);
        m_notifiersChanged = true;
        break;
    case QEvent::ChildRemoved:
        m_notifiers.clear();
        m_notifiersChanged = true;
        break;
    default:
        break;
    }
    return false;
}

bool SocketGuard::deliver(QObject *receiver, QEvent *event)
{
    bool isDestroyed = false;
    bool *outer = std::exchange(m_isDestroyed, &isDestroyed);
    ++m_depth;
    receiver->event(event);
    if (isDestroyed) {
        if (outer)
            *outer = true;
        return true;
    }
    m_isDestroyed = outer;
    if (--m_depth == 0 && m_whenQuiet)
        std::exchange(m_whenQuiet, nullptr)();
    return true;
}

} // namespace QNetPool
