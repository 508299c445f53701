// SPDX-License-Identifier: BSD-3-Clause
#include "watcher.h"

#include <QtCore/qpointer.h>
#include <QtCore/qsocketnotifier.h>

#include <array>
#include <fcntl.h>
#include <sys/event.h>
#include <sys/time.h>
#include <unistd.h>

namespace QNetPool {

namespace {

class KqueueWatcher final : public Watcher
{
public:
    KqueueWatcher(int descriptor, QObject *context, Report report)
        : m_queue(descriptor), m_report(std::move(report)),
          m_notifier(new QSocketNotifier(descriptor, QSocketNotifier::Read, context))
    {
        QObject::connect(m_notifier, &QSocketNotifier::activated, context, [this] { reportAll(); });
    }

    ~KqueueWatcher() override
    {
        delete m_notifier;
        ::close(m_queue);
    }

    // There is no filter for the hang-up alone: EV_CLEAR reports each change once, and the FIN is one.
    bool watch(qintptr descriptor, quint64 token, Event event) override
    {
        if (event == Event::Writable)
            return control(descriptor, token, EVFILT_WRITE, EV_ADD | EV_ONESHOT);
        return control(descriptor, token, EVFILT_READ, event == Event::HangUp ? EV_ADD | EV_CLEAR : EV_ADD);
    }

    bool change(qintptr descriptor, quint64 token, Event event) override { return watch(descriptor, token, event); }

    void pause(qintptr descriptor) override { remove(descriptor); }

    // EVFILT_WRITE ends with its report, or when the descriptor of a failed connect is closed.
    void remove(qintptr descriptor) override { control(descriptor, 0, EVFILT_READ, EV_DELETE); }

private:
    bool control(qintptr descriptor, quint64 token, int filter, int action) const
    {
        struct kevent change;
        EV_SET(&change, uintptr_t(descriptor), filter, action, 0, 0, reinterpret_cast<void *>(uintptr_t(token)));
        return ::kevent(m_queue, &change, 1, nullptr, 0, nullptr) == 0;
    }

    void reportAll()
    {
        std::array<struct kevent, 32> events;
        const timespec atOnce{};
        const int count = ::kevent(m_queue, nullptr, 0, events.data(), int(events.size()), &atOnce);
        for (int i = 0; i < count; ++i)
            m_report(quint64(reinterpret_cast<uintptr_t>(events[std::size_t(i)].udata)));
    }

    const int m_queue;
    const Report m_report;
    const QPointer<QSocketNotifier> m_notifier;
};

} // namespace

Watcher::~Watcher() = default;

std::unique_ptr<Watcher> Watcher::create(QObject *context, Report report)
{
    static_assert(sizeof(void *) >= sizeof(quint64), "a token has to fit into udata");
    const int descriptor = ::kqueue();
    if (descriptor < 0)
        return nullptr;
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return std::make_unique<KqueueWatcher>(descriptor, context, std::move(report));
}

} // namespace QNetPool
