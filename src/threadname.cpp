// SPDX-License-Identifier: BSD-3-Clause
#include "threadname.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

namespace QNetPool {

QString currentThreadName()
{
    const QThread *thread = QThread::currentThread(); // null when this one is at its very end
    QString name = thread ? thread->objectName() : QString();
    if (!name.isEmpty())
        return name;
    if (qApp && thread && qApp->thread() == thread)
        return QStringLiteral("main thread");
    return QStringLiteral("thread 0x%1").arg(quintptr(QThread::currentThreadId()), 0, 16);
}

} // namespace QNetPool
