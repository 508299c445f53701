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
        // Called in place of connectToHost() with an unconnected socket that it must start to connect and must not delete,
        // keep or wait on: a proxy, a bind address, a name service of your own. In the pool's thread or, with setupThreads,
        // in several others at the same time, where it must not wait for the pool's thread, which waits for them as it closes.
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

        // Time for name lookup and TCP connect, all addresses of the name together. More than 0; what is less becomes 1 s.
        std::chrono::milliseconds connectTimeout{10000};
        // Time for the TLS handshake and the ID after that. More than 0; what is less becomes 1 s.
        std::chrono::milliseconds handshakeTimeout{10000};
        // How many threads of the pool's own set up connections: connect, TLS handshake and ID. 0 = none, it happens in
        // the pool's thread. A thread pays where TLS handshakes would keep the pool's thread from its other work (a GUI's,
        // say), one a core where they are to be many a second. Up to 64; what is out of range is put within it. A thread that
        // the system refuses is done without: those that are there do its work, else the pool's own.
        int setupThreads = 0;
        // How long a connection may be silent before TCP probes it, and the time between two of the three probes.
        // Rounded up to seconds. 0 = no keep-alive.
        std::chrono::milliseconds keepAlivePeriod{30000};
        // How long sent bytes may stay unacknowledged, or unsent because the peer does not read, before TCP gives the connection
        // up: a dead path is noticed with data in flight, too. Up to 24 h, 0 = as long as the system likes; what is out of
        // range is put within it. On Linux, on macOS and Windows in full seconds, and nowhere else.
        // On Linux it also takes the place of the third probe of keepAlivePeriod: a silent connection is given up when a
        // probe is due, the one before was not answered, and this time has passed since the last sign of life. There it counts
        // from the first retransmission, which on a slow path comes seconds after the bytes.
        std::chrono::milliseconds userTimeout{60000};
        // Call checkStock() when QNetworkInformation tells that the host's reachability or medium has changed, where Qt has a
        // backend that knows. It lives in the main thread, which needs an event loop for it.
        bool checkOnNetworkChange = true;
        // How long the last bytes of a connection that its peer has closed wait for take(id). 0 = they do not.
        std::chrono::milliseconds unclaimedTimeout{30000};

        // Plain TCP, TLS without a certificate authority, or verified TLS.
        TlsMode tlsMode = TlsMode::None;
        // Client certificate and key, own certificate authorities, ALPN, ciphers. Default: Qt's default configuration.
        // TLS 1.3 or later: a protocol that is less than Qt's default is refused. tlsMode decides the verification.
        QSslConfiguration sslConfiguration;
        // Connects also to a server that can do no better than TLS 1.2. If the sslConfiguration's protocol is TlsV1_2, to no other.
        bool allowTls12 = false;
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

        // How many connections the pool may have at most: idle, leased, unclaimed and being set up together. At the limit it
        // does not dial, and those who wait are served with what is given back. 0 = no limit.
        int maximumConnections = 0;
        // How many acquire() and waitForConnection() calls may wait at most; one more fails with TooManyWaiters. 0 = no limit.
        int maximumWaiters = 0;

        // How long a connection may be idle before it is closed: less than the time after which the peer or a firewall would.
        // A client pool dials another one when its stock gets low. 0 = no limit.
        std::chrono::milliseconds idleTimeout{0};
        // How long a connection may live: an idle one is closed then, a leased one when it is given back. When this is
        // changed, it holds for those that are set up from then on. 0 = no limit.
        std::chrono::milliseconds maximumLifetime{0};
        // The share of maximumLifetime by which each connection's life is shortened at random, at most, so that a stock that
        // was filled at once does not end at once. 0 to 1; what is out of range is put within it.
        double lifetimeSpread = 0.1;
        // A lease that is held for longer is reported once, with Error::LeakSuspected: its ID, its age, the thread that has
        // it. Nothing else happens to it. 0 = never.
        std::chrono::milliseconds leakThreshold{0};
        // Which idle connection goes out next.
        Reuse reuse = Reuse::OldestFirst;

        // Asks the peer whether a connection still serves, before it goes out after it was idle for longer than
        // validateAfter. Called in the pool's thread with the socket, whose result is true if it does; the socket must be left
        // with nothing unread. When it is false, throws, is cancelled, or takes longer than validationTimeout (then it is
        // cancelled, and the socket closed), the next connection is tried, and the caller knows nothing of it.
        // take() never waits for it: it starts it, and passes over the connection.
        std::function<QFuture<bool>(QTcpSocket *socket)> validator;
        // Up to this time of idleness a connection goes out without being validated. 0 = none does; take() finds none then.
        std::chrono::milliseconds validateAfter{1000};
        // Called like the validator, on each connection whose socket was used, when it is given back: to end a transaction or
        // a login, say. The connection is idle when the result is true, and closed otherwise.
        std::function<QFuture<bool>(QTcpSocket *socket)> resetter;
        // Time for the validator or the resetter. More than 0; what is less becomes 1 s.
        std::chrono::milliseconds validationTimeout{5000};
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
