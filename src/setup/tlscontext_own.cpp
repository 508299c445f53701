// SPDX-License-Identifier: BSD-3-Clause
// A context a socket, as Qt has it.
#include "tlscontext.h"

namespace QNetPool {

struct TlsContext::Private
{
};

TlsContext::TlsContext() = default;
TlsContext::~TlsContext() = default;

void TlsContext::lendTo(QSslSocket *) { }
void TlsContext::keepFrom(QSslSocket *) { }

} // namespace QNetPool
