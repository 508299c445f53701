// SPDX-License-Identifier: BSD-3-Clause
// One context for each socket, as Qt does.
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
