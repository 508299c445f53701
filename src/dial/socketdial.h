// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "dialplan.h"
#include "setup/idreader.h"
#include "setup/setup.h"

namespace QNetPool {

// Sets up a connection of a client with a socket, where DirectDials cannot: connects through a dialer or proxy, TLS, reads
// the ID.
class SocketDial final : public Setup
{
public:
    explicit SocketDial(std::shared_ptr<const DialPlan> plan);
    SocketDial(std::shared_ptr<const DialPlan> plan, SetupOutcome connected); // TLS on a connection of DirectDials

private:
    void start() override;
    void enter(SetupStep step) override;
    void encrypted() override;
    void readMore() override;
    QString meaningOf(const QString &end) const override;
    void takeOver();
    void callDialer();
    QString mistakeOfDialer() const; // for messages; empty: none
    void connected();
    void encrypt();
    QString refusalOfPeer() const;

    const std::shared_ptr<const DialPlan> m_plan;
    IdReader m_id;
    Descriptor m_descriptor; // the connection's, until the socket owns it
};

} // namespace QNetPool
