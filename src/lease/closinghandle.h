// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/descriptor.h"

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

// What is left of a connection that has left the stock: to be closed without the stock's lock.
struct ClosingHandle
{
    QTcpSocket *socket = nullptr;
    Descriptor descriptor;

    void close();
};

} // namespace QNetPool
