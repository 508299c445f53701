// SPDX-License-Identifier: BSD-3-Clause
#include "watcher.h"

#include <QtCore/qhash.h>
#include <QtCore/qmutex.h>
#include <QtCore/qpointer.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qthread.h>

namespace QNetPool {

namespace {

// For systems without an event queue that has a descriptor: one notifier for each connection, so that each turn of the event
// loop takes time in proportion to the number of parked connections.
class NotifierWatcher final : public Watcher
{
public:
    NotifierWatcher(QObject *context, Report report) : m_shared(std::make_shared<Shared>())
    {
        m_shared->report = std::move(report);
        m_shared->receiver = new QObject(context);
    }

    ~NotifierWatcher() override
    {
        const QMutexLocker lock(&m_shared->mutex);
        m_shared->watched.clear();
        m_shared->report = nullptr;
        delete m_shared->receiver;
    }

    bool watch(qintptr descriptor, quint64 token, Event event) override
    {
        const QMutexLocker lock(&m_shared->mutex);
        m_shared->watched.insert(descriptor, token);
        inItsThread([shared = m_shared, descriptor, token, event] {
            if (!shared->isWatched(descriptor, token))
                return; // called from another thread, and out of date by now
            shared->stop(descriptor);
            if (event != Event::HangUp) // a notifier cannot see a FIN behind unread bytes: the probe at check-out does
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
        inItsThread([shared = m_shared, descriptor] {
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
        QHash<qintptr, QSocketNotifier *> notifiers; // used in the receiver's thread only
        Report report;
        QPointer<QObject> receiver; // of calls, in the context's thread

        bool isWatched(qintptr descriptor, quint64 token)
        {
            const QMutexLocker lock(&mutex);
            const auto known = watched.constFind(descriptor);
            return report && known != watched.constEnd() && *known == token;
        }

        void start(qintptr descriptor, quint64 token, QSocketNotifier::Type type)
        {
            auto *notifier = new QSocketNotifier(descriptor, type, receiver);
            notifiers.insert(descriptor, notifier);
            QObject::connect(notifier, &QSocketNotifier::activated, receiver, [this, descriptor, token] {
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

    template<typename Functor> void inItsThread(Functor functor)
    {
        if (m_shared->receiver->thread() == QThread::currentThread())
            functor();
        else
            QMetaObject::invokeMethod(m_shared->receiver, std::move(functor), Qt::QueuedConnection);
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
