// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "dial/dialplan.h"
#include "prepared.h"

namespace QNetPool {

// A client pool's configuration, checked and clamped.
struct PreparedClient : Prepared
{
    // former: the pool's plan until now.
    explicit PreparedClient(const ClientPool::Configuration &requested, const std::shared_ptr<const DialPlan> &former = {});

    std::shared_ptr<DialPlan> plan = std::make_shared<DialPlan>();

private:
    void addPeerProblems(const ClientPool::Configuration &requested);
    void addSizingProblems(const ClientPool::Sizing &requested);
    void addPlainTcpProblems(const ClientPool::Tls &requested);
    void addTlsProblems(const ClientPool::Configuration &requested);
    void useTls(const ClientPool::Tls &requested);
    void addPinProblems(const QList<QByteArray> &requested);
};

} // namespace QNetPool
