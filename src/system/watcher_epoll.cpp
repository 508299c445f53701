// SPDX-License-Identifier: BSD-3-Clause
#include "watcher.h"

#include <QtCore/qpointer.h>
#include <QtCore/qsocketnotifier.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace QNetPool {

namespace {

// How often this process has become another one by fork(). A child shares the epoll instances of its parent, and what it
// removes from them is not watched in the parent any more.
std::atomic<unsigned> forks = 0;

void countForks()
{
    [[maybe_unused]] static const int counting = ::pthread_atfork(nullptr, nullptr, [] { ++forks; });
}

class EpollWatcher final : public Watcher
{
public:
    EpollWatcher(int descriptor, QObject *context, Report report)
        : m_epoll(descriptor), m_report(std::move(report)),
          m_notifier(new QSocketNotifier(descriptor, QSocketNotifier::Read, context))
    {
        QObject::connect(m_notifier, &QSocketNotifier::activated, context, [this] { reportAll(); });
    }

    ~EpollWatcher() override
    {
        delete m_notifier;
        ::close(m_epoll);
    }

    bool watch(qintptr descriptor, quint64 token, Event event) override
    {
        return control(EPOLL_CTL_ADD, descriptor, token, maskOf(event))
                || (errno == EEXIST
                    && change(descriptor, token, event)); // detached while it was paused, and added again by put()
    }

    // Less than half as expensive as removing and adding.
    bool change(qintptr descriptor, quint64 token, Event event) override
    {
        return control(EPOLL_CTL_MOD, descriptor, token, maskOf(event));
    }

    // Errors cannot be masked: one is reported once, with a token that nobody knows.
    void pause(qintptr descriptor) override { control(EPOLL_CTL_MOD, descriptor, NoToken, EPOLLONESHOT); }

    void remove(qintptr descriptor) override { control(EPOLL_CTL_DEL, descriptor, NoToken, 0); }

private:
    static constexpr quint32 maskOf(Event event) noexcept
    {
        switch (event) {
        case Event::Bytes:
            return EPOLLIN | EPOLLRDHUP;
        case Event::HangUp:
            return EPOLLRDHUP;
        case Event::Writable:
            return EPOLLOUT;
        }
        return 0;
    }

    static constexpr quint64 NoToken = ~quint64(0);

    bool isForeign() const noexcept { return m_forks != forks.load(std::memory_order_relaxed); } // the parent's

    bool control(int operation, qintptr descriptor, quint64 token, quint32 events) const
    {
        if (isForeign())
            return false;
        epoll_event event{};
        event.events = events;
        event.data.u64 = token;
        return ::epoll_ctl(m_epoll, operation, int(descriptor), &event) == 0;
    }

    // A small batch for each turn of the event loop, so that other events are not delayed when thousands of connections are
    // lost at once, or their TLS session tickets arrive, which take some 40 µs each.
    void reportAll()
    {
        if (isForeign())
            return;
        std::array<epoll_event, 32> events;
        const int count = ::epoll_wait(m_epoll, events.data(), int(events.size()), 0);
        for (int i = 0; i < count; ++i)
            m_report(events[std::size_t(i)].data.u64);
    }

    const int m_epoll;
    const unsigned m_forks = forks;
    const Report m_report;
    const QPointer<QSocketNotifier> m_notifier;
};

} // namespace

Watcher::~Watcher() = default;

std::unique_ptr<Watcher> Watcher::create(QObject *context, Report report)
{
    countForks();
    const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0)
        return nullptr;
    return std::make_unique<EpollWatcher>(descriptor, context, std::move(report));
}

} // namespace QNetPool
