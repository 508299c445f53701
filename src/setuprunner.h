// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "setup/setup.h"

#include <QtCore/qhash.h>

#include <deque>
#include <mutex>
#include <vector>

namespace QNetPool {

struct Entry;

// Where connections are set up: in the pool's thread, or in threads of the pool's own. What comes of it arrives in the pool's
// thread, where the runner lives, as a socket in no thread.
class SetupRunner final : public QObject
{
public:
    // Not called for what was abandoned.
    using Done = std::function<void(Entry *entry, SetupOutcome outcome)>;

    SetupRunner(Done done, QObject *parent);
    ~SetupRunner() override;

    void setThreads(int count); // for those that are begun from now on
    void run(Entry *entry, std::unique_ptr<Setup> setup);
    std::vector<Entry *> abandonAll(); // none of them is done any more; stop() follows
    void stop(); // ends what was abandoned, and the threads; a slot that a dialer has connected may delete the pool

protected:
    bool event(QEvent *event) override;

private:
    class Bench;
    class Thread;
    struct Result
    {
        quint64 number;
        SetupOutcome outcome;
    };

    void finish(Result result);
    static void drop(Result &result);
    void deliver(Result result); // from any of the threads
    void endIdleThreads();

    const Done m_done;
    const std::unique_ptr<Bench> m_bench; // in the pool's thread
    std::vector<std::unique_ptr<Thread>> m_threads;
    int m_threadCount = 0; // how many take on more
    quint64 m_lastNumber = 0;
    struct Running
    {
        Entry *entry;
        Thread *thread; // null: the pool's
    };
    QHash<quint64, Running> m_running;
    std::mutex m_mutex; // guards the following
    std::deque<Result> m_results;
};

} // namespace QNetPool
