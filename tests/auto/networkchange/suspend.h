// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>

namespace Suspend {

// The host has been suspended for so long, as far as this process's clocks tell.
void lasts(std::chrono::nanoseconds time);

} // namespace Suspend
