// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

#include <algorithm>
#include <bit>

namespace QNetPool {

// Buckets of a histogram whose width is in proportion to the value: sixteen for each power of two, so that a value is known
// to 1/16, and those below 32 exactly.
template<int Powers> struct LogLinearBuckets
{
    static constexpr int StepBits = 4;
    static constexpr int Steps = 1 << StepBits;
    static constexpr std::size_t Count = std::size_t(Powers + 1) * Steps;

    static std::size_t bucketOf(quint64 value) noexcept // the last one has everything that is too great
    {
        if (value < Steps)
            return std::size_t(value);
        const int power = std::min(int(std::bit_width(value)) - 1 - StepBits, Powers - 1);
        return std::size_t(power + 1) * Steps + std::size_t(std::min<quint64>((value >> power) - Steps, Steps - 1));
    }

    static quint64 endOf(std::size_t bucket) noexcept // the greatest value in it
    {
        if (bucket < Steps)
            return quint64(bucket);
        return (quint64(bucket % Steps + Steps + 1) << (bucket / Steps - 1)) - 1;
    }
};

} // namespace QNetPool
