// SPDX-License-Identifier: BSD-3-Clause
#include "plainaccept.h"

#include "setup/tcpoptions.h"
#include "setup/wireid.h"

namespace QNetPool {

SetupOutcome acceptPlain(Descriptor descriptor, const AcceptPlan &plan, ConnectionId id, const QHostAddress &peer)
{
    const auto begin = std::chrono::steady_clock::now();
    SetupOutcome outcome;
    setNonBlocking(descriptor.value()); // those of addConnection() may be blocking
    setTcpOptions(descriptor.value(), plan.configuration.tcp);
    if (plan.sendsId()) {
        const QByteArray wire = toWire(id, plan.configuration.idFormat);
        if (send(descriptor.value(), wire.constData(), wire.size()) != wire.size()) {
            outcome.error = Pool::Error::HandshakeFailed;
            outcome.message =
                    QStringLiteral("the connection ID could not be sent to %1: %2").arg(peer.toString(), lastSystemError());
            return outcome;
        }
        outcome.handshakeTime = std::chrono::steady_clock::now() - begin;
    }
    outcome.descriptor = std::move(descriptor);
    return outcome;
}

} // namespace QNetPool
