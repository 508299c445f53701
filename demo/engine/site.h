// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "engine.h"

#include <functional>
#include <future>
#include <mutex>
#include <thread>

namespace Demo {

// One end in a thread of its own, which may be blocked while others go on. To be used in the thread that
// made it; what its engine, pool, meter and chronicle say they allow from any thread may be called from there directly.
class Site final : public QObject
{
    Q_OBJECT

public:
    Site(const Settings &settings, Role role, QObject *parent = nullptr);
    ~Site() override;

    Role role() const { return m_role; }
    const Settings &settings() const { return m_settings; } // as requested last

    bool start(); // false after an error in the chronicle
    void configure(const QNetPool::ClientPool::Configuration &configuration); // an error is in the chronicle
    void configure(const QNetPool::ServerPool::Configuration &configuration);
    void stop(); // stopped() follows exchanges in flight
    void post(std::function<void(Engine &)> what); // to be done in its thread

    void setFrozen(bool isFrozen); // its thread is blocked
    bool isFrozen() const { return m_freezing.owns_lock(); }

    QNetPool::Pool &pool() const { return m_engine->end().pool(); }
    Meter &meter() const { return m_engine->end().meter(); }
    Chronicle &chronicle() const { return m_engine->chronicle(); }
    Endpoint data() const { return m_data; } // where a server listens
    Endpoint control() const { return m_control; }

Q_SIGNALS:
    void stopped();

private:
    void live(std::promise<void> begun);
    template<typename What> void run(What what); // in its thread, and waits for it

    Settings m_settings;
    const Role m_role;
    std::thread m_thread; // no QThread: after its wait(), what OpenSSL keeps for the thread may still be there, and leak
    QObject m_worker; // lives in the thread
    std::unique_ptr<Engine> m_engine; // lives there, too
    std::mutex m_freezeMutex; // its thread waits for it
    std::unique_lock<std::mutex> m_freezing;
    Endpoint m_data;
    Endpoint m_control;
};

} // namespace Demo
