// SPDX-License-Identifier: BSD-3-Clause
#include "listener.h"

#include <QtCore/qtimer.h>

#include <chrono>

namespace QNetPool {

using namespace std::chrono_literals;

Listener::Listener(Accepted accepted, Failed failed, Recovered recovered, QObject *parent)
    : QTcpServer(parent),
      m_accepted(std::move(accepted)),
      m_failed(std::move(failed)),
      m_recovered(std::move(recovered))
{
    connect(this, &QTcpServer::acceptError, this, [this](QAbstractSocket::SocketError error) {
        if (!std::exchange(m_isFailing, true))
            m_failed(error, errorString());
        QTimer::singleShot(100ms, this, [this] {
            if (isListening())
                resumeAccepting();
        });
    });
}

void Listener::incomingConnection(qintptr descriptor)
{
    if (std::exchange(m_isFailing, false))
        m_recovered();
    m_accepted(descriptor);
}

} // namespace QNetPool
