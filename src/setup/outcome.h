// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "setupstep.h"
#include "system/descriptor.h"

#include <qnetpool/connectionid.h>
#include <qnetpool/pool.h>

#include <QtNetwork/qtcpsocket.h>

#include <memory>
#include <optional>

namespace QNetPool {

// The result of a setup: a socket, a descriptor that has no socket yet, or an error.
struct SetupOutcome
{
    std::unique_ptr<QTcpSocket> socket;
    Descriptor descriptor;
    ConnectionId id; // received from the server
    Pool::Error error = Pool::Error::ConnectFailed;
    QString message;
    std::optional<std::chrono::nanoseconds> connectTime; // each if there was such a step
    std::optional<std::chrono::nanoseconds> handshakeTime;

    SetupProgress *progress = nullptr; // of the setup that is to have this outcome; null: nobody asks

    void enter(SetupStep step) const
    {
        if (progress)
            progress->storeRelaxed(int(step));
    }
    bool isConnected() const noexcept { return socket || descriptor.isValid(); }
};

} // namespace QNetPool
