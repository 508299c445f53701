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
    // What decides how many connections are ready.
    enum class Rule {
        // One more or one less a cycle, by how many were created in it: for demand that changes slowly.
        Stepwise,
        // As many as the demand that was seen can take while a connection is set up. What is missing is dialled at once, not
        // in the next cycle.
        Predictive,
    };
    Q_ENUM(Rule)

    // How many connections are kept ready, and how fast they are dialled.
    struct Sizing
    {
        using Rule = ClientPool::Rule;

        // The smallest capacity(), which starts here. Default: 5. 0 keeps none ready before one was asked for. Clamped: a
        // negative one, or 0 in Rule::Stepwise, becomes 1.
        int minimumCapacity = 5;
        // The largest capacity(), and the largest number of idle connections. Default: 20. Clamped to 1 or more; swapped
        // with minimumCapacity if it is smaller.
        int maximumCapacity = 20;
        // The shortest pause between two cycles; interval() starts here. Default: 500 ms. Clamped: 0 or less becomes 1 s.
        std::chrono::milliseconds minimumInterval{500};
        // The longest pause between two cycles. Default: 5 s. Clamped: 0 or less becomes 1 s; swapped with minimumInterval
        // if it is smaller.
        std::chrono::milliseconds maximumInterval{5000};
        // The longest pause between two attempts while the peer cannot be reached; pauses double from minimumInterval, with
        // Rule::Stepwise from interval(), up to here.
        // Default: 60 s. Clamped to maximumInterval or more, the default without a warning.
        std::chrono::milliseconds maximumBackoff{60000};
        // The largest number of connections that are set up at the same time. Default: 64. Clamped to 1 or more. Divided by
        // the time that a setup takes it is the largest number of connections a second; the log warns if waiters wait for
        // it.
        int maximumPending = 64;
        // How many connections are ready is decided by the demand, or in steps. Default: Rule::Predictive.
        Rule rule = Rule::Predictive;
        // The share of calls that may have to wait, once the demand is known; the smaller, the more connections are idle.
        // Only in Rule::Predictive: with Rule::Stepwise, a value other than the default is refused. Default: 0.01. Above 0
        // and below 1; others are refused.
        double waitProbability = 0.01;
    };

    // Whether and how connections are encrypted.
    struct Tls
    {
        // Plain TCP, TLS without a certificate authority, or verified TLS. Without TLS the fields below are refused, as they
        // would have no effect. Default: plain TCP.
        TlsMode mode = TlsMode::None;
        // The name that the peer's certificate must carry in TlsMode::Verified, and that is sent as SNI, both without a final
        // dot; refused if it cannot be the name or the address of a host. The certificate's subject alternative names count,
        // host names for a name and addresses for an address; a common name does not. Default: the host.
        QString peerName{};
        // Client certificate and key (one without the other is refused), certificate authorities, ALPN, ciphers; the mode
        // decides the verification. A configuration that asks for TLS 1.2 is refused unless allowTls12 is set, one that asks
        // for an older protocol always. If it names no groups for the key exchange (setEllipticCurves()), they are X25519,
        // P-256, P-384 and P-521. Default: Qt's default configuration, with TLS 1.3 or later.
        QSslConfiguration configuration{};
        // Whether to connect to servers that support nothing newer than TLS 1.2, too; to no others if the configuration's
        // protocol is TlsV1_2. Default: false.
        bool allowTls12 = false;
        // SHA-256 fingerprints of the certificates that are accepted: in TlsMode::SelfSigned in place of other verification,
        // in TlsMode::Verified in addition to it. Each is 64 hexadecimal digits (colons between bytes are allowed) or 32 raw
        // bytes; others are refused. Default: none, which certificate it is does not matter.
        QList<QByteArray> pinnedFingerprints{};
    };

    // Everything that a client pool can be told. Only host and port are required.
    struct Configuration
    {
        // Name or address of the peer, without scheme, port or brackets; what cannot be one is refused. Required unless a
        // dialer is set; error messages name it either way. Default: empty.
        QString host{};
        // Port of the peer, 1 to 65535. Required unless a dialer is set. Default: 0.
        quint16 port = 0;
        // Which end names the connections. Both ends must agree. Default: the server.
        ConnectionMode connectionMode = ConnectionMode::Multi;
        // How the server writes the ID in ConnectionMode::Multi; in ConnectionMode::Single another than the default is
        // refused. Both ends must agree. Default: 8 hexadecimal digits.
        IdFormat idFormat = IdFormat::Hex;
        // Called instead of connectToHost() with an unconnected socket, to connect it through a proxy, from a certain
        // address, or by another name service. When it returns, the socket has to be connecting or connected, by
        // setSocketDescriptor() for instance: another name service must have answered by then. If it is neither, or if the
        // dialer throws, deletes the socket, moves it to another thread or begins TLS, the dial has failed
        // (Error::ConnectFailed). The pool encrypts, as tls says: a dialer, or a slot of it, that ignores errors or changes
        // how the peer is verified, fails the dial in TlsMode::Verified (Error::TlsFailed). The dialer must not keep the
        // socket. What its slots write on connected() and encrypted() is sent before the connection is idle. It runs in the
        // pool's thread or, with setupThreads, in several others at the same time; there it must not wait for the pool's
        // thread, which waits for them when the pool closes. While it blocks, its thread sets up no other connection. If it
        // calls connectToHost() with a name, Qt looks that up, in threads that the whole process shares. Default: none.
        std::function<void(QTcpSocket *socket)> dialer{};

        Sizing sizing{};
        Tls tls{};
        Tcp tcp{};
        Limits limits{};
        Hooks hooks{};

        // The time for name lookup and TCP connect, for all addresses of the name together. Default: 10 s. Clamped: 0 or
        // less becomes 1 s.
        std::chrono::milliseconds connectTimeout{10000};
        // The time for the TLS handshake and the ID together, after the connect. Default: 10 s. Clamped: 0 or less becomes 1
        // s.
        std::chrono::milliseconds handshakeTimeout{10000};
        // The number of threads that the pool starts to set up connections: connect, TLS handshake and ID. One is enough to
        // keep TLS handshakes out of a GUI's thread, one per core serves many handshakes a second. If a thread cannot start,
        // the others or the pool's thread do its work. Default: 0, the pool's thread sets up connections. Clamped to 0 to
        // 64.
        int setupThreads = 0;
        // Whether checkStock() is called when QNetworkInformation reports a change of the host's reachability or transport
        // medium. Needs a backend of Qt's, and an event loop in the main thread. Default: true.
        bool checkOnNetworkChange = true;
        // Which idle connection is leased next. Default: the one that has been idle longest.
        Reuse reuse = Reuse::OldestFirst;
        // Whether an idle connection on which bytes arrive is closed, because a request-response protocol that gets
        // unexpected bytes is out of step. Only in ConnectionMode::Single; in ConnectionMode::Multi the holder gets them.
        // Default: true.
        bool dropUnexpectedBytes = true;
    };

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
