// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QCoreApplication>

// Turns the event loop until it finds nothing to do: what is queued is done, and what is on its way over loopback, where a
// write is an arrival, has come.
inline void settle()
{
    do
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    while (QAbstractEventDispatcher::instance()->processEvents(QEventLoop::AllEvents));
}
