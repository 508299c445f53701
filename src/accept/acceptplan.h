// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "setup/tlscontext.h"

#include <qnetpool/serverpool.h>

namespace QNetPool {

// What all connections that a server pool accepts have in common: its configuration, within its limits, and what that comes to.
struct AcceptPlan
{
    ServerPool::Configuration configuration;
    QSslConfiguration tls; // as sockets get it
    std::shared_ptr<TlsContext> context = std::make_shared<TlsContext>(); // of tls

    bool isEncrypted() const { return configuration.tls.enabled; }
    bool sendsId() const { return configuration.connectionMode == ConnectionMode::Multi; }
};

} // namespace QNetPool
