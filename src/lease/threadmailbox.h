// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

QT_FORWARD_DECLARE_CLASS(QObject)

namespace QNetPool {

struct Lease;

// A thread in which leased sockets live, for the other threads: a lease may end in one of those, but its socket must be
// handled where it lives. It outlives its thread, so that who comes later finds that it has ended; a QThread could be gone.
class ThreadMailbox
{
public:
    using Act = void (*)(Lease *);

    static std::shared_ptr<ThreadMailbox> ofThisThread();
    static void carryOutPending(); // carries out what is posted for this thread; for those without an event loop

    bool isHere() const noexcept; // whether this is the calling thread's
    // Whether the thread has ended; then its sockets live in no thread.
    bool hasEnded() const noexcept { return m_hasEnded.load(std::memory_order_acquire); }

    void add(Lease *lease); // in this thread: its socket lives here from now on
    void remove(Lease *lease);
    // From any thread: act is run in this one, by its event loop, or when it uses a pool, or as it ends. False: it has ended.
    bool post(Lease *lease, Act act);
    // In this thread: the socket was destroyed by its holder, so what is posted for the lease need not wait.
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

    std::mutex m_mutex; // guards everything below
    std::vector<Lease *> m_leases;
    std::vector<Message> m_messages;
    QObject *m_receiver = nullptr; // lives in this thread, while it has not ended
    std::atomic<bool> m_hasEnded = false;
    std::atomic<bool> m_hasMessages = false;
};

} // namespace QNetPool
