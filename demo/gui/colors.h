// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtGui/QPalette>

namespace Demo {

// What a colour stands for, the same in every widget.
enum class Hue { Idle, Stale, Leased, Pending, Lost, Capacity, Neutral };

// Told apart by those who see few colours, too, and readable on the palette's background, light or dark.
QColor colorOf(Hue hue, const QPalette &palette);

bool isDark(const QPalette &palette);

// share of the way from one to the other; from 0 to 1.
QColor mixed(const QColor &from, const QColor &to, float share);

} // namespace Demo
