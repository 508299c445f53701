// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "numbers.h"
#include "peer.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QEventLoop>

// Turns the event loop until the condition holds; false if it never does. Looks every millisecond, as what happens in the peer's
// thread wakes nobody here.
template<typename Condition> bool turnUntil(Condition condition)
{
    QElapsedTimer time;
    time.start();
    QTimer tick;
    tick.start(1);
    while (!condition()) {
        if (time.elapsed() > 15000)
            return false;
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
    return true;
}

// The pools' own time limits: longer than turnUntil() waits, so that no failure may make anybody wait for them.
constexpr std::chrono::milliseconds NoRescue = 1min;

// One life of a pool, from the first connection to the last, with everything that its users do. Whatever fails on the way, it
// comes to its end.
class Life
{
public:
    Life(const Setting &setting, Peer &peer);
    QString live(); // what went wrong; empty: nothing
    int reports() const { return int(m_errors.size()); } // of errors
    int broken() const { return m_broken; } // exchanges
    const QStringList &errors() const { return m_errors; }

private:
    struct Stuck
    {
        QString where;
    };

    void steps();
    void open();
    bool start();
    void serveThoseWhoWait();
    void takeAndGiveBack();
    void takeById();
    void close();
    void exchangeOnce();
    bool exchange(Connection connection);
    Connection resultOf(QFuture<Connection> future, const char *what);
    void awaitFull(const char *when);
    template<typename Condition> void await(const QString &what, Condition condition);
    void expect(bool holds, const QString &what);

    const Setting m_setting;
    Peer &m_peer;
    std::unique_ptr<Pool> m_pool;
    QStringList m_errors;
    ConnectionId m_newest;
    int m_sent = 0;
    int m_broken = 0;
};

inline Life::Life(const Setting &setting, Peer &peer) : m_setting(setting), m_peer(peer) { }

inline QString Life::live()
{
    QString wrong;
    try {
        steps();
    } catch (const Stuck &stuck) {
        wrong = stuck.where;
    }
    m_pool.reset();
    m_peer.keepConnected(0, 0);
    m_peer.closeAll();
    return wrong;
}

inline void Life::steps()
{
    open();
    serveThoseWhoWait();
    awaitFull("after the start");
    exchangeOnce();
    takeAndGiveBack();
    takeById();
    awaitFull("after the exchanges");
    m_peer.closeAll();
    awaitFull("after the peer has closed all");
    exchangeOnce();
    m_pool->flush();
    awaitFull("after a flush");
    close();
}

inline void Life::open()
{
    if (m_setting.isServer) {
        ServerPool::Configuration wish;
        wish.connectionMode = m_setting.mode;
        wish.setupThreads = m_setting.setupThreads;
        wish.handshakeTimeout = NoRescue;
        wish.allowedPeers = m_setting.allowedPeers;
        if (m_setting.isTls)
            wish.tls = {.enabled = true, .configuration = Certificates::showing(QStringLiteral("self-signed"))};
        m_pool = std::make_unique<ServerPool>(wish);
    } else {
        ClientPool::Configuration wish = clientOf(m_peer.port(), m_setting.capacity);
        wish.connectionMode = m_setting.mode;
        wish.setupThreads = m_setting.setupThreads;
        wish.sizing.minimumInterval = wish.sizing.maximumInterval = 2ms;
        wish.sizing.maximumBackoff = 10ms;
        wish.connectTimeout = wish.handshakeTimeout = NoRescue;
        wish.tls.mode = m_setting.isTls ? TlsMode::SelfSigned : TlsMode::None;
        m_pool = std::make_unique<ClientPool>(wish);
    }
    QObject::connect(m_pool.get(), &Pool::connectionAvailable, [this](ConnectionId id) { m_newest = id; });
    QObject::connect(m_pool.get(), &Pool::errorOccurred, [this](Pool::Error, const QString &text) {
        if (!text.contains(u"before it was used")) // the peer leaves as it is told to: no call has failed
            m_errors << text;
    });
    await(QStringLiteral("the pool does not start"), [this] { return start(); });
    if (m_setting.isServer)
        m_peer.keepConnected(static_cast<ServerPool *>(m_pool.get())->serverPort(), m_setting.capacity);
}

// False: an application would try again.
inline bool Life::start()
{
    if (auto *client = qobject_cast<ClientPool *>(m_pool.get()))
        return client->start();
    auto *server = static_cast<ServerPool *>(m_pool.get());
    if (server->listen(QHostAddress::LocalHost) && server->serverPort() != 0)
        return true;
    server->close(); // it may listen on a port that is not known, as getsockname() has failed
    return false;
}

inline void Life::serveThoseWhoWait()
{
    const QFuture<Connection> first = m_pool->acquire(10s);
    const QFuture<Connection> second = m_pool->acquire(10s);
    Connection one = resultOf(first, "the first who waits");
    const Connection two = resultOf(second, "the second who waits");
    m_broken += !exchange(std::move(one));
}

inline void Life::takeAndGiveBack()
{
    for (int i = 0; i < 3; ++i) {
        if (const Connection taken = m_pool->take())
            taken->setSocketOption(QAbstractSocket::KeepAliveOption, 0); // which the pool undoes
    }
    exchangeOnce();
}

inline void Life::takeById()
{
    if (Connection known = m_pool->take(m_newest))
        m_broken += !exchange(std::move(known));
}

inline void Life::close()
{
    const QFuture<Connection> nobody = m_pool->acquire(ConnectionId::fromString(u"nowhere!"), 0ms);
    const QFuture<Connection> abandoned = m_pool->acquire(ConnectionId::fromString(u"nowhere!"), 1min);
    await(QStringLiteral("acquire() of what does not come has no end"), [&] { return nobody.isFinished(); });
    m_pool->close();
    expect(abandoned.isFinished(), QStringLiteral("one who waits outlives the pool"));
    const PoolStatistics numbers = m_pool->statistics();
    expect(numbers.idle + numbers.leased + numbers.pending + numbers.unclaimed + numbers.waiters == 0,
           QStringLiteral("the pool is not empty"));
}

// Some may break: with the connection that a failure has hit.
inline void Life::exchangeOnce()
{
    for (int i = 0; i < 100; ++i) {
        if (exchange(resultOf(m_pool->acquire(10s), "acquire()")))
            return;
        ++m_broken;
    }
    throw Stuck{QStringLiteral("no exchange goes well")};
}

inline bool Life::exchange(Connection connection)
{
    QTcpSocket *socket = connection.socket();
    if (socket->state() != QAbstractSocket::ConnectedState)
        return false;
    const QByteArray text = "message " + QByteArray::number(++m_sent);
    socket->write(text);
    await(QStringLiteral("no answer, and the connection is still there"),
          [&] { return socket->bytesAvailable() >= text.size() || socket->state() != QAbstractSocket::ConnectedState; });
    if (socket->bytesAvailable() < text.size())
        return false;
    expect(socket->readAll() == text, QStringLiteral("another answer came"));
    return true;
}

inline Connection Life::resultOf(QFuture<Connection> future, const char *what)
{
    await(QLatin1String(what) + QStringLiteral(" was forgotten"), [&] { return future.isFinished(); });
    try {
        return future.takeResult();
    } catch (const PoolException &exception) {
        throw Stuck{QLatin1String(what) + QStringLiteral(" got nothing: ") + exception.message()};
    }
}

// Both ends have the same connections: one of them that has died unseen would be missing on the other.
inline void Life::awaitFull(const char *when)
{
    await(QStringLiteral("not full again ") + QLatin1String(when), [this] {
        return m_pool->idleCount() == m_setting.capacity && m_peer.live() == m_setting.capacity
                && m_pool->pendingCount() == 0 && m_pool->state() == Pool::State::Ready;
    });
}

template<typename Condition> void Life::await(const QString &what, Condition condition)
{
    QString wrong;
    const bool isDone = turnUntil([&] {
        wrong = whatIsWrong(m_pool->statistics(), 4 * m_setting.capacity);
        return !wrong.isEmpty() || condition();
    });
    if (!isDone || !wrong.isEmpty())
        throw Stuck{QStringLiteral("%1 %2; the peer has %3; %4; %5")
                            .arg(what, wrong)
                            .arg(m_peer.live())
                            .arg(text(m_pool->statistics()), m_errors.join(u'\n'))};
}

inline void Life::expect(bool holds, const QString &what)
{
    if (!holds)
        throw Stuck{what + QStringLiteral(": ") + text(m_pool->statistics())};
}
