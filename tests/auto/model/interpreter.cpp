// SPDX-License-Identifier: BSD-3-Clause
#include "interpreter.h"

Interpreter::Interpreter(const Program &program) : m_program(program), m_model(program.setting) { }

QString Interpreter::run()
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

void Interpreter::wrong(const QString &text)
{
    if (m_wrong.isEmpty() && !text.isEmpty())
        m_wrong = text + (m_step ? QStringLiteral(" (at %1)").arg(QLatin1String(printed(*m_step))) : QString());
}

// Waits for it: loops that slots have opened in the pool's thread end if it takes long, as the body may be within one.
void Interpreter::in(Where where, const Body &body, const Body &meanwhile)
{
    const auto done = std::make_shared<std::promise<void>>();
    const std::future<void> isDone = done->get_future();
    const auto act = [body, done] {
        body();
        done->set_value();
    };
    std::thread fresh;
    if (where == Where::Fresh)
        fresh = std::thread(act);
    else
        (where == Where::Home ? *m_home : *m_worker).post(act);
    for (std::chrono::milliseconds waited{0}; isDone.wait_for(200ms) != std::future_status::ready; waited += 200ms) {
        if (waited > patience() + 2s)
            qFatal("hangs: %s", m_step ? printed(*m_step).constData() : "the end");
        if (waited > 400ms)
            m_home->post([this] { leaveLoops(); });
        if (meanwhile)
            meanwhile();
    }
    if (fresh.joinable())
        fresh.join();
}

void Interpreter::waitFor(const char *what, const std::function<bool()> &condition)
{
    for (std::chrono::milliseconds waited{0}; !condition(); waited += 1ms) {
        if (waited > patience())
            return wrong(QLatin1String(what));
        QThread::msleep(1);
    }
}

void Interpreter::step(const Step &step)
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

// In the pool's thread, when no other one hands out connections: who waits now gets a connection that is looked at later. (A
// thread that blocks may have got one, and not have said so yet.)
void Interpreter::noteWaiting()
{
    for (const auto &ask : m_asks) {
        if (!ask->future.isFinished() && !ask->thread.joinable())
            ask->handOut.notBefore = nextMoment();
    }
}

void Interpreter::observe()
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
void Interpreter::finish()
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
