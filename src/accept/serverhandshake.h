// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "acceptplan.h"
#include "setup/setup.h"

namespace QNetPool {

// A server's connection being set up with TLS: handshake, send the ID.
class ServerHandshake final : public Setup
{
public:
    // Owns the descriptor from now on.
    ServerHandshake(std::shared_ptr<const AcceptPlan> plan, ConnectionId id, const QString &peer,
                    std::chrono::milliseconds handshakeTimeout, Descriptor descriptor);

private:
    void start() override;
    void enter(SetupStep step) override;
    QString reasonForClose() const override;

    const std::shared_ptr<const AcceptPlan> m_plan;
    const ConnectionId m_id;
    const std::chrono::milliseconds m_handshakeTimeout;
    Descriptor m_descriptor; // until the socket has it
};

} // namespace QNetPool
