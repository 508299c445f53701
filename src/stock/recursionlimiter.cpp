// SPDX-License-Identifier: BSD-3-Clause
#include "recursionlimiter.h"

#include <utility>
#include <vector>

namespace QNetPool {

namespace {

thread_local int depth = 0;
thread_local int holds = 0;
thread_local std::vector<std::function<void()>> rests;

} // namespace

bool RecursionLimiter::mustDefer() noexcept
{
    return depth >= 100 || holds > 0;
}

void RecursionLimiter::defer(std::function<void()> rest)
{
    rests.push_back(std::move(rest));
}

RecursionLimiter::RecursionLimiter() noexcept
{
    ++depth;
}

// Well before the outermost call returns, which may take long, or wait for what was deferred.
static void catchUp()
{
    while (depth <= 50 && holds == 0 && !rests.empty()) {
        const std::function<void()> rest = std::move(rests.back());
        rests.pop_back();
        rest();
    }
}

RecursionLimiter::~RecursionLimiter()
{
    catchUp();
    --depth;
}

RecursionLimiter::Hold::Hold() noexcept
{
    ++holds;
}

RecursionLimiter::Hold::~Hold()
{
    --holds;
    catchUp();
}

} // namespace QNetPool
