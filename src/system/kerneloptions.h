// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qvarlengtharray.h>

#include <array>

namespace QNetPool {

// The options of a TCP connection that a holder of its descriptor may change and for which Qt has no name, and the sizes of
// its buffers. As they are when this is made.
class KernelOptions
{
public:
    explicit KernelOptions(qintptr descriptor);

    // That it does not block, too, and is closed on exec. False: something cannot be restored, the present size of buffers
    // that the kernel tunes excepted.
    bool restore(qintptr descriptor) const;

private:
    using Value = std::array<int, 2>; // a linger; of others the first
    QVarLengthArray<Value, 8> m_values;
    int m_bufferLocks;
};

} // namespace QNetPool
