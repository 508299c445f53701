// SPDX-License-Identifier: BSD-3-Clause
// Steps of calls that wait for a connection.
#include "interpreter.h"

void Interpreter::ask(const Step &step)
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

void Interpreter::askInThread(const Step &step)
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

std::chrono::milliseconds Interpreter::Ask::late() const
{
    if (limit < 0ms)
        return -1ms;
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since - limit);
}

// The time limit first: it may be over by the time the call is seen to have ended.
void Interpreter::Ask::note()
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

void Interpreter::cancel(const Step &step)
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
void Interpreter::collect(const Step &step, bool all)
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
void Interpreter::result(const Step &step)
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

void Interpreter::serve(const Step &step)
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
