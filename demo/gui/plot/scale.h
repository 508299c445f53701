// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

namespace Demo {

// The least of 1, 2 or 5 times a power of ten of which `most` reach over the range.
double tickStep(double range, int most, double least = 0);

// A value axis: from 0 to top, which is a multiple of step.
struct Axis
{
    double top;
    double step;

    int stepCount() const;
};

// With a little room above the maximum; of any length where there is no maximum. Only whole steps, where the values are.
Axis axisFor(double maximum, int mostSteps, bool isWhole = false);

// A maximum that rises at once and falls only after a while, so that an axis made from it stays calm.
class CalmMaximum
{
public:
    static constexpr double patience = 3; // seconds

    void follow(double maximum, double time); // NaN: there is none
    double value() const { return m_value; }

private:
    double m_value = 0;
    double m_since = 0; // it has been lower
    std::optional<double> m_highestSince;
};

} // namespace Demo
