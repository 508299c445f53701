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
    // Whether and how connections are encrypted.
    struct Tls
    {
        // Whether connections are encrypted. If not, the other two are refused, as they would have no effect. Default: false.
        bool enabled = false;
        // Certificate chain and private key (both required), certificate authorities for client certificates, and the
        // peerVerifyMode (VerifyPeer requires a client certificate, QueryPeer asks for one, the others do not; authorities
        // with the default, AutoVerifyPeer, are refused). TLS 1.3 or later is spoken. A configuration that asks for TLS 1.2
        // is refused unless allowTls12 is set, one that asks for an older protocol always. If it names no groups for the key
        // exchange (setEllipticCurves()), they are X25519, P-256, P-384 and P-521. Default: null.
        QSslConfiguration configuration{};
        // Whether to let in clients that support nothing newer than TLS 1.2, too; no others if the configuration's protocol
        // is TlsV1_2. Default: false.
        bool allowTls12 = false;
    };

    // Everything that a server pool can be told. Nothing is required.
    struct Configuration
    {
        // Addresses ("192.0.2.7", "2001:db8::7") and subnets ("192.0.2.0/24", "2001:db8::/32") that may connect. An IPv4
        // peer of a dual-stack listener is compared as IPv4. Default: empty, any may connect.
        QStringList allowedPeers{};
        // Which end names the connections. Both ends must agree. Default: the server, which sends the ID to the client.
        ConnectionMode connectionMode = ConnectionMode::Multi;
        // How the ID is written in ConnectionMode::Multi; in ConnectionMode::Single another than the default is refused.
        // Both ends must agree. Default: 8 hexadecimal digits.
        IdFormat idFormat = IdFormat::Hex;
        // The largest number of idle connections. Default: 65536. Clamped to 1 or more.
        int maximumCapacity = 65536;

        Tls tls{};
        Tcp tcp{};
        Limits limits{};
        Hooks hooks{};

        // The time for the TLS handshake and for sending the ID, together. Default: 10 s. Clamped: 0 or less becomes 1 s.
        std::chrono::milliseconds handshakeTimeout{10000};
        // The largest number of pending TLS handshakes. At the limit nothing is accepted, and further clients wait in the
        // backlog. From half of it on a new handshake gets less time, down to a quarter of handshakeTimeout, so that peers
        // which never finish theirs make room. Default: 1024. 0 = no limit. Clamped to 0 or more.
        int maximumPendingHandshakes = 1024;
        // The largest number of pending TLS handshakes with one peer, which is an IPv4 address or a /64 of IPv6; further
        // ones are turned away. All clients behind one address count as one peer, and a ClientPool dials up to
        // maximumPending connections at a time. If it is lower than maximumPendingHandshakes, it shrinks from half of that on,
        // down to 1, while peers have two or more on average, so that those which never finish theirs leave room for others.
        // A peer of whose handshakes 50 more fail than succeed within a second is turned away for the rest of it. Default: 256.
        // 0 = no limit, of failures neither, for a proxy or a network that puts all clients behind one address. Clamped to 0
        // or more.
        int maximumPendingPerPeer = 256;
        // The largest number of connections of one peer, in the same sense: idle, leased and pending together; further ones
        // are turned away. Default: 0, no limit, as a proxy or a network may put all clients behind one address. Clamped to 0
        // or more.
        int maximumConnectionsPerPeer = 0;
        // The largest number of connections that wait in the system's backlog to be accepted; the system may have a lower
        // limit. Default: 1024. Clamped to 1 or more.
        int listenBacklog = 1024;
        // The number of threads that the pool starts to set up connections: TLS handshake and ID. One is enough to keep TLS
        // handshakes out of a GUI's thread, one per core serves many handshakes a second. If a thread cannot start, the
        // others or the pool's thread do its work. Default: 0, the pool's thread sets up connections. Clamped to 0 to 64.
        int setupThreads = 0;
        // Whether checkStock() is called when QNetworkInformation reports a change of the host's reachability or transport
        // medium. Needs a backend of Qt's, and an event loop in the main thread. Default: true.
        bool checkOnNetworkChange = true;
        // Which idle connection is leased next. Default: the one that has been idle longest.
        Reuse reuse = Reuse::OldestFirst;
    };

    static QStringList problems(const Configuration &configuration);

    explicit ServerPool(QObject *parent = nullptr);
    explicit ServerPool(const Configuration &configuration, QObject *parent = nullptr);
    ~ServerPool() override;

    Configuration configuration() const;
    bool setConfiguration(const Configuration &configuration);

    bool listen(const QHostAddress &address = QHostAddress::Any, quint16 port = 0);
    // Without this overload the enumerator would convert to a descriptor.
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
