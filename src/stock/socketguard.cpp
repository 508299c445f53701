// SPDX-License-Identifier: BSD-3-Clause
#include "socketguard.h"

#include "entry.h"
#include "home.h"
#include "kerneldescriptor.h"
#include "probe.h"
#include "unsentbytes.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>
#include <QtCore/qpointer.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qthread.h>

#include <algorithm>

namespace QNetPool {

SocketGuard::SocketGuard(QTcpSocket *socket, Entry *entry)
    : QObject(socket), m_socket(socket), m_entry(entry), m_children(socket->children())
{
    entry->socket = socket;
    entry->guard = this;
    entry->descriptor = kernelDescriptor(*socket);
#if QT_CONFIG(ssl)
    if (const auto *ssl = qobject_cast<QSslSocket *>(socket))
        entry->encrypted = ssl->isEncrypted();
#endif
}

SocketGuard::~SocketGuard()
{
    Entry *entry = m_entry;
    if (entry)
        leave();
    const std::shared_ptr<Home> home = entry ? std::exchange(entry->home, nullptr) : nullptr;
    if (m_whenQuiet) { // the lease has ended, and then the holder deleted the socket
        if (home)
            home->moveOut(entry);
        std::exchange(m_whenQuiet, nullptr)();
    } else if (home) {
        home->socketIsGone(entry);
    }
}

void SocketGuard::leave() noexcept
{
    m_entry->socket = nullptr;
    m_entry->guard = nullptr;
    m_entry = nullptr;
}

void SocketGuard::findNotifiers()
{
    m_notifiers.clear();
    // Those of a QSslSocket belong to the engine of the plain socket inside it.
    for (QSocketNotifier *notifier : m_socket->findChildren<QSocketNotifier *>()) {
        m_notifiers.append(notifier);
        notifier->installEventFilter(this);
        notifier->parent()->installEventFilter(this); // the engine makes and deletes notifiers as it needs them
    }
    m_notifiersChanged = false;
}

void SocketGuard::park()
{
    if (m_notifiersChanged)
        findNotifiers();
    for (QSocketNotifier *notifier : std::as_const(m_notifiers))
        notifier->setEnabled(false);
    m_socket->moveToThread(nullptr);
}

void SocketGuard::pull(bool isForHolder)
{
    if (m_socket->thread() != QThread::currentThread())
        m_socket->moveToThread(QThread::currentThread());
    // Calls queued by a former holder's objects while it was in no thread are not the next one's.
    if (m_entry->encrypted)
        flushTls();
    if (isForHolder)
        QCoreApplication::removePostedEvents(m_socket);
    if (m_notifiersChanged)
        findNotifiers();
    for (QSocketNotifier *notifier : std::as_const(m_notifiers)) {
        if (notifier->type() == QSocketNotifier::Read)
            notifier->setEnabled(true);
    }
    if (!isForHolder)
        return;
    if (!m_options)
        m_options.emplace(m_socket);
    m_socket->installEventFilter(this); // to know when it is busy
}

void SocketGuard::close(QTcpSocket *socket)
{
    if (!socket->thread())
        socket->moveToThread(QThread::currentThread());
    socket->disconnect();
    socket->disconnectFromHost(); // with TLS this says goodbye to the peer
    if (socket->state() != QAbstractSocket::UnconnectedState)
        socket->abort();
    // Below a running event loop, code of Qt's that uses the socket may be on the call stack; without one, nothing would
    // ever carry out a deferred deletion.
    const QThread *thread = QThread::currentThread(); // null when this one is at its very end
    if (thread && thread->loopLevel() > 0)
        socket->deleteLater();
    else
        delete socket;
}

void SocketGuard::readNow()
{
    if (m_notifiersChanged)
        findNotifiers();
    for (QSocketNotifier *notifier : std::as_const(m_notifiers)) {
        if (notifier->type() == QSocketNotifier::Read) {
            // What the event dispatcher does when the descriptor is readable.
            QEvent readable(QEvent::SockAct);
            QCoreApplication::sendEvent(notifier, &readable);
            return;
        }
    }
}

bool SocketGuard::hasUnread() const
{
    return m_socket->bytesAvailable() > 0 || m_socket->isTransactionStarted();
}

bool SocketGuard::isFit() const
{
    return isSameConnection() && unsentBytes(*m_socket) == 0 && !hasPeerSaidGoodbye();
}

bool SocketGuard::isSameConnection() const
{
    // A holder may have connected it anew: then Qt has made another engine, perhaps with the same descriptor.
    const QObjectList children = m_socket->children();
    return m_socket->state() == QAbstractSocket::ConnectedState && kernelDescriptor(*m_socket) == m_entry->descriptor
            && std::all_of(m_children.cbegin(), m_children.cend(),
                           [&children](QObject *child) { return children.contains(child); });
}

bool SocketGuard::hasPeerSaidGoodbye() const
{
    // A close_notify that no FIN has followed yet: QSslSocket stays connected and only tells an error.
    return m_entry->encrypted
            && (m_socket->error() == QAbstractSocket::RemoteHostClosedError
                || m_socket->error() == QAbstractSocket::SslInternalError);
}

void SocketGuard::flushTls()
{
    // A QSslSocket queues these two calls, and queues no other one before they have come: they must not be removed with a
    // holder's queued calls.
    for (const char *name : {"_q_flushWriteBuffer", "_q_flushReadBuffer"}) {
        if (m_socket->metaObject()->indexOfMethod(QByteArray(name).append("()").constData()) >= 0)
            QMetaObject::invokeMethod(m_socket, name, Qt::DirectConnection);
    }
}

void SocketGuard::sever()
{
    m_socket->setParent(nullptr);
    m_socket->disconnect();
    m_socket->blockSignals(false);
}

bool SocketGuard::restore()
{
    if (m_entry->encrypted)
        flushTls();
    QCoreApplication::removePostedEvents(m_socket);

    const QObjectList children = m_socket->children();
    for (QObject *child : children) {
        if (child != this && !m_children.contains(child))
            delete child;
    }
    const QList<QByteArray> properties = m_socket->dynamicPropertyNames();
    for (const QByteArray &name : properties)
        m_socket->setProperty(name.constData(), QVariant());
    if (!m_socket->objectName().isEmpty())
        m_socket->setObjectName(QString());
    m_socket->setReadBufferSize(0);
    m_socket->setPauseMode(QAbstractSocket::PauseNever);
    m_socket->setTextModeEnabled(false);

    // A holder's filters cannot be listed, so this one steps in front of them: the filter installed last is asked first,
    // and it delivers every event itself.
    m_socket->installEventFilter(this);
    return !m_options || m_options->restore(m_socket);
}

bool SocketGuard::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_socket)
        return deliver(watched, event);
    switch (event->type()) {
    case QEvent::SockAct:
    case QEvent::SockClose:
        return deliver(watched, event);
    case QEvent::ChildAdded: // a notifier, still under construction: a filter is all it can take
        static_cast<QChildEvent *>(event)->child()->installEventFilter(this);
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
    const QPointer<SocketGuard> alive(this);
    ++m_depth;
    receiver->event(event);
    if (alive && --m_depth == 0 && m_whenQuiet)
        std::exchange(m_whenQuiet, nullptr)();
    return true;
}

} // namespace QNetPool
