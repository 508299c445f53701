// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>

namespace Demo {

// Turns a rate into whole numbers of things to do, whenever it is asked, so that nothing is lost to rounding or to a late timer.
class Pacer
{
public:
    explicit Pacer(double perSecond) : m_perSecond(perSecond) { }

    int due(std::chrono::nanoseconds elapsed); // since the last call
    std::chrono::milliseconds pause() const; // how often it is worth asking

private:
    double m_perSecond;
    double m_owed = 0;
};

} // namespace Demo
