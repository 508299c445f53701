// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

#include <functional>
#include <memory>
#include <span>

QT_FORWARD_DECLARE_CLASS(QObject)

namespace QNetPool {

// Watches the descriptors of all parked connections at once, at no cost a turn of the event loop.
// All but construction and destruction may happen in any thread; what it reports is level-triggered and may be about a
// descriptor that was paused or removed in the meantime, which is why it speaks in tokens.
class Watcher
{
public:
    using Report = std::function<void(quint64 token)>;

    virtual ~Watcher();
    virtual bool add(qintptr descriptor, quint64 token, bool hangUpOnly) = 0; // also one that is paused
    virtual void hangUpOnly(qintptr descriptor, quint64 token) = 0; // bytes are known: they alone are no news any more
    virtual void pause(qintptr descriptor) = 0; // while it is leased; if it is closed meanwhile, it is removed by that
    virtual void remove(qintptr descriptor) = 0;

    // Reports in the event loop of context's thread, until one of the two is destroyed; null if the system refuses.
    static std::unique_ptr<Watcher> create(QObject *context, Report report);
};

} // namespace QNetPool
