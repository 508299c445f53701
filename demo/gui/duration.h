// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QString>

#include <chrono>

namespace Demo {

// As people say it, with two or three digits that matter: "350 ms", "1.2 s", "34 s", "2 min 05 s", "1 h 02 min".
QString durationText(std::chrono::milliseconds duration);

} // namespace Demo
