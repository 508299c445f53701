// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

#include <functional>
#include <memory>
#include <span>

QT_FORWARD_DECLARE_CLASS(QObject)

namespace QNetPool {

// Watches many descriptors without adding to the cost of a turn of the event loop. Any thread may call it, except to create and destroy
// it. Reports are level-triggered, and may be about a descriptor that was paused or removed meanwhile: hence the tokens.
class Watcher
{
public:
    using Report = std::function<void(quint64 token)>;
    enum class Event {
        Bytes, // or a hang-up
        HangUp, // only that: bytes are known to wait
        Writable, // or an error: a connect is finished
    };

    virtual ~Watcher();
    virtual bool watch(qintptr descriptor, quint64 token, Event event) = 0;
    virtual bool change(qintptr descriptor, quint64 token, Event event) = 0; // of a watched or paused descriptor
    virtual void pause(qintptr descriptor) = 0; // while it is leased; closing it removes it
    virtual void remove(qintptr descriptor) = 0;

    // Reports from the event loop of context's thread, until it or context is destroyed. Null if the system is out of
    // resources.
    static std::unique_ptr<Watcher> create(QObject *context, Report report);
};

} // namespace QNetPool
