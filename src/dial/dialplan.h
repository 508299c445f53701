// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "resolver.h"
#include "setup/tlscontext.h"

#include <qnetpool/global.h>

#include <QtNetwork/qhostaddress.h>
#include <QtNetwork/qsslconfiguration.h>

#include <chrono>
#include <functional>

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

// What all dials of a client pool have in common.
struct DialPlan
{
    QString host;
    QHostAddress address; // if the host is one
    std::shared_ptr<Resolver> resolver; // else of it
    quint16 port = 0;
    QString peerName;
    std::function<void(QTcpSocket *)> dialer;
    TlsMode tlsMode = TlsMode::None;
    QSslConfiguration tls;
    std::shared_ptr<TlsContext> context = std::make_shared<TlsContext>(); // of tls
    QList<QByteArray> pins; // 32 bytes each
    ConnectionMode mode = ConnectionMode::Multi;
    IdFormat format = IdFormat::Hex;
    std::chrono::milliseconds connectTimeout{10000};
    std::chrono::milliseconds handshakeTimeout{10000};
    std::chrono::milliseconds keepAlivePeriod{30000};
    std::chrono::milliseconds userTimeout{60000};

    QString target() const; // for messages
};

// "host:port", with brackets around an IPv6 address.
QString endpointText(const QString &host, quint16 port);

} // namespace QNetPool
