// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "acceptplan.h"
#include "setup/outcome.h"

namespace QNetPool {

// Sets up a server's connection of plain TCP: sends the ID, which fits into the kernel's buffer of a new connection, so that
// there is nothing to wait for.
SetupOutcome acceptPlain(Descriptor descriptor, const AcceptPlan &plan, ConnectionId id, const QHostAddress &peer);

} // namespace QNetPool
