// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "resolver.h"
#include "setup/tlscontext.h"

#include <qnetpool/clientpool.h>

#include <QtNetwork/qhostaddress.h>

namespace QNetPool {

// What all dials of a client pool have in common: the configuration, clamped, and what is derived from it.
struct DialPlan
{
    ClientPool::Configuration configuration;
    QHostAddress address; // null if the host is a name
    std::shared_ptr<Resolver> resolver; // of that name
    QSslConfiguration tls; // the effective one
    std::shared_ptr<TlsContext> context = std::make_shared<TlsContext>(); // for tls
    QList<QByteArray> pins; // 32 bytes each

    bool isEncrypted() const { return configuration.tls.mode != TlsMode::None; }
    bool readsId() const { return configuration.connectionMode == ConnectionMode::Multi; }
    QString target() const; // for messages
    QString verifiedName() const; // that a peer's certificate has to be for, if it is verified
    // Whether what is known of the one's peer holds for the other's.
    bool hasPeerOf(const DialPlan &other) const;
};

// A dialer that is told from others once it comes back in a configuration, which two functions cannot be.
using Dialer = std::function<void(QTcpSocket *)>;
Dialer recognizable(const Dialer &dialer);

QString connectedToItself(); // a cause, for messages: see isConnectedToItself()

// "host:port", with brackets around an IPv6 address.
QString endpointText(const QString &host, quint16 port);

} // namespace QNetPool
