// SPDX-License-Identifier: BSD-3-Clause
// For builds with ThreadSanitizer. What one thread posts and another one carries out is ordered by locks inside of Qt, which it
// cannot see, as Qt is not built with it: it would report each such pair. So this stands in front of the few functions of Qt
// through which a thread hands something over, and tells it what they promise: what was done before happens before.
#include "testmain.h"

#include <QtCore/QDeadlineTimer>
#include <QtCore/QThread>

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

namespace {

template<typename Function> Function original(const char *symbol)
{
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, symbol));
}

} // namespace

// The sending side. The event, or the functor in it, is complete by now.
void QCoreApplication::postEvent(QObject *receiver, QEvent *event, int priority)
{
    using Post = void (*)(QObject *, QEvent *, int);
    static const auto post = original<Post>("_ZN16QCoreApplication9postEventEP7QObjectP6QEventi");
    __tsan_release(receiver);
    post(receiver, event, priority);
}

bool QMetaObject::invokeMethodImpl(QObject *object, QtPrivate::QSlotObjectBase *slot, Qt::ConnectionType type, void *result)
{
    using Invoke = bool (*)(QObject *, QtPrivate::QSlotObjectBase *, Qt::ConnectionType, void *);
    static const auto invoke = original<Invoke>(
            "_ZN11QMetaObject16invokeMethodImplEP7QObjectPN9QtPrivate15QSlotObjectBaseEN2Qt14ConnectionTypeEPv");
    const bool isBlocking = type == Qt::BlockingQueuedConnection;
    if (isBlocking)
        slot->ref(); // to be destroyed after it was carried out, not before that is known here
    __tsan_release(object);
    const bool isInvoked = invoke(object, slot, type, result);
    __tsan_acquire(object);
    if (isBlocking)
        slot->destroyIfLastRef();
    return isInvoked;
}

// The receiving side, in whatever thread.
bool TestApplication::notify(QObject *receiver, QEvent *event)
{
    __tsan_acquire(receiver);
    QThread *thread = QThread::currentThread();
    const bool isAccepted = QCoreApplication::notify(receiver, event);
    __tsan_release(receiver); // for who blocks until then; the address alone matters, the object may be gone
    __tsan_release(thread);
    return isAccepted;
}

// Who has waited for a thread has seen all that it did.
bool QThread::wait(QDeadlineTimer deadline)
{
    using Wait = bool (*)(QThread *, QDeadlineTimer);
    static const auto wait = original<Wait>("_ZN7QThread4waitE14QDeadlineTimer");
    const bool hasEnded = wait(this, deadline);
    __tsan_acquire(this);
    return hasEnded;
}
