// SPDX-License-Identifier: BSD-3-Clause
// A client pool that dials a peer which says and does what it likes.
#include "certificates.h"
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
        settleAll();
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
    static const QSslConfiguration withCertificate =
            Certificates::trustingCa(Certificates::showing(QStringLiteral("client")));

    ClientPool::Configuration configuration;
    configuration.host = QStringLiteral("127.0.0.1");
    configuration.port = loopback.port();
    configuration.sizing.minimumInterval = configuration.sizing.maximumInterval = configuration.sizing.maximumBackoff = 1h;

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
    if (second.flag())
        configuration.sizing.rule = ClientPool::Rule::Stepwise;
    configuration.limits.maximumConnections = second.flag() ? 2 : 0;
    const bool leasesOutlivePool = second.flag();

    Bits third(input.byte());
    const int tls = third.number(3); // garbage gets nowhere and takes long: seldom
    configuration.tls.mode = tls == 6 ? TlsMode::SelfSigned : tls == 7 ? TlsMode::Verified : TlsMode::None;
    if (tls == 7)
        configuration.tls.configuration = withCertificate;
    configuration.setupThreads = third.number(2) == 3 ? 1 : 0; // takes long, too

    Bits fourth(input.byte());
    const int validator = fourth.number(Scene::HookBits);
    const int resetter = fourth.number(Scene::HookBits);
    configuration.hooks.validateAfter = fourth.flag() ? 0ms : 1h;
    configuration.hooks.timeout = hasDeadlines ? 4ms : 1h;

    ClientScene scene({.isEncrypted = configuration.tls.mode != TlsMode::None,
                       .mode = configuration.connectionMode,
                       .format = configuration.idFormat,
                       .hasDeadlines = hasDeadlines,
                       .leasesOutlivePool = leasesOutlivePool,
                       .maximumConnections = configuration.limits.maximumConnections,
                       .reaction = reaction,
                       .hasSetupThreads = configuration.setupThreads > 0,
                       .allowsNone = !Scene::allows(validator) && configuration.hooks.validateAfter == 0ms},
                      input, loopback);
    configuration.hooks.validator = scene.hook(validator);
    configuration.hooks.resetter = scene.hook(resetter);
    scene.play(new ClientPool(configuration));
    scene.end();
}
