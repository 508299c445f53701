// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "commandline.h"

namespace Demo {

int showWindow(const CommandLine &commandLine); // until it is closed; what the process is to return

} // namespace Demo
