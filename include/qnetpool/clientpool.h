// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_CLIENTPOOL_H
#define QNETPOOL_CLIENTPOOL_H

#include <qnetpool/pool.h>

#include <QtNetwork/qsslconfiguration.h>

namespace QNetPool {

class QNETPOOL_EXPORT ClientPool : public Pool
{
    Q_OBJECT

public:
    // How many connections are kept ready, and how fast they are dialled.
    struct Sizing
    {
        // The least number of idle connections the pool aims at; capacity() starts here. 1 or more, smaller values become 1;
        // default: 5.
        int minimumCapacity = 5;
        // The largest number of idle connections the pool aims at and holds. Default: 20. Swapped with the minimum if it is
        // smaller.
        int maximumCapacity = 20;
        // The shortest pause between two cycles; interval() starts here. More than 0, smaller values become 1 s; default: 500 ms.
        std::chrono::milliseconds minimumInterval{500};
        // The longest pause between two cycles. Default: 5 s. Swapped with the minimum if it is smaller.
        std::chrono::milliseconds maximumInterval{5000};
        // The longest pause between two attempts while the peer cannot be reached; doubled from the interval up to here. Default:
        // 60 s. Smaller values than maximumInterval count as maximumInterval.
        std::chrono::milliseconds maximumBackoff{60000};
        // How many connections are set up at the same time at most. 1 or more, smaller values become 1; default: 64.
        int maximumPending = 64;
    };

    struct Tls
    {
        // Plain TCP, TLS without a certificate authority, or verified TLS. Default: plain TCP.
        TlsMode mode = TlsMode::None;
        // The name the peer's certificate must carry in TlsMode::Verified, sent as SNI. Default: host.
        QString peerName{};
        // Client certificate and key, own certificate authorities, ALPN, ciphers. Default: Qt's default configuration.
        // TLS 1.3 or later: a protocol older than Qt's default is refused. The mode decides the verification.
        QSslConfiguration configuration{};
        // Also connects to a server that supports nothing newer than TLS 1.2. If the configuration's protocol is TlsV1_2, to no
        // other.
        bool allowTls12 = false;
        // SHA-256 fingerprints of the certificates that are accepted in TlsMode::SelfSigned, as 64 hexadecimal digits
        // (colons between bytes are allowed) or 32 raw bytes. Empty: any certificate is accepted.
        QList<QByteArray> pinnedFingerprints{};
    };

    struct Configuration
    {
        // Name or address of the peer. Required unless a dialer is set; error messages name it either way.
        QString host{};
        // Port of the peer, 1 to 65535. Required unless a dialer is set.
        quint16 port = 0;
        // Who names the connections. Both ends must agree.
        ConnectionMode connectionMode = ConnectionMode::Multi;
        // How the server writes the ID in ConnectionMode::Multi. Both ends must agree.
        IdFormat idFormat = IdFormat::Hex;
        // Called in place of connectToHost() with an unconnected socket that it must start to connect and must not delete,
        // keep or wait on: a proxy, a bind address, a name service of your own. In the pool's thread or, with setupThreads,
        // in several others at the same time, where it must not wait for the pool's thread, which waits for them as it closes.
        std::function<void(QTcpSocket *socket)> dialer{};

        Sizing sizing{};
        Tls tls{};
        Tcp tcp{};
        Limits limits{};
        Hooks hooks{};

        // Time for name lookup and TCP connect, all addresses of the name together. More than 0, smaller values become 1 s;
        // default: 10 s.
        std::chrono::milliseconds connectTimeout{10000};
        // Time for the TLS handshake and the ID after that. More than 0, smaller values become 1 s; default: 10 s.
        std::chrono::milliseconds handshakeTimeout{10000};
        // How many threads of the pool's own set up connections: connect, TLS handshake and ID. 0 to 64; default: 0, it happens
        // in the pool's thread. One thread pays where TLS handshakes would keep the pool's thread from its other work (a GUI's,
        // say), one a core where they are to be many a second. If a thread cannot start, the others do its work, else the pool's
        // own.
        int setupThreads = 0;
        // Whether checkStock() is called when QNetworkInformation tells that the host's reachability or medium has changed, where
        // Qt has a backend that knows. It lives in the main thread, which needs an event loop for it.
        bool checkOnNetworkChange = true;
        // Which idle connection goes out next.
        Reuse reuse = Reuse::OldestFirst;
        // In ConnectionMode::Single: close an idle connection on which bytes arrive, because a request-response protocol
        // that gets bytes unasked is out of step. In ConnectionMode::Multi they are always kept for the holder.
        bool dropUnexpectedBytes = false;
    };

    // What start() would refuse of a configuration: a sentence for each problem, which names the field and the cause. Empty if
    // it can work. From any thread.
    static QStringList problems(const Configuration &configuration);

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
