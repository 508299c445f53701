// SPDX-License-Identifier: BSD-3-Clause
// For builds with ThreadSanitizer. What threads hand over to each other through Qt's events and futures is ordered by locks
// and reference counts inside of Qt, which it cannot see, as Qt is not built with it: it would report each such pair. So this
// stands in front of the functions of Qt through which something is handed over, under their own names, and tells it what they
// promise: what was done before a release happens before what follows the acquire with the same key.
#include "testmain.h"

#include <QtCore/QDeadlineTimer>
#include <QtCore/QFutureInterface>
#include <QtCore/QRunnable>
#include <QtCore/QThread>
#include <QtCore/QThreadPool>

#include <dlfcn.h>
#include <future>
#include <sanitizer/tsan_interface.h>

namespace {

// A function of Qt behind the one of the same name here.
template<typename Function> Function *original(const char *symbol)
{
    return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, symbol));
}

// What all copies of a future have in common.
void *keyOf(const QFutureInterfaceBase *future)
{
    return &future->mutex();
}

char continuationKey;

using Continuation = std::function<void(const QFutureInterfaceBase &)>;

Continuation ordered(Continuation &&continuation)
{
    Continuation result = [continuation = std::move(continuation)](const QFutureInterfaceBase &parent) {
        __tsan_acquire(&continuationKey); // before anything of the continuation's is touched
        continuation(parent);
    };
    __tsan_release(&continuationKey); // when all of it is there
    return result;
}

} // namespace

// --- Events: the event, or the functor in it, is complete when it is posted ----------------------------------------------

void QCoreApplication::postEvent(QObject *receiver, QEvent *event, int priority)
{
    static const auto post = original<void(QObject *, QEvent *, int)>("_ZN16QCoreApplication9postEventEP7QObjectP6QEventi");
    __tsan_release(receiver);
    post(receiver, event, priority);
}

void QObject::deleteLater()
{
    static const auto deleteLater = original<void(QObject *)>("_ZN7QObject11deleteLaterEv");
    __tsan_release(this);
    deleteLater(this);
}

// A functor is made in one thread, carried out in another and destroyed by the last who refers to it: the poster or the event,
// the end of a connection of signal and slot or a signal that is being emitted.
class HandedSlot final : public QtPrivate::QSlotObjectBase
{
public:
    explicit HandedSlot(QSlotObjectBase *slot) : QSlotObjectBase(&HandedSlot::act), m_slot(slot) { __tsan_release(this); }

private:
    static void act(int what, QSlotObjectBase *self, QObject *receiver, void **arguments, bool *isSame)
    {
        const auto *handed = static_cast<HandedSlot *>(self);
        __tsan_acquire(self);
        if (what == Call) {
            handed->m_slot->call(receiver, arguments);
            __tsan_release(self);
        } else if (what == Compare) {
            *isSame = handed->m_slot->compare(arguments);
        } else if (what == Destroy) {
            handed->m_slot->destroyIfLastRef();
            delete handed;
        }
    }

    QSlotObjectBase *const m_slot;
};

bool QMetaObject::invokeMethodImpl(QObject *object, QtPrivate::QSlotObjectBase *slot, Qt::ConnectionType type, void *result)
{
    static const auto invoke = original<bool(QObject *, QtPrivate::QSlotObjectBase *, Qt::ConnectionType, void *)>(
            "_ZN11QMetaObject16invokeMethodImplEP7QObjectPN9QtPrivate15QSlotObjectBaseEN2Qt14ConnectionTypeEPv");
    const bool isInvoked = invoke(object, new HandedSlot(slot), type, result);
    __tsan_acquire(object); // it may have waited
    return isInvoked;
}

bool TestApplication::notify(QObject *receiver, QEvent *event)
{
    __tsan_acquire(receiver);
    QThread *thread = QThread::currentThread();
    const bool isAccepted = QCoreApplication::notify(receiver, event);
    __tsan_release(receiver); // for who blocks until then; the address alone matters, the object may be gone
    __tsan_release(thread);
    return isAccepted;
}

// --- Threads: who has waited for one has seen all that it did -------------------------------------------------------------

bool QThread::wait(QDeadlineTimer deadline)
{
    static const auto wait = original<bool(QThread *, QDeadlineTimer)>("_ZN7QThread4waitE14QDeadlineTimer");
    const bool hasEnded = wait(this, deadline);
    __tsan_acquire(this);
    return hasEnded;
}

bool QThread::isFinished() const
{
    static const auto isFinished = original<bool(const QThread *)>("_ZNK7QThread10isFinishedEv");
    const bool hasEnded = isFinished(this);
    if (hasEnded)
        __tsan_acquire(const_cast<QThread *>(this));
    return hasEnded;
}

QThread *QThread::createThreadImpl(std::future<void> &&function)
{
    static const auto create = original<QThread *(std::future<void> &&)>("_ZN7QThread16createThreadImplEOSt6futureIvE");
    return create(std::async(std::launch::deferred, [function = std::move(function)]() mutable {
        function.get();
        __tsan_release(QThread::currentThread());
    }));
}

// The slots of QThread::finished() are the last that a thread does, and nobody delivers them as events.
class LastSlot final : public QtPrivate::QSlotObjectBase
{
public:
    LastSlot(QSlotObjectBase *slot, const QObject *thread) : QSlotObjectBase(&LastSlot::act), m_slot(slot), m_thread(thread)
    {
    }

private:
    static void act(int what, QSlotObjectBase *self, QObject *receiver, void **arguments, bool *)
    {
        const auto *last = static_cast<LastSlot *>(self);
        if (what != Call)
            return; // never destroyed: that, too, would be after what cannot be seen
        last->m_slot->call(receiver, arguments);
        __tsan_release(const_cast<QObject *>(last->m_thread));
    }

    QSlotObjectBase *const m_slot;
    const QObject *const m_thread;
};

QMetaObject::Connection QObject::connectImpl(const QObject *sender, void **signal, const QObject *receiver, void **slot,
                                             QtPrivate::QSlotObjectBase *slotObject, Qt::ConnectionType type,
                                             const int *types, const QMetaObject *senderMetaObject)
{
    static const auto connect = original<QMetaObject::Connection(const QObject *, void **, const QObject *, void **,
                                                                 QtPrivate::QSlotObjectBase *, Qt::ConnectionType,
                                                                 const int *, const QMetaObject *)>(
            "_ZN7QObject11connectImplEPKS_PPvS1_S3_PN9QtPrivate15QSlotObjectBaseEN2Qt14ConnectionTypeEPK"
            "iPK11QMetaObject");
    if (qobject_cast<const QThread *>(sender) && type == Qt::DirectConnection)
        slotObject = new LastSlot(slotObject, sender);
    else
        slotObject = new HandedSlot(slotObject);
    return connect(sender, signal, receiver, slot, slotObject, type, types, senderMetaObject);
}

// What a thread of a pool runs is complete when it is started.
class HandedRunnable final : public QRunnable
{
public:
    explicit HandedRunnable(QRunnable *runnable) : m_runnable(runnable) { __tsan_release(this); }

    void run() override
    {
        __tsan_acquire(this);
        const bool isTemporary = m_runnable->autoDelete();
        m_runnable->run();
        if (isTemporary)
            delete m_runnable;
    }

private:
    QRunnable *const m_runnable;
};

void QThreadPool::start(QRunnable *runnable, int priority)
{
    static const auto start = original<void(QThreadPool *, QRunnable *, int)>("_ZN11QThreadPool5startEP9QRunnablei");
    start(this, new HandedRunnable(runnable), priority);
}

// --- Futures: who has waited has seen what was done before the end, and who lets go of the last reference all -------------

void QFutureInterfaceBase::reportFinished()
{
    static const auto report = original<void(QFutureInterfaceBase *)>("_ZN20QFutureInterfaceBase14reportFinishedEv");
    __tsan_release(keyOf(this));
    report(this);
}

void QFutureInterfaceBase::waitForFinished()
{
    static const auto wait = original<void(QFutureInterfaceBase *)>("_ZN20QFutureInterfaceBase15waitForFinishedEv");
    __tsan_acquire(keyOf(this)); // it may throw
    wait(this);
    __tsan_acquire(keyOf(this));
}

void QFutureInterfaceBase::waitForResult(int index)
{
    static const auto wait = original<void(QFutureInterfaceBase *, int)>("_ZN20QFutureInterfaceBase13waitForResultEi");
    __tsan_acquire(keyOf(this));
    wait(this, index);
    __tsan_acquire(keyOf(this));
}

bool QFutureInterfaceBase::derefT() const
{
    static const auto deref = original<bool(const QFutureInterfaceBase *)>("_ZNK20QFutureInterfaceBase6derefTEv");
    void *key = keyOf(this);
    __tsan_release(key);
    const bool isReferenced = deref(this);
    __tsan_acquire(key);
    return isReferenced;
}

// A function with the name of the destructor of QFutureInterfaceBase; a definition of the destructor would define the class.
extern "C" Q_DECL_EXPORT void _ZN20QFutureInterfaceBaseD2Ev(QFutureInterfaceBase *future)
{
    static const auto destroy = original<void(QFutureInterfaceBase *)>("_ZN20QFutureInterfaceBaseD2Ev");
    if (void *shared =
                *reinterpret_cast<void **>(reinterpret_cast<char *>(future) + sizeof(void *))) // else it was moved from
        __tsan_release(shared);
    destroy(future);
}

// What counts its references itself is freed by who gave up the last one, after all others have given up theirs.
extern "C" Q_DECL_EXPORT void __sanitizer_free_hook(const volatile void *block)
{
    __tsan_acquire(const_cast<void *>(block));
}

void QFutureInterfaceBase::setContinuation(Continuation continuation)
{
    static const auto set = original<void(QFutureInterfaceBase *, Continuation)>(
            "_ZN20QFutureInterfaceBase15setContinuationESt8functionIFvRKS_EE");
    set(this, ordered(std::move(continuation)));
}

void QFutureInterfaceBase::setContinuation(Continuation continuation, QFutureInterfaceBasePrivate *data)
{
    static const auto set = original<void(QFutureInterfaceBase *, Continuation, QFutureInterfaceBasePrivate *)>(
            "_ZN20QFutureInterfaceBase15setContinuationESt8functionIFvRKS_EEP27QFutureInterfaceBasePrivate");
    set(this, ordered(std::move(continuation)), data);
}
