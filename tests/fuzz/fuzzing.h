// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "input.h"
#include "insist.h"
#include "settle.h"

// What a fuzzer does with an input, from nothing to nothing: called by main.cpp, which looks for what is left behind.
void fuzz(Input &input);
