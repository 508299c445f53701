// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "rawtls.h"

// A peer may ask for something that TLS itself has to answer, whoever has the connection at that moment.
class tst_TlsAnswers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void renegotiationIsAnswered_data();
    void renegotiationIsAnswered();
};

namespace {

class Listener final : public QTcpServer
{
public:
    Listener() { listen(QHostAddress::LocalHost); }
    std::unique_ptr<RawTls> peer;

protected:
    void incomingConnection(qintptr descriptor) override
    {
        peer = std::make_unique<RawTls>(RawTls::Role::Server, int(descriptor), TLS1_2_VERSION);
    }
};

// A pool with one idle connection of TLS 1.2, whose other end this test has.
struct Scene
{
    explicit Scene(bool isServer)
    {
        if (isServer) {
            ServerPool::Configuration wish;
            wish.connectionMode = ConnectionMode::Single;
            wish.tls = {
                    .enabled = true, .configuration = Certificates::showing(QStringLiteral("server")), .allowTls12 = true};
            auto server = std::make_unique<ServerPool>(wish);
            server->listen(QHostAddress::LocalHost, 0);
            peer = RawTls::connectTo(server->serverPort(), TLS1_2_VERSION);
            pool = std::move(server);
        } else {
            ClientPool::Configuration wish = stepwiseClientOf(listener.serverPort(), 1);
            wish.connectionMode = ConnectionMode::Single;
            wish.tls.mode = TlsMode::SelfSigned;
            wish.tls.allowTls12 = true;
            wish.limits.maximumConnections = 1;
            auto client = std::make_unique<ClientPool>(wish);
            client->start();
            pool = std::move(client);
        }
    }

    bool begin()
    {
        bool isFinished = false;
        return QTest::qWaitFor(
                [&] {
                    if (listener.peer)
                        peer = std::move(listener.peer);
                    isFinished = isFinished || (peer && peer->shakeHands());
                    return isFinished && pool->idleCount() == 1;
                },
                longer(10000));
    }

    Listener listener;
    std::unique_ptr<RawTls> peer;
    std::unique_ptr<Pool> pool;
};

} // namespace

void tst_TlsAnswers::renegotiationIsAnswered_data()
{
    QTest::addColumn<bool>("isServer");
    QTest::addColumn<QString>("when");
    for (const bool isServer : {false, true}) {
        for (const char *when : {"idle", "leased, untouched", "with a holder that listens", "and then leased"})
            QTest::addRow("%s, %s", isServer ? "server" : "client", when) << isServer << QString::fromLatin1(when);
    }
}

// A client renegotiates to the end, and the connection goes on; a server refuses, as OpenSSL has it.
void tst_TlsAnswers::renegotiationIsAnswered()
{
    QFETCH(const bool, isServer);
    QFETCH(const QString, when);
    Scene scene(isServer);
    QVERIFY(scene.begin());
    RawTls &peer = *scene.peer;
    QCOMPARE(peer.read(), QByteArray());
    const qint64 before = peer.received();
    const QByteArray finished = peer.peersFinished();
    Connection here;
    if (when == u"leased, untouched" || when == u"with a holder that listens")
        here = scene.pool->take();
    if (when == u"with a holder that listens")
        here.socket();
    peer.renegotiate();
    QVERIFY(peer.send() > 0 && peer.isSent());
    if (when == u"and then leased")
        here = scene.pool->take();
    if (here)
        here.socket();
    QTRY_VERIFY(peer.read().isEmpty() && peer.received() > before);
    if (isServer)
        return;
    QTRY_VERIFY(peer.read().isEmpty() && peer.peersFinished() != finished);
    if (!here)
        here = scene.pool->take();
    QVERIFY(here);
    here->write("question");
    QByteArray got;
    QTRY_COMPARE(got += peer.read(), QByteArray("question"));
    peer.write("answer");
    peer.send();
    QTRY_COMPARE(here->bytesAvailable(), 6);
    QCOMPARE(here->readAll(), QByteArray("answer"));
}

QTEST_GUILESS_MAIN(tst_TlsAnswers)
#include "tst_tlsanswers.moc"
