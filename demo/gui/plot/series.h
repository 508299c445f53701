// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "gui/colors.h"

#include <QtCore/QString>

namespace Demo {

// One quantity of a plot.
struct Series
{
    enum class Kind {
        Line,
        Step, // each value holds until the next
        Band // between two values, the lower and the upper
    };

    QString name;
    Hue hue = Hue::Neutral;
    Kind kind = Kind::Line;
    bool isFilled = false; // the area below, too

    int valueCount() const { return kind == Kind::Band ? 2 : 1; }
};

} // namespace Demo
