// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <functional>
#include <random>
#include <vector>

// When callers come, in seconds. The same seed makes the same times on every platform.
class Random
{
public:
    explicit Random(unsigned seed) : m_engine(seed) { }
    double uniform() { return double(m_engine() >> 11) * 0x1p-53; } // in [0, 1)
    double exponential(double mean) { return -mean * std::log(1 - uniform()); }
    double logNormal(double mean, double deviation) // deviation: in means
    {
        const double variance = std::log(1 + deviation * deviation);
        const double normal = std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * 3.14159265358979 * uniform());
        return mean * std::exp(std::sqrt(variance) * normal - variance / 2);
    }

private:
    std::mt19937_64 m_engine;
};

using Arrivals = std::vector<double>;

// With a rate that changes in time.
inline Arrivals poisson(double end, double highest, const std::function<double(double time)> &rate)
{
    Random random(42);
    Arrivals arrivals;
    for (double time = random.exponential(1 / highest); time < end; time += random.exponential(1 / highest)) {
        if (random.uniform() * highest < rate(time))
            arrivals.push_back(time);
    }
    return arrivals;
}

// With one of two rates, each for a time at random.
inline Arrivals switching(double end, double low, double high, double meanStay)
{
    Random random(42);
    Arrivals arrivals;
    bool isHigh = false;
    for (double from = 0; from < end; isHigh = !isHigh) {
        const double to = std::min(end, from + random.exponential(meanStay));
        const double gap = 1 / (isHigh ? high : low);
        for (double time = from + random.exponential(gap); time < to; time += random.exponential(gap))
            arrivals.push_back(time);
        from = to;
    }
    return arrivals;
}
