// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qglobal.h>

namespace QNetPool {

// What one look at a connection, which neither blocks nor reads, tells of its peer.
enum class ProbeResult {
    Quiet, // connected, nothing arrived
    Readable, // connected, bytes wait
    Finished, // the peer has closed; bytes it sent before may still wait
    Dead, // reset, or broken in another way
};

ProbeResult probe(qintptr descriptor) noexcept;
bool hasUnreadBytes(qintptr descriptor) noexcept;

} // namespace QNetPool
