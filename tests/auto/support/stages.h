// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stock/store.h"

#include <QtTest/QTest>

#include <algorithm>
#include <array>
#include <deque>
#include <vector>

// The stages through which an entry gets from one to another, the last one included: the shortest way that its life allows, of
// one step at least. Empty if there is none.
inline std::vector<QNetPool::Stage> wayTo(QNetPool::Stage from, QNetPool::Stage to)
{
    using QNetPool::Stage;
    std::array<Stage, QNetPool::StageCount> before{};
    std::array<bool, QNetPool::StageCount> isKnown{};
    std::deque<Stage> next{from};
    while (!next.empty() && !isKnown[std::size_t(to)]) {
        const Stage stage = next.front();
        next.pop_front();
        for (std::size_t i = 1; i < QNetPool::StageCount; ++i) { // none leads through Free
            if (isKnown[i] || !QNetPool::mayFollow(stage, Stage(i)))
                continue;
            isKnown[i] = true;
            before[i] = stage;
            next.push_back(Stage(i));
        }
    }
    std::vector<Stage> way;
    if (!isKnown[std::size_t(to)])
        return way;
    for (Stage stage = to; way.empty() || stage != from; stage = before[std::size_t(stage)])
        way.push_back(stage);
    std::reverse(way.begin(), way.end());
    return way;
}

inline void walk(QNetPool::Store &store, QNetPool::Entry *entry, QNetPool::Stage stage, QNetPool::Store::TimePoint now)
{
    for (const QNetPool::Stage step : wayTo(entry->stage, stage))
        store.move(entry, step, now);
    entry->since = now; // where it has not moved, as nothing leads to Pending
    QCOMPARE(entry->stage, stage);
}

inline void walkAsItIs(QNetPool::Store &store, QNetPool::Entry *entry, QNetPool::Stage stage)
{
    for (const QNetPool::Stage step : wayTo(entry->stage, stage))
        store.moveAsItIs(entry, step);
    QCOMPARE(entry->stage, stage);
}
