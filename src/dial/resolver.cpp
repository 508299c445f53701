// SPDX-License-Identifier: BSD-3-Clause
#include "resolver.h"

#include <system_error>
#include <thread>

namespace QNetPool {

namespace {

// The threads of all lookups in this process: several, since each blocks while a name service does not answer. They end when
// there are no jobs. Nothing waits for them, so this is never destroyed: they may still run when main() returns.
class LookupThreads
{
public:
    static LookupThreads &instance()
    {
        static auto *const threads = new LookupThreads;
        return *threads;
    }

    bool run(std::function<void()> job) // false: no thread can start
    {
        const std::lock_guard lock(m_mutex);
        m_jobs.push_back(std::move(job));
        if (m_count == Most)
            return true;
        try {
            std::thread([this] { work(); }).detach();
            ++m_count;
        } catch (const std::system_error &) {
            if (m_count == 0)
                m_jobs.pop_back();
        }
        return m_count > 0;
    }

private:
    static constexpr int Most = 8;

    void work()
    {
        std::unique_lock lock(m_mutex);
        while (!m_jobs.empty()) {
            std::function<void()> job = std::move(m_jobs.front());
            m_jobs.pop_front();
            lock.unlock();
            job();
            job = nullptr;
            lock.lock();
        }
        --m_count;
    }

    std::mutex m_mutex; // guards the following
    std::deque<std::function<void()>> m_jobs;
    int m_count = 0; // of threads
};

} // namespace

Resolver::Resolver(QString host, Lookup lookup, std::chrono::milliseconds lifetime)
    : m_host(std::move(host)), m_lookup(std::move(lookup)), m_lifetime(lifetime)
{
}

std::optional<Resolver::Answer> Resolver::ask(Asker *asker, quint64 number)
{
    const std::lock_guard lock(m_mutex);
    if (!m_known.isEmpty() && Clock::now() < m_knownUntil)
        return Answer{m_known, {}};
    m_known.clear();
    m_waiting.emplace(asker, number);
    if (!m_isLookingUp) {
        m_isLookingUp = m_isToBeKept = true;
        if (!LookupThreads::instance().run([self = shared_from_this()] { self->lookUp(); })) {
            m_isLookingUp = false;
            m_waiting.erase({asker, number});
            return Answer{{}, QStringLiteral("no thread could be started to look up its name")};
        }
    }
    return std::nullopt;
}

void Resolver::cancel(Asker *asker, quint64 number)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.erase({asker, number});
}

void Resolver::forget()
{
    const std::lock_guard lock(m_mutex);
    m_known.clear();
    m_isToBeKept = false;
}

void Resolver::lookUp()
{
    const QHostInfo info = m_lookup(m_host);
    finish({info.addresses(), info.addresses().isEmpty() ? info.errorString() : QString()});
}

void Resolver::finish(const Answer &answer)
{
    const std::lock_guard lock(m_mutex); // held while answering, so that no asker cancels and is destroyed meanwhile
    m_isLookingUp = false;
    if (m_isToBeKept) {
        m_known = answer.addresses;
        m_knownUntil = Clock::now() + m_lifetime;
    }
    for (const auto &[asker, number] : std::exchange(m_waiting, {}))
        asker->put({number, answer});
}

} // namespace QNetPool
