// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/threadname.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

QT_FORWARD_DECLARE_CLASS(QObject)

namespace QNetPool {

struct Lease;

// Through it, other threads post to a thread in which leased sockets live: a lease may end in any thread, but its socket
// must be handled where it lives. Unlike a QThread it outlives its thread, so that others find that it has ended.
class ThreadMailbox
{
public:
    using Act = void (*)(Lease *);

    static std::shared_ptr<ThreadMailbox> ofThisThread();
    static void carryOutPending(); // what was posted for the calling thread, which may have no event loop

    bool isHere() const noexcept; // whether this is the calling thread's
    const QString &threadName() const noexcept { return m_threadName; }
    // Whether the thread has ended; its sockets live in no thread then.
    bool hasEnded() const noexcept { return m_hasEnded.load(std::memory_order_acquire); }

    void add(Lease *lease); // in this thread, where its socket lives from now on
    void remove(Lease *lease);
    // From any thread: act runs in this one, from its event loop, when it next uses a pool, or as it ends. False: it has
    // ended.
    bool post(Lease *lease, Act act);
    // In this thread, when the holder destroys the socket: what is posted for the lease runs at once.
    void socketDestroyed(Lease *lease);

private:
    struct ThreadLocal;
    class Receiver;
    struct Message
    {
        Lease *lease;
        Act act;
    };

    static ThreadLocal &local();
    void carryOut();
    void end();

    const QString m_threadName = currentThreadName();
    std::mutex m_mutex; // guards everything below
    std::vector<Lease *> m_leases;
    std::vector<Message> m_messages;
    QObject *m_receiver = nullptr; // lives in this thread; valid until it has ended
    std::atomic<bool> m_hasEnded = false;
    std::atomic<bool> m_hasMessages = false;
};

} // namespace QNetPool
