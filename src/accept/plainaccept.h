// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "acceptplan.h"
#include "setup/outcome.h"

namespace QNetPool {

// Sets up a plain TCP connection of a server: sends the ID. It fits into the send buffer of a new connection, so this does
// not wait.
SetupOutcome acceptPlain(Descriptor descriptor, const AcceptPlan &plan, ConnectionId id, const QHostAddress &peer);

} // namespace QNetPool
