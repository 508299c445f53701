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
    struct Tls
    {
        // Whether connections are encrypted. Without it, a configuration is refused: it would have no effect.
        bool enabled = false;
        // Certificate chain and private key (both required), certificate authorities for client certificates, and
        // peerVerifyMode (VerifyPeer: a client certificate is required). TLS 1.3 or later: a protocol older than Qt's default is
        // refused.
        QSslConfiguration configuration{};
        // Also lets clients in that support nothing newer than TLS 1.2. If the configuration's protocol is TlsV1_2, no others.
        bool allowTls12 = false;
    };

    struct Configuration
    {
        // Addresses ("192.0.2.7", "2001:db8::7") and subnets ("192.0.2.0/24", "2001:db8::/32") that may connect.
        // Empty: any. An IPv4 peer of a dual-stack listener is compared as IPv4.
        QStringList allowedPeers{};
        // Multi: the ID is sent to the client. Single: nothing is sent, the ID is known on this end only.
        ConnectionMode connectionMode = ConnectionMode::Multi;
        // How the ID is written in ConnectionMode::Multi. Both ends must agree.
        IdFormat idFormat = IdFormat::Hex;
        // The largest number of idle connections. 1 or more, smaller values become 1; default: 65536.
        int maximumCapacity = 65536;

        Tls tls{};
        Tcp tcp{};
        Limits limits{};
        Hooks hooks{};

        // Time for the TLS handshake and for writing the ID. More than 0, smaller values become 1 s; default: 10 s.
        std::chrono::milliseconds handshakeTimeout{10000};
        // How many TLS handshakes may be going on at the same time. While there are as many, none is accepted: further clients
        // wait in the backlog. From half of it on, a new handshake gets less time, down to a quarter of handshakeTimeout, so that
        // peers which never finish theirs make room. Default: 1024. 0 = no limit.
        int maximumPendingHandshakes = 1024;
        // How many of them may be with one peer: an IPv4 address, or an IPv6 network of 64 bits. One more from there is turned
        // away. Clients behind one address count as one peer, and a ClientPool begins with maximumPending. Default: 256. 0 = no
        // limit.
        int maximumPendingPerPeer = 256;
        // How many connections that are not accepted yet may wait in the system's backlog. 1 or more; default: 1024. The system
        // may have a lower limit.
        int listenBacklog = 1024;
        // How many threads of the pool's own set up connections: TLS handshake and ID. 0 to 64; default: 0, it happens in the
        // pool's thread. One thread pays where TLS handshakes would keep the pool's thread from its other work (a GUI's, say), one
        // a core where they are to be many a second. If a thread cannot start, the others do its work, else the pool's own.
        int setupThreads = 0;
        // Whether checkStock() is called when QNetworkInformation tells that the host's reachability or medium has changed, where
        // Qt has a backend that knows. It lives in the main thread, which needs an event loop for it.
        bool checkOnNetworkChange = true;
        // Which idle connection goes out next.
        Reuse reuse = Reuse::OldestFirst;
    };

    // What listen() would refuse of a configuration: a sentence for each problem, which names the field and the cause. Empty if
    // it can work. From any thread.
    static QStringList problems(const Configuration &configuration);

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
