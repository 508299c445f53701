// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "setup.h"
#include "tlscontext.h"

#include <QtNetwork/qsslconfiguration.h>

namespace QNetPool {

// What all dials of a client pool have in common.
struct DialPlan
{
    QString host;
    quint16 port = 0;
    QString peerName;
    std::function<void(QTcpSocket *)> dialer;
    TlsMode tlsMode = TlsMode::None;
    QSslConfiguration tls;
    std::shared_ptr<TlsContext> context = std::make_shared<TlsContext>(); // of tls
    QList<QByteArray> pins; // 32 bytes each
    ConnectionMode mode = ConnectionMode::Multi;
    IdFormat format = IdFormat::Hex;
    std::chrono::milliseconds connectTimeout{10000};
    std::chrono::milliseconds handshakeTimeout{10000};
    std::chrono::milliseconds keepAlivePeriod{30000};

    QString target() const; // for messages
};

// A client's connection being set up: connect, TLS, read the ID.
class Dial final : public Setup
{
public:
    explicit Dial(std::shared_ptr<const DialPlan> plan);

private:
    void start() override;
    void enter(SetupStep step) override;
    void encrypted() override;
    void readMore() override;
    QString reasonForClose() const override;
    void callDialer();
    void connected();
    void encrypt();

    const std::shared_ptr<const DialPlan> m_plan;
};

} // namespace QNetPool
