// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "accept/acceptplan.h"
#include "accept/peerfilter.h"
#include "prepared.h"

namespace QNetPool {

// A server pool's configuration, checked and clamped.
struct PreparedServer : Prepared
{
    explicit PreparedServer(const ServerPool::Configuration &requested = {});

    PeerFilter filter;
    std::shared_ptr<AcceptPlan> plan = std::make_shared<AcceptPlan>();

private:
    void addTlsProblems(const ServerPool::Tls &tls);
};

} // namespace QNetPool
