// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "setup/tlscontext.h"

#include <qnetpool/global.h>

#include <QtNetwork/qsslconfiguration.h>

#include <chrono>

namespace QNetPool {

// What all connections that a server pool accepts have in common.
struct AcceptPlan
{
    bool isEncrypted = false;
    QSslConfiguration tls;
    std::shared_ptr<TlsContext> context = std::make_shared<TlsContext>(); // of tls
    ConnectionMode mode = ConnectionMode::Multi;
    IdFormat format = IdFormat::Hex;
    std::chrono::milliseconds handshakeTimeout{10000};
    std::chrono::milliseconds keepAlivePeriod{30000};
    std::chrono::milliseconds userTimeout{60000};
};

} // namespace QNetPool
