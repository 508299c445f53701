// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtNetwork/QSslConfiguration>

namespace Demo {

// What a TLS configuration says, in one line: protocol, certificates, authorities.
QString tlsSummary(const QSslConfiguration &tls, bool isClient);

} // namespace Demo
