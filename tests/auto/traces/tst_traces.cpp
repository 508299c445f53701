// SPDX-License-Identifier: BSD-3-Clause
#include "pools.h"
#include "settle.h"
#include "testmain.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QMetaMethod>
#include <QtCore/QProperty>
#include <QtCore/QRegularExpression>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtNetwork/QNetworkProxy>
#include <QtNetwork/QSslKey>

#include <optional>
#include <thread>

#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

// A give-back undoes only what a holder has touched. So, for every way to touch a socket: the next holder notices none of it.
class tst_Traces : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nextHolderNoticesNothing_data();
    void nextHolderNoticesNothing();
    void detachedSocketComesBackClean_data();
    void detachedSocketComesBackClean();
    void foreignSocketLosesWhatItsOwnerLeft();
    void descriptorOfAnEarlierLeaseIsNoBackDoor();
    void socketMovedToAnotherThreadIsLeftThere_data();
    void socketMovedToAnotherThreadIsLeftThere();
};

namespace {

// A former holder, who should hear nothing any more.
class Holder : public QObject
{
    Q_OBJECT

public:
    int heard = 0;
    bool eats = false; // as an event filter
    std::vector<std::unique_ptr<QSignalSpy>> spies;
    QProperty<QString> name;
    std::vector<QPointer<QObject>> children;
    std::unique_ptr<QTcpServer> elsewhere;

    bool eventFilter(QObject *, QEvent *event) override
    {
        heard += event->type() != QEvent::ThreadChange;
        return eats;
    }
    int all() const
    {
        int count = heard;
        for (const auto &spy : spies)
            count += int(spy->size());
        return count;
    }
    void forget()
    {
        heard = 0;
        for (const auto &spy : spies)
            spy->clear();
    }

public Q_SLOTS:
    void hear() { ++heard; }

Q_SIGNALS:
    void relay();
};

// What becomes of a connection that was touched like this.
enum class Fate { GoesOn, Ends };

struct Touch
{
    std::function<void(QTcpSocket *, Holder &)> act;
    Fate fate = Fate::GoesOn;
    bool needsTls = false;
    bool isForPlainTcp = false;
};

#ifdef Q_OS_UNIX
// Past the pool's flags: who looks is no holder.
int optionOf(const QTcpSocket *socket, int level, int name)
{
    int value[2] = {};
    socklen_t size = sizeof value;
    getsockopt(int(socket->QAbstractSocket::socketDescriptor()), level, name, value, &size);
    return value[0];
}

void setOption(QTcpSocket *socket, int level, int name, int value, int second = 0)
{
    const int values[2] = {value, second};
    QVERIFY(!setsockopt(int(socket->socketDescriptor()), level, name, values, sizeof values));
}
#endif

QStringList pictureOf(QTcpSocket *socket)
{
    QStringList lines;
    const auto add = [&lines](const char *name, const auto &value) {
        QString text;
        QDebug(&text) << name << value;
        lines << text;
    };
    add("name", socket->objectName());
    add("has a bound name", socket->bindableObjectName().hasBinding());
    add("properties", socket->dynamicPropertyNames());
    add("parent", static_cast<const void *>(socket->parent()));
    add("children", socket->children().size());
    add("timers", QAbstractEventDispatcher::instance()->registeredTimers(socket).size());
    add("blocked", socket->signalsBlocked());
    add("open mode", int(socket->openMode()));
    add("read channel", socket->currentReadChannel());
    add("write channel", socket->currentWriteChannel());
    add("transaction", socket->isTransactionStarted());
    add("bytes", socket->bytesAvailable());
    add("buffer", socket->readBufferSize());
    add("pause mode", int(socket->pauseMode()));
    add("proxy", socket->proxy());
    add("tag", socket->protocolTag());
    add("error", socket->error());
    add("error text", socket->errorString());
    add("thread", static_cast<const void *>(socket->thread()));
    add("low delay", socket->socketOption(QAbstractSocket::LowDelayOption));
    add("keep-alive", socket->socketOption(QAbstractSocket::KeepAliveOption));
    add("type of service", socket->socketOption(QAbstractSocket::TypeOfServiceOption));
#ifdef Q_OS_UNIX
    const int descriptor = int(socket->QAbstractSocket::socketDescriptor());
    add("blocking", fcntl(descriptor, F_GETFL) & O_NONBLOCK);
    add("open after exec", fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
    add("linger", optionOf(socket, SOL_SOCKET, SO_LINGER));
    add("keep-alive interval", optionOf(socket, IPPROTO_TCP, TCP_KEEPINTVL));
#endif
#ifdef Q_OS_LINUX
    add("receive buffer", socket->socketOption(QAbstractSocket::ReceiveBufferSizeSocketOption));
    add("send buffer", socket->socketOption(QAbstractSocket::SendBufferSizeSocketOption));
    add("user time-out", optionOf(socket, IPPROTO_TCP, TCP_USER_TIMEOUT));
    add("cork", optionOf(socket, IPPROTO_TCP, TCP_CORK));
#endif
    if (const auto *tls = qobject_cast<QSslSocket *>(socket)) {
        add("peer verify name", tls->peerVerifyName());
        add("peer verify mode", int(tls->peerVerifyMode()));
        add("peer verify depth", tls->peerVerifyDepth());
        add("protocol", int(tls->protocol()));
        add("key", tls->privateKey().isNull());
        add("certificate", tls->localCertificate().isNull());
        add("authorities", tls->sslConfiguration().caCertificates().size());
    }
    return lines;
}

using Touches = std::vector<std::pair<const char *, Touch>>;

// Connected in every way there is.
void addConnections(Touches &touches)
{
    touches.insert(
            touches.end(),
            {
                    {"string-based connect", {[](QTcpSocket *socket, Holder &holder) {
                         QObject::connect(socket, SIGNAL(readyRead()), &holder, SLOT(hear()));
                     }}},
                    {"connect to a member", {[](QTcpSocket *socket, Holder &holder) {
                         QObject::connect(socket, &QTcpSocket::readyRead, &holder, &Holder::hear);
                     }}},
                    {"connect to a functor", {[](QTcpSocket *socket, Holder &holder) {
                         QObject::connect(socket, &QTcpSocket::readyRead, [&holder] { holder.hear(); });
                     }}},
                    {"connect to a functor with a context", {[](QTcpSocket *socket, Holder &holder) {
                         QObject::connect(socket, &QTcpSocket::readyRead, &holder, [&holder] { holder.hear(); });
                     }}},
                    {"connect once", {[](QTcpSocket *socket, Holder &holder) {
                         const auto type = Qt::ConnectionType(Qt::AutoConnection | Qt::SingleShotConnection);
                         QObject::connect(socket, &QTcpSocket::readyRead, &holder, &Holder::hear, type);
                     }}},
                    {"unique connect", {[](QTcpSocket *socket, Holder &holder) {
                         QObject::connect(socket, &QTcpSocket::readyRead, &holder, &Holder::hear, Qt::UniqueConnection);
                     }}},
                    {"queued connect", {[](QTcpSocket *socket, Holder &holder) {
                         QObject::connect(socket, &QTcpSocket::readyRead, &holder, &Holder::hear, Qt::QueuedConnection);
                     }}},
                    {"connect by meta-methods", {[](QTcpSocket *socket, Holder &holder) {
                         const QMetaObject &meta = Holder::staticMetaObject;
                         QObject::connect(socket, QMetaMethod::fromSignal(&QTcpSocket::readyRead), &holder,
                                          meta.method(meta.indexOfMethod("hear()")));
                     }}},
                    {"connect by numbers", {[](QTcpSocket *socket, Holder &holder) {
                         QMetaObject::connect(socket, socket->metaObject()->indexOfMethod("readyRead()"), &holder,
                                              Holder::staticMetaObject.indexOfMethod("hear()"));
                     }}},
                    {"connect to a signal", {[](QTcpSocket *socket, Holder &holder) {
                         QObject::connect(&holder, &Holder::relay, &holder, &Holder::hear);
                         QObject::connect(socket, &QTcpSocket::readyRead, &holder, &Holder::relay);
                     }}},
                    {"connect in another thread", {[](QTcpSocket *socket, Holder &holder) {
                         std::thread([&] {
                             QObject::connect(socket, &QTcpSocket::readyRead, &holder, &Holder::hear);
                         }).join();
                     }}},
                    {"a spy", {[](QTcpSocket *socket, Holder &holder) {
                         holder.spies.push_back(std::make_unique<QSignalSpy>(socket, &QTcpSocket::readyRead));
                     }}},
                    {"a future of a signal", {[](QTcpSocket *socket, Holder &holder) {
                         QtFuture::connect(socket, &QTcpSocket::readyRead).then([&holder] { holder.hear(); });
                     }}},
                    {"connect, disconnect, connect", {[](QTcpSocket *socket, Holder &holder) {
                         QObject::connect(socket, &QTcpSocket::readyRead, &holder, &Holder::hear);
                         socket->disconnect();
                         QObject::connect(socket, &QTcpSocket::readyRead, &holder, &Holder::hear);
                     }}},
                    {"connect to every signal", {[](QTcpSocket *socket, Holder &holder) {
                         const QMetaObject *meta = socket->metaObject();
                         for (int i = 0; i < meta->methodCount(); ++i) {
                             if (meta->method(i).methodType() == QMetaMethod::Signal)
                                 holder.spies.push_back(std::make_unique<QSignalSpy>(socket, meta->method(i)));
                         }
                     }}},
                    {"blocked signals", {[](QTcpSocket *socket, Holder &) { socket->blockSignals(true); }}},
            });
}

// What QObject offers.
void addObjects(Touches &touches)
{
    touches.insert(
            touches.end(),
            {
                    {"event filter", {[](QTcpSocket *socket, Holder &holder) { socket->installEventFilter(&holder); }}},
                    {"event filter that eats what it can", {[](QTcpSocket *socket, Holder &holder) {
                         holder.eats = true;
                         socket->installEventFilter(&holder);
                         socket->setProperty("mine", 1);
                         holder.children.emplace_back(new QObject(socket));
                         socket->setReadBufferSize(1000);
                         QObject::connect(socket, &QTcpSocket::readyRead, &holder, &Holder::hear);
                     }}},
                    {"the pool's own filter removed", {[](QTcpSocket *socket, Holder &holder) {
                         socket->removeEventFilter(socket);
                         socket->installEventFilter(&holder);
                     }}},
                    {"parent", {[](QTcpSocket *socket, Holder &holder) { socket->setParent(&holder); }}},
                    {"child",
                     {[](QTcpSocket *socket, Holder &holder) { holder.children.emplace_back(new QObject(socket)); }}},
                    {"child that came by setParent()", {[](QTcpSocket *socket, Holder &holder) {
                         holder.children.emplace_back(new QObject);
                         holder.children.back()->setParent(socket);
                     }}},
                    {"name", {[](QTcpSocket *socket, Holder &) { socket->setObjectName(QStringLiteral("mine")); }}},
                    {"bound name",
                     {[](QTcpSocket *socket, Holder &holder) {
                          socket->bindableObjectName().setBinding([&holder] { return holder.name.value(); });
                          holder.name = QStringLiteral("mine");
                      },
                      Fate::Ends}},
                    {"bound name that is empty now",
                     {[](QTcpSocket *socket, Holder &holder) {
                          socket->bindableObjectName().setBinding([&holder] { return holder.name.value(); });
                      },
                      Fate::Ends}},
                    {"name that another one is bound to",
                     {[](QTcpSocket *socket, Holder &holder) {
                          holder.name.setBinding([socket] { return socket->objectName(); });
                          QVERIFY(holder.name.value().isEmpty());
                      },
                      Fate::Ends}},
                    {"dynamic property", {[](QTcpSocket *socket, Holder &) { socket->setProperty("mine", 1); }}},
                    {"dynamic property, twice", {[](QTcpSocket *socket, Holder &) {
                         socket->setProperty("mine", 1);
                         socket->setProperty("mine", QVariant());
                         socket->setProperty("mine too", 1);
                     }}},
                    {"timer", {[](QTcpSocket *socket, Holder &holder) {
                         socket->installEventFilter(&holder);
                         QVERIFY(socket->startTimer(1ms) != 0);
                     }}},
                    {"timer that has fired", {[](QTcpSocket *socket, Holder &holder) {
                         socket->installEventFilter(&holder);
                         QVERIFY(socket->startTimer(1ms) != 0);
                         QTRY_VERIFY(holder.heard > 0);
                     }}},
                    {"queued call", {[](QTcpSocket *socket, Holder &holder) {
                         QMetaObject::invokeMethod(
                                 socket, [&holder] { holder.hear(); }, Qt::QueuedConnection);
                     }}},
                    {"posted event", {[](QTcpSocket *socket, Holder &holder) {
                         socket->installEventFilter(&holder);
                         QCoreApplication::postEvent(socket, new QEvent(QEvent::User));
                     }}},
                    {"deleteLater", {[](QTcpSocket *socket, Holder &) { socket->deleteLater(); }, Fate::Ends}},
                    {"moved out of every thread", {[](QTcpSocket *socket, Holder &) { socket->moveToThread(nullptr); }}},
            });
}

// What QIODevice and QAbstractSocket offer.
void addDevices(Touches &touches)
{
    using Option = QAbstractSocket::SocketOption;
    touches.insert(
            touches.end(),
            {
                    {"text mode", {[](QTcpSocket *socket, Holder &) { socket->setTextModeEnabled(true); }}},
                    {"read channel", {[](QTcpSocket *socket, Holder &) { socket->setCurrentReadChannel(1); }}},
                    {"write channel", {[](QTcpSocket *socket, Holder &) { socket->setCurrentWriteChannel(1); }}},
                    {"opened for reading alone",
                     {[](QTcpSocket *socket, Holder &) { socket->open(QIODevice::ReadOnly); }, Fate::Ends}},
                    {"opened without a buffer",
                     {[](QTcpSocket *socket, Holder &) { socket->open(QIODevice::ReadWrite | QIODevice::Unbuffered); },
                      Fate::Ends}},
                    {"transaction", {[](QTcpSocket *socket, Holder &) { socket->startTransaction(); }, Fate::Ends}},
                    {"transaction rolled back", {[](QTcpSocket *socket, Holder &) {
                         socket->startTransaction();
                         socket->rollbackTransaction();
                     }}},
                    {"byte put back", {[](QTcpSocket *socket, Holder &) { socket->ungetChar('x'); }, Fate::Ends}},
                    {"byte hidden in another channel",
                     {[](QTcpSocket *socket, Holder &) {
                          socket->ungetChar('x');
                          socket->setCurrentReadChannel(1);
                      },
                      Fate::Ends}},
                    {"time-out", {[](QTcpSocket *socket, Holder &) { QVERIFY(!socket->waitForReadyRead(1)); }}},
                    {"connected again",
                     {[](QTcpSocket *socket, Holder &) {
                          QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("connectToHost\\(\\)")));
                          socket->connectToHost(QHostAddress::LocalHost, 1);
                      },
                      Fate::GoesOn, false, true}},
                    {"pause mode",
                     {[](QTcpSocket *socket, Holder &) { socket->setPauseMode(QAbstractSocket::PauseOnSslErrors); }}},
                    {"read buffer", {[](QTcpSocket *socket, Holder &) { socket->setReadBufferSize(3); }}},
                    {"proxy", {[](QTcpSocket *socket, Holder &) {
                         socket->setProxy(QNetworkProxy(QNetworkProxy::HttpProxy, QStringLiteral("proxy"), 1,
                                                        QStringLiteral("me"), QStringLiteral("secret")));
                     }}},
                    {"protocol tag", {[](QTcpSocket *socket, Holder &) { socket->setProtocolTag(QStringLiteral("mine")); }}},
                    {"low delay",
                     {[](QTcpSocket *socket, Holder &) { socket->setSocketOption(Option::LowDelayOption, 0); }}},
                    {"keep-alive",
                     {[](QTcpSocket *socket, Holder &) { socket->setSocketOption(Option::KeepAliveOption, 0); }}},
                    {"type of service",
                     {[](QTcpSocket *socket, Holder &) { socket->setSocketOption(Option::TypeOfServiceOption, 32); }}},
#ifdef Q_OS_LINUX
                    {"receive buffer", {[](QTcpSocket *socket, Holder &) {
                         socket->setSocketOption(Option::ReceiveBufferSizeSocketOption, 4096);
                     }}},
                    {"send buffer", {[](QTcpSocket *socket, Holder &) {
                         socket->setSocketOption(Option::SendBufferSizeSocketOption, 4096);
                     }}},
                    {"user time-out",
                     {[](QTcpSocket *socket, Holder &) { setOption(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, 1234); }}},
                    {"cork", {[](QTcpSocket *socket, Holder &) { setOption(socket, IPPROTO_TCP, TCP_CORK, 1); }}},
#endif
#ifdef Q_OS_UNIX
                    {"linger", {[](QTcpSocket *socket, Holder &) { setOption(socket, SOL_SOCKET, SO_LINGER, 1); }}},
                    {"keep-alive interval",
                     {[](QTcpSocket *socket, Holder &) { setOption(socket, IPPROTO_TCP, TCP_KEEPINTVL, 7); }}},
                    {"blocking", {[](QTcpSocket *socket, Holder &) {
                         const int descriptor = int(socket->socketDescriptor());
                         QVERIFY(!fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK));
                     }}},
                    {"open after exec",
                     {[](QTcpSocket *socket, Holder &) { QVERIFY(!fcntl(int(socket->socketDescriptor()), F_SETFD, 0)); }}},
                    {"descriptor", {[](QTcpSocket *socket, Holder &) {
                         const int off = 0;
                         QVERIFY(!setsockopt(int(socket->socketDescriptor()), IPPROTO_TCP, TCP_NODELAY, &off, sizeof off));
                     }}},
#endif
                    {"closed", {[](QTcpSocket *socket, Holder &) { socket->close(); }, Fate::Ends}},
                    {"aborted", {[](QTcpSocket *socket, Holder &) { socket->abort(); }, Fate::Ends}},
                    {"connected to another peer",
                     {[](QTcpSocket *socket, Holder &holder) {
                          holder.elsewhere = std::make_unique<QTcpServer>();
                          QVERIFY(holder.elsewhere->listen(QHostAddress::LocalHost));
                          const qintptr before = socket->socketDescriptor();
                          socket->abort();
                          socket->connectToHost(QHostAddress::LocalHost, holder.elsewhere->serverPort());
                          QVERIFY(socket->waitForConnected());
                          QCOMPARE(socket->socketDescriptor(), before); // or it would be no feat
                      },
                      Fate::Ends}},
#ifdef Q_OS_UNIX
                    {"another descriptor",
                     {[](QTcpSocket *socket, Holder &holder) {
                          holder.elsewhere = std::make_unique<QTcpServer>();
                          QVERIFY(holder.elsewhere->listen(QHostAddress::LocalHost));
                          QTcpSocket other;
                          other.connectToHost(QHostAddress::LocalHost, holder.elsewhere->serverPort());
                          QVERIFY(other.waitForConnected());
                          const int copy = dup(int(other.socketDescriptor()));
                          socket->abort();
                          QVERIFY(socket->setSocketDescriptor(copy));
                      },
                      Fate::Ends}},
#endif
            });
}

void addTls(Touches &touches)
{
    const auto tls = [](QTcpSocket *socket) { return qobject_cast<QSslSocket *>(socket); };
    touches.insert(
            touches.end(),
            {
                    {"peer verify name",
                     {[tls](QTcpSocket *socket, Holder &) { tls(socket)->setPeerVerifyName(QStringLiteral("mine")); },
                      Fate::GoesOn, true}},
                    {"peer verify mode",
                     {[tls](QTcpSocket *socket, Holder &) { tls(socket)->setPeerVerifyMode(QSslSocket::QueryPeer); },
                      Fate::GoesOn, true}},
                    {"peer verify depth",
                     {[tls](QTcpSocket *socket, Holder &) { tls(socket)->setPeerVerifyDepth(3); }, Fate::GoesOn, true}},
                    {"protocol",
                     {[tls](QTcpSocket *socket, Holder &) { tls(socket)->setProtocol(QSsl::TlsV1_2); }, Fate::GoesOn, true}},
                    {"own certificate",
                     {[tls](QTcpSocket *socket, Holder &) {
                          tls(socket)->setSslConfiguration(Certificates::showing(QStringLiteral("client")));
                      },
                      Fate::GoesOn, true}},
                    {"own key",
                     {[tls](QTcpSocket *socket, Holder &) {
                          tls(socket)->setPrivateKey(QSslKey(Certificates::read(QStringLiteral("client.key")), QSsl::Ec));
                      },
                      Fate::GoesOn, true}},
                    {"authorities",
                     {[tls](QTcpSocket *socket, Holder &) {
                          tls(socket)->setSslConfiguration(Certificates::trustingCa(tls(socket)->sslConfiguration()));
                      },
                      Fate::GoesOn, true}},
                    {"errors ignored",
                     {[tls](QTcpSocket *socket, Holder &) { tls(socket)->ignoreSslErrors(); }, Fate::GoesOn, true}},
                    {"connected again, which leaves TLS",
                     {[](QTcpSocket *socket, Holder &) {
                          QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("connectToHost\\(\\)")));
                          socket->connectToHost(QHostAddress::LocalHost, 1);
                      },
                      Fate::Ends, true}},
                    {"encrypted with another peer",
                     {[tls](QTcpSocket *socket, Holder &holder) {
                          ServerPool::Configuration wish;
                          wish.connectionMode = ConnectionMode::Single;
                          wish.tls = {.enabled = true,
                                      .configuration = Certificates::showing(QStringLiteral("self-signed"))};
                          auto *other = new ServerPool(wish, &holder);
                          listen(*other);
                          const qintptr before = socket->socketDescriptor();
                          socket->abort();
                          tls(socket)->connectToHostEncrypted(QStringLiteral("127.0.0.1"), other->serverPort());
                          QTRY_VERIFY(tls(socket)->isEncrypted());
                          QCOMPARE(socket->socketDescriptor(), before);
                          QTRY_COMPARE(other->idleCount(), 1);
                      },
                      Fate::Ends, true}},
            });
}

const Touches &touches()
{
    static const Touches all = [] {
        Touches touches;
        addConnections(touches);
        addObjects(touches);
        addDevices(touches);
        addTls(touches);
        return touches;
    }();
    return all;
}

enum class Kind { Tcp, Tls };

// A client and a server, each with the connections of the other.
class Pair
{
public:
    explicit Pair(Kind kind)
    {
        ServerPool::Configuration serverWish;
        if (kind == Kind::Tls)
            serverWish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
        server.emplace(serverWish);
        listen(*server);
        ClientPool::Configuration wish = stepwiseClientOf(server->serverPort(), 1);
        wish.sizing.minimumInterval = wish.sizing.maximumInterval = 1h;
        if (kind == Kind::Tls)
            wish.tls.mode = TlsMode::SelfSigned;
        client.emplace(wish);
        fill(*server, *client, 1);
        while (Connection lease = server->take())
            m_theirs.push_back(std::move(lease));
    }
    QTcpSocket *peerOf(QTcpSocket *here) const
    {
        for (const Connection &lease : m_theirs) {
            if (lease && lease->peerPort() == here->localPort())
                return lease.socket();
        }
        return nullptr;
    }

    std::optional<ServerPool> server;
    std::optional<ClientPool> client;

private:
    std::vector<Connection> m_theirs;
};

// What works between two ends, and what can be heard of it.
void exercise(QTcpSocket *here, QTcpSocket *there)
{
    QVERIFY(there);
    QSignalSpy readyRead(here, &QTcpSocket::readyRead);
    QCOMPARE(pass(there, here, "line\r\nline\r\n"), "line\r\nline\r\n");
    QVERIFY(!readyRead.isEmpty());
    QCOMPARE(pass(here, there, "answer\n"), "answer\n");
    QCOMPARE(pass(there, here, QByteArray(50000, 'x')), QByteArray(50000, 'x'));
    settle(); // what should not be would be now
}

// In a slot, where most leases end.
void inEventLoop(const std::function<void()> &body)
{
    QEventLoop loop;
    QTimer::singleShot(0, &loop, [&] {
        body();
        loop.quit();
    });
    loop.exec();
}

} // namespace
Q_DECLARE_METATYPE(Kind)

void tst_Traces::nextHolderNoticesNothing_data()
{
    QTest::addColumn<Kind>("kind");
    QTest::addColumn<int>("number");
    static constexpr const char *kinds[] = {"TCP", "TLS"};
    for (const Kind kind : {Kind::Tcp, Kind::Tls}) {
        for (std::size_t i = 0; i < touches().size(); ++i) {
            const Touch &touch = touches()[i].second;
            if (kind == Kind::Tls ? !touch.isForPlainTcp : !touch.needsTls)
                QTest::addRow("%s, %s", kinds[int(kind)], touches()[i].first) << kind << int(i);
        }
    }
}

void tst_Traces::nextHolderNoticesNothing()
{
    QFETCH(const Kind, kind);
    QFETCH(const int, number);
    const Touch &touch = touches()[std::size_t(number)].second;
    Pair pair(kind);
    Holder holder;
    inEventLoop([&] {
        Connection here = pair.client->take();
        QVERIFY(here);
        const QPointer<QTcpSocket> socket = here.socket();
        QTcpSocket *const peer = pair.peerOf(socket);
        const QStringList before = pictureOf(socket);
        touch.act(socket, holder);
        here.giveBack();
        QCOMPARE(pair.client->leasedCount(), 0);
        const PoolStatistics numbers = pair.client->statistics();
        if (touch.fate == Fate::Ends) {
            QCOMPARE(numbers.givenBack, 0);
            QCOMPARE(numbers.closedDirty + numbers.discarded, 1);
            QTRY_VERIFY(!socket);
            return;
        }
        QCOMPARE(numbers.givenBack, 1);
        holder.forget();
        for (const QPointer<QObject> &child : holder.children)
            QVERIFY(!child);

        here = pair.client->take();
        QCOMPARE(here.socket(), socket);
        const QStringList after = pictureOf(socket);
        for (qsizetype i = 0; i < before.size(); ++i)
            QCOMPARE(after[i], before[i]);
        exercise(socket, peer);
        holder.name = QStringLiteral("another");
        QCOMPARE(socket->objectName(), QString());
        socket->setObjectName(QStringLiteral("the next one's"));
        QCOMPARE(holder.all(), 0);
        here.giveBack();
        QCOMPARE(pair.client->statistics().givenBack, 2);
    });
}

void tst_Traces::detachedSocketComesBackClean_data()
{
    QTest::addColumn<Kind>("kind");
    QTest::addColumn<bool>("isSamePool");
    QTest::addColumn<int>("number");
    static const QSet<QByteArray> kept{"low delay",     "keep-alive",   "type of service", "descriptor",
                                       "proxy",         "protocol tag", "receive buffer",  "send buffer",
                                       "user time-out", "cork",         "linger",          "keep-alive interval"};
    for (const Kind kind : {Kind::Tcp, Kind::Tls}) {
        for (const bool isSamePool : {true, false}) {
            for (std::size_t i = 0; i < touches().size(); ++i) {
                const auto &[name, touch] = touches()[i];
                if (!touch.needsTls && (kind == Kind::Tcp || !touch.isForPlainTcp) && touch.fate == Fate::GoesOn
                    && !kept.contains(name))
                    QTest::addRow("%s, %s, %s", kind == Kind::Tcp ? "TCP" : "TLS", isSamePool ? "same pool" : "another pool",
                                  name)
                            << kind << isSamePool << int(i);
            }
        }
    }
}

// But for its options: those are as who puts it wants them.
void tst_Traces::detachedSocketComesBackClean()
{
    QFETCH(const Kind, kind);
    QFETCH(const bool, isSamePool);
    QFETCH(const int, number);
    Pair pair(kind);
    ServerPool another;
    listen(another);
    Pool &home = isSamePool ? static_cast<Pool &>(*pair.client) : another;
    Holder holder;
    Connection here = pair.client->take();
    const ConnectionId id = here.id();
    QTcpSocket *const peer = pair.peerOf(here.socket());
    const QStringList before = pictureOf(here.socket());
    QTcpSocket *const socket = here.detach().release();
    touches()[std::size_t(number)].second.act(socket, holder);
    QVERIFY(home.put(id, socket));
    holder.forget();
    here = home.take(id);
    QCOMPARE(here.socket(), socket);
    const QStringList after = pictureOf(socket);
    for (qsizetype i = 0; i < before.size(); ++i)
        QCOMPARE(after[i], before[i]);
    exercise(socket, peer);
    QCOMPARE(holder.all(), 0);
    here.giveBack();
    QCOMPARE(home.statistics().givenBack, 1);
    QCOMPARE(pair.client->statistics().detached, 1);
}

void tst_Traces::foreignSocketLosesWhatItsOwnerLeft()
{
    Pair pair(Kind::Tcp);
    QTcpServer peer;
    QVERIFY(peer.listen(QHostAddress::LocalHost));
    for (const auto &[name, touch] : touches()) {
        if (touch.needsTls || touch.isForPlainTcp || touch.fate == Fate::Ends
            || qstrcmp(name, "the pool's own filter removed") == 0
            || qstrcmp(name, "time-out") == 0) // who made it cannot be asked to forget its error
            continue;
        Holder holder;
        auto *socket = new QTcpSocket;
        socket->connectToHost(QHostAddress::LocalHost, peer.serverPort());
        QVERIFY(socket->waitForConnected());
        QVERIFY(peer.waitForNewConnection(5000));
        const std::unique_ptr<QTcpSocket> accepted(peer.nextPendingConnection());
        QObject::connect(socket, &QTcpSocket::readyRead, &holder, &Holder::hear);
        const ConnectionId id = ConnectionId::fromString(u"foreign1");
        pair.client->flush(); // room
        QVERIFY(pair.client->put(id, socket));
        Connection here = pair.client->take(id);
        QCOMPARE(here.socket(), socket);
        const QStringList before = pictureOf(socket);
        touch.act(socket, holder);
        here.giveBack();
        holder.forget();
        here = pair.client->take(id);
        QVERIFY2(here.socket() == socket, name);
        QCOMPARE(pictureOf(socket), before);
        exercise(socket, accepted.get());
        QVERIFY2(holder.all() == 0, name);
        here.discard();
    }
}

#ifdef Q_OS_UNIX
static bool isLowDelay(int descriptor)
{
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0 && value;
}
#endif

void tst_Traces::descriptorOfAnEarlierLeaseIsNoBackDoor()
{
#ifdef Q_OS_UNIX
    Pair pair(Kind::Tcp);
    const int off = 0;
    Connection here = pair.client->take();
    const int descriptor = int(here->socketDescriptor());
    for (int i = 0; i < 3; ++i) {
        here.giveBack();
        here = pair.client->take();
        QVERIFY(here);
        QVERIFY(isLowDelay(descriptor));
        QVERIFY(!setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &off, sizeof off));
        here.socket();
    }
#endif
}

void tst_Traces::socketMovedToAnotherThreadIsLeftThere_data()
{
    QTest::addColumn<bool>("endsThere");
    QTest::newRow("ends where it was taken") << false;
    QTest::newRow("ends where it was moved to") << true;
}

// Nobody else may touch it there, so it cannot be used again.
void tst_Traces::socketMovedToAnotherThreadIsLeftThere()
{
    QFETCH(const bool, endsThere);
    Pair pair(Kind::Tcp);
    QThread thread;
    const auto stop = qScopeGuard([&thread] {
        thread.quit();
        thread.wait();
    });
    QObject context;
    context.moveToThread(&thread);
    thread.start();
    Connection here = pair.client->take();
    const ConnectionId id = here.id();
    const QPointer<QTcpSocket> socket = here.socket();
    QTcpSocket *const peer = pair.peerOf(socket);
    socket->moveToThread(&thread);
    if (endsThere)
        QMetaObject::invokeMethod(
                &context, [&] { here.giveBack(); }, Qt::BlockingQueuedConnection);
    else
        here.giveBack();
    QTRY_COMPARE(pair.client->leasedCount(), 0);
    QTRY_COMPARE(peer->state(), QAbstractSocket::UnconnectedState);
    QVERIFY(!pair.client->take(id));
    QCOMPARE(pair.client->statistics().closedDirty, 1);
    QTRY_VERIFY(!socket);
}

QNETPOOL_TEST_MAIN(tst_Traces)
#include "tst_traces.moc"
