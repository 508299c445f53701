// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "accept/acceptplan.h"
#include "dial/dialplan.h"
#include "setup/outcome.h"
#include "system/inbox.h"

#include <QtCore/qhash.h>
#include <QtCore/qobject.h>

#include <variant>
#include <vector>

namespace QNetPool {

struct Entry;

// Runs setups, in the pool's thread or in threads that it starts. Their results arrive in the pool's thread, where the
// runner lives, many with one event.
class SetupRunner final : public QObject
{
public:
    struct Client
    {
        std::shared_ptr<const DialPlan> plan;
        SetupProgress *progress = nullptr; // of both: set by run()
    };
    struct Server
    {
        std::shared_ptr<const AcceptPlan> plan;
        ConnectionId id;
        QHostAddress peer;
        std::chrono::milliseconds handshakeTimeout;
        Descriptor descriptor;
        SetupProgress *progress = nullptr;
    };
    using Order = std::variant<Client, Server>;

    // Not called for abandoned setups, and never from within run().
    using Done = std::function<void(Entry *entry, SetupOutcome outcome)>;

    SetupRunner(Done done, QObject *parent);
    ~SetupRunner() override;

    void setThreads(int count); // for setups that begin from now on
    void run(Entry *entry, Order order);
    std::vector<Entry *> abandonAll(); // returns their entries; stop() must follow
    void stop(); // ends abandoned setups and the threads. A slot that a dialer has connected may delete the pool.

private:
    class Worker;
    class Thread;
    class ThreadsAtExit;
    struct Result
    {
        quint64 number;
        SetupOutcome outcome;
    };

    void finish(Result result);
    static void closeResult(Result &result);
    void deliver(quint64 number, SetupOutcome outcome); // from any of the threads
    Thread *threadForNext(); // starts one if there are fewer than wanted; null: the pool's
    void endIdleThreads();

    const Done m_done;
    const std::unique_ptr<Worker> m_worker; // in the pool's thread
    std::vector<std::unique_ptr<Thread>> m_threads;
    int m_threadCount = 0; // how many get new setups; m_threads may hold more that are finishing theirs
    quint64 m_lastNumber = 0;
    struct Running
    {
        Entry *entry;
        Thread *thread; // null: the pool's
    };
    QHash<quint64, Running> m_running;
    Inbox<Result> m_results;
};

} // namespace QNetPool
