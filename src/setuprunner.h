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

// Where connections are set up: in the pool's thread, or in threads of the pool's own. What comes of it arrives in the pool's
// thread, where the runner lives, one event for many.
class SetupRunner final : public QObject
{
public:
    // What is to be set up.
    struct Client
    {
        std::shared_ptr<const DialPlan> plan;
    };
    struct Server
    {
        std::shared_ptr<const AcceptPlan> plan;
        ConnectionId id;
        QHostAddress peer;
        std::chrono::milliseconds handshakeTimeout;
        Descriptor descriptor;
    };
    using Order = std::variant<Client, Server>;

    // Not called for what was abandoned, and never by run().
    using Done = std::function<void(Entry *entry, SetupOutcome outcome)>;

    SetupRunner(Done done, QObject *parent);
    ~SetupRunner() override;

    void setThreads(int count); // for those that are begun from now on
    void run(Entry *entry, Order order);
    std::vector<Entry *> abandonAll(); // none of them is done any more; stop() follows
    void stop(); // ends what was abandoned, and the threads; a slot that a dialer has connected may delete the pool

private:
    class Worker;
    class Thread;
    struct Result
    {
        quint64 number;
        SetupOutcome outcome;
    };

    void finish(Result result);
    static void closeResult(Result &result);
    void deliver(quint64 number, SetupOutcome outcome); // from any of the threads
    Thread *threadForNext(); // made if there is to be another; null: the pool's own
    void endIdleThreads();

    const Done m_done;
    const std::unique_ptr<Worker> m_worker; // in the pool's thread
    std::vector<std::unique_ptr<Thread>> m_threads;
    int m_threadCount = 0; // how many take on more
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
