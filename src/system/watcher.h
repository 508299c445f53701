// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

#include <functional>
#include <memory>
#include <span>

QT_FORWARD_DECLARE_CLASS(QObject)

namespace QNetPool {

// Watches many descriptors at once, at no cost a turn of the event loop: those of all parked connections, say.
// All but construction and destruction may happen in any thread; what it reports is level-triggered and may be about a
// descriptor that was paused or removed in the meantime, which is why it speaks in tokens.
class Watcher
{
public:
    using Report = std::function<void(quint64 token)>;
    enum class Event {
        Bytes, // or a hang-up
        HangUp, // alone: bytes are known, and no news any more
        Writable, // or an error: a connect has come to its end
    };

    virtual ~Watcher();
    virtual bool watch(qintptr descriptor, quint64 token, Event event) = 0;
    virtual bool change(qintptr descriptor, quint64 token, Event event) = 0; // of one that is watched, or was and is paused
    virtual void pause(qintptr descriptor) = 0; // while it is leased; if it is closed meanwhile, it is removed by that
    virtual void remove(qintptr descriptor) = 0;

    // Reports in the event loop of context's thread, until one of the two is destroyed; null if the system refuses.
    static std::unique_ptr<Watcher> create(QObject *context, Report report);
};

} // namespace QNetPool
