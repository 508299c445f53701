// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "descriptors.h"
#include "logintopool.h"
#include "numbers.h"
#include "printer.h"
#include "wishes.h"

#include <QtCore/QEventLoop>
#include <QtCore/QPointer>

#include <future>
#include <thread>

// Runs a program on a real pool, step after step, and asks the model about all that it sees. The first thing that is wrong
// ends it. What hangs, or brings down the process, ends the process: see explorer.h.
//
// What its steps do is in files of their own, by what they are about: poolsteps, callsteps, leasesteps.
class Interpreter
{
public:
    explicit Interpreter(const Program &program);
    QString run(); // what is wrong; empty: nothing

private:
    struct Slot
    {
        Connection connection;
        HandOut handOut;
        bool isLookedAt = false;
        std::shared_ptr<End> end;
        std::optional<Where> user; // the thread in which its socket lives
        QList<QByteArray> outstanding; // requests whose answer was not read
        bool wasReadLast = false;
        QByteArray halfLine; // what was read of an answer
    };
    struct Ask // a call that may have to wait
    {
        Call call;
        HandOut handOut;
        QFuture<Connection> future;
        std::chrono::milliseconds limit{};
        std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
        bool isPlain = true; // acquire() itself
        std::thread thread;

        std::chrono::milliseconds late() const; // by how much its time limit is over
        void note(); // what is known of it
    };
    using Body = std::function<void()>;

    void step(const Step &step);
    void finish();
    void wrong(const QString &text);
    void in(Where where, const Body &body, const Body &meanwhile = {});
    void waitFor(const char *what, const std::function<bool()> &condition);
    void createPool();
    void destroyPool();
    void start(const Step &step);
    void configure(const Step &step);
    void connectPeers(int count);
    ConnectionId someId(const Step &step) const;
    void hold(int slot, Connection connection, const HandOut &handOut);
    void look(Slot &slot);
    void take(const Step &step);
    void ask(const Step &step);
    void askInThread(const Step &step);
    void cancel(const Step &step);
    void collect(const Step &step, bool all);
    void result(const Step &step);
    void request(const Step &step);
    void read(Slot &slot, QTcpSocket *socket, bool isWhole);
    void end(const Step &step);
    void endHere(Slot &slot, Ending how);
    void putBack(Slot &slot);
    void serve(const Step &step);
    void nestIn(const Step &step);
    void leaveLoops();
    void busy();
    void exhaust(bool isOn);
    void noteWaiting();
    void observe();

    const Program m_program;
    Model m_model;
    std::shared_ptr<Hooks> m_hooks = std::make_shared<Hooks>();
    std::optional<Peers> m_peers;
    std::optional<Loop> m_home;
    std::optional<Loop> m_worker;
    std::unique_ptr<Pool> m_pool; // in m_home
    quint16 m_port = 0; // of a server
    std::vector<QEventLoop *> m_loops; // of m_home, the outer ones first
    std::array<Slot, Program::Slots> m_slots;
    std::vector<std::unique_ptr<Ask>> m_asks;
    std::optional<NoNewDescriptors> m_exhaustion;
    mutable std::mutex m_mutex;
    std::vector<ConnectionId> m_ids; // that were available
    std::atomic<qint64> m_ends{0}; // connectionClosed()
    const Step *m_step = nullptr;
    QString m_wrong;
    int m_nonce = 0;
};

// How long an honest pool may take for anything. QNETPOOL_MODEL_PATIENCE, in milliseconds, makes hangs quicker to shrink.
inline std::chrono::milliseconds patience()
{
    static const int given = qEnvironmentVariableIntValue("QNETPOOL_MODEL_PATIENCE");
    return longer(given > 0 ? std::chrono::milliseconds(given) : 5s);
}
