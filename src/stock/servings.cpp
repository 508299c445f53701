// SPDX-License-Identifier: BSD-3-Clause
#include "servings.h"

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
    while (depth == 1 && !rests.empty()) {
        const std::vector<std::function<void()>> now = std::exchange(rests, {});
        for (const std::function<void()> &rest : now)
            rest();
    }
    --depth;
}

} // namespace QNetPool
