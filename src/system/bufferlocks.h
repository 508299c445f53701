// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

namespace QNetPool {

// Which buffer sizes were set explicitly, as a platform's bit mask. Setting one switches off the kernel's tuning, which most
// systems cannot switch on again.
int lockedBuffers(qintptr descriptor) noexcept;
bool unlockBuffers(qintptr descriptor, int locks) noexcept;

} // namespace QNetPool
