// SPDX-License-Identifier: BSD-3-Clause
#include "threadname.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

#if defined(Q_OS_LINUX)
#include <sys/prctl.h>
#elif defined(Q_OS_DARWIN)
#include <pthread.h>
#elif defined(Q_OS_WIN)
#include <QtCore/qt_windows.h>
#endif

namespace QNetPool {

QString currentThreadName()
{
    const QThread *thread = QThread::currentThread(); // null in the destructors of thread-local objects
    QString name = thread ? thread->objectName() : QString();
    if (name == QLatin1String("Qt mainThread") // newer Qt names it so
        || (name.isEmpty() && qApp && thread && qApp->thread() == thread))
        return QStringLiteral("main thread");
    if (!name.isEmpty())
        return name;
    return QStringLiteral("thread 0x%1").arg(quintptr(QThread::currentThreadId()), 0, 16);
}

void nameThisThread(const QString &name)
{
    QThread::currentThread()->setObjectName(name);
#if defined(Q_OS_LINUX)
    prctl(PR_SET_NAME, name.toLocal8Bit().constData(), 0, 0, 0); // the first 15 bytes of it
#elif defined(Q_OS_DARWIN)
    pthread_setname_np(name.toLocal8Bit().constData());
#elif defined(Q_OS_WIN)
    SetThreadDescription(GetCurrentThread(), reinterpret_cast<const wchar_t *>(name.utf16()));
#endif
}

} // namespace QNetPool
