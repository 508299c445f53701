// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "short.h"

#include <QtCore/QSemaphore>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <optional>
#include <thread>

// What a holder can do with a lease, and what the next holder must not notice of it.
class tst_Lease : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void givesItselfBack();
    void isAValueThatMoves();
    void mayOutliveItsPool();
    void discardClosesTheConnection();
    void detachedSocketComesBackWithPut();
    void putTakesAForeignSocket();
    void putLeavesWhatItCannotKeep_data();
    void putLeavesWhatItCannotKeep();
    void putRefusesASocketOfAPool_data();
    void putRefusesASocketOfAPool();
    void putRefusesASocketThatItHas();
    void dirtyConnectionIsClosed_data();
    void dirtyConnectionIsClosed();
    void lastWriteIsSentWhenGivenBack();
    void answerToTheNextHolderIsNoDirt_data();
    void answerToTheNextHolderIsNoDirt();
    void fullStockClosesWhatComesBack();
    void formerHolderHearsNothing();
    void formerHoldersQueuedCallsAreDropped();
    void formerHoldersEventFilterIsOut();
    void nextHoldersEventFilterWorks();
    void formerHoldersOptionsAreUndone();
    void formerHoldersBufferSizesAreUndone();
    void formerHoldersPropertiesAndChildrenAreUndone();
    void holderMayDeleteTheSocket_data();
    void holderMayDeleteTheSocket();
    void mayEndInASlotOfItsSocket_data();
    void mayEndInASlotOfItsSocket();
    void mayEndInAnotherThread();
    void endsWithTheThreadOfItsSocket();
    void givenBackDyingGoesToNobody_data();
    void givenBackDyingGoesToNobody();
    void reconnectedSocketIsNotUsedAgain();
    void tlsHolderMayLeaveAFlushBehind();
    void mayEndAfterItsThread_data();
    void mayEndAfterItsThread();

private:
    // A pair of leases of the same connection, one from each end.
    void takeBoth(Connection &here, Connection &there);

    std::optional<ServerPool> m_server;
    std::optional<ClientPool> m_client;
};

void tst_Lease::init()
{
    m_server.emplace();
    listen(*m_server);
    // One connection, and for as long as a test takes no other one.
    ClientPool::Configuration wish = stepwiseClientOf(m_server->serverPort(), 1);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    m_client.emplace(wish);
    fill(*m_server, *m_client, 1);
}

void tst_Lease::cleanup()
{
    m_client.reset();
    m_server.reset();
}

void tst_Lease::takeBoth(Connection &here, Connection &there)
{
    here = m_client->take();
    there = m_server->take(here.id());
    QVERIFY(here && there);
}

void tst_Lease::givesItselfBack()
{
    ConnectionId id;
    {
        const Connection connection = m_client->take();
        QVERIFY(connection);
        id = connection.id();
        QCOMPARE(m_client->idleCount(), 0);
        QCOMPARE(m_client->leasedCount(), 1);
        QCOMPARE(connection->state(), QAbstractSocket::ConnectedState);
    }
    QCOMPARE(m_client->idleCount(), 1);
    QCOMPARE(m_client->leasedCount(), 0);
    QCOMPARE(m_client->take().id(), id);
}

void tst_Lease::isAValueThatMoves()
{
    Connection none;
    QVERIFY(!none);
    QVERIFY(none.id().isNull());
    QCOMPARE(none.socket(), nullptr);
    QCOMPARE(none.detach(), nullptr);
    none.giveBack();
    none.discard();

    Connection first = m_client->take();
    const ConnectionId id = first.id();
    Connection second = std::move(first);
    QVERIFY(!first); // NOLINT: what a moved-from lease is, is the subject
    QCOMPARE(second.id(), id);
    second = Connection();
    QVERIFY(!second);
    QCOMPARE(m_client->idleCount(), 1); // assigning over a lease ends it
}

void tst_Lease::mayOutliveItsPool()
{
    Connection here;
    Connection there;
    takeBoth(here, there);
    m_client.reset();
    QCOMPARE(pass(there.socket(), here.socket(), "still here"), "still here");
    QSignalSpy disconnected(there.socket(), &QTcpSocket::disconnected);
    here.giveBack();
    QTRY_COMPARE(disconnected.size(), 1); // there is no pool any more that could keep it
}

void tst_Lease::discardClosesTheConnection()
{
    Connection here;
    Connection there;
    takeBoth(here, there);
    QSignalSpy disconnected(there.socket(), &QTcpSocket::disconnected);
    here.discard();
    QVERIFY(!here);
    QCOMPARE(m_client->statistics().discarded, 1);
    QTRY_COMPARE(disconnected.size(), 1);
}

void tst_Lease::detachedSocketComesBackWithPut()
{
    Connection here;
    Connection there;
    takeBoth(here, there);
    const ConnectionId id = here.id();
    std::unique_ptr<QTcpSocket> socket = here.detach();
    QVERIFY(socket);
    QCOMPARE(m_client->leasedCount(), 0);
    QCOMPARE(m_client->statistics().detached, 1);
    QCOMPARE(pass(there.socket(), socket.get(), "free"), "free");

    m_client->close(); // so that the stock is not filled up by another one
    QString reason;
    QVERIFY(!m_client->put(id, socket.get(), &reason));
    QCOMPARE(reason, QStringLiteral("the pool is not running: it was closed"));
    QCOMPARE(pass(there.socket(), socket.get(), "still mine"), "still mine");
    QVERIFY(m_client->start());
    QTRY_COMPARE(m_client->idleCount(), 1);

    Connection again = m_client->take();
    const ConnectionId nextId = again.id();
    QVERIFY(m_client->put(nextId, again.detach().release()));
    QVERIFY(m_client->take(nextId));
}

void tst_Lease::putTakesAForeignSocket()
{
    ServerPool::Configuration wish;
    wish.connectionMode = ConnectionMode::Single;
    ServerPool plain(wish);
    listen(plain);
    m_client->flush();
    m_client->close();
    ClientPool::Configuration idle = stepwiseClientOf(plain.serverPort(), 2);
    idle.sizing.minimumCapacity = 1;
    idle.sizing.maximumCapacity = 5;
    idle.sizing.minimumInterval = idle.sizing.maximumInterval = 1h; // the capacity stays
    idle.connectionMode = ConnectionMode::Single;
    ClientPool client(idle);
    fill(plain, client, 1);

    auto *socket = new QTcpSocket;
    socket->connectToHost(QHostAddress::LocalHost, plain.serverPort());
    QVERIFY(socket->waitForConnected());
    const ConnectionId id = ConnectionId::fromString(u"mine0001");
    QVERIFY(client.put(id, socket));
    QCOMPARE(client.take(id).socket(), socket);

    auto *unnamed = new QTcpSocket;
    unnamed->connectToHost(QHostAddress::LocalHost, plain.serverPort());
    QVERIFY(unnamed->waitForConnected());
    const int before = client.idleCount();
    QVERIFY(client.put({}, unnamed)); // gets a name
    QCOMPARE(client.idleCount(), before + 1);
}

void tst_Lease::putLeavesWhatItCannotKeep_data()
{
    QTest::addColumn<QString>("kind");
    for (const char *kind : {"null", "unconnected", "idInUse", "stockFull", "unread", "thread"})
        QTest::newRow(kind) << QString::fromLatin1(kind);
}

void tst_Lease::putLeavesWhatItCannotKeep()
{
    QFETCH(const QString, kind);
    if (kind == u"null") {
        QString reason;
        QVERIFY(!m_client->put({}, nullptr, &reason));
        QCOMPARE(reason, QStringLiteral("there is no socket"));
        QVERIFY(!m_client->put({}, nullptr));
        return;
    }
    const ConnectionId idle = [this] { return m_client->take().id(); }();
    QTcpServer peer;
    QVERIFY(peer.listen(QHostAddress::LocalHost));
    const std::unique_ptr<QTcpSocket> socket(new QTcpSocket);
    QTcpSocket *accepted = nullptr;
    if (kind != u"unconnected") {
        socket->connectToHost(QHostAddress::LocalHost, peer.serverPort());
        QTRY_COMPARE(socket->state(), QAbstractSocket::ConnectedState);
        QTRY_VERIFY(peer.hasPendingConnections());
        accepted = peer.nextPendingConnection();
    }
    if (kind == u"idInUse") { // in a stock with room
        ClientPool::Configuration wish = m_client->configuration();
        wish.sizing.maximumCapacity = 10;
        QVERIFY(m_client->setConfiguration(wish));
    } else if (kind == u"unread") {
        accepted->write("unread");
        QTRY_COMPARE(socket->bytesAvailable(), 6);
    }
    QString reason;
    const auto put = [&] { return m_client->put(kind == u"idInUse" ? idle : ConnectionId(), socket.get(), &reason); };
    bool isAccepted = true;
    if (kind == u"thread")
        std::thread([&] { isAccepted = put(); }).join();
    else
        isAccepted = put();
    QVERIFY(!isAccepted);
    QVERIFY(!reason.isEmpty());
    QCOMPARE(m_client->pendingCount(), 0);
    if (accepted)
        QCOMPARE(accepted->state(), QAbstractSocket::ConnectedState);
    QVERIFY(m_client->take(idle)); // the one that was there before is not touched
}

void tst_Lease::putRefusesASocketOfAPool_data()
{
    QTest::addColumn<bool>("isOther");
    QTest::addColumn<bool>("isEncrypted");
    QTest::addColumn<bool>("isInner"); // the plain socket in a QSslSocket
    QTest::newRow("its own") << false << false << false;
    QTest::newRow("another's") << true << false << false;
    QTest::newRow("its own, TLS") << false << true << false;
    QTest::newRow("another's, TLS") << true << true << false;
#ifdef Q_OS_LINUX // which has numbers for sockets
    QTest::newRow("another's, in a TLS socket") << true << true << true;
#endif
}

// Else it would have two holders.
void tst_Lease::putRefusesASocketOfAPool()
{
    QFETCH(const bool, isOther);
    QFETCH(const bool, isEncrypted);
    QFETCH(const bool, isInner);
    ServerPool::Configuration serverWish;
    ClientPool::Configuration wish;
    if (isEncrypted) {
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("server"))};
        wish.tls.mode = TlsMode::SelfSigned;
    }
    ServerPool server(serverWish);
    listen(server);
    wish.host = QStringLiteral("127.0.0.1");
    wish.port = server.serverPort();
    wish.sizing = stepwiseClientOf(0, 1).sizing;
    ClientPool client(wish);
    fill(server, client, 1);
    wish.sizing.maximumCapacity = 9; // in which there is room
    QVERIFY(client.setConfiguration(wish));
    Connection here = client.take();
    const Connection there = server.take(here.id());
    QTcpSocket *socket = isInner ? here->findChild<QTcpSocket *>() : here.socket();
    Pool &pool = isOther && !isInner ? *m_client : static_cast<Pool &>(client);
    m_client->flush();
    QString reason;
    QVERIFY(!pool.put({}, socket, &reason));
    QCOMPARE(reason, QStringLiteral("the socket is in a pool already: call detach() of its Connection first"));
    QCOMPARE(client.leasedCount(), 1);
    QCOMPARE(pass(here.socket(), there.socket(), "still mine"), "still mine");
    QVERIFY(client.put(here.id(), here.detach().release(), &reason)); // NOLINT: as the sentence says
}

void tst_Lease::putRefusesASocketThatItHas()
{
    QTcpServer peer;
    QVERIFY(peer.listen(QHostAddress::LocalHost));
    m_client->flush();
    auto *socket = new QTcpSocket;
    socket->connectToHost(QHostAddress::LocalHost, peer.serverPort());
    QTRY_COMPARE(socket->state(), QAbstractSocket::ConnectedState);
    QVERIFY(m_client->put(ConnectionId::fromString(u"mine0001"), socket));
    QString reason;
    for (Pool *pool : {static_cast<Pool *>(&*m_client), static_cast<Pool *>(&*m_server)}) {
        QVERIFY(!pool->put(ConnectionId::fromString(u"mine0002"), socket, &reason));
        QCOMPARE(reason, QStringLiteral("the socket is in a pool already: call detach() of its Connection first"));
    }
    Connection lease = m_client->take(ConnectionId::fromString(u"mine0001"));
    QCOMPARE(lease.socket(), socket);
    QVERIFY(!m_client->put({}, socket));
    std::unique_ptr<QTcpSocket> detached = lease.detach();
    QVERIFY(m_client->put({}, detached.release(), &reason));
}

void tst_Lease::dirtyConnectionIsClosed_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"unreadInQt", "unreadInKernel", "unsent", "closed"})
        QTest::newRow(how) << QString::fromLatin1(how);
}

void tst_Lease::dirtyConnectionIsClosed()
{
    QFETCH(const QString, how);
    Connection here;
    Connection there;
    takeBoth(here, there);
    if (how == u"unreadInQt") {
        there->write("unread");
        QTRY_COMPARE(here->bytesAvailable(), 6);
    } else if (how == u"unreadInKernel") {
        here.socket();
        there->write("unread");
        QVERIFY(there->waitForBytesWritten());
        QCOMPARE(here->bytesAvailable(), 0); // Qt has not looked yet
    } else if (how == u"unsent") {
        here->write(QByteArray(64 * 1024 * 1024, 'x')); // more than the kernel takes
    } else {
        here->disconnectFromHost();
    }
    here.giveBack();
    QCOMPARE(m_client->statistics().closedDirty, 1);
    QCOMPARE(m_client->statistics().givenBack, 0);
    QTRY_COMPARE(there->state(), QAbstractSocket::UnconnectedState);
}

void tst_Lease::lastWriteIsSentWhenGivenBack()
{
    Connection here;
    Connection there;
    takeBoth(here, there);
    here->write("goodbye"); // and no turn of the event loop
    here.giveBack();
    QCOMPARE(m_client->idleCount(), 1);
    QTRY_COMPARE(there->bytesAvailable(), 7);
    QCOMPARE(there->readAll(), "goodbye");
}

void tst_Lease::answerToTheNextHolderIsNoDirt_data()
{
    QTest::addColumn<bool>("isTls");
    QTest::newRow("plain") << false;
    QTest::newRow("TLS") << true;
}

// The give-back sends the last bytes, and a quick peer goes on at once: thousands of times, so that it is as quick as that.
void tst_Lease::answerToTheNextHolderIsNoDirt()
{
    QFETCH(const bool, isTls);
    ServerPool::Configuration serverWish;
    if (isTls)
        serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    wish.tls.mode = isTls ? TlsMode::SelfSigned : TlsMode::None;
    ClientPool client(wish);
    fill(server, client, 1);
    Connection there = server.take();
    const ConnectionId id = there.id();
    std::thread peer([&] { // answers each byte with the next one at once
        QTcpSocket *socket = there.socket();
        while (socket->state() == QAbstractSocket::ConnectedState && socket->waitForReadyRead(longer(5000))) {
            socket->write(socket->readAll());
            socket->flush();
        }
        there.discard();
    });
    const int most = fewer(2000);
    int rounds = 0;
    for (; rounds < most; ++rounds) {
        Connection here = client.take(id);
        if (!here)
            break;
        if (rounds && !here->bytesAvailable() && !here->waitForReadyRead(longer(5000)))
            break;
        if (rounds && here->readAll() != "x")
            break;
        here->write("x"); // sent by the give-back
    }
    client.close();
    peer.join();
    QCOMPARE(rounds, most);
    QCOMPARE(client.statistics().closedDirty, 0);
}

void tst_Lease::fullStockClosesWhatComesBack()
{
    Connection first = m_client->take();
    ClientPool::Configuration wish = m_client->configuration();
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1ms;
    QVERIFY(m_client->setConfiguration(wish));
    QTRY_COMPARE(m_client->idleCount(), 1); // the next cycle has filled the stock again
    first.giveBack();
    QCOMPARE(m_client->idleCount(), 1);
    QCOMPARE(m_client->statistics().stockFull, 1);
}

void tst_Lease::formerHolderHearsNothing()
{
    Connection here;
    Connection there;
    takeBoth(here, there);
    const ConnectionId id = here.id();
    int heard = 0;
    QTcpSocket *socket = here.socket();
    connect(socket, &QTcpSocket::readyRead, this, [&heard] { ++heard; });
    connect(socket, &QTcpSocket::readyRead, [&heard] { ++heard; });
    connect(socket, &QTcpSocket::bytesWritten, socket, [&heard] { ++heard; });
    socket->blockSignals(true);
    here.giveBack();

    here = m_client->take(id);
    QCOMPARE(here.socket(), socket);
    QSignalSpy readyRead(socket, &QTcpSocket::readyRead);
    QCOMPARE(pass(there.socket(), here.socket(), "for the next"), "for the next");
    QCOMPARE(pass(here.socket(), there.socket(), "answer"), "answer");
    QVERIFY(!readyRead.isEmpty());
    QCOMPARE(heard, 0);
}

void tst_Lease::formerHoldersQueuedCallsAreDropped()
{
    Connection here = m_client->take();
    const ConnectionId id = here.id();
    int called = 0;
    QTcpSocket *socket = here.socket();
    QMetaObject::invokeMethod(
            socket, [&called] { ++called; }, Qt::QueuedConnection);
    here.giveBack();
    // From a thread that still has the pointer, while the socket is in none:
    std::thread([&] {
        QMetaObject::invokeMethod(
                socket, [&called] { ++called; }, Qt::QueuedConnection);
    }).join();
    here = m_client->take(id);
    QCOMPARE(here.socket(), socket);
    bool isProcessed = false;
    QMetaObject::invokeMethod(
            socket, [&isProcessed] { isProcessed = true; }, Qt::QueuedConnection);
    QTRY_VERIFY(isProcessed);
    QCOMPARE(called, 0);
}

class Listening : public QObject
{
public:
    int heard = 0;
    bool eventFilter(QObject *, QEvent *event) override
    {
        heard += event->type() == QEvent::User;
        return false;
    }
};

void tst_Lease::formerHoldersEventFilterIsOut()
{
    Listening filter;
    Connection here = m_client->take();
    const ConnectionId id = here.id();
    here->installEventFilter(&filter);
    QEvent event(QEvent::User);
    QCoreApplication::sendEvent(here.socket(), &event);
    QCOMPARE(filter.heard, 1);
    for (int i = 0; i < 3; ++i) {
        here.giveBack();
        here = m_client->take(id);
        QVERIFY(here);
        QCoreApplication::sendEvent(here.socket(), &event);
    }
    QCOMPARE(filter.heard, 1);
}

void tst_Lease::nextHoldersEventFilterWorks()
{
    Listening first;
    Listening second;
    Connection here = m_client->take();
    const ConnectionId id = here.id();
    here->installEventFilter(&first);
    here.giveBack();
    here = m_client->take(id);
    here->installEventFilter(&second);
    QEvent event(QEvent::User);
    QCoreApplication::sendEvent(here.socket(), &event);
    QCOMPARE(first.heard, 0);
    QCOMPARE(second.heard, 1);
}

void tst_Lease::formerHoldersOptionsAreUndone()
{
    Connection here = m_client->take();
    const ConnectionId id = here.id();
    const auto options = {QAbstractSocket::LowDelayOption, QAbstractSocket::KeepAliveOption,
                          QAbstractSocket::TypeOfServiceOption};
    QVariantList before;
    for (QAbstractSocket::SocketOption option : options)
        before << here->socketOption(option);
    here->setSocketOption(QAbstractSocket::LowDelayOption, 0);
    here->setSocketOption(QAbstractSocket::KeepAliveOption, 0);
    here->setSocketOption(QAbstractSocket::TypeOfServiceOption, 0x20);
    here.giveBack();

    here = m_client->take(id);
    QVERIFY(here);
    QVariantList after;
    for (QAbstractSocket::SocketOption option : options)
        after << here->socketOption(option);
    QCOMPARE(after, before);
    QCOMPARE(after.first().toInt(), 1);
}

void tst_Lease::formerHoldersBufferSizesAreUndone()
{
#ifdef Q_OS_LINUX
    Connection here;
    Connection there;
    takeBoth(here, there);
    const ConnectionId id = here.id();
    here->setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, 4096);
    const int narrow = here->socketOption(QAbstractSocket::ReceiveBufferSizeSocketOption).toInt();
    here.giveBack();
    here = m_client->take(id);
    if (!here) // on a kernel that cannot undo it the connection is not used again
        QCOMPARE(m_client->statistics().closedDirty, 1);
    else // the kernel's own tuning works again: the buffer grows with the traffic
        for (int i = 0; i < 200 && here->socketOption(QAbstractSocket::ReceiveBufferSizeSocketOption).toInt() <= narrow; ++i)
            QCOMPARE(pass(there.socket(), here.socket(), QByteArray(256 * 1024, 'x')).size(), 256 * 1024);
    if (here)
        QVERIFY(here->socketOption(QAbstractSocket::ReceiveBufferSizeSocketOption).toInt() > narrow);
#else
    QSKIP("no system but Linux tells whether a buffer size was set by hand");
#endif
}

void tst_Lease::formerHoldersPropertiesAndChildrenAreUndone()
{
    QObject parent;
    Connection here = m_client->take();
    const ConnectionId id = here.id();
    QTcpSocket *socket = here.socket();
    const QPointer<QObject> child(new QTimer(socket));
    socket->setParent(&parent);
    socket->setObjectName(QStringLiteral("mine"));
    socket->setProperty("mine", 1);
    socket->setReadBufferSize(10);
    socket->setTextModeEnabled(true);
    socket->setPauseMode(QAbstractSocket::PauseOnSslErrors);
    here.giveBack();

    here = m_client->take(id);
    QCOMPARE(here.socket(), socket);
    QVERIFY(!child);
    QCOMPARE(socket->parent(), nullptr);
    QVERIFY(socket->objectName().isEmpty());
    QVERIFY(socket->dynamicPropertyNames().isEmpty());
    QCOMPARE(socket->readBufferSize(), 0);
    QVERIFY(!socket->isTextModeEnabled());
    QCOMPARE(socket->pauseMode(), QAbstractSocket::PauseNever);
}

void tst_Lease::holderMayDeleteTheSocket_data()
{
    QTest::addColumn<bool>("isLater");
    QTest::newRow("delete") << false;
    QTest::newRow("deleteLater") << true;
}

void tst_Lease::holderMayDeleteTheSocket()
{
    QFETCH(const bool, isLater);
    Connection here = m_client->take();
    const ConnectionId id = here.id();
    const QPointer<QTcpSocket> socket(here.socket());
    if (isLater)
        socket->deleteLater();
    else
        delete socket;
    here.giveBack();
    QVERIFY(!socket);
    QVERIFY(!m_client->take(id));
    QCOMPARE(m_client->statistics().discarded, 1);
}

void tst_Lease::mayEndInASlotOfItsSocket_data()
{
    QTest::addColumn<QString>("end");
    for (const char *end : {"giveBack", "discard", "detach", "destroy"})
        QTest::newRow(end) << QString::fromLatin1(end);
}

void tst_Lease::mayEndInASlotOfItsSocket()
{
    QFETCH(const QString, end);
    Connection here;
    Connection there;
    takeBoth(here, there);
    const ConnectionId id = here.id();
    std::unique_ptr<QTcpSocket> detached;
    auto lease = std::make_unique<Connection>(std::move(here));
    bool hasEnded = false;
    connect(lease->socket(), &QTcpSocket::readyRead, this, [&] {
        if (hasEnded)
            return; // a detached socket keeps its connections
        (*lease)->readAll();
        if (end == u"giveBack")
            lease->giveBack();
        else if (end == u"discard")
            lease->discard();
        else if (end == u"detach")
            detached = lease->detach();
        lease.reset();
        hasEnded = true;
    });
    there->write("now");
    QTRY_VERIFY(hasEnded);
    if (end == u"discard") {
        QCOMPARE(m_client->statistics().discarded, 1);
        QTRY_COMPARE(there->state(), QAbstractSocket::UnconnectedState);
    } else if (end == u"detach") {
        QCOMPARE(pass(there.socket(), detached.get(), "more"), "more");
    } else {
        QCOMPARE(m_client->statistics().givenBack, 1);
        here = m_client->take(id);
        QCOMPARE(pass(there.socket(), here.socket(), "more"), "more");
    }
}

void tst_Lease::mayEndInAnotherThread()
{
    Connection here;
    Connection there;
    takeBoth(here, there);
    QCOMPARE(pass(there.socket(), here.socket(), "x"), "x"); // it lives in this thread now
    std::thread([lease = std::move(here)]() mutable { lease.giveBack(); }).join();
    QTRY_COMPARE(m_client->statistics().givenBack, 1);

    here = m_client->take(); // never used here, so nothing has to wait for this thread
    std::thread([lease = std::move(here)]() mutable { lease.giveBack(); }).join();
    QCOMPARE(m_client->statistics().givenBack, 2);
}

void tst_Lease::endsWithTheThreadOfItsSocket()
{
    Connection here = m_client->take();
    QSemaphore isTaken;
    QSemaphore mayFinish;
    std::unique_ptr<QThread> home(QThread::create([&] {
        here.socket(); // it lives here, in a thread without an event loop
        isTaken.release();
        mayFinish.acquire();
    }));
    home->start();
    isTaken.acquire();
    here.giveBack();
    QCOMPARE(m_client->leasedCount(), 1);
    mayFinish.release();
    QVERIFY(home->wait());
    QTRY_COMPARE(m_client->leasedCount(), 0);
    QCOMPARE(m_client->statistics().givenBack, 1);
}

void tst_Lease::givenBackDyingGoesToNobody_data()
{
    QTest::addColumn<bool>("isUsed");
    QTest::newRow("used") << true;
    QTest::newRow("not touched") << false;
}

void tst_Lease::givenBackDyingGoesToNobody()
{
    QFETCH(const bool, isUsed);
    Connection here;
    Connection there;
    takeBoth(here, there);
    if (isUsed)
        QCOMPARE(pass(there.socket(), here.socket(), "the end"), "the end");
    QFuture<Connection> waiting = m_client->acquire(here.id());
    there.discard(); // the FIN is here, and Qt has not seen it
    here.giveBack();
    QVERIFY(!waiting.isFinished());
    QCOMPARE(m_client->leasedCount(), 0);
    QCOMPARE(m_client->statistics().closedDirty, 1);
    waiting.cancel();
}

void tst_Lease::reconnectedSocketIsNotUsedAgain()
{
    Connection there = m_server->take(); // accepted, so that connecting makes children that it did not have
    there->abort();
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    there->connectToHost(QHostAddress::LocalHost, other.serverPort());
    QTRY_COMPARE(there->state(), QAbstractSocket::ConnectedState);
    there.giveBack();
    QCOMPARE(m_server->statistics().closedDirty, 1);
}

void tst_Lease::tlsHolderMayLeaveAFlushBehind()
{
    ServerPool::Configuration serverWish;
    serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
    ServerPool server(serverWish);
    listen(server);
    ClientPool::Configuration wish = stepwiseClientOf(server.serverPort(), 1);
    wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
    wish.tls.mode = TlsMode::SelfSigned;
    ClientPool client(wish);
    fill(server, client, 1);
    Connection there = server.take();
    for (const QByteArray &text : {QByteArray("one"), QByteArray("two"), QByteArray("three")}) {
        Connection here = client.take(there.id());
        QVERIFY(here);
        here->write(text);
        here->flush(); // and no turn of the event loop, in which Qt would flush as well
        here.giveBack();
        QTRY_COMPARE(there->bytesAvailable(), text.size());
        QCOMPARE(there->readAll(), text);
        here = client.take(there.id());
        QVERIFY(here);
        here->write(text); // this time it has to leave by the event loop
        QTRY_COMPARE(there->bytesAvailable(), text.size());
        QCOMPARE(there->readAll(), text);
    }
}

void tst_Lease::mayEndAfterItsThread_data()
{
    QTest::addColumn<QString>("thread");
    QTest::newRow("std::thread") << QStringLiteral("std");
    QTest::newRow("finished QThread") << QStringLiteral("finished");
    QTest::newRow("deleted QThread") << QStringLiteral("deleted");
}

void tst_Lease::mayEndAfterItsThread()
{
    QFETCH(const QString, thread);
    Connection here = m_client->take();
    std::unique_ptr<QThread> worker;
    if (thread == u"std") {
        std::thread([&here] { here.socket(); }).join();
    } else {
        worker.reset(QThread::create([&here] { here.socket(); }));
        worker->start();
        QVERIFY(worker->wait());
        if (thread == u"deleted")
            worker.reset();
    }
    here.giveBack();
    QCOMPARE(m_client->leasedCount(), 0);
    QCOMPARE(m_client->statistics().givenBack, 1);
}

QTEST_GUILESS_MAIN(tst_Lease)
#include "tst_lease.moc"
