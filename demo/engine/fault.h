// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace Demo {

// What the demo breaks at the server's end, for as long as one likes.
enum class Fault {
    Stopped, // nobody listens, and all connections are closed
    PeerRefused, // the client's address is not allowed; idle connections are closed, so that it notices
    CertificateExpired, // the server shows one that has; idle connections are closed, so that the client notices
};

} // namespace Demo
