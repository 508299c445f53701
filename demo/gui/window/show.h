// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "commandline.h"

namespace Demo {

// Until it is closed, in a MeasuringApplication; returns what the process is to return.
int showWindow(const CommandLine &commandLine);

} // namespace Demo
