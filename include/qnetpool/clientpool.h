// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_CLIENTPOOL_H
#define QNETPOOL_CLIENTPOOL_H

#include <qnetpool/pool.h>

#include <QtNetwork/qsslconfiguration.h>

#include <functional>

namespace QNetPool {

class QNETPOOL_EXPORT ClientPool : public Pool
{
    Q_OBJECT

public:
    struct Configuration
    {
        // Name or address of the peer. Required unless a dialer is set; error messages name it either way.
        QString host;
        // Port of the peer, 1 to 65535. Required unless a dialer is set.
        quint16 port = 0;
        // The name the peer's certificate must carry in TlsMode::Verified, sent as SNI. Default: host.
        QString peerName;
        // Called in place of connectToHost(), in the pool's thread, with an unconnected socket that it must start to
        // connect and must not delete, keep or wait on: a proxy, a bind address, a name service of your own.
        std::function<void(QTcpSocket *socket)> dialer;

        // The least number of idle connections the pool aims at; capacity() starts here. 1 or more; what is less becomes 1.
        int minimumCapacity = 5;
        // The largest number of idle connections the pool aims at and holds. Swapped with the minimum when it is less.
        int maximumCapacity = 20;
        // The shortest pause between two cycles; interval() starts here. More than 0; what is less becomes 1 s.
        std::chrono::milliseconds minimumInterval{500};
        // The longest pause between two cycles. Swapped with the minimum when it is less.
        std::chrono::milliseconds maximumInterval{5000};
        // The longest pause between two attempts while the peer cannot be reached; doubled from the interval up to here.
        // What is less than maximumInterval counts as maximumInterval.
        std::chrono::milliseconds maximumBackoff{60000};
        // How many connections are set up at the same time at most. 1 or more; what is less becomes 1.
        int maximumPending = 64;

        // Time for name lookup and TCP connect. More than 0; what is less becomes 1 s.
        std::chrono::milliseconds connectTimeout{10000};
        // Time for the TLS handshake and the ID after that. More than 0; what is less becomes 1 s.
        std::chrono::milliseconds handshakeTimeout{10000};
        // How long a connection may be silent before TCP probes it, and the time between two of the three probes.
        // Rounded up to seconds. 0 = no keep-alive.
        std::chrono::milliseconds keepAlivePeriod{30000};
        // How long the last bytes of a connection that its peer has closed wait for take(id). 0 = they do not.
        std::chrono::milliseconds unclaimedTimeout{30000};

        // Plain TCP, TLS without a certificate authority, or verified TLS.
        TlsMode tlsMode = TlsMode::None;
        // Client certificate and key, own certificate authorities, ALPN, ciphers. Default: Qt's default configuration.
        // The protocol is always TLS 1.3 or later, and tlsMode decides the verification.
        QSslConfiguration sslConfiguration;
        // SHA-256 fingerprints of the certificates that are accepted in TlsMode::SelfSigned, as 64 hexadecimal digits
        // (colons between bytes are allowed) or 32 raw bytes. Empty: any certificate is accepted.
        QList<QByteArray> pinnedFingerprints;

        // Who names the connections. Both ends must agree.
        ConnectionMode connectionMode = ConnectionMode::Multi;
        // How the server writes the ID in ConnectionMode::Multi. Both ends must agree.
        IdFormat idFormat = IdFormat::Hex;
        // In ConnectionMode::Single: close an idle connection on which bytes arrive, because a request-response protocol
        // that gets bytes unasked is out of step. In ConnectionMode::Multi they are always kept for the holder.
        bool dropUnexpectedBytes = false;

        // How many acquire() and waitForConnection() calls may wait at most; one more fails with TooManyWaiters. 0 = no limit.
        int maximumWaiters = 0;
    };

    explicit ClientPool(QObject *parent = nullptr);
    explicit ClientPool(const Configuration &configuration, QObject *parent = nullptr);
    ~ClientPool() override;

    Configuration configuration() const;
    bool setConfiguration(const Configuration &configuration);

public Q_SLOTS:
    bool start();

private:
    Q_DISABLE_COPY_MOVE(ClientPool)
};

} // namespace QNetPool

#endif
