// SPDX-License-Identifier: BSD-3-Clause
// Steps of the pool itself, of its thread and of its surroundings.
#include "interpreter.h"

void Interpreter::createPool()
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

void Interpreter::destroyPool()
{
    LogIntoPool::stop();
    in(Where::Home, [this] { m_pool.reset(); });
}

// From any thread: it works, or says that it does not.
void Interpreter::start(const Step &step)
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

void Interpreter::configure(const Step &step)
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

void Interpreter::connectPeers(int count)
{
    if (m_port > 0 && !m_exhaustion)
        m_peers->connectTo(m_port, count, m_model.variant() == Variant::Encrypted);
}

void Interpreter::nestIn(const Step &step)
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

void Interpreter::leaveLoops()
{
    for (QEventLoop *loop : m_loops)
        loop->quit();
}

// Until a peer has ended a connection meanwhile, or for a moment.
void Interpreter::busy()
{
    const int before = m_peers->endedByPeers();
    for (int i = 0; i < 15 && m_peers->endedByPeers() == before; ++i)
        QThread::msleep(1);
    noteWaiting();
}

void Interpreter::exhaust(bool isOn)
{
    if (isOn == m_exhaustion.has_value())
        return;
    if (isOn) {
        // There, as it is not making a setup thread then, whose event loop needs what it has just seen to be free: GLib ends a
        // process that has no descriptor for one.
        in(Where::Home, [this] { m_exhaustion.emplace(NoNewDescriptors::TooFew); });
    } else {
        m_exhaustion.reset();
        m_peers->resume();
    }
}
