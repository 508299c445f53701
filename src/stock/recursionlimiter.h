// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

#include <functional>

namespace QNetPool {

// Serving one who waits runs his continuation, which may end the lease at once, which serves the next one, and so on: with
// thousands in line, that would be thousands of calls deep. From a certain depth on, the rest is put off until those before
// have returned.
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
