// SPDX-License-Identifier: BSD-3-Clause
#include "kerneloptions.h"

namespace QNetPool {

KernelOptions::KernelOptions(qintptr) : m_bufferLocks(0) { }

bool KernelOptions::restore(qintptr) const
{
    return true;
}

} // namespace QNetPool
