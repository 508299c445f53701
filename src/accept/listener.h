// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/descriptor.h"

#include <QtCore/qsocketnotifier.h>
#include <QtCore/qtimer.h>
#include <QtNetwork/qtcpserver.h>

#include <functional>
#include <memory>

namespace QNetPool {

// Listens and accepts, and passes on bare descriptors with the peer's address. After an error it retries by itself.
//
// QTcpServer is used to bind and listen only: when it accepts, it reports just the first error of a socket's life, which is
// EAGAIN, and then spins when there are no descriptors left (seen with Qt 6.4).
class Listener final : public QObject
{
public:
    using Accepted = std::function<void(qintptr descriptor, const QHostAddress &peer)>;
    using Failed = std::function<void(bool isExhausted, const QString &cause)>; // once an outage
    using Recovered = std::function<void()>;
    using MakeRoom = std::function<bool()>; // closes something for its descriptor; false: there is nothing

    Listener(Accepted accepted, Failed failed, Recovered recovered, MakeRoom makeRoom, QObject *parent);

    bool listen(const QHostAddress &address, quint16 port, int backlog);
    bool listen(qintptr descriptor);
    void close();
    void pauseAccepting(); // further clients wait in the backlog
    void resumeAccepting();

    bool isListening() const { return m_server.isListening(); }
    bool isFailing() const noexcept { return m_isFailing; } // it cannot accept
    QHostAddress address() const { return m_server.serverAddress(); }
    quint16 port() const { return m_server.serverPort(); }
    QString errorString() const { return m_error.isEmpty() ? m_server.errorString() : m_error; }

private:
    bool start(bool isListening);
    void acceptSome();
    Acceptance acceptNext();
    void enableNotifier();
    void acceptHeldBack();

    const Accepted m_accepted;
    const Failed m_failed;
    const Recovered m_recovered;
    const MakeRoom m_makeRoom;
    QTcpServer m_server;
    QString m_error; // why a descriptor was refused, if the server has not done it
    std::unique_ptr<QSocketNotifier> m_notifier;
    QTimer m_retry;
    Descriptor m_heldBack;
    QHostAddress m_heldBackPeer;
    bool m_isFailing = false;
    bool m_isPaused = false;
};

} // namespace QNetPool
