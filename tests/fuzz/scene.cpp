// SPDX-License-Identifier: BSD-3-Clause
#include "scene.h"

#include "insist.h"
#include "numbers.h"
#include "readyfuture.h"
#include "settlethreads.h"
#include "setup/wireid.h"
#include "system/peerbudget.h"

#include <stdexcept>

namespace {

constexpr int MostActs = 64;
constexpr int MostReactions = 64;
constexpr std::size_t MostPeers = 12;
static_assert(MostPeers < QNetPool::PeerBudget::FailedHandshakes, "A server pool lets each of them begin its handshake");

// The input's words: a byte each, what follows is its operand.
enum Act : quint8 {
    Turn,
    AwaitDeadlines,
    Another,
    NextPeer,
    NextHeld,
    Take,
    TakeAndUse,
    TakeById,
    Acquire,
    AcquireById,
    Cancel,
    Harvest,
    Flush,
    Close,
    PutBack,
    // Of a peer.
    Send, // a length and so many bytes
    SendId,
    Receive,
    HalfClose,
    Leave,
    Reset,
    // Of a holder.
    Use,
    Read,
    Write,
    GiveBack,
    Discard,
    Detach,
    Actions
};

} // namespace

Scene::Scene(const Traits &traits, Input &input, Loopback &loopback) : m_traits(traits), m_input(input), m_loopback(loopback)
{
}

Scene::~Scene() = default;

qsizetype Scene::idSize() const
{
    return m_traits.mode == ConnectionMode::Multi ? wireSize(m_traits.format) : 0;
}

void Scene::play(Pool *pool)
{
    m_pool = pool;
    listenToPool();
    another();
    for (int acts = 0; m_pool && !m_input.isEmpty() && acts < MostActs; ++acts) {
        act(m_input.byte());
        for (const auto &peer : m_peers)
            checkWritten(*peer);
    }
}

void Scene::listenToPool()
{
    QObject::connect(m_pool, &Pool::errorOccurred, &m_context, [this](Pool::Error, const QString &message) {
        insist(!message.isEmpty(), "an error has a sentence");
        react("error");
    });
    QObject::connect(m_pool, &Pool::connectionAvailable, &m_context, [this](ConnectionId id) {
        insist(!id.isNull(), "what is available has an ID");
        react("available");
    });
    QObject::connect(m_pool, &Pool::connectionLost, &m_context, [this] { react("lost"); });
    QObject::connect(m_pool, &Pool::ready, &m_context, [this] { react("ready"); });
}

// In a slot of the pool's own signals.
void Scene::react(const char *occasion)
{
    static constexpr std::pair<const char *, void (*)(Scene *)> reactions[] = {
            {"error", [](Scene *scene) { scene->m_pool->close(); }},
            {"error", [](Scene *scene) { delete scene->m_pool; }},
            {"available", [](Scene *scene) { scene->m_pool->close(); }},
            {"available", [](Scene *scene) { delete scene->m_pool; }},
            {"available", [](Scene *scene) { scene->hold(scene->m_pool->take()); }},
            {"lost", [](Scene *scene) { scene->m_pool->flush(); }},
            {"lost", [](Scene *scene) { delete scene->m_pool; }},
            {"ready", [](Scene *scene) { delete scene->m_pool; }},
    };
    const auto chosen = std::size_t(m_traits.reaction) - 1;
    if (!m_pool || chosen >= std::size(reactions) || qstrcmp(reactions[chosen].first, occasion) != 0)
        return;
    if (++m_reactions <= MostReactions) // with validateAfter 0, connectionAvailable() follows each take()
        reactions[chosen].second(this);
}

void Scene::settleAll() const
{
    if (m_traits.hasSetupThreads)
        settleThreads();
    else
        settle();
}

void Scene::turn()
{
    settleAll();
    meet();
    checkNumbers();
}

// A setup without an answer ends by itself, and so does a check.
void Scene::awaitDeadlines()
{
    turn();
    while (m_traits.hasDeadlines && m_pool && (m_pool->pendingCount() > 0 || isAnyHookRunning())) {
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        turn();
    }
}

void Scene::checkNumbers()
{
    if (!m_pool)
        return;
    const PoolStatistics numbers = m_pool->statistics();
    const int most = m_traits.maximumConnections > 0 ? m_traits.maximumConnections : std::numeric_limits<int>::max();
    const QString wrong = whatIsWrong(numbers, most);
    insist(wrong.isEmpty(), "the numbers add up", wrong + QStringLiteral(": ") + text(numbers));
    const int mostPerPeer = m_traits.maximumConnectionsPerPeer;
    const bool isWithin = numbers.idle + numbers.leased + numbers.pending <= mostPerPeer;
    insist(mostPerPeer == 0 || isWithin || m_mayHoldOthers, "a peer has no more connections than it may have",
           text(numbers));
}

Pool::Hook Scene::hook(int which)
{
    if (which == NoHook)
        return {};
    return [this, which](QTcpSocket *socket) { return carryOut(HookKind(which), socket); };
}

QFuture<bool> Scene::carryOut(HookKind which, QTcpSocket *socket)
{
    meet(); // it may be the first who sees the connection
    switch (which) {
    case Throws:
        throw std::runtime_error("a hook that throws");
    case Hangs:
        m_answers.push_back(std::make_shared<QPromise<bool>>());
        m_answers.back()->start();
        return m_answers.back()->future();
    case Asks:
        return ask(socket);
    case Reads:
        readAll(socket, peerOf(socket));
        break;
    case DeletesPool:
        delete m_pool;
        break;
    default:
        break;
    }
    return readyFuture(which != SaysNo);
}

// Says yes to whatever the peer answers.
QFuture<bool> Scene::ask(QTcpSocket *socket)
{
    Peer *peer = peerOf(socket);
    if (peer)
        peer->written += '?';
    const auto answer = std::make_shared<QPromise<bool>>();
    answer->start();
    m_answers.push_back(answer);
    const auto hear = [this, answer, socket, peer] {
        readAll(socket, peer);
        answer->addResult(true);
        answer->finish();
    };
    QObject::connect(socket, &QTcpSocket::readyRead, &m_context, hear, Qt::SingleShotConnection);
    socket->write("?");
    return answer->future();
}

bool Scene::isAnyHookRunning() const
{
    return std::any_of(m_answers.begin(), m_answers.end(), [](const auto &answer) {
        const QFuture<bool> future = answer->future();
        return !future.isFinished() && !future.isCanceled();
    });
}

void Scene::act(quint8 number)
{
    number %= Actions;
    if (number >= Use) {
        if (!m_held.empty())
            actAsHolder(number, m_held.back());
    } else if (number >= Send) {
        if (!m_peers.empty())
            actAsPeer(number, *m_peers[m_peer % m_peers.size()]);
    } else {
        actOnPool(number);
    }
}

void Scene::actOnPool(quint8 number)
{
    switch (Act(number)) {
    case Turn:
        return turn();
    case AwaitDeadlines:
        return awaitDeadlines();
    case Another:
        if (m_peers.size() < MostPeers)
            another();
        return;
    case NextPeer:
        ++m_peer;
        return;
    case NextHeld:
        if (!m_held.empty())
            std::rotate(m_held.begin(), m_held.begin() + 1, m_held.end());
        return;
    case Take:
        return hold(m_pool->take());
    case TakeAndUse:
        return takeAndUse();
    case TakeById:
        m_mayHoldOthers = true;
        return hold(m_pool->take(someId()));
    case Acquire:
        return m_waiting.push_back(m_pool->acquire(1h));
    case AcquireById:
        m_mayHoldOthers = true;
        return m_waiting.push_back(m_pool->acquire(someId(), 1h));
    case Cancel:
        if (!m_waiting.empty())
            m_waiting.back().cancel();
        return;
    case Harvest:
        return harvest();
    case Flush:
        return m_pool->flush();
    case Close:
        return m_pool->close();
    default:
        return putBack();
    }
}

void Scene::putBack()
{
    if (m_detached.empty())
        return;
    auto [id, socket] = std::move(m_detached.back());
    m_detached.pop_back();
    if (m_pool->put(id, socket.get())) {
        socket.release();
        m_mayHoldOthers = true;
    }
}

void Scene::actAsPeer(quint8 number, Peer &peer)
{
    switch (Act(number)) {
    case Send:
        return peer.send(m_input.bytes(m_input.byte()));
    case SendId: // names that are in use happen, too
        return peer.send(
                toWire(ConnectionId::fromString(QStringLiteral("0000000%1").arg(m_input.below(4) + 1)), m_traits.format));
    case Receive:
        return peer.receive();
    case HalfClose:
        return peer.halfClose();
    case Leave:
        return peer.close();
    default:
        return peer.reset();
    }
}

void Scene::actAsHolder(quint8 number, Held &held)
{
    switch (Act(number)) {
    case Use:
        use(held);
        return;
    case Read:
        return read(held);
    case Write:
        return write(held);
    case Detach: {
        const ConnectionId id = held.connection.id();
        if (std::unique_ptr<QTcpSocket> socket = held.connection.detach())
            m_detached.emplace_back(id, std::move(socket));
        break;
    }
    case Discard:
        held.connection.discard();
        break;
    default:
        held.connection.giveBack();
    }
    m_held.pop_back();
}

void Scene::hold(Connection connection)
{
    if (!connection)
        return;
    insist(!connection.id().isNull(), "what goes out has an ID");
    m_held.push_back({std::move(connection)});
}

// What arrives over loopback is there at once, and the last turn was after that.
void Scene::takeAndUse()
{
    turn();
    const std::size_t before = m_held.size();
    if (m_pool)
        hold(m_pool->take());
    if (m_held.size() == before)
        return;
    Held &held = m_held.back();
    const bool hasSocket = use(held) != nullptr;
    insist(hasSocket, "a lease has a socket");
    insist(!held.peer || held.peer->isThere(), "nobody is handed a connection whose peer has gone");
}

void Scene::harvest()
{
    for (auto &future : std::exchange(m_waiting, {})) {
        if (!future.isFinished()) {
            m_waiting.push_back(future);
        } else if (future.resultCount() > 0) {
            hold(future.takeResult());
        } else {
            try {
                future.waitForFinished(); // returns if it was cancelled
            } catch (const PoolException &exception) {
                insist(!exception.message().isEmpty(), "who waited in vain is told why");
            }
        }
    }
}

Peer *Scene::peerOf(const QTcpSocket *socket) const
{
    const int key = socket->localPort() ? socket->localPort() : -int(socket->socketDescriptor());
    const auto found =
            std::find_if(m_peers.rbegin(), m_peers.rend(), [key](const auto &peer) { return peer->key() == key; });
    return found == m_peers.rend() ? nullptr : found->get();
}

// The socket, and whose it is: a holder's first look at it.
QTcpSocket *Scene::use(Held &held)
{
    QTcpSocket *socket = held.connection.socket();
    if (!socket || held.peer)
        return socket;
    held.peer = peerOf(socket);
    if (!held.peer)
        return socket;
    const bool hasWords = held.peer->sent.size() > held.peer->delivered; // which are its holder's, and not the validator's
    insist(!m_traits.allowsNone || !held.peer->isThere() || hasWords, "nobody gets what the validator does not allow");
    held.peer->receive();
    const QByteArray start = startOf(*held.peer);
    if (!m_traits.isEncrypted && idSize() > 0 && start.size() == idSize()) // else the peer went before it read it
        insist(fromWire(start, m_traits.format) == held.connection.id(), "both ends know a connection by the same ID",
               held.connection.id().toString());
    return socket;
}

void Scene::read(Held &held)
{
    if (QTcpSocket *socket = use(held))
        readAll(socket, held.peer);
}

void Scene::readAll(QTcpSocket *socket, Peer *peer)
{
    const QByteArray bytes = socket->readAll();
    if (!peer || m_traits.isEncrypted)
        return;
    insist(peer->sent.mid(peer->delivered, bytes.size()) == bytes,
           "a holder gets what its peer has sent, all of it and in order", QString::fromLatin1(bytes.toHex()));
    peer->delivered += bytes.size();
}

void Scene::write(Held &held)
{
    QTcpSocket *socket = use(held);
    if (!socket || socket->state() != QAbstractSocket::ConnectedState)
        return;
    const QByteArray bytes(m_input.byte(), 'w');
    if (held.peer)
        held.peer->written += bytes;
    socket->write(bytes);
}

ConnectionId Scene::someId() const
{
    if (!m_peers.empty() && idSize() > 0)
        return fromWire(startOf(*m_peers[m_peer % m_peers.size()]), m_traits.format);
    return m_held.empty() ? ConnectionId() : m_held.back().connection.id();
}

void Scene::end()
{
    if (!m_traits.leasesOutlivePool)
        m_held.clear();
    if (m_pool) {
        m_pool->close();
        settleAll();
    }
    if (m_pool) {
        const PoolStatistics numbers = m_pool->statistics();
        const bool isEmpty = numbers.idle + numbers.pending + numbers.waiters + numbers.unclaimed == 0;
        insist(isEmpty, "a pool that is closed has nothing left", text(numbers));
        m_held.clear();
        settleAll();
        checkNumbers();
    }
    m_waiting.clear();
    delete m_pool;
    m_held.clear();
    m_detached.clear();
    m_peers.clear();
    settleAll();
    while (const std::optional<int> late = m_loopback.accept())
        Peer(*late, 0).reset();
}
