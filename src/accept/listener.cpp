// SPDX-License-Identifier: BSD-3-Clause
#include "listener.h"

#include "system/helddescriptors.h"

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qpointer.h>
#include <QtNetwork/qnetworkproxy.h>

namespace QNetPool {

using namespace std::chrono_literals;

Listener::Listener(Accepted accepted, Failed failed, Recovered recovered, MakeRoom makeRoom, QObject *parent)
    : QObject(parent), m_accepted(std::move(accepted)), m_failed(std::move(failed)), m_recovered(std::move(recovered)),
      m_makeRoom(std::move(makeRoom)), m_server(this), m_retry(this)
{
    m_server.setProxy(QNetworkProxy::NoProxy); // or it would listen on the application's proxy
    m_retry.setSingleShot(true);
    m_retry.setInterval(100ms);
    connect(&m_retry, &QTimer::timeout, this, &Listener::acceptSome);
}

bool Listener::listen(const QHostAddress &address, quint16 port, int backlog)
{
    m_error.clear();
    m_server.setListenBacklogSize(backlog);
    return start(m_server.listen(address, port));
}

bool Listener::listen(qintptr descriptor)
{
    // Qt takes any descriptor that is open.
    m_error = QNetPool::isListening(descriptor) ? QString() : QStringLiteral("it is no TCP socket that listens");
    if (HeldDescriptors::contains(descriptor))
        m_error = QStringLiteral("a pool listens on it already");
    if (!m_error.isEmpty() || !start(m_server.setSocketDescriptor(descriptor)))
        return false;
    setCloseOnExec(descriptor);
    HeldDescriptors::add(descriptor);
    return true;
}

bool Listener::start(bool isListening)
{
    if (!isListening)
        return false;
    m_server.pauseAccepting();
    m_notifier = std::make_unique<QSocketNotifier>(m_server.socketDescriptor(), QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &Listener::acceptSome);
    return true;
}

void Listener::close()
{
    m_retry.stop();
    m_isFailing = m_isPaused = false;
    m_heldBack = {};
    if (m_notifier) {
        m_notifier->setEnabled(false);
        m_notifier.release()->deleteLater(); // its signal may be on the call stack
    }
    m_server.close();
}

void Listener::pauseAccepting()
{
    m_isPaused = true;
    if (m_notifier)
        m_notifier->setEnabled(false);
}

void Listener::resumeAccepting()
{
    if (!std::exchange(m_isPaused, false))
        return;
    enableNotifier();
    acceptHeldBack();
}

// Nothing in the backlog tells of it.
void Listener::acceptHeldBack()
{
    if (m_heldBack.isValid() && !m_isPaused && !m_retry.isActive())
        QMetaObject::invokeMethod(this, &Listener::acceptSome, Qt::QueuedConnection);
}

// Not while accepting is paused or fails, as it would be activated all the time.
void Listener::enableNotifier()
{
    if (m_notifier && !m_isPaused && !m_retry.isActive())
        m_notifier->setEnabled(true);
}

// One that comes when only the reserve is left is held back until another descriptor is free, and is then the first.
Acceptance Listener::acceptNext()
{
    if (!m_heldBack.isValid()) {
        Acceptance acceptance = acceptConnection(m_server.socketDescriptor());
        if (acceptance.result != Acceptance::Accepted || !isInReserve(acceptance.descriptor))
            return acceptance;
        m_heldBack = Descriptor(acceptance.descriptor);
        m_heldBackPeer = acceptance.peer;
    }
    Descriptor other = duplicate(m_heldBack);
    if (!other.isValid() || isInReserve(other.value()))
        return {Acceptance::Exhausted, -1, {}, onlyReserveIsLeft()};
    m_heldBack = {};
    return {Acceptance::Accepted, other.release(), m_heldBackPeer, {}};
}

void Listener::acceptSome()
{
    enableNotifier();
    // All that wait, but not for long: the event loop has other events, too. A handshake needs three of its turns, and peers
    // that are turned away may come again faster than that.
    const QDeadlineTimer turn(100us);
    const QPointer<Listener> alive(this);
    while (!turn.hasExpired() && alive && isListening() && !m_isPaused) {
        const Acceptance acceptance = acceptNext();
        if (acceptance.result == Acceptance::Exhausted && m_makeRoom())
            continue;
        switch (acceptance.result) {
        case Acceptance::Accepted: {
            const bool hasRecovered = std::exchange(m_isFailing, false);
            m_accepted(acceptance.descriptor, acceptance.peer);
            if (hasRecovered && alive && isListening()) // else a slot has closed or deleted it
                m_recovered();
            break;
        }
        case Acceptance::NothingThere: // a descriptor was available, which the system looks for first
            if (std::exchange(m_isFailing, false))
                m_recovered();
            return;
        case Acceptance::PeerLeft:
            break;
        case Acceptance::Exhausted:
        case Acceptance::Failed:
            m_notifier->setEnabled(false);
            m_retry.start();
            if (!std::exchange(m_isFailing, true))
                m_failed(acceptance.result == Acceptance::Exhausted, acceptance.cause);
            return;
        }
    }
    if (alive)
        acceptHeldBack(); // room was made, and that took the turn
}

} // namespace QNetPool
