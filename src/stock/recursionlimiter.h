// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

#include <functional>

namespace QNetPool {

// Serving a waiter runs its continuation, which may end the lease at once, which serves the next waiter, and so on: with
// thousands of waiters the stack would overflow. Beyond a certain depth, serving is deferred until outer calls return.
class RecursionLimiter
{
public:
    // Within its scope every serving is deferred, in this thread: a continuation may run an event loop, before which the
    // caller has something to note.
    class Hold
    {
    public:
        Hold() noexcept;
        ~Hold();

    private:
        Q_DISABLE_COPY_MOVE(Hold)
    };

    static bool mustDefer() noexcept; // in this thread
    static void defer(std::function<void()> rest);

    // Around each serving.
    RecursionLimiter() noexcept;
    ~RecursionLimiter();

private:
    Q_DISABLE_COPY_MOVE(RecursionLimiter)
};

} // namespace QNetPool
