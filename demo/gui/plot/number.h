// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QLocale>

namespace Demo {

// Three digits that count, or a whole number below 10,000, with a prefix such as k or M above; "–" for a value that is missing.
QString shortNumber(double value, const QLocale &locale);

// A tick's value, with as many digits as tell it from its neighbours; all of an axis have the same prefix.
QString tickLabel(double value, double step, double top, const QLocale &locale);

} // namespace Demo
