// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "short.h"

#include <QtCore/QThread>

// A thread with an event loop that runs what it is told to.
class Worker
{
public:
    Worker()
    {
        m_context.moveToThread(&m_thread);
        m_thread.start();
    }
    ~Worker() { stop(); }
    void stop()
    {
        m_thread.quit();
        if (!m_thread.wait(longer(20000)))
            qFatal("a thread hangs");
    }
    template<typename Body> void run(Body body)
    {
        QMetaObject::invokeMethod(&m_context, body, Qt::BlockingQueuedConnection);
    }
    QThread *thread() { return &m_thread; }

private:
    QThread m_thread;
    QObject m_context;
};
