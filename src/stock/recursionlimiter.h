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
    static bool isTooDeep() noexcept; // in this thread
    static void defer(std::function<void()> rest);

    // Around each serving.
    RecursionLimiter() noexcept;
    ~RecursionLimiter();

private:
    Q_DISABLE_COPY_MOVE(RecursionLimiter)
};

} // namespace QNetPool
