// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace Demo {

// Faults that the demo injects at the server's end, until they are cleared.
enum class Fault {
    Stopped, // it does not listen, and all connections are closed
    PeerRefused, // the client's address is not allowed; idle connections are closed, so that it notices
    CertificateExpired, // the server presents one that has; idle connections are closed, so that the client notices
};

} // namespace Demo
