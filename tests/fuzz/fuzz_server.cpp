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
    configuration.hooks.validateAfter = 1h;

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
    second.number(1); // of an option that is no more: the corpora keep their meaning
    configuration.limits.maximumConnections = second.flag() ? 2 : 0;

    const int mode = input.below(8); // garbage gets nowhere and takes long: seldom
    if (mode >= 6)
        configuration.tls = {.enabled = true, .configuration = mode == 6 ? tls : demanding};

    ServerScene scene({!configuration.tls.configuration.isNull(), configuration.connectionMode, configuration.idFormat,
                       hasDeadlines, leasesOutlivePool, configuration.limits.maximumConnections, reaction},
                      isTcp, input, loopback);
    scene.play(new ServerPool(configuration));
    scene.end();
}
