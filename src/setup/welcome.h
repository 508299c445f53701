// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "setup.h"
#include "tlscontext.h"

#include <QtNetwork/qsslconfiguration.h>

namespace QNetPool {

// What all connections that a server pool accepts have in common.
struct WelcomePlan
{
    QSslConfiguration tls; // null: plain TCP
    std::shared_ptr<TlsContext> context = std::make_shared<TlsContext>(); // of tls
    ConnectionMode mode = ConnectionMode::Multi;
    IdFormat format = IdFormat::Hex;
    std::chrono::milliseconds handshakeTimeout{10000};
    std::chrono::milliseconds keepAlivePeriod{30000};
};

// A server's connection being set up: TLS, send the ID.
class Welcome final : public Setup
{
public:
    // Owns the descriptor from now on.
    Welcome(std::shared_ptr<const WelcomePlan> plan, ConnectionId id, const QString &peer, qintptr descriptor);
    ~Welcome() override;

private:
    void start() override;
    void enter(SetupStep step) override;
    QString reasonForClose() const override;

    const std::shared_ptr<const WelcomePlan> m_plan;
    const ConnectionId m_id;
    qintptr m_descriptor; // until the socket has it
};

} // namespace QNetPool
