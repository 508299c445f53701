// SPDX-License-Identifier: BSD-3-Clause
// A server pool whose peers say and do what they like.
#include "certificates.h"
#include "fuzzing.h"
#include "scene.h"
#include "setup/wireid.h"

#include <QNetPool/ServerPool>

using namespace QNetPool;
using namespace std::chrono_literals;

namespace {

class ServerScene final : public Scene
{
public:
    ServerScene(const Traits &traits, bool isTcp, Input &input, Loopback &loopback)
        : Scene(traits, input, loopback), m_isTcp(isTcp)
    {
    }

private:
    void another() override
    {
        if (!pool())
            return;
        const Ends ends = m_isTcp ? loopback().connectedTcp() : Loopback::connectedUnix();
        add(std::make_unique<Peer>(ends.peer, m_isTcp ? localPort(ends.pool) : -ends.pool));
        static_cast<ServerPool *>(pool())->addConnection(ends.pool);
    }

    void meet() override { }

    QByteArray startOf(const Peer &peer) const override { return peer.received.left(idSize()); }

    void checkWritten(const Peer &peer) const override
    {
        if (traits().isEncrypted)
            return;
        const bool hasId =
                idSize() == 0 || peer.received.size() < idSize() || !fromWire(startOf(peer), traits().format).isNull();
        insist(hasId, "a peer gets an ID first", QString::fromLatin1(startOf(peer).toHex()));
        insist(peer.written.startsWith(peer.received.mid(idSize())), "a peer gets what holders have written after its ID");
    }

    const bool m_isTcp;
};

} // namespace

void fuzz(Input &input)
{
    static Loopback loopback;
    static const QSslConfiguration tls = Certificates::showing(QStringLiteral("server"));
    static const QSslConfiguration demanding = Certificates::demandingClientCertificate(tls);

    ServerPool::Configuration configuration;

    Bits first(input.byte());
    configuration.connectionMode = first.flag() ? ConnectionMode::Single : ConnectionMode::Multi;
    if (first.flag() && configuration.connectionMode == ConnectionMode::Multi)
        configuration.idFormat = IdFormat::Binary;
    const bool isTcp = !first.flag();
    const bool hasDeadlines = first.flag();
    configuration.handshakeTimeout = hasDeadlines ? 4ms : 1h;
    const bool leasesOutlivePool = first.flag();
    configuration.limits.unclaimedTimeout = first.flag() ? 0ms : 1h;

    Bits second(input.byte());
    const int reaction = second.number(4);
    configuration.maximumCapacity = 1 + second.number(2);
    configuration.maximumConnectionsPerPeer = second.flag() ? 2 : 0;
    configuration.limits.maximumConnections = second.flag() ? 2 : 0;

    Bits third(input.byte());
    const int mode = third.number(3); // garbage gets nowhere and takes long: seldom
    if (mode >= 6)
        configuration.tls = {.enabled = true, .configuration = mode == 6 ? tls : demanding};
    configuration.setupThreads = third.number(2) == 3 ? 1 : 0; // takes long, too

    Bits fourth(input.byte());
    const int validator = fourth.number(Scene::HookBits);
    const int resetter = fourth.number(Scene::HookBits);
    configuration.hooks.validateAfter = fourth.flag() ? 0ms : 1h;
    configuration.hooks.timeout = hasDeadlines ? 4ms : 1h;

    ServerScene scene({.isEncrypted = configuration.tls.enabled,
                       .mode = configuration.connectionMode,
                       .format = configuration.idFormat,
                       .hasDeadlines = hasDeadlines,
                       .leasesOutlivePool = leasesOutlivePool,
                       .maximumConnections = configuration.limits.maximumConnections,
                       .reaction = reaction,
                       .maximumConnectionsPerPeer = configuration.maximumConnectionsPerPeer,
                       .hasSetupThreads = configuration.setupThreads > 0,
                       .allowsNone = !Scene::allows(validator) && configuration.hooks.validateAfter == 0ms},
                      isTcp, input, loopback);
    configuration.hooks.validator = scene.hook(validator);
    configuration.hooks.resetter = scene.hook(resetter);
    scene.play(new ServerPool(configuration));
    scene.end();
}
