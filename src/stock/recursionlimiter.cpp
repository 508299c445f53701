// SPDX-License-Identifier: BSD-3-Clause
#include "recursionlimiter.h"

#include <utility>
#include <vector>

namespace QNetPool {

namespace {

thread_local int depth = 0;
thread_local std::vector<std::function<void()>> rests;

} // namespace

bool Servings::areTooDeep() noexcept
{
    return depth >= 100;
}

void Servings::putOff(std::function<void()> rest)
{
    rests.push_back(std::move(rest));
}

Servings::Servings() noexcept
{
    ++depth;
}

Servings::~Servings()
{
    // Well before the outermost returns: it may go on for long, or wait for what was put off.
    while (depth <= 50 && !rests.empty()) {
        const std::function<void()> rest = std::move(rests.back());
        rests.pop_back();
        rest();
    }
    --depth;
}

} // namespace QNetPool
