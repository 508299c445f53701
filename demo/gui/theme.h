// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QString>

namespace Demo {

enum class Theme { System, Light, Dark };

// For the whole application. Light and dark are the same on every platform; the system's is whatever that has.
void apply(Theme theme);

} // namespace Demo
