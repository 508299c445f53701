// SPDX-License-Identifier: BSD-3-Clause
#include "colors.h"

namespace Demo {

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Base).lightness() < palette.color(QPalette::Text).lightness();
}

QColor mixed(const QColor &from, const QColor &to, float share)
{
    const auto between = [share](float a, float b) { return a + (b - a) * share; };
    return QColor::fromRgbF(between(from.redF(), to.redF()), between(from.greenF(), to.greenF()),
                            between(from.blueF(), to.blueF()));
}

// Okabe and Ito's colours; the lighter ones are darkened on a light background.
QColor colorOf(Hue hue, const QPalette &palette)
{
    const bool dark = isDark(palette);
    switch (hue) {
    case Hue::Idle:
        return QColor(0x00, 0x9e, 0x73);
    case Hue::Stale:
        return dark ? QColor(0x5f, 0x8f, 0x82) : QColor(0x7f, 0xb8, 0xa6);
    case Hue::Leased:
        return dark ? QColor(0x56, 0xb4, 0xe9) : QColor(0x00, 0x72, 0xb2);
    case Hue::Pending:
        return dark ? QColor(0xf0, 0xe4, 0x42) : QColor(0xe6, 0x9f, 0x00);
    case Hue::Lost:
        return QColor(0xd5, 0x5e, 0x00);
    case Hue::Capacity:
        return QColor(0xcc, 0x79, 0xa7);
    case Hue::Neutral:
        break;
    }
    return palette.color(QPalette::Disabled, QPalette::Text);
}

} // namespace Demo
