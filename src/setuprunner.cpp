// SPDX-License-Identifier: BSD-3-Clause
#include "setuprunner.h"

#include "accept/plainaccept.h"
#include "accept/serverhandshake.h"
#include "dial/directdials.h"
#include "dial/socketdial.h"
#include "lease/socketguard.h"
#include "stock/entry.h"
#include "system/descriptor.h"
#include "system/threadname.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qset.h>
#include <QtCore/qthread.h>
#include <QtNetwork/qsslsocket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <latch>
#include <mutex>
#include <system_error>
#include <thread>

namespace QNetPool {

// The setups that run in one thread.
class SetupRunner::Worker final
{
public:
    Worker(SetupRunner *runner, QObject *parent) // which moves it to other threads
        : m_runner(runner),
          m_directDials(
                  [this](quint64 number, const std::shared_ptr<const DialPlan> &plan, SetupOutcome outcome) {
                      SetupProgress *const progress = outcome.progress;
                      if (plan->isEncrypted() && outcome.isConnected())
                          begin(number, new SocketDial(plan, std::move(outcome)), progress);
                      else
                          m_runner->deliver(number, std::move(outcome));
                  },
                  parent)
    {
    }
    ~Worker() { abandonAll(); }

    void begin(quint64 number, Order order)
    {
        std::visit([this, number](auto of) { begin(number, std::move(of)); }, std::move(order));
    }

    void abandonAll()
    {
        m_directDials.abandonAll();
        const QSet<Setup *> abandoned = std::exchange(m_running, {});
        for (Setup *setup : abandoned) {
            setup->deleteLater();
            setup->abandon();
        }
    }

private:
    void begin(quint64 number, Client client)
    {
        if (m_directDials.canDial(client.plan))
            m_directDials.begin(number, std::move(client.plan), client.progress);
        else
            begin(number, new SocketDial(std::move(client.plan)), client.progress);
    }

    void begin(quint64 number, Server server)
    {
        if (!server.plan->isEncrypted())
            m_runner->deliver(number, acceptPlain(std::move(server.descriptor), *server.plan, server.id, server.peer));
        else
            begin(number,
                  new ServerHandshake(std::move(server.plan), server.id, server.peer.toString(), server.handshakeTimeout,
                                      std::move(server.descriptor)),
                  server.progress);
    }

    void begin(quint64 number, Setup *setup, SetupProgress *progress)
    {
        setup->showProgress(progress);
        m_running.insert(setup);
        setup->begin([this, number](Setup *ended, SetupOutcome outcome) {
            m_running.remove(ended);
            ended->deleteLater();
            if (outcome.socket)
                SocketGuard::make(outcome.socket.get())->park();
            m_runner->deliver(number, std::move(outcome));
        });
    }

    SetupRunner *const m_runner;
    DirectDials m_directDials;
    QSet<Setup *> m_running;
};

// Ends the threads of pools that are static, at the process's exit: what they use of Qt and OpenSSL is destroyed before the
// pools are.
class SetupRunner::ThreadsAtExit
{
public:
    static ThreadsAtExit &instance() // never destroyed
    {
        static auto *const threads = new ThreadsAtExit;
        return *threads;
    }

    void add(Thread *thread)
    {
        const std::lock_guard lock(m_mutex);
        m_threads.insert(thread);
    }
    void remove(Thread *thread)
    {
        const std::lock_guard lock(m_mutex);
        m_threads.remove(thread);
    }

    // What is destroyed last is used first: once a setup has used it all, with TLS or without.
    void endAllBefore(bool isEncrypted)
    {
        if (!m_isRegistered[isEncrypted].exchange(true))
            std::atexit([] { instance().endAll(); });
    }

private:
    void endAll();

    std::mutex m_mutex; // guards the following
    QSet<Thread *> m_threads;
    std::array<std::atomic<bool>, 2> m_isRegistered{};
};

// A thread with a worker of its own. Not a QThread, whose wait() returns before thread-local objects are destroyed: a
// process that exits at that moment leaks OpenSSL's.
class SetupRunner::Thread final
{
public:
    Thread(SetupRunner *runner, int number) // throws std::system_error if the system has no thread left
        : m_runner(runner), m_orders([this](Task task) { m_worker->begin(task.first, std::move(task.second)); })
    {
        m_orders.moveToThread(nullptr);
        m_thread = std::thread([this, number] { work(number); });
        m_hasLoop.wait(); // while there are descriptors for one
        ThreadsAtExit::instance().add(this);
    }

    ~Thread()
    {
        ThreadsAtExit::instance().remove(this);
        end();
    }

    void end()
    {
        m_orders.takeAll(); // these must not begin any more: a dialer may take long
        {
            // No event, as none is delivered once the application object is destroyed.
            const std::lock_guard lock(m_mutex);
            m_isEnding = true;
            if (m_thisThread)
                m_thisThread->quit(); // including event loops of a dialer
        }
        if (m_thread.joinable() && m_thread.get_id() != std::this_thread::get_id()) // in which a dialer has called exit()
            m_thread.join();
    }

    void post(quint64 number, Order order)
    {
        ++load;
        m_orders.put({number, std::move(order)});
    }

    int load = 0; // number of its setups; used by the runner

private:
    using Task = std::pair<quint64, Order>;

    void work(int number)
    {
        nameThisThread(QStringLiteral("QNetPool setup %1").arg(number));
        {
            Worker worker(m_runner, nullptr);
            m_worker = &worker;
            m_orders.moveToThread(QThread::currentThread());
            QEventLoop loop;
            m_hasLoop.count_down();
            if (enter(QThread::currentThread()))
                loop.exec();
            enter(nullptr);
            m_orders.moveToThread(nullptr);
        }
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete); // as a QThread does
    }

    bool enter(QThread *thisThread) // false: it is ending already
    {
        const std::lock_guard lock(m_mutex);
        m_thisThread = thisThread;
        return !m_isEnding;
    }

    SetupRunner *const m_runner;
    Worker *m_worker = nullptr; // used in its thread only
    Inbox<Task> m_orders;
    std::latch m_hasLoop{1};
    std::mutex m_mutex; // guards the following
    QThread *m_thisThread = nullptr; // while its event loop runs
    bool m_isEnding = false;
    std::thread m_thread;
};

void SetupRunner::ThreadsAtExit::endAll()
{
    const std::lock_guard lock(m_mutex);
    for (Thread *thread : std::as_const(m_threads))
        thread->end();
}

SetupRunner::SetupRunner(Done done, QObject *parent)
    : QObject(parent), m_done(std::move(done)), m_worker(std::make_unique<Worker>(this, this)),
      m_results([this](Result result) { finish(std::move(result)); }, this)
{
}

SetupRunner::~SetupRunner()
{
    stop();
}

void SetupRunner::setThreads(int count)
{
    m_threadCount = count;
    endIdleThreads();
}

void SetupRunner::run(Entry *entry, Order order)
{
    const quint64 number = ++m_lastNumber;
    std::visit([entry](auto &of) { of.progress = &entry->progress; }, order);
    Thread *thread = threadForNext();
    m_running.insert(number, {entry, thread});
    if (thread)
        thread->post(number, std::move(order));
    else
        m_worker->begin(number, std::move(order));
}

SetupRunner::Thread *SetupRunner::threadForNext()
{
    if (m_threads.size() < std::size_t(m_threadCount) && canOpenSomeBelowReserve()) { // for its event loop
        try {
            m_threads.push_back(std::make_unique<Thread>(this, int(m_threads.size()) + 1));
        } catch (const std::system_error &) {
            // The others do its work, and the next setup tries again.
        }
    }
    const auto end =
            m_threads.begin() + std::min(m_threadCount, int(m_threads.size())); // beyond it are threads that end once idle
    const auto least =
            std::min_element(m_threads.begin(), end, [](const auto &a, const auto &b) { return a->load < b->load; });
    return least == end ? nullptr : least->get();
}

std::vector<Entry *> SetupRunner::abandonAll()
{
    std::vector<Entry *> entries;
    entries.reserve(std::size_t(m_running.size()));
    for (const Running &running : std::as_const(m_running))
        entries.push_back(running.entry);
    m_running.clear();
    return entries;
}

void SetupRunner::stop()
{
    m_threads.clear(); // waits for them
    for (Result &late : m_results.takeAll())
        closeResult(late);
    m_worker->abandonAll();
}

void SetupRunner::closeResult(Result &result)
{
    if (result.outcome.socket)
        SocketGuard::close(result.outcome.socket.release());
}

// An unknown number is that of an abandoned setup.
void SetupRunner::finish(Result result)
{
    const Running running = m_running.take(result.number);
    if (running.thread)
        ThreadsAtExit::instance().endAllBefore(qobject_cast<QSslSocket *>(result.outcome.socket.get()));
    if (running.thread && --running.thread->load == 0)
        endIdleThreads();
    if (running.entry)
        m_done(running.entry, std::move(result.outcome)); // a slot may delete the pool
    else
        closeResult(result);
}

void SetupRunner::deliver(quint64 number, SetupOutcome outcome)
{
    m_results.put({number, std::move(outcome)});
}

// Ends threads that exceed the configured number.
void SetupRunner::endIdleThreads()
{
    while (m_threads.size() > std::size_t(m_threadCount) && m_threads.back()->load == 0)
        m_threads.pop_back();
}

} // namespace QNetPool
