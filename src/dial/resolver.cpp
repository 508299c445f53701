// SPDX-License-Identifier: BSD-3-Clause
#include "resolver.h"

#include "system/descriptor.h"

#include <deque>
#include <system_error>
#include <thread>

namespace QNetPool {

// Some at a time, so that a pool that goes from a silent name to another one does not have to wait. They end when there are
// no jobs; nothing waits for them, so that they may still run when main() returns.
class Resolver::Threads : public std::enable_shared_from_this<Threads>
{
public:
    bool run(std::shared_ptr<Resolver> job) // false: no thread can start
    {
        const std::lock_guard lock(m_mutex);
        m_jobs.push_back(std::move(job));
        if (m_count == Most)
            return true;
        try {
            std::thread([self = shared_from_this()] { self->work(); }).detach();
            ++m_count;
        } catch (const std::system_error &) {
            if (m_count == 0)
                m_jobs.pop_back();
        }
        return m_count > 0;
    }

    bool drop(const std::shared_ptr<Resolver> &job) // false: it has begun
    {
        const std::lock_guard lock(m_mutex);
        return std::erase(m_jobs, job) > 0;
    }

private:
    static constexpr int Most = 4;

    void work()
    {
        std::unique_lock lock(m_mutex);
        while (!m_jobs.empty()) {
            std::shared_ptr<Resolver> job = std::move(m_jobs.front());
            m_jobs.pop_front();
            lock.unlock();
            job->lookUp();
            job.reset();
            lock.lock();
        }
        --m_count;
    }

    std::mutex m_mutex; // guards the following
    std::deque<std::shared_ptr<Resolver>> m_jobs;
    int m_count = 0; // of threads
};

Resolver::Resolver(QString host, Lookup lookup, std::chrono::milliseconds lifetime)
    : Resolver(std::move(host), std::move(lookup), lifetime, std::make_shared<Threads>())
{
}

Resolver::Resolver(QString host, Lookup lookup, std::chrono::milliseconds lifetime, std::shared_ptr<Threads> threads)
    : m_host(std::move(host)), m_lookup(std::move(lookup)), m_lifetime(lifetime), m_threads(std::move(threads))
{
}

std::shared_ptr<Resolver> Resolver::next(const QString &host)
{
    if (host != m_host)
        return std::shared_ptr<Resolver>(new Resolver(host, m_lookup, m_lifetime, m_threads));
    forget();
    return shared_from_this();
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
        if (!m_threads->run(shared_from_this())) {
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
    if (m_waiting.empty() && m_isLookingUp && m_threads->drop(shared_from_this()))
        m_isLookingUp = false;
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
    // The system's words are "System error" then.
    if (info.error() == QHostInfo::UnknownError && !canOpenSome())
        return finish({{}, QStringLiteral("its name could not be looked up: ") + noneIsLeft(), true});
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
