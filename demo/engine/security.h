// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "settings.h"

namespace Demo {

// Both ends without TLS, or with the built-in certificates.
void secure(Settings &settings, QNetPool::TlsMode mode);

} // namespace Demo
