// SPDX-License-Identifier: BSD-3-Clause
// A client pool that dials a peer which says and does what it likes.
#include "fuzzing.h"
#include "scene.h"

#include <QNetPool/ClientPool>

#include <QtNetwork/QTcpSocket>

using namespace QNetPool;
using namespace std::chrono_literals;

namespace {

class ClientScene final : public Scene
{
public:
    using Scene::Scene;

private:
    void another() override
    {
        if (pool())
            static_cast<ClientPool *>(pool())->start();
        settle();
        meet();
    }

    void meet() override
    {
        while (const std::optional<int> descriptor = loopback().accept()) {
            auto peer = std::make_unique<Peer>(*descriptor, peerPort(*descriptor));
            peer->delivered = idSize();
            add(std::move(peer));
        }
    }

    QByteArray startOf(const Peer &peer) const override { return peer.sent.left(idSize()); }

    void checkWritten(const Peer &peer) const override
    {
        insist(traits().isEncrypted || peer.written.startsWith(peer.received), "a peer gets what holders have written");
    }
};

} // namespace

void fuzz(Input &input)
{
    static Loopback loopback;

    ClientPool::Configuration configuration;
    configuration.host = QStringLiteral("127.0.0.1");
    configuration.port = loopback.port();
    configuration.sizing.minimumInterval = configuration.sizing.maximumInterval = configuration.sizing.maximumBackoff = 1h;
    configuration.hooks.validateAfter = 1h;

    Bits first(input.byte());
    configuration.connectionMode = first.flag() ? ConnectionMode::Single : ConnectionMode::Multi;
    if (first.flag() && configuration.connectionMode == ConnectionMode::Multi)
        configuration.idFormat = IdFormat::Binary;
    if (first.flag()) // sockets in place of bare descriptors
        configuration.dialer = [&](QTcpSocket *socket) { socket->connectToHost(configuration.host, configuration.port); };
    const bool hasDeadlines = first.flag();
    configuration.connectTimeout = configuration.handshakeTimeout = hasDeadlines ? 4ms : 1h;
    configuration.dropUnexpectedBytes = first.flag();
    configuration.limits.unclaimedTimeout = first.flag() ? 0ms : 1h;

    Bits second(input.byte());
    const int reaction = second.number(4);
    configuration.sizing.minimumCapacity = configuration.sizing.maximumCapacity = 1 + second.number(1);
    second.number(1); // of an option that is no more: the corpora keep their meaning
    configuration.limits.maximumConnections = second.flag() ? 2 : 0;
    const bool leasesOutlivePool = second.flag();

    const int tls = input.below(8); // garbage gets nowhere and takes long: seldom
    configuration.tls.mode = tls == 6 ? TlsMode::SelfSigned : tls == 7 ? TlsMode::Verified : TlsMode::None;

    ClientScene scene({configuration.tls.mode != TlsMode::None, configuration.connectionMode, configuration.idFormat,
                       hasDeadlines, leasesOutlivePool, configuration.limits.maximumConnections, reaction},
                      input, loopback);
    scene.play(new ClientPool(configuration));
    scene.end();
}
