// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "setup.h"

#include <QtNetwork/qsslconfiguration.h>

namespace QNetPool {

// What all connections that a server pool accepts have in common.
struct WelcomePlan
{
    QSslConfiguration tls; // null: plain TCP
    ConnectionMode mode = ConnectionMode::Multi;
    IdFormat format = IdFormat::Hex;
    std::chrono::milliseconds handshakeTimeout{10000};
    std::chrono::milliseconds keepAlivePeriod{30000};
};

// A server's connection being set up: TLS, send the ID.
class Welcome final : public Setup
{
public:
    // The entry has its ID already.
    Welcome(std::shared_ptr<const WelcomePlan> plan, Entry *entry, const QString &peer, Done done, QObject *parent);
    void start(qintptr descriptor); // owns it from now on

private:
    void enter(SetupStep step) override;
    QString reasonForClose() const override;

    const std::shared_ptr<const WelcomePlan> m_plan;
};

} // namespace QNetPool
