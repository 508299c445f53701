// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "setup/tlscontext.h"

#include <qnetpool/serverpool.h>

#include <QtNetwork/qsslsocket.h>

namespace QNetPool {

// What all connections that a server pool accepts have in common: the configuration, clamped, and what is derived from it.
struct AcceptPlan
{
    ServerPool::Configuration configuration;
    QSslConfiguration tls; // the effective one
    std::shared_ptr<TlsContext> context = std::make_shared<TlsContext>(); // for tls, if sharesContext()

    // Whether a connection that was accepted with the one may be used with the other.
    bool isLike(const AcceptPlan &other) const
    {
        const ServerPool::Configuration &a = configuration;
        const ServerPool::Configuration &b = other.configuration;
        return a.connectionMode == b.connectionMode && a.idFormat == b.idFormat && a.tls.enabled == b.tls.enabled
                && tls == other.tls;
    }
    bool isEncrypted() const { return configuration.tls.enabled; }
    // OpenSSL fails the handshake of a client that resumes a session if it may have a certificate and the context has no name,
    // a "session ID context", which Qt cannot set. With a context of its own each makes a full handshake.
    bool sharesContext() const { return tls.peerVerifyMode() == QSslSocket::VerifyNone; }
    bool sendsId() const { return configuration.connectionMode == ConnectionMode::Multi; }
};

} // namespace QNetPool
