// SPDX-License-Identifier: BSD-3-Clause
#include "setuprunner.h"

#include "stock/socketguard.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qpointer.h>
#include <QtCore/qset.h>
#include <QtCore/qthread.h>
#include <QtNetwork/qtcpsocket.h>

#include <algorithm>

namespace QNetPool {

// The setups that run in one thread.
class SetupRunner::Bench final
{
public:
    using Done = std::function<void(Result result)>;

    explicit Bench(Done done) : m_done(std::move(done)) { }
    ~Bench() { abandonAll(); }

    void run(quint64 number, std::unique_ptr<Setup> setup)
    {
        Setup *running = setup.release();
        m_running.insert(running);
        running->begin([this, number](Setup *ended, SetupOutcome outcome) {
            m_running.remove(ended);
            ended->deleteLater();
            if (outcome.socket)
                SocketGuard::make(outcome.socket.get())->park();
            m_done({number, std::move(outcome)});
        });
    }

    void abandonAll()
    {
        const QSet<Setup *> abandoned = std::exchange(m_running, {});
        for (Setup *setup : abandoned) {
            setup->deleteLater();
            setup->cancel();
        }
    }

private:
    const Done m_done;
    QSet<Setup *> m_running;
};

// One with a bench of its own.
class SetupRunner::Thread final
{
public:
    Thread(SetupRunner *runner, int number) : m_runner(runner), m_clerk(this), m_thread(QThread::create([this] { work(); }))
    {
        m_thread->setObjectName(QStringLiteral("QNetPool setup %1").arg(number));
        m_clerk.moveToThread(m_thread.get());
        m_thread->start();
    }

    // What it has not begun is not begun any more: a dialer may take its time.
    ~Thread()
    {
        std::unique_lock lock(m_mutex);
        const std::deque<Order> orders = std::exchange(m_orders, {});
        lock.unlock();
        m_thread->quit();
        m_thread->wait();
    }

    void post(quint64 number, std::unique_ptr<Setup> setup)
    {
        ++load;
        setup->moveToThread(m_thread.get());
        const std::lock_guard lock(m_mutex);
        m_orders.push_back({number, std::move(setup)});
        QCoreApplication::postEvent(&m_clerk, new QEvent(QEvent::User));
    }

    int load = 0; // how many it has; the runner's

private:
    struct Order
    {
        quint64 number;
        std::unique_ptr<Setup> setup;
    };

    // Lives in the thread, and hears there that there is an order.
    class Clerk final : public QObject
    {
    public:
        explicit Clerk(Thread *thread) : m_thread(thread) { }

    protected:
        bool event(QEvent *event) override
        {
            if (event->type() != QEvent::User)
                return QObject::event(event);
            m_thread->takeOrder();
            return true;
        }

    private:
        Thread *const m_thread;
    };

    void work()
    {
        Bench bench([this](Result result) { m_runner->deliver(std::move(result)); });
        m_bench = &bench;
        QEventLoop().exec();
    }

    // One an event: a dialer may run an event loop, in which the others are not to wait.
    void takeOrder()
    {
        std::unique_lock lock(m_mutex);
        if (m_orders.empty())
            return; // this thread is to end
        Order order = std::move(m_orders.front());
        m_orders.pop_front();
        lock.unlock();
        m_bench->run(order.number, std::move(order.setup));
    }

    SetupRunner *const m_runner;
    Bench *m_bench = nullptr; // this thread's alone
    std::mutex m_mutex; // guards the following
    std::deque<Order> m_orders;
    Clerk m_clerk;
    const std::unique_ptr<QThread> m_thread;
};

SetupRunner::SetupRunner(Done done, QObject *parent)
    : QObject(parent), m_done(std::move(done)),
      m_bench(std::make_unique<Bench>([this](Result result) { finish(std::move(result)); }))
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

void SetupRunner::run(Entry *entry, std::unique_ptr<Setup> setup)
{
    const quint64 number = ++m_lastNumber;
    if (m_threadCount == 0) {
        m_running.insert(number, {entry, nullptr});
        return m_bench->run(number, std::move(setup));
    }
    if (m_threads.size() < std::size_t(m_threadCount))
        m_threads.push_back(std::make_unique<Thread>(this, int(m_threads.size()) + 1));
    const auto end = m_threads.begin() + std::min(m_threadCount, int(m_threads.size())); // not to those that are too many
    const auto least =
            std::min_element(m_threads.begin(), end, [](const auto &a, const auto &b) { return a->load < b->load; });
    m_running.insert(number, {entry, least->get()});
    (*least)->post(number, std::move(setup));
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
    std::unique_lock lock(m_mutex);
    std::deque<Result> late = std::exchange(m_results, {});
    lock.unlock();
    for (Result &result : late)
        drop(result);
    m_bench->abandonAll();
}

void SetupRunner::drop(Result &result)
{
    if (result.outcome.socket)
        SocketGuard::close(result.outcome.socket.release());
}

// A number that is not known any more was abandoned.
void SetupRunner::finish(Result result)
{
    const Running running = m_running.take(result.number);
    if (running.thread)
        --running.thread->load;
    if (running.entry)
        m_done(running.entry, std::move(result.outcome));
    else
        drop(result);
}

void SetupRunner::deliver(Result result)
{
    const std::lock_guard lock(m_mutex);
    m_results.push_back(std::move(result));
    QCoreApplication::postEvent(this, new QEvent(QEvent::User));
}

bool SetupRunner::event(QEvent *event)
{
    if (event->type() != QEvent::User)
        return QObject::event(event);
    // One an event: what comes of it may run an event loop, in which the others are not to wait.
    std::unique_lock lock(m_mutex);
    if (m_results.empty())
        return true; // they were dropped
    Result result = std::move(m_results.front());
    m_results.pop_front();
    lock.unlock();
    const QPointer<SetupRunner> alive(this); // a slot may delete the pool
    finish(std::move(result));
    if (alive)
        endIdleThreads();
    return true;
}

// Those that are too many, once they have nothing left to do.
void SetupRunner::endIdleThreads()
{
    while (m_threads.size() > std::size_t(m_threadCount) && m_threads.back()->load == 0)
        m_threads.pop_back();
}

} // namespace QNetPool
