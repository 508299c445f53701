// SPDX-License-Identifier: BSD-3-Clause
#ifndef QNETPOOL_SERVERPOOL_H
#define QNETPOOL_SERVERPOOL_H

#include <qnetpool/pool.h>

#include <QtNetwork/qhostaddress.h>
#include <QtNetwork/qsslconfiguration.h>

#include <functional>

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
        // peerVerifyMode (VerifyPeer: a client certificate is required). Null: plain TCP. TLS 1.3 or later: a protocol that is
        // less than Qt's default is refused.
        QSslConfiguration sslConfiguration;
        // Lets clients in that can do no better than TLS 1.2. If the sslConfiguration's protocol is TlsV1_2, no others.
        bool allowTls12 = false;

        // The largest number of idle connections. 1 or more; what is less becomes 1.
        int maximumCapacity = 65536;
        // Time for the TLS handshake and for writing the ID. More than 0; what is less becomes 1 s.
        std::chrono::milliseconds handshakeTimeout{10000};
        // How many TLS handshakes may be going on at the same time. While there are as many, none is accepted: the kernel's queue
        // keeps who comes. From half of it on, a new handshake gets less time, down to a quarter of handshakeTimeout, so that
        // peers which never finish theirs make room. 0 = no limit.
        int maximumPendingHandshakes = 1024;
        // How many of them may be with one peer: an IPv4 address, or an IPv6 network of 64 bits. One more from there is turned
        // away. Clients behind one address count as one peer, and a ClientPool begins with maximumPending. 0 = no limit.
        int maximumPendingPerPeer = 256;
        // How many threads of the pool's own set up connections: TLS handshake and ID. 0 = none, it happens in
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
        // The kernel's queue of connections that are not accepted yet. The system may have a lower limit.
        int listenBacklog = 1024;

        // Multi: the ID is sent to the client. Single: nothing is sent, the ID is known on this end only.
        ConnectionMode connectionMode = ConnectionMode::Multi;
        // How the ID is written in ConnectionMode::Multi. Both ends must agree.
        IdFormat idFormat = IdFormat::Hex;

        // How many connections the pool may have at most: idle, leased, unclaimed and being set up together. One more is turned
        // away. 0 = no limit.
        int maximumConnections = 0;
        // How many acquire() and waitForConnection() calls may wait at most; one more fails with TooManyWaiters. 0 = no limit.
        int maximumWaiters = 0;

        // How long a connection may be idle before it is closed: less than the time after which the peer or a firewall would.
        // 0 = no limit.
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
