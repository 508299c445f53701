// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "system/descriptor.h"

#include <qnetpool/connectionid.h>
#include <qnetpool/pool.h>

#include <QtNetwork/qtcpsocket.h>

#include <memory>
#include <optional>

namespace QNetPool {

// How setting up a connection ended: with a socket, with a descriptor that is no socket's yet, or with an error.
struct SetupOutcome
{
    std::unique_ptr<QTcpSocket> socket;
    Descriptor descriptor;
    ConnectionId id; // that the server sent
    Pool::Error error = Pool::Error::ConnectFailed;
    QString message;
    std::optional<std::chrono::nanoseconds> connectTime; // of the steps that there were
    std::optional<std::chrono::nanoseconds> handshakeTime;

    bool isConnected() const noexcept { return socket || descriptor.isValid(); }
};

} // namespace QNetPool
