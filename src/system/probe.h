// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

namespace QNetPool {

// The state of a connection, found without blocking or reading.
enum class ProbeResult {
    Quiet, // connected, nothing arrived
    Readable, // connected, bytes wait
    Finished, // the peer has closed; bytes it sent before may still wait
    Dead, // reset, or otherwise broken
};

ProbeResult probe(qintptr descriptor) noexcept;
bool hasUnreadBytes(qintptr descriptor) noexcept;
qint64 countUnreadBytes(qintptr descriptor) noexcept; // what the kernel has at this moment

} // namespace QNetPool
