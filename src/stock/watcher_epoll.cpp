// SPDX-License-Identifier: BSD-3-Clause
#include "watcher.h"

#include <QtCore/qpointer.h>
#include <QtCore/qsocketnotifier.h>

#include <array>
#include <sys/epoll.h>
#include <unistd.h>

namespace QNetPool {

namespace {

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

    bool add(qintptr descriptor, quint64 token, bool hangUpOnly) override
    {
        return control(EPOLL_CTL_ADD, descriptor, token, hangUpOnly);
    }

    void hangUpOnly(qintptr descriptor, quint64 token) override { control(EPOLL_CTL_MOD, descriptor, token, true); }

    void remove(qintptr descriptor) override { ::epoll_ctl(m_epoll, EPOLL_CTL_DEL, int(descriptor), nullptr); }

private:
    bool control(int operation, qintptr descriptor, quint64 token, bool hangUpOnly) const
    {
        epoll_event event{};
        event.events = hangUpOnly ? EPOLLRDHUP : EPOLLIN | EPOLLRDHUP;
        event.data.u64 = token;
        return ::epoll_ctl(m_epoll, operation, int(descriptor), &event) == 0;
    }

    // One batch a turn: when thousands die at once, the application's other events get their turn between.
    void reportAll()
    {
        std::array<epoll_event, 128> events;
        const int count = ::epoll_wait(m_epoll, events.data(), int(events.size()), 0);
        for (int i = 0; i < count; ++i)
            m_report(events[std::size_t(i)].data.u64);
    }

    const int m_epoll;
    const Report m_report;
    const QPointer<QSocketNotifier> m_notifier;
};

} // namespace

Watcher::~Watcher() = default;

std::unique_ptr<Watcher> Watcher::create(QObject *context, Report report)
{
    const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0)
        return nullptr;
    return std::make_unique<EpollWatcher>(descriptor, context, std::move(report));
}

} // namespace QNetPool
