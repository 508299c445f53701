// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "resolver.h"
#include "setup/tlscontext.h"

#include <qnetpool/clientpool.h>

#include <QtNetwork/qhostaddress.h>

namespace QNetPool {

// What all dials of a client pool have in common: its configuration, within its limits, and what that comes to.
struct DialPlan
{
    ClientPool::Configuration configuration;
    QHostAddress address; // if the host is one
    std::shared_ptr<Resolver> resolver; // else of it
    QSslConfiguration tls; // as sockets get it
    std::shared_ptr<TlsContext> context = std::make_shared<TlsContext>(); // of tls
    QList<QByteArray> pins; // 32 bytes each

    bool isEncrypted() const { return configuration.tls.mode != TlsMode::None; }
    bool readsId() const { return configuration.connectionMode == ConnectionMode::Multi; }
    QString target() const; // for messages
};

// "host:port", with brackets around an IPv6 address.
QString endpointText(const QString &host, quint16 port);

} // namespace QNetPool
