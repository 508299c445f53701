// SPDX-License-Identifier: BSD-3-Clause
#include "watcher.h"

#include <QtCore/qhash.h>
#include <QtCore/qmutex.h>
#include <QtCore/qpointer.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qthread.h>

namespace QNetPool {

namespace {

// Where the system has no queue of events that can itself be waited for: a notifier a connection. Each turn of the event
// loop costs time for each parked connection then.
class NotifierWatcher final : public Watcher
{
public:
    NotifierWatcher(QObject *context, Report report) : m_shared(std::make_shared<Shared>())
    {
        m_shared->report = std::move(report);
        m_shared->mailbox = new QObject(context);
    }

    ~NotifierWatcher() override
    {
        const QMutexLocker lock(&m_shared->mutex);
        m_shared->watched.clear();
        m_shared->report = nullptr;
        delete m_shared->mailbox;
    }

    bool watch(qintptr descriptor, quint64 token, Event event) override
    {
        const QMutexLocker lock(&m_shared->mutex);
        m_shared->watched.insert(descriptor, token);
        atHome([shared = m_shared, descriptor, token, event] {
            if (!shared->isWatched(descriptor, token))
                return; // in another thread, it came to something else meanwhile
            shared->stop(descriptor);
            if (event != Event::HangUp) // a notifier cannot see a FIN behind unread bytes: the look at take() has to
                shared->start(descriptor, token, event == Event::Bytes ? QSocketNotifier::Read : QSocketNotifier::Write);
        });
        return true;
    }

    bool change(qintptr descriptor, quint64 token, Event event) override { return watch(descriptor, token, event); }

    void pause(qintptr descriptor) override { remove(descriptor); }

    void remove(qintptr descriptor) override
    {
        const QMutexLocker lock(&m_shared->mutex);
        m_shared->watched.remove(descriptor);
        atHome([shared = m_shared, descriptor] {
            const QMutexLocker guard(&shared->mutex);
            if (!shared->watched.contains(descriptor))
                shared->stop(descriptor);
        });
    }

private:
    struct Shared
    {
        QRecursiveMutex mutex;
        QHash<qintptr, quint64> watched;
        QHash<qintptr, QSocketNotifier *> notifiers; // touched in the home thread only
        Report report;
        QPointer<QObject> mailbox;

        bool isWatched(qintptr descriptor, quint64 token)
        {
            const QMutexLocker lock(&mutex);
            const auto known = watched.constFind(descriptor);
            return report && known != watched.constEnd() && *known == token;
        }

        void start(qintptr descriptor, quint64 token, QSocketNotifier::Type type)
        {
            auto *notifier = new QSocketNotifier(descriptor, type, mailbox);
            notifiers.insert(descriptor, notifier);
            QObject::connect(notifier, &QSocketNotifier::activated, mailbox, [this, descriptor, token] {
                if (!isWatched(descriptor, token))
                    return stop(descriptor);
                report(token);
            });
        }

        void stop(qintptr descriptor)
        {
            if (QSocketNotifier *notifier = notifiers.take(descriptor)) {
                notifier->setEnabled(false);
                notifier->deleteLater();
            }
        }
    };

    template<typename Functor> void atHome(Functor functor)
    {
        if (m_shared->mailbox->thread() == QThread::currentThread())
            functor();
        else
            QMetaObject::invokeMethod(m_shared->mailbox, std::move(functor), Qt::QueuedConnection);
    }

    const std::shared_ptr<Shared> m_shared;
};

} // namespace

Watcher::~Watcher() = default;

std::unique_ptr<Watcher> Watcher::create(QObject *context, Report report)
{
    return std::make_unique<NotifierWatcher>(context, std::move(report));
}

} // namespace QNetPool
