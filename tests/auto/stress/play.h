// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "blockingusers.h"
#include "faults.h"
#include "loopuser.h"
#include "watchdog.h"

// One row: sets the scene, lets everybody play for a time, and clears the stage.
class Play
{
public:
    Play(const Setting &setting, quint64 seed) : m_scene(setting), m_seeds(seed) { }
    virtual ~Play() = default;
    void run(std::chrono::milliseconds time);
    QString findings() const { return m_scene.findings.text(); }
    const Tally &tally() const { return m_scene.tally; }
    QString books() const { return m_books.join(u'\n'); } // the pools' own numbers

protected:
    virtual void watch() { m_scene.checkNumbers(); } // all the while
    ClientPool &client() { return *m_scene.client; }
    const ServerPool &server() { return *m_scene.server; }

    Scene m_scene;
    Loops m_loops;
    std::atomic<const char *> m_doing{"opening"};

private:
    void open();
    quint16 listenSomewhere();
    void hireUsers();
    void perform(std::chrono::milliseconds time);
    void startBlocking();
    void startLooping();
    void waitForAll();
    void closeClient();
    void closeServer();
    void compareBooks(const PoolStatistics &numbers, const char *name, qint64 calls);
    QString whatAllDo() const;

    std::mt19937_64 m_seeds;
    std::unique_ptr<Echo> m_echo;
    std::vector<std::unique_ptr<BlockingUser>> m_blocking;
    std::vector<std::unique_ptr<LoopUser>> m_looping;
    std::unique_ptr<Faults> m_faults;
    std::vector<std::thread> m_threads;
    std::vector<std::unique_ptr<QThread>> m_loopThreads;
    QStringList m_books;
};

inline void Play::run(std::chrono::milliseconds time)
{
    const Watchdog watchdog(time * 1.5 + ExchangeLimit + 20s, [this] { return whatAllDo(); });
    open();
    hireUsers();
    perform(time);
    closeClient();
    closeServer();
    m_doing = "has ended";
    if (m_scene.holders.count() + m_scene.serverHolders.count() > 0)
        m_scene.findings.add(QStringLiteral("some leases never ended"));
}

inline void Play::open()
{
    m_loops.server->run([this] { m_scene.server = std::make_unique<ServerPool>(m_scene.serverWish()); });
    m_loops.echo->run([this] { m_echo = std::make_unique<Echo>(m_scene, m_seeds()); });
    m_loops.server->run([this] { m_scene.port = listenSomewhere(); });
    m_loops.client->run([this] {
        m_scene.client = std::make_unique<ClientPool>(m_scene.clientWish());
        QObject::connect(m_scene.client.get(), &Pool::errorOccurred, [this](Pool::Error error) {
            m_scene.tally.count(Event::LeakReport, error == Pool::Error::LeakSuspected);
        });
        if (!m_scene.port || !m_scene.client->start())
            m_scene.findings.add(QStringLiteral("the pools do not start"));
    });
}

// Not a port that the system would choose: while nobody listens on one, a client that connects to it may get the very same
// one for its own end, and is connected to itself.
inline quint16 Play::listenSomewhere()
{
    for (int i = 0; i < 100; ++i) {
        const auto port = quint16(10000 + m_seeds() % 20000);
        if (m_scene.server->listen(QHostAddress::LocalHost, port))
            return port;
    }
    return 0;
}

inline void Play::hireUsers()
{
    for (int i = 0; i < 4; ++i)
        m_blocking.push_back(std::make_unique<BlockingUser>(m_scene, "blocking user " + QByteArray::number(i), m_seeds()));
    m_blocking.push_back(std::make_unique<PassingUser>(m_scene, "passing user", m_seeds()));
    for (int i = 0; i < 3; ++i)
        m_looping.push_back(std::make_unique<LoopUser>(m_scene, "looping user " + QByteArray::number(i), m_seeds()));
    m_faults = std::make_unique<Faults>(m_scene, m_loops, *m_echo, m_seeds());
}

// Eight users, and the fault thread; this one checks the numbers all the while.
inline void Play::perform(std::chrono::milliseconds time)
{
    m_doing = "checking the numbers";
    startBlocking();
    startLooping();
    m_threads.emplace_back([this] { m_faults->run(); });
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end && !m_scene.stop.waitFor(1ms))
        watch();
    m_scene.stop.set();
    waitForAll();
}

inline void Play::startBlocking()
{
    for (const auto &user : m_blocking)
        m_threads.emplace_back([&user] { user->run(); });
}

inline void Play::startLooping()
{
    for (const auto &user : m_looping) {
        QThread *thread = m_loopThreads.emplace_back(std::make_unique<QThread>()).get();
        user->moveToThread(thread);
        QObject::connect(thread, &QThread::started, user.get(), &LoopUser::begin);
        thread->start();
    }
}

inline void Play::waitForAll()
{
    m_doing = "waiting for the users";
    for (std::thread &thread : m_threads)
        thread.join();
    for (const auto &thread : m_loopThreads)
        thread->wait();
    while (m_scene.mailbox.take().lease) { } // the threads where they were used have ended
    m_looping.clear();
    m_loopThreads.clear();
    m_scene.cancelBox.cancelAll(); // those that were added last
}

// The pool goes while a lease is out and someone waits.
inline void Play::closeClient()
{
    m_doing = "closing the client";
    if (m_scene.asks.open() > 0)
        m_scene.findings.add(QStringLiteral("%1 acquire() calls never ended").arg(m_scene.asks.open()));
    const Connection survivor = m_scene.client->waitForConnection(5s);
    const QFuture<Connection> forever = m_scene.client->acquire(ConnectionId::fromString(u"nowhere!"), -1ms);
    m_scene.calls += 2;
    const auto isQuiet = [this, &survivor] { return m_scene.client->leasedCount() == int(bool(survivor)); };
    if (!QTest::qWaitFor(isQuiet, 10000))
        m_scene.findings.add(QStringLiteral("%1 leases never ended").arg(m_scene.client->leasedCount()));
    compareBooks(m_scene.client->statistics(), "client", m_scene.calls);
    m_loops.client->run([this] { m_scene.client.reset(); });
    if (!forever.isFinished())
        m_scene.findings.add(QStringLiteral("one that waits was forgotten when the pool went"));
    m_loops.client.reset(); // and its thread goes as well
}

inline void Play::closeServer()
{
    m_doing = "closing the server";
    m_loops.server->run([this] { m_scene.server->close(); }); // all that the echo waits for has ended
    m_loops.echo->run([this] { m_echo.reset(); });
    m_loops.echo.reset();
    const PoolStatistics numbers = m_scene.server->statistics();
    compareBooks(numbers, "server", m_scene.serverCalls);
    if (numbers.leased + numbers.idle + numbers.pending + numbers.waiters > 0)
        m_scene.findings.add(QStringLiteral("something is left in the server: ") + text(numbers));
    m_loops.server->run([this] { m_scene.server.reset(); });
    m_loops.server.reset();
}

// Whether each call of the users is in the pool's numbers once.
inline void Play::compareBooks(const PoolStatistics &n, const char *name, qint64 calls)
{
    m_books << QStringLiteral("%1: %2").arg(QLatin1String(name), text(n));
    QString wrong = whatIsWrong(n, ServerMaximum);
    if (n.taken + n.refused + n.timedOut + n.cancelled + n.abandoned + n.waiters != calls)
        wrong = QStringLiteral("%1 calls should be there").arg(calls);
    if (!wrong.isEmpty())
        m_scene.findings.add(QStringLiteral("%1 at the end: %2: %3").arg(QLatin1String(name), wrong, text(n)));
}

// For the watchdog.
inline QString Play::whatAllDo() const
{
    QStringList lines{QStringLiteral("the test: ") + QLatin1String(m_doing)};
    for (const auto &user : m_blocking)
        lines << user->report();
    for (const auto &user : m_looping)
        lines << user->report();
    if (m_faults)
        lines << m_faults->report();
    lines << m_scene.tally.text() << QStringLiteral("%1 acquire() calls have not ended").arg(m_scene.asks.open())
          << m_scene.findings.text();
    return lines.join(u'\n');
}
