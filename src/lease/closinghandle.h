// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/descriptor.h"

QT_FORWARD_DECLARE_CLASS(QTcpSocket)

namespace QNetPool {

// A connection that was removed from the stock, and is to be closed without the stock's lock.
struct ClosingHandle
{
    QTcpSocket *socket = nullptr;
    Descriptor descriptor;

    void close();
};

} // namespace QNetPool
