// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "dialplan.h"
#include "setup/idreader.h"
#include "setup/setup.h"

namespace QNetPool {

// A client's connection being set up, where DirectDials cannot go on: connect, TLS, read the ID.
class SocketDial final : public Setup
{
public:
    explicit SocketDial(std::shared_ptr<const DialPlan> plan); // from the beginning
    SocketDial(std::shared_ptr<const DialPlan> plan, SetupOutcome connected); // with TLS, from the handshake on

private:
    void start() override;
    void enter(SetupStep step) override;
    void encrypted() override;
    void readMore() override;
    QString reasonForClose() const override;
    void takeOver();
    void callDialer();
    void connected();
    void encrypt();

    const std::shared_ptr<const DialPlan> m_plan;
    IdReader m_id;
    Descriptor m_descriptor; // that is connected, until the socket has it
};

} // namespace QNetPool
