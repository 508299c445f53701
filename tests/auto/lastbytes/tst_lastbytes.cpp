// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"

#include <QtCore/QElapsedTimer>

#include <optional>
#ifdef Q_OS_UNIX
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#endif

// What becomes of bytes that a holder has written and that are not sent when the lease ends: the peer gets them, or a reset, so
// that it does not take an answer that was cut for a whole one.
class tst_LastBytes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void peerGetsAllOrAReset_data();
    void peerGetsAllOrAReset();
};

#ifndef Q_OS_UNIX
void tst_LastBytes::initTestCase()
{
    QSKIP("Qt does not tell a reset from an end: the test asks the descriptor");
}
void tst_LastBytes::peerGetsAllOrAReset_data() { }
void tst_LastBytes::peerGetsAllOrAReset() { }
#else
void tst_LastBytes::initTestCase() { }

namespace {

// The last bytes of a lease, and how it ends; the pool may be gone.
struct Scene
{
    std::optional<ServerPool> server;
    Connection lease;
    std::unique_ptr<QTcpSocket> peer;

    explicit Scene(bool isTls)
    {
        ServerPool::Configuration wish;
        wish.connectionMode = ConnectionMode::Single;
        if (isTls)
            wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
        server.emplace(wish);
        listen(*server);
        if (isTls) {
            auto tls = std::make_unique<QSslSocket>();
            tls->setPeerVerifyMode(QSslSocket::VerifyNone);
            tls->connectToHostEncrypted(QStringLiteral("127.0.0.1"), server->serverPort());
            peer = std::move(tls);
        } else {
            peer = std::make_unique<QTcpSocket>();
            peer->connectToHost(QHostAddress::LocalHost, server->serverPort());
        }
        QTRY_COMPARE(server->idleCount(), 1);
        lease = server->take();
        QVERIFY(lease);
        QCOMPARE(pass(peer.get(), lease.socket(), "request"), QByteArray("request"));
    }

    // As the peer's system has it: without Qt, which takes a reset for an end.
    struct End
    {
        qint64 bytes = 0;
        QByteArray last;
        int error = 0; // 0: orderly
    };
    End awaitEnd() const
    {
        End end;
        std::vector<char> buffer(1 << 20);
        const int descriptor = int(peer->socketDescriptor());
        for (ssize_t got = 1; got > 0; end.bytes += std::max<ssize_t>(got, 0)) {
            pollfd readable{descriptor, POLLIN, 0};
            if (::poll(&readable, 1, longer(5000)) != 1)
                return {end.bytes, {}, ETIMEDOUT};
            got = ::recv(descriptor, buffer.data(), buffer.size(), 0);
            end.error = got < 0 ? errno : 0;
            if (got > 0)
                end.last = QByteArray(buffer.data(), got).last(std::min<qsizetype>(got, 24));
        }
        return end;
    }
};

using Act = std::function<void(Scene &)>;

const std::vector<std::pair<const char *, Act>> &ends()
{
    static const std::vector<std::pair<const char *, Act>> all{
            {"given back", [](Scene &scene) { scene.lease.giveBack(); }},
            {"ends by itself", [](Scene &scene) { scene.lease = {}; }},
            {"discarded", [](Scene &scene) { scene.lease.discard(); }},
            {"disconnected, given back",
             [](Scene &scene) {
                 scene.lease->disconnectFromHost();
                 scene.lease.giveBack();
             }},
            {"disconnected, ends by itself",
             [](Scene &scene) {
                 scene.lease->disconnectFromHost();
                 scene.lease = {};
             }},
            {"pool closed, given back",
             [](Scene &scene) {
                 scene.server->close();
                 scene.lease.giveBack();
             }},
            {"pool draining, given back",
             [](Scene &scene) {
                 scene.server->drain(1h);
                 scene.lease.giveBack();
             }},
            {"pool deleted, given back",
             [](Scene &scene) {
                 scene.server.reset();
                 scene.lease.giveBack();
             }},
            {"unread bytes, given back",
             [](Scene &scene) {
                 scene.peer->write("another request");
                 scene.peer->flush();
                 QVERIFY(scene.lease->waitForReadyRead());
                 scene.lease.giveBack();
             }},
    };
    return all;
}

} // namespace

void tst_LastBytes::peerGetsAllOrAReset_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::addColumn<int>("end");
    QTest::addColumn<qint64>("size");
    for (const bool isTls : {false, true}) {
        for (std::size_t i = 0; i < ends().size(); ++i) {
            for (const qint64 size : {1000, 32 * 1024 * 1024})
                QTest::addRow("%s, %s, %lld bytes", isTls ? "TLS" : "TCP", ends()[i].first, static_cast<long long>(size))
                        << isTls << int(i) << size;
        }
    }
}

void tst_LastBytes::peerGetsAllOrAReset()
{
    QFETCH(const bool, isTls);
    QFETCH(const int, end);
    QFETCH(const qint64, size);
    const auto &[name, act] = ends()[std::size_t(end)];
    Scene scene(isTls);
    scene.lease->write(QByteArray(size, 'z'));
    act(scene);
    QCOMPARE(scene.lease.socket(), nullptr);
    if (scene.server && scene.server->idleCount() == 1) // it was given back, all sent
        scene.server->close();
    const Scene::End seen = scene.awaitEnd();
    const bool isLost = size > 1000 || qstrcmp(name, "discarded") == 0;
    QCOMPARE(seen.error, isLost ? ECONNRESET : 0);
    QCOMPARE(seen.bytes >= size, !isLost);
    if (isTls && !isLost) // the record of a close_notify: 19 bytes, encrypted
        QCOMPARE(seen.last.toHex().first(10), QByteArray("1703030013"));
}
#endif

QTEST_GUILESS_MAIN(tst_LastBytes)
#include "tst_lastbytes.moc"
