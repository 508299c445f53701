// SPDX-License-Identifier: BSD-3-Clause
#include "answering.h"
#include "asking.h"

#include <optional>

// stunnel between a client pool and a server pool, one of which has no TLS of its own; the server's IDs pass through it.
class tst_Stunnel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void bothEndsShareTheirConnections_data();
    void bothEndsShareTheirConnections();
    void comesBackAfterARestart_data() { bothEndsShareTheirConnections_data(); }
    void comesBackAfterARestart();
    void replacesConnectionsThatTheTunnelFindsIdle_data() { bothEndsShareTheirConnections_data(); }
    void replacesConnectionsThatTheTunnelFindsIdle();
    void tellsOfATunnelWithoutAServer_data() { bothEndsShareTheirConnections_data(); }
    void tellsOfATunnelWithoutAServer();
};

namespace {

class Scene
{
public:
    explicit Scene(bool isTunnelTheServer, const QByteArray &more = {})
        : server(isTunnelTheServer ? ServerPool::Configuration() : tlsServer(ConnectionMode::Multi)),
          m_isTunnelTheServer(isTunnelTheServer), m_more(more)
    {
    }
    void startTunnel();
    void fill();
    bool isFull() const { return client->idleCount() == 4 && server.idleCount() == 4 && client->isReady(); }
    void exchanges();

    Program tunnel;
    ServerPool server;
    std::optional<ClientPool> client;

private:
    const bool m_isTunnelTheServer;
    const QByteArray m_more;
    const quint16 m_port = Program::freePort();
};

void Scene::startTunnel()
{
    tunnel.write(QStringLiteral("configuration"),
                 "foreground = yes\npid =\nsyslog = no\n[test]\naccept = 127.0.0.1:" + QByteArray::number(m_port)
                         + "\nconnect = 127.0.0.1:" + QByteArray::number(server.serverPort()) + '\n'
                         + (m_isTunnelTheServer ? "cert = server.crt\nkey = server.key\n"
                                                : "client = yes\nCAfile = ca.crt\nverifyChain = yes\ncheckIP = 127.0.0.1\n")
                         + m_more);
    tunnel.start(QStringLiteral("stunnel"), {tunnel.path(QStringLiteral("configuration"))});
    QVERIFY2(tunnel.waitForOutput("Configuration successful"), tunnel.output().constData());
}

void Scene::fill()
{
    listen(server);
    startTunnel();
    ClientPool::Configuration configuration = singleClientOf(m_port, m_isTunnelTheServer);
    configuration.connectionMode = ConnectionMode::Multi;
    configuration.dropUnexpectedBytes = false;
    client.emplace(configuration);
    QVERIFY(client->start());
    QTRY_VERIFY(isFull());
}

void Scene::exchanges()
{
    for (int i = 0; i < 20; ++i) {
        const Connection asking = client->waitForConnection();
        QVERIFY(asking);
        QFuture<Connection> peer = server.acquire(asking.id());
        QTRY_VERIFY(peer.isFinished());
        const Connection answering = peer.takeResult();
        QCOMPARE(pass(asking.socket(), answering.socket(), "question"), QByteArray("question"));
        QCOMPARE(pass(answering.socket(), asking.socket(), "answer"), QByteArray("answer"));
    }
}

} // namespace

void tst_Stunnel::initTestCase()
{
    QNETPOOL_NEED_PROGRAMS(QStringLiteral("stunnel"));
}

void tst_Stunnel::bothEndsShareTheirConnections_data()
{
    QTest::addColumn<bool>("isTunnelTheServer");
    QTest::newRow("TLS for the server") << true;
    QTest::newRow("TLS for the client") << false;
}

void tst_Stunnel::bothEndsShareTheirConnections()
{
    QFETCH(const bool, isTunnelTheServer);
    Scene scene(isTunnelTheServer);
    scene.fill();
    scene.exchanges();
    QCOMPARE(scene.client->errorCount() + scene.server.errorCount(), 0);
    scene.client.reset();
    QTRY_COMPARE(scene.server.idleCount(), 0);
}

void tst_Stunnel::comesBackAfterARestart()
{
    QFETCH(const bool, isTunnelTheServer);
    Scene scene(isTunnelTheServer);
    scene.fill();
    for (const int signal : {SIGTERM, SIGKILL}) {
        QVERIFY(scene.tunnel.stop(signal));
        QTRY_COMPARE(scene.client->state(), Pool::State::Degraded);
        QTRY_VERIFY(scene.client->idleCount() == 0 && scene.server.idleCount() == 0);
        scene.startTunnel();
        QTRY_VERIFY(scene.isFull());
        scene.exchanges();
    }
}

void tst_Stunnel::replacesConnectionsThatTheTunnelFindsIdle()
{
    QFETCH(const bool, isTunnelTheServer);
    Scene scene(isTunnelTheServer, "TIMEOUTidle = 2\n");
    scene.fill();
    QSignalSpy clientLost(&*scene.client, &Pool::connectionLost);
    QSignalSpy serverLost(&scene.server, &Pool::connectionLost);
    QTRY_VERIFY(clientLost.size() >= 4 && serverLost.size() >= 4);
    QTRY_VERIFY(scene.isFull());
    scene.exchanges();
    QCOMPARE(scene.client->errorCount(), 0);
}

// It accepts, makes its TLS handshake if it is the one for the server, and closes.
void tst_Stunnel::tellsOfATunnelWithoutAServer()
{
    QFETCH(const bool, isTunnelTheServer);
    Scene scene(isTunnelTheServer);
    scene.fill();
    QSignalSpy errors(&*scene.client, &Pool::errorOccurred);
    scene.server.close();
    QTRY_COMPARE(scene.client->state(), Pool::State::Degraded);
    QTRY_VERIFY2(told(errors).contains("sent 0 of the 8 bytes of a connection ID"), told(errors).constData());
    QCOMPARE(scene.client->idleCount(), 0);
}

QTEST_GUILESS_MAIN(tst_Stunnel)
#include "tst_stunnel.moc"
