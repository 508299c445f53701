// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "acceptplan.h"
#include "setup/setup.h"

namespace QNetPool {

// Sets up a TLS connection of a server: handshake, then the ID is sent.
class ServerHandshake final : public Setup
{
public:
    ServerHandshake(std::shared_ptr<const AcceptPlan> plan, ConnectionId id, const QString &peer,
                    std::chrono::milliseconds handshakeTimeout, Descriptor descriptor);

private:
    void start() override;
    void enter(SetupStep step) override;
    QString meaningOf(const QString &end) const override;

    const std::shared_ptr<const AcceptPlan> m_plan;
    const ConnectionId m_id;
    const std::chrono::milliseconds m_handshakeTimeout;
    Descriptor m_descriptor; // until the socket owns it
};

} // namespace QNetPool
