// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "input.h"
#include "loopback.h"
#include "peer.h"

#include <QNetPool/Connection>
#include <QNetPool/Pool>

#include <QtCore/QFuture>
#include <QtCore/QPointer>
#include <QtCore/QPromise>

#include <deque>
#include <memory>
#include <vector>

// A pool, the peers at the other ends of its connections, and those who hold some: does with them what the input says, and
// insists after each act on what must hold.
class Scene
{
public:
    struct Traits
    {
        bool isEncrypted = false; // garbage gets nowhere
        QNetPool::ConnectionMode mode = QNetPool::ConnectionMode::Multi;
        QNetPool::IdFormat format = QNetPool::IdFormat::Hex;
        bool hasDeadlines = false; // setups take a few milliseconds at most, or as long as they like
        bool leasesOutlivePool = false;
        int maximumConnections = 0;
        int reaction = 0; // what the slots do, see react()
        int maximumConnectionsPerPeer = 0; // all peers are one
        bool hasSetupThreads = false;
        bool allowsNone = false; // the validator, which is asked always
    };

    // What a validator or a resetter does.
    enum HookKind : quint8 { NoHook, SaysYes, SaysNo, Throws, Hangs, Asks, Reads, DeletesPool };
    static constexpr int HookBits = 3;

    Scene(const Traits &traits, Input &input, Loopback &loopback);
    virtual ~Scene();
    static bool allows(int hook) { return hook != SaysNo && hook != Throws && hook != Hangs; }
    QNetPool::Pool::Hook hook(int which);
    void play(QNetPool::Pool *pool); // owns it
    void end();

protected:
    virtual void another() = 0; // begins one more connection, as far as it is up to us
    virtual void meet() = 0; // the new ends
    virtual QByteArray startOf(const Peer &peer) const = 0; // what stands for the ID in what went over
    virtual void checkWritten(const Peer &peer) const = 0; // that the peer got what the pool and its holders wrote

    QNetPool::Pool *pool() const { return m_pool; }
    Loopback &loopback() { return m_loopback; }
    const Traits &traits() const { return m_traits; }
    qsizetype idSize() const;
    void settleAll() const; // the pool's threads, too
    void add(std::unique_ptr<Peer> peer) { m_peers.push_back(std::move(peer)); }

private:
    Q_DISABLE_COPY_MOVE(Scene)
    struct Held
    {
        QNetPool::Connection connection;
        Peer *peer = nullptr; // once its socket was used
    };

    void listenToPool();
    void react(const char *occasion);
    void turn();
    void awaitDeadlines();
    bool isAnyHookRunning() const;
    QFuture<bool> carryOut(HookKind which, QTcpSocket *socket);
    QFuture<bool> ask(QTcpSocket *socket);
    void checkNumbers();
    void act(quint8 number);
    void actOnPool(quint8 number);
    void putBack();
    void actAsPeer(quint8 number, Peer &peer);
    void actAsHolder(quint8 number, Held &held);
    void hold(QNetPool::Connection connection);
    void takeAndUse();
    void harvest();
    Peer *peerOf(const QTcpSocket *socket) const; // null: it has not been met
    QTcpSocket *use(Held &held);
    void read(Held &held);
    void readAll(QTcpSocket *socket, Peer *peer);
    void write(Held &held);
    QNetPool::ConnectionId someId() const;

    const Traits m_traits;
    Input &m_input;
    Loopback &m_loopback;
    QObject m_context;
    QPointer<QNetPool::Pool> m_pool;
    std::vector<std::unique_ptr<Peer>> m_peers;
    std::size_t m_peer = 0;
    std::deque<Held> m_held;
    std::vector<QFuture<QNetPool::Connection>> m_waiting;
    std::vector<std::pair<QNetPool::ConnectionId, std::unique_ptr<QTcpSocket>>> m_detached;
    bool m_mayHoldOthers = false; // leases that are in no peer's share: of what was put back, or whose peer has left
    int m_reactions = 0;
    std::vector<std::shared_ptr<QPromise<bool>>> m_answers; // of hooks
};
