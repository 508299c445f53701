// SPDX-License-Identifier: BSD-3-Clause
#include "number.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace Demo {

namespace {
struct Prefix
{
    double factor;
    const char *sign;
};
} // namespace

static constexpr double tooLarge = 1e15; // for a prefix

static Prefix prefixOf(double value)
{
    static constexpr std::array<Prefix, 4> prefixes{{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}};
    constexpr double plain = 1e4; // four digits are read as fast as a prefix
    if (value >= plain)
        for (const Prefix &prefix : prefixes)
            if (value >= prefix.factor)
                return prefix;
    return {1, ""};
}

static QString number(double value, int decimals, const Prefix &prefix, QLocale locale)
{
    locale.setNumberOptions(QLocale::OmitGroupSeparator);
    const QString text = locale.toString(value / prefix.factor, 'f', decimals);
    return *prefix.sign ? text + QChar(QChar::Nbsp) + QLatin1String(prefix.sign) : text;
}

static int decimalsFor(double value, int digits)
{
    return std::clamp(digits - 1 - int(std::floor(std::log10(value))), 0, 3);
}

QString shortNumber(double value, const QLocale &locale)
{
    if (!std::isfinite(value))
        return QStringLiteral("–");
    const double size = std::abs(value);
    if (size >= tooLarge)
        return locale.toString(value, 'g', 3);
    const Prefix prefix = prefixOf(size);
    const bool isWhole = prefix.factor == 1 && value == std::floor(value);
    return number(value, isWhole ? 0 : decimalsFor(size / prefix.factor, 3), prefix, locale);
}

QString tickLabel(double value, double step, double top, const QLocale &locale)
{
    if (top >= tooLarge)
        return locale.toString(value, 'g', 2);
    const Prefix prefix = prefixOf(top);
    constexpr double tolerance = 1e-9; // 0.1 is a little less
    return value == 0 ? locale.toString(0)
                      : number(value, decimalsFor(step / prefix.factor * (1 + tolerance), 1), prefix, locale);
}

} // namespace Demo
