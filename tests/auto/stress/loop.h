// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QThread>

#include <functional>

// A thread with an event loop.
class Loop
{
public:
    explicit Loop(const QString &name)
    {
        m_thread.setObjectName(name);
        m_here.moveToThread(&m_thread);
        m_thread.start();
    }
    ~Loop()
    {
        m_thread.quit();
        m_thread.wait();
    }
    void post(const std::function<void()> &act) { QMetaObject::invokeMethod(&m_here, act, Qt::QueuedConnection); }
    void run(const std::function<void()> &act) { QMetaObject::invokeMethod(&m_here, act, Qt::BlockingQueuedConnection); }

private:
    Q_DISABLE_COPY_MOVE(Loop)
    QThread m_thread;
    QObject m_here;
};
