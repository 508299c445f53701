// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_SERVERPOOL_H
#define QNETPOOL_SERVERPOOL_H

#include <qnetpool/pool.h>

#include <QtNetwork/qhostaddress.h>
#include <QtNetwork/qsslconfiguration.h>

namespace QNetPool {

class QNETPOOL_EXPORT ServerPool : public Pool
{
    Q_OBJECT

public:
    struct Configuration
    {
        // Addresses ("192.0.2.7", "2001:db8::7") and subnets ("192.0.2.0/24", "2001:db8::/32") that may connect.
        // Empty: any. An IPv4 peer of a dual-stack listener is compared as IPv4.
        QStringList allowedPeers;
        // Certificate chain and private key (both required for TLS), certificate authorities for client certificates, and
        // peerVerifyMode (VerifyPeer: a client certificate is required). Null: plain TCP. Always TLS 1.3 or later.
        QSslConfiguration sslConfiguration;

        // The largest number of idle connections. 1 or more; what is less becomes 1.
        int maximumCapacity = 65536;
        // Time for the TLS handshake and for writing the ID. More than 0; what is less becomes 1 s.
        std::chrono::milliseconds handshakeTimeout{10000};
        // How long a connection may be silent before TCP probes it, and the time between two of the three probes.
        // Rounded up to seconds. 0 = no keep-alive.
        std::chrono::milliseconds keepAlivePeriod{30000};
        // How long the last bytes of a connection that its peer has closed wait for take(id). 0 = they do not.
        std::chrono::milliseconds unclaimedTimeout{30000};
        // The kernel's queue of connections that are not accepted yet. The system may have a lower limit.
        int listenBacklog = 1024;

        // Multi: the ID is sent to the client. Single: nothing is sent, the ID is known on this end only.
        ConnectionMode connectionMode = ConnectionMode::Multi;
        // How the ID is written in ConnectionMode::Multi. Both ends must agree.
        IdFormat idFormat = IdFormat::Hex;

        // How many acquire() and waitForConnection() calls may wait at most; one more fails with TooManyWaiters. 0 = no limit.
        int maximumWaiters = 0;
    };

    explicit ServerPool(QObject *parent = nullptr);
    explicit ServerPool(const Configuration &configuration, QObject *parent = nullptr);
    ~ServerPool() override;

    Configuration configuration() const;
    bool setConfiguration(const Configuration &configuration);

    bool listen(const QHostAddress &address = QHostAddress::Any, quint16 port = 0);
    // Without this overload an enumerator would be taken for a descriptor.
    bool listen(QHostAddress::SpecialAddress address, quint16 port = 0) { return listen(QHostAddress(address), port); }
    bool listen(qintptr descriptor);
    bool addConnection(qintptr descriptor);
    QHostAddress serverAddress() const;
    quint16 serverPort() const;

private:
    Q_DISABLE_COPY_MOVE(ServerPool)
};

} // namespace QNetPool

#endif
