// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

QT_FORWARD_DECLARE_CLASS(QObject)

namespace QNetPool {

struct Entry;

// A thread in which leased sockets live, for the other threads: a lease may end in one of those, but its socket must be
// handled where it lives. It outlives its thread, so that who comes later finds that it has ended; a QThread could be gone.
class Home
{
public:
    using Act = void (*)(Entry *);

    static std::shared_ptr<Home> ofThisThread();
    static void settle(); // carries out what is posted for this thread; for those without an event loop

    bool isHere() const noexcept; // whether this is the calling thread's
    // Whether the thread has ended; then its sockets live in no thread.
    bool hasEnded() const noexcept { return m_hasEnded.load(std::memory_order_acquire); }

    void moveIn(Entry *entry); // in this thread: its socket lives here from now on
    void moveOut(Entry *entry);
    // From any thread: act is run in this one, by its event loop, or when it uses a pool, or as it ends. False: it has ended.
    bool post(Entry *entry, Act act);
    // In this thread: the socket was destroyed by its holder, so what is posted for the entry need not wait.
    void socketIsGone(Entry *entry);

private:
    struct Resident;
    class Agent;
    struct Errand
    {
        Entry *entry;
        Act act;
    };

    static Resident &resident();
    void carryOut();
    void end();

    std::mutex m_mutex; // guards everything below
    std::vector<Entry *> m_guests;
    std::vector<Errand> m_errands;
    QObject *m_agent = nullptr; // lives in this thread, while it has not ended
    std::atomic<bool> m_hasEnded = false;
    std::atomic<bool> m_hasErrands = false;
};

} // namespace QNetPool
