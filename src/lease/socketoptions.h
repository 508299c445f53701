// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/qvariant.h>

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

// The socket options that a holder may change and the next holder must not inherit.
class SocketOptions
{
public:
    explicit SocketOptions(QTcpSocket *socket);
    bool restore(QTcpSocket *socket) const; // false: something cannot be undone

private:
    QVariant m_lowDelay;
    QVariant m_keepAlive;
    QVariant m_typeOfService;
    int m_bufferLocks;
};

// Which buffer sizes were set by hand, as a platform's bit mask; setting one switches the kernel's own tuning off for good
// on most systems, and can be undone on few.
int lockedBuffers(qintptr descriptor) noexcept;
bool unlockBuffers(qintptr descriptor, int locks) noexcept;

} // namespace QNetPool
