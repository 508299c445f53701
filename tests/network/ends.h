// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "certificates.h"

#include <QNetPool/ClientPool>
#include <QNetPool/ServerPool>

// How both ends are configured, and the times in which they have to recover, which follow from that.
namespace Ends {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr int Capacity = 8;
constexpr milliseconds Interval = 200ms;
constexpr milliseconds Backoff = 1s;
constexpr milliseconds ConnectTimeout = 3s;
constexpr milliseconds HandshakeTimeout = 3s;
constexpr milliseconds KeepAlivePeriod = 1s;
constexpr milliseconds UserTimeout = 3s;

// For a machine with other things to do.
constexpr milliseconds Allowance = 2s;
// From the last packet of a path until either end knows that its connections are dead. Without data in flight: the probe that
// decides is due at most a period after the time has passed. With data: the time counts from the first retransmission.
constexpr milliseconds Notice = UserTimeout + KeepAlivePeriod + Allowance;
// From the path's return until the client has filled its stock: a setup that began on the broken path is given up, the backoff
// ends, and the next round fills it.
constexpr milliseconds Refill = ConnectTimeout + HandshakeTimeout + Backoff + Interval + Allowance;

inline QNetPool::ClientPool::Configuration client(const QString &host, quint16 port, bool isEncrypted)
{
    QNetPool::ClientPool::Configuration configuration;
    configuration.host = host;
    configuration.port = port;
    configuration.sizing.minimumCapacity = configuration.sizing.maximumCapacity = Capacity;
    configuration.sizing.minimumInterval = Interval / 2;
    configuration.sizing.maximumInterval = Interval;
    configuration.sizing.maximumBackoff = Backoff;
    configuration.connectTimeout = ConnectTimeout;
    configuration.handshakeTimeout = HandshakeTimeout;
    configuration.tcp.keepAlivePeriod = KeepAlivePeriod;
    configuration.tcp.userTimeout = UserTimeout;
    if (isEncrypted) {
        configuration.tls.mode = QNetPool::TlsMode::Verified;
        configuration.tls.peerName = QStringLiteral("localhost");
        configuration.tls.configuration = Certificates::trustingCa();
        configuration.setupThreads = 1;
    }
    return configuration;
}

inline QNetPool::ServerPool::Configuration server(bool isEncrypted)
{
    QNetPool::ServerPool::Configuration configuration;
    configuration.handshakeTimeout = HandshakeTimeout;
    configuration.tcp.keepAlivePeriod = KeepAlivePeriod;
    configuration.tcp.userTimeout = UserTimeout;
    if (isEncrypted)
        configuration.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
    return configuration;
}

} // namespace Ends
