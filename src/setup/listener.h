// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/qtcpserver.h>

#include <functional>

namespace QNetPool {

// A QTcpServer that hands on bare descriptors and goes on by itself after an accept error, such as one for want of
// descriptors: QTcpServer pauses then and waits to be told.
class Listener final : public QTcpServer
{
public:
    using Accepted = std::function<void(qintptr descriptor)>;
    using Failed = std::function<void(QAbstractSocket::SocketError error, const QString &cause)>; // once an outage
    using Recovered = std::function<void()>;

    Listener(Accepted accepted, Failed failed, Recovered recovered, QObject *parent);

protected:
    void incomingConnection(qintptr descriptor) override;

private:
    const Accepted m_accepted;
    const Failed m_failed;
    const Recovered m_recovered;
    bool m_isFailing = false;
};

} // namespace QNetPool
