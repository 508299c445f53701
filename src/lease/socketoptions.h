// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/kerneloptions.h"

#include <QtCore/qvariant.h>

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

// The socket options that a holder may change and the next holder must not inherit.
class SocketOptions
{
public:
    explicit SocketOptions(QTcpSocket *socket);
    bool restore(QTcpSocket *socket) const; // false: some option cannot be restored

private:
    QVariant m_lowDelay;
    QVariant m_keepAlive;
    QVariant m_typeOfService;
    KernelOptions m_kernelOptions;
};

} // namespace QNetPool
