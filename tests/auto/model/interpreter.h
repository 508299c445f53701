// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "descriptors.h"
#include "logintopool.h"
#include "numbers.h"
#include "printer.h"
#include "wishes.h"

#include <QtCore/QEventLoop>
#include <QtCore/QPointer>
#include <QtCore/QSemaphore>

#include <thread>

// Runs a program on a real pool, step after step, and asks the model about all that it sees. The first thing that is wrong
// ends it. What hangs, or brings down the process, ends the process: see explorer.h.
class Interpreter
{
public:
    explicit Interpreter(const Program &program);
    QString run(); // what is wrong; empty: nothing

private:
    struct Slot
    {
        Connection connection;
        HandOut handOut;
        bool isLookedAt = false;
        std::shared_ptr<End> end;
        std::optional<Where> user; // the thread in which its socket lives
        QList<QByteArray> outstanding; // requests whose answer was not read
        bool wasReadLast = false;
        QByteArray halfLine; // what was read of an answer
    };
    struct Ask // a call that may have to wait
    {
        Call call;
        HandOut handOut;
        QFuture<Connection> future;
        std::chrono::milliseconds limit{};
        std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
        bool isPlain = true; // acquire() itself
        std::thread thread;

        std::chrono::milliseconds late() const; // by how much its time limit is over
        void note(); // what is known of it
    };
    using Body = std::function<void()>;

    void step(const Step &step);
    void finish();
    void wrong(const QString &text);
    void in(Where where, const Body &body, const Body &meanwhile = {});
    void waitFor(const char *what, const std::function<bool()> &condition);
    void createPool();
    void destroyPool();
    void start(const Step &step);
    void configure(const Step &step);
    void connectPeers(int count);
    ConnectionId someId(const Step &step) const;
    void hold(int slot, Connection connection, const HandOut &handOut);
    void look(Slot &slot);
    void take(const Step &step);
    void ask(const Step &step);
    void askInThread(const Step &step);
    void cancel(const Step &step);
    void collect(const Step &step, bool all);
    void result(const Step &step);
    void request(const Step &step);
    void read(Slot &slot, QTcpSocket *socket, bool isWhole);
    void end(const Step &step);
    void endHere(Slot &slot, Ending how);
    void putBack(Slot &slot);
    void serve(const Step &step);
    void nestIn(const Step &step);
    void leaveLoops();
    void busy();
    void exhaust(bool isOn);
    void noteWaiting();
    void observe();

    const Program m_program;
    Model m_model;
    std::shared_ptr<Hooks> m_hooks = std::make_shared<Hooks>();
    std::optional<Peers> m_peers;
    std::optional<Loop> m_home;
    std::optional<Loop> m_worker;
    std::unique_ptr<Pool> m_pool; // in m_home
    quint16 m_port = 0; // of a server
    std::vector<QEventLoop *> m_loops; // of m_home, the outer ones first
    std::array<Slot, Program::Slots> m_slots;
    std::vector<std::unique_ptr<Ask>> m_asks;
    std::optional<NoNewDescriptors> m_exhaustion;
    mutable std::mutex m_mutex;
    std::vector<ConnectionId> m_ids; // that were available
    std::atomic<qint64> m_ends{0}; // connectionClosed()
    const Step *m_step = nullptr;
    QString m_wrong;
    int m_nonce = 0;
};

// How long an honest pool may take for anything. QNETPOOL_MODEL_PATIENCE, in milliseconds, makes hangs quicker to shrink.
inline std::chrono::milliseconds patience()
{
    static const int given = qEnvironmentVariableIntValue("QNETPOOL_MODEL_PATIENCE");
    return longer(given > 0 ? std::chrono::milliseconds(given) : 5s);
}

inline Interpreter::Interpreter(const Program &program) : m_program(program), m_model(program.setting) { }

inline QString Interpreter::run()
{
    const int before = openDescriptors();
    m_peers.emplace(m_program.setting);
    m_home.emplace(QStringLiteral("home"));
    m_worker.emplace(QStringLiteral("worker"));
    in(Where::Home, [this] { createPool(); });
    in(Where::Worker, [] {}); // it runs before there are no descriptors any more
    for (const Step &each : m_program.steps) {
        m_step = &each;
        step(each);
        if (!each.isQuick)
            observe();
        if (!m_wrong.isEmpty())
            break;
    }
    finish();
    m_peers.reset();
    m_worker.reset();
    m_home.reset();
    waitFor("descriptors are left", [before] { return openDescriptors() <= before; });
    return m_wrong;
}

inline void Interpreter::wrong(const QString &text)
{
    if (m_wrong.isEmpty() && !text.isEmpty())
        m_wrong = text + (m_step ? QStringLiteral(" (at %1)").arg(QLatin1String(printed(*m_step))) : QString());
}

// Waits for it: loops that slots have opened in the pool's thread end if it takes long, as the body may be within one.
inline void Interpreter::in(Where where, const Body &body, const Body &meanwhile)
{
    const auto done = std::make_shared<QSemaphore>();
    const auto act = [body, done] {
        body();
        done->release();
    };
    std::thread fresh;
    if (where == Where::Fresh)
        fresh = std::thread(act);
    else
        (where == Where::Home ? *m_home : *m_worker).post(act);
    for (std::chrono::milliseconds waited{0}; !done->tryAcquire(1, 200); waited += 200ms) {
        if (waited > patience() + 2s)
            qFatal("hangs: %s", m_step ? printed(*m_step).constData() : "the end");
        if (waited > 400ms && !m_loops.empty())
            m_home->post([this] { leaveLoops(); });
        if (meanwhile)
            meanwhile();
    }
    if (fresh.joinable())
        fresh.join();
}

inline void Interpreter::waitFor(const char *what, const std::function<bool()> &condition)
{
    for (std::chrono::milliseconds waited{0}; !condition(); waited += 1ms) {
        if (waited > patience())
            return wrong(QLatin1String(what));
        QThread::msleep(1);
    }
}

inline void Interpreter::createPool()
{
    const Setting &setting = m_program.setting;
    if (setting.isServer)
        m_pool = std::make_unique<ServerPool>(serverWish(setting, m_model.variant(), setting.setupThreads, m_hooks));
    else
        m_pool = std::make_unique<ClientPool>(
                clientWish(setting, m_model.variant(), setting.setupThreads, *m_peers, m_hooks));
    const auto noteId = [this](ConnectionId id) {
        const std::lock_guard lock(m_mutex);
        m_ids.push_back(id);
    };
    QObject::connect(m_pool.get(), &Pool::connectionAvailable, m_pool.get(), noteId, Qt::DirectConnection);
    QObject::connect(
            m_pool.get(), &Pool::connectionClosed, m_pool.get(), [this] { ++m_ends; }, Qt::DirectConnection);
    LogIntoPool::start(setting.logsIntoPool ? m_pool.get() : nullptr);
}

inline void Interpreter::destroyPool()
{
    LogIntoPool::stop();
    in(Where::Home, [this] { m_pool.reset(); });
}

inline void Interpreter::step(const Step &step)
{
    switch (step.act) {
    case Act::Start:
        return start(step);
    case Act::Close:
        in(step.where, [this] { m_pool->close(); });
        return m_model.noteRunning(nextMoment(), false);
    case Act::Configure:
        return configure(step);
    case Act::Take:
    case Act::TakeId:
        return take(step);
    case Act::Acquire:
    case Act::AcquireId:
    case Act::AcquireInChain:
        return ask(step);
    case Act::Wait:
        return askInThread(step);
    case Act::Result:
        return result(step);
    case Act::Cancel:
        return cancel(step);
    case Act::Collect:
        return collect(step, false);
    case Act::Request:
        return request(step);
    case Act::End:
        return end(step);
    case Act::Flush:
        return in(step.where, [this] { m_pool->flush(); });
    case Act::CheckStock:
        return in(step.where, [this] { m_pool->checkStock(); });
    case Act::Serve:
        return serve(step);
    case Act::NestIn:
        return in(Where::Home, [&] { nestIn(step); });
    case Act::LeaveLoops:
        return in(Where::Home, [this] { leaveLoops(); });
    case Act::Busy:
        for (int i = 0; i < step.number; ++i)
            in(Where::Home, [this] { busy(); });
        return;
    case Act::Kill:
        return m_peers->kill(step.number, Killing(step.how));
    case Act::Connect:
        return connectPeers(step.number);
    case Act::PeersAre:
        m_peers->behave(Manner(step.how));
        break;
    case Act::HoldAnswers:
        m_peers->holdAnswers(step.number > 0);
        break;
    case Act::ValidatorDoes:
        m_hooks->validator = Checking(step.how);
        break;
    case Act::ResetterDoes:
        m_hooks->resetter = Checking(step.how);
        break;
    case Act::DialerDoes:
        m_hooks->dialer = Dialing(step.how);
        break;
    case Act::Exhaust:
        exhaust(step.number > 0);
        break;
    }
    m_model.apply(step);
}

// From any thread: it works, or says that it does not.
inline void Interpreter::start(const Step &step)
{
    bool isStarted = false;
    in(step.where, [&] {
        if (m_program.setting.isServer)
            isStarted = static_cast<ServerPool *>(m_pool.get())->listen(QHostAddress::LocalHost);
        else
            isStarted = static_cast<ClientPool *>(m_pool.get())->start();
    });
    in(Where::Home, [&] {
        m_model.noteRunning(nextMoment(), isStarted || m_pool->state() != Pool::State::Stopped);
        if (m_program.setting.isServer && m_model.isRunning())
            m_port = static_cast<ServerPool *>(m_pool.get())->serverPort();
    });
}

inline void Interpreter::configure(const Step &step)
{
    const Setting &setting = m_program.setting;
    const auto variant = Variant(step.how);
    bool isTaken = false;
    in(step.where, [&] {
        if (setting.isServer)
            isTaken = static_cast<ServerPool *>(m_pool.get())
                              ->setConfiguration(serverWish(setting, variant, step.number, m_hooks));
        else
            isTaken = static_cast<ClientPool *>(m_pool.get())
                              ->setConfiguration(clientWish(setting, variant, step.number, *m_peers, m_hooks));
    });
    if (isTaken)
        m_model.noteConfiguration(nextMoment(), variant);
}

inline void Interpreter::connectPeers(int count)
{
    if (m_port > 0 && !m_exhaustion)
        m_peers->connectTo(m_port, count, m_model.variant() == Variant::Encrypted);
}

inline ConnectionId Interpreter::someId(const Step &step) const
{
    const std::lock_guard lock(m_mutex);
    return m_ids.empty() ? ConnectionId::fromString(u"00000000")
                         : m_ids[m_ids.size() - 1 - std::size_t(step.slot) % m_ids.size()];
}

inline void Interpreter::hold(int slot, Connection connection, const HandOut &handOut)
{
    Slot &place = m_slots[std::size_t(slot)];
    endHere(place, Ending::ByItself);
    place = {};
    place.connection = std::move(connection);
    place.handOut = handOut;
    place.handOut.notAfter = nextMoment();
}

// Asks the model about a lease, in the thread that is to use it.
inline void Interpreter::look(Slot &slot)
{
    QTcpSocket *socket = slot.connection.socket();
    const quint16 port = !socket ? 0 : m_program.setting.isServer ? socket->peerPort() : socket->localPort();
    if (slot.isLookedAt || port == 0)
        return;
    slot.isLookedAt = true;
    slot.end = m_peers->find(port);
    if (!slot.end)
        return;
    HandOut &seen = slot.handOut;
    seen.peer = slot.end->peer;
    seen.isPut = slot.end->isPut;
    seen.ended = slot.end->ended;
    seen.unasked = slot.end->unasked;
    wrong(m_model.wrongWith(seen));
}

inline void Interpreter::take(const Step &step)
{
    const bool isById = step.act == Act::TakeId;
    in(step.where, [&] {
        const HandOut handOut{.notBefore = nextMoment(), .isById = isById};
        Connection connection = isById ? m_pool->take(someId(step)) : m_pool->take();
        if (!connection)
            return;
        hold(step.slot, std::move(connection), handOut);
        Slot &slot = m_slots[std::size_t(step.slot)];
        if (step.number == 1)
            return;
        slot.user = step.where;
        look(slot);
    });
}

inline void Interpreter::ask(const Step &step)
{
    auto ask = std::make_unique<Ask>();
    ask->limit = std::chrono::milliseconds(step.number);
    ask->isPlain = step.act != Act::AcquireInChain;
    ask->call.isOrdered = step.act == Act::Acquire;
    // A chain only there: attached while another thread ends the future, Qt (6.4) runs a continuation twice.
    in(ask->isPlain ? step.where : Where::Home, [&] {
        ask->call.called = ask->handOut.notBefore = nextMoment();
        if (step.act == Act::Acquire) {
            ask->future = m_pool->acquire(ask->limit);
        } else if (step.act == Act::AcquireId) {
            ask->future = m_pool->acquire(someId(step), ask->limit);
            ask->handOut.isById = true;
        } else {
            const auto pass = [](Connection connection) { return connection; };
            ask->future = m_pool->acquire(ask->limit).then(pass).then(pass);
        }
    });
    m_asks.push_back(std::move(ask));
}

inline void Interpreter::askInThread(const Step &step)
{
    const std::chrono::milliseconds limit(step.where == Where::Home ? std::max(step.number, 0) : step.number);
    auto ask = std::make_unique<Ask>();
    ask->limit = limit;
    ask->isPlain = false;
    ask->call.called = ask->handOut.notBefore = nextMoment();
    QFutureInterface<Connection> promise;
    promise.reportStarted();
    ask->future = promise.future();
    const auto wait = [this, promise, limit]() mutable {
        promise.reportAndMoveResult(m_pool->waitForConnection(limit));
        promise.reportFinished();
    };
    const qint64 queued = m_pool->statistics().queued;
    if (step.where == Where::Home)
        in(step.where, wait);
    else
        ask->thread = std::thread(wait);
    while (!ask->future.isFinished() && m_pool->statistics().queued == queued && ask->late() < 0ms)
        QThread::yieldCurrentThread();
    m_asks.push_back(std::move(ask));
}

inline std::chrono::milliseconds Interpreter::Ask::late() const
{
    if (limit < 0ms)
        return -1ms;
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since - limit);
}

// The time limit first: it may be over by the time the call is seen to have ended.
inline void Interpreter::Ask::note()
{
    if (!future.isFinished()) {
        call.isTimedOut = late() >= 0ms;
        return;
    }
    if (call.outcome != Outcome::Waiting)
        return;
    call.ended = nextMoment();
    call.isTimedOut = late() >= 0ms;
    call.outcome = Outcome::Canceled;
    try {
        future.waitForFinished();
        if (future.isResultReadyAt(0))
            call.outcome = Outcome::Served;
    } catch (const PoolException &failure) {
        const Pool::Error error = failure.error();
        call.outcome = error == Pool::Error::AcquireTimeout ? Outcome::TimedOut
                : error == Pool::Error::TooManyWaiters      ? Outcome::TooMany
                : error == Pool::Error::Closed              ? Outcome::Closed
                                                            : Outcome::Other;
    }
}

inline void Interpreter::cancel(const Step &step)
{
    for (const auto &ask : m_asks) {
        if (!ask->isPlain || ask->call.isCanceled || ask->future.isFinished())
            continue;
        in(step.where, [&] { ask->future.cancel(); });
        ask->call.isCanceled = true;
        return;
    }
}

// Waits for calls with a time limit, and for those that the pool's end has ended; all: it has.
inline void Interpreter::collect(const Step &step, bool all)
{
    int slot = step.slot;
    for (auto each = m_asks.begin(); each != m_asks.end();) {
        Ask &ask = **each;
        if (all || ask.limit >= 0ms || !m_model.isRunning())
            waitFor("a call does not end", [&] { return ask.future.isFinished() || (!all && ask.late() < -1000ms); });
        ask.note();
        if (!ask.future.isFinished()) {
            ++each;
            continue;
        }
        if (ask.thread.joinable())
            ask.thread.join();
        wrong(m_model.wrongWith(ask.call));
        if (ask.call.outcome == Outcome::Served && !ask.call.isCanceled) {
            in(step.where, [&] {
                Connection connection = ask.future.takeResult();
                if (!connection) { // of waitForConnection()
                    ask.call.outcome = Outcome::Nothing;
                    return wrong(m_model.wrongWith(ask.call));
                }
                hold(slot, std::move(connection), ask.handOut);
                m_slots[std::size_t(slot)].user = step.where;
                look(m_slots[std::size_t(slot)]);
            });
            slot = (slot + 1) % Program::Slots;
        }
        in(step.where, [&] { ask.future = {}; });
        each = m_asks.erase(each);
    }
}

// Blocks in whatever thread; in the pool's, nothing but the time limit can end it.
inline void Interpreter::result(const Step &step)
{
    in(step.where, [&] {
        Ask ask;
        ask.limit = 100ms;
        ask.call.called = ask.handOut.notBefore = nextMoment();
        ask.future = m_pool->acquire(ask.limit);
        try {
            ask.future.waitForFinished();
        } catch (const PoolException &) {
        }
        ask.note();
        wrong(m_model.wrongWith(ask.call));
        if (ask.call.outcome != Outcome::Served)
            return;
        hold(step.slot, ask.future.takeResult(), ask.handOut);
        m_slots[std::size_t(step.slot)].user = step.where;
        look(m_slots[std::size_t(step.slot)]);
    });
}

inline void Interpreter::request(const Step &step)
{
    Slot &slot = m_slots[std::size_t(step.slot)];
    if (!slot.connection)
        return;
    if (!slot.user || slot.user == Where::Fresh)
        slot.user = step.where;
    in(*slot.user, [&] {
        QTcpSocket *socket = slot.connection.socket();
        look(slot);
        if (!socket || socket->state() != QAbstractSocket::ConnectedState)
            return;
        const QByteArray nonce = "request " + QByteArray::number(++m_nonce);
        socket->write(nonce + '\n');
        socket->flush();
        slot.outstanding << nonce;
        slot.wasReadLast = false;
        const bool isAnswered = m_model.canReadAnswers() && !(slot.end && slot.end->isSilent);
        if (Reading(step.how) != Reading::None && isAnswered)
            read(slot, socket, Reading(step.how) == Reading::Whole);
    });
}

// Until the last request's answer: those of the same lease come before it, and nothing else does.
inline void Interpreter::read(Slot &slot, QTcpSocket *socket, bool isWhole)
{
    const bool keepsStep = m_program.setting.isSingle && !m_program.setting.isServer && slot.end && !slot.end->isPut;
    while (!slot.outstanding.isEmpty() && m_wrong.isEmpty()) {
        if (!socket->canReadLine() && !socket->waitForReadyRead(int(patience().count()))) {
            if (slot.end && slot.end->ended == Never && socket->state() == QAbstractSocket::ConnectedState)
                wrong(QStringLiteral("no answer, though nobody closed the connection"));
            return;
        }
        slot.wasReadLast = true;
        if (!isWhole) {
            slot.halfLine += socket->read(1);
            return;
        }
        if (!socket->canReadLine())
            continue;
        const QByteArray line = (std::exchange(slot.halfLine, {}) + socket->readLine()).chopped(1);
        if (line == "unasked") {
            if (slot.end)
                slot.end->unasked = Never; // the next holder will not find it
            continue;
        }
        if (slot.outstanding.removeOne(line.left(line.lastIndexOf(' '))))
            continue;
        if (keepsStep)
            wrong(QStringLiteral("crossed: the answer is to another one's request"));
        return;
    }
}

inline void Interpreter::end(const Step &step)
{
    Slot &slot = m_slots[std::size_t(step.slot)];
    const bool isHolders = Ending(step.how) == Ending::DetachAndPut && slot.user && slot.user != Where::Fresh;
    in(isHolders ? *slot.user : step.where, [&] { endHere(slot, Ending(step.how)); });
}

inline void Interpreter::endHere(Slot &slot, Ending how)
{
    if (!slot.connection)
        return;
    // The holder says that it is in step, or what it reads last says so.
    const bool isBelieved = how == Ending::GiveBack || how == Ending::DetachAndPut || slot.wasReadLast;
    if (slot.end && isBelieved && !slot.outstanding.isEmpty())
        slot.end->isPut = true;
    switch (how) {
    case Ending::ByItself:
        slot.connection = {};
        break;
    case Ending::GiveBack:
        slot.connection.giveBack();
        break;
    case Ending::Discard:
        slot.connection.discard();
        break;
    case Ending::DetachAndPut:
        putBack(slot);
        break;
    case Ending::Exception:
        try {
            const Connection leased = std::move(slot.connection);
            throw 1;
        } catch (int) {
        }
        break;
    }
    slot = {};
}

inline void Interpreter::putBack(Slot &slot)
{
    look(slot);
    if (slot.end)
        slot.end->isPut = true;
    QPointer<QTcpSocket> socket = slot.connection.detach().release();
    if (!socket || m_pool->put({}, socket))
        return;
    if (!socket)
        wrong(QStringLiteral("put() has refused a socket, and deleted it"));
    delete socket;
}

inline void Interpreter::serve(const Step &step)
{
    int taken = 0;
    for (const Slot &slot : m_slots)
        taken += bool(slot.connection);
    for (const auto &ask : m_asks) {
        ask->note();
        taken += ask->call.outcome == Outcome::Waiting || ask->call.outcome == Outcome::Served;
    }
    const bool isServed = m_model.mustServe(taken);
    const auto serve = [&] {
        const HandOut handOut{.notBefore = nextMoment()};
        Connection connection = m_pool->waitForConnection(isServed ? patience() : 20ms);
        if (isServed && !connection)
            return wrong(QStringLiteral("nobody is served, though there is a peer"));
        if (!connection)
            return;
        hold(step.slot, std::move(connection), handOut);
        m_slots[std::size_t(step.slot)].user = step.where;
        look(m_slots[std::size_t(step.slot)]);
    };
    if (!m_program.setting.isServer || !isServed)
        return in(step.where, serve);
    connectPeers(1);
    in(step.where, serve, [this] { connectPeers(1); });
}

inline void Interpreter::nestIn(const Step &step)
{
    const auto hasRun = std::make_shared<bool>(false);
    const auto nest = [this, hasRun] {
        if (std::exchange(*hasRun, true) || m_loops.size() > 3)
            return;
        QEventLoop loop;
        m_loops.push_back(&loop);
        loop.exec();
        std::erase(m_loops, &loop);
    };
    Pool *pool = m_pool.get();
    switch (Signal(step.how)) {
    case Signal::Ready:
        QObject::connect(pool, &Pool::ready, pool, nest);
        break;
    case Signal::ConnectionAvailable:
        QObject::connect(pool, &Pool::connectionAvailable, pool, nest);
        break;
    case Signal::ConnectionLost:
        QObject::connect(pool, &Pool::connectionLost, pool, nest);
        break;
    case Signal::ErrorOccurred:
        QObject::connect(pool, &Pool::errorOccurred, pool, nest);
        break;
    case Signal::StateChanged:
        QObject::connect(pool, &Pool::stateChanged, pool, nest);
        break;
    case Signal::IdleCountChanged:
        QObject::connect(pool, &Pool::idleCountChanged, pool, nest);
        break;
    }
}

inline void Interpreter::leaveLoops()
{
    for (QEventLoop *loop : m_loops)
        loop->quit();
}

// Until a peer has ended a connection meanwhile, or for a moment.
inline void Interpreter::busy()
{
    const int before = m_peers->endedByPeers();
    for (int i = 0; i < 15 && m_peers->endedByPeers() == before; ++i)
        QThread::msleep(1);
    noteWaiting();
}

inline void Interpreter::exhaust(bool isOn)
{
    if (isOn == m_exhaustion.has_value())
        return;
    if (isOn) {
        m_exhaustion.emplace(NoNewDescriptors::TooFew);
    } else {
        m_exhaustion.reset();
        m_peers->resume();
    }
}

// In the pool's thread, when no other one hands out connections: who waits now gets a connection that is looked at later. (A
// thread that blocks may have got one, and not have said so yet.)
inline void Interpreter::noteWaiting()
{
    for (const auto &ask : m_asks) {
        if (!ask->future.isFinished() && !ask->thread.joinable())
            ask->handOut.notBefore = nextMoment();
    }
}

inline void Interpreter::observe()
{
    in(Where::Worker, [] {}); // leases that end there
    in(Where::Home, [this] {
        std::vector<Call> calls;
        for (const auto &ask : m_asks) {
            ask->note();
            calls.push_back(ask->call);
        }
        noteWaiting();
        wrong(m_model.wrongWithOrder(calls));
    });
    const PoolStatistics numbers = m_pool->statistics();
    const int maximum = m_program.setting.maximumConnections;
    const QString mistake = whatIsWrong(numbers, maximum > 0 ? maximum : std::numeric_limits<int>::max());
    if (!mistake.isEmpty())
        wrong(mistake + QStringLiteral(": ") + text(numbers));
    if (!m_program.setting.isServer && numbers.pending > MaximumPending)
        wrong(QStringLiteral("more are pending than maximumPending allows"));
}

// Every call ends, and so does every connection, with its signal.
inline void Interpreter::finish()
{
    static constexpr Step End{.act = Act::Close};
    m_step = &End;
    exhaust(false);
    m_peers->holdAnswers(false);
    in(Where::Home, [this] { leaveLoops(); });
    in(Where::Home, [this] { m_pool->close(); });
    m_model.noteRunning(nextMoment(), false);
    collect({}, true);
    const bool destroysFirst = m_program.setting.leasesOutlivePool;
    if (destroysFirst)
        destroyPool();
    for (Slot &slot : m_slots)
        in(Where::Fresh, [&] { endHere(slot, Ending::ByItself); });
    if (destroysFirst)
        return;
    PoolStatistics numbers;
    const auto hasNone = [&] {
        numbers = m_pool->statistics();
        return numbers.created == numbers.closed() + numbers.detached && numbers.pending == 0;
    };
    waitFor("connections are left", hasNone);
    waitFor("connectionClosed() was not emitted for each", [&] { return m_ends == numbers.closed() + numbers.detached; });
    destroyPool();
}
